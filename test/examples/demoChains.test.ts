import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { needsKeys, workFolder, zkJson } from "../cli/support.js";
import { anvilsOf, isGone, start, textOf } from "../support/demoRuns.js";

/** Longest that the story may take on an idle machine, milliseconds; a busy one gets five times as long. */
const LIMIT = 60_000;
const UNIT = 10n ** 18n;

describe("the demo of two chains", () => {
  needsKeys();
  const work = workFolder();

  it("lends against a lock on another chain, and lets it go only after the debt is repaid", async () => {
    const out = work.at("chains");
    const begun = performance.now();
    const demo = start("chains", "--out", out, "--json");
    const said = Promise.all([textOf(demo.stdout), textOf(demo.stderr), once(demo, "close")]);
    const anvils = await anvilsOf(demo, 2);
    const [text, errors, [code]] = await said;
    assert.deepEqual([code, errors], [0, ""]);
    assert.ok(performance.now() - begun < 5 * LIMIT);
    for (const anvil of anvils) assert.ok(await isGone(anvil));
    const { locked, borrowed, attempted, released, audited } = JSON.parse(text);

    const events = (told: { relayed: { event: string }[] }) => told.relayed.map(({ event }) => event);
    assert.deepEqual(events(locked), ["waits", "accepted", "waits", "proven", "credited"]);
    assert.deepEqual([locked.again.left, locked.again.refusal.error], [0, "LockUsed"]);
    assert.equal(locked.credited, `${100n * UNIT}`);
    assert.equal(borrowed.status, "healthy");
    assert.match(attempted.prover, /^not healthy: HF 0\.\d{4}, needs more than 1\.2500$/);
    assert.deepEqual(
      attempted.refusals.map(({ error }: { error: string }) => error),
      ["StillPledged", "MessageNotVerified", "BookTooEarly", "NotHealthy"],
    );
    assert.deepEqual(events(released), ["accepted", "waits", "proven", "paid"]);
    assert.deepEqual([released.before, released.after], ["0", `${90n * UNIT}`]);
    assert.deepEqual([released.leftAtHome, released.leftAtLock], Array(2).fill(`${10n * UNIT}`));
    assert.deepEqual([audited.claims.findings, audited.lock.findings], [0, 0]);

    assert.deepEqual(readdirSync(out).sort(), [
      "bridge-loan.proof.json",
      "deployment.json",
      "eth.ndjson",
      "event-log.ndjson",
      "lock.ndjson",
      "remote.json",
    ]);
    const logs = ["--log", join(out, "eth.ndjson"), "--lock-log", join(out, "lock.ndjson")];
    const claims = await zkJson(["remote", "audit", ...logs]);
    assert.deepEqual([claims.findings.total, claims.coverage.locks, claims.coverage.releases], [0, 1, 1]);
    assert.deepEqual([claims.lock.findings.total, claims.lock.coverage.payouts], [0, 1]);
    const replayed = await zkJson(["audit", "replay", "--log", join(out, "event-log.ndjson")]);
    assert.equal(replayed.findings.total, 0);
    assert.equal((await zkJson(["verify", join(out, "bridge-loan.proof.json")])).valid, true);
  });
});
