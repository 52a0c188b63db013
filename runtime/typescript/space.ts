import { connect, placeOf, type Connection, type Place } from "./connection.js";
import { SpaceError } from "./errors.js";
import type { RawEvent } from "./events.js";
import { SpaceFile, upload, type FileData, type FileInput } from "./files.js";
import { ended, Job, type CallOptions } from "./job.js";
import { checked, result, type Endpoint, type Shapes } from "./shapes.js";
import type { Fetch } from "./transport.js";

/** The options of a client. */
export interface SpaceOptions {
  /** `owner/name` or the URL of the Space; by default, the one that the client was generated from. */
  readonly source?: string | undefined;
  /** A Hugging Face token, sent only to the Hub and to the Space. Never put one into a web page: visitors can read it. */
  readonly token?: string | undefined;
  /** User name and password of a Space with a login page. */
  readonly auth?: readonly [user: string, password: string] | undefined;
  /** Headers to add to every request to the Space. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** The address of the Hub; `https://huggingface.co` by default. */
  readonly hub?: string | undefined;
  /** Milliseconds to wait for a Space of the Hub that sleeps, builds or starts; 300,000 by default. */
  readonly wakeMs?: number | undefined;
  /** The function that sends requests, instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/** The base class of generated clients: one Space, one session. It connects on the first call. */
export class SpaceClient {
  /** The id of the session under which the Space keeps this client's state. */
  readonly sessionHash: string = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  readonly #place: Place;
  readonly #options: SpaceOptions;
  readonly #shapes: Shapes;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(source: string, shapes: Shapes, options: SpaceOptions) {
    [this.#place, this.#shapes, this.#options] = [placeOf(source), shapes, options];
  }

  /** Calls an endpoint and waits for its result. */
  async run<T>(endpoint: Endpoint, args: object, options: CallOptions = {}): Promise<T> {
    return this.start<T>(endpoint, args, options, false).result();
  }

  /** Calls an endpoint and returns its job at once. */
  start<T>(endpoint: Endpoint, args: object, options: CallOptions = {}, keepsEvents = true): Job<T> {
    const where = `${this.#place.name}: ${endpoint.name || `function ${endpoint.fnIndex}`}`;
    const files = new Map<FileInput, object>(); // With their references in the arguments.
    const values = checked(endpoint, this.#shapes, args, where, files);
    let cancel: (() => Promise<void>) | undefined; // Set before the call is sent.
    const job = new Job<T>(where, options, async () => cancel?.(), keepsEvents);
    const send = async (): Promise<void> => {
      const { base, session, transport, maxFileSize, prepared } = await this.#connected();
      const { fnIndex, data, outputs, isGenerator } = await prepared(endpoint, values, where);
      await upload(transport, base, files, maxFileSize, where, job.over);
      const happen = (event: RawEvent): void => {
        if (!("value" in event)) return job.happen(event);
        const found = event.value.filter((_, at) => outputs[at] ?? true);
        const isEmpty = isGenerator && found.every((one) => one === null); // It ended without a `yield`.
        const file = (data: FileData): SpaceFile => new SpaceFile(data, base, transport);
        try {
          job.happen({ type: event.type, value: result(endpoint, this.#shapes, found, where, file) as T }, isEmpty);
        } catch (error) {
          job.happen(ended(error, where));
        }
      };
      const call = { where, fnIndex, happen, over: job.over };
      cancel = async () => session.cancel(call);
      await session.follow(call, data);
    };
    send().catch((error: unknown) => job.happen(ended(error, where)));
    return job;
  }

  /** Ends pending calls, and tells the Space that the session is over. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await (await this.#connecting?.catch(() => undefined))?.session.close();
  }

  async #connected(): Promise<Connection> {
    if (this.#isClosed) throw new SpaceError("the client is closed. Make a new one.", this.#place.name);
    this.#connecting ??= connect(this.#place, this.#options, this.sessionHash).catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }
}
