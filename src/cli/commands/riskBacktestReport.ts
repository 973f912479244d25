import { BPS } from "../../protocol/bounds.js";
import { type Backtest, type Outcome, outcomeOf } from "../../risk/backtest/backtest.js";
import { isRejected, kupiecPower } from "../../risk/backtest/coverage.js";
import { dollars, pairs, percent, sentence, table } from "../format.js";

/** Every tested day of a backtest as CSV; amounts in dollars and cents, rounded to the nearest. */
export function daysCsv({ outcomes }: Backtest): string {
  const rows = outcomes.flatMap(({ regime, book, walked }) =>
    walked.days.map(({ date, lossDate, margin, loss }) =>
      [date, lossDate, regime, book.name, plain(margin), plain(loss)].join(","),
    ),
  );
  return ["set on,loss on,regime,book,margin,loss", ...rows].map((row) => `${row}\n`).join("");
}

/** As people write dollars, but for programs: "−$1,234.50" is "-1234.50". */
function plain(amount: bigint): string {
  return dollars(amount).replace(/[$,]/g, "").replace("−", "-");
}

/** A backtest for people. */
export function backtestText(report: BacktestReport): string {
  const { result } = report;
  const [main] = result.totals;
  if (main === undefined) return "no regime\n";
  const own = result.outcomes.filter(({ regime }) => regime === main.regime);
  return [
    summary(report),
    manyTests(report),
    exceptions(report),
    margins(report),
    tests(main.regime, own),
    movements(report),
    failures(main.regime, own),
    ...notTested(report),
    ...(report.isPrivate ? ["  As private as the book: it tells how the book moves.\n"] : []),
  ].join("\n");
}

/** True rates, as multiples of the stated one, at which the power of Kupiec's test is told. */
const TRUE_RATES = [1, 2, 3, 5] as const;

/** How probable it is that Kupiec's test rejects, by multiples of the stated rate, over the most days of a book. */
function powers({ outcomes, confidence }: Backtest) {
  const days = outcomes.reduce((most, { coverage }) => Math.max(most, coverage.days), 0);
  const stated = (Number(BPS) - confidence) / Number(BPS);
  return TRUE_RATES.map((multiple) => ({
    multiple,
    power: kupiecPower(days, stated, Math.min(0.999, multiple * stated)),
  }));
}

function summary({ result, every, horizon, seed, history, notes }: BacktestReport): string {
  const { walk, confidence, totals } = result;
  const loss = horizon === 1 ? "the loss of the next day" : `the loss over ${horizon} days`;
  return `Margins set from ${walk.from} to ${walk.to}, each against ${loss}\n\n${pairs([
    ["stated confidence", `${percent(confidence)} of days`],
    ["calibrations", `${walk.calibrations.length}, every ${every} days, on the past alone`],
    ["random books", `seed ${seed}`],
    ["price history", `SHA-256 ${history}`],
    [
      "power",
      `Kupiec's test rejects ${powers(result)
        .map(({ multiple, power }) => `${share(power)} at ${multiple === 1 ? "the stated rate" : multiple}`)
        .join(", ")} times it`,
    ],
    ...(horizon === 1
      ? []
      : ([["overlap", "losses of following days overlap, so the tests reject too often"]] as [
          string,
          string,
        ][])),
    ...notes,
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

/** Many books are many tests: what is left of the rejections, and how the worst 250 days of each book look. */
function manyTests({ result: { totals } }: BacktestReport): string {
  return `${sentence("books with too many exceptions and too few, by Kupiec alone and after Holm's adjustment; Basel's light")}${table(
    ["regime", "too many", "too few", "many, Holm", "few, Holm", "green", "yellow", "red"],
    totals.map(({ regime, tooMany, tooFew, afterHolm, lights }) => [
      regime,
      ...[tooMany, tooFew, afterHolm.tooMany, afterHolm.tooFew, lights.green, lights.yellow, lights.red].map(
        (books) => String(books.length),
      ),
    ]),
  )}`;
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
  return `${sentence("mean margin as a share of gross exposure, and (in brackets) what margining the whole book saves")}${byRegime(
    result,
    ({ meanShare, saving, walked }) =>
      `${percent(meanShare)} ${(walked.apart === walked.whole || saving === null ? "" : `(${whole(saving)})`).padStart(7)}`,
  )}`;
}

function tests(regime: string, outcomes: readonly Outcome[]): string {
  return `${sentence(`${regime}: coverage, and how probable as many exceptions (Kupiec), as many in a row (independence), both`)}${table(
    [
      "book",
      "days",
      "exceptions",
      "expected",
      "covered",
      "Kupiec",
      "independence",
      "both",
      "VaR",
      "ES",
      "250 days",
      "worst excess",
    ],
    outcomes.map(({ book, coverage }) => [
      book.name,
      String(coverage.days),
      String(coverage.exceptions.length),
      coverage.expected.toFixed(1),
      percent(coverage.coverage),
      ...[coverage.kupiec, coverage.independence, coverage.conditional].map(
        (test) => `${test.pValue.toFixed(3)}${isRejected(test) ? " !" : "  "}`,
      ),
      ...[coverage.tail.valueAtRisk, coverage.tail.expectedShortfall].map((at) =>
        at === null ? "" : whole(at),
      ),
      coverage.light === null ? "" : `${coverage.light.worst.exceptions} ${coverage.light.worst.zone}`,
      coverage.exceptions.length === 0 || coverage.worstShortfall === null
        ? ""
        : percent(coverage.worstShortfall),
    ]),
  )}${sentence("!: rejected at 5 %, for too many exceptions or too few; VaR, ES: loss over margin at the confidence, and its mean beyond;")}${sentence("250 days: exceptions of the worst in a row, and Basel's light; excess: of the worst loss over its margin, as a share of it")}`;
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

/** A probability as a whole percentage. */
function share(probability: number): string {
  return `${Math.round(100 * probability)} %`;
}

function ratio(part: number, of: number): string {
  return of === 0 ? "none" : percent(Math.floor((part * 10_000) / of));
}

/** What `zkmargin risk backtest` reports on. */
export interface BacktestReport {
  readonly result: Backtest;
  readonly every: number;
  /** Days from a margin to its loss. */
  readonly horizon: number;
  readonly seed: number;
  /** SHA-256 of the price history, hex. */
  readonly history: string;
  /** How the prices were read, for programs and for people. */
  readonly read: object;
  readonly notes: readonly (readonly [string, string])[];
  /** Whether own books took part. */
  readonly isPrivate: boolean;
}

/** A backtest for programs: amounts are 10^-26 dollars, shares and ratios basis points. */
export function backtestJson({ result, every, horizon, seed, history, read }: BacktestReport) {
  const { walk, confidence, totals, outcomes } = result;
  const { from, to, calibrations, since, untested } = walk;
  return {
    history,
    prices: read,
    from,
    to,
    every,
    horizon,
    seed,
    confidence,
    power: powers(result),
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
