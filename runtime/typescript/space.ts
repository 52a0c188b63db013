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

/** What a generated client stands on: one Space, one session. It connects at the first call. */
export class SpaceClient {
  /** The session that keeps the state of this client in the Space. */
  readonly sessionHash = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  readonly #source: string;
  readonly #name: string;
  readonly #options: SpaceOptions;
  readonly #shapes: Shapes;
  readonly #transport: Transport;
  #connecting: Promise<Connection> | undefined;
  #isClosed = false;

  constructor(source: string, shapes: Shapes, options: SpaceOptions) {
    this.#source = source.trim();
    const isUrl = /^https?:\/\//i.test(this.#source);
    if (!isUrl && (!/^[\w.-]+\/[\w.-]+$/.test(source) || source.split("/").some((one) => /^\.+$/.test(one)))) {
      throw new ValidationError(`${JSON.stringify(source)} is neither owner/name nor an http(s) URL of a Space.`);
    }
    this.#name = isUrl ? new URL(this.#source).origin + new URL(this.#source).pathname.replace(/\/+$/, "") : source;
    this.#options = options;
    this.#shapes = shapes;
    this.#transport = new Transport(options.fetch);
  }

  /** Calls an endpoint and waits for its result. */
  async run<T>(endpoint: Endpoint, args: object, options: CallOptions = {}): Promise<T> {
    return this.#begin<T>(endpoint, args, options, false).result();
  }

  /** Calls an endpoint and returns at once. */
  start<T>(endpoint: Endpoint, args: object, options: CallOptions = {}): Job<T> {
    return this.#begin<T>(endpoint, args, options, true);
  }

  /** Ends pending calls, and tells the Space that the session is over. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const connection = await this.#connecting?.catch(() => undefined);
    connection?.session.close((endpoint) => new JobCancelledError("the client was closed before the job was done.", { endpoint }));
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

  #begin<T>(endpoint: Endpoint, args: object, options: CallOptions, keepsEvents: boolean): Job<T> {
    const where = `${this.#name}: ${endpoint.name || `function ${endpoint.fnIndex}`}`;
    // Files are replaced where they stand by what the Space calls them, once they are uploaded.
    const files = new Map<FileInput, { [key: string]: unknown }>();
    const values = checked(endpoint, this.#shapes, args, where, (file) => {
      const reference = files.get(file) ?? {};
      files.set(file, reference);
      return reference;
    });
    const stopped = new AbortController();
    let connection: Connection | undefined;
    let live: Live | undefined;
    const job = new Job<T>(where, keepsEvents, async (reason) => {
      const event: RawEvent = reason.name === "JobCancelledError" && reason.cause === undefined ? { type: "cancelled" } : { type: "failed", error: reason };
      stopped.abort(reason);
      const isSent = connection && call.eventId && !call.isOver;
      if (isSent) connection?.session.cancelling(call);
      if (connection && call.eventId) connection.session.end(call, event);
      else call.happen(event);
      if (isSent && connection) await this.#cancel(connection, call);
    });
    const happen = (event: RawEvent): void => {
      if (event.type !== "partial" && event.type !== "completed") return job.happen(event);
      try {
        const outputs = live ? event.value.filter((_, at) => live?.outputs[at]) : event.value;
        const base = connection?.base ?? "";
        const value = result(endpoint, this.#shapes, outputs, where, (data) => new SpaceFile(data, base, this.#transport)) as T;
        job.happen({ type: event.type, value });
      } catch (error) {
        job.happen({ type: "failed", error: asSpaceError(error, where) });
      }
    };
    const call: Call = { where, fnIndex: -1, happen, isOver: false, isRunning: false, eventId: "", last: undefined };
    const send = async (): Promise<void> => {
      connection = await this.#connected();
      stopped.signal.throwIfAborted();
      live = this.#find(connection, endpoint, where);
      await this.#upload(connection, files, where, stopped.signal);
      const ordered = await this.#ordered(connection, endpoint, values, where, stopped.signal);
      const slots = ordered.values();
      const data = live.inputs.map((isArgument) => (isArgument ? slots.next().value : null));
      const { fnIndex } = live;
      const body = { data, event_data: null, fn_index: fnIndex, trigger_id: null, session_hash: this.sessionHash };
      const { base, session } = connection;
      await session.follow(Object.assign(call, { fnIndex }), async () => {
        const response = await this.#transport.ask(`${base}/queue/join`, posted(body), where, 1);
        const answer = await json(response, where);
        if (isRecord(answer) && typeof answer["event_id"] === "string") return answer["event_id"];
        throw new SpaceError("the Space took the call but named no event id.", { endpoint: where });
      });
      // It was stopped before the Space had given it an id.
      if (stopped.signal.aborted && !call.isOver) {
        session.cancelling(call);
        session.end(call, { type: "cancelled" });
        await this.#cancel(connection, call);
      }
    };
    job.limit(options);
    send().catch((error: unknown) => job.happen({ type: "failed", error: asSpaceError(error, where) }));
    return job;
  }

  async #cancel({ base }: Connection, { fnIndex, eventId, where }: Call): Promise<void> {
    const body = { session_hash: this.sessionHash, fn_index: fnIndex, event_id: eventId };
    const response = await this.#transport.send(`${base}/cancel`, posted(body), where);
    await response.body?.cancel();
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
    transport.allow(root, { ...(token ? { "x-hf-authorization": `Bearer ${token}` } : {}), ...headers });
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
    const { hub = "https://huggingface.co", token } = this.#options;
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
        const { hub = "https://huggingface.co" } = this.#options;
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

  #find(connection: Connection, endpoint: Endpoint, where: string): Live {
    const advice = "Run `hubsmith update` to generate the client again.";
    const live = connection.endpoints.get(endpoint.name || (endpoint.fnIndex ?? -1));
    if (!live) throw new SpaceChangedError("the Space has no such endpoint any more.", { endpoint: where, advice });
    const inputs = live.inputs.filter(Boolean).length;
    const outputs = live.outputs.filter(Boolean).length;
    if (inputs !== endpoint.parameters.length || outputs !== endpoint.results.length) {
      const was = `${endpoint.parameters.length} and ${endpoint.results.length}`;
      throw new SpaceChangedError(`it takes ${inputs} arguments and returns ${outputs} values; the client was generated for ${was}.`, { endpoint: where, advice });
    }
    return live;
  }

  /** The values in the order of the running Space, where the client was made from a document without order. */
  async #ordered({ base }: Connection, { name, unordered }: Endpoint, values: unknown[], where: string, signal: AbortSignal): Promise<unknown[]> {
    if (!unordered) return values;
    const info = await json(await this.#transport.ask(`${base}/info`, { headers: marks, signal }, where), where);
    const named = isRecord(info) && isRecord(info["named_endpoints"]) ? info["named_endpoints"][name] : undefined;
    const listed: readonly unknown[] = isRecord(named) && Array.isArray(named["parameters"]) ? named["parameters"] : [];
    const places = listed.map((one) => unordered.indexOf(isRecord(one) ? String(one["parameter_name"]) : ""));
    if (new Set(places).size !== values.length || places.includes(-1)) {
      throw new SpaceChangedError("/info names other parameters.", { endpoint: where, advice: "Run `hubsmith update` to generate the client again." });
    }
    return places.map((place) => values[place]);
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

/** The functions of a running Space, by name and by number. Session state and layout fill slots, too, which are sent as null. */
function endpointsOf(config: { readonly [key: string]: unknown }): Map<string | number, Live> {
  const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
  const components = listed(config["components"]).filter(isRecord);
  const skipped = new Set(components.filter((one) => one["skip_api"] ?? one["type"] === "state").map((one) => String(one["id"])));
  const found = new Map<string | number, Live>();
  const unseen = new Set<string>();
  listed(config["dependencies"]).forEach((value, position) => {
    const one = isRecord(value) ? value : {};
    const { id = position, api_name: name } = one;
    const shown = one["show_api"] === false ? "undocumented" : "public";
    const visibility = one["api_visibility"] ?? (name === false ? "private" : shown);
    if (typeof id !== "number" || visibility === "private") return;
    const slots = (of: unknown): boolean[] => listed(of).map((slot) => !skipped.has(String(slot)));
    const live: Live = { fnIndex: id, inputs: slots(one["inputs"]), outputs: slots(one["outputs"]) };
    found.set(id, live);
    if (typeof name !== "string") return;
    // Two functions may have one name: the client was made for the last that the public sees.
    const path = `/${name.replace(/^\//, "")}`;
    const isPublicOne = visibility === "public" && one["backend_fn"] !== false;
    if (isPublicOne || !found.has(path) || unseen.has(path)) found.set(path, live);
    if (isPublicOne) unseen.delete(path);
    else if (!found.has(path)) unseen.add(path);
  });
  return found;
}
