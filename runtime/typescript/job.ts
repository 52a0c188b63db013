import { JobCancelledError, SpaceError, TimeoutError } from "./errors.js";

/** What may be said about one call. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** How many milliseconds the whole call may take, uploads and waiting in the queue included; no limit by default. */
  readonly timeoutMs?: number;
}

/** One progress bar of a Space: `index` of `length` steps, each a `unit`, or a share `progress` from 0 to 1. */
export interface ProgressUnit {
  readonly index: number | undefined;
  readonly length: number | undefined;
  readonly unit: string | undefined;
  readonly progress: number | undefined;
  readonly description: string | undefined;
}

/** How a job ends. */
type Ending<T> = { readonly type: "completed"; readonly value: T } | { readonly type: "failed" | "cancelled"; readonly error: SpaceError };
/** What happens to a job, in order; the last one is `completed`, `failed` or `cancelled`. */
export type JobEvent<T> =
  | { readonly type: "queued"; readonly position: number | undefined; readonly queueSize: number | undefined; readonly eta: number | undefined }
  | { readonly type: "started"; readonly eta: number | undefined }
  | { readonly type: "progress"; readonly units: readonly ProgressUnit[] }
  | { readonly type: "log"; readonly level: string; readonly message: string; readonly title: string }
  | { readonly type: "partial"; readonly value: T }
  | Ending<T>;

/** A call that is followed while it runs. It starts by itself, and goes on when nobody looks. */
export class Job<T> implements AsyncIterable<T> {
  readonly #where: string;
  readonly #stop: () => Promise<void>;
  readonly #keepsEvents: boolean;
  readonly #events: JobEvent<T>[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #over = new AbortController();
  #hasParts = false;
  #last: JobEvent<T> | undefined;

  /** Made by a client; `stop` has the Space stop it. */
  constructor(where: string, { signal, timeoutMs = Infinity }: CallOptions, stop: () => Promise<void>, keepsEvents: boolean) {
    [this.#where, this.#stop, this.#keepsEvents] = [where, stop, keepsEvents];
    const end = (error: SpaceError): void => void this.#end(error).catch(() => undefined);
    const abort = (): void => end(new JobCancelledError("the call was aborted.", where, "", { cause: signal?.reason }));
    const advice = "The job is cancelled. Raise timeoutMs, or leave it out to wait as long as it takes.";
    const late = (): void => end(new TimeoutError(`no answer within ${timeoutMs} ms.`, where, advice));
    const timer = timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined;
    this.over.addEventListener("abort", () => clearTimeout(timer));
    signal?.addEventListener("abort", abort, { signal: this.over });
    if (signal?.aborted) abort();
  }

  /** Aborted once nothing happens any more. */
  get over(): AbortSignal { return this.#over.signal; }

  /** What happened last. */
  get status(): JobEvent<T> | undefined { return this.#last; }

  /** Takes an event, which a client hands on; what happens after the end is ignored. An `isEmpty` result is no part. */
  happen(event: JobEvent<T>, isEmpty = false): void {
    if (this.over.aborted) return;
    this.#last = event;
    this.#hasParts ||= event.type === "partial" || isEmpty;
    if (this.#keepsEvents) this.#events.push(event);
    if (isLast(event)) this.#over.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits for the result; throws what went wrong. */
  async result(): Promise<T> {
    let last = this.#last;
    for (; !last || !isLast(last); last = this.#last) await this.#next();
    if (last.type === "completed") return last.value;
    throw last.error;
  }

  /** Everything that happens, from the start: the place in the queue, progress, log lines, results. */
  async *events(): AsyncGenerator<JobEvent<T>, void, undefined> {
    for (let at = 0; at < this.#events.length || !this.over.aborted; at += 1) {
      while (at >= this.#events.length && !this.over.aborted) await this.#next();
      const event = this.#events[at];
      if (event) yield event;
    }
  }

  /** The partial results from the first one on; of an endpoint that gives none, its result. Throws what went wrong. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const event of this.events()) {
      if (event.type === "partial" || (event.type === "completed" && !this.#hasParts)) yield event.value;
    }
    await this.result();
  }

  /** Cancels it, in the queue or while it runs. One that is over stays as it is. */
  async cancel(): Promise<void> {
    await this.#end(new JobCancelledError("the job was cancelled, it has no result.", this.#where));
  }

  async #end(error: SpaceError): Promise<void> {
    if (this.over.aborted) return;
    this.happen(ended(error, this.#where));
    await this.#stop();
  }

  #next(): Promise<void> { return new Promise((go) => this.#waiting.push(go)); }
}

/** Whether nothing happens after an event. */
export const isLast = <T>(event: JobEvent<T>): event is Ending<T> => ["completed", "failed", "cancelled"].includes(event.type);

/** What happens to a job that goes wrong. */
export function ended(cause: unknown, where: string): Ending<never> {
  const message = cause instanceof Error ? cause.message : "failed";
  const error = cause instanceof SpaceError ? cause : new SpaceError(message, where, "", { cause });
  return { type: error instanceof JobCancelledError ? "cancelled" : "failed", error };
}
