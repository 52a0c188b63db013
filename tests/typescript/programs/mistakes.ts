// Each line below a remark is one that the compiler must refuse.
import { Kitchen, type SuggestResult } from "./clients/kitchen/index.js";

const kitchen = new Kitchen();
// @ts-expect-error it is no choice
void kitchen.greet({ name: "x", style: "rude" });
// @ts-expect-error a name is required
void kitchen.greet({});
// @ts-expect-error undefined is not left out
void kitchen.greet({ name: "x", style: undefined });
// @ts-expect-error there is no such parameter
void kitchen.greet({ name: "x", nope: 1 });
// @ts-expect-error a path is no file
void kitchen.shout({ recipe: "/etc/passwd" });
// @ts-expect-error the result is a string
const length: number = await kitchen.greet({ name: "x" });
// @ts-expect-error there is no such endpoint
void kitchen.great({ name: "x" });
// @ts-expect-error the parts are strings
for await (const part of kitchen.jobs.stream({ n: 1 })) part.toFixed();
// @ts-expect-error results are read-only
(await kitchen.suggest()).vegetable = "leek";
// @ts-expect-error a job is not the result
const suggested: SuggestResult = kitchen.jobs.suggest();
void length;
void suggested;
