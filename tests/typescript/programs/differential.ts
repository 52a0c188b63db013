// Calls every endpoint of the demo app through @gradio/client and through the generated client.
import { Client } from "@gradio/client";
import { Kitchen, SpaceFile } from "./clients/kitchen/index.js";
import { white } from "./kitchen.js";

declare const process: { readonly argv: readonly string[]; exit(code: number): never };

const source = process.argv[2] ?? "";
const peer = await Client.connect(source, { events: ["data", "status"], record_history: false });
const kitchen = new Kitchen({ source });
const card = new File(["salt to taste"], "card.txt", { type: "text/plain" });
const recipe = { title: "soup", ingredients: [{ name: "leek", grams: 100, optional: false }], tags: [] };
const turn = { role: "user", content: [{ type: "text" as const, text: "Is there soup?" }] };

async function content(value: unknown): Promise<unknown> {
  const url = value instanceof SpaceFile ? value.url : (value as { url?: string } | null)?.url;
  return url ? new TextDecoder("latin1").decode(await (await fetch(url)).arrayBuffer()) : value;
}

const calls: readonly (readonly [string, object, () => Promise<unknown>])[] = [
  ["greet", { name: "Bob" }, () => kitchen.greet({ name: "Bob" })],
  ["greet", { name: "Ann", style: "casual", intensity: 0 }, () => kitchen.greet({ name: "Ann", style: "casual", intensity: 0 })],
  ["img", { im: new Blob([white]), strength: 0.5 }, () => kitchen.img({ im: white, strength: 0.5 })],
  ["stream", { n: 4, delay: 0 }, () => kitchen.stream({ n: 4, delay: 0 })],
  ["bake", { dish: "bread", minutes: 2 }, () => kitchen.bake({ minutes: 2 })],
  ["count", { order: "soup" }, () => kitchen.count({ order: "soup" })],
  ["count", { order: "salad" }, () => kitchen.count({ order: "salad" })],
  ["shout", { recipe: card }, () => kitchen.shout({ recipe: card })],
  ["suggest", { season: "winter", avoid: ["cream"] }, () => kitchen.suggest({ season: "winter", avoid: ["cream"] })],
  ["chat", { message: "And bread?", history: [turn] }, () => kitchen.chat({ message: "And bread?", history: [turn] })],
  ["plan", { recipe, servings: 3, diet: "vegan", notes: ["salt"] }, () => kitchen.plan({ recipe, servings: 3, diet: "vegan", notes: ["salt"] })],
  ["fail", { dish: "soup" }, () => kitchen.fail({ dish: "soup" })],
];

const outcomes: unknown[] = [];
for (const [name, args, ours] of calls) {
  const theirs = await peer.predict(`/${name}`, args).then(
    // Under NodeNext its types are lost.
    async ({ data }: { data: unknown }) => Promise.all((data as unknown[]).map(content)),
    (error: unknown) => ({ title: (error as { title?: string }).title, reason: (error as Error).message }),
  );
  const own = await ours().then(
    async (value) => {
      const several = name === "img" || name === "suggest";
      return Promise.all((several ? Object.values(value as object) : [value]).map(content));
    },
    (error: unknown) => ({ title: (error as { title?: string }).title, reason: (error as { reason?: string }).reason }),
  );
  outcomes.push({ name, theirs, ours: own });
}
console.log(JSON.stringify(outcomes));
process.exit(0); // @gradio/client keeps a process with session state from ending.
