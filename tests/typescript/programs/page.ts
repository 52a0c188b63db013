// The same calls in a page.
import { run } from "./kitchen.js";
import { SpaceClient } from "./clients/runtime/index.js";

Object.assign(globalThis, {
  run,
  logIn: async (source: string, auth: readonly [string, string]): Promise<unknown> => {
    const space = new SpaceClient(source, {}, { auth });
    return space.run({ name: "/echo", parameters: [["x", "any"]], results: [["x", "any"]] }, { x: "hello" });
  },
});
