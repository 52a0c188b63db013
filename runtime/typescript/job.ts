import { JobCancelledError, SpaceError, TimeoutError } from "./errors.js";
import type { JobEvent } from "./events.js";

/** What may be said about one call. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** How many milliseconds the whole call may take, uploads and waiting in the queue included; no limit by default. */
  readonly timeoutMs?: number;
}

/** A call that is followed while it runs. It starts by itself, and goes on when nobody looks. */
export class Job<T> implements AsyncIterable<T> {
  readonly #events: JobEvent<T>[] = [];
  readonly #keepsEvents: boolean;
  readonly #result: Promise<T>;
  readonly #cancel: (reason: SpaceError) => Promise<void>;
  readonly #where: string;
  #waiting: (() => void)[] = [];
  #isOver = false;
  #settle: (event: JobEvent<T>) => void = () => undefined;

  /** Made by a client; `start` sends the call, and its events are given to `happen`. */
  constructor(where: string, keepsEvents: boolean, cancel: (reason: SpaceError) => Promise<void>) {
    this.#where = where;
    this.#keepsEvents = keepsEvents;
    this.#cancel = cancel;
    this.#result = new Promise((resolve, reject) => {
      this.#settle = (event) => {
        if (event.type === "completed") resolve(event.value);
        else if (event.type === "failed") reject(event.error);
        else if (event.type === "cancelled") reject(new JobCancelledError("the job was cancelled, it has no result.", { endpoint: where }));
      };
    });
    this.#result.catch(() => undefined); // A caller who only looks at events has seen it there.
  }

  /** Takes an event; what happens after the end is ignored. */
  happen(event: JobEvent<T>): void {
    if (this.#isOver) return;
    this.#isOver = event.type === "completed" || event.type === "failed" || event.type === "cancelled";
    if (this.#keepsEvents) this.#events.push(event);
    if (this.#isOver) this.#settle(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** Whether it is completed, failed or cancelled. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What happened last. */
  get status(): JobEvent<T> | undefined {
    return this.#events.at(-1);
  }

  /** Waits for the result; throws what went wrong. */
  result(): Promise<T> {
    return this.#result;
  }

  /** Everything that happens, from the start: the place in the queue, progress, log lines, results. */
  async *events(): AsyncGenerator<JobEvent<T>, void, undefined> {
    for (let at = 0; ; at += 1) {
      while (at >= this.#events.length) {
        if (this.#isOver) return;
        await new Promise<void>((go) => this.#waiting.push(go));
      }
      const event = this.#events[at];
      if (event) yield event;
    }
  }

  /** The partial results from the first one on; of an endpoint that gives none, its result. Throws what went wrong. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let parts = 0;
    for await (const event of this.events()) {
      if (event.type === "partial" || (event.type === "completed" && !parts)) {
        parts += 1;
        yield event.value;
      }
    }
    await this.#result;
  }

  /** Cancels it, in the queue or while it runs. One that is over stays as it is. */
  async cancel(): Promise<void> {
    if (!this.#isOver) await this.#cancel(new JobCancelledError("the job was cancelled, it has no result.", { endpoint: this.#where }));
  }

  /** Ends it when the signal is aborted or the time is over. */
  limit({ signal, timeoutMs }: CallOptions): void {
    const stop = (reason: SpaceError): void => void this.#cancel(reason).catch(() => undefined);
    const abort = (): void => {
      stop(new JobCancelledError("the call was aborted.", { endpoint: this.#where, cause: signal?.reason }));
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (timeoutMs !== undefined && timeoutMs < 2 ** 31) {
      const advice = "The job is cancelled. Raise timeoutMs, or leave it out to wait as long as it takes.";
      timer = setTimeout(() => stop(new TimeoutError(`no answer within ${timeoutMs} ms.`, { endpoint: this.#where, advice })), timeoutMs);
    }
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    this.#result.then(end, end);
  }
}
