import { dotChart, lineChart } from "../../charts/charts.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { SCALE } from "../../protocol/statement.js";
import { type Backtest, type Outcome, outcomeOf } from "./backtest.js";
import { isRejected, kupiec } from "./coverage.js";

/** Attodollars × SCALE in a thousand dollars. */
const THOUSAND = SCALE * 10n ** BigInt(USD_DECIMALS + 3);

/**
 * The drawings of a backtest by file name: exceptions, margin and procyclicality of all books, and margin over time in
 * all regimes for the first book. Margin against loss is drawn for every book in the first regime.
 */
export function backtestPlots(result: Backtest): Record<string, string> {
  const regimes = result.totals.map(({ regime }) => regime);
  const books = [...new Set(result.outcomes.map(({ book }) => book.name))];
  const [main = "", ...others] = regimes;
  const [first = ""] = books;
  const valuesOf = (regime: string, value: (outcome: Outcome) => number | null) =>
    books.map((book) => {
      const outcome = outcomeOf(result, regime, book);
      return outcome ? value(outcome) : null;
    });
  const series = (value: (outcome: Outcome) => number | null) =>
    regimes.map((name) => ({ name, values: valuesOf(name, value) }));
  const span = `${result.walk.from} to ${result.walk.to}`;
  const compared = others.length > 0 ? `${main} beside ${others.join(", ")}` : main;
  return {
    "exceptions.svg": dotChart({
      title: `Days with a loss above the margin, ${span}`,
      description: `For each book the share of days on which the next day's loss was above the margin: ${compared}. Stated: ${stated(result)} %.`,
      axis: "days in a hundred, on a scale of square roots",
      rows: books,
      roots: true,
      series: series(({ coverage }) => (100 * coverage.exceptions.length) / coverage.days),
      band: acceptable(result),
    }),
    "margin.svg": dotChart({
      title: `Mean margin as a share of gross exposure, ${span}`,
      description: `For each book the mean margin in percent of its gross exposure: ${compared}.`,
      axis: "percent of gross exposure, on a scale of square roots",
      rows: books,
      roots: true,
      series: series(({ meanShare }) => Number(meanShare) / 100),
    }),
    "procyclicality.svg": dotChart({
      title: `Highest margin over the lowest for the same book, ${span}`,
      description: `For each book the ratio of its highest to its lowest margin as a share of gross exposure: ${compared}. 1 never moves.`,
      axis: "peak over trough, on a scale of square roots",
      rows: books,
      roots: true,
      series: series(({ procyclicality: { peakToTrough } }) =>
        peakToTrough === null ? null : Number(peakToTrough) / 10_000,
      ),
    }),
    "margin-over-time.svg": overTime(result, regimes, first),
    ...Object.fromEntries(
      result.outcomes
        .filter(({ regime }) => regime === main)
        .map((outcome) => [`book-${outcome.book.name}.svg`, bookPlot(outcome)]),
    ),
  };
}

function stated({ confidence }: Backtest): number {
  return (10_000 - confidence) / 100;
}

/** The shares of exceptions that Kupiec's test does not reject, over as many days as most books have. */
function acceptable(result: Backtest) {
  const days = Math.max(...result.outcomes.map(({ coverage }) => coverage.days));
  const probability = stated(result) / 100;
  const passing = Array.from({ length: days + 1 }, (_, n) => n).filter(
    (n) => !isRejected(kupiec(days, n, probability)),
  );
  return {
    from: (100 * (passing[0] ?? 0)) / days,
    to: (100 * (passing.at(-1) ?? 0)) / days,
    name: `not rejected at 5 % by Kupiec's test of ${stated(result)} % in ${days} days`,
  };
}

function overTime(result: Backtest, regimes: readonly string[], book: string): string {
  const outcomes = regimes.flatMap((regime) => outcomeOf(result, regime, book) ?? []);
  const gross = Number(outcomes[0]?.book.gross ?? 1n) / 1000;
  return lineChart({
    title: `${book}: margin over time`,
    description: `Margin of the book "${book}" in percent of its gross exposure, ${outcomes.map(({ regime }) => regime).join(", ")}.`,
    unit: "percent of gross",
    dates: outcomes[0]?.walked.days.map(({ date }) => date) ?? [],
    lines: outcomes.map(({ regime, walked }) => ({
      name: regime,
      values: walked.days.map(({ margin }) => (100 * thousands(margin)) / gross),
    })),
  });
}

/** Margin against the next day's loss of one book. */
function bookPlot({ regime, book, walked: { days }, coverage }: Outcome): string {
  const count = coverage.exceptions.length;
  return lineChart({
    title: `${book.name}: margin and next-day loss, ${regime}`,
    description: `The margin of the book "${book.name}" under ${regime} as a line, the loss or gain of the next day as bars; ${count} of ${days.length} losses were above the margin.`,
    unit: "thousand dollars",
    dates: days.map(({ date }) => date),
    lines: [{ name: "margin", values: days.map(({ margin }) => thousands(margin)) }],
    bars: { name: "next day's loss", values: days.map(({ loss }) => thousands(loss)) },
    marks: {
      name: "loss above margin",
      at: days.flatMap(({ loss, margin, lossDate }, index) =>
        loss > margin
          ? [{ index, remark: `${lossDate}: lost ${shown(loss)} thousand dollars, margin ${shown(margin)}` }]
          : [],
      ),
    },
  });
}

/** Thousands of dollars, cut to cents. */
function thousands(amount: bigint): number {
  return Number((amount * 100_000n) / THOUSAND) / 100_000;
}

function shown(amount: bigint): string {
  return String(Number((amount * 10n) / THOUSAND) / 10);
}
