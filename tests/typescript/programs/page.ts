// The same calls in a page.
import { run } from "./kitchen.js";
import { SpaceClient, type SpaceOptions } from "./clients/runtime/index.js";

Object.assign(globalThis, {
  run,
  call: async (source: string, options: SpaceOptions, name: string, ...values: readonly string[]): Promise<unknown> => {
    const parameters = values.map((_, at) => [`x${at}`, "string"] as const);
    const args = Object.fromEntries(values.map((value, at) => [`x${at}`, value]));
    return new SpaceClient(source, {}, options).run({ name, parameters, results: [["x", "any"]] }, args);
  },
});
