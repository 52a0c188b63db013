import { AppError, SpaceError } from "./errors.js";
import { isRecord } from "./shapes.js";

/** One progress bar of a Space: `index` of `length` steps, each a `unit`, or a share `progress` from 0 to 1. */
export interface ProgressUnit {
  readonly index: number | undefined;
  readonly length: number | undefined;
  readonly unit: string | undefined;
  readonly progress: number | undefined;
  readonly description: string | undefined;
}

/** What happens to a job, in order; the last one is `completed`, `failed` or `cancelled`. */
export type JobEvent<T> =
  | { readonly type: "queued"; readonly position: number | undefined; readonly queueSize: number | undefined; readonly eta: number | undefined }
  | { readonly type: "started"; readonly eta: number | undefined }
  | { readonly type: "progress"; readonly units: readonly ProgressUnit[] }
  | { readonly type: "log"; readonly level: string; readonly message: string; readonly title: string }
  | { readonly type: "partial"; readonly value: T }
  | { readonly type: "completed"; readonly value: T }
  | { readonly type: "failed"; readonly error: SpaceError }
  | { readonly type: "cancelled" };

/** An event as it comes: values are the outputs, or edits of the last ones. */
export type RawEvent = JobEvent<readonly unknown[]>;
export type Message = { readonly [key: string]: unknown };

/** Cuts a stream of bytes into the JSON of its server-sent events. */
export class EventDecoder {
  readonly #decoder = new TextDecoder();
  #pieces: string[] = [];

  *feed(bytes: Uint8Array): Generator<Message> {
    const piece = this.#decoder.decode(bytes, { stream: true });
    this.#pieces.push(piece);
    if (!piece.includes("\n")) return; // A long event comes in many pieces, which are joined once.
    // Only line feeds end a line: JSON in an event may hold other breaks of Unicode.
    const parts = this.#pieces.join("").replaceAll("\r\n", "\n").split("\n\n");
    this.#pieces = [parts.pop() ?? ""];
    for (const part of parts) {
      const lines = part.split("\n").filter((line) => line.startsWith("data:"));
      try {
        const message: unknown = JSON.parse(lines.map((line) => line.slice(5)).join("\n"));
        if (isRecord(message)) yield message;
      } catch {
        // Comments and heartbeats of other servers hold no JSON.
      }
    }
  }
}

/** Reads a message about one job; `undefined` where it is none that a caller wants to know. */
export function readEvent(message: Message, where: string, masked: (words: unknown) => string): RawEvent | undefined {
  const output = isRecord(message["output"]) ? message["output"] : {};
  const values: unknown = output["data"];
  const failed = (): RawEvent => ({ type: "failed", error: appError(message, output, where, masked) });
  switch (message["msg"]) {
    case "estimation":
      return { type: "queued", position: number(message["rank"]), queueSize: number(message["queue_size"]), eta: number(message["rank_eta"]) };
    case "process_starts":
      return { type: "started", eta: number(message["eta"]) };
    case "progress": {
      const bars: readonly unknown[] = Array.isArray(message["progress_data"]) ? message["progress_data"] : [];
      return { type: "progress", units: bars.filter(isRecord).map(progressUnit) };
    }
    case "log":
      return { type: "log", level: masked(message["level"]), message: masked(message["log"]), title: masked(message["title"]) };
    case "process_generating":
    case "process_streaming":
      if (message["success"] === false || typeof output["error"] === "string") return failed();
      return Array.isArray(values) ? { type: "partial", value: values } : undefined;
    case "process_completed":
      // So the server reports a job that was cancelled.
      if (message["success"] === true && Object.keys(output).length === 0) return { type: "cancelled" };
      return Array.isArray(values) && message["success"] === true ? { type: "completed", value: values } : failed();
    default:
      return undefined;
  }
}

function appError(message: Message, output: Message, where: string, masked: (words: unknown) => string): AppError {
  const reason = masked(output["error"]);
  // Gradio 4 puts quotes around the text of an error.
  const quoted = /^(['"])(.*)\1$/.exec(reason);
  return new AppError(masked(message["title"] || output["title"]), quoted?.[2] ?? reason, { endpoint: where });
}

function progressUnit(bar: Message): ProgressUnit {
  const words = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
  const { index, length, unit, progress, desc } = bar;
  return { index: number(index), length: number(length), unit: words(unit), progress: number(progress), description: words(desc) };
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Does the edits that a later partial result comes as; the value itself stays as it is. */
export function edited(value: unknown, edits: unknown): unknown {
  const listed = (Array.isArray(edits) ? edits : []) as readonly [string, readonly (string | number)[], unknown][];
  return listed.reduce((whole: unknown, [action, path, operand]) => applied(whole, path, action, operand), value);
}

function applied(value: unknown, [step, ...rest]: readonly (string | number)[], action: string, operand: unknown): unknown {
  if (step === undefined) {
    if (action === "append" && typeof value === "string") return value + String(operand);
    if (action === "replace") return operand;
    throw new TypeError(`${action} does not fit`);
  }
  const isHere = !rest.length && (action === "delete" || action === "add");
  if (Array.isArray(value)) {
    const items: unknown[] = [...(value as readonly unknown[])];
    if (isHere && action === "add") items.splice(Number(step), 0, operand);
    else if (isHere) items.splice(Number(step), 1);
    else items[Number(step)] = applied(items[Number(step)], rest, action, operand);
    return items;
  }
  if (!isRecord(value)) throw new TypeError(`there is no ${step}`);
  const members = new Map(Object.entries(value));
  if (isHere && action === "delete") members.delete(String(step));
  else members.set(String(step), isHere ? operand : applied(members.get(String(step)), rest, action, operand));
  return Object.fromEntries(members);
}
