// Does the edits that are given as JSON: pairs of a value and its edits.
import { EventDecoder, edited } from "./clients/runtime/events.js";

declare const process: { readonly argv: readonly string[] };

const pairs = JSON.parse(process.argv[2] ?? "[]") as readonly (readonly [unknown, unknown])[];
const bytes = new TextEncoder().encode(': heartbeat\n\ndata: {"a":"é\u2028\u0085"}\r\n\r\ndata: {"b":\ndata: 1}\n\ndata: no\n\n');
const decoder = new EventDecoder();
const decoded = [...bytes].flatMap((byte) => [...decoder.feed(Uint8Array.of(byte))]);
console.log(JSON.stringify({ edited: pairs.map(([value, edits]) => edited(value, edits)), decoded }));
