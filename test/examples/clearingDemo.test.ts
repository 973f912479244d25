import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearingAudit } from "../../src/audit/contracts/clearing.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import { parseContractLog } from "../../src/chain/contractLog.js";
import { parseDisclosedBooks } from "../../src/clearing/account/disclosure.js";
import { parseClearing } from "../../src/clearing/account/manifest.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { KEYS, needsKeys, ROOT, workFolder, zkJson } from "../cli/support.js";
import { builtEntry } from "../support/built.js";

const CENT = 10n ** 16n;
const FILES = ["clearing.json", "deployment.json", "fund.ndjson", "house.ndjson", "members.cleared.json"];

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

interface Part {
  readonly step: string;
  readonly amount: string;
}
const sum = (parts: readonly { readonly amount: string }[]) =>
  parts.reduce((all, { amount }) => all + BigInt(amount), 0n);

/** Liquidators that a run of the demo has started and that live. */
function liquidatorsOf(folder: string): number {
  const lines = execFileSync("ps", ["-eo", "args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes("liquidator.js") && line.includes(folder)).length;
}

describe("the demo of the clearing house", function () {
  this.timeout(1_200_000);
  needsKeys();
  const work = workFolder();

  it("plays two defaults, a loss beyond the fund and its tear-up, and an auditor finds nothing", async () => {
    const out = work.at("clearing");
    const demo = spawn(
      process.execPath,
      [builtEntry("demo"), "clearing", "--home", KEYS, "--out", out, "--json"],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
    );
    const [text, errors, [code]] = await Promise.all([
      textOf(demo.stdout),
      textOf(demo.stderr),
      once(demo, "close"),
    ]);
    assert.deepEqual([code, errors], [0, ""]);
    const { ceremony, trading, fallen, defaults, beyond, audited } = JSON.parse(text);

    assert.deepEqual([ceremony.members, ceremony.threshold], [5, 3]);
    // The hidden books: what is bought is sold.
    const held = new Map<string, number>();
    for (const { lines } of trading.stands)
      for (const { symbol, coins } of lines) held.set(symbol, (held.get(symbol) ?? 0) + coins);
    assert.deepEqual([...held.values()], [0, 0, 0]);
    const { cover } = trading;
    assert.ok(BigInt(cover.held) >= BigInt(cover.required));
    assert.equal(BigInt(cover.required), BigInt(cover.first) + BigInt(cover.second));

    assert.deepEqual(
      fallen.silent.map(({ name, status }: { name: string; status: string }) => `${name} ${status}`),
      ["elm liquidatable", "fir liquidatable"],
    );

    // Three liquidators of five open a book, in parts it is sold, and every step of the waterfall pays what it must.
    const { opened, sold, paid } = defaults.elm;
    assert.equal(opened.by.length, 3);
    assert.equal(
      sold.reduce((all: number, { parts }: { parts: number }) => all + parts, 0),
      100,
    );
    const cash = sold.reduce((all: bigint, one: { cash: string }) => all + BigInt(one.cash), 0n);
    assert.ok(cash > 0n);
    const { parts, deficit } = paid.loss;
    assert.deepEqual([sum(parts), BigInt(paid.left)], [BigInt(deficit), 0n]);
    const steps = parts.map(({ step }: Part) => step);
    assert.deepEqual([...new Set(steps)], ["defaulter", "capital", "members"]);
    assert.equal((BigInt(cover.held) - BigInt(paid.cover.held)) * CENT >= BigInt(deficit), true);

    // A loss that takes all of the fund. What is missing is torn up, and comes to what the fund could not pay.
    const { absorbed, ended, torn } = beyond;
    assert.deepEqual(absorbed.loss.parts.map(({ step }: Part) => step).slice(0, 1), ["defaulter"]);
    assert.ok(sum(absorbed.loss.parts) < BigInt(absorbed.loss.deficit));
    assert.equal(BigInt(ended.cover.required), 0n);
    assert.deepEqual(
      torn.map(({ symbol }: { symbol: string }) => symbol),
      ["DOT"],
    );
    const [{ market, price, lost }] = torn;
    assert.ok(BigInt(price) > BigInt(market));
    assert.ok(sum(lost) < 0n);
    for (const { lines } of beyond.stands)
      assert.ok(lines.every(({ symbol }: { symbol: string }) => symbol !== "DOT"));

    assert.deepEqual([audited.house.findings.total, audited.fund.findings.total], [0, 0]);
    // Of every transition, and of two reveals.
    const { proofs, changes, defaults: inDefault, tearUps } = audited.house.coverage;
    assert.deepEqual([proofs, inDefault, tearUps], [changes + 2, 2, 1]);

    // The files say the same to everybody.
    assert.deepEqual(readdirSync(out).sort(), FILES);
    const read = (name: string) => readFileSync(join(out, name), "utf8");
    assert.equal(parseClearing(read("clearing.json")).stress, "stress");
    const [{ key }, { key: reveal }, { key: margin }] = [
      await pinnedVerificationKey("transition-16"),
      await pinnedVerificationKey("reveal-16"),
      await pinnedVerificationKey("16x16"),
    ];
    const disclosed = parseDisclosedBooks(read("members.cleared.json"));
    const log = parseContractLog(read("house.ndjson"), "clearing");
    assert.equal(replayContracts(log, clearingAudit({ key, margin, reveal, disclosed })).findings.total, 0);
    const fund = await zkJson(["clearing", "fund", "--log", join(out, "fund.ndjson")]);
    assert.equal(fund.findings.total, 0);
  });

  it("ends its liquidators on SIGTERM, and leaves nothing behind", async () => {
    const temporary = work.at("temporary");
    mkdirSync(temporary);
    const demo = spawn(
      process.execPath,
      [builtEntry("demo"), "clearing", "--home", KEYS, "--out", work.at("ended")],
      { cwd: ROOT, stdio: "ignore", env: { ...process.env, TMPDIR: temporary } },
    );
    for (let tries = 0; liquidatorsOf(temporary) < 5; tries++) {
      assert.ok(tries < 600 && demo.exitCode === null);
      await sleep(200);
    }
    demo.kill("SIGTERM");
    const [code] = await once(demo, "close");
    for (let tries = 0; liquidatorsOf(temporary) > 0 && tries < 50; tries++) await sleep(100);
    assert.deepEqual([code, liquidatorsOf(temporary), readdirSync(temporary)], [143, 0, []]);
  });
});
