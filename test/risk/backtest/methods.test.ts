import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { adversaries } from "../../../src/risk/backtest/adversary.js";
import { type Backtest, backtest, outcomeOf } from "../../../src/risk/backtest/backtest.js";
import { backtestBooks } from "../../../src/risk/backtest/books.js";
import { calibratedRegime } from "../../../src/risk/backtest/regimes.js";
import { type CalibrationOptions, DEFAULT_CALIBRATION } from "../../../src/risk/calibration/options.js";
import { DEFAULT_MACRO, parseMacro } from "../../../src/risk/macro.js";
import { openSolver } from "../../../src/risk/statistics/linearProgramme.js";
import { HISTORY } from "../../market/fixtures.js";
import { methodResults, withBlock } from "../../support/riskResults.js";

const PAGE = new URL("../../../docs/RISK.md", import.meta.url);

/** What is changed of the default method, by the name that the page gives it. */
interface Method {
  readonly changed?: Partial<CalibrationOptions>;
  /** Whether the adversary plays too. */
  readonly adversary?: true;
  readonly macro?: true;
}

const METHODS: Readonly<Record<string, Method>> = {
  "as shipped": { adversary: true },
  "φ = 0": { adversary: true, changed: { offsetLimit: 0 } },
  "φ = 0.1": { adversary: true, changed: { offsetLimit: 1_000 } },
  "φ = 0.3": { adversary: true, changed: { offsetLimit: 3_000 } },
  "no stressed days": { changed: { stressWeight: 0 } },
  "stressed days at 50 %": { changed: { stressWeight: 5_000 } },
  "no floor": { changed: { floor: 0 } },
  "no floor, no stressed days": { changed: { floor: 0, stressWeight: 0 } },
  "a buffer of 25 %": { changed: { buffer: 2_500 } },
  "a buffer alone": { changed: { buffer: 2_500, floor: 0, stressWeight: 0 } },
  "the macro trigger": { macro: true },
  "always 10 % more": { changed: { addOn: 1_000 } },
  "two days": { changed: { horizonDays: 2, liquidationDays: 2 } },
};

const MACRO = parseMacro(
  readFileSync(new URL("../../../examples/prices/macro-daily.csv", import.meta.url), "utf8"),
);

describe("the choices of the calibration, one changed at a time", () => {
  const results = new Map<string, Backtest>();
  before(async () => {
    const solver = await openSolver();
    const adversary = adversaries(solver, DEFAULT_CALIBRATION.confidence);
    for (const [name, method] of Object.entries(METHODS)) {
      const options = { ...DEFAULT_CALIBRATION, ...method.changed };
      results.set(
        name,
        backtest({
          prices: HISTORY,
          listing: DEFAULT_LISTING,
          regimes: [
            calibratedRegime("recalibrated", options, method.macro && { days: MACRO, policy: DEFAULT_MACRO }),
          ],
          books: [...backtestBooks(), ...(method.adversary ? adversary : [])],
          horizonDays: options.horizonDays,
          every: 7,
          minimumReturns: DEFAULT_CALIBRATION.minimumReturns,
          confidence: DEFAULT_CALIBRATION.confidence,
        }),
      );
    }
  });

  it("give the numbers of docs/RISK.md (UPDATE_DOCS=1 to accept a change)", () => {
    const page = readFileSync(PAGE, "utf8");
    const shown = withBlock(page, "methods", methodResults(results));
    if (process.env.UPDATE_DOCS) writeFileSync(PAGE, shown);
    else assert.equal(page, shown);
  });

  it("are less procyclical with each of the three tools", () => {
    const rise = (name: string) =>
      outcomeOf(results.get(name) ?? assert.fail(), "recalibrated", "long-btc")?.procyclicality.rise30 ?? 0n;
    assert.ok(rise("as shipped") < rise("no stressed days"));
    assert.ok(rise("as shipped") < rise("no floor"));
    assert.ok(rise("a buffer of 25 %") < rise("as shipped"));
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
