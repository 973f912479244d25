import assert from "node:assert/strict";
import fc from "fast-check";
import { spreadSigns } from "../../src/risk/calibration/scenarioSet.js";

const component = (...direction: number[]) => ({ variance: 1, direction });

describe("spreadSigns", () => {
  it("are those of the components where all assets differ", () => {
    const components = [component(0.5, -0.5, 0.1, -0.1), component(0.5, 0.5, -0.1, -0.1)];
    assert.deepEqual(spreadSigns(components), [
      [1, -1, 1, -1],
      [1, 1, -1, -1],
    ]);
  });

  it("part two assets with the same signs at the least cost", () => {
    // The second would be as the first. Free: + − (costs 0.2), − + (0.6), − − (0.8).
    const components = [component(0.7, 0.6), component(0.7, 0.2)];
    assert.deepEqual(spreadSigns(components), [
      [1, 1],
      [1, -1],
    ]);
  });

  it("differ for any two assets if there are enough of them, and are repeated if not", () => {
    const entry = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.array(entry, { minLength: 15, maxLength: 15 }), { minLength: 1, maxLength: 5 }),
        (rows) => {
          const signs = spreadSigns(rows.map((row) => component(...row)));
          const codes = new Set(Array.from({ length: 15 }, (_, u) => signs.map((row) => row[u]).join()));
          if (rows.length >= 4) assert.equal(codes.size, 15);
          assert.ok(signs.flat().every((sign) => Math.abs(sign) === 1));
        },
      ),
      { seed: 20210519, numRuns: 300 },
    );
    assert.deepEqual(spreadSigns([]), []);
  });
});
