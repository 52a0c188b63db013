import { AuthenticationError, JobCancelledError, SpaceChangedError, SpaceError, SpaceUnavailableError, ValidationError } from "./errors.js";
import type { RawEvent } from "./events.js";
import { isPublic, SpaceFile, uploadable, type FileInput } from "./files.js";
import { Job, type CallOptions } from "./job.js";
import { Session, type Call } from "./session.js";
import { checked, isRecord, result, type Endpoint, type Shapes } from "./shapes.js";
import { json, pause, Transport, type Sent } from "./transport.js";

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

interface Live {
  readonly fnIndex: number;
  readonly isShown: boolean;
  readonly inputs: readonly boolean[];
  readonly outputs: readonly boolean[];
}

interface Connection {
  readonly base: string;
  readonly endpoints: ReadonlyMap<string | number, Live>;
  readonly session: Session;
  readonly maxFileSize: number;
  readonly keepsSessions: boolean;
}

const starting = ["SLEEPING", "STOPPED", "BUILDING", "APP_STARTING", "RUNNING_BUILDING", "RUNNING_APP_STARTING"];
const marks = { "x-gradio-user": "api" };
const updating = "Run `hubsmith update` to generate the client again.";
const theHub = "https://huggingface.co";

/** What a generated client stands on: one Space, one session. It connects at the first call. */
export class SpaceClient {
  /** The session that keeps the state of this client in the Space. */
  readonly sessionHash = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  readonly #source: string;
  readonly #name: string;
  readonly #login: string; // Of an address such as `https://user:password@host`.
  readonly #options: SpaceOptions;
  readonly #shapes: Shapes;
  readonly #transport: Transport;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(source: string, shapes: Shapes, options: SpaceOptions) {
    this.#source = source.trim();
    const isUrl = /^https?:\/\//i.test(this.#source);
    if (!isUrl && (!/^[\w.-]+\/[\w.-]+$/.test(this.#source) || this.#source.split("/").some((one) => /^\.+$/.test(one)))) {
      throw new ValidationError(`${JSON.stringify(source)} is neither owner/name nor an http(s) URL of a Space.`);
    }
    const { origin, pathname, username, password } = new URL(isUrl ? this.#source : "http://localhost");
    this.#name = isUrl ? origin + pathname.replace(/\/+$/, "") : this.#source;
    this.#login = username && `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#options = options;
    this.#shapes = shapes;
    this.#transport = new Transport(options.fetch);
  }

  /** Calls an endpoint and waits for its result. */
  async run<T>(endpoint: Endpoint, args: object, options: CallOptions = {}): Promise<T> {
    return this.start<T>(endpoint, args, options, false).result();
  }

  /** Ends pending calls, and tells the Space that the session is over. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const connection = await this.#connecting?.catch(() => undefined);
    connection?.session.close();
    if (!connection?.keepsSessions) return;
    // The Space forgets the state of a session when a heartbeat of it ends.
    const heartbeat = new AbortController();
    const url = `${connection.base}/heartbeat/${this.sessionHash}`;
    const timer = setTimeout(() => heartbeat.abort(), 5000);
    const response = await this.#transport.send(url, { signal: heartbeat.signal }, this.#name).catch(() => undefined);
    await response?.body?.getReader().read().catch(() => undefined);
    clearTimeout(timer);
    heartbeat.abort();
  }

  /** Calls an endpoint and returns at once. */
  start<T>(endpoint: Endpoint, args: object, options: CallOptions = {}, keepsEvents = true): Job<T> {
    const where = `${this.#name}: ${endpoint.name || `function ${endpoint.fnIndex}`}`;
    // What the Space calls the files is written into these once they are uploaded.
    const files = new Map<FileInput, object>();
    const values = checked(endpoint, this.#shapes, args, where, (file) => {
      files.set(file, files.get(file) ?? {});
      return files.get(file);
    });
    const stopped = new AbortController();
    let [connection, live]: [Connection?, Live?] = [];
    const job = new Job<T>(where, options, keepsEvents, async (error) => {
      const isCancelled = error instanceof JobCancelledError && error.cause === undefined;
      stopped.abort(error);
      await stop(isCancelled ? { type: "cancelled" } : { type: "failed", error });
    });
    const fail = (error: unknown): void => job.happen({ type: "failed", error: asSpaceError(error, where) });
    const happen = (event: RawEvent): void => {
      if (event.type !== "partial" && event.type !== "completed") return job.happen(event);
      try {
        const outputs = event.value.filter((_, at) => live?.outputs[at] ?? true);
        const made = result(endpoint, this.#shapes, outputs, where, (data) => new SpaceFile(data, connection?.base ?? "", this.#transport));
        job.happen({ type: event.type, value: made as T });
      } catch (error) {
        fail(error);
      }
    };
    const call: Call = { where, happen, fnIndex: -1, eventId: "", isRunning: false, last: undefined };
    const stop = async (event: RawEvent): Promise<void> => {
      if (!connection || !call.eventId) return happen(event);
      connection.session.cancelling(call);
      connection.session.end(call, event);
      const body = { session_hash: this.sessionHash, fn_index: call.fnIndex, event_id: call.eventId };
      const response = await this.#transport.send(`${connection.base}/cancel`, posted(body), where);
      await response.body?.cancel();
    };
    const send = async (): Promise<void> => {
      connection = await this.#connected();
      const { base, session } = connection;
      const found = (live = find(connection, endpoint, where));
      stopped.signal.throwIfAborted();
      await this.#upload(connection, files, where, stopped.signal);
      const ordered = endpoint.unordered ? await this.#ordered(base, endpoint, values, where) : values;
      stopped.signal.throwIfAborted();
      const slots = ordered.values();
      const data = found.inputs.map((isArgument) => (isArgument ? slots.next().value : null));
      call.fnIndex = found.fnIndex;
      const body = { data, event_data: null, fn_index: call.fnIndex, trigger_id: null, session_hash: this.sessionHash };
      await session.follow(call, async () => {
        const answer = await json(await this.#transport.ask(`${base}/queue/join`, posted(body), where, 1), where);
        if (isRecord(answer) && typeof answer["event_id"] === "string") return answer["event_id"];
        throw new SpaceError("the Space took the call but named no event id.", { endpoint: where });
      });
      if (stopped.signal.aborted) await stop({ type: "cancelled" }); // It was, before the Space had given it an id.
    };
    send().catch(fail);
    return job;
  }

  #connected(): Promise<Connection> {
    if (this.#isClosed) throw new SpaceError("the client is closed. Make a new one.", { endpoint: this.#name });
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    const [transport, { token, auth, headers = {} }, where] = [this.#transport, this.#options, this.#name];
    const root = await this.#root();
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const basic = this.#login ? { authorization: `Basic ${btoa(this.#login)}` } : {};
    transport.allow(root, { ...(token ? { "x-hf-authorization": `Bearer ${token}` } : {}), ...basic, ...given });
    transport.sendsCookies = auth !== undefined;
    if (auth) await this.#logIn(root, auth);
    const response = await this.#awake(`${root}/config`);
    const config = await json(response, where);
    const protocol = isRecord(config) ? config["protocol"] : undefined;
    if (!isRecord(config) || !Array.isArray(config["dependencies"])) throw new SpaceError("/config is not that of a Gradio Space.", { endpoint: where });
    if (typeof protocol !== "string" || !["sse_v1", "sse_v2", "sse_v2.1", "sse_v3"].includes(protocol)) {
      const advice = "Calls need Gradio 4.9 or newer, and a hubsmith that knows its protocol.";
      throw new SpaceError(`the Space speaks the protocol ${JSON.stringify(protocol ?? null)}.`, { endpoint: where, advice });
    }
    const prefix = typeof config["api_prefix"] === "string" && config["api_prefix"].startsWith("/") ? config["api_prefix"] : "";
    const moved = (response.url || `${root}/config`).split("?")[0] ?? "";
    const base = (moved.endsWith("/config") ? moved.slice(0, -"/config".length) : root) + prefix.replace(/\/+$/, "");
    return {
      base,
      endpoints: endpointsOf(config),
      session: new Session(transport, `${base}/queue/data?session_hash=${this.sessionHash}`, protocol),
      maxFileSize: typeof config["max_file_size"] === "number" ? config["max_file_size"] : Infinity,
      keepsSessions: config["connect_heartbeat"] === true,
    };
  }

  /** The address of the app, which the Hub knows of `owner/name`. */
  async #root(): Promise<string> {
    if (this.#source.includes("://")) return this.#name;
    const { hub = theHub, token } = this.#options;
    if (token) this.#transport.allow(hub, { authorization: `Bearer ${token}` });
    const response = await this.#transport.send(`${hub}/api/spaces/${this.#name}/host`, {}, this.#name);
    if ([401, 403, 404].includes(response.status)) {
      await response.body?.cancel();
      const advice = "Check the name, and pass the token of an account that may see it.";
      throw new AuthenticationError("there is no such Space, or it is private.", { endpoint: this.#name, status: response.status, advice });
    }
    if (!response.ok) throw await this.#transport.refusal(response, `${this.#name}: host`);
    const answer = await json(response, this.#name);
    const host = isRecord(answer) && typeof answer["host"] === "string" ? answer["host"] : "";
    if (!/^https?:\/\//.test(host) || (hub.startsWith("https:") && !host.startsWith("https:"))) {
      throw new SpaceError("the Hub does not say where the Space runs.", { endpoint: this.#name });
    }
    return host.replace(/\/+$/, "");
  }

  async #logIn(root: string, [username, password]: readonly [string, string]): Promise<void> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ username, password }).toString();
    const response = await this.#transport.send(`${root}/login`, { method: "POST", headers, body }, this.#name);
    if (response.ok) return void (await response.body?.cancel());
    const refusal = await this.#transport.refusal(response, this.#name);
    if (response.status >= 500) throw refusal;
    throw new AuthenticationError("the login was refused.", { endpoint: this.#name, status: response.status, advice: "Check auth.", cause: refusal });
  }

  /** Asks the app for a document; one of the Hub that sleeps is waited for. */
  async #awake(url: string): Promise<Response> {
    const until = Date.now() + (this.#options.wakeMs ?? 300_000);
    for (let wait = 1000; ; wait = Math.min(5000, wait * 1.5)) {
      try {
        return await this.#transport.ask(url, { headers: marks }, `${this.#name}: /config`);
      } catch (error) {
        if (!(error instanceof SpaceUnavailableError) || this.#source.includes("://")) throw error;
        const { hub = theHub } = this.#options;
        const response = await this.#transport.ask(`${hub}/api/spaces/${this.#name}/runtime`, {}, this.#name);
        const runtime = await json(response, this.#name);
        const stage = isRecord(runtime) ? String(runtime["stage"]) : "";
        if (!starting.includes(stage) || Date.now() + wait > until) {
          throw new SpaceUnavailableError(`the Space is ${stage || "in no known stage"}: ${error.message}`, { cause: error });
        }
        await pause(wait);
      }
    }
  }

  /** The values in the order of the running Space, where the client was made from a document without order. */
  async #ordered(base: string, { name, unordered = [] }: Endpoint, values: unknown[], where: string): Promise<unknown[]> {
    const info = await json(await this.#transport.ask(`${base}/info`, { headers: marks }, where), where);
    const named = isRecord(info) && isRecord(info["named_endpoints"]) ? info["named_endpoints"][name] : undefined;
    const listed = isRecord(named) ? listOf(named["parameters"]).filter(isRecord) : [];
    const places = listed.map((one) => unordered.indexOf(String(one["parameter_name"])));
    if (new Set(places).size === values.length && !places.includes(-1)) return places.map((place) => values[place]);
    throw new SpaceChangedError("/info names other parameters.", { endpoint: where, advice: updating });
  }

  /** Sends the files of a call, and writes into it what the Space calls them. */
  async #upload({ base, maxFileSize }: Connection, files: ReadonlyMap<FileInput, object>, where: string, signal: AbortSignal): Promise<void> {
    const meta = { _type: "gradio.FileData" };
    const sent: [File, object][] = [];
    for (const [file, reference] of files) {
      if (file instanceof SpaceFile && file.data.path && file.url.startsWith(`${base}/`)) {
        Object.assign(reference, file.data, { meta });
      } else if (file instanceof URL && isPublic(file)) {
        Object.assign(reference, { path: file.href, url: file.href, orig_name: file.pathname.split("/").pop() || "file", meta });
      } else {
        const content = await uploadable(file, this.#transport);
        if (content.size > maxFileSize) {
          throw new ValidationError(`the Space takes files of at most ${maxFileSize} bytes, ${content.name} has ${content.size}.`, { endpoint: where });
        }
        sent.push([content, reference]);
      }
    }
    if (!sent.length) return;
    const body = new FormData();
    for (const [content] of sent) body.append("files", content, content.name);
    const response = await this.#transport.ask(`${base}/upload`, { method: "POST", headers: marks, body, signal }, where);
    const paths = await json(response, where);
    if (!Array.isArray(paths) || paths.length !== sent.length) throw new SpaceError("the upload was not answered with a path for each file.", { endpoint: where });
    sent.forEach(([{ name, size, type }, reference], at) => {
      Object.assign(reference, { path: String(paths[at]), orig_name: name, size, ...(type ? { mime_type: type } : {}), meta });
    });
  }
}

function posted(body: object): Sent {
  return { method: "POST", headers: { ...marks, "content-type": "application/json" }, body: JSON.stringify(body) };
}

function asSpaceError(error: unknown, endpoint: string): SpaceError {
  if (error instanceof SpaceError) return error;
  return new SpaceError(error instanceof Error ? error.message : "failed", { endpoint, cause: error });
}

/** The function of the running Space that an endpoint means. */
function find({ endpoints }: Connection, { name, fnIndex = -1, parameters, results }: Endpoint, where: string): Live {
  const live = endpoints.get(name || fnIndex);
  if (!live) throw new SpaceChangedError("the Space has no such endpoint any more.", { endpoint: where, advice: updating });
  const [inputs, outputs] = [live.inputs.filter(Boolean).length, live.outputs.filter(Boolean).length];
  if (inputs === parameters.length && outputs === results.length) return live;
  const was = `the client was generated for ${parameters.length} and ${results.length}.`;
  throw new SpaceChangedError(`it takes ${inputs} arguments and returns ${outputs} values; ${was}`, { endpoint: where, advice: updating });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The functions of a running Space, by name and by number. Session state and layout fill slots, too, which are sent as null. */
function endpointsOf(config: { readonly [key: string]: unknown }): Map<string | number, Live> {
  const components = listOf(config["components"]).filter(isRecord);
  const skipped = new Set(components.filter((one) => one["skip_api"] ?? one["type"] === "state").map((one) => String(one["id"])));
  const slots = (of: unknown): boolean[] => listOf(of).map((slot) => !skipped.has(String(slot)));
  const found = new Map<string | number, Live>();
  listOf(config["dependencies"]).filter(isRecord).forEach((one, position) => {
    const { id = position, api_name: name } = one;
    const shown = one["show_api"] === false ? "undocumented" : "public";
    const visibility = one["api_visibility"] ?? (name === false ? "private" : shown);
    if (typeof id !== "number" || visibility === "private") return;
    const isShown = visibility === "public" && one["backend_fn"] !== false;
    const live: Live = { fnIndex: id, isShown, inputs: slots(one["inputs"]), outputs: slots(one["outputs"]) };
    found.set(id, live);
    // Two functions may have one name: the client was made for the last that the public sees.
    const path = typeof name === "string" ? `/${name.replace(/^\//, "")}` : id;
    if (isShown || !found.has(path)) found.set(path, live);
  });
  return found;
}
