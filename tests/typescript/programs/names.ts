// Prints the name that a file gets whose URL has escapes in it.
import { Kitchen } from "./clients/kitchen/index.js";

declare const process: { readonly argv: readonly string[] };

const kitchen = new Kitchen({ source: process.argv[2] ?? "" });
const spaced = await kitchen.shout({ recipe: new File(["salt"], "a card.txt") });
const named = await kitchen.shout({ recipe: new URL(spaced.url) });
console.log(named.name);
await kitchen.close();
