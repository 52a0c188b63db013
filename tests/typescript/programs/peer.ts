import { Client } from "@gradio/client";

const app = await Client.connect("http://127.0.0.1:7860");
console.log(await app.predict("/greet", { name: "Bob" }), await app.predict("/suggest"), await app.predict("/bake"));
