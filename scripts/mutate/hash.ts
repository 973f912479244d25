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
    return ts.createPrinter({ removeComments: true }).printFile(parsed);
  }
  return file.endsWith(".sol") ? solidityTokens(text).join("\n") : text;
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
