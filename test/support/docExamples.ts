import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/run.js";
import { EXIT } from "../../src/errors.js";
import { KEYS, ROOT, SECRET } from "../cli/support.js";

/**
 * Runs every `$ zkmargin …` of a page's ```console blocks, in order and in one new folder, and returns the page
 * with the true output below each. `$ echo $?` prints the last exit code; other commands keep what stands there.
 * The folder has `positions.csv` and the shared keys; the secret is always the same, times are `N ms`.
 */
export async function withTrueOutputs(page: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-docs-"));
  const cwd = process.cwd();
  mkdirSync(join(folder, "build"));
  symlinkSync(KEYS, join(folder, "build", "keys"));
  writeFileSync(join(folder, "positions.csv"), positions());
  process.chdir(folder);
  try {
    let last = 0;
    const parts: string[] = [];
    for (const part of page.split(/(?<=^```console\n)([\s\S]*?)(?=^```$)/m)) {
      if (!part.startsWith("$ ")) {
        parts.push(part);
        continue;
      }
      let block = "";
      for (const [, command = "", before = ""] of part.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
        block += `$ ${command}\n`;
        if (command === "echo $?") block += `${last}\n`;
        else if (command === "cat positions.csv") block += positions();
        else if (command.startsWith("zkmargin ")) {
          const [code, said] = await perform(command.split(" ").slice(1));
          last = code;
          block += said;
        } else block += before;
      }
      parts.push(block);
    }
    return parts.join("");
  } finally {
    process.chdir(cwd);
    rmSync(folder, { recursive: true, force: true });
  }
}

function positions(): string {
  return readFileSync(join(ROOT, "examples", "books", "cash-and-carry.csv"), "utf8");
}

async function perform(args: readonly string[]): Promise<[code: number, said: string]> {
  let said = "";
  const say = (text: string) => {
    said += text;
  };
  const code = await run(args, {
    out: say,
    err: say,
    stdin: async () => new Uint8Array(),
    interactive: false,
    invocation: "npx zkmargin",
  });
  assert.notEqual(code, EXIT.internal, said);
  if (args[1] === "secret") writeFileSync("desk.secret", SECRET);
  return [code, said.replace(/\d+(\.\d+)? ms/g, "N ms")];
}
