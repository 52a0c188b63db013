import { JobCancelledError, SpaceError, TimeoutError } from "./errors.js";
import { messageOf } from "./transport.js";

/** The options of one call. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, including uploads and waiting in the queue; unlimited by default. */
  readonly timeoutMs?: number | undefined;
}

/** One progress bar of a Space: `index` of `length` steps, each a `unit`, or a fraction `progress` from 0 to 1. */
export interface ProgressUnit {
  readonly index: number | undefined;
  readonly length: number | undefined;
  readonly unit: string | undefined;
  readonly progress: number | undefined;
  readonly description: string | undefined;
}

/** How a job ends. */
type Ending<T> = { readonly type: "completed"; readonly value: T } | { readonly type: "failed" | "cancelled"; readonly error: SpaceError };
/** The events of a job; the last one is `completed`, `failed` or `cancelled`. */
export type JobEvent<T> =
  | { readonly type: "queued"; readonly position: number | undefined; readonly queueSize: number | undefined; readonly eta: number | undefined }
  | { readonly type: "started"; readonly eta: number | undefined }
  | { readonly type: "progress"; readonly units: readonly ProgressUnit[] }
  | { readonly type: "log"; readonly level: string; readonly message: string; readonly title: string }
  | { readonly type: "partial"; readonly value: T }
  | Ending<T>;

/** A running call. It starts by itself, and continues even if nothing awaits it. */
export class Job<T> implements AsyncIterable<T> {
  readonly #where: string;
  readonly #stop: () => Promise<void>;
  readonly #keepsEvents: boolean;
  readonly #events: JobEvent<T>[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #over = new AbortController();
  #hasParts = false;
  #last: JobEvent<T> | undefined;

  /** Created by a client; `stop` makes the Space stop it. */
  constructor(where: string, { signal, timeoutMs = Infinity }: CallOptions, stop: () => Promise<void>, keepsEvents: boolean) {
    [this.#where, this.#stop, this.#keepsEvents] = [where, stop, keepsEvents];
    const end = (error: SpaceError): void => void this.#end(error).catch(() => undefined);
    const abort = (): void => end(new JobCancelledError("the call was aborted.", where, "", { cause: signal?.reason }));
    const advice = "The job is cancelled. Raise timeoutMs, or omit it to wait without a limit.";
    const late = (): void => end(new TimeoutError(`no answer within ${timeoutMs} ms.`, where, advice));
    const timer = timeoutMs < 2 ** 31 && setTimeout(late, timeoutMs);
    this.over.addEventListener("abort", () => timer && clearTimeout(timer));
    signal?.addEventListener("abort", abort, { signal: this.over });
    if (signal?.aborted) abort();
  }

  /** Aborted when the job has ended. */
  get over(): AbortSignal { return this.#over.signal; }

  /** The last event. */
  get status(): JobEvent<T> | undefined { return this.#last; }

  /** Records an event from a client; events after the end are ignored. An `isEmpty` result is not iterated. */
  happen(event: JobEvent<T>, isEmpty = false): void {
    if (this.over.aborted) return;
    this.#last = event;
    this.#hasParts ||= event.type === "partial" || isEmpty;
    if (this.#keepsEvents) this.#events.push(event);
    if (isLast(event)) this.#over.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits for the result; throws the error of a job that failed or was cancelled. */
  async result(): Promise<T> {
    let last = this.#last;
    for (; !last || !isLast(last); last = this.#last) await this.#next();
    if (last.type === "completed") return last.value;
    throw last.error;
  }

  /** All events from the start: the position in the queue, progress, log lines, results. */
  async *events(): AsyncGenerator<JobEvent<T>, void, undefined> {
    for (let at = 0; at < this.#events.length || !this.over.aborted; at += 1) {
      while (at >= this.#events.length && !this.over.aborted) await this.#next();
      const event = this.#events[at];
      if (event) yield event;
    }
  }

  /** All partial results; if there are none, the result. Throws the error of a job that failed or was cancelled. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const event of this.events()) {
      if (event.type === "partial" || (event.type === "completed" && !this.#hasParts)) yield event.value;
    }
    await this.result();
  }

  /** Cancels the job, in the queue or while it runs. A job that has ended is not changed. */
  async cancel(): Promise<void> {
    await this.#end(new JobCancelledError("the job was cancelled, so it has no result.", this.#where));
  }

  async #end(error: SpaceError): Promise<void> {
    if (this.over.aborted) return;
    this.happen(ended(error, this.#where));
    await this.#stop();
  }

  #next(): Promise<void> { return new Promise((go) => this.#waiting.push(go)); }
}

/** Whether an event is the last one of its job. */
export const isLast = <T>(event: JobEvent<T>): event is Ending<T> => ["completed", "failed", "cancelled"].includes(event.type);

/** The last event of a job that failed or was cancelled. */
export function ended(cause: unknown, where: string): Ending<never> {
  const error = cause instanceof SpaceError ? cause : new SpaceError(messageOf(cause) || "failed", where, "", { cause });
  return { type: error instanceof JobCancelledError ? "cancelled" : "failed", error };
}
