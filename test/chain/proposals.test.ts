import assert from "node:assert/strict";
import { type ProposedStep } from "../../src/chain/proposal/file.js";
import { liveProfile, proposedSteps } from "../../src/chain/proposal/governance.js";
import { OutOfRangeError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { tightestOf } from "../../src/risk/propose/tightening.js";
import { assertFails } from "../support/failure.js";
import { DAY, GovernedChain } from "../support/governedChain.js";
import type { LocalChain } from "../support/localChain.js";
import { withParameter } from "../support/profiles.js";

describe("proposals, on anvil", () => {
  let desk: GovernedChain;
  let chain: LocalChain;
  before(async () => {
    desk = await GovernedChain.start();
    chain = desk.chain;
  });
  after(() => desk?.close());

  async function proposal(target: RiskProfile, expiresIn: bigint | null = null): Promise<ProposedStep[]> {
    const from = await desk.live();
    const { steps } = stepsTo(from, target, DEFAULT_LISTING, { maxStep: 250, bridge: false });
    return proposedSteps(steps, from, await desk.timing(expiresIn), desk.governance, chain.open.tier);
  }

  it("reads who governs, and what is live", async () => {
    assert.equal(desk.governance.governor, desk.governor.address);
    assert.equal(desk.governance.guardian, desk.guardian.address);
    assert.equal(desk.governance.delay, 172_800n);
    assert.equal(desk.governance.window, 7n * DAY);
    const { profile, epoch, expiresAt, time } = await liveProfile(chain.open);
    assert.deepEqual([epoch, expiresAt, time], [1n, 0n, await chain.now()]);
    assert.deepEqual(desk.words(profile), desk.words(chain.plan.profile));
  });

  it("lets the guardian tighten at once", async () => {
    const target = withParameter(chain.plan.profile, "perpMargin", 1, 400);
    const [step, ...rest] = await proposal(target);
    assert.deepEqual([step?.kind, rest.length], ["tighten", 0]);
    const [transaction] = step?.transactions ?? [];
    assert.ok(step && transaction);
    assert.equal(transaction.from, desk.guardian.address);
    await desk.refusedAs(chain.institution, transaction, "AccessManagedUnauthorized");
    await desk.send(desk.guardian, transaction);
    assert.deepEqual(await desk.held(), desk.words(step.profile));
    assert.deepEqual(desk.words(step.profile), desk.words(target));
  });

  it("has loosening wait for the governor's delay, step by step", async () => {
    const steps = await proposal(chain.plan.profile);
    assert.deepEqual(
      steps.map(({ kind, profile }) => [kind, profile.assets[1]?.perpMargin]),
      [
        ["set", 250],
        ["set", 100],
      ],
    );
    const all = steps.flatMap(({ transactions }) => transactions);
    assert.deepEqual(
      all.map(({ call }) => call),
      ["schedule", "execute", "schedule", "execute"],
    );
    const [schedule, execute, , later] = all;
    assert.ok(schedule && execute && later);
    assert.equal(later.notBefore, (execute.notBefore ?? 0n) + DAY);
    await desk.refusedAs(desk.governor, execute, "AccessManagerNotScheduled");
    await desk.refusedAs(desk.guardian, schedule, "AccessManagerUnauthorizedCall");
    for (const { call, ...transaction } of all)
      if (call === "schedule") await desk.send(desk.governor, transaction);
    await desk.refusedAs(desk.governor, execute, "AccessManagerNotReady");
    await desk.waitUntil((execute.notBefore ?? 0n) - 5n);
    await desk.refusedAs(desk.governor, execute, "AccessManagerNotReady");
    for (const [i, step] of steps.entries()) {
      const [, run] = step.transactions;
      await desk.waitUntil(run?.notBefore ?? 0n);
      await desk.send(desk.governor, run ?? execute);
      const got = await desk.held();
      assert.deepEqual(got, desk.words(step.profile), `step ${i}`);
    }
    assert.deepEqual(desk.words(await desk.live()), desk.words(chain.plan.profile));
  });

  it("falls back to the tighter of an expired profile and the safe one", async () => {
    const safe = await desk.live();
    const wider = { ...safe.scenarios[0]?.shocks, BTC: -2_400 } as Record<string, number>;
    const [first, ...others] = safe.scenarios;
    assert.ok(first);
    const target = {
      ...withParameter(withParameter(safe, "liquidity", 1, -20), "collateralFactor", 2, -100),
      scenarios: [{ ...first, shocks: wider }, ...others],
    };
    const steps = await proposal(target, 3n * DAY);
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ["tighten", "set"],
    );
    const [tighten, set] = steps;
    assert.ok(tighten && set?.fallback);
    for (const { call, notBefore, ...transaction } of steps.flatMap(({ transactions }) => transactions)) {
      if (call === "execute") await desk.waitUntil(notBefore ?? 0n);
      await desk.send(call === "tighten" ? desk.guardian : desk.governor, transaction);
    }
    const now = await liveProfile(chain.open);
    assert.deepEqual([desk.words(now.profile), now.expiresAt], [desk.words(target), set.expiresAt]);
    const { riskProfile } = chain.open.contracts;
    const expire = {
      to: desk.governance.riskProfile,
      data: riskProfile.interface.encodeFunctionData("expire"),
    };
    await assert.rejects(desk.send(chain.keeper, expire), { reason: "NotExpired" });
    await desk.waitUntil(set.expiresAt);
    assert.equal(await riskProfile.isLive(), false);
    await desk.send(chain.keeper, expire);
    const after = await liveProfile(chain.open);
    assert.deepEqual([desk.words(after.profile), after.expiresAt], [desk.words(set.fallback), 0n]);
    // The safe profile's liquidity and the target's collateral factor: each the tighter. The shocks stay the target's.
    assert.equal(after.profile.assets[1]?.liquidity, safe.assets[1]?.liquidity);
    assert.equal(after.profile.assets[2]?.collateralFactor, target.assets[2]?.collateralFactor);
    assert.equal(after.profile.scenarios[0]?.shocks.BTC, -2_400);
    assert.deepEqual(desk.words(set.fallback), desk.words(tightestOf(target, safe)));
  });

  it("refuses a step that would expire before the next", async () => {
    const tight = withParameter(chain.plan.profile, "perpMargin", 1, 400);
    const { steps } = stepsTo(tight, chain.plan.profile, DEFAULT_LISTING, { maxStep: 250, bridge: false });
    const at = await desk.timing(DAY);
    assertFails(
      () => proposedSteps(steps, tight, at, desk.governance, chain.open.tier),
      OutOfRangeError,
      "expires-in",
    );
    const plain = proposedSteps(steps, tight, await desk.timing(), null, chain.open.tier);
    assert.deepEqual(
      plain.map(({ transactions }) => transactions),
      steps.map(() => []),
    );
  });
});
