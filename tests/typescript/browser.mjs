// Opens a page in Chromium and evaluates expressions in it, which are given as JSON.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [script, executablePath, expressions] = process.argv.slice(2);
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? readFileSync(script) : '<!doctype html><meta charset="utf-8"><div id="root"></div><script type="module" src="/page.js"></script>');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const results = [];
  for (const expression of JSON.parse(expressions)) results.push(await page.evaluate(expression));
  console.log(JSON.stringify({ results, said }));
} finally {
  await browser.close();
  server.close();
}
