// Cancels jobs of an endpoint that does one at a time, and prints how the others end.
import { SpaceClient, type Job } from "./clients/runtime/index.js";

declare const process: { readonly argv: readonly string[] };

const space = new SpaceClient(process.argv[2] ?? "", {}, {});
const endpoint = { name: "/last", parameters: [["x", "string"]], results: [["x", "string"]] } as const;
const start = (x: string, signal?: AbortSignal): Job<string> =>
  space.start(endpoint, { x }, { timeoutMs: 20_000, ...(signal && { signal }) });
const part = async (job: Job<string>, wanted: string): Promise<string> => {
  for await (const value of job) if (value === wanted) return value;
  return "it ended";
};

const running = start("running");
await part(running, "running 0");
const queued = start("queued");
for await (const event of queued.events()) if (event.type === "queued") break;
await queued.cancel();
const further = await part(running, "running 10");
await running.cancel();

const ends: string[] = [];
for (let at = 0; at < 5; at += 1) {
  const typing = new AbortController();
  start("typed", typing.signal).result().catch((error: unknown) => ends.push((error as Error).name));
  await new Promise((go) => setTimeout(go));
  typing.abort();
}
const last = start("last");
const typed = await part(last, "last 10");
await last.cancel();
console.log(JSON.stringify({ further, typed, ends }));
await space.close();
