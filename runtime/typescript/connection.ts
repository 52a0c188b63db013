import { AuthenticationError, SpaceChangedError, SpaceError, SpaceUnavailableError, ValidationError } from "./errors.js";
import { openSession, type Session } from "./session.js";
import type { Endpoint } from "./shapes.js";
import type { SpaceOptions } from "./space.js";
import { decoded, marks, openTransport, parsed, pause, quietly, record, rows, type Message, type Transport } from "./transport.js";

export type Place = { readonly name: string; readonly isUrl: boolean; readonly login: string };
/** A Space that answers. */
export interface Connection {
  readonly base: string;
  readonly session: Session;
  readonly transport: Transport;
  readonly maxFileSize: number;
  /** Finds an endpoint's function, the arguments in its slots, and which slots are results: session state has slots, too. */
  readonly prepared: (endpoint: Endpoint, values: readonly unknown[], where: string) => Promise<Prepared>;
}
type Prepared = { readonly fnIndex: number; readonly outputs: readonly boolean[]; readonly data: unknown[]; readonly isGenerator: boolean };

const starting = ["SLEEPING", "STOPPED", "BUILDING", "APP_STARTING", "RUNNING_BUILDING", "RUNNING_APP_STARTING"];
const updating = "Run `hubsmith update` to generate the client again.";

/** The location of a Space: its address or its name on the Hub, without the login of `https://user:password@host`. */
export function placeOf(source: string): Place {
  const name = source.trim();
  if (/^(?!\.+\/)[\w.-]+\/(?!\.+$)[\w.-]+$/.test(name)) return { name, isUrl: false, login: "" };
  const url = quietly(() => new URL(name));
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ValidationError(`${JSON.stringify(source)} is neither owner/name nor an http(s) URL of a Space.`);
  }
  const { origin, pathname, username, password } = url;
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  const login = username && `Basic ${btoa(String.fromCharCode(...bytes))}`;
  return { name: origin + pathname.replace(/\/+$/, ""), isUrl: true, login };
}

/** Finds a Space, logs in, waits for it to wake up, and reads its configuration. */
export async function connect({ name, isUrl, login }: Place, options: SpaceOptions, hash: string): Promise<Connection> {
  const transport = openTransport(options.fetch);
  const { allow, ask, asked } = transport;
  const { token, auth, headers = {}, hub = "https://huggingface.co", wakeMs = 300_000 } = options;
  if (token && !isUrl) allow(hub, { authorization: `Bearer ${token}` });
  const root = isUrl ? name : await hosted();
  const given = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
  const own = { ...(token && { "x-hf-authorization": `Bearer ${token}` }), ...(login && { authorization: login }) };
  allow(root, { ...own, ...given }, auth !== undefined);
  if (auth) await logIn(auth);
  const response = await awake();
  const config = record(parsed(await response.text()));
  if (!Array.isArray(config["dependencies"])) {
    throw new SpaceError("/config is not the configuration of a Gradio Space.", name, "Is this the address of one?");
  }
  const { protocol, api_prefix: prefix, max_file_size: maxFileSize, connect_heartbeat: hasState } = config;
  if (typeof protocol !== "string" || !/^sse_v(1|2|2\.1|3)$/.test(protocol)) {
    const advice = "Calls need Gradio 4.9 or newer, and a version of hubsmith that supports its protocol.";
    throw new SpaceError(`the Space uses the protocol ${JSON.stringify(protocol ?? null)}.`, name, advice);
  }
  const moved = /^(.*)\/config(\?|$)/.exec(response.url)?.[1] ?? root;
  const base = moved + (typeof prefix === "string" && prefix.startsWith("/") ? prefix.replace(/\/+$/, "") : "");
  const session = openSession(transport, base, hash, protocol, hasState === true);
  return { base, session, transport, prepared, maxFileSize: typeof maxFileSize === "number" ? maxFileSize : Infinity };

  /** The address of the app, which the Hub knows for `owner/name`. */
  async function hosted(): Promise<string> {
    const { host } = record(
      await asked(`${hub}/api/spaces/${name}/host`, {}, name).catch((error: SpaceError) => {
        if (![401, 403, 404].includes(error.status ?? 0)) throw error;
        const advice = "Check the name, and pass the token of an account that may see it.";
        throw new AuthenticationError("there is no such Space, or it is private.", name, advice, { status: error.status });
      }),
    );
    const isSafe = typeof host === "string" && /^https?:\/\//.test(host) && (hub.startsWith("http:") || host.startsWith("https:"));
    if (isSafe) return host.replace(/\/+$/, "");
    throw new SpaceError("the Hub does not say where the Space runs.", name);
  }

  async function logIn([username, password]: readonly [string, string]): Promise<void> {
    const sent = { method: "POST", body: new URLSearchParams({ username, password }) };
    const answer = await ask(`${root}/login`, sent, name, 1).catch((cause: SpaceError) => {
      if (!cause.status || cause.status >= 500) throw cause;
      throw new AuthenticationError("the login was refused.", name, "Check auth.", { status: cause.status, cause });
    });
    await answer.body?.cancel();
  }

  /** Reads the app's configuration; waits for a Space of the Hub that sleeps. */
  async function awake(): Promise<Response> {
    const until = Date.now() + wakeMs;
    for (let wait = 1000; ; wait = Math.min(5000, wait * 1.5)) {
      try {
        return await ask(`${root}/config`, { headers: marks }, `${name}: /config`);
      } catch (cause) {
        if (!(cause instanceof SpaceUnavailableError) || isUrl) throw cause;
        const { stage = "in no known stage" } = record(await asked(`${hub}/api/spaces/${name}/runtime`, {}, name));
        if (!starting.includes(String(stage)) || Date.now() + wait > until) {
          throw new SpaceUnavailableError(`the Space is ${String(stage)}: ${cause.message}`, "", "", { cause });
        }
        await pause(wait);
      }
    }
  }

  async function prepared(endpoint: Endpoint, values: readonly unknown[], where: string): Promise<Prepared> {
    const { name: path, fnIndex, parameters, results } = endpoint;
    const named = rows(config["dependencies"]).map((one, at): Message => ({ id: at, ...one })).filter(({ id, ...one }) =>
      visibility(one) !== "private" && (path ? `/${String(one["api_name"])}` === path : id === fnIndex),
    );
    // Two functions may share a name: the client was generated for the last public one.
    const live = named.filter((one) => visibility(one) === "public" && one["backend_fn"] !== false).at(-1) ?? named[0];
    if (!live) throw new SpaceChangedError("the Space no longer has this endpoint.", where, updating);
    const skipped = rows(config["components"]).filter((one) => one["skip_api"] ?? one["type"] === "state").map((one) => one["id"]);
    const slots = (of: unknown): boolean[] => (Array.isArray(of) ? of.map((slot) => !skipped.includes(slot)) : []);
    const [inputs, outputs] = [slots(live["inputs"]), slots(live["outputs"])];
    const [takes, gives] = [inputs.filter(Boolean).length, outputs.filter(Boolean).length];
    if (takes !== parameters.length || gives !== results.length) {
      const was = `the client was generated for ${parameters.length} and ${results.length}.`;
      throw new SpaceChangedError(`it takes ${takes} arguments and returns ${gives} values; ${was}`, where, updating);
    }
    const rest = (await ordered(endpoint, values, where)).values();
    const data = inputs.map((isArgument) => (isArgument ? rest.next().value : null));
    return { fnIndex: Number(live["id"]), outputs, data, isGenerator: record(live["types"])["generator"] === true };
  }

  /** The values in the order of the running Space, if the client was generated from a document without order. */
  async function ordered({ name: path, unordered }: Endpoint, values: readonly unknown[], where: string): Promise<readonly unknown[]> {
    if (!unordered) return values;
    const info = record(await asked(`${base}/info`, { headers: marks }, where));
    const listed = rows(record(record(info["named_endpoints"])[path])["parameters"]);
    const places = listed.map((one) => unordered.indexOf(String(one["parameter_name"])));
    if (new Set(places).size === values.length && !places.includes(-1)) return places.map((place) => values[place]);
    throw new SpaceChangedError("/info names other parameters.", where, updating);
  }
}

function visibility({ api_visibility: stated, api_name: name, show_api: isShown }: Message): unknown {
  return stated ?? (name === false ? "private" : isShown === false ? "undocumented" : "public");
}
