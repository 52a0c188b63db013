// Reads the files of generated clients by TypeScript's own parser, and prints what they may not hold.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript-classic";

const K = ts.SyntaxKind;
const statements = new Set([K.ImportDeclaration, K.ExportDeclaration, K.ClassDeclaration, K.InterfaceDeclaration, K.TypeAliasDeclaration, K.VariableStatement]);
const modules = new Set(["./client.js", "./types.js", "../runtime/index.js"]);
const calls = /^(this\.#space\.(run|start)\(endpoints\.[\w$\p{L}\p{N}]+, args, options\)|this\.#space\.close\(\)|new SpaceClient\(options\.source( \?\? "(?:[^"\\]|\\.)*")?, shapes, options\)|new \w+Jobs_*\(this\.#space\))$/u;
// What a table holds.
const data = new Set([K.ObjectLiteralExpression, K.ArrayLiteralExpression, K.PropertyAssignment, K.StringLiteral, K.NumericLiteral, K.PrefixUnaryExpression, K.TrueKeyword, K.FalseKeyword, K.NullKeyword, K.Identifier, K.ComputedPropertyName]);
const problems = [];
let files = 0;

function check(file) {
  files += 1;
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const refuse = (node, why) => problems.push(`${file}: ${why}: ${node.getText(source).slice(0, 120)}`);
  for (const error of source.parseDiagnostics) problems.push(`${file}: ${ts.flattenDiagnosticMessageText(error.messageText, " ")}`);
  if (source.pragmas.size || source.referencedFiles.length || source.typeReferenceDirectives.length) problems.push(`${file}: a directive`);
  if ((source.commentDirectives ?? []).length) problems.push(`${file}: a directive in a comment`);
  const table = (node) => {
    if (!data.has(node.kind)) refuse(node, "no data");
    if (node.kind === K.Identifier && !(ts.isPropertyAssignment(node.parent) && node.parent.name === node)) refuse(node, "a name in data");
    ts.forEachChild(node, table);
  };
  const visit = (node) => {
    const tags = ts.getJSDocTags(node).map((tag) => tag.tagName.text);
    if (tags.some((tag) => tag !== "returns" && tag !== "defaultValue")) refuse(node, `a tag ${tags}`);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      if (!calls.test(node.getText(source))) refuse(node, "a call");
      return;
    }
    if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTaggedTemplateExpression(node)) refuse(node, "a template");
    if (ts.isFunctionLike(node) && !ts.isMethodDeclaration(node) && !ts.isConstructorDeclaration(node) && !ts.isIndexSignatureDeclaration(node)) refuse(node, "a function");
    if (ts.isDecorator(node) || ts.isAwaitExpression(node) || ts.isImportTypeNode(node)) refuse(node, "an expression");
    if (ts.isVariableDeclaration(node)) {
      if (!["shapes", "endpoints"].includes(node.name.getText(source))) refuse(node, "a variable");
      let value = node.initializer;
      while (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) value = value.expression;
      table(value);
      return;
    }
    ts.forEachChild(node, visit);
  };
  for (const node of source.statements) {
    if (!statements.has(node.kind)) refuse(node, "a statement");
    const from = node.moduleSpecifier?.text;
    if (from !== undefined && !modules.has(from)) refuse(node, "a module");
    if (ts.isImportDeclaration(node) && !node.importClause) refuse(node, "an import for its effect");
    visit(node);
  }
}

function walk(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (basename(path) !== "runtime" && basename(path) !== "node_modules") walk(path);
    } else if (["client.ts", "index.ts", "types.ts"].includes(name)) check(path);
  }
}

walk(process.argv[2]);
console.log(JSON.stringify({ files, problems }));
