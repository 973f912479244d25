import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { builtEntry } from "../support/built.js";
import { example, KEYS, needsKeys, type Ran, ROOT, SECRET, workFolder, write, zkOk } from "./support.js";

/** Longest that a process may take to end by itself, milliseconds. */
const PATIENCE = 60_000;

/** Runs the real entry point in a process of its own. */
async function zkmargin(
  args: readonly string[],
  options: { stdin?: string; deaf?: boolean } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [builtEntry("zkmargin"), ...args], {
    cwd: ROOT,
    timeout: PATIENCE,
  });
  let out = "";
  let err = "";
  if (options.deaf) child.stdout.destroy();
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  child.stdin.end(options.stdin ?? "");
  const [code, signal] = await once(child, "close");
  assert.equal(signal, null, `${args.join(" ")} did not end by itself`);
  return { code, out, err };
}

describe("cli: process", () => {
  needsKeys();
  const work = workFolder();

  it("separates results from errors, and returns the exit code", async () => {
    const helped = await zkmargin(["--help"]);
    assert.deepEqual([helped.code, helped.err], [0, ""]);
    assert.match(helped.out, /^Usage: zkmargin/);
    const wrong = await zkmargin(["bogus"]);
    assert.deepEqual([wrong.code, wrong.out], [2, ""]);
    const missing = await zkmargin(["market", "show", work.at("none")]);
    assert.deepEqual([missing.code, missing.out], [3, ""]);
    assert.match(missing.err, /^zkmargin: .*none: expected a readable file, got no such file\n$/);
  });

  // shows: T20, T21
  it("reads a book from standard input, proves, leaves no temporary file and ends by itself", async () => {
    const market = work.at("market.json");
    const secret = write(work.at("secret"), SECRET);
    const bundle = work.at("proof.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--profile", "rate-perps", "--out", market]);
    const csv = "asset,spot,perp,entry price,entry funding\nUSDC,20000,,,\nBTC,0,1,46456.058,0\n";
    const imported = ["book", "import", "-", "--account", "a", "--sequence", "1", "--out", work.at("book")];
    assert.equal((await zkmargin(imported, { stdin: csv })).code, 0);
    const options = ["--market", market, "--secret", secret, "--out", bundle, "--home", KEYS, "--json"];
    const proven = await zkmargin(["prove", work.at("book"), ...options]);
    assert.deepEqual([proven.code, proven.err], [0, ""]);
    assert.equal(JSON.parse(proven.out).file, bundle);
    const refused = await zkmargin(["prove", work.at("book"), ...options, "--unhealthy"]);
    assert.deepEqual([refused.code, refused.out], [4, ""]);
    assert.equal(JSON.parse(refused.err).error.name, "NotProvableError");
    const verified = await zkmargin(["verify", bundle]);
    assert.deepEqual([verified.code, verified.err], [0, ""]);
    assert.deepEqual(readdirSync(work.path).sort(), ["book", "market.json", "proof.json", "secret"]);
  });

  it("takes a reader that closes early for no error", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    assert.deepEqual(await zkmargin(["market", "show", market], { deaf: true }), {
      code: 0,
      out: "",
      err: "",
    });
    const book = example("aave-borrower.json");
    const health = await zkmargin(["health", book, "--market", market, "--json"], { deaf: true });
    assert.deepEqual(health, { code: 0, out: "", err: "" });
  });
});
