// Makes the calls that are named in its argument as JSON, one after the other, and prints what comes of each.
import { SpaceClient, SpaceError, SpaceFile, type Endpoint, type SpaceOptions } from "./clients/runtime/index.js";

declare const process: { readonly argv: readonly string[] };

interface Plan {
  readonly source: string;
  readonly options: SpaceOptions;
  readonly calls: readonly { readonly endpoint: Endpoint; readonly args: object; readonly timeoutMs?: number; readonly parts?: boolean }[];
}

async function shown(value: unknown): Promise<unknown> {
  if (value instanceof SpaceFile) return { file: value.name, text: await (await value.blob()).text() };
  if (Array.isArray(value)) return Promise.all(value.map(shown));
  return value === undefined ? "undefined" : value;
}

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
const outcomes: unknown[] = [];
let space: SpaceClient | undefined;
for (const { endpoint, args, timeoutMs, parts } of plan.calls) {
  try {
    space ??= new SpaceClient(plan.source, {}, plan.options);
    const job = space.start<unknown>(endpoint, args, timeoutMs === undefined ? {} : { timeoutMs });
    const found: unknown[] = [];
    if (parts) for await (const part of job) found.push(part);
    outcomes.push({ value: parts ? found : await shown(await job.result()) });
  } catch (error) {
    if (!(error instanceof SpaceError)) throw error;
    outcomes.push({ error: error.name, message: error.message, endpoint: error.endpoint });
  }
}
await space?.close();
console.log(JSON.stringify(outcomes));
