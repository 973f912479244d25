import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { adversaries } from "../../../src/risk/backtest/adversary.js";
import { type Backtest, backtest, outcomeOf } from "../../../src/risk/backtest/backtest.js";
import { backtestBooks, DEFAULT_SEED } from "../../../src/risk/backtest/books.js";
import { isRejected } from "../../../src/risk/backtest/coverage.js";
import { backtestPlots } from "../../../src/risk/backtest/plots.js";
import { calibratedRegime, fixedRegime, type Regime } from "../../../src/risk/backtest/regimes.js";
import { SHIPPED_UNTIL } from "../../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../../src/risk/calibration/options.js";
import { CALIBRATED } from "../../../src/risk/generated/calibrated.js";
import { DEPTHS } from "../../../src/risk/impact.js";
import { PRESETS } from "../../../src/risk/presets.js";
import { openSolver, type Solver } from "../../../src/risk/statistics/linearProgramme.js";
import { checkSvg } from "../../charts/checkSvg.js";
import { HISTORY } from "../../market/fixtures.js";
import { frozenResults, walkResults, withBlock } from "../../support/riskResults.js";

const PAGE = new URL("../../../docs/RISK.md", import.meta.url);

const run = (regimes: readonly Regime[], solver: Solver, from?: string) =>
  backtest({
    prices: HISTORY,
    listing: DEFAULT_LISTING,
    regimes,
    books: [...backtestBooks(), ...adversaries(solver, DEFAULT_CALIBRATION.confidence)],
    every: 7,
    minimumReturns: DEFAULT_CALIBRATION.minimumReturns,
    confidence: DEFAULT_CALIBRATION.confidence,
    ...(from && { from }),
  });

describe(`the backtest over the shipped history (seed ${DEFAULT_SEED})`, () => {
  let full: Backtest;
  let frozen: Backtest;
  before(async () => {
    const solver = await openSolver();
    // As `zkmargin risk backtest` compares them.
    const others = PRESETS.filter((preset) => preset !== CALIBRATED);
    full = run(
      [
        calibratedRegime("recalibrated", DEFAULT_CALIBRATION),
        ...others.map((preset) => fixedRegime(preset, DEPTHS)),
      ],
      solver,
    );
    frozen = run([fixedRegime(CALIBRATED, DEPTHS)], solver, SHIPPED_UNTIL);
  });

  it("gives the numbers of docs/RISK.md (UPDATE_DOCS=1 to accept a change)", () => {
    const page = readFileSync(PAGE, "utf8");
    const shown = withBlock(
      withBlock(page, "walk forward", walkResults(full)),
      "frozen profile",
      frozenResults(frozen),
    );
    if (process.env.UPDATE_DOCS) writeFileSync(PAGE, shown);
    else assert.equal(page, shown);
  });

  it("counts the exceptions that a plain count of returns gives", () => {
    // dYdX's rates are the margin of a perpetual, so an exception is a move beyond the rate; in doubles, on its own.
    const close = (symbol: string, row: number) =>
      Number(HISTORY.days[row]?.closes[HISTORY.assets.indexOf(symbol)] ?? Number.NaN);
    const first = HISTORY.days.findIndex(({ date }) => date === full.walk.from);
    const count = (legs: Record<string, number>, rate: number) =>
      HISTORY.days.slice(first, -1).filter((_, i) => {
        const row = first + i;
        const losses = Object.entries(legs).map(([u, w]) => w * (1 - close(u, row + 1) / close(u, row)));
        return losses.reduce((sum, loss) => sum + loss, 0) > rate;
      }).length;
    const expected: [book: string, legs: Record<string, number>, rate: number][] = [
      ["long-btc", { BTC: 1 }, 0.03],
      ["short-eth", { ETH: -1 }, 0.03],
      ["doge-short", { DOGE: -1 }, 0.05],
      ["eth-vs-btc", { ETH: 0.5, BTC: -0.5 }, 0.03],
      ["link-vs-eth", { LINK: 0.5, ETH: -0.5 }, 0.04],
      ["xrp-vs-xlm", { XRP: 0.5, XLM: -0.5 }, 0.075],
    ];
    for (const [book, legs, rate] of expected)
      assert.equal(outcomeOf(full, "rate-perps", book)?.coverage.exceptions.length, count(legs, rate), book);
  });

  it("tests every book on every day, and leaves nothing out", () => {
    assert.deepEqual(full.walk.untested, []);
    const days = new Set(full.outcomes.map(({ coverage }) => coverage.days));
    assert.equal(days.size, 1);
  });

  it("covers its stated confidence, all books taken together", () => {
    const [total] = full.totals;
    assert.ok(total);
    assert.ok(total.exceptions * 10_000 <= total.days * (10_000 - full.confidence), `${total.exceptions}`);
  });

  it("covers the adversary's books as it says, in every regime that has scenarios", () => {
    for (const regime of ["recalibrated", "portfolio-margin"])
      for (const book of ["adversary-tail", "adversary-volatility"]) {
        const { coverage } = outcomeOf(full, regime, book) ?? assert.fail();
        assert.ok(!(isRejected(coverage.kupiec) && coverage.exceptions.length > coverage.expected), book);
      }
    assert.equal(outcomeOf(full, "pmrm", "adversary-tail"), undefined);
  });

  it("saves on hedged books, and charges for concentration", () => {
    for (const { regime, book, saving } of full.outcomes)
      if (regime === "recalibrated" && ["hedged", "basis", "market neutral"].includes(book.kind))
        assert.ok((saving ?? 0n) > 2000n, `${book.name}: ${saving}`);
    const share = (book: string) => outcomeOf(full, "recalibrated", book)?.meanShare ?? 0n;
    assert.ok(share("trx-long-x20") > share("trx-long"));
    assert.ok(share("doge-long") > share("equal-weight-long"));
  });

  it("never has a negative margin, nor one of a whole above that of its parts but for concentration", () => {
    for (const { regime, book, walked, saving } of full.outcomes) {
      assert.ok(
        walked.days.every(({ margin }) => margin >= 0n),
        `${regime}, ${book.name}`,
      );
      assert.ok(saving === null || saving >= 0n, `${regime}, ${book.name}: ${saving}`);
    }
  });

  it("draws it all", () => {
    const plots = backtestPlots(full);
    for (const svg of Object.values(plots)) checkSvg(svg);
    const books = new Set(full.outcomes.map(({ book }) => book.name)).size;
    assert.equal(Object.keys(plots).length, books + 4);
  });
});
