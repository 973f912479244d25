import { BPS } from "../../../../protocol/bounds.js";
import { type Outcome, outcomeOf } from "../../../../risk/backtest/backtest.js";
import { isRejected } from "../../../../risk/backtest/coverage.js";
import { dollars, pairs, percent, table } from "../../../format.js";
import type { BacktestReport } from "./json.js";

/** A backtest for people. */
export function backtestText(report: BacktestReport): string {
  const { result } = report;
  const [main] = result.totals;
  if (main === undefined) return "no regime\n";
  const own = result.outcomes.filter(({ regime }) => regime === main.regime);
  return [
    summary(report),
    exceptions(report),
    margins(report),
    tests(main.regime, own),
    movements(report),
    failures(main.regime, own),
    ...notTested(report),
  ].join("\n");
}

function summary({ result, every, seed, history }: BacktestReport): string {
  const { walk, confidence, totals } = result;
  return `Margins set from ${walk.from} to ${walk.to}, each against the loss of the next day\n\n${pairs([
    ["stated confidence", `${percent(confidence)} of days`],
    ["calibrations", `${walk.calibrations.length}, every ${every} days, on the past alone`],
    ["random books", `seed ${seed}`],
    ["price history", `SHA-256 ${history}`],
    ...untestedLine(walk.untested),
    ...totals.map(
      ({ regime, days, exceptions, tooMany, tooFew }) =>
        [
          regime,
          `${exceptions} exceptions in ${days} days of all books: ${ratio(days - exceptions, days)} covered; by Kupiec too many in ${tooMany.length} books, too few in ${tooFew.length}`,
        ] as const,
    ),
  ])}`;
}

function untestedLine(untested: BacktestReport["result"]["walk"]["untested"]): [string, string][] {
  if (untested.length === 0) return [];
  const days = new Set(untested.map(({ date }) => date)).size;
  return [["not tested", `something on ${days} ${days === 1 ? "day" : "days"}: see below`]];
}

function exceptions({ result }: BacktestReport): string {
  return `  days with a loss above the margin\n${byRegime(result, ({ coverage }) => String(coverage.exceptions.length))}`;
}

function margins({ result }: BacktestReport): string {
  return `  mean margin as a share of gross exposure, and (in brackets) what margining the whole book saves\n${byRegime(
    result,
    ({ meanShare, saving, walked }) =>
      `${percent(meanShare)} ${(walked.apart === walked.whole || saving === null ? "" : `(${whole(saving)})`).padStart(7)}`,
  )}`;
}

function tests(regime: string, outcomes: readonly Outcome[]): string {
  return `  ${regime}: coverage, and how probable as many exceptions (Kupiec), as many in a row (independence), both\n${table(
    ["book", "days", "exceptions", "expected", "covered", "Kupiec", "independence", "both", "worst excess"],
    outcomes.map(({ book, coverage }) => [
      book.name,
      String(coverage.days),
      String(coverage.exceptions.length),
      coverage.expected.toFixed(1),
      percent(coverage.coverage),
      ...[coverage.kupiec, coverage.independence, coverage.conditional].map(
        (test) => `${test.pValue.toFixed(3)}${isRejected(test) ? " !" : "  "}`,
      ),
      coverage.exceptions.length === 0 || coverage.worstShortfall === null
        ? ""
        : percent(coverage.worstShortfall),
    ]),
  )}  !: rejected at 5 %, for too many exceptions or too few; excess: of the worst loss over its margin, as a share of it\n`;
}

function movements({ result }: BacktestReport): string {
  const regimes = result.totals.map(({ regime }) => regime);
  return `  largest rise of the margin within 1, 5 and 30 days, and peak over trough\n${table(
    ["book", "regime", "1 day", "5 days", "30 days", "peak / trough"],
    result.outcomes
      .filter(({ book, procyclicality }) => book.kind !== "random" && procyclicality.rise30 > 0n)
      .toSorted((a, b) => regimes.indexOf(a.regime) - regimes.indexOf(b.regime))
      .map(({ book, regime, procyclicality: { rise1, rise5, rise30, peakToTrough } }) => [
        book.name,
        regime,
        ...[rise1, rise5, rise30].map(whole),
        peakToTrough === null ? "" : (Number(peakToTrough) / Number(BPS)).toFixed(2),
      ]),
    { text: [0, 1] },
  )}  without the random books and those whose margin never moved\n`;
}

function failures(regime: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ book, coverage }) =>
    coverage.exceptions.map(({ lossDate, loss, margin }) => [
      lossDate,
      book.name,
      dollars(loss),
      dollars(margin),
    ]),
  );
  if (rows.length === 0) return `  ${regime}: no loss above the margin\n`;
  return `  ${regime}: every loss above the margin\n${table(
    ["day", "book", "loss", "margin"],
    rows.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0)),
    { text: [0, 1] },
  )}`;
}

function notTested({ result: { walk } }: BacktestReport): string[] {
  if (walk.untested.length === 0) return [];
  const reasons = [...new Set(walk.untested.map(({ what, why }) => `${what}: ${why}`))];
  return [
    `  not tested\n${reasons
      .map((reason) => {
        const dates = walk.untested.filter(({ what, why }) => `${what}: ${why}` === reason);
        return `    ${reason} (${dates.length} times, ${dates[0]?.date} to ${dates.at(-1)?.date})\n`;
      })
      .join("")}`,
  ];
}

function byRegime(result: BacktestReport["result"], value: (outcome: Outcome) => string): string {
  const regimes = result.totals.map(({ regime }) => regime);
  const books = [...new Set(result.outcomes.map(({ book }) => book.name))];
  return table(
    ["book", ...regimes],
    books.map((book) => [
      book,
      ...regimes.map((regime) => {
        const outcome = outcomeOf(result, regime, book);
        return outcome ? value(outcome) : "";
      }),
    ]),
  );
}

/** Basis points as a whole percentage, towards less. */
function whole(bps: bigint): string {
  const share = bps < 0n ? -((-bps + 99n) / 100n) : bps / 100n;
  return `${share < 0n ? "−" : ""}${share < 0n ? -share : share} %`;
}

function ratio(part: number, of: number): string {
  return of === 0 ? "none" : percent(Math.floor((part * 10_000) / of));
}
