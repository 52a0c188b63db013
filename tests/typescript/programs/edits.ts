// Does the edits that are given as JSON: pairs of a value and its edits.
import { edited, messages } from "./clients/runtime/events.js";

declare const process: { readonly argv: readonly string[] };

const pairs = JSON.parse(process.argv[2] ?? "[]") as readonly (readonly [unknown, unknown])[];
const bytes = new TextEncoder().encode(': heartbeat\n\ndata: {"a":"é\u2028\u0085"}\r\n\r\ndata: {"b":\ndata: 1}\n\ndata: no\n\n');
const body = new ReadableStream<Uint8Array>({
  start(controller) {
    for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
    controller.close();
  },
});
const decoded: unknown[] = [];
for await (const message of messages(body, () => undefined)) decoded.push(message);
console.log(JSON.stringify({ edited: pairs.map(([value, edits]) => edited([value], [edits])[0]), decoded }));
