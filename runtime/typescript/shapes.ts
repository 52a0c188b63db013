import { ResultError, ValidationError } from "./errors.js";
import { SpaceFile, type FileData, type FileInput } from "./files.js";
import { isRecord, quietly, record } from "./transport.js";

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type Limits = { readonly min?: number; readonly max?: number; readonly above?: number; readonly below?: number };
/** What a value looks like; generated code holds such tables. */
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
/** A member of an object: its name, its shape, and whether it has to be there. */
export type Field = readonly [name: string, shape: Shape, required: boolean];
/** The named shapes of a client. */
export type Shapes = { readonly [name: string]: Shape };
/** A parameter: its name, its shape, and its default unless it is required. */
export type Parameter = readonly [name: string, shape: Shape, fallback?: Json];

/** One endpoint of a Space, as generated code describes it. */
export interface Endpoint {
  /** With its slash; empty for a function without a name, which has a `fnIndex`. */
  readonly name: string;
  readonly fnIndex?: number;
  readonly parameters: readonly Parameter[];
  readonly results: readonly (readonly [name: string, shape: Shape])[];
  /** The names of the parameters on the wire, where their order is not known before `/info` is asked. */
  readonly unordered?: readonly string[];
}

class Mismatch extends Error {}
/** How a walk treats what it finds: `file` changes a file, and what is sent has to be JSON throughout. */
interface Manner {
  readonly shapes: Shapes;
  readonly isSent: boolean;
  readonly file: (value: unknown, refuse: (wanted: string, advice?: string) => never) => unknown;
}
const deepest = 200;

/** Walks a value along its shape and returns a copy of it. */
function walk(value: unknown, shape: Shape, path: string, manner: Manner, depth = 0): unknown {
  const into = (inner: unknown, of: Shape, at = ""): unknown => walk(inner, of, path + at, manner, depth + 1);
  const refuse = (wanted: string, advice = ""): never => {
    throw new Mismatch(`${path}: expected ${wanted}, got ${shown(value)}${advice}`);
  };
  if (depth > deepest) throw new Mismatch(`${path}: is nested too deeply`);
  if (value === undefined) throw new Mismatch(`${path}: a value is required`);
  if (shape === "any") {
    if (!manner.isSent || value === null || ["string", "boolean"].includes(typeof value)) return value;
    if (typeof value !== "object") return Number.isFinite(value) ? value : refuse("a value of JSON");
    return into(value, isFile(value) ? "file" : Array.isArray(value) ? { list: "any" } : { map: "any" });
  }
  if (shape === "file") return manner.file(value, refuse);
  if (typeof shape === "string") {
    const is = shape === "integer" && Number.isInteger(value) ? shape : value === null ? "null" : typeof value;
    if (is === shape && (is !== "number" || Number.isFinite(value))) return value;
    return refuse(shape === "integer" ? "a whole number" : shape === "null" ? "null" : `a ${shape}`);
  }
  if ("ref" in shape) return into(value, manner.shapes[shape.ref] ?? "any");
  if ("of" in shape) {
    into(value, shape.of);
    const excess = typeof value === "string" ? beyond([...value].length, shape, " characters") : beyond(Number(value), shape);
    return excess ? refuse(excess) : value;
  }
  if ("choices" in shape) {
    if (shape.choices.includes(value as string)) return value;
    return refuse(`one of ${shape.choices.map((one) => JSON.stringify(one)).join(", ")}`);
  }
  if ("union" in shape) {
    const problems = new Set<string>();
    for (const option of shape.union) {
      const found = fitting(() => into(value, option), (problem) => problems.add(problem));
      if (found !== undefined) return found;
    }
    throw new Mismatch([...problems].join("; or "));
  }
  if ("list" in shape || "tuple" in shape) {
    if (!Array.isArray(value)) return refuse("an array");
    const isWrong = "tuple" in shape && shape.tuple.length !== value.length;
    const excess = "list" in shape ? beyond(value.length, shape, " items") : isWrong ? `${shape.tuple.length} items` : "";
    if (excess) return refuse(excess);
    return value.map((item, at) => into(item, "list" in shape ? shape.list : (shape.tuple[at] ?? "any"), `[${at}]`));
  }
  if (!isRecord(value) || isFile(value)) return refuse("an object");
  const made = new Map(Object.entries(value).filter(([, inner]) => inner !== undefined));
  const fields = "map" in shape ? [...made.keys()].map((name): Field => [name, shape.map, true]) : shape.fields;
  for (const [name, of, isRequired] of fields) {
    if (isRequired || made.has(name)) made.set(name, into(made.get(name), of, `.${name}`));
  }
  return Object.fromEntries(made);
}

/** A value; `undefined` where it does not fit, which is told. */
function fitting(make: () => unknown, tell: (problem: string) => void): unknown {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return void tell(error.message);
  }
}

/** Checks the arguments of a call and returns them in the order of the parameters. */
export function checked(
  { parameters }: Endpoint, shapes: Shapes, args: object, where: string, sent: (file: FileInput) => unknown,
): readonly unknown[] {
  const given = new Map<string, unknown>(Object.entries(args));
  const names = parameters.map(([name]) => name);
  const strange = [...given.keys()].filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
  const problems = strange.map((name) => `there is no parameter ${name} (there is: ${names.join(", ") || "none"})`);
  const file: Manner["file"] = (value, refuse) => {
    if (isFile(value)) return sent(value);
    const advice = typeof value === "string" ? "; a path is read by localFile(path), a URL is given as new URL(...)" : "";
    return refuse("a Blob, File, URL, Uint8Array or SpaceFile", advice);
  };
  const tell = (problem: string): void => void problems.push(problem);
  const values = parameters.map(([name, shape, ...fallback]) => {
    if (given.get(name) === undefined && fallback.length) return fallback[0];
    return fitting(() => walk(given.get(name), shape, name, { shapes, file, isSent: true }), tell);
  });
  if (problems.length) throw new ValidationError(`${problems.join("; ")}.`, where, "Nothing was sent.");
  return values;
}

/** Makes the result of a call of the outputs of an answer. */
export function result(
  { results }: Endpoint, shapes: Shapes, outputs: readonly unknown[], where: string, found: (data: FileData) => SpaceFile,
): unknown {
  const file: Manner["file"] = (value, refuse) => {
    const { path, url } = record(value);
    return typeof path === "string" || typeof url === "string" ? found(value as FileData) : refuse("a file");
  };
  const tell = (value: unknown) => (problem: string): void => {
    const advice = "If the Space changed, run `hubsmith update`; the raw answer is in `value`.";
    throw new ResultError(`the answer is not of the declared type: ${problem}.`, where, advice, { value });
  };
  const values = results.map(([name, shape], at) => {
    let value: unknown = outputs[at] ?? null;
    if (isRecord(value) && value["__type__"] === "update") value = value["value"];
    if (value === null || value === undefined) return value; // A Space may leave any output empty, or as it was.
    return fitting(() => walk(value, shape, name, { shapes, file, isSent: false }), tell(value));
  });
  return values.length < 2 ? values[0] : Object.fromEntries(results.map(([name], at) => [name, values[at]]));
}

function isFile(value: unknown): value is FileInput {
  return value instanceof Blob || value instanceof URL || value instanceof Uint8Array || value instanceof SpaceFile;
}

/** What a size should have been, where it is beyond its limits. */
function beyond(size: number, { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity }: Limits, unit = ""): string {
  if (size >= min && size <= max && size > above && size < below) return "";
  const limits = [["at least", min], ["at most", max], ["above", above], ["below", below]] as const;
  return limits.flatMap(([word, limit]) => (Number.isFinite(limit) ? [`${word} ${limit}${unit}`] : [])).join(" and ");
}

function shown(value: unknown): string {
  const isJson = typeof value === "string" || (typeof value === "object" && value !== null);
  const text = isJson ? (quietly(() => JSON.stringify(value)) ?? "a value that is no JSON") : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
