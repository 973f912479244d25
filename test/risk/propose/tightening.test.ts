import assert from "node:assert/strict";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { checkProfile, type RiskProfile } from "../../../src/protocol/profile.js";
import { PORTFOLIO_MARGIN } from "../../../src/risk/portfolioMargin.js";
import { stepsTo } from "../../../src/risk/propose/steps.js";
import {
  compareProfiles,
  furthest,
  isTightening,
  oneTightening,
  tightestOf,
  tooFar,
} from "../../../src/risk/propose/tightening.js";
import { Random } from "../../support/cases.js";
import { randomProfile, withParameter } from "../../support/profiles.js";

const SEED = 20_200_313;
const LISTING = DEFAULT_LISTING.slice(0, 5);
const RAMP = { maxStep: 250, bridge: false };
const kindsOf = (live: RiskProfile, to: RiskProfile) =>
  stepsTo(live, to, DEFAULT_LISTING, RAMP).steps.map(({ kind }) => kind);

describe("one tightening", () => {
  it("goes as far as the contract lets it, and not by one more", () => {
    const steps: [string, number][] = [
      ["pnlFactor", -1_000],
      ["maxBorrowRate", 10_000],
      ["collateralFactor", -1_000],
      ["debtFactor", 1_000],
      ["perpMargin", 1_000],
      ["liquidity", 1_000],
      ["bookMaxAge", -PORTFOLIO_MARGIN.bookMaxAge / 2],
      ["impact", Number(PORTFOLIO_MARGIN.assets[1]?.impact)],
    ];
    for (const [field, step] of steps) {
      const most = withParameter(PORTFOLIO_MARGIN, field, 1, step);
      assert.equal(tooFar(PORTFOLIO_MARGIN, most), null, field);
      const beyond = tooFar(
        PORTFOLIO_MARGIN,
        withParameter(PORTFOLIO_MARGIN, field, 1, step + Math.sign(step)),
      );
      assert.equal(beyond?.change.parameter, field);
      const [change] = compareProfiles(PORTFOLIO_MARGIN, most);
      assert.equal(beyond?.furthest, change?.after, field);
    }
    assert.equal(furthest("bookMaxAge", 86_401n), 43_201n);
    assert.equal(furthest("impact", 0n), 0n);
    assert.equal(furthest("collateralFactor", 400n), 0n);
  });

  it(`of any two profiles is valid, nowhere too far, and the whole where that is near (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const seen = { whole: 0, part: 0 };
    for (let run = 0; run < 200; run++) {
      const live = randomProfile(random, LISTING);
      const to = tightestOf(live, randomProfile(random, LISTING));
      const one = oneTightening(live, to);
      checkProfile(one, LISTING);
      assert.equal(tooFar(live, one), null);
      assert.ok(isTightening(live, one) && isTightening(one, to));
      const near = tightestOf(live, { ...live, pnlFactor: Math.max(0, live.pnlFactor - 500) });
      assert.deepEqual(oneTightening(live, near), near);
      seen[compareProfiles(one, to).length === 0 ? "whole" : "part"]++;
    }
    assert.ok(seen.part > 50, JSON.stringify(seen));
  });
});

describe("stepsTo a profile that is tighter by more than one tightening", () => {
  it("has the governor do what the guardian may not", () => {
    const far = withParameter(PORTFOLIO_MARGIN, "perpMargin", 1, 2_500);
    assert.deepEqual(kindsOf(PORTFOLIO_MARGIN, far), ["tighten", "set"]);
    const { steps } = stepsTo(PORTFOLIO_MARGIN, far, DEFAULT_LISTING, RAMP);
    const before = PORTFOLIO_MARGIN.assets[1]?.perpMargin ?? 0;
    assert.deepEqual(
      steps.map(({ profile }) => profile.assets[1]?.perpMargin),
      [before + 1_000, before + 2_500],
    );
    // And at once with what loosens in the same step.
    const both = withParameter(far, "liquidity", 2, -40);
    assert.deepEqual(kindsOf(PORTFOLIO_MARGIN, both), ["tighten", "set"]);
  });
});
