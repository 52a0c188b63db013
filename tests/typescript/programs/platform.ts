// Uses a client as other platforms and configurations do, and prints what comes of it.
import { Kitchen, localFile, SpaceError, type CallOptions } from "./clients/kitchen/index.js";
import { white } from "./kitchen.js";

declare const process: { readonly argv: readonly string[]; readonly env: { readonly [name: string]: string | undefined } };

const source = process.argv[2] ?? "";
// Options may be `undefined`, and a function that sends requests need not take all that `fetch` takes.
const kitchen = new Kitchen({ source, token: process.env["NO_TOKEN"], fetch: (url: string, init: RequestInit) => fetch(url, init) });
const greet = (name: string, signal?: AbortSignal, timeoutMs?: number): Promise<string> =>
  kitchen.greet({ name }, { signal, timeoutMs } satisfies CallOptions);
const failure = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SpaceError)) return `no SpaceError: ${String(error)}`;
    return [error.name, error.message.replaceAll(source, "URL"), JSON.stringify(error), String((error.cause as Error | undefined)?.message)].join("|");
  }
};
const withFetch = (send: () => Promise<Response>): Promise<unknown> =>
  failure(() => new Kitchen({ source, token: "hf_secretsecret", fetch: send }).greet({ name: "Bob" }));

// Values of another realm, as in a test's sandbox: they are instances of none of the classes of this one.
const foreign = <T extends object>(value: T): T => {
  const [copy, tag] = [value, Object.prototype.toString.call(value).slice(8, -1)];
  return new Proxy(copy, {
    getPrototypeOf: () => null,
    get: (of, name): unknown => {
      if (name === Symbol.toStringTag) return tag;
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === "function" ? (member as () => unknown).bind(of) : member;
    },
  });
};
const reason = foreign(new Error("the proxy is gone"));
const File_ = File;
const type = "image/png";
const card = new File_(["salt"], "card.txt");
const local = await localFile(new URL("a%20card.txt", import.meta.url), { type: undefined });
Reflect.deleteProperty(globalThis, "File");
// As an effect of a React component in strict mode.
let sent = 0;
const component = new Kitchen({ source, fetch: (url, init) => ((sent += Number(url.endsWith("/queue/join"))), fetch(url, init)) });
const mounted = new AbortController();
const first = component.jobs.stream({ n: 2 }, { signal: mounted.signal });
mounted.abort();
const strict = [await component.stream({ n: 2 }), first.status?.type, sent];
await component.close();
const results = {
  strict,
  greeting: await greet("Bob"),
  withoutFile: await (await (await kitchen.shout({ recipe: card })).blob()).text(),
  fromDisk: (await kitchen.shout({ recipe: local })).name,
  blobOnly: (await kitchen.img({ im: new Blob([white], { type }) })).verdict.label,
  foreignUrl: await failure(async () => (await kitchen.shout({ recipe: foreign(new URL((await kitchen.shout({ recipe: card })).url)) })).name),
  foreignError: await withFetch(() => Promise.reject(reason)),
  text: await withFetch(() => Promise.reject("offline" as unknown as Error)),
  thrown: await withFetch(() => {
    throw new Error("no network for hf_secretsecret");
  }),
  lineBreak: await failure(() => new Kitchen({ source, token: "hf_secret\nsecret" }).greet({ name: "Bob" })),
  trimmed: await new Kitchen({ source, token: "hf_secretsecret\n" }).greet({ name: "Bob" }),
  login: await failure(() => new Kitchen({ source: source.replace("://", "://us%C3%A9r:100%@") }).greet({ name: "Bob" })),
};
console.log(JSON.stringify(results));
await kitchen.close();
