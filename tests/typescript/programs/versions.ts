// Calls the app of the tests of Gradio's versions.
import { App, AppError, SpaceError, type JobEvent } from "./clients/app/index.js";

declare const process: { readonly argv: readonly string[] };

const app = new App({ source: process.argv[2] ?? "" });
const text = (content: string, name: string): File => new File([content], name, { type: "text/plain" });
const gather = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const failure = async (work: Promise<unknown>): Promise<string[]> => {
  try {
    await work;
    return [];
  } catch (error) {
    return error instanceof AppError ? [error.name, error.reason] : error instanceof SpaceError ? [error.name] : [String(error)];
  }
};

const shouted = await app.shout({ file: text("salt", "a card.txt") });
const two = await app.two({ text: "up", number: 3 });
const reported: JobEvent<string>[] = await gather(app.jobs.report({ steps: 4 }).events());
const logged = await gather(app.jobs.log({ text: "x" }).events());
const split = await app.split({ text: "a b" });
const first = await app.chat({ message: "Hello", history: [] });
const endless = app.jobs.endless();
for await (const _ of endless) break;
await endless.cancel();

console.log(
  JSON.stringify({
    echo: await app.echo({ text: "ha", times: 2 }),
    choose: await app.choose({ choice: "red", several: ["a", "c"], level: 7, flag: false }),
    shout: [await (await shouted.blob()).text(), shouted.name.includes("shout") || shouted.name.endsWith(".txt")],
    joined: await app.joinFiles({ files: [text("1", "one.txt"), text("2", "two.txt")] }),
    split: await Promise.all(split.map(async (file) => (await file.blob()).text())),
    two: Object.values(two),
    tokens: await gather(app.jobs.tokens({ count: 3 })),
    seen: (await gather(app.jobs.atokens({ count: 3 }))).map((part) => part.number),
    progress: reported.some((event) => event.type === "progress"),
    logs: logged.flatMap((event) => (event.type === "log" ? [event.message] : [])),
    count: [await app.count({ add: 2 }), await app.count({ add: 3 } as never)],
    refuse: await failure(app.refuse({ text: "x" })),
    crash: await failure(app.crash({ text: "x" })),
    update: await app.update({ text: "x" }),
    chat: (await app.chat({ message: "More", history: first })).length,
    breaks: await app.lineBreaks(),
    unqueued: await app.unqueued({ text: "x", times: 2 }),
    dash: await app.withDash({ number: 4 }),
    slash: await app.withSlash({ number: 8 }),
    cancelled: (await failure(endless.result()))[0],
    after: await app.echo({ text: "again", times: 1 }),
  }),
);
await app.close();
