import assert from "node:assert/strict";
import fc from "fast-check";
import {
  correlationOf,
  principalComponents,
  shrinkCovariance,
} from "../../../src/risk/statistics/matrices.js";

const near = (actual: number | undefined, expected: number, tolerance: number) =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );

/** Ten observations of three variables, the first two of which move together. */
// biome-ignore format: a table
const ROWS = [[4, 3, -1], [-1, -2, 0], [2, 2, -2], [-4, -3, 0], [1, 2, 3], [0, -1, 2], [-3, -3, -1], [2, 1, -2], [3, 4, 1], [-4, -3, 0]];

describe("Ledoit–Wolf shrinkage", () => {
  it("agrees with the authors' own formulas on a small sample", () => {
    // covCor.m of O. Ledoit and M. Wolf (version 04/2014, published with "Honey, I Shrunk the Sample Covariance
    // Matrix"). It was ported to numpy 2.4 line by line and run on the same rows.
    const { covariance, intensity, average } = shrinkCovariance(ROWS);
    near(intensity, 0.1336455968358921, 1e-14);
    near(average, 0.30867287785284986, 1e-14);
    const expected = [
      [7.6, 6.096741991325364, -0.083722695369727],
      [6.096741991325364, 6.6, 0.3374548361472],
      [-0.083722695369727, 0.3374548361472, 2.4],
    ];
    expected.forEach((row, i) => {
      row.forEach((value, j) => {
        near(covariance[i]?.[j], value, 1e-13);
      });
    });
  });

  it("gives the target alone where the sample says nothing else", () => {
    // The same reference: intensity cut off at 1.
    const rows = [
      [3, 1, 2],
      [-1, 0, 1],
      [2, 2, -2],
      [-4, -1, 0],
      [1, -3, 1],
      [0, 2, 3],
      [-2, 1, -4],
      [1, -2, 1],
    ];
    const { intensity, average, covariance } = shrinkCovariance(rows);
    assert.equal(intensity, 1);
    near(average, 0.09082847246884151, 1e-15);
    for (const [i, row] of correlationOf(covariance).entries())
      for (const [j, value] of row.entries()) near(value, i === j ? 1 : average, 1e-15);
  });

  it("keeps variances, symmetry and positive components, for any sample", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 4, maxLength: 4 }), {
          minLength: 8,
          maxLength: 30,
        }),
        (sample) => {
          const rows = sample.map((row, t) => row.map((x, i) => x + (t % 2 === 0 ? i + 1 : -i - 1)));
          const varies = (i: number) => rows.some((row) => row[i] !== rows[0]?.[i]);
          fc.pre([0, 1, 2, 3].every(varies));
          const { covariance, intensity } = shrinkCovariance(rows);
          assert.ok(intensity >= 0 && intensity <= 1);
          const correlation = correlationOf(covariance);
          correlation.forEach((row, i) => {
            assert.equal(row[i], 1);
            row.forEach((value, j) => {
              near(value, correlation[j]?.[i] ?? 0, 1e-12);
            });
          });
          const variances = principalComponents(correlation).map(({ variance }) => variance);
          near(
            variances.reduce((sum, variance) => sum + variance, 0),
            4,
            1e-9,
          );
          assert.ok(variances.every((variance) => variance >= 0));
        },
      ),
      { seed: 20210519, numRuns: 300 },
    );
  });
});

describe("principal components", () => {
  it("are numpy's eigenvectors, the largest first, each pointing up", () => {
    // numpy 2.4, linalg.eigh of the correlations of the sample above.
    const components = principalComponents(correlationOf(shrinkCovariance(ROWS).covariance));
    const expected = [
      { variance: 1.863303301288227, direction: [0.704471866575984, 0.707711802678977, 0.053510686332932] },
      { variance: 1.003822718170649, direction: [-0.097899820719179, 0.022222763956111, 0.994948126218299] },
      { variance: 0.132873980541125, direction: [0.702947376626517, -0.706151650221837, 0.084940170607758] },
    ];
    assert.equal(components.length, 3);
    components.forEach(({ variance, direction }, k) => {
      near(variance, expected[k]?.variance ?? 0, 1e-13);
      direction.forEach((value, i) => {
        near(value, expected[k]?.direction[i] ?? 0, 1e-13);
      });
    });
  });

  it("of equal correlations are the market and nothing else", () => {
    // Eigenvalues 1 + (n − 1)·ρ, once, and 1 − ρ.
    const [first, ...rest] = principalComponents(
      [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0.6))),
    );
    near(first?.variance, 2.8, 1e-14);
    for (const value of first?.direction ?? []) near(value, 0.5, 1e-14);
    for (const { variance } of rest) near(variance, 0.4, 1e-14);
  });
});
