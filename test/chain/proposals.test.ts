import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { profileWords } from "../../src/chain/profileWords.js";
import {
  type Governance,
  governanceOf,
  liveProfile,
  type ProposalTransaction,
  type ProposedStep,
  proposedSteps,
} from "../../src/chain/proposals.js";
import { calling } from "../../src/chain/transactions/revert.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { ANVIL_KEYS, Anvil } from "../../src/cli/anvil/anvil.js";
import { OutOfRangeError, RevertedError } from "../../src/errors.js";
import { checkProfile, type RiskProfile } from "../../src/margin/profile.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { isTightening, tightestOf } from "../../src/risk/propose/diff.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { DEFAULT_LISTING } from "../../src/spec/listing.js";
import { zkJson } from "../cli/support.js";
import { Random } from "../support/cases.js";
import { assertFails } from "../support/failure.js";
import { LocalChain } from "../support/localChain.js";
import { withParameter } from "../support/profiles.js";

const GENESIS = "1621209600"; // 17 May 2021, 00:00 UTC
const SEED = 20_210_517;
const DAY = 86_400n;

describe("proposals, on anvil", () => {
  let chain: LocalChain;
  let governance: Governance;
  const governor = new Wallet(ANVIL_KEYS[4]);
  const guardian = new Wallet(ANVIL_KEYS[3]);
  before(async () => {
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17");
    governance = await governanceOf(chain.open);
  });
  after(() => chain?.close());

  const live = async () => (await liveProfile(chain.open)).profile;
  const words = (profile: RiskProfile) => profileWords(profile, chain.open.tier);
  const timing = async (expiresIn: bigint | null = null) => ({
    start: await chain.now(),
    lead: 600n,
    interval: DAY,
    expiresIn,
  });
  async function proposal(target: RiskProfile, expiresIn: bigint | null = null): Promise<ProposedStep[]> {
    const from = await live();
    const { steps } = stepsTo(from, target, DEFAULT_LISTING, { maxStep: 250, bridge: false });
    return proposedSteps(steps, from, await timing(expiresIn), governance, chain.open.tier);
  }
  let sent = 0;
  async function send(wallet: Wallet, { to, data }: Pick<ProposalTransaction, "to" | "data">): Promise<void> {
    const transactions = new Transactions(chain.connection, wallet, memoryJournal());
    await transactions.send({ key: `proposal ${sent++}`, to, data });
  }
  async function refusedAs(wallet: Wallet, transaction: ProposalTransaction, reason: string): Promise<void> {
    await assert.rejects(send(wallet, transaction), (error) => {
      assert.ok(error instanceof RevertedError, String(error));
      assert.equal(error.reason, reason);
      return true;
    });
  }
  async function waitUntil(time: bigint): Promise<void> {
    const now = await chain.now();
    if (time > now) await chain.pass(Number(time - now));
  }

  it("reads who governs, and what is live", async () => {
    assert.equal(governance.governor, governor.address);
    assert.equal(governance.guardian, guardian.address);
    assert.equal(governance.delay, 172_800n);
    assert.equal(governance.window, 7n * DAY);
    const { profile, epoch, expiresAt, time } = await liveProfile(chain.open);
    assert.deepEqual([epoch, expiresAt, time], [1n, 0n, await chain.now()]);
    assert.deepEqual(words(profile), words(chain.plan.profile));
  });

  it("lets the guardian tighten at once", async () => {
    const target = withParameter(chain.plan.profile, "perpMargin", 1, 400);
    const [step, ...rest] = await proposal(target);
    assert.deepEqual([step?.kind, rest.length], ["tighten", 0]);
    const [transaction] = step?.transactions ?? [];
    assert.ok(step && transaction);
    assert.equal(transaction.from, guardian.address);
    await refusedAs(chain.institution, transaction, "AccessManagedUnauthorized");
    await send(guardian, transaction);
    assert.deepEqual([...(await chain.open.contracts.riskProfile.profileWords())], words(step.profile));
    assert.deepEqual(words(step.profile), words(target));
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
    await refusedAs(governor, execute, "AccessManagerNotScheduled");
    await refusedAs(guardian, schedule, "AccessManagerUnauthorizedCall");
    for (const { call, ...transaction } of all) if (call === "schedule") await send(governor, transaction);
    await refusedAs(governor, execute, "AccessManagerNotReady");
    await waitUntil((execute.notBefore ?? 0n) - 5n);
    await refusedAs(governor, execute, "AccessManagerNotReady");
    for (const [i, step] of steps.entries()) {
      const [, run] = step.transactions;
      await waitUntil(run?.notBefore ?? 0n);
      await send(governor, run ?? execute);
      const got = [...(await chain.open.contracts.riskProfile.profileWords())];
      assert.deepEqual(got, words(step.profile), `step ${i}`);
    }
    assert.deepEqual(words(await live()), words(chain.plan.profile));
  });

  it("falls back to the tighter of an expired profile and the safe one", async () => {
    const safe = await live();
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
      if (call === "execute") await waitUntil(notBefore ?? 0n);
      await send(call === "tighten" ? guardian : governor, transaction);
    }
    const now = await liveProfile(chain.open);
    assert.deepEqual([words(now.profile), now.expiresAt], [words(target), set.expiresAt]);
    const { riskProfile } = chain.open.contracts;
    const expire = { to: governance.riskProfile, data: riskProfile.interface.encodeFunctionData("expire") };
    await assert.rejects(send(chain.keeper, expire), { reason: "NotExpired" });
    await waitUntil(set.expiresAt);
    assert.equal(await riskProfile.isLive(), false);
    await send(chain.keeper, expire);
    const after = await liveProfile(chain.open);
    assert.deepEqual([words(after.profile), after.expiresAt], [words(set.fallback), 0n]);
    // The safe profile's liquidity and the target's collateral factor: each the tighter. The shocks stay the target's.
    assert.equal(after.profile.assets[1]?.liquidity, safe.assets[1]?.liquidity);
    assert.equal(after.profile.assets[2]?.collateralFactor, target.assets[2]?.collateralFactor);
    assert.equal(after.profile.scenarios[0]?.shocks.BTC, -2_400);
    assert.deepEqual(words(set.fallback), words(tightestOf(target, safe)));
  });

  it("proposes from the command line what the chain then is, and cancels what was scheduled before", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zkmargin-propose-"));
    try {
      const at = (name: string) => join(folder, name);
      writeFileSync(at("deployment.json"), serialiseDeployment(chain.open.deployment));
      const from = await live();
      const to = async (target: RiskProfile) => {
        writeFileSync(at("to.json"), serialiseProfile(target));
        const where = ["--deployment", at("deployment.json"), "--rpc", chain.anvil.url];
        const files = ["--to", at("to.json"), "--out", at("proposal.json")];
        return zkJson(["risk", "propose", ...where, ...files, "--lead", "600", "--expires-in", "259200"]);
      };
      const looser = await to(withParameter(from, "liquidity", 3, -50));
      assert.deepEqual(
        [looser.epoch, looser.cancel.length],
        [String((await liveProfile(chain.open)).epoch), 0],
      );
      const [schedule, execute] = looser.steps[0].transactions;
      await send(governor, schedule);

      const tighter = await to(withParameter(from, "perpMargin", 3, 500));
      assert.deepEqual(
        tighter.cancel.map(({ call }: ProposalTransaction) => call),
        ["cancel"],
      );
      await send(guardian, tighter.cancel[0]);
      await send(guardian, tighter.steps[0].transactions[0]);
      await waitUntil(BigInt(execute.notBefore));
      await refusedAs(governor, execute, "AccessManagerNotScheduled");
      const words = [...(await chain.open.contracts.riskProfile.profileWords())].map(String);
      assert.deepEqual(words, tighter.steps[0].words);
      assert.equal((await to(from)).cancel.length, 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("refuses a step that would expire before the next", async () => {
    const tight = withParameter(chain.plan.profile, "perpMargin", 1, 400);
    const { steps } = stepsTo(tight, chain.plan.profile, DEFAULT_LISTING, { maxStep: 250, bridge: false });
    const at = await timing(DAY);
    assertFails(
      () => proposedSteps(steps, tight, at, governance, chain.open.tier),
      OutOfRangeError,
      "expires-in",
    );
    const plain = proposedSteps(steps, tight, await timing(), null, chain.open.tier);
    assert.ok(plain.every(({ transactions }) => transactions.length === 0));
  });

  it(`agrees with the contract on what is tighter (seed ${SEED})`, async () => {
    const from = await live();
    const random = new Random(SEED);
    const fields = [
      ...["pnlFactor", "shockCap", "maxBorrowRate", "bookMaxAge", "collateralFactor"],
      ...["debtFactor", "perpMargin", "liquidity", "impact", "shock"],
    ];
    const { riskProfile } = chain.open.contracts;
    const seen = { tighter: 0, refused: 0 };
    for (let run = 0; run < 60; run++) {
      let next = from;
      const toTighter = random.chance(0.5);
      for (let n = random.integer(1, 3); n > 0; n--) {
        const field = random.pick(toTighter ? fields.filter((name) => name !== "shock") : fields);
        const lower = ["pnlFactor", "bookMaxAge", "collateralFactor"].includes(field);
        const sign = toTighter ? (lower ? -1 : 1) : random.pick([1, -1]);
        next = withParameter(next, field, random.integer(0, 15), sign * random.integer(1, 9));
      }
      try {
        checkProfile(next, DEFAULT_LISTING);
      } catch {
        continue;
      }
      const call = riskProfile.tighten.staticCall(words(next), { from: guardian.address });
      const refusal = await calling("tighten", () => call).then(
        () => null,
        (error: RevertedError) => error.reason,
      );
      assert.equal(refusal, isTightening(from, next) ? null : "Loosened");
      if (refusal === null) seen.tighter++;
      else seen.refused++;
    }
    assert.ok(seen.tighter >= 12 && seen.refused >= 12, JSON.stringify(seen));
  });
});
