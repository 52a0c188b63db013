// Reads a file beside it.
import { localFile } from "./clients/kitchen/index.js";

const card = await localFile(new URL("a%20card.txt", import.meta.url), { type: "image/png" });
console.log(card.name, card.type, await card.text());
