import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** SHA-256 of some files' names and code. Comments and formatting do not count: results of hours outlive them. */
export function hashOf(root: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(`${file}\n`).update(codeOf(file, readFileSync(join(root, file), "utf8")));
  return hash.digest("hex");
}

/** The code of a file of TypeScript or Solidity, whatever its comments and formatting; another file's text as it is. */
export function codeOf(file: string, text: string): string {
  if (file.endsWith(".ts")) {
    const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    // The formatter puts a comma at the end of a list that it breaks into lines.
    return typescriptTokens(parsed, parsed)
      .join("\n")
      .replace(/\n,(?=\n[)\]}])/g, "");
  }
  return file.endsWith(".sol") ? solidityTokens(text).join("\n") : text;
}

/** The texts of the leaves of a syntax tree. */
function typescriptTokens(node: ts.Node, source: ts.SourceFile): string[] {
  if (ts.isJSDoc(node)) return [];
  const children = node.getChildren(source);
  return children.length > 0
    ? children.flatMap((child) => typescriptTokens(child, source))
    : [node.getText(source)].filter((text) => text !== "");
}

const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`;
/** Operators stay whole (a ++ is not two of +), up to a comment; brackets and separators stand alone. */
const TOKEN = new RegExp(
  String.raw`${COMMENT}|${STRING}|[\w$]+|[()[\]{};,.]|(?:(?!\/[/*])[^\s\w$()[\]{};,."'])+|\S`,
  "g",
);

function solidityTokens(text: string): string[] {
  return (text.match(TOKEN) ?? []).filter((token) => !/^\/[/*]/.test(token));
}
