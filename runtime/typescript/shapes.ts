import { ResultError, ValidationError } from "./errors.js";
import { SpaceFile, type FileData, type FileInput } from "./files.js";

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a value looks like; generated code holds such tables. */
export type Shape =
  | "any" | "string" | "number" | "integer" | "boolean" | "null" | "file"
  | { readonly of: "string" | "number" | "integer"; readonly min?: number; readonly max?: number; readonly above?: number; readonly below?: number }
  | { readonly choices: readonly (string | number | boolean)[] }
  | { readonly list: Shape; readonly min?: number; readonly max?: number }
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
type Leaf = (value: unknown, path: string) => unknown;
const deepest = 200;

/** Walks a value along its shape and returns a copy, in which `file` has changed the files. */
function walk(value: unknown, shape: Shape, shapes: Shapes, file: Leaf, strict: boolean, path: string, depth = 0): unknown {
  if (depth > deepest) throw new Mismatch(`${path}: is nested too deeply`);
  const into = (inner: unknown, of: Shape, at: string): unknown => walk(inner, of, shapes, file, strict, at, depth + 1);
  const refuse = (wanted: string): never => {
    throw new Mismatch(`${path}: expected ${wanted}, got ${shown(value)}`);
  };
  if (typeof shape === "string") {
    if (shape === "file") return file(value, path);
    if (shape === "any") return strict ? plain(value, path, file, depth) : value;
    const isNumber = typeof value === "number" && (Number.isFinite(value) || !strict);
    const fits = { null: value === null, integer: Number.isInteger(value), number: isNumber, string: typeof value === "string", boolean: typeof value === "boolean" };
    return fits[shape] ? value : refuse(shape === "integer" ? "a whole number" : shape === "null" ? "null" : `a ${shape}`);
  }
  if ("ref" in shape) return into(value, shapes[shape.ref] ?? "any", path);
  if ("of" in shape) {
    into(value, shape.of, path);
    const [size, unit] = typeof value === "string" ? [[...value].length, " characters"] : [Number(value), ""];
    return within(size, shape) ? value : refuse(limits(shape, unit));
  }
  if ("choices" in shape) {
    return shape.choices.includes(value as string) ? value : refuse(`one of ${shape.choices.map((one) => JSON.stringify(one)).join(", ")}`);
  }
  if ("union" in shape) {
    const problems = new Set<string>();
    for (const option of shape.union) {
      try {
        return into(value, option, path);
      } catch (error) {
        problems.add(asMismatch(error).message);
      }
    }
    throw new Mismatch([...problems].join("; or "));
  }
  if ("list" in shape || "tuple" in shape) {
    if (!Array.isArray(value)) return refuse("an array");
    const items: readonly unknown[] = value;
    if ("list" in shape) {
      if (!within(items.length, shape)) refuse(limits(shape, " items"));
      return items.map((item, at) => into(item, shape.list, `${path}[${at}]`));
    }
    if (items.length !== shape.tuple.length) refuse(`${shape.tuple.length} items`);
    return shape.tuple.map((item, at) => into(items[at], item, `${path}[${at}]`));
  }
  if (!isRecord(value)) return refuse("an object");
  if ("map" in shape) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, into(inner, shape.map, `${path}.${key}`)]));
  }
  const made = new Map(Object.entries(value));
  for (const [name, of, required] of shape.fields) {
    const inner = made.get(name);
    if (inner !== undefined) made.set(name, into(inner, of, `${path}.${name}`));
    else if (required) throw new Mismatch(`${path}.${name}: a value is required`);
    else made.delete(name);
  }
  return Object.fromEntries(made);
}

/** A copy of a value of no declared shape, as JSON can hold it; files in it are files. */
function plain(value: unknown, path: string, file: Leaf, depth: number): unknown {
  if (depth > deepest) throw new Mismatch(`${path}: is nested too deeply`);
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, at) => plain(item, `${path}[${at}]`, file, depth + 1));
  if (isFile(value)) return file(value, path);
  if (!isRecord(value)) throw new Mismatch(`${path}: ${shown(value)} cannot be sent as JSON`);
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(given.map(([key, inner]) => [key, plain(inner, `${path}.${key}`, file, depth + 1)]));
}

/** Checks the arguments of a call and returns them in the order of the parameters. */
export function checked(endpoint: Endpoint, shapes: Shapes, args: object, where: string, file: (value: FileInput) => unknown): unknown[] {
  const given = new Map<string, unknown>(Object.entries(args));
  const names = endpoint.parameters.map(([name]) => name);
  const problems: string[] = [];
  for (const name of given.keys()) {
    if (!names.includes(name)) problems.push(`there is no parameter ${JSON.stringify(name)} (there is: ${names.join(", ") || "none"})`);
  }
  const leaf: Leaf = (value, path) => {
    if (isFile(value)) return file(value);
    const advice = typeof value === "string" ? "; a path is read by localFile(path), a URL is given as new URL(...)" : "";
    throw new Mismatch(`${path}: expected a Blob, File, URL, Uint8Array or SpaceFile, got ${shown(value)}${advice}`);
  };
  const values = endpoint.parameters.map((parameter) => {
    const [name, shape] = parameter;
    const value = given.get(name);
    if (value === undefined && parameter.length > 2) return parameter[2];
    try {
      if (value === undefined) throw new Mismatch(`${name}: a value is required`);
      return walk(value, shape, shapes, leaf, true, name);
    } catch (error) {
      problems.push(asMismatch(error).message);
      return null;
    }
  });
  if (problems.length) throw new ValidationError(`${problems.join("; ")}.`, { endpoint: where, advice: "Nothing was sent." });
  return values;
}

/** Makes the result of a call of the outputs of an answer. */
export function result(endpoint: Endpoint, shapes: Shapes, outputs: readonly unknown[], where: string, file: (data: FileData) => SpaceFile): unknown {
  const leaf: Leaf = (value, path) => {
    if (isRecord(value) && (typeof value["path"] === "string" || typeof value["url"] === "string")) return file(value as FileData);
    throw new Mismatch(`${path}: expected a file, got ${shown(value)}`);
  };
  const values = endpoint.results.map(([name, shape], at) => {
    let value: unknown = outputs[at] ?? null;
    if (isRecord(value) && value["__type__"] === "update") value = value["value"];
    if (value === null || value === undefined) return value; // A Space may leave any output empty, or as it was.
    try {
      return walk(value, shape, shapes, leaf, false, name);
    } catch (error) {
      const advice = "If the Space changed, run `hubsmith update`; the raw answer is in `value`.";
      throw new ResultError(`the answer is not of the declared type: ${asMismatch(error).message}.`, value, { endpoint: where, advice });
    }
  });
  if (values.length < 2) return values[0];
  return Object.fromEntries(endpoint.results.map(([name], at) => [name, values[at]]));
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isFile(value);
}

function isFile(value: unknown): value is FileInput {
  return value instanceof Blob || value instanceof URL || value instanceof Uint8Array || value instanceof SpaceFile;
}

type Limits = { readonly min?: number; readonly max?: number; readonly above?: number; readonly below?: number };

function within(size: number, { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity }: Limits): boolean {
  return size >= min && size <= max && size > above && size < below;
}

function limits({ min, max, above, below }: Limits, unit: string): string {
  const words = [["at least", min], ["at most", max], ["above", above], ["below", below]] as const;
  return words.flatMap(([word, limit]) => (limit === undefined ? [] : [`${word} ${limit}${unit}`])).join(" and ");
}

function asMismatch(error: unknown): Mismatch {
  if (error instanceof Mismatch) return error;
  throw error;
}

function shown(value: unknown): string {
  try {
    const text = typeof value === "number" || typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? typeof value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return "a value that is no JSON";
  }
}
