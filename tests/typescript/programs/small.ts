import { Small } from "./clients/small/index.js";

const small = new Small({ source: "http://127.0.0.1:7860" });
console.log(await small.greet({ name: "Bob" }), await small.suggest(), await small.bake());
