import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { encodeCall } from "../../src/chain/proposal/calls.js";
import { type ProposalTransaction } from "../../src/chain/proposal/file.js";
import { liveProfile } from "../../src/chain/proposal/governance.js";
import { calling } from "../../src/chain/transactions/revert.js";
import type { RevertedError } from "../../src/errors.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { checkProfile, type RiskProfile } from "../../src/protocol/profile.js";
import { isTightening, tooFar } from "../../src/risk/propose/tightening.js";
import { errorOf, workFolder, write, zk, zkJson, zkOk } from "../cli/support.js";
import { Random } from "../support/cases.js";
import { GovernedChain } from "../support/governedChain.js";
import type { LocalChain } from "../support/localChain.js";
import { withParameter } from "../support/profiles.js";

const SEED = 20_210_517;
const EXPIRY = 259_200;

describe("proposals from the command line, on anvil", () => {
  const work = workFolder();
  let desk: GovernedChain;
  let chain: LocalChain;
  before(async () => {
    desk = await GovernedChain.start();
    chain = desk.chain;
  });
  after(() => desk?.close());

  const where = () => [
    ...["--deployment", write(work.at("deployment.json"), serialiseDeployment(chain.open.deployment))],
    ...["--rpc", chain.anvil.url],
  ];
  const proposed = (target: RiskProfile, ...more: string[]) => {
    write(work.at("to.json"), serialiseProfile(target));
    const files = ["--to", work.at("to.json"), "--out", work.at("proposal.json")];
    const timing = ["--lead", "600", "--expires-in", `${EXPIRY}`];
    return zkJson(["risk", "propose", ...where(), ...files, ...timing, ...more]);
  };
  const review = () => ["risk", "review", work.at("proposal.json"), ...where()];
  const reviewed = async () => {
    const { steps, transactions, standing } = await zkJson(review());
    return {
      states: steps.map((step: { standing: { state: string } }) => step.standing.state),
      calls: transactions.map(({ call, step }: { call: string; step: number }) => `${call} ${step}`),
      missing: standing.missing as ProposalTransaction[],
    };
  };

  it("propose what the chain then is, and cancel what was scheduled before", async () => {
    const from = await desk.live();
    const looser = await proposed(withParameter(from, "liquidity", 3, -50));
    assert.deepEqual(
      [looser.epoch, looser.cancel.length],
      [String((await liveProfile(chain.open)).epoch), 0],
    );
    const [schedule, execute] = looser.steps[0].transactions;
    await desk.send(desk.governor, schedule);

    const tighter = await proposed(withParameter(from, "perpMargin", 3, 500));
    assert.deepEqual(
      tighter.cancel.map(({ call }: ProposalTransaction) => call),
      ["cancel"],
    );
    assert.deepEqual(await reviewed(), {
      states: ["open"],
      calls: ["cancel null", "tighten 1"],
      missing: [],
    });
    await desk.send(desk.guardian, tighter.cancel[0]);
    assert.deepEqual((await reviewed()).calls, ["tighten 1"]);
    await desk.send(desk.guardian, tighter.steps[0].transactions[0]);
    await desk.waitUntil(BigInt(execute.notBefore));
    await desk.refusedAs(desk.governor, execute, "AccessManagerNotScheduled");
    assert.deepEqual((await desk.held()).map(String), tighter.steps[0].words);
    assert.match(await zkOk(review()), /nothing left to sign/);
    assert.equal((await proposed(from)).cancel.length, 0);
  });

  it("are reviewed: each step in force, scheduled, open or impossible, as the chain goes on", async () => {
    const from = await desk.live();
    const target = withParameter(withParameter(from, "perpMargin", 1, 400), "liquidity", 2, -40);
    const safe = write(work.at("safe.json"), serialiseProfile(withParameter(from, "liquidity", 4, 300)));
    const { steps } = await proposed(target, "--max-step", "30", "--safe", safe);
    const [[tighten], [schedule, execute], [later]] = steps.map(
      (step: { transactions: ProposalTransaction[] }) => step.transactions,
    );
    assert.deepEqual(await reviewed(), {
      states: ["open", "open", "open"],
      calls: ["tighten 1", "schedule 2", "schedule 3", "execute 2", "execute 3"],
      missing: [],
    });
    await desk.send(desk.guardian, tighten);
    await desk.send(desk.governor, schedule);
    assert.deepEqual(await reviewed(), {
      states: ["in force", "scheduled", "open"],
      calls: ["schedule 3", "execute 2", "execute 3"],
      missing: [],
    });

    // Somebody schedules yet another profile.
    const words = desk.words(withParameter(from, "perpMargin", 1, -50));
    const data = encodeCall("setProfile", {
      profile: words,
      expiresAt: 0n,
      fallbackProfile: words.map(() => 0n),
    });
    const call = { target: desk.governance.riskProfile, data, when: BigInt(execute.notBefore) + 9_000n };
    await desk.send(desk.governor, { to: desk.governance.accessManager, data: encodeCall("schedule", call) });
    const { missing } = await reviewed();
    assert.equal(missing.length, 1);
    assert.match(await zkOk(review()), /NOT CANCELLED: 1 scheduled by others/);
    await desk.send(desk.guardian, missing[0] as ProposalTransaction);

    await desk.waitUntil(BigInt(execute.notBefore));
    assert.ok((await chain.now()) > BigInt(later.notAfter));
    assert.deepEqual((await reviewed()).states, ["in force", "scheduled", "impossible"]);
    await desk.send(desk.governor, execute);
    assert.deepEqual(await reviewed(), {
      states: ["done", "in force", "impossible"],
      calls: [],
      missing: [],
    });
    assert.match(await zkOk(review()), /impossible: it is too late to schedule it/);
    await desk.waitUntil(BigInt(steps[1].expiresAt));
    const { interface: abi } = chain.open.contracts.riskProfile;
    await desk.send(chain.keeper, {
      to: desk.governance.riskProfile,
      data: abi.encodeFunctionData("expire"),
    });
    assert.deepEqual((await reviewed()).states, ["done", "fallen back", "impossible"]);
  });

  it("are refused once another profile is live, and on another chain", async () => {
    const from = await desk.live();
    const proposal = await proposed(withParameter(from, "liquidity", 5, -30));
    const refused = async (name: string, field: string) => {
      const told = errorOf(await zk([...review(), "--json"]));
      assert.equal(told.name, name, told.message);
      assert.ok(told.message.startsWith(`${field}: `), told.message);
    };
    const tightened = desk.words(withParameter(from, "perpMargin", 2, 7));
    await desk.send(desk.guardian, {
      to: desk.governance.riskProfile,
      data: encodeCall("tighten", { profile: tightened }),
    });
    await refused("StatementMismatchError", "proposal.live");

    // Right after a tightening the next is written down for a day later, and is not to be signed before.
    const soon = await proposed(withParameter(await desk.live(), "perpMargin", 2, 9));
    const [tighten] = soon.steps[0].transactions;
    assert.ok(BigInt(tighten.notBefore) > (await chain.now()));
    assert.deepEqual((await reviewed()).calls, []);
    assert.match(await zkOk(review()), /impossible: the next tightening may follow in \d+ s/);
    await desk.refusedAs(desk.guardian, tighten, "TightenedTooSoon");
    await desk.waitUntil(BigInt(tighten.notBefore));
    assert.deepEqual((await reviewed()).calls, ["tighten 1"]);

    const { chain: where } = proposal;
    writeFileSync(
      work.at("proposal.json"),
      JSON.stringify({ ...proposal, chain: { ...where, chainId: "1" } }),
    );
    await refused("DeploymentMismatchError", "proposal.chain.chainId");
    const files = ["--to", work.at("to.json"), "--out", work.at("proposal.json")];
    await zkOk(["risk", "propose", "--live", "portfolio-margin", ...files]);
    await refused("StatementMismatchError", "proposal.chain");
  });

  // shows: P52
  it(`agrees with the contract on what is tighter (seed ${SEED})`, async () => {
    const from = await desk.live();
    // The last tightening is long ago.
    await chain.pass(86_400);
    const random = new Random(SEED);
    const fields = [
      ...["pnlFactor", "maxBorrowRate", "bookMaxAge", "collateralFactor"],
      ...["debtFactor", "perpMargin", "liquidity", "impact", "shock"],
    ];
    const { riskProfile } = chain.open.contracts;
    const seen = { tighter: 0, refused: 0, far: 0 };
    for (let run = 0; run < 80; run++) {
      let next = from;
      const toTighter = random.chance(0.5);
      for (let n = random.integer(1, 3); n > 0; n--) {
        const field = random.pick(toTighter ? fields.filter((name) => name !== "shock") : fields);
        const lower = ["pnlFactor", "bookMaxAge", "collateralFactor"].includes(field);
        const sign = toTighter ? (lower ? -1 : 1) : random.pick([1, -1]);
        const size = random.chance(0.7) ? random.integer(1, 9) : random.pick([999, 1_000, 1_001]);
        next = withParameter(next, field, random.integer(0, 15), sign * size);
      }
      try {
        checkProfile(next, DEFAULT_LISTING);
      } catch {
        continue;
      }
      const call = riskProfile.tighten.staticCall(desk.words(next), { from: desk.guardian.address });
      const refusal = await calling("tighten", () => call).then(
        () => null,
        (error: RevertedError) => error.reason,
      );
      const far = tooFar(from, next) !== null;
      // Of both the contract names what it comes to first.
      if (!isTightening(from, next))
        assert.ok(refusal === "Loosened" || (far && refusal === "TightenedTooFar"));
      else assert.equal(refusal, far ? "TightenedTooFar" : null);
      if (far) seen.far++;
      if (refusal === null) seen.tighter++;
      else seen.refused++;
    }
    assert.ok(seen.tighter >= 12 && seen.refused >= 12 && seen.far >= 5, JSON.stringify(seen));
  });
});
