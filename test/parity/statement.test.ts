import assert from "node:assert/strict";
import { claimHolds } from "../../src/protocol/statement.js";
import { TIERS, type Tier } from "../../src/protocol/tiers.js";
import type { Book, Market, SleeveNumbers } from "../../src/protocol/types.js";
import { Random, randomBook, randomMarket, randomSleeve } from "../support/cases.js";
import { compileTier, type TestCircuit } from "../support/circuit.js";
import { field } from "../support/field.js";
import { statementInputs } from "../support/statement.js";
import { outcome } from "../support/witness.js";
import { assertAgree, tryThresholds } from "./thresholds.js";

/** `npm run test:soundness` tries more. */
const CASES = 100;
const MAX64 = (1n << 64n) - 1n;

for (const tier of TIERS) {
  describe(`the ${tier.name} circuit equals the reference model`, () => {
    let circuit: TestCircuit;
    before(async () => {
      circuit = await compileTier(tier.name);
    });

    const seed = 20_210_519;
    // shows: P1, T8
    it(`on ${CASES} random claims, most of them one attodollar from the threshold (seed ${seed})`, () => {
      tryThresholds(circuit, tier, seed + tier.assets, CASES);
    });

    // shows: P1, T1, T2
    it("at every limit of every bound at once", async () => {
      for (const sign of [1n, -1n])
        for (const perpSign of [1n, -1n])
          for (const basis of [-(1n << 127n), 0n, (1n << 127n) - 1n])
            for (const high of [true, false])
              for (const envelope of [0, 10_000]) {
                const { book, market } = limits(tier, sign * MAX64, perpSign * MAX64, basis, high);
                for (const theta of [1, 65_535])
                  assertAgree(circuit, book, market, { theta, healthy: true, envelope });
                if (envelope === 0)
                  assertAgree(circuit, book, market, { theta: 10_000, healthy: false, envelope });
              }
    });

    // shows: P1, T1, T2
    it("at every bound of a sleeve and of a support, alone, at once, and beside every other limit", () => {
      const { book: full, market } = limits(tier, MAX64, -MAX64, 0n, true);
      const none = new Array<bigint>(tier.assets).fill(0n);
      const empty = { spot: none, perp: none, basis: 0n };
      let accepted = 0;
      for (const book of [full, empty])
        for (const sleeve of boundSleeves())
          for (const support of [0n, SUPPORT_MOST, -SUPPORT_MOST])
            for (const healthy of [true, false])
              for (const theta of [1, 65_535]) {
                const claim = { theta, healthy, envelope: 0, sleeve: true, support };
                accepted += Number(claimHolds({ ...book, sleeve }, market, claim));
                assertAgree(circuit, { ...book, sleeve }, market, claim);
              }
      assert.ok(accepted > 60);
    });

    // shows: P1
    it("on a sleeve and a support by the cent: one that is just enough, and one cent less", () => {
      const random = new Random(seed);
      let turned = 0;
      for (let i = 0; i < 12; i++) {
        const market = randomMarket(random, tier);
        const book = { ...randomBook(random, tier), sleeve: randomSleeve(random) };
        for (const healthy of [true, false]) {
          const claim = { theta: random.integer(1, 65_535), healthy, envelope: 0, sleeve: true };
          const holds = (cents: bigint) => claimHolds(book, market, { ...claim, support: cents }) === healthy;
          let [no, yes] = [-SUPPORT_MOST, SUPPORT_MOST];
          if (holds(no) || !holds(yes)) continue;
          while (yes - no > 1n) {
            const middle = (yes + no) >> 1n;
            if (holds(middle)) yes = middle;
            else no = middle;
          }
          turned++;
          for (const support of [yes, no]) assertAgree(circuit, book, market, { ...claim, support });
        }
      }
      assert.ok(turned > 0, `${turned} claims turn with their support`);
    });

    it("on an empty book, which is above no θ", async () => {
      const none = new Array<bigint>(tier.assets).fill(0n);
      const market = randomMarket(new Random(3), tier);
      for (const healthy of [true, false])
        assertAgree(circuit, { spot: none, perp: none, basis: 0n }, market, {
          theta: 1,
          healthy,
          envelope: 0,
        });
    });
  });
}

describe("the circuit refuses what is out of bounds", () => {
  const tier = TIERS[0];
  const random = new Random(11);
  const market = randomMarket(random, tier);
  const base = randomBook(random, tier);
  let circuit: TestCircuit;
  before(async () => {
    circuit = await compileTier(tier.name);
  });

  const withFirst = (field: "spot" | "perp", value: bigint): Book => {
    const book = { ...base, spot: [...base.spot], perp: [...base.perp] };
    book.spot[0] = 0n;
    book.perp[0] = 0n;
    book[field][0] = value;
    return book;
  };
  /** The verdict that is true of the book, so that only the bound can be what is refused. */
  const trueClaim = (book: Book) => {
    const claim = { theta: 10_000, healthy: true, envelope: 0 };
    return claimHolds(book, market, claim) ? claim : { ...claim, healthy: false };
  };

  for (const field of ["spot", "perp"] as const)
    for (const sign of [1n, -1n]) {
      it(`${sign > 0n ? "" : "−"}2^64 quanta of ${field}, and accepts one less`, async () => {
        const inside = withFirst(field, sign * MAX64);
        const claim = trueClaim(inside);
        const healthyEither = async (book: Book) => {
          const results = [];
          for (const healthy of [true, false])
            results.push(await outcome(circuit, statementInputs(book, market, { ...claim, healthy })));
          return results;
        };
        assert.ok((await healthyEither(inside)).includes("accepted"));
        assert.deepEqual(await healthyEither(withFirst(field, sign * (MAX64 + 1n))), [
          "Num2Bits",
          "Num2Bits",
        ]);
      });
    }

  // shows: P5, T5
  it("two books with one packing: a quantity that overflows into its neighbour", async () => {
    const spot = [...base.spot];
    spot[0] = 5n;
    spot[1] = 9n;
    const honest = { ...base, spot };
    const forged = { ...base, spot: spot.map((q, u) => (u === 0 ? q + (1n << 66n) : u === 1 ? q - 1n : q)) };
    const inputs = (book: Book) => statementInputs(book, market, trueClaim(honest));
    assert.equal(
      inputs(forged).commitment?.[0],
      inputs(honest).commitment?.[0],
      "the packed words are the same",
    );
    assert.equal(await outcome(circuit, inputs(honest)), "accepted");
    assert.equal(await outcome(circuit, inputs(forged)), "Num2Bits");
  });

  // shows: T5
  it("a basis beyond an int128", async () => {
    for (const basis of [1n << 127n, -(1n << 127n) - 1n])
      for (const healthy of [true, false])
        assert.equal(
          await outcome(
            circuit,
            statementInputs({ ...base, basis }, market, { theta: 10_000, healthy, envelope: 0 }),
          ),
          "Num2Bits",
        );
  });

  // shows: P9, T6, T7
  it("another book, salt or listing behind the same commitment", async () => {
    const inputs = statementInputs(base, market, trueClaim(base));
    assert.equal(await outcome(circuit, inputs), "accepted");
    for (const edit of [
      { salt: [(inputs.salt?.[0] ?? 0n) + 1n] },
      { listing: [(inputs.listing?.[0] ?? 0n) + 1n] },
      { commitment: [(inputs.commitment?.[0] ?? 0n) + 1n] },
    ])
      assert.equal(await outcome(circuit, { ...inputs, ...edit }), "MarginStatement");
  });

  const sleeved = (sleeve: SleeveNumbers): Book => ({ ...base, sleeve });
  const trueOf = (book: Book) => {
    const claim = { theta: 10_000, healthy: true, envelope: 0, sleeve: true };
    return claimHolds(book, market, claim) ? claim : { ...claim, healthy: false };
  };

  // shows: P9, T7
  it("another sleeve, or another detail of the same, behind the same commitment", async () => {
    const sleeve = { ...randomSleeve(random), slack: 7n };
    const inputs = statementInputs(sleeved(sleeve), market, trueOf(sleeved(sleeve)));
    assert.equal(await outcome(circuit, inputs), "accepted");
    const more = (name: string, i = 0) => {
      const values = inputs[name] ?? [];
      return { [name]: values.with(i, field((values[i] ?? 0n) - 1n)) };
    };
    for (const edit of [
      ...["sleeveValue", "sleeveCharge", "sleeveSlack", "detail"].map((name) => more(name)),
      ...[0, 8, 15].map((s) => more("sleeveGain", s)),
      { sleeveGain: [...(inputs.sleeveGain ?? [])].reverse() },
    ])
      assert.equal(await outcome(circuit, { ...inputs, ...edit }), "MarginStatement");
  });

  // shows: T5
  it("a sleeve's number beyond its bound, in any commitment", async () => {
    const sleeve = randomSleeve(random);
    const limit = 1n << 46n;
    for (const change of [
      { value: limit },
      { value: -limit - 1n },
      { gains: sleeve.gains.with(0, limit) },
      { gains: sleeve.gains.with(15, -limit - 1n) },
      { charge: -1n },
      { charge: limit },
      { slack: -1n },
      { slack: 1n << 40n },
    ])
      for (const healthy of [true, false]) {
        const claim = { theta: 10_000, healthy, envelope: 0, sleeve: true };
        const inputs = statementInputs(sleeved({ ...sleeve, ...change }), market, claim);
        assert.equal(await outcome(circuit, inputs), "Num2Bits");
      }
  });

  it("a sleeve, were it nothing but its detail, in a claim without one", async () => {
    const zero = { value: 0n, gains: new Array<bigint>(16).fill(0n), charge: 0n, slack: 0n, detail: 0n };
    for (const change of [
      { value: 1n },
      { gains: zero.gains.with(11, -1n) },
      { charge: 1n },
      { slack: 1n },
      { detail: 1n },
    ]) {
      const book = sleeved({ ...zero, ...change });
      const claim = trueOf(book);
      assert.equal(await outcome(circuit, statementInputs(book, market, claim)), "accepted");
      assert.equal(
        await outcome(circuit, statementInputs(book, market, { ...claim, sleeve: false })),
        "Sleeve",
      );
    }
  });

  it("slack in a claim of health, and a charge that slack has not lowered in one of ill health", async () => {
    const none = new Array<bigint>(tier.assets).fill(0n);
    const gains = new Array<bigint>(16).fill(0n);
    const of = (value: bigint, charge: bigint, slack: bigint) => ({
      spot: none,
      perp: none,
      basis: 0n,
      sleeve: { value, gains, charge, slack, detail: 1n },
    });
    const full = { ...market, pnlFactor: 10_000n };
    const claim = { theta: 10_000, envelope: 0, sleeve: true };
    const ask = async (book: Book, healthy: boolean) =>
      (await outcome(circuit, statementInputs(book, full, { ...claim, healthy }))) === "accepted";
    // 100 owned against a charge of 101, which each may be better by 1: neither verdict is certain.
    assert.deepEqual(
      [await ask(of(100n, 101n, 1n), true), await ask(of(100n, 101n, 1n), false)],
      [false, false],
    );
    assert.deepEqual(
      [await ask(of(100n, 101n, 0n), true), await ask(of(100n, 101n, 0n), false)],
      [false, true],
    );
    assert.deepEqual(
      [await ask(of(101n, 100n, 9n), true), await ask(of(101n, 100n, 9n), false)],
      [true, false],
    );
    assert.deepEqual(
      [await ask(of(99n, 101n, 1n), true), await ask(of(99n, 101n, 1n), false)],
      [false, true],
    );
  });

  it("two perpetuals, or two collaterals, in a book that is claimed to be isolated", async () => {
    const none = new Array<bigint>(tier.assets).fill(0n);
    const pair = none.map((q, u) => (u < 2 ? 1_000n : q));
    for (const book of [
      { spot: none, perp: pair, basis: 0n },
      { spot: pair, perp: none, basis: 0n },
    ]) {
      const claim = trueClaim(book);
      assert.equal(await outcome(circuit, statementInputs(book, market, claim)), "accepted");
      assert.equal(
        await outcome(circuit, statementInputs(book, market, { ...claim, isolated: true })),
        "IsolatedMargin",
      );
    }
  });
});

const SUPPORT_MOST = (1n << 56n) - 1n;

/** A sleeve at each of its bounds, and each of its numbers alone at one. */
function boundSleeves(): SleeveNumbers[] {
  const [least, most] = [-(1n << 46n), (1n << 46n) - 1n];
  const gains = (gain: bigint) => new Array<bigint>(16).fill(gain);
  const none = { value: 0n, gains: gains(0n), charge: 0n, slack: 0n, detail: 1n };
  const [charge, slack, detail] = [most, (1n << 40n) - 1n, (1n << 248n) - 1n];
  return [
    none,
    { value: most, gains: gains(most), charge: 0n, slack, detail },
    { value: least, gains: gains(least), charge, slack: 0n, detail },
    { value: most, gains: gains(least), charge, slack, detail },
    { ...none, value: most },
    { ...none, value: least },
    { ...none, gains: none.gains.with(15, least) },
    { ...none, gains: gains(most) },
    { ...none, charge },
    { ...none, slack },
  ];
}

/** Every quantity, price, factor and shock at its limit. */
function limits(
  tier: Tier,
  spot: bigint,
  perp: bigint,
  basis: bigint,
  high: boolean,
): { book: Book; market: Market } {
  const each = (value: bigint) => new Array<bigint>(tier.assets).fill(value);
  return {
    book: { spot: each(spot), perp: each(perp), basis },
    market: {
      pnlFactor: 10_000n,
      low: each(high ? MAX64 : 1n),
      high: each(MAX64),
      funding: each(high ? MAX64 : -MAX64),
      collateralFactor: each(10_000n),
      debtFactor: each(32_767n),
      perpMargin: each(32_767n),
      liquidity: each(32_767n),
      impact: each(MAX64),
      shock: Array.from({ length: tier.scenarios }, (_, s) => each(s % 2 === 0 ? -10_000n : 10_000n)),
    },
  };
}
