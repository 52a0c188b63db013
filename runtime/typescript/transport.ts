import { AuthenticationError, clean, QueueFullError, sentence, SpaceError, SpaceUnavailableError, type ErrorDetails } from "./errors.js";
import { isRecord } from "./shapes.js";

/** What is sent: the part of `RequestInit` that every platform has. */
export interface Sent {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | FormData;
  readonly signal?: AbortSignal;
}

const redirects = 5;
const passing = [429, 502, 503, 504];

/** Sends requests. Each origin sees the headers that are meant for it, and no other one does. */
export class Transport {
  readonly #fetch: typeof fetch;
  readonly #secrets = new Map<string, { [name: string]: string }>();
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Whether a browser sends its cookies along, as a login needs it. */
  sendsCookies = false;

  constructor(fetcher: typeof fetch | undefined) {
    this.#fetch = fetcher ?? ((input, init) => fetch(input, init));
  }

  /** Lets an origin see headers. */
  allow(url: string, headers: { readonly [name: string]: string }): void {
    const { origin } = new URL(url);
    this.#secrets.set(origin, { ...this.#secrets.get(origin), ...headers });
  }

  /** Words of a server, cleaned and without the secrets. */
  masked(words: unknown): string {
    const secrets = [...this.#secrets.values()].flatMap((headers) => Object.values(headers).map((value) => value.split(" ").pop() ?? ""));
    const hide = (text: string, secret: string): string => (secret.length > 3 ? text.replaceAll(secret, "***") : text);
    return clean(secrets.reduce(hide, typeof words === "string" ? words : ""));
  }

  /** Sends a request and follows redirects; the answer may have any status. */
  async send(url: string, sent: Sent, where: string): Promise<Response> {
    let [target, request] = [new URL(url), sent];
    for (let followed = 0; followed <= redirects; followed += 1) {
      const secrets = this.#secrets.get(target.origin);
      const cookies = [...(this.#cookies.get(target.origin) ?? [])].map(([name, value]) => `${name}=${value}`);
      const isConfided = secrets !== undefined && Object.keys(secrets).length + cookies.length > 0;
      const headers = { ...request.headers, ...secrets, ...(cookies.length ? { cookie: cookies.join("; ") } : {}) };
      // A redirect to another origin may not take the headers along, which fetch would do by itself.
      const redirect = isConfided ? "manual" : "follow";
      const credentials = this.sendsCookies && secrets !== undefined ? "include" : "same-origin";
      let response: Response;
      try {
        response = await this.#fetch(target.href, { ...request, headers, redirect, credentials });
      } catch (error) {
        if (sent.signal?.aborted) throw error;
        const cause = this.masked(error instanceof Error ? reasonOf(error) : "");
        throw new SpaceUnavailableError(`no connection: ${sentence(cause)}`, { endpoint: where, cause: error });
      }
      this.#keepCookies(target.origin, response);
      if (response.type === "opaqueredirect") {
        throw new AuthenticationError("the server redirects, which a browser does not follow with a token.", { endpoint: where });
      }
      const location = response.headers.get("location");
      if (!isConfided || location === null || ![301, 302, 303, 307, 308].includes(response.status)) return response;
      await response.body?.cancel();
      target = new URL(location, target);
      if (response.status < 307) {
        const { body: _, method: __, ...rest } = request;
        request = rest;
      }
    }
    throw new SpaceUnavailableError("too many redirects.", { endpoint: where });
  }

  /** Sends a request that may be sent twice, and returns an answer whose status is a good one. */
  async ask(url: string, sent: Sent, where: string, attempts = 3): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      let response: Response | undefined;
      try {
        response = await this.send(url, sent, where);
        if (response.ok) return response;
        if (attempt >= attempts || !passing.includes(response.status)) throw await this.refusal(response, where);
        await response.body?.cancel();
      } catch (error) {
        if (response || attempt >= attempts || !(error instanceof SpaceUnavailableError)) throw error;
      }
      await pause(250 * 2 ** attempt, sent.signal);
    }
  }

  /** The error that the status of an answer means. */
  async refusal(response: Response, where: string): Promise<SpaceError> {
    const { status } = response;
    const text = await response.text().catch(() => "");
    let words: unknown = text.replace(/<[^>]*>/g, " ").slice(0, 1000);
    let parameter = "";
    try {
      const answer: unknown = JSON.parse(text);
      let detail: unknown = isRecord(answer) ? (answer["detail"] ?? answer["error"]) : answer;
      if (Array.isArray(detail)) detail = detail.find((one) => isRecord(one) && one["is_valid"] !== true) ?? detail[0];
      if (isRecord(detail) && typeof detail["parameter_name"] === "string") parameter = `${detail["parameter_name"]}: `;
      words = isRecord(detail) ? (detail["error"] ?? detail["message"] ?? detail["msg"]) : detail;
    } catch {
      // It is no JSON: the words are those of a page.
    }
    const message = `HTTP ${status}: ${sentence(this.masked(parameter + String(words ?? "")).slice(0, 300) || "no reason given")}`;
    const refused = (advice: string): ErrorDetails => ({ endpoint: where, status, advice });
    if (status === 401 || status === 403) return new AuthenticationError(message, refused("Pass the token or auth of someone who may use the Space."));
    if (status === 503 && message.includes("Queue is full")) return new QueueFullError(message, refused("Try again later."));
    if (status !== 404 && !passing.includes(status)) return new SpaceError(message, refused("The Space's logs may say more."));
    return new SpaceUnavailableError(message, refused("The Space may be starting, paused, busy or gone: try later."));
  }

  #keepCookies(origin: string, response: Response): void {
    // Browsers keep cookies themselves and show none.
    for (const line of this.#secrets.has(origin) ? (response.headers.getSetCookie?.() ?? []) : []) {
      const [pair = "", ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const isSecure = attributes.some((one) => one.trim().toLowerCase() === "secure");
      if (at < 1 || (isSecure && origin.startsWith("http:"))) continue;
      const jar = this.#cookies.get(origin) ?? new Map<string, string>();
      this.#cookies.set(origin, jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim()));
    }
  }
}

/** The JSON of an answer; a `SpaceError` where it is something else. */
export async function json(response: Response, where: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new SpaceError("the answer is not JSON.", { endpoint: where, advice: "Is this the address of a Gradio Space?", cause });
  }
}

/** Waits; ends at once when the signal is aborted. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });
  signal?.throwIfAborted();
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
