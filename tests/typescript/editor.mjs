// Asks TypeScript's language service what an editor shows at the marks in a text.
import { readFileSync } from "node:fs";
import ts from "typescript-classic";

const [file, marks] = [process.argv[2], JSON.parse(process.argv[3])];
const text = readFileSync(file, "utf8");
const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: [] };
const host = {
  getScriptFileNames: () => [file],
  getScriptVersion: () => "1",
  getScriptSnapshot: (name) => (ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(name)) : undefined),
  getCurrentDirectory: () => process.cwd(),
  getCompilationSettings: () => options,
  getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
};
const service = ts.createLanguageService(host);
const words = (parts) => ts.displayPartsToString(parts ?? []);
const answers = marks.map((mark) => {
  const at = text.indexOf(mark) + mark.length;
  if (at < mark.length) throw new Error(`there is no ${mark}`);
  const completions = service.getCompletionsAtPosition(file, at, {})?.entries ?? [];
  const hover = service.getQuickInfoAtPosition(file, at - 1);
  return {
    names: completions.map((entry) => entry.name),
    details: Object.fromEntries(completions.slice(0, 40).map(({ name }) => {
      const found = service.getCompletionEntryDetails(file, at, name, {}, undefined, {}, undefined);
      const tags = (found?.tags ?? []).map((tag) => `@${tag.name} ${words(tag.text)}`);
      return [name, [words(found?.displayParts), words(found?.documentation), ...tags].join("\n")];
    })),
    hover: [words(hover?.displayParts), words(hover?.documentation), ...(hover?.tags ?? []).map((tag) => `@${tag.name} ${words(tag.text)}`)].join("\n"),
  };
});
console.log(JSON.stringify(answers));
