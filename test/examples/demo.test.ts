import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDeployment } from "../../src/chain/deployment.js";
import { parseDecimal } from "../../src/encoding/decimal.js";
import { USD_DECIMALS } from "../../src/protocol/bounds.js";
import { KEYS, needsKeys, ROOT, workFolder, write, zkJson } from "../cli/support.js";
import { builtEntry } from "../support/built.js";
import { anvilsOf, isGone, start, textOf } from "../support/demoRuns.js";

const ACCOUNTS = ["btc-loan", "cash-and-carry", "ether-loan", "leveraged-long", "options-desk", "sol-perp"];

/** Numbers that JSON writes as text. */
const big = (text: string): bigint => BigInt(text);

describe("the demo", () => {
  needsKeys();
  const work = workFolder();

  it("tells of a missing anvil before it makes keys", async () => {
    const platform = write(
      work.at("platform.cjs"),
      'Object.defineProperty(process, "arch", { value: "riscv64" });\n',
    );
    const home = work.at("no-keys");
    const demo = spawn(process.execPath, ["--require", platform, builtEntry("demo"), "--home", home], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err] = await Promise.all([textOf(demo.stdout), textOf(demo.stderr), once(demo, "close")]);
    assert.match(err, /^zkmargin-demo: expected anvil .*run `npm install /);
    assert.deepEqual([out, existsSync(home)], ["", false]);
  });

  it("plays the whole story, and leaves proofs and no process behind", async () => {
    const out = work.at("demo");
    const demo = start("--out", out, "--json");
    const said = Promise.all([textOf(demo.stdout), textOf(demo.stderr), once(demo, "close")]);
    const [anvil = 0] = await anvilsOf(demo, 1);
    const [text, errors, [code]] = await said;
    assert.deepEqual([code, errors], [0, ""]);
    assert.ok(await isGone(anvil));
    const story = JSON.parse(text);

    // Real closes, a round each.
    const closes = readFileSync(join(ROOT, "examples", "prices", "daily-close.csv"), "utf8").split("\n");
    assert.equal(story.rounds.length, 21);
    for (const { date, bitcoin } of story.rounds) {
      const row = closes.find((line) => line.startsWith(date))?.split(",");
      assert.equal(big(bitcoin), parseDecimal(row?.[2] ?? "", USD_DECIMALS, date));
    }
    assert.ok(story.rounds.slice(1).every(({ moved }: { moved: string }) => big(moved) > 0n));

    const { accounts, batch } = story.opening;
    assert.equal(batch.proofs, accounts.length);
    assert.deepEqual(
      new Set(accounts.map(({ kind }: { kind: string }) => kind)),
      new Set(["cross", "isolated"]),
    );
    assert.deepEqual(
      new Set(accounts.map(({ threshold }: { threshold: number }) => threshold)),
      new Set([1, 2]),
    );

    const [loan, withdrawal, refusal] = story.releases;
    const refusals = (release: { refusals: { error: string }[] }) =>
      release.refusals.map(({ error }) => error);
    assert.deepEqual([loan.released, refusals(loan)], [true, []]);
    assert.deepEqual([withdrawal.released, refusals(withdrawal)], [true, ["BookTooEarly"]]);
    assert.deepEqual([refusal.released, refusals(refusal)], [false, ["NotHealthy", "MarginTooLow"]]);
    assert.match(refusal.prover, /^not healthy: HF 1\.\d{4}, needs more than 1\.2500$/);

    type Moment = { statuses: Record<string, string> };
    const lapsed = story.days.flatMap((day: { lapsed: Moment }) => Object.values(day.lapsed.statuses));
    assert.deepEqual(new Set(lapsed), new Set(["grace", "healthy"]));
    for (const { then } of story.days as { then: Moment }[])
      assert.ok(Object.values(then.statuses).every((status) => status === "healthy"));

    const { fall } = story;
    assert.ok(Object.values(fall.close.lapsed.statuses).every((status) => status === "grace"));
    const unprovable = fall.close.kept.unprovable.map(({ part }: { part: string }) => part);
    assert.deepEqual(unprovable, ["sol", "ether", "bitcoin", "long"]);
    assert.match(fall.undecided.refused, /^not unhealthy: /);
    assert.equal(fall.call.status, "marginCall");
    assert.equal(fall.breach.status, "liquidatable");
    const { carry, sol, ether, bitcoin, long, options } = fall.default.statuses;
    assert.deepEqual([carry, sol, ether, bitcoin, options], Array(5).fill("healthy"));
    assert.equal(long, "liquidatable");

    // Options: hedges count, free equity is proven, and the band is used up and priced again, twice.
    const { strategies, free, holds } = story.desk;
    assert.equal(strategies.length, 4);
    for (const { naked, hedged } of strategies) assert.ok(big(hedged) > 0n && big(hedged) < big(naked));
    assert.ok(big(free) > 0n && holds);
    for (const { moved, allowance } of [fall.bands.close, fall.bands.settled])
      assert.ok(big(moved) > big(allowance));
    assert.equal(fall.lapsed.statuses.options, "grace");
    assert.equal(fall.marked.statuses.options, "healthy");

    const l = Object.fromEntries(
      Object.entries(fall.liquidation)
        .filter(([, value]) => typeof value === "string")
        .map(([name, value]) => [name, big(value as string)]),
    ) as Record<string, bigint>;
    const [repaid = 0n, incentive = 0n, insured = 0n] = [l["repaid"], l["incentive"], l["insured"]];
    assert.equal(l["paid"], repaid + incentive + insured);
    // Short of what is due by less than one unit of what is sold costs.
    const short = (l["due"] ?? 0n) - (l["paid"] ?? 0n);
    assert.ok(short >= 0n && short * (l["sold"] ?? 0n) < (l["paid"] ?? 0n), `short by ${short}`);
    assert.equal(l["offered"], (l["sold"] ?? 0n) + (l["returned"] ?? 0n));
    assert.equal(l["debtAfter"], (l["debtBefore"] ?? 0n) - repaid);
    assert.deepEqual(fall.liquidation.claimed, { creditor: String(repaid), keeper: String(incentive) });
    for (const amount of [repaid, incentive, insured, l["returned"] ?? 0n]) assert.ok(amount > 0n);

    const proofs = readdirSync(out).filter((name) => /^[a-z-]+\.proof\.json$/.test(name));
    assert.deepEqual(proofs.sort(), ACCOUNTS.map((name) => `${name}.proof.json`).sort());
    const ill = ["btc-loan.unhealthy.proof.json", "ether-loan.unhealthy.proof.json"];
    assert.deepEqual(
      readdirSync(out).sort(),
      [...proofs, ...ill, "deployment.json", "event-log.ndjson"].sort(),
    );
    for (const name of [...proofs, ...ill]) {
      const verified = await zkJson(["verify", join(out, name)]);
      assert.deepEqual([verified.valid, verified.claim.healthy], [true, !ill.includes(name)]);
    }
    const deployment = parseDeployment(readFileSync(join(out, "deployment.json"), "utf8"));
    assert.equal(deployment.chainId, 31_337n);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    it(`ends anvil and writes nothing on ${signal}`, async () => {
      const out = work.at("demo");
      const demo = start("--out", out);
      const said = textOf(demo.stdout);
      const [anvil = 0] = await anvilsOf(demo, 1);
      await sleep(500);
      demo.kill(signal);
      const [ended] = await once(demo, "close");
      assert.equal(ended, code, await said);
      assert.ok(await isGone(anvil));
      assert.ok(!existsSync(out));
    });
});
