import { InvalidArgumentError } from "commander";
import { isPrintable } from "../../../encoding/objectReader.js";
import { UnknownAssetError, UsageError } from "../../../errors.js";
import type { MarketFile } from "../../../market/file.js";
import { BPS } from "../../../protocol/bounds.js";
import { checkClaim } from "../../../protocol/claim.js";
import { slotOf } from "../../../protocol/listing.js";
import type { Assessment } from "../../../protocol/statement.js";
import type { Book, Market } from "../../../protocol/types.js";
import { remedies } from "../../../risk/remedy/remedies.js";
import type { Remedy } from "../../../risk/remedy/situation.js";
import { remedyWords } from "./fix/words.js";
import type { HealthReport } from "./json.js";

/** Least cost of a trade where the profile states less, basis points. */
export const DEFAULT_TRADING_COST = 10;
/** The asset that proceeds are paid in, where it is listed. */
const DEFAULT_CASH = "USDC";

/** What --fix goes by; the options but for it are refused without it. */
export interface FixOptions {
  readonly fix?: boolean;
  readonly target?: number;
  readonly by?: string;
  readonly cash?: string;
  readonly tradingCost?: number;
}

/** What is wanted of an account, and what would do. Private. */
export interface Fix {
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
  if (options.cash !== undefined && cash === undefined)
    throw new UnknownAssetError("--cash", "a listed asset", "another");
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
      cash: cash ?? null,
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
