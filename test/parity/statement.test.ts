import assert from "node:assert/strict";
import { claimHolds } from "../../src/protocol/statement.js";
import { TIERS, type Tier } from "../../src/protocol/tiers.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { Random, randomBook, randomMarket } from "../support/cases.js";
import { compileTier, type TestCircuit } from "../support/circuit.js";
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
