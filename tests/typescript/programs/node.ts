import { run } from "./kitchen.js";

declare const process: { readonly argv: readonly string[]; exitCode: number };

run(process.argv[2] ?? "").then(
  (seen) => console.log(JSON.stringify(seen)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
