import { AuthenticationError, QueueFullError, SpaceError, SpaceUnavailableError, ValidationError } from "./errors.js";

type Texts = { readonly [name: string]: string };
/** A JSON object from a server. */
export type Message = { readonly [key: string]: unknown };
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
export type Sent = RequestInit & { readonly headers?: Texts };
export interface Transport {
  /** Allows headers to be sent to an origin and, with a login, cookies in a browser. */
  readonly allow: (url: string, headers: Texts, hasLogin?: boolean) => void;
  /** A server's text on one line of limited length, without control characters and secrets. */
  readonly masked: (words: unknown) => string;
  /** Sends a request and follows its redirects; the answer may have any status. */
  readonly send: (url: string, sent: Sent, where: string) => Promise<Response>;
  /** Sends a request that may safely be repeated, and returns an answer with a successful status. */
  readonly ask: (url: string, sent: Sent, where: string, attempts?: number, advice?: string) => Promise<Response>;
  /** The JSON of such an answer; `undefined` if it is not JSON. */
  readonly asked: (url: string, sent: Sent, where: string, attempts?: number) => Promise<unknown>;
}

const passing = [429, 502, 503, 504];

/** Sends requests. Headers are sent only to the origin that they are meant for. */
export function openTransport(fetcher: Fetch = (url, init) => fetch(url, init)): Transport {
  const origins = new Map<string, { headers: Texts; cookies: Map<string, string>; credentials: "include" | "same-origin" }>();
  const secrets: string[] = [];

  function allow(url: string, headers: Texts, hasLogin = false): void {
    const { origin } = new URL(url);
    const [wrong] = Object.entries(headers).find(([, value]) => /[^\t\x20-\x7e\x80-\xff]/.test(value.trim())) ?? [];
    if (wrong) throw new ValidationError(`the header ${wrong} has a line break or other characters that cannot be sent.`, origin);
    const { headers: before, cookies = new Map<string, string>() } = origins.get(origin) ?? {};
    origins.set(origin, { headers: { ...before, ...headers }, cookies, credentials: hasLogin ? "include" : "same-origin" });
    secrets.push(...Object.values(headers).flatMap((value) => value.trim().split(" ").slice(-1)).filter((one) => one.length > 3));
  }

  function masked(words: unknown): string {
    const text = typeof words === "string" ? words : "";
    const harmless = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
    return harmless.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim().slice(0, 1000);
  }

  async function send(url: string, sent: Sent, where: string, redirects = 5): Promise<Response> {
    const { href, origin, protocol } = new URL(url);
    const { headers: own, cookies = new Map<string, string>(), credentials = "same-origin" } = origins.get(origin) ?? {};
    const headers = { ...own, ...(cookies.size && { cookie: [...cookies.values()].join("; ") }) };
    // A redirect to another origin must not take the headers along, as fetch by itself would.
    const redirect = Object.keys(headers).length ? "manual" : "follow";
    const request = { ...sent, headers: { ...sent.headers, ...headers }, redirect, credentials } as const;
    const response = await Promise.resolve().then(() => fetcher(href, request)).catch((cause: unknown) => {
      if (sent.signal?.aborted) throw cause;
      const reasons = [cause, record(cause)["cause"]].map(messageOf).filter(Boolean).join(": ");
      throw new SpaceUnavailableError(`no connection: ${sentence(masked(reasons))}`, where, "", { cause });
    });
    // Browsers store cookies themselves and do not show them.
    for (const line of response.headers.getSetCookie?.() ?? []) {
      const [cookie = ""] = line.split(";");
      if (protocol === "https:" || !/;\s*secure\s*(;|$)/i.test(line)) cookies.set(cookie.replace(/=.*/s, ""), cookie);
    }
    if (String(response.type) === "opaqueredirect") {
      throw new AuthenticationError("the server redirects, which a browser does not follow with a token.", where);
    }
    const location = response.headers.get("location");
    if (redirect === "follow" || location === null || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    if (!redirects) throw new SpaceUnavailableError("too many redirects.", where);
    const next = response.status < 307 ? { headers: sent.headers ?? {}, signal: sent.signal ?? null } : sent;
    return send(new URL(location, href).href, next, where, redirects - 1);
  }

  async function ask(url: string, sent: Sent, where: string, attempts = 3, advice = ""): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await send(url, sent, where);
        if (response.ok) return response;
        throw refusal(response.status, await response.text().catch(() => ""), where, advice);
      } catch (error) {
        const isPassing = error instanceof SpaceUnavailableError && passing.includes(error.status ?? 503);
        if (!isPassing || attempt >= attempts) throw error;
        await pause(250 * 2 ** attempt);
      }
    }
  }

  /** The error that the status of an answer stands for. */
  function refusal(status: number, text: string, where: string, own: string): SpaceError {
    const answer = parsed(text) ?? text.replace(/<[^>]*>/g, " ");
    const { error: stated = answer, detail = stated } = record(answer);
    // For a list, such as the results of an app's validators, the first member that reports a problem.
    const problem = Array.isArray(detail) ? (rows(detail).find((one) => one["is_valid"] !== true) ?? String(detail[0])) : detail;
    const { parameter_name: parameter, error, message, msg }: Message = isRecord(problem) ? problem : { msg: problem };
    const words = `${typeof parameter === "string" ? `${parameter}: ` : ""}${String(error ?? message ?? msg ?? "")}`;
    const said = `HTTP ${status}: ${sentence(masked(words).slice(0, 300)) || "no reason given"}`;
    const is = (kind: typeof SpaceError, advice: string): SpaceError => new kind(said, where, own || advice, { status });
    if (status === 401 || status === 403) return is(AuthenticationError, "Pass the token or auth of someone who may use the Space.");
    if (status === 503 && said.includes("Queue is full")) return is(QueueFullError, "Try again later.");
    if (status !== 404 && !passing.includes(status)) return is(SpaceError, "The Space's logs may say more.");
    return is(SpaceUnavailableError, "The Space may be starting, paused, busy or gone: try later.");
  }

  async function asked(url: string, sent: Sent, where: string, attempts?: number): Promise<unknown> {
    return parsed(await (await ask(url, sent, where, attempts)).text());
  }
  return { allow, masked, send, ask, asked };
}

/** The headers that every request to Gradio has. */
export const marks = { "x-gradio-user": "api" };
const typed = { ...marks, "content-type": "application/json" };
export const posted = (body: object): Sent => ({ method: "POST", headers: typed, body: JSON.stringify(body) });
export const pause = (milliseconds: number): Promise<void> => new Promise((go) => setTimeout(go, milliseconds));
/** The result of a function; `undefined` if it throws. */
export function quietly<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
/** The text without its percent escapes, if they are well-formed. */
export const decoded = (text: string): string => quietly(() => decodeURIComponent(text)) ?? text;
export const parsed = (text: string): unknown => quietly(() => JSON.parse(text) as unknown);
export const isRecord = (value: unknown): value is Message => typeof value === "object" && value !== null && !Array.isArray(value);
export const record = (value: unknown): Message => (isRecord(value) ? value : {});
/** What an error says: also one of another realm, such as a test's sandbox, or a text that was thrown. */
export const messageOf = (cause: unknown): string => String((typeof cause === "string" ? cause : record(cause)["message"]) ?? "");
export const rows = (value: unknown): readonly Message[] => (Array.isArray(value) ? value.filter(isRecord) : []);
/** The text with a full stop, unless it is empty or has one. */
export const sentence = (words: string): string => (!words || /[.!?]$/.test(words) ? words : `${words}.`);
