import assert from "node:assert/strict";
import fc from "fast-check";
import { auctionFactor, auctionQuote, divideBid } from "../../src/protocol/auction.js";
import { quoteOf, takesRound } from "../../src/protocol/odometer.js";

describe("an auction's quote", () => {
  // The rows of test/contracts/DutchAuctions.t.sol for a price at half of its start.
  it("is all that is wanted where that raises no more than is due, and else what the due buys", () => {
    const auction = { startCost: 1_000n, offered: 100n, left: 60n };
    const at = (most: bigint, due: bigint) => auctionQuote(auction, { most, due, factor: 5_000n });
    assert.deepEqual(at(10n, 1_000n), { amount: 10n, cost: 50n });
    assert.deepEqual(at(100n, 1_000n), { amount: 60n, cost: 300n });
    assert.deepEqual(at(100n, 103n), { amount: 20n, cost: 100n });
    assert.deepEqual(at(100n, 4n), { amount: 0n, cost: 0n });
  });

  it("never asks more than is due, nor less than the price", () => {
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 24n });
    fc.assert(
      fc.property(
        amounts,
        amounts,
        amounts,
        amounts,
        fc.integer({ min: 0, max: 4_000 }),
        (cost, offered, most, due, elapsed) => {
          const factor = auctionFactor(elapsed, { auctionPeriod: 3_600, floor: 5_000 });
          const quote = auctionQuote({ startCost: cost, offered, left: offered }, { most, due, factor });
          assert.ok(quote.cost <= due && quote.amount <= most && quote.amount <= offered);
          assert.ok(quote.cost * offered * 10_000n >= quote.amount * cost * factor);
        },
      ),
    );
  });

  it("is divided without a remainder, the debt's part first", () => {
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 24n });
    fc.assert(
      fc.property(
        amounts,
        amounts,
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        (cost, debt, penalty, incentive) => {
          const { repaid, incentive: keeper, insured } = divideBid(cost, { debt, penalty, incentive });
          assert.equal(repaid + keeper + insured, cost);
          assert.ok(repaid <= debt && keeper >= 0n && insured >= 0n);
        },
      ),
    );
    assert.deepEqual(divideBid(1_050n, { debt: 900n, penalty: 500, incentive: 2_000 }), {
      repaid: 900n,
      incentive: 30n,
      insured: 120n,
    });
  });
});

describe("a round", () => {
  it("spans spot and average, and widens the spot price alone", () => {
    const average = { floor: 100n, ceiling: 101n };
    assert.deepEqual(quoteOf({ spot: 90n, confidence: 2n }, average), [88n, 101n]);
    assert.deepEqual(quoteOf({ spot: 110n, confidence: 2n }, average), [100n, 112n]);
    assert.deepEqual(quoteOf({ spot: 110n, confidence: 2n }, null), [108n, 112n]);
  });

  it("needs a move of 1 % within half the proving window, and never comes within the interval", () => {
    const timing = { minInterval: 60, provingWindow: 1_800 };
    assert.equal(takesRound(59, 10n ** 8n, timing), false);
    assert.equal(takesRound(60, 999_999n, timing), false);
    assert.equal(takesRound(60, 1_000_000n, timing), true);
    assert.equal(takesRound(899, 0n, timing), false);
    assert.equal(takesRound(900, 0n, timing), true);
  });
});
