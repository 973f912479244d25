import type { Backtest } from "../../../../risk/backtest/backtest.js";

/** What `zkmargin risk backtest` reports on. */
export interface BacktestReport {
  readonly result: Backtest;
  readonly every: number;
  readonly seed: number;
  /** SHA-256 of the price history, hex. */
  readonly history: string;
}

/** A backtest for programs: amounts are 10^-26 dollars, shares and ratios basis points. */
export function backtestJson({ result, every, seed, history }: BacktestReport) {
  const { walk, confidence, totals, outcomes } = result;
  const { from, to, calibrations, since, untested } = walk;
  return {
    history,
    from,
    to,
    every,
    seed,
    confidence,
    calibrations,
    since: Object.fromEntries(since.map(({ asset, date }) => [asset, date])),
    untested,
    regimes: totals,
    outcomes: outcomes.map(({ regime, book, walked: _, coverage, ...rest }) => ({
      regime,
      book: { name: book.name, kind: book.kind, gross: book.gross },
      ...coverage,
      ...rest,
    })),
  };
}
