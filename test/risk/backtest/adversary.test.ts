import assert from "node:assert/strict";
import type { RiskProfile } from "../../../src/protocol/profile.js";
import { adversaries, marginShare, weakestBook } from "../../../src/risk/backtest/adversary.js";
import { seeded } from "../../../src/risk/backtest/books.js";
import { openSolver, type Solver } from "../../../src/risk/statistics/linearProgramme.js";

/** A profile of two coins that has a fall of both and a rise of both: a long in one against the other has no scenario. */
const PROFILE: RiskProfile = {
  name: "two",
  description: "Two coins.",
  pnlFactor: 9_500,
  maxBorrowRate: 0,
  bookMaxAge: 86_400,
  assets: ["A", "B"].map((asset) => ({
    asset,
    collateralFactor: 9_000,
    debtFactor: 10_000,
    perpMargin: 100,
    liquidity: 50,
    impact: 0n,
  })),
  scenarios: [
    { name: "down", shocks: { A: -2_000, B: -2_000 } },
    { name: "up", shocks: { A: 2_000, B: 2_000 } },
  ],
};

/** Independent moves of up to 5 % either way. */
function independentDays(count: number): number[][] {
  const next = seeded(7);
  return Array.from({ length: count }, () => [0, 1].map(() => (next() / 2 ** 32 - 0.5) / 10));
}

describe("a linear programme", () => {
  it("has the solution of the textbook", async () => {
    // Wyndor Glass (F. Hillier, G. Lieberman, Introduction to Operations Research): 3x + 5y, x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18.
    const solver = await openSolver();
    const rows = [
      { coefficients: [1, 0], most: 4 },
      { coefficients: [0, 2], most: 12 },
      { coefficients: [3, 2], most: 18 },
    ];
    const solved = solver.solving({ columns: 2, rows }, (maximise) => [maximise([3, 5]), maximise([1, 0.1])]);
    assert.deepEqual(solved, [
      [2, 6],
      [4, 3],
    ]);
  });

  it("is null where a gain has no end", async () => {
    const solver = await openSolver();
    const rows = [{ coefficients: [1, -1], most: 1 }];
    assert.equal(
      solver.solving({ columns: 2, rows }, (maximise) => maximise([1, 1])),
      null,
    );
  });
});

describe("the adversary", () => {
  let solver: Solver;
  before(async () => {
    solver = await openSolver();
  });

  for (const measure of ["tail", "volatility"] as const)
    it(`finds the book that no scenario sees, by its ${measure}`, () => {
      const returns = independentDays(200);
      const found =
        weakestBook(solver, PROFILE, { assets: ["A", "B"], returns, measure, confidence: 9_900 }) ??
        assert.fail();
      const [a = 0, b = 0] = found.weights;
      // One against the other: rates alone, 150 bps.
      assert.ok(Math.abs(a + b) < 1e-9 && Math.abs(Math.abs(a) - 0.5) < 1e-9, `${a} ${b}`);
      assert.ok(Math.abs(found.margin - 0.015) < 1e-9);
      assert.ok(found.tailLoss > 2 * found.margin);
      assert.ok(Math.abs(marginShare(PROFILE, ["A", "B"], [1, 0]) - 0.215) < 1e-9);
    });

  it("estimates the loss that a plain count of the same days gives", () => {
    const returns = independentDays(200);
    const found =
      weakestBook(solver, PROFILE, { assets: ["A", "B"], returns, measure: "tail", confidence: 9_900 }) ??
      assert.fail();
    const losses = returns.map((day) => -day.reduce((sum, r, u) => sum + r * (found.weights[u] ?? 0), 0));
    const [worst = 0, second = 0] = losses.toSorted((x, y) => y - x);
    assert.ok(Math.abs(found.tailLoss - (worst + second) / 2) < 1e-9);
  });

  it("holds nothing where there is no scenario, no regime or too few days", () => {
    const [book] = adversaries(solver, 9_900);
    const prices = {
      assets: ["A", "B"],
      times: ["2021-01-01", "2021-01-02"],
      closes: [
        [1, 1],
        [1.1, 1],
      ],
    };
    assert.equal(book?.legs(["A", "B"]), null);
    assert.equal(book?.legs(["A", "B"], { profile: { ...PROFILE, scenarios: [] }, prices }), null);
    assert.equal(book?.legs(["A", "B"], { profile: PROFILE, prices }), null);
  });
});
