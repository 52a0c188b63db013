import { connect, placeOf, type Connection, type Place } from "./connection.js";
import { SpaceError } from "./errors.js";
import type { RawEvent } from "./events.js";
import { SpaceFile, upload, type FileData, type FileInput } from "./files.js";
import { Job, type CallOptions, type Ending } from "./job.js";
import type { Call } from "./session.js";
import { checked, result, type Endpoint, type Shapes } from "./shapes.js";
import { transport, type Transport } from "./transport.js";

/** How a client reaches its Space. */
export interface SpaceOptions {
  /** `owner/name` or the URL of the Space; by default the one that the client was generated from. */
  readonly source?: string;
  /** A Hugging Face token, sent to the Hub and to the Space only. Never put one into a page: whoever opens it reads it. */
  readonly token?: string;
  /** User name and password of a Space with a login page. */
  readonly auth?: readonly [user: string, password: string];
  /** Added to every request to the Space. */
  readonly headers?: { readonly [name: string]: string };
  /** The address of the Hub; `https://huggingface.co` by default. */
  readonly hub?: string;
  /** How many milliseconds a Space of the Hub that sleeps may take to start; 300,000 by default. */
  readonly wakeMs?: number;
  /** What sends requests instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** What a generated client stands on: one Space, one session. It connects at the first call. */
export class SpaceClient {
  /** The session that keeps the state of this client in the Space. */
  readonly sessionHash = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  readonly #place: Place;
  readonly #options: SpaceOptions;
  readonly #shapes: Shapes;
  readonly #transport: Transport;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(source: string, shapes: Shapes, options: SpaceOptions) {
    [this.#place, this.#shapes, this.#options, this.#transport] = [placeOf(source), shapes, options, transport(options.fetch)];
  }

  /** Calls an endpoint and waits for its result. */
  async run<T>(endpoint: Endpoint, args: object, options: CallOptions = {}): Promise<T> {
    return this.start<T>(endpoint, args, options, false).result();
  }

  /** Calls an endpoint and returns at once. */
  start<T>(endpoint: Endpoint, args: object, options: CallOptions = {}, keepsEvents = true): Job<T> {
    const where = `${this.#place.name}: ${endpoint.name || `function ${endpoint.fnIndex}`}`;
    // What the Space calls the files is written into these once they are uploaded.
    const files = new Map<FileInput, object>();
    const values = checked(endpoint, this.#shapes, args, where, (file) => {
      files.set(file, files.get(file) ?? {});
      return files.get(file);
    });
    const stopped = new AbortController();
    let cancel: ((ending: Ending) => Promise<void>) | undefined; // Once the Space has the call.
    const job = new Job<T>(where, options, keepsEvents, async (ending) => {
      stopped.abort();
      await (cancel ? cancel(ending) : job.happen(ending));
    });
    const fail = (cause: unknown): void => {
      const message = cause instanceof Error ? cause.message : "failed";
      job.happen({ type: "failed", error: cause instanceof SpaceError ? cause : new SpaceError(message, where, "", { cause }) });
    };
    const send = async (): Promise<void> => {
      const { base, session, maxFileSize, find, ordered } = await this.#connected();
      const { fnIndex, inputs, outputs } = find(endpoint, where);
      stopped.signal.throwIfAborted();
      await upload(this.#transport, base, files, maxFileSize, where, stopped.signal);
      const slots = (await ordered(endpoint, values, where)).values();
      stopped.signal.throwIfAborted();
      const file = (data: FileData): SpaceFile => new SpaceFile(data, base, this.#transport);
      const happen = (event: RawEvent): void => {
        if (event.type !== "partial" && event.type !== "completed") return job.happen(event);
        const found = event.value.filter((_, at) => outputs[at] ?? true);
        try {
          job.happen({ type: event.type, value: result(endpoint, this.#shapes, found, where, file) as T });
        } catch (error) {
          fail(error);
        }
      };
      const call: Call = { where, fnIndex, happen };
      await session.follow(call, inputs.map((isArgument) => (isArgument ? slots.next().value : null)));
      cancel = (ending) => session.cancel(call, ending);
      if (stopped.signal.aborted) await cancel({ type: "cancelled" });
    };
    send().catch(fail);
    return job;
  }

  /** Ends pending calls, and tells the Space that the session is over. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await (await this.#connecting?.catch(() => undefined))?.close();
  }

  async #connected(): Promise<Connection> {
    if (this.#isClosed) throw new SpaceError("the client is closed. Make a new one.", this.#place.name);
    this.#connecting ??= connect(this.#place, this.#options, this.#transport, this.sessionHash).catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }
}
