import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { adversaries } from "../../../src/risk/backtest/adversary.js";
import { type Backtest, backtest, outcomeOf } from "../../../src/risk/backtest/backtest.js";
import { backtestBooks } from "../../../src/risk/backtest/books.js";
import { calibratedRegime } from "../../../src/risk/backtest/regimes.js";
import { type CalibrationOptions, DEFAULT_CALIBRATION } from "../../../src/risk/calibration/options.js";
import { openSolver } from "../../../src/risk/statistics/linearProgramme.js";
import { HISTORY } from "../../market/fixtures.js";
import { methodResults, withBlock } from "../../support/riskResults.js";

const PAGE = new URL("../../../docs/RISK.md", import.meta.url);

/** What is changed of the default method, by the name that the page gives it. */
const METHODS: Readonly<Record<string, Partial<CalibrationOptions>>> = {
  "as shipped": {},
  "φ = 0": { offsetLimit: 0 },
  "φ = 0.1": { offsetLimit: 1_000 },
  "φ = 0.3": { offsetLimit: 3_000 },
};

describe("the choices of the calibration, one changed at a time", () => {
  const results = new Map<string, Backtest>();
  before(async () => {
    const solver = await openSolver();
    const books = [...backtestBooks(), ...adversaries(solver, DEFAULT_CALIBRATION.confidence)];
    for (const [name, changed] of Object.entries(METHODS))
      results.set(
        name,
        backtest({
          prices: HISTORY,
          listing: DEFAULT_LISTING,
          regimes: [calibratedRegime("recalibrated", { ...DEFAULT_CALIBRATION, ...changed })],
          books,
          every: 7,
          minimumReturns: DEFAULT_CALIBRATION.minimumReturns,
          confidence: DEFAULT_CALIBRATION.confidence,
        }),
      );
  });

  it("give the numbers of docs/RISK.md (UPDATE_DOCS=1 to accept a change)", () => {
    const page = readFileSync(PAGE, "utf8");
    const shown = withBlock(page, "methods", methodResults(results));
    if (process.env.UPDATE_DOCS) writeFileSync(PAGE, shown);
    else assert.equal(page, shown);
  });

  it("need the limit on offsets, or the adversary's books have too little margin", () => {
    const exceptions = (name: string, book: string) => {
      const result = results.get(name) ?? assert.fail();
      return outcomeOf(result, "recalibrated", book)?.coverage.exceptions.length ?? 0;
    };
    for (const book of ["adversary-tail", "adversary-volatility"])
      assert.ok(exceptions("φ = 0", book) > 2 * exceptions("as shipped", book), book);
  });
});
