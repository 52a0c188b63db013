import { AppError, JobCancelledError } from "./errors.js";
import type { JobEvent, ProgressUnit } from "./job.js";
import { isRecord, parsed, record, rows, sentence, type Message } from "./transport.js";

/** An event as received: its values are the outputs, or edits of the last ones. */
export type RawEvent = JobEvent<readonly unknown[]>;
type Edit = readonly [action: string, path: readonly (string | number)[], operand: unknown];

/** Reads the JSON of a stream of server-sent events, split anywhere; `heard` is called for each piece. */
export async function* messages(body: ReadableStream<Uint8Array> | null, heard: () => void): AsyncGenerator<Message, void, undefined> {
  const [reader, decoder] = [body?.getReader(), new TextDecoder()];
  let text = "";
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      heard();
      const more = decoder.decode(piece.value, { stream: true });
      text += more;
      if (!more.includes("\n")) continue; // A long event arrives in many pieces.
      // Only line feeds end a line: JSON in an event may contain Unicode line breaks.
      const parts = text.split(/\r?\n\r?\n/);
      text = parts.pop() ?? "";
      for (const part of parts) {
        const lines = part.split(/\r?\n/).filter((line) => line.startsWith("data:"));
        const message = parsed(lines.map((line) => line.slice(5)).join("\n"));
        if (isRecord(message)) yield message; // Comments and other servers' heartbeats are not JSON.
      }
    }
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
}

/** Converts a message about a job to an event; `undefined` if it is of no interest to a caller. */
export function readEvent(message: Message, where: string, masked: (words: unknown) => string): RawEvent | undefined {
  const { msg, success, rank, queue_size: size, rank_eta: wait, eta } = message;
  if (msg === "estimation") return { type: "queued", position: number(rank), queueSize: number(size), eta: number(wait) };
  if (msg === "process_starts") return { type: "started", eta: number(eta) };
  if (msg === "progress") return { type: "progress", units: rows(message["progress_data"]).map(progressUnit) };
  const title = masked(message["title"]);
  if (msg === "log") return { type: "log", level: masked(message["level"]), message: masked(message["log"]), title };
  const isLast = msg === "process_completed";
  if (!isLast && msg !== "process_generating" && msg !== "process_streaming") return undefined;
  const output = record(message["output"]);
  if (isLast && success === true && Object.keys(output).length === 0) {
    return { type: "cancelled", error: new JobCancelledError("the Space cancelled the job, so it has no result.", where) };
  }
  const { data, error } = output;
  const isWell = isLast ? success === true && Array.isArray(data) : success !== false && typeof error !== "string";
  if (isWell) return Array.isArray(data) ? { type: isLast ? "completed" : "partial", value: data } : undefined;
  const heading = title || masked(output["title"]);
  // Gradio 4 puts quotes around the text of an error.
  const reason = masked(error).replace(/^(['"])(.*)\1$/, "$2");
  const words = `${heading && heading !== "Error" ? `${heading}: ` : ""}${sentence(reason) || "the Space does not say why. See its logs."}`;
  return { type: "failed", error: new AppError(`failed: ${words}`, where, "", { title: heading, reason }) };
}

function progressUnit({ index, length, unit, progress, desc }: Message): ProgressUnit {
  const words = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
  return { index: number(index), length: number(length), unit: words(unit), progress: number(progress), description: words(desc) };
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Applies the edits of a later partial result to a copy of each output; the values themselves are not changed. */
export function edited(values: readonly unknown[], edits: readonly unknown[]): readonly unknown[] {
  const whole = [...values, ...edits.slice(values.length).fill(null)];
  return whole.map((value, at) => (Array.isArray(edits[at]) ? (edits[at] as readonly Edit[]).reduce(edit, value) : value));
}

/** A value with one edit applied; only containers on its path are copied. */
function edit(value: unknown, [action, [step, ...rest], operand]: Edit): unknown {
  if (step === undefined && action !== "append") return operand;
  if (step === undefined && typeof value === "string") return value + String(operand);
  const [isHere, key] = [rest.length === 0, String(step)];
  const inner = (old: unknown): unknown => edit(old, [action, rest, operand]);
  if (Array.isArray(value)) {
    const items: unknown[] = [...value];
    if (isHere && action === "add") items.splice(Number(key), 0, operand);
    else if (isHere && action === "delete") items.splice(Number(key), 1);
    else items[Number(key)] = inner(items[Number(key)]);
    return items;
  }
  if (!isRecord(value)) throw new TypeError(`there is no ${key}`);
  const members = new Map(Object.entries(value));
  if (isHere && action === "delete") members.delete(key);
  else members.set(key, inner(members.get(key)));
  return Object.fromEntries(members);
}
