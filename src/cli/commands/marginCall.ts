import { InvalidArgumentError } from "commander";
import { formatDecimal } from "../../encoding/decimal.js";
import { isPrintable } from "../../encoding/shape.js";
import { UnknownAssetError, UsageError } from "../../errors.js";
import type { MarketFile } from "../../market/file.js";
import { BPS } from "../../protocol/bounds.js";
import { checkClaim } from "../../protocol/claim.js";
import { slotOf } from "../../protocol/listing.js";
import type { Assessment } from "../../protocol/statement.js";
import type { Book, Market } from "../../protocol/types.js";
import { remedies } from "../../risk/remedy/remedies.js";
import type { Change, Remedy, RemedyKind } from "../../risk/remedy/situation.js";
import { dollars, factor, table } from "../format.js";
import type { HealthReport } from "./healthReport.js";

/** Least cost of a trade where the profile states less, basis points. */
export const DEFAULT_TRADING_COST = 10;
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
}

/** 1 to 64 printable characters, for commander. */
export function deadlineText(text: string): string {
  if (text.length > 64 || !isPrintable(text))
    throw new InvalidArgumentError('Expected 1 to 64 printable characters such as "12:00 UTC on 20 May".');
  return text;
}

/**
 * What would bring a book above the target.
 * @throws UsageError for an option without --fix, UnknownAssetError for cash that is not listed, OutOfRangeError
 */
export function fixOf(
  book: Book,
  market: Market,
  { file, market: { listing }, health, theta }: HealthReport,
  options: FixOptions,
): Fix | undefined {
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
  return {
    target,
    by: options.by ?? null,
    shortfall: shortfallOf(health.assessment, target),
    healthFactor: health.healthFactor,
    remedies: remedies({
      book,
      market,
      target,
      isolated: file.isolated,
      listed: listing.length,
      cash,
      tradingCost: options.tradingCost ?? DEFAULT_TRADING_COST,
    }),
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
export function fixJson(market: MarketFile, fix: Fix) {
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
  };
}

/** Rows of one kind that people are shown; programs get all. */
const SHOWN = 4;

/** A margin call for people: who, what, how much, by when, and what would do. */
export function fixText({ file, market }: HealthReport, fix: Fix): string {
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
  if (fix.remedies.length === 0)
    return [
      "",
      ...call,
      "  No single step is enough: take several, or move the positions elsewhere.",
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
    "    cost: dollars to bring in; of a trade what it is charged, by the profile's liquidity and impact",
    "",
  ].join("\n");
}

/** A remedy as an instruction. */
function remedyWords({ kind, changes, book }: Remedy, { listing }: MarketFile): string {
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
