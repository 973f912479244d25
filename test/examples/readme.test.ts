import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { example, KEYS, needsKeys, ROOT, SECRET, workFolder, zkOk } from "../cli/support.js";

const TSX = import.meta.resolve("tsx");

/** The TypeScript under a heading of a page. */
function codeUnder(page: string, heading: string): string {
  const text = readFileSync(join(ROOT, page), "utf8");
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  const code = /```ts\n(.*?)```/s.exec(section)?.[1];
  assert.ok(code, `${page}: no code under ${heading}`);
  return code;
}

describe("the library's examples", () => {
  needsKeys();
  const work = workFolder();

  /** Runs a program in a folder, with `zkmargin` as the sources here. */
  async function run(name: string, code: string, cwd: string): Promise<string> {
    const file = work.at(`${name}.mts`);
    writeFileSync(file, code);
    const env = {
      ...process.env,
      TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json"),
      XDG_DATA_HOME: work.at("data"),
      HOME: work.path,
      LOCALAPPDATA: work.at("local"),
    };
    return (await promisify(execFile)(process.execPath, ["--import", TSX, file], { cwd, env })).stdout;
  }

  it("prove and verify a book, as README shows", async () => {
    copyFileSync(example("cash-and-carry.json"), work.at("desk.json"));
    writeFileSync(work.at("desk.secret"), SECRET);
    await zkOk(["market", "build", "--date", "2021-05-10", "--out", work.at("market.json")]);
    // Where keys are on Linux, macOS and Windows: see defaultHome.
    const home = ["data", "Library/Application Support", "local"].map((folder) =>
      work.at(`${folder}/zkmargin`),
    );
    for (const folder of [...home, work.at("local/zkmargin/Data")]) {
      mkdirSync(folder, { recursive: true });
      symlinkSync(KEYS, join(folder, "keys"));
    }
    const said = await run("readme", codeUnder("README.md", "Library"), work.path);
    assert.match(said, /health factor of the committed book is above 1\.0000 .* within 1\.00%/s);
  });

  it("measure a book's health, as docs/LIBRARY.md shows", async () => {
    const said = await run("health", codeUnder("docs/LIBRARY.md", "Health of a book"), ROOT);
    assert.match(said, /^\d+n (\d+|null)\n$/);
  });
});
