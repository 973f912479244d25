import { dollars, percent } from "../../src/cli/format.js";
import { type Backtest, type Outcome, outcomeOf } from "../../src/risk/backtest/backtest.js";

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
const table = (header: readonly string[], rows: readonly (readonly string[])[], right = "---:") =>
  row(header) + row(header.map((_, i) => (i === 0 ? "---" : right))) + rows.map(row).join("");

const pValue = (p: number) => (p < 0.05 ? `**${p.toFixed(3)}**` : p.toFixed(3));
const times = (bps: bigint | null) => (bps === null ? "" : (Number(bps) / 10_000).toFixed(2));

/** What docs/RISK.md says of the full walk: every number of it. The first regime is the one that is judged. */
export function walkResults(result: Backtest): string {
  const regimes = result.totals.map(({ regime }) => regime);
  const [main = ""] = regimes;
  const own = result.outcomes.filter(({ regime }) => regime === main);
  const books = own.map(({ book }) => book.name);
  const cellsOf = (book: string, value: (outcome: Outcome) => string) =>
    regimes.map((regime) => {
      const outcome = outcomeOf(result, regime, book);
      return outcome ? value(outcome) : "";
    });
  const [total] = result.totals;
  return [
    `Margins set on each day from ${result.walk.from} to ${result.walk.to}; ${result.walk.calibrations.length} calibrations; stated confidence ${percent(result.confidence)}.\n`,
    table(
      [
        "regime",
        "book-days",
        "exceptions",
        "covered",
        "books with too many (Kupiec)",
        "with too few",
        "rejected on both (Christoffersen)",
      ],
      result.totals.map(({ regime, days, exceptions, tooMany, tooFew, notConditional }) => {
        const count = result.outcomes.filter((outcome) => outcome.regime === regime).length;
        return [
          `\`${regime}\``,
          String(days),
          String(exceptions),
          percent(Math.floor(((days - exceptions) * 10_000) / days)),
          `${tooMany.length} of ${count}`,
          `${tooFew.length} of ${count}`,
          `${notConditional.length} of ${count}`,
        ];
      }),
    ),
    `Exceptions, and in brackets the mean margin as a share of gross exposure:\n`,
    table(
      ["book", ...regimes.map((regime) => `\`${regime}\``)],
      books.map((book) => [
        book,
        ...cellsOf(
          book,
          ({ coverage, meanShare }) => `${coverage.exceptions.length} (${percent(meanShare)})`,
        ),
      ]),
    ),
    `\`${main}\`, book by book; p-values below 0.05 are bold:\n`,
    table(
      ["book", "covered", "Kupiec p", "independence p", "both p"],
      own.map(({ book, coverage }) => [
        book.name,
        percent(coverage.coverage),
        pValue(coverage.kupiec.pValue),
        pValue(coverage.independence.pValue),
        pValue(coverage.conditional.pValue),
      ]),
    ),
    `Its margins, book by book:\n`,
    table(
      ["book", "saved by netting", "largest rise in 1 day", "in 30 days", "peak / trough"],
      own.map(({ book, saving, procyclicality: { rise1, rise30, peakToTrough } }) => [
        book.name,
        saving === null || saving === 0n ? "" : percent(saving),
        percent(rise1),
        percent(rise30),
        times(peakToTrough),
      ]),
    ),
    `Every one of the ${total?.exceptions} losses above the margin of \`${main}\`:\n`,
    failures(own),
  ].join("\n");
}

/** The frozen profile on the days after those it has learnt from. */
export function frozenResults(result: Backtest): string {
  return [
    `Margins set on each day from ${result.walk.from} to ${result.walk.to}.\n`,
    table(
      ["profile", "book-days", "exceptions", "covered", "books with an exception"],
      result.totals.map(({ regime, days, exceptions }) => [
        `\`${regime}\``,
        String(days),
        String(exceptions),
        percent(Math.floor(((days - exceptions) * 10_000) / days)),
        String(result.outcomes.filter((o) => o.regime === regime && o.coverage.exceptions.length > 0).length),
      ]),
    ),
    failures(result.outcomes),
  ].join("\n");
}

/** One row for each loss above its margin, by day. */
function failures(outcomes: readonly Outcome[]): string {
  const losses = outcomes.flatMap(({ book, coverage }) =>
    coverage.exceptions.map(({ lossDate, loss, margin }) => [
      lossDate,
      book.name,
      cents(loss),
      cents(margin),
    ]),
  );
  return table(
    ["day", "book", "loss", "margin"],
    losses.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

/** Dollars without the cents. */
function cents(amount: bigint): string {
  return dollars(amount).replace(/\.\d\d$/, "");
}

/** A page with a part of it, between two comments, replaced. */
export function withBlock(page: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`no ${start.trim()} … ${end.trim()}`);
  return `${page.slice(0, from + start.length)}\n${content}\n${page.slice(to)}`;
}

/** What docs/RISK.md says of the method's choices: one row for each, of the walk with that choice changed. */
export function methodResults(results: ReadonlyMap<string, Backtest>): string {
  const shown = ["long-btc", "eth-vs-btc", "equal-weight-long"];
  const rows = [...results].map(([method, result]) => {
    const [main = ""] = result.totals.map(({ regime }) => regime);
    const of = (book: string) => outcomeOf(result, main, book);
    const whole = of("long-btc")?.procyclicality;
    const adversary = result.outcomes.filter(({ book }) => book.kind === "adversary");
    const others = result.outcomes.filter(({ book }) => book.kind !== "adversary");
    return {
      counts: [
        method,
        String(others.reduce((sum, { coverage }) => sum + coverage.exceptions.length, 0)),
        adversary.map(({ coverage }) => coverage.exceptions.length).join(", "),
        percent(whole?.rise1 ?? 0n),
        percent(whole?.rise30 ?? 0n),
        times(whole?.peakToTrough ?? null),
      ],
      margins: [
        method,
        percent(others.reduce((sum, { meanShare }) => sum + meanShare, 0n) / BigInt(others.length)),
        ...shown.map((book) => percent(of(book)?.meanShare ?? 0n)),
      ],
    };
  });
  return [
    table(
      ["method", "exceptions", "by an adversary", "rise in 1 day", "in 30 days", "peak / trough"],
      rows.map(({ counts }) => counts),
    ),
    "Mean margins:\n",
    table(
      ["method", "mean of all", ...shown],
      rows.map(({ margins }) => margins),
    ),
  ].join("\n");
}

/** What docs/RISK.md says of the clean test: every regime, and every exception of those that were calibrated. */
export function cleanResults(result: Backtest): string {
  const of = (regime: string) => result.outcomes.filter((outcome) => outcome.regime === regime);
  const sum = (outcomes: readonly Outcome[]) =>
    outcomes.reduce((total, { coverage }) => total + coverage.exceptions.length, 0);
  const [main = ""] = result.totals.map(({ regime }) => regime);
  return [
    `Margins set on each day from ${result.walk.from} to ${result.walk.to}; ${result.walk.calibrations.length} calibrations; stated confidence ${percent(result.confidence)}.\n`,
    table(
      [
        "regime",
        "book-days",
        "exceptions",
        "covered",
        "of them an adversary's",
        "mean margin",
        "too many (Kupiec, Holm)",
        "too few (Kupiec, Holm)",
      ],
      result.totals.map(({ regime, days, exceptions, tooMany, tooFew, afterHolm }) => [
        regime,
        String(days),
        String(exceptions),
        percent(Math.floor(((days - exceptions) * 10_000) / days)),
        of(regime).some(({ book }) => book.kind === "adversary")
          ? String(sum(of(regime).filter(({ book }) => book.kind === "adversary")))
          : "",
        percent(
          of(regime).reduce((total, { meanShare }) => total + meanShare, 0n) / BigInt(of(regime).length),
        ),
        `${tooMany.length}, ${afterHolm.tooMany.length}`,
        `${tooFew.length}, ${afterHolm.tooFew.length}`,
      ]),
    ),
    `Every loss above the margin of \`${main}\`:\n`,
    failures(of(main)),
  ].join("\n");
}
