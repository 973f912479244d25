import { Command, InvalidArgumentError } from "commander";
import type { BookFile } from "../../book/bookFile.js";
import { denseBook } from "../../book/opening.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { isPrintable } from "../../encoding/shape.js";
import { UnknownAssetError, UsageError } from "../../errors.js";
import { denseMarket, type MarketFile } from "../../market/file.js";
import { BPS } from "../../protocol/bounds.js";
import { checkClaim } from "../../protocol/claim.js";
import { healthOf } from "../../protocol/health.js";
import { slotOf } from "../../protocol/listing.js";
import type { Assessment } from "../../protocol/statement.js";
import type { Book, Market } from "../../protocol/types.js";
import { type Combination, cheapestCombination } from "../../risk/remedy/combination.js";
import { remedies } from "../../risk/remedy/remedies.js";
import type { Change, Remedy, RemedyKind } from "../../risk/remedy/situation.js";
import { openSolver } from "../../risk/statistics/linearProgramme.js";
import { basisPoints, DEFAULT_THETA, healthFactor, tierOption, wholeNumber } from "../arguments.js";
import { eachBook, endWithWorst, namedBooks } from "../books.js";
import { checkExport, writeExport } from "../export.js";
import { readBookFile, readMarketFile } from "../files.js";
import { dollars, factor, json, table } from "../format.js";
import type { Io } from "../io.js";
import {
  type HealthReport,
  healthExport,
  healthJson,
  healthsExport,
  healthsJson,
  healthsText,
  healthText,
  weakestFirst,
} from "./healthReport.js";

/** `zkmargin health`: the what-if of a book in a market. */
export function healthCommand(io: Io): Command {
  return new Command("health")
    .description(
      "Show a book's health in a market: the full breakdown, what can be proven, and which price moves would end it. Of several, one table.",
    )
    .argument("<book...>", "book files, folders of them, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points, or as a ratio such as 1.25; 10000 is maintenance margin",
      healthFactor,
      DEFAULT_THETA,
    )
    .option(
      "--fix",
      "write a margin call: the steps that each bring the book above the target, and the cheapest combination",
    )
    .option("--target <bps>", "with --fix: health factor to exceed; theta by default", healthFactor)
    .option("--by <words>", "with --fix: the deadline, as the account's terms say", deadlineText)
    .option(
      "--cash <asset>",
      "with --fix: asset that proceeds are paid in; USDC by default, and to be named where USDC is not listed",
    )
    .option(
      "--trading-cost <bps>",
      `with --fix: lowest cost of a trade, where the profile's liquidity or perpetual margin is lower; ${DEFAULT_TRADING_COST} by default`,
      basisPoints,
    )
    .option("--csv <file>", "write a row for each asset as CSV too")
    .option("--html <file>", "write a page too, which loads nothing and prints")
    .addOption(tierOption())
    .option("--json", "print JSON: amounts in 10^-26 dollars, moves and factors in basis points")
    .addHelpText(
      "after",
      `
The output shows what each position contributes: keep it as private as the book. The exit code is 0 even if the book is
unhealthy; zkmargin prove then exits with 4.

"perp value" is the perpetuals at market less cumulative funding. A fall of "none" means that health survives a fall to zero.
A rise of "none" means that it survives a rise to eleven times the price.

Several books or a folder give one table, the weakest first. A book that is refused is told below it; the exit code is then the
worst of the refused ones. Of a folder the command takes each *.json that is a book.

Examples:
  $ zkmargin health desk.json --market market.json
  $ zkmargin health desk.json --market market.json --theta 12500     # initial margin of 1.25
  $ zkmargin health books --market market.json                       # a folder of books
  $ zkmargin health desk.json --market market.json --fix --target 12500 --by "12:00 UTC"
  $ zkmargin health desk.json --market market.json --csv health.csv --html health.html
  $ zkmargin health - --market market.json --json < desk.json`,
    )
    .action(async (named: readonly string[], options) => {
      const { market: marketPath, theta, tier } = options;
      checkClaim({ theta, envelope: 0, healthy: true, isolated: false });
      const { paths, several } = await namedBooks(io, named);
      if (several && options.fix) throw new UsageError("--fix: expected one book, got several; name one");
      await checkExport(options);
      const market = await readMarketFile(io, marketPath);
      const dense = denseMarket(market, tier);
      const reportOf = (file: BookFile): { book: Book; report: HealthReport } => {
        const book = denseBook(file, market.listing, tier.assets);
        return {
          book,
          report: { file, market, theta, basis: book.basis, health: healthOf(book, dense, theta) },
        };
      };
      if (several) {
        const each = await eachBook(io, paths, market.listing, async (file, path) => ({
          path,
          report: reportOf(file).report,
        }));
        const books = { ...each, done: weakestFirst(each.done) };
        await writeExport(io, options, healthsExport(books, market, theta));
        io.out(options.json ? json(healthsJson(books, market, theta)) : healthsText(books, market, theta));
        return endWithWorst(books);
      }
      const { book, report } = reportOf(await readBookFile(io, paths[0] ?? "", market.listing));
      const fix = await fixOf(book, dense, report, options);
      await writeExport(io, options, healthExport(report));
      if (options.json)
        return io.out(json({ ...healthJson(report), ...(fix && { fix: fixJson(market, fix) }) }));
      io.out(fix === undefined ? healthText(report) : healthText(report) + fixText(report, fix));
    });
}

/** Least cost of a trade where the profile states less, basis points. */
const DEFAULT_TRADING_COST = 10;
/** The asset that proceeds are paid in, where it is listed. */
const DEFAULT_CASH = "USDC";

/** What --fix goes by; the options but for it are refused without it. */
interface FixOptions {
  readonly fix?: boolean;
  readonly target?: number;
  readonly by?: string;
  readonly cash?: string;
  readonly tradingCost?: number;
}

/** What is wanted of an account, and what would do. Private. */
interface Fix {
  /** Health factor to exceed, basis points. */
  readonly target: number;
  /** When it is wanted by, in the words that were given. */
  readonly by: string | null;
  /** Risk-weighted collateral that is missing, attodollars × SCALE; null where nothing is. */
  readonly shortfall: bigint | null;
  readonly healthFactor: bigint | null;
  readonly remedies: readonly Remedy[];
  /** Steps that together cost less than any one alone; null where none do. */
  readonly combination: Combination | null;
}

/** 1 to 64 printable characters, for commander. */
function deadlineText(text: string): string {
  if (text.length > 64 || !isPrintable(text))
    throw new InvalidArgumentError('Expected 1 to 64 printable characters such as "12:00 UTC on 20 May".');
  return text;
}

/**
 * What would bring a book above the target.
 * @throws UsageError for an option without --fix, UnknownAssetError for cash that is not listed, OutOfRangeError
 */
async function fixOf(
  book: Book,
  market: Market,
  { file, market: { listing }, health, theta }: HealthReport,
  options: FixOptions,
): Promise<Fix | undefined> {
  if (!options.fix) {
    for (const name of ["target", "by", "cash", "tradingCost"] as const)
      if (options[name] !== undefined)
        throw new UsageError(
          `--${name === "tradingCost" ? "trading-cost" : name}: expected --fix with it, got none`,
        );
    return undefined;
  }
  const target = options.target ?? theta;
  checkClaim({ theta: target, envelope: 0, healthy: true, isolated: false }, "target");
  const cash = slotOf(listing, options.cash ?? DEFAULT_CASH);
  if (cash === undefined)
    throw new UnknownAssetError(
      "--cash",
      `a listed asset that proceeds are paid in: one of ${listing.map(({ symbol }) => symbol).join(", ")}`,
      options.cash === undefined ? `none, and ${DEFAULT_CASH} is not listed` : "another",
    );
  const situation = {
    book,
    market,
    target,
    isolated: file.isolated,
    listed: listing.length,
    cash,
    tradingCost: options.tradingCost ?? DEFAULT_TRADING_COST,
  };
  const single = remedies(situation);
  const combined = cheapestCombination(situation, await openSolver());
  const isCheaper = combined !== null && (single[0] === undefined || combined.cost < single[0].cost);
  return {
    target,
    by: options.by ?? null,
    shortfall: shortfallOf(health.assessment, target),
    healthFactor: health.healthFactor,
    remedies: single,
    combination: isCheaper ? combined : null,
  };
}

/** What A must gain for A·10⁴ > θ·R, rounded up; null where it is so already. */
function shortfallOf(
  { collateral, requirement }: Pick<Assessment, "collateral" | "requirement">,
  target: number,
): bigint | null {
  const missing = BigInt(target) * requirement - collateral * BPS;
  return missing < 0n ? null : (missing + BPS - 1n) / BPS;
}

/** A margin call for programs. */
function fixJson(market: MarketFile, fix: Fix) {
  return {
    ...fix,
    remedies: fix.remedies.map((remedy) => ({
      kind: remedy.kind,
      words: remedyWords(remedy, market),
      cost: remedy.cost,
      healthFactor: remedy.healthFactor,
      changes: remedy.changes.map(({ slot, part, quanta }) => ({
        asset: market.listing[slot]?.symbol,
        part,
        quanta,
      })),
    })),
    combination: fix.combination && {
      cost: fix.combination.cost,
      healthFactor: fix.combination.healthFactor,
      steps: fix.combination.steps.map((step) => ({
        kind: step.kind,
        words: remedyWords({ ...step, book: fix.combination?.book ?? NO_BOOK }, market),
        cost: step.cost,
      })),
    },
  };
}

/** What words of a step look up where there is no book. */
const NO_BOOK: Book = { spot: [], perp: [], basis: 0n };

/** Rows of one kind that people are shown; programs get all. */
const SHOWN = 4;

/** A margin call for people: who, what, how much, by when, and what would do. */
function fixText({ file, market }: HealthReport, fix: Fix): string {
  const { target, by, shortfall } = fix;
  const goal = factor(target);
  if (shortfall === null) return `\n  no margin call: the health factor is above ${goal} already\n`;
  const account = `${file.account}, sequence ${file.sequence}`;
  const now = fix.healthFactor === null ? "none, as nothing is owned or owed" : factor(fix.healthFactor);
  const call = [
    `  MARGIN CALL on ${account}`,
    `  At the prices of ${market.source.date} and under ${market.profile.name} the health factor is ${now}, not above ${goal}.`,
    `  Risk-weighted collateral of more than ${dollars(shortfall)} is missing${by === null ? "" : `, and wanted by ${by}`}.`,
  ];
  const cheapest = combinationText(fix.combination, market);
  if (fix.remedies.length === 0)
    return [
      "",
      ...call,
      fix.combination === null
        ? "  No step and no combination of steps is enough: move the positions elsewhere."
        : "  No single step is enough.",
      ...cheapest,
      "",
    ].join("\n");
  const count = new Map<RemedyKind, number>();
  const shown = fix.remedies.filter(({ kind }) => {
    count.set(kind, (count.get(kind) ?? 0) + 1);
    return (count.get(kind) ?? 0) <= SHOWN;
  });
  const left = fix.remedies.length - shown.length;
  const rows = shown.map((remedy) => [
    dollars(remedy.cost),
    remedyWords(remedy, market),
    factor(remedy.healthFactor),
  ]);
  return [
    "",
    ...call,
    "  Any one of these steps is enough, the cheapest first:\n",
    table(["cost", "step", "then"], rows, { indent: "    ", text: [1] }).trimEnd(),
    ...(left === 0 ? [] : [`    and ${left} more (--json)`]),
    ...cheapest,
    "    cost: dollars to bring in; of a trade what it is charged, by the profile's liquidity and impact",
    "",
  ].join("\n");
}

/** The cheapest combination, step by step; nothing where no combination is cheaper than a step alone. */
function combinationText(combination: Combination | null, market: MarketFile): string[] {
  if (combination === null) return [];
  const rows = combination.steps.map((step) => [
    dollars(step.cost),
    remedyWords({ ...step, book: combination.book }, market),
  ]);
  return [
    `  Cheapest together, ${dollars(combination.cost)}, for a health factor of ${factor(combination.healthFactor)}:\n`,
    table(["cost", "step"], rows, { indent: "    ", text: [1] }).trimEnd(),
  ];
}

/** A remedy as an instruction. */
function remedyWords(
  { kind, changes, book }: Pick<Remedy, "kind" | "changes" | "book">,
  { listing }: MarketFile,
): string {
  const units = (quanta: bigint, slot: number) => {
    const { symbol = "", decimals = 0 } = listing[slot] ?? {};
    return `${formatDecimal(quanta < 0n ? -quanta : quanta, decimals)} ${symbol}`;
  };
  const [first, second] = changes as readonly [Change, Change?];
  const amount = units(first.quanta, first.slot);
  const symbol = listing[first.slot]?.symbol;
  const trade = first.quanta < 0n ? "sell" : "buy";
  switch (kind) {
    case "close": {
      const rest = book.perp[first.slot] ?? 0n;
      const side = first.quanta < 0n ? "long" : "short";
      return rest === 0n
        ? `close the ${side} ${symbol} perpetual: ${trade} ${amount}`
        : `close a part of the ${side} ${symbol} perpetual: ${trade} ${amount}`;
    }
    case "hedge":
      return `hedge: ${trade} ${amount} of perpetual`;
    case "sell": {
      const bought = second === undefined ? "" : units(second.quanta, second.slot);
      const owed = second !== undefined && (book.spot[second.slot] ?? 0n) <= 0n;
      return `sell ${amount} and ${owed ? "pay back" : "take"} ${bought}`;
    }
    case "repay":
      return `pay back ${amount}`;
    case "deposit": {
      const held = book.spot[first.slot] ?? 0n;
      return held < first.quanta
        ? `bring in ${amount}: pay back what is owed of it, deposit the rest`
        : `deposit ${amount}`;
    }
  }
}
