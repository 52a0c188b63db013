import { SpaceError, SpaceUnavailableError } from "./errors.js";
import type { Transport } from "./transport.js";

/** What a file argument takes. A path is no file: `localFile(path)` reads one, in Node, Deno and Bun. */
export type FileInput = Blob | File | URL | Uint8Array | SpaceFile;

/** A file as Gradio's JSON names it. */
export interface FileData {
  readonly path?: string | null;
  readonly url?: string | null;
  readonly orig_name?: string | null;
  readonly mime_type?: string | null;
  readonly size?: number | null;
  readonly is_stream?: boolean | null;
}

/** A file that a Space returned. Nothing is fetched before it is asked for. */
export class SpaceFile {
  /** Its name as the Space gave it, without folders. */
  readonly name: string;
  /** Where it is. A private Space gives it to requests with the token only: `blob()` sends it, a link does not. */
  readonly url: string;
  /** Its type, such as `image/png`, where the Space says it. */
  readonly type: string | undefined;
  /** Its size in bytes, where the Space says it. */
  readonly size: number | undefined;
  /** What the Space said of it. */
  readonly data: FileData;
  readonly #transport: Transport;

  constructor(data: FileData, base: string, transport: Transport) {
    const path = data.path ?? "";
    // The server's own `url` is wrong behind some proxies and in old versions.
    const streamed = `${base}/stream/${encoded(path.replace("playlist.m3u8", "playlist-file"))}`;
    this.url = !path ? (data.url ?? "") : data.is_stream ? streamed : `${base}/file=${encoded(path)}`;
    if (!/^(https?|data):/.test(this.url)) throw new SpaceError("the answer names a file that has no http address");
    this.name = (data.orig_name || path).split(/[\\/]/).pop() || "file";
    this.type = data.mime_type ?? undefined;
    this.size = data.size ?? undefined;
    this.data = data;
    this.#transport = transport;
  }

  /** Fetches the content; throws a `SpaceError` where the server does not give it. */
  async blob(options: { readonly signal?: AbortSignal } = {}): Promise<Blob> {
    return (await this.#fetch(options.signal)).blob();
  }

  /** Fetches the content piece by piece. */
  async stream(options: { readonly signal?: AbortSignal } = {}): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#fetch(options.signal);
    if (!body) throw new SpaceError(`${this.name} has no content`);
    return body as ReadableStream<Uint8Array>;
  }

  async #fetch(signal?: AbortSignal): Promise<Response> {
    const response = await this.#transport.send(this.url, signal ? { signal } : {}, this.name);
    if (response.ok) return response;
    await response.body?.cancel();
    const advice = "Files of a Space expire: make the call again.";
    throw new SpaceUnavailableError(`the file was not given: HTTP ${response.status}.`, { endpoint: this.name, status: response.status, advice });
  }
}

/** The parts of a `FileData` path, escaped; slashes stay. */
function encoded(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

interface FileSystem {
  readFile(path: string): Promise<Blob>; // It is a Buffer, which every version of TypeScript names otherwise.
}

/** Reads a file of this machine into memory, in Node 20.16 and newer, Deno and Bun. Browsers have no such files. */
export async function localFile(path: string | URL, options: { readonly type?: string } = {}): Promise<File> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const files = process?.getBuiltinModule?.("node:fs/promises") as FileSystem | undefined;
  if (!files) throw new SpaceError("localFile: there is no file system here.", { advice: "Pass a File of an <input type=file>." });
  const name = decodeURIComponent(path instanceof URL ? path.pathname : path.replaceAll("%", "%25"));
  const content = await files.readFile(path as string);
  return new File([content], name.split(/[\\/]/).pop() || "file", options);
}

/** What `FormData` sends of a file argument, and under which name. */
export async function uploadable(value: FileInput, transport: Transport): Promise<File> {
  let content: Blob;
  let name = "file";
  if (value instanceof URL) {
    const response = await transport.send(value.href, {}, value.origin);
    if (!response.ok) throw new SpaceError(`${value.origin} did not give the file: HTTP ${response.status}.`, { status: response.status });
    content = await response.blob();
    if (value.protocol !== "data:") name = value.pathname.split("/").pop() || name;
  } else if (value instanceof SpaceFile) {
    content = await value.blob();
    name = value.name;
  } else if (value instanceof Uint8Array) {
    content = new Blob([value as unknown as Blob]);
  } else {
    content = value;
    if ("name" in value && typeof value.name === "string") name = value.name;
  }
  return new File([content], name, { type: content.type });
}

/** Whether a Space can fetch an address by itself, which it refuses for those of its own machine and network. */
export function isPublic({ protocol, hostname }: URL): boolean {
  if (protocol !== "http:" && protocol !== "https:") return false;
  return hostname.includes(".") && !/^\[|^[\d.]+$|\.(local|internal|localhost|lan)\.?$/.test(hostname);
}
