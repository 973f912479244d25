import assert from "node:assert/strict";
import { healthOf } from "../../src/protocol/health.js";
import { assess } from "../../src/protocol/statement.js";
import { SIMPLE_MARKET, spotBook } from "../support/simpleMarket.js";

describe("healthOf", () => {
  it("says which verdicts can be proven at θ: one, or within the spread none", () => {
    const spread = { ...SIMPLE_MARKET, low: [999_999n, 1n] };
    const verdicts = (debt: bigint) => {
      const { healthy, unhealthy } = healthOf(spotBook(10n, -debt), spread, 10_000);
      return { healthy, unhealthy };
    };
    assert.deepEqual(verdicts(9_999_989n), { healthy: true, unhealthy: false });
    assert.deepEqual(verdicts(9_999_990n), { healthy: false, unhealthy: false });
    assert.deepEqual(verdicts(9_999_999n), { healthy: false, unhealthy: false });
    assert.deepEqual(verdicts(10_000_000n), { healthy: false, unhealthy: true });
  });

  it("is of one assessment, against the account and without an envelope", () => {
    const book = spotBook(10n, -8_000_000n);
    assert.deepEqual(healthOf(book, SIMPLE_MARKET, 10_000), {
      assessment: assess(book, SIMPLE_MARKET, { healthy: true, envelope: 0 }),
      healthFactor: 12_500n,
      healthy: true,
      unhealthy: false,
      largestTheta: 12_499,
      largestEnvelope: 1_111,
      narrowestBand: { above: 11_000, notAbove: 12_500 },
      breakingMoves: [
        { fall: 2_000, rise: null },
        { fall: null, rise: 2_500 },
      ],
    });
  });
});
