// Makes every kind of call of the demo app; the tests bundle it for Node and for a page.
import {
  AppError,
  JobCancelledError,
  Kitchen,
  SpaceFile,
  TimeoutError,
  ValidationError,
  type JobEvent,
} from "./clients/kitchen/index.js";

export const seen: string[] = [];

function check(what: string, found: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(found), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${what}: ${is} instead of ${wanted}`);
  seen.push(what);
}

async function thrown(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** A white picture: a PNG of 8 by 8 pixels. */
export const white = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR4nGP8//8/AzbAhFV00EoAAFbUAw037MyjAAAAAElFTkSuQmCC"),
  (one) => one.charCodeAt(0),
);

export async function run(source: string): Promise<readonly string[]> {
  const kitchen = new Kitchen({ source });
  check("defaults", await kitchen.greet({ name: "Bob" }), "Good evening, Bob!!!");
  check("choices", await kitchen.greet({ name: "Ann", style: "casual", intensity: 5 }), "Hi, Ann!!!!!");
  check("several results", await kitchen.suggest({ season: "autumn", avoid: ["pesto"] }), {
    vegetable: "pumpkin",
    sauces: ["tomato", "cream"],
  });
  const plan = await kitchen.plan({
    recipe: { title: "soup", ingredients: [{ name: "leek", grams: 100, optional: false }], tags: [] },
    servings: 3,
  });
  check("nested arguments", plan, [{ item: "leek", grams: 300 }]);

  const history = await kitchen.chat({ message: "Is there soup?" });
  const longer = await kitchen.chat({ message: "And bread?", history });
  check("a result as an argument", longer.length, 4);

  const card = new File(["salt to taste"], "card.txt", { type: "text/plain" });
  const shouted = await kitchen.shout({ recipe: card });
  check("a file's name", shouted.name, "card-shouted.txt");
  check("a file's content", await (await shouted.blob()).text(), "SALT TO TASTE");
  let size = 0;
  const reader = (await shouted.stream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) size += piece.value.length;
  check("a file as a stream", size, 13);
  const again = await kitchen.shout({ recipe: shouted });
  check("a file of the Space as an argument", await (await again.blob()).text(), "SALT TO TASTE");
  const fetched = await kitchen.shout({ recipe: new URL("data:text/plain,pepper") }).catch((error: unknown) => error);
  // gr.File of the demo takes .txt alone, and data has no name.
  check("a URL as an argument", fetched instanceof AppError || fetched instanceof SpaceFile, true);
  const toast = await kitchen.img({ im: white, strength: 0.9 });
  check("bytes as a picture", toast.verdict.label, "toasted");
  check("a picture as a result", toast.toastedImage instanceof SpaceFile, true);

  const job = kitchen.jobs.stream({ n: 4, delay: 0.02 });
  const parts: string[] = [];
  for await (const part of job) parts.push(part);
  check("partial results", parts, ["1", "1 2", "1 2 3", "1 2 3 4"]);
  check("the result of a job", await job.result(), "1 2 3 4");

  const baking = kitchen.jobs.bake({ dish: "rye bread", minutes: 6 });
  const events: JobEvent<string>[] = [];
  for await (const event of baking.events()) events.push(event);
  const progress = events.flatMap((event) => (event.type === "progress" ? event.units : []));
  check("progress", progress.length > 0 && progress.every((unit) => unit.length === 6), true);
  check("the last event", events.at(-1), { type: "completed", value: "rye bread, baked for 6 minutes" });
  check("the status", baking.status, { type: "completed", value: "rye bread, baked for 6 minutes" });

  const counts = [await kitchen.count({ order: "soup" }), await kitchen.count({ order: "salad" })];
  check("state", counts, [1, 2]);
  const many = await Promise.all(["a", "b", "c", "d", "e"].map((name) => kitchen.greet({ name, intensity: 0 })));
  check("side by side", many, ["a", "b", "c", "d", "e"].map((name) => `Good evening, ${name}`));

  const sold = await thrown(kitchen.fail({ dish: "soup" }));
  check("an error of the app", sold instanceof AppError && [sold.title, sold.reason], ["Sold out", "There is no more soup today."]);
  check("where it was", sold instanceof AppError && sold.endpoint.endsWith(": /fail"), true);
  const failing = kitchen.jobs.fail({ dish: "bread" });
  check("a failing job throws", (await thrown((async () => { for await (const _ of failing); })())) instanceof AppError, true);

  const loud = await thrown(kitchen.greet({ name: "Bob", intensity: 11 }));
  check("bounds", loud instanceof ValidationError && /intensity: expected at least 0 and at most 10, got 11/.test(loud.message), true);
  const wrong = await thrown(kitchen.greet({ name: "Bob", style: "rude" as "casual" }));
  check("a wrong choice", wrong instanceof ValidationError && /one of "formal", "casual"/.test(wrong.message), true);
  const unknown = await thrown(kitchen.greet({ nome: "Bob" } as unknown as { name: string }));
  check("required and unknown", unknown instanceof ValidationError && /unknown parameter "nome".*name: a value is required/.test(unknown.message), true);
  const path = await thrown(kitchen.shout({ recipe: "/etc/passwd" as unknown as File }));
  check("a bare path", path instanceof ValidationError && /localFile/.test(path.message), true);

  const endless = kitchen.jobs.stream({ n: 100, delay: 1 });
  for await (const _ of endless) break;
  await endless.cancel();
  check("a cancelled job", (await thrown(endless.result())) instanceof JobCancelledError, true);
  const retyped: JobCancelledError[] = [];
  let typing = new AbortController();
  for (const name of ["a", "an", "ann"]) {
    void kitchen.stream({ n: name.length, delay: 0.1 }, { signal: typing.signal }).catch((error: unknown) => {
      if (error instanceof JobCancelledError) retyped.push(error);
    });
    await new Promise((go) => setTimeout(go));
    typing.abort();
    typing = new AbortController();
  }
  check("a call after several that were aborted at once", await kitchen.stream({ n: 2 }, { timeoutMs: 20_000 }), "1 2");
  check("those that were aborted", retyped.length, 3);
  const controller = new AbortController();
  const aborted = thrown(kitchen.stream({ n: 100, delay: 1 }, { signal: controller.signal }));
  setTimeout(() => controller.abort(), 150);
  check("an aborted call", (await aborted) instanceof JobCancelledError, true);
  const early = await thrown(kitchen.greet({ name: "Bob" }, { signal: AbortSignal.abort() }));
  check("a call that is aborted before", early instanceof JobCancelledError, true);
  const late = await thrown(kitchen.stream({ n: 100, delay: 1 }, { timeoutMs: 200 }));
  check("a time limit", late instanceof TimeoutError, true);
  check("a call afterwards", await kitchen.count({ order: "tea" }), 3);
  await kitchen.close();
  check("a closed client", (await thrown(kitchen.count({ order: "tea" }))) instanceof Error, true);
  const other = new Kitchen({ source });
  check("another session", await other.count({ order: "tea" }), 1);
  return seen; // The other client stays open: the process ends all the same.
}
