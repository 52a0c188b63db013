import { JobCancelledError, TimeoutError, type SpaceError } from "./errors.js";

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

/** How a job ends without a result. */
export type Ending = { readonly type: "failed"; readonly error: SpaceError } | { readonly type: "cancelled" };
/** What happens to a job, in order; the last one is `completed`, `failed` or `cancelled`. */
export type JobEvent<T> =
  | { readonly type: "queued"; readonly position: number | undefined; readonly queueSize: number | undefined; readonly eta: number | undefined }
  | { readonly type: "started"; readonly eta: number | undefined }
  | { readonly type: "progress"; readonly units: readonly ProgressUnit[] }
  | { readonly type: "log"; readonly level: string; readonly message: string; readonly title: string }
  | { readonly type: "partial"; readonly value: T }
  | { readonly type: "completed"; readonly value: T }
  | Ending;

/** A call that is followed while it runs. It starts by itself, and goes on when nobody looks. */
export class Job<T> implements AsyncIterable<T> {
  readonly #events: JobEvent<T>[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #where: string;
  readonly #keepsEvents: boolean;
  readonly #stop: (ending: Ending) => Promise<void>;
  readonly #release: () => void;
  #last: JobEvent<T> | undefined;

  /** Made by a client; `stop` ends the call. */
  constructor(where: string, { signal, timeoutMs = Infinity }: CallOptions, keepsEvents: boolean, stop: (ending: Ending) => Promise<void>) {
    [this.#where, this.#keepsEvents, this.#stop] = [where, keepsEvents, stop];
    const end = (error: SpaceError): void => void stop({ type: "failed", error }).catch(() => undefined);
    const abort = (): void => end(new JobCancelledError("the call was aborted.", where, "", { cause: signal?.reason }));
    const advice = "The job is cancelled. Raise timeoutMs, or leave it out to wait as long as it takes.";
    const late = (): void => end(new TimeoutError(`no answer within ${timeoutMs} ms.`, where, advice));
    const timer = timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined;
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) queueMicrotask(abort);
    this.#release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  }

  /** Takes an event, which a client hands on; what happens after the end is ignored. */
  happen(event: JobEvent<T>): void {
    if (this.isOver) return;
    this.#last = event;
    if (this.#keepsEvents) this.#events.push(event);
    if (this.isOver) this.#release();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Whether it is completed, failed or cancelled. */
  get isOver(): boolean { return this.#last !== undefined && isLast(this.#last); }

  /** What happened last. */
  get status(): JobEvent<T> | undefined { return this.#last; }

  /** Waits for the result; throws what went wrong. */
  async result(): Promise<T> {
    while (!this.isOver) await this.#next();
    if (this.#last?.type === "completed") return this.#last.value;
    throw this.#last?.type === "failed" ? this.#last.error : new JobCancelledError("the job was cancelled, it has no result.", this.#where);
  }

  /** Everything that happens, from the start: the place in the queue, progress, log lines, results. */
  async *events(): AsyncGenerator<JobEvent<T>, void, undefined> {
    for (let at = 0; at < this.#events.length || !this.isOver; at += 1) {
      while (at >= this.#events.length && !this.isOver) await this.#next();
      const event = this.#events[at];
      if (event) yield event;
    }
  }

  /** The partial results from the first one on; of an endpoint that gives none, its result. Throws what went wrong. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let hasParts = false;
    for await (const event of this.events()) {
      if (event.type === "partial" || (event.type === "completed" && !hasParts)) yield event.value;
      hasParts ||= event.type === "partial";
    }
    await this.result();
  }

  /** Cancels it, in the queue or while it runs. One that is over stays as it is. */
  async cancel(): Promise<void> {
    if (!this.isOver) await this.#stop({ type: "cancelled" });
  }

  #next(): Promise<void> { return new Promise((go) => this.#waiting.push(go)); }
}

/** Whether nothing happens after an event. */
export const isLast = ({ type }: { readonly type: string }): boolean => ["completed", "failed", "cancelled"].includes(type);
