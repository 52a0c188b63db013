import { AppError } from "./errors.js";
import type { JobEvent, ProgressUnit } from "./job.js";
import { isRecord, parsed, record, rows, sentence, type Message } from "./transport.js";

/** An event as it comes: values are the outputs, or edits of the last ones. */
export type RawEvent = JobEvent<readonly unknown[]>;
type Step = string | number;
type Edit = readonly [action: string, path: readonly Step[], operand: unknown];

/** Reads the JSON of a stream of server-sent events, however it is cut; `heard` is called for each piece. */
export async function* messages(body: ReadableStream<Uint8Array> | null, heard: () => void): AsyncGenerator<Message, void, undefined> {
  const [reader, decoder] = [body?.getReader(), new TextDecoder()];
  let text = "";
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      heard();
      const more = decoder.decode(piece.value, { stream: true });
      text += more;
      if (!more.includes("\n")) continue; // A long event comes in many pieces.
      // Only line feeds end a line: JSON in an event may hold other breaks of Unicode.
      const parts = text.replaceAll("\r\n", "\n").split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const lines = part.split("\n").filter((line) => line.startsWith("data:"));
        const message = parsed(lines.map((line) => line.slice(5)).join("\n"));
        if (isRecord(message)) yield message; // Comments and heartbeats of other servers hold no JSON.
      }
    }
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
}

/** Reads a message about one job; `undefined` where it is none that a caller wants to know. */
export function readEvent(message: Message, where: string, masked: (words: unknown) => string): RawEvent | undefined {
  const { msg, success, rank, queue_size: size, rank_eta: wait } = message;
  const output = record(message["output"]);
  const value = Array.isArray(output["data"]) ? (output["data"] as readonly unknown[]) : undefined;
  const isWell = msg === "process_completed" ? success === true && value : success !== false && typeof output["error"] !== "string";
  if (msg === "estimation") return { type: "queued", position: number(rank), queueSize: number(size), eta: number(wait) };
  if (msg === "process_starts") return { type: "started", eta: number(message["eta"]) };
  if (msg === "progress") return { type: "progress", units: rows(message["progress_data"]).map(progressUnit) };
  if (msg === "log") return { type: "log", level: masked(message["level"]), message: masked(message["log"]), title: masked(message["title"]) };
  if (msg !== "process_completed" && msg !== "process_generating" && msg !== "process_streaming") return undefined;
  // So the server reports a job that was cancelled.
  if (msg === "process_completed" && success === true && Object.keys(output).length === 0) return { type: "cancelled" };
  if (isWell) return value && { type: msg === "process_completed" ? "completed" : "partial", value };
  const title = masked(message["title"] || output["title"]);
  // Gradio 4 puts quotes around the text of an error.
  const reason = masked(output["error"]).replace(/^(['"])(.*)\1$/, "$2");
  const words = `${title && title !== "Error" ? `${title}: ` : ""}${sentence(reason) || "the Space does not say why. Its logs do."}`;
  return { type: "failed", error: new AppError(`failed: ${words}`, where, "", { title, reason }) };
}

function progressUnit({ index, length, unit, progress, desc }: Message): ProgressUnit {
  const words = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
  return { index: number(index), length: number(length), unit: words(unit), progress: number(progress), description: words(desc) };
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Does the edits of each output that a later partial result comes as; the values themselves stay as they are. */
export function edited(values: readonly unknown[], edits: readonly unknown[]): readonly unknown[] {
  const whole = structuredClone(values);
  const all = edits.flatMap((some, at) => (Array.isArray(some) ? (some as readonly Edit[]).map((edit) => [at, ...edit] as const) : []));
  for (const [at, action, path, operand] of all) {
    const steps = [at, ...path];
    const last = steps.pop() ?? at;
    const holder = steps.reduce<unknown>(member, whole) as { [step: Step]: unknown };
    const isItem = Array.isArray(holder) && path.length > 0;
    if (isItem && action === "add") holder.splice(Number(last), 0, operand);
    else if (isItem && action === "delete") holder.splice(Number(last), 1);
    else if (action === "delete") delete holder[last];
    else {
      const value = action === "append" ? `${String(member(holder, last))}${String(operand)}` : operand;
      Object.defineProperty(holder, last, { value, configurable: true, enumerable: true, writable: true });
    }
  }
  return whole;
}

function member(holder: unknown, step: Step): unknown {
  if (typeof holder === "object" && holder && Object.hasOwn(holder, step)) return (holder as { [step: Step]: unknown })[step];
  throw new TypeError(`there is no ${step}`);
}
