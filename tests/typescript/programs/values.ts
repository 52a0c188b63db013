// Prints what values that JSON has no word for become as an argument that takes any JSON.
import { checked } from "./clients/runtime/shapes.js";

const endpoint = { name: "/echo", parameters: [["x", "any"]], results: [] } as const;
const values = [
  new Date(0),
  { nested: [new Date(0), { toJSON: () => 5 }] },
  new Date(NaN),
  new Map([["a", 1]]),
  new Set([1]),
  new Float32Array([1, 2]),
  Object.assign(Object.create(null), { a: 1 }) as object,
];
const made = values.map((x) => {
  try {
    return checked(endpoint, {}, { x }, "", new Map())[0];
  } catch (error) {
    return (error as Error).message;
  }
});
console.log(JSON.stringify(made));
