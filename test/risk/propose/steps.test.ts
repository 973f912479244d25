import assert from "node:assert/strict";
import { OutOfRangeError } from "../../../src/errors.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { checkProfile, leastDebtFactor, type RiskProfile } from "../../../src/protocol/profile.js";
import { PORTFOLIO_MARGIN } from "../../../src/risk/portfolioMargin.js";
import { COLLATERALISED_DEBT, RATE_PERPS } from "../../../src/risk/presets.js";
import { driftOf, marginUnder, referenceBooks } from "../../../src/risk/propose/drift.js";
import { matchScenarios, stepsTo } from "../../../src/risk/propose/steps.js";
import { compareProfiles, isTightening, tightestOf } from "../../../src/risk/propose/tightening.js";
import { Random } from "../../support/cases.js";
import { assertFails } from "../../support/failure.js";
import { randomProfile, withParameter } from "../../support/profiles.js";

const SEED = 20_200_312;
const LISTING = DEFAULT_LISTING.slice(0, 5);
const RAMP = { maxStep: 250, bridge: false };

/** The scenarios of a profile as a set: their order and those that move nothing mean nothing. */
const scenarioSet = ({ scenarios }: RiskProfile) =>
  scenarios
    .map(({ shocks }) => JSON.stringify(Object.values(shocks)))
    .filter((row) => /[1-9]/.test(row))
    .toSorted();
const parameters = ({ scenarios: _, name: _name, description: _description, ...rest }: RiskProfile) => rest;

describe("compareProfiles", () => {
  it("names each parameter that differs, and which way it goes", () => {
    const ways: [string, number, "tighter" | "looser"][] = [
      ["pnlFactor", -1, "tighter"],
      ["maxBorrowRate", 1, "tighter"],
      ["bookMaxAge", -1, "tighter"],
      ["collateralFactor", -1, "tighter"],
      ["debtFactor", 1, "tighter"],
      ["perpMargin", 1, "tighter"],
      ["liquidity", 1, "tighter"],
      ["impact", 1, "tighter"],
    ];
    for (const [field, by, direction] of ways)
      for (const sign of [1, -1]) {
        const changes = compareProfiles(
          PORTFOLIO_MARGIN,
          withParameter(PORTFOLIO_MARGIN, field, 1, by * sign),
        );
        assert.equal(changes.length, 1, field);
        assert.equal(changes[0]?.parameter, field);
        const opposite = direction === "tighter" ? "looser" : "tighter";
        assert.equal(changes[0]?.direction, sign === 1 ? direction : opposite, field);
        assert.equal((changes[0]?.after ?? 0n) - (changes[0]?.before ?? 0n), BigInt(by * sign));
      }
    const [change] = compareProfiles(PORTFOLIO_MARGIN, withParameter(PORTFOLIO_MARGIN, "shock", 2, -7));
    assert.deepEqual([change?.direction, change?.scenario, change?.asset], ["shock", 0, "ETH"]);
    assert.deepEqual(compareProfiles(PORTFOLIO_MARGIN, { ...PORTFOLIO_MARGIN, name: "other" }), []);
  });

  it("takes a scenario that is not there for one that moves nothing", () => {
    const { scenarios } = PORTFOLIO_MARGIN;
    const fewer = { ...PORTFOLIO_MARGIN, scenarios: scenarios.slice(0, -1) };
    const last = Object.values(scenarios.at(-1)?.shocks ?? {}).filter((shock) => shock !== 0);
    assert.equal(compareProfiles(PORTFOLIO_MARGIN, fewer).length, last.length);
    assert.equal(isTightening(PORTFOLIO_MARGIN, fewer), false);
  });

  it("refuses profiles of other assets", () => {
    const fewer = { ...PORTFOLIO_MARGIN, assets: PORTFOLIO_MARGIN.assets.slice(1) };
    assertFails(() => compareProfiles(PORTFOLIO_MARGIN, fewer), OutOfRangeError, "to.assets");
  });
});

describe("tightestOf", () => {
  it(`is valid, tighter than both, and what it is of one that is tighter already (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (let run = 0; run < 200; run++) {
      const [a, b] = [randomProfile(random, LISTING), randomProfile(random, LISTING)];
      const both = tightestOf(a, b);
      checkProfile(both, LISTING);
      assert.ok(isTightening(a, both));
      assert.ok(isTightening({ ...b, scenarios: a.scenarios }, both));
      assert.deepEqual(tightestOf(both, b), both);
    }
  });
});

describe("stepsTo", () => {
  // shows: P52
  it(`goes there in valid, bounded, monotone steps (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const kinds = { tighten: 0, set: 0, ramped: 0 };
    for (let run = 0; run < 150; run++) {
      const live = randomProfile(random, LISTING);
      const target = random.chance(0.2)
        ? tightestOf(live, randomProfile(random, LISTING))
        : randomProfile(random, LISTING);
      const maxStep = random.pick([50, 250, 1_000, 10_000]);
      const { steps, shocks } = stepsTo(live, target, LISTING, { maxStep, bridge: false });
      const matched = matchScenarios(live, target);
      const from = { ...live, scenarios: matched.map(([scenario]) => scenario) };
      const to = { ...target, scenarios: matched.map(([, scenario]) => scenario) };
      const goal = new Map(compareProfiles(from, to).map((change) => [key(change), change]));
      let before: RiskProfile = from;
      steps.forEach(({ kind, profile }, i) => {
        kinds[kind]++;
        checkProfile(profile, LISTING);
        const changes = compareProfiles(before, profile);
        assert.ok(changes.length > 0, "no step is empty");
        if (kind === "tighten") {
          assert.equal(i, 0);
          assert.ok(isTightening(before, profile));
        }
        for (const change of changes) {
          const whole = goal.get(key(change));
          assert.ok(whole, `${change.parameter} moves, though both ends are the same`);
          const forward = whole.after > whole.before;
          assert.equal(change.after > change.before, forward, `${change.parameter} turns back`);
          assert.ok(forward ? change.after <= whole.after : change.after >= whole.after, "beyond the target");
          const size =
            change.after > change.before ? change.after - change.before : change.before - change.after;
          const larger = whole.after > whole.before ? whole.after : whole.before;
          const share = (larger * BigInt(maxStep) + 9_999n) / 10_000n;
          const shared = ["impact", "maxBorrowRate", "bookMaxAge"].includes(change.parameter);
          const widens = abs(change.after) > abs(change.before);
          if (change.direction === "looser")
            assert.ok(size <= (shared ? share : BigInt(maxStep)), change.parameter);
          if (change.direction === "shock" && !widens && shocks === "ramped")
            assert.ok(size <= BigInt(maxStep));
        }
        before = profile;
      });
      assert.deepEqual(parameters(before), parameters(target));
      assert.deepEqual(scenarioSet(before), scenarioSet(target));
      if (steps.length > 0) assert.equal(before.name, target.name);
      if (shocks === "ramped") kinds.ramped++;
    }
    for (const [kind, count] of Object.entries(kinds)) assert.ok(count > 5, `${kind}: ${count}`);
  });

  it("takes one step to tighten, as many as the bound asks for to loosen, and none to stay", () => {
    const tight = withParameter(PORTFOLIO_MARGIN, "perpMargin", 1, 1_000);
    assert.deepEqual(stepsTo(PORTFOLIO_MARGIN, PORTFOLIO_MARGIN, DEFAULT_LISTING, RAMP).steps, []);
    const up = stepsTo(PORTFOLIO_MARGIN, tight, DEFAULT_LISTING, RAMP);
    assert.deepEqual(
      up.steps.map(({ kind }) => kind),
      ["tighten"],
    );
    const down = stepsTo(tight, PORTFOLIO_MARGIN, DEFAULT_LISTING, RAMP);
    assert.deepEqual(
      down.steps.map(({ kind, profile }) => [kind, profile.assets[1]?.perpMargin]),
      [
        ["set", 850],
        ["set", 600],
        ["set", 350],
        ["set", 100],
      ],
    );
    assert.equal(down.shocks, "unchanged");
    assert.match(down.steps[0]?.profile.name ?? "", /^portfolio-margin step 1 of 4$/);
  });

  it("lets a longer age wait for the lower rate that pays for it", () => {
    const year = 365 * 86_400;
    const one = (maxBorrowRate: number, bookMaxAge: number, debtFactor: number): RiskProfile => ({
      ...COLLATERALISED_DEBT,
      maxBorrowRate,
      bookMaxAge,
      assets: COLLATERALISED_DEBT.assets.map((risk) => ({ ...risk, debtFactor })),
    });
    const live = one(10_000, 86_400, 10_100);
    const target = one(100, year, 10_100);
    const { steps } = stepsTo(live, target, DEFAULT_LISTING, RAMP);
    assert.ok(steps.length > 40);
    for (const { profile } of steps) assert.ok(leastDebtFactor(profile) <= 10_100n);
  });

  it("is not misled by the order of scenarios, nor by names that a chain does not keep", () => {
    const scenarios = PORTFOLIO_MARGIN.scenarios
      .toReversed()
      .map(({ shocks }, s) => ({ name: `scenario ${s + 1}`, shocks }));
    assert.deepEqual(
      stepsTo({ ...PORTFOLIO_MARGIN, scenarios }, PORTFOLIO_MARGIN, DEFAULT_LISTING, RAMP).steps,
      [],
    );
  });

  it("takes shocks at once where the margin would be below both ends on the way", () => {
    const two = (a: Record<string, number>, b: Record<string, number>): RiskProfile => ({
      ...PORTFOLIO_MARGIN,
      scenarios: [a, b].map((shocks, s) => ({
        name: `move ${s}`,
        shocks: Object.fromEntries(DEFAULT_LISTING.map(({ symbol }) => [symbol, shocks[symbol] ?? 0])),
      })),
    });
    // ADA and SOL keep the two apart; BTC falls by 20 % in the one, then in the other.
    const live = two({ BTC: -2_000, ADA: 4_000 }, { BTC: 500, SOL: 4_000 });
    const target = two({ BTC: 500, ADA: 4_000 }, { BTC: -2_000, SOL: 4_000 });
    const { steps, shocks } = stepsTo(live, target, DEFAULT_LISTING, RAMP);
    assert.deepEqual([steps.length, shocks], [1, "at once"]);
    assert.equal(stepsTo(live, target, DEFAULT_LISTING, { ...RAMP, maxStep: 2_000 }).shocks, "ramped");
  });

  it("bridges the governor's delay by liquidity, and takes it back with the wider shocks", () => {
    const scenarios = PORTFOLIO_MARGIN.scenarios.map(({ name, shocks }) => ({
      name,
      shocks: Object.fromEntries(
        Object.entries(shocks).map(([asset, shock]) => [asset, Math.round(shock * 1.25)]),
      ),
    }));
    const wider = { ...PORTFOLIO_MARGIN, scenarios };
    const { steps } = stepsTo(PORTFOLIO_MARGIN, wider, DEFAULT_LISTING, { maxStep: 100, bridge: true });
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ["tighten", "set"],
    );
    const prices = DEFAULT_LISTING.map(() => 10n ** 9n);
    const [bridge, set] = steps.map(({ profile }) => profile);
    assert.ok(bridge && set);
    for (const { name, book } of referenceBooks(
      LISTING.map(({ symbol }) => symbol),
      prices.slice(0, 5),
      0,
    )) {
      if (!/ (long|short)$/.test(name) || name.startsWith("market")) continue;
      const full = { ...book, spot: pad(book.spot), perp: pad(book.perp) };
      const [now, later] = [bridge, set].map((profile) => marginUnder(profile, full, prices));
      assert.ok((now ?? 0n) >= (later ?? 0n), `${name}: the bridge does not carry`);
    }
    assert.deepEqual(parameters(set), parameters(wider));
  });
});

describe("driftOf", () => {
  const symbols = DEFAULT_LISTING.map(({ symbol }) => symbol);
  const prices = DEFAULT_LISTING.map(({ decimals }) => 10n ** BigInt(20 - decimals));
  const books = referenceBooks(symbols, prices, 0);

  it("measures both ways, and nothing between equals", () => {
    assert.deepEqual(driftOf(PORTFOLIO_MARGIN, PORTFOLIO_MARGIN, prices, books), {
      tighter: 0,
      looser: 0,
      tighterIn: null,
      looserIn: null,
    });
    // dYdX's 3 % on a million dollars of BTC is $30,000; 3.3 % is a tenth more.
    const more = withParameter(RATE_PERPS, "perpMargin", 1, 30);
    const up = driftOf(RATE_PERPS, more, prices, books);
    assert.deepEqual([up.tighter, up.tighterIn, up.looser], [1_000, "BTC long", 0]);
    const down = driftOf(more, RATE_PERPS, prices, books);
    assert.deepEqual([down.looser, down.looserIn, down.tighter], [910, "BTC long", 0]);
  });

  it("measures margin as what a book must have beyond its value", () => {
    const long = books.find(({ name }) => name === "BTC long")?.book;
    assert.ok(long);
    assert.equal(marginUnder(RATE_PERPS, long, prices), 30_000n * 10n ** 26n);
    const held = books.find(({ name }) => name === "BTC held")?.book;
    assert.ok(held);
    assert.equal(marginUnder(COLLATERALISED_DEBT, held, prices), 250_000n * 10n ** 26n);
  });
});

function key({
  parameter,
  asset,
  scenario,
}: {
  parameter: string;
  asset: string | null;
  scenario: number | null;
}) {
  return `${parameter} ${asset} ${scenario}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function pad(values: readonly bigint[]): bigint[] {
  return DEFAULT_LISTING.map((_, u) => values[u] ?? 0n);
}
