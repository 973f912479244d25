import * as z from "zod/mini";
import { parseDecimal } from "../encoding/decimal.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { MAX_DECIMALS, QUANTITY_BITS, USD_DECIMALS } from "../protocol/bounds.js";
import { type Listing, slotOf } from "../protocol/listing.js";

/** One asset of a book, as a file has it. */
export const positionSchema = z.strictObject({
  asset: z.string(),
  /** Units held (positive: collateral) or owed (negative: debt). */
  spot: z.string(),
  /** Units of the perpetual, long or short; "0" for none. */
  perp: z._default(z.string(), "0"),
  /** Dollars per unit at which the perpetual was entered; absent or "0" where there is none. */
  entryPrice: z.exactOptional(z.string()),
  /** Cumulative funding index at entry, dollars per unit; "0" if absent. */
  entryFunding: z.exactOptional(z.string()),
});
/** One asset of a book, in human units. */
export type Position = Readonly<z.infer<typeof positionSchema>>;

/** A position in integers. */
export interface ExactPosition {
  /** Slot of the asset in the listing. */
  readonly slot: number;
  /** Quanta. */
  readonly spot: bigint;
  readonly perp: bigint;
  /** perp·(entryFunding − entryPrice), attodollars × BASIS_SCALE, exact. */
  readonly basis: bigint;
}

/** Common denominator of all positions' bases: 10^(most decimals a quantum has). */
export const BASIS_SCALE = 10n ** BigInt(MAX_DECIMALS);

/**
 * Turns positions into integers, exactly. `pathOf` names position i in errors; no error quotes an amount, a
 * price or an asset.
 *
 * @throws UnknownAssetError, DuplicateAssetError, FormatError, PrecisionError, OutOfRangeError,
 *   MissingFieldError (no entry price)
 */
export function exactPositions(
  positions: readonly Position[],
  listing: Listing,
  pathOf: (index: number) => string,
): ExactPosition[] {
  const seen = new Set<number>();
  return positions.map((position, index) => {
    const path = pathOf(index);
    const slot = slotOf(listing, position.asset);
    const asset = slot === undefined ? undefined : listing[slot];
    if (slot === undefined || asset === undefined)
      throw new UnknownAssetError(
        `${path}.asset`,
        "the symbol of a listed asset",
        "another text",
        listing.map(({ symbol }) => symbol),
      );
    if (seen.has(slot))
      throw new DuplicateAssetError(`${path}.asset`, "each asset once", "the asset of a position before it");
    seen.add(slot);

    const spot = quanta(position.spot, asset.decimals, `${path}.spot`);
    const perp = quanta(position.perp, asset.decimals, `${path}.perp`);
    const price = entryPrice(position, perp !== 0n, `${path}.entryPrice`);
    const funding = parseDecimal(position.entryFunding ?? "0", USD_DECIMALS, `${path}.entryFunding`);
    if (perp === 0n && funding !== 0n)
      throw new FormatError(`${path}.entryFunding`, "none or 0 without a perpetual", "another value");
    const basis = perp * (funding - price) * 10n ** BigInt(MAX_DECIMALS - asset.decimals);
    return { slot, spot, perp, basis };
  });
}

function quanta(text: string, decimals: number, path: string): bigint {
  const quantity = parseDecimal(text, decimals, path);
  const limit = 1n << BigInt(QUANTITY_BITS);
  if (quantity <= -limit || quantity >= limit)
    throw new OutOfRangeError(path, `a magnitude below 2^${QUANTITY_BITS} quanta`, "a larger one");
  return quantity;
}

/** Attodollars per unit; 0 without a perpetual, above 0 with one. */
function entryPrice({ entryPrice: text }: Position, hasPerp: boolean, path: string): bigint {
  if (text === undefined) {
    if (hasPerp) throw new MissingFieldError(path, "an entry price for the perpetual", "none");
    return 0n;
  }
  const price = parseDecimal(text, USD_DECIMALS, path);
  if (!hasPerp && price !== 0n) throw new FormatError(path, "none or 0 without a perpetual", "another value");
  if (hasPerp && price <= 0n) throw new OutOfRangeError(path, "a price above 0", "0 or less");
  return price;
}
