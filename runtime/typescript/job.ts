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
  readonly #where: string;
  readonly #events: JobEvent<T>[] = [];
  readonly #keepsEvents: boolean;
  readonly #result: Promise<T>;
  readonly #stop: (reason: SpaceError) => Promise<void>;
  #isOver = false;
  #waiting: (() => void)[] = [];
  #settle: (event: JobEvent<T>) => void = () => undefined;

  /** Made by a client; `stop` ends the call for a reason. */
  constructor(where: string, { signal, timeoutMs }: CallOptions, keepsEvents: boolean, stop: (reason: SpaceError) => Promise<void>) {
    [this.#where, this.#keepsEvents, this.#stop] = [where, keepsEvents, stop];
    const end = (reason: SpaceError): void => void stop(reason).catch(() => undefined);
    const abort = (): void => end(new JobCancelledError("the call was aborted.", { endpoint: where, cause: signal?.reason }));
    const advice = "The job is cancelled. Raise timeoutMs, or leave it out to wait as long as it takes.";
    const late = (): void => end(new TimeoutError(`no answer within ${timeoutMs} ms.`, { endpoint: where, advice }));
    const timer = timeoutMs !== undefined && timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined;
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) queueMicrotask(abort);
    this.#result = new Promise((resolve, reject) => {
      this.#settle = (event) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (event.type === "completed") resolve(event.value);
        else reject(event.type === "failed" ? event.error : this.#cancelled());
      };
    });
    this.#result.catch(() => undefined); // A caller who only looks at events has seen it there.
  }

  #cancelled(): JobCancelledError {
    return new JobCancelledError("the job was cancelled, it has no result.", { endpoint: this.#where });
  }

  /** Takes an event, which a client hands on; what happens after the end is ignored. */
  happen(event: JobEvent<T>): void {
    if (this.#isOver) return;
    if (this.#keepsEvents) this.#events.push(event);
    this.#isOver = event.type === "completed" || event.type === "failed" || event.type === "cancelled";
    if (this.#isOver) this.#settle(event);
    for (const go of this.#waiting.splice(0)) go();
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
      while (at >= this.#events.length && !this.#isOver) await new Promise<void>((go) => this.#waiting.push(go));
      const event = this.#events[at];
      if (!event) return;
      yield event;
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
    if (!this.#isOver) await this.#stop(this.#cancelled());
  }
}
