import assert from "node:assert/strict";
import { type Proposal, serialiseProposal } from "../../src/chain/proposal/file.js";
import { proposedSteps } from "../../src/chain/proposal/governance.js";
import { parseProposal } from "../../src/chain/proposal/parse.js";
import { profileToJson } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { Random } from "../support/cases.js";
import { randomProfile } from "../support/profiles.js";
import {
  GOVERNANCE,
  type Json,
  LIVE,
  plus,
  proposalOf,
  refuses,
  TARGET,
  TIER,
  WHEN,
} from "../support/proposalFiles.js";

const SEED = 20_200_312;
const STEP = "steps.1.transactions";
const AT = "steps[1].transactions";
const swapped = <T>([first, second, third]: [T, T, T]) => [first, third, second];

describe("proposal files", () => {
  it("are read as they were written", () => {
    for (const proposal of [proposalOf(), proposalOf(null), proposalOf(null, true)])
      assert.deepEqual(parseProposal(serialiseProposal(proposal)), proposal);
    const apart = { ...proposalOf(null), epoch: null, chain: null, cancel: [] };
    const steps = apart.steps.map((step) => ({ ...step, transactions: [] }));
    assert.deepEqual(parseProposal(serialiseProposal({ ...apart, steps })), { ...apart, steps });
    assert.throws(() => parseProposal(serialiseProposal({ ...apart, steps: proposalOf(null).steps })), {
      message: /^proposal\.steps\[0\]\.transactions: expected none/,
    });
  });

  // shows: P14
  it(`are read as they were written, whatever the profiles (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (let run = 0; run < 12; run++) {
      const [live, target] = [randomProfile(random, DEFAULT_LISTING), randomProfile(random, DEFAULT_LISTING)];
      const [maxStep, bridge] = [random.integer(1_000, 10_000), random.chance(0.5)];
      const { steps, shocks } = stepsTo(live, target, DEFAULT_LISTING, { maxStep, bridge });
      const expiresIn = random.chance(0.5) ? 90_000n : null;
      const timing = { start: WHEN, lead: 60n, interval: 86_400n, expiresIn };
      const proposal: Proposal = {
        ...{ ...proposalOf(), live, target, maxStep, bridge, shocks },
        steps: proposedSteps(steps, live, timing, GOVERNANCE, TIER),
      };
      assert.deepEqual(parseProposal(serialiseProposal(proposal)), proposal);
    }
  });

  // shows: A23
  it("are refused where the steps are others, or in another order", () => {
    refuses("steps", swapped, "steps[1].profile");
    refuses("steps", ([first, second, third]: Json[]) => [second, first, third], "steps[0].kind");
    refuses("steps", (steps: Json[]) => steps.slice(1), "steps");
    refuses("steps.1.profile.assets.2.liquidity", () => 25, "steps[1].profile");
    refuses("steps.1.profile.name", () => "harmless", "steps[1].profile");
    refuses("target", () => profileToJson({ ...TARGET, pnlFactor: 0 }), "steps[0].profile");
    refuses("live.assets.1.perpMargin", () => 99, "steps[0].changes[0]");
    refuses("shocks", () => "ramped", "shocks");
    refuses("maxStep", () => 40, "steps");
    refuses("steps.1.kind", () => "tighten", "steps[1].kind");
    refuses("steps.1.by", () => "guardian", "steps[1].by");
    refuses("steps.1.words.3", plus(1n), "steps[1].words[3]");
    refuses("steps.1.words", (words: string[]) => words.slice(1), "steps[1].words");
    refuses("steps.1.changes.0.after", plus(1n), "steps[1].changes[0]");
    refuses("steps.1.changes", (changes: Json[]) => [...changes, changes[0]], "steps[1].changes");
    refuses("steps.1.changes", () => [], "steps[1].changes[0]");
    refuses(STEP, (both: Json[]) => both.slice(1), AT);
    refuses(STEP, (both: Json[]) => both.toReversed(), AT);
  });

  it("are refused where the expiry or what it falls back to is another", () => {
    refuses("steps.1.expiresAt", plus(1n), `${AT}[0].data.data.expiresAt`);
    refuses("steps.1.expiresAt", () => "0", "steps[1].fallback");
    refuses("steps.1.fallback", () => null, "steps[1].fallback");
    refuses("steps.0.expiresAt", () => String(WHEN), "steps[0].expiresAt");
    refuses("steps.1.expiresAt", () => String(WHEN), "steps[1].expiresAt");
    refuses("steps.1.fallback.assets.1.perpMargin", () => 400, "steps[1].fallback");
    refuses("steps.1.fallback.assets.1.perpMargin", () => 600, `${AT}[0].data.data.fallbackProfile[3]`);
    refuses("steps.1.fallback.scenarios.0.shocks.BTC", () => -1, "steps[1].fallback");
  });

  it("are refused where a step is executed before another, or expires before the next", () => {
    const { steps, ...rest } = proposalOf();
    const [first, second, third] = steps;
    assert.ok(first && second && third);
    const again = (interval: bigint, expiresIn: bigint) =>
      proposedSteps([second, third], LIVE, { start: WHEN, lead: 0n, interval, expiresIn }, GOVERNANCE, TIER);
    const late = serialiseProposal({ ...rest, steps: [first, ...again(0n, 9n)] });
    assert.throws(
      () => parseProposal(late),
      /^StatementMismatchError: proposal\.steps\[2\]\.transactions\[1\]\.notBefore: /,
    );
    const [soon, last] = [again(60n, 61n)[0], again(90n, 91n)[1]];
    assert.ok(soon && last);
    const short = serialiseProposal({ ...rest, steps: [first, soon, last] });
    assert.throws(() => parseProposal(short), /^StatementMismatchError: proposal\.steps\[1\]\.expiresAt: /);
  });

  it("are refused where a field is not as the format has it", () => {
    for (const [path, value, field, name] of [
      ["format", "zkmargin/proposal@2", "format", "FormatError"],
      ["tier", "8x8", "tier", "FormatError"],
      ["listing.1.symbol", "USDC", "listing[1].symbol", "DuplicateAssetError"],
      ["epoch", "-1", "epoch", "OutOfRangeError"],
      ["epoch", 7, "epoch", "FormatError"],
      ["maxStep", 0, "maxStep", "OutOfRangeError"],
      ["bridge", "no", "bridge", "FormatError"],
      ["chain.guardian", "0x1234", "chain.guardian", "FormatError"],
      ["chain.window", String(2n ** 32n), "chain.window", "OutOfRangeError"],
      ["steps.0.words.0", "0x0", "steps[0].words[0]", "FormatError"],
      ["steps.0.words.0", 0, "steps[0].words[0]", "FormatError"],
      ["steps.1.expiresAt", String(2n ** 40n), "steps[1].expiresAt", "OutOfRangeError"],
      ["steps.0.profile.pnlFactor", 10_001, "steps[0].profile.pnlFactor", "OutOfRangeError"],
      ["steps.0.transactions.0.call", "multicall", "steps[0].transactions[0].call", "FormatError"],
      ["steps.0.transactions.0.data", undefined, "steps[0].transactions[0].data", "MissingFieldError"],
      ["steps.0.note", "trust me", "steps[0].note", "UnknownFieldError"],
      ["chain.admin", "0x", "chain.admin", "UnknownFieldError"],
    ] as const)
      refuses(path, () => value, field, name);
  });
});
