import { ResultError, ValidationError } from "./errors.js";
import { SpaceFile, type FileData, type FileInput } from "./files.js";
import { isRecord, quietly, record } from "./transport.js";

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type Limits = { readonly min?: number; readonly max?: number; readonly above?: number; readonly below?: number };
/** The shape of a value; generated code contains tables of shapes. */
export type Shape =
  | "any" | "string" | "number" | "integer" | "boolean" | "null" | "file"
  | ({ readonly of: "string" | "number" | "integer" } & Limits)
  | { readonly choices: readonly (string | number | boolean)[] }
  | ({ readonly list: Shape } & Limits)
  | { readonly tuple: readonly Shape[] }
  | { readonly map: Shape }
  | { readonly union: readonly Shape[] }
  | { readonly fields: readonly Field[] }
  | { readonly ref: string };
/** A member of an object: its name, its shape, and whether it is required. */
export type Field = readonly [name: string, shape: Shape, required: boolean];
/** The named shapes of a client. */
export type Shapes = { readonly [name: string]: Shape };
/** A parameter: its name, its shape, and its default unless it is required. */
export type Parameter = readonly [name: string, shape: Shape, fallback?: Json];

/** One endpoint of a Space, as generated code describes it. */
export interface Endpoint {
  /** With its leading slash; empty for a function without a name, which has a `fnIndex`. */
  readonly name: string;
  readonly fnIndex?: number;
  readonly parameters: readonly Parameter[];
  readonly results: readonly (readonly [name: string, shape: Shape])[];
  /** The wire names of the parameters, if their order is not known until `/info` is read. */
  readonly unordered?: readonly string[];
}

/** The state of a walk: `file` converts a file, `isSent` requires JSON throughout, `problems` collects mismatches. */
interface Walk {
  readonly shapes: Shapes;
  readonly isSent: boolean;
  readonly file: (value: unknown) => unknown;
  readonly problems: string[];
}
const deepest = 200;

/** Walks a value along its shape and returns a copy of it. */
function walk(value: unknown, shape: Shape, path: string, by: Walk, depth = 0): unknown {
  const into = (inner: unknown, of: Shape, at = ""): unknown => walk(inner, of, path + at, by, depth + 1);
  const refuse = (problem: string): void => void by.problems.push(`${path}: ${problem}`);
  const expect = (wanted: string, advice = ""): void => refuse(`expected ${wanted}, got ${shown(value)}${advice}`);
  if (depth > deepest) return refuse("is nested too deeply");
  if (value === undefined) return refuse("a value is required");
  if (shape === "any") {
    if (!by.isSent || value === null || ["string", "boolean"].includes(typeof value)) return value;
    if (isFile(value) || Array.isArray(value)) return into(value, isFile(value) ? "file" : { list: "any" });
    const { toJSON } = value as Partial<Date>;
    if (typeof toJSON === "function") return into(toJSON.call(value), "any"); // As JSON.stringify encodes a date.
    if (typeof value === "object" && !(Symbol.iterator in value)) return into(value, { map: "any" });
    return Number.isFinite(value) ? value : expect("a JSON value");
  }
  if (shape === "file") {
    const advice = typeof value === "string" ? "; a path is read by localFile(path), a URL is given as new URL(...)" : "";
    return by.file(value) ?? (by.isSent ? expect("a Blob, File, URL, Uint8Array or SpaceFile", advice) : expect("a file"));
  }
  if (typeof shape === "string") {
    const is = shape === "integer" && Number.isInteger(value) ? shape : value === null ? "null" : typeof value;
    if (is === shape && (is !== "number" || Number.isFinite(value))) return value;
    return expect(shape === "integer" ? "a whole number" : shape === "null" ? "null" : `a ${shape}`);
  }
  if ("ref" in shape) return into(value, by.shapes[shape.ref] ?? "any");
  if ("of" in shape) {
    if (into(value, shape.of) === undefined) return undefined;
    const excess = typeof value === "string" ? beyond([...value].length, shape, " characters") : beyond(Number(value), shape);
    return excess ? expect(excess) : value;
  }
  if ("choices" in shape) {
    if (shape.choices.includes(value as string)) return value;
    return expect(`one of ${shape.choices.map((one) => JSON.stringify(one)).join(", ")}`);
  }
  if ("union" in shape) return firstFitting(value, shape.union, path, by, depth + 1);
  if ("list" in shape || "tuple" in shape) {
    if (!Array.isArray(value)) return expect("an array");
    const isWrong = "tuple" in shape && shape.tuple.length !== value.length;
    const excess = "list" in shape ? beyond(value.length, shape, " items") : isWrong ? `${shape.tuple.length} items` : "";
    if (excess) return expect(excess);
    return value.map((item, at) => into(item, "list" in shape ? shape.list : (shape.tuple[at] ?? "any"), `[${at}]`));
  }
  if (!isRecord(value) || isFile(value)) return expect("an object");
  const made = new Map(Object.entries(value).filter(([, inner]) => inner !== undefined));
  const fields = "map" in shape ? [...made.keys()].map((name): Field => [name, shape.map, true]) : shape.fields;
  for (const [name, of, isRequired] of fields) {
    if (isRequired || made.has(name)) made.set(name, into(made.get(name), of, `.${name}`));
  }
  return Object.fromEntries(made);
}

/** The copy by the first shape that matches; if none does, that is one problem. */
function firstFitting(value: unknown, shapes: readonly Shape[], path: string, by: Walk, depth: number): unknown {
  const reasons = new Set<string>();
  for (const shape of shapes) {
    const problems: string[] = [];
    const made = walk(value, shape, path, { ...by, problems }, depth);
    if (problems[0] === undefined) return made;
    reasons.add(problems[0]);
  }
  return void by.problems.push([...reasons].join("; or "));
}

/** Checks the arguments of a call and returns them in the order of the parameters, with references for the files. */
export function checked({ parameters }: Endpoint, shapes: Shapes, args: object, where: string, files: Map<FileInput, object>): unknown[] {
  const given = new Map<string, unknown>(Object.entries(args));
  const names = parameters.map(([name]) => name);
  const strange = [...given.keys()].filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
  const problems = strange.map((name) => `unknown parameter ${name} (the endpoint has: ${names.join(", ") || "none"})`);
  const file = (value: unknown): unknown => {
    if (isFile(value) && !files.has(value)) files.set(value, {});
    return files.get(value as FileInput);
  };
  const values = parameters.map(([name, shape, ...fallback]) => {
    if (given.get(name) === undefined && fallback.length) return fallback[0];
    return walk(given.get(name), shape, name, { shapes, isSent: true, file, problems });
  });
  if (problems.length) throw new ValidationError(`${listed(problems)}.`, where, "Nothing was sent.");
  return values;
}

/** Converts the outputs of an answer to the result of a call. */
export function result(
  { results }: Endpoint, shapes: Shapes, outputs: readonly unknown[], where: string, found: (data: FileData) => SpaceFile,
): unknown {
  const file = (value: unknown): unknown => {
    const { path, url } = record(value);
    return typeof path === "string" || typeof url === "string" ? found(value as FileData) : undefined;
  };
  const values = results.map(([name, shape], at) => {
    const { __type__: type, value: updated } = record(outputs[at]);
    const value = type === "update" ? updated : (outputs[at] ?? null);
    if (value === null || value === undefined) return value; // A Space may leave any output empty or unchanged.
    const problems: string[] = [];
    const made = walk(value, shape, name, { shapes, isSent: false, file, problems });
    if (!problems.length) return made;
    const advice = "If the Space changed, run `hubsmith update`; the raw answer is in `value`.";
    throw new ResultError(`the answer does not match the declared type: ${listed(problems)}.`, where, advice, { value });
  });
  return values.length < 2 ? values[0] : Object.fromEntries(results.map(([name], at) => [name, values[at]]));
}

const fileTag = /^\[object (Blob|File|URL|Uint8Array)]$/; // Those of a frame or a test's sandbox have other classes.
const isFile = (value: unknown): value is FileInput => value instanceof SpaceFile || fileTag.test(Object.prototype.toString.call(value));

function listed(problems: readonly string[]): string {
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : "";
  return problems.slice(0, 10).join("; ") + more;
}

/** What a size should have been, if it is beyond its limits; else empty. */
function beyond(size: number, { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity }: Limits, unit = ""): string {
  if (size >= min && size <= max && size > above && size < below) return "";
  const limits = [["at least", min], ["at most", max], ["above", above], ["below", below]] as const;
  return limits.flatMap(([word, limit]) => (Number.isFinite(limit) ? [`${word} ${limit}${unit}`] : [])).join(" and ");
}

function shown(value: unknown): string {
  const isJson = typeof value === "string" || (typeof value === "object" && value !== null);
  const text = isJson ? (quietly(() => JSON.stringify(value)) ?? "a value that is not JSON") : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
