import { SpaceError, ValidationError } from "./errors.js";
import type { CallOptions } from "./job.js";
import { decoded, marks, type Transport } from "./transport.js";

/** What a file argument accepts. For a path, use `localFile(path)` in Node, Deno and Bun. */
export type FileInput = Blob | File | URL | Uint8Array | SpaceFile;

/** A file in Gradio's JSON. */
export interface FileData {
  readonly path?: string | null;
  readonly url?: string | null;
  readonly orig_name?: string | null;
  readonly mime_type?: string | null;
  readonly size?: number | null;
  readonly is_stream?: boolean | null;
}

/** A file that a Space returned. It is downloaded only on request. */
export class SpaceFile {
  /** Its name in the Space's answer, without folders. */
  readonly name: string;
  /** Its address. For a private Space, only requests with the token may read it: `blob()` sends it, a link does not. */
  readonly url: string;
  /** Its MIME type, such as `image/png`, if the Space gives one. */
  readonly type: string | undefined;
  /** Its size in bytes, if the Space gives it. */
  readonly size: number | undefined;
  /** The object in the Space's answer. */
  readonly data: FileData;
  readonly #transport: Transport;

  constructor(data: FileData, base: string, transport: Transport) {
    const path = data.path ?? "";
    // The server's own `url` is wrong behind some proxies and in old versions.
    const streamed = `${base}/stream/${encoded(path.replace("playlist.m3u8", "playlist-file"))}`;
    this.url = !path ? (data.url ?? "") : data.is_stream ? streamed : `${base}/file=${encoded(path)}`;
    if (!/^(https?|data):/.test(this.url)) throw new SpaceError("the answer names a file that has no http address");
    this.name = nameOf(data.orig_name || path);
    [this.type, this.size, this.data, this.#transport] = [data.mime_type ?? undefined, data.size ?? undefined, data, transport];
  }

  /** Downloads the content; throws a `SpaceError` if that fails. */
  async blob(options: Pick<CallOptions, "signal"> = {}): Promise<Blob> {
    return (await this.#fetch(options)).blob();
  }

  /** Downloads the content as a stream. */
  async stream(options: Pick<CallOptions, "signal"> = {}): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#fetch(options);
    return (body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;
  }

  #fetch({ signal }: CallOptions): Promise<Response> {
    return this.#transport.ask(this.url, { signal: signal ?? null }, this.name, 3, "Files of a Space expire: make the call again.");
  }
}

/** Reads a local file into memory, in Node 20.16 and newer, Deno and Bun, but not in browsers. */
export async function localFile(path: string | URL, { type = "" }: { readonly type?: string | undefined } = {}): Promise<File> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  // It reads a Buffer, which has another type in every version of TypeScript.
  const files = process?.getBuiltinModule?.("node:fs/promises") as { readFile(path: string): Promise<Blob> } | undefined;
  if (!files) throw new SpaceError("there is no file system here.", "localFile", "Pass a File of an <input type=file>.");
  return new File([await files.readFile(path as string)], nameOf(path), { type });
}

/** Uploads files, of at most `most` bytes each, and writes the Space's paths into the references to them. */
export async function upload(
  { ask, asked }: Transport, base: string, files: ReadonlyMap<FileInput, object>, most: number, where: string, signal: AbortSignal,
): Promise<void> {
  const [body, meta, sent] = [new FormData(), { _type: "gradio.FileData" }, [] as [object, object][]];
  for (const [file, reference] of files) {
    if (file instanceof SpaceFile && file.data.path && file.url.startsWith(`${base}/`)) {
      Object.assign(reference, file.data, { meta });
    } else if ("href" in file && isPublic(file)) {
      Object.assign(reference, { path: file.href, url: file.href, orig_name: nameOf(file), meta });
    } else {
      const advice = "A file argument is downloaded from there.";
      const source = "href" in file ? await ask(file.href, { signal }, file.origin, 3, advice) : file;
      const content = "blob" in source ? await source.blob() : "size" in source ? source : new Blob([source as unknown as Blob]);
      const own = "name" in file ? String(file.name) : ""; // The path of a data URL is its content.
      const [{ size, type }, name] = [content, nameOf("href" in file && file.protocol !== "data:" ? file : own)];
      if (size > most) throw new ValidationError(`the Space accepts ${most} bytes a file, but ${name} has ${size}.`, where);
      body.append("files", content, name);
      sent.push([reference, { orig_name: name, size, ...(type && { mime_type: type }), meta }]);
    }
  }
  if (!sent.length) return;
  const paths = await asked(`${base}/upload`, { method: "POST", headers: marks, body, signal }, where);
  if (!Array.isArray(paths) || paths.length !== sent.length) {
    throw new SpaceError("the upload was not answered with a path for each file.", where);
  }
  for (const [at, [reference, described]] of sent.entries()) Object.assign(reference, { path: String(paths[at]) }, described);
}

/** A path with its parts escaped, but not its slashes. */
const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
const nameOf = (path: string | URL): string =>
  (typeof path === "string" ? path : decoded(path.pathname)).split(/[\\/]/).pop() || "file";

/** Whether a Space can download an address itself; it refuses those of its own machine and network. */
function isPublic({ protocol, hostname }: URL): boolean {
  if (protocol !== "http:" && protocol !== "https:") return false;
  return hostname.includes(".") && !/^\[|^[\d.]+$|\.(local|internal|localhost|lan)\.?$/.test(hostname);
}
