import { boundsFunding, type SleeveArraysFile } from "../../book/sleeveFile.js";
import { MarketMismatchError, OutOfRangeError } from "../../errors.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import type { SleeveTerms } from "../../protocol/attestation.js";
import { SLEEVE_FUNDING_WEIGHT } from "../../protocol/bounds.js";
import { profileWords, shocksHash } from "../../protocol/profileWords.js";
import type { OpenDeployment } from "../deployment.js";

/** The longest that the registry takes a book for, seconds from when it was read. */
export async function longestBook({ contracts }: OpenDeployment): Promise<bigint> {
  const { riskProfile, bookRegistry } = contracts;
  const [allowed, ever] = [await riskProfile.bookMaxAge(), await bookRegistry.longestBook()];
  return allowed < ever ? allowed : ever;
}

/** When a book was read: not after the newest block, nor before the account's last book. @throws OutOfRangeError */
export function checkAsOf(
  asOf: bigint,
  { last, time }: { readonly last: bigint; readonly time: bigint },
  path: string,
): void {
  if (asOf > time || asOf < last)
    throw new OutOfRangeError(path, `${last} to ${time}: from the last book to the newest block`, `${asOf}`);
}

/**
 * What is signed of a book's sleeve, whose arrays were made for this market.
 * @throws OutOfRangeError if they bound funding for less than the ledger counts
 * @throws MarketMismatchError if the market is no round of this ledger or under other shocks, or the arrays are another's
 */
export async function sleeveTermsOf(
  open: OpenDeployment,
  market: MarketFile,
  sleeve: Pick<SleeveArraysFile, "market" | "band">,
): Promise<SleeveTerms> {
  const { source } = market;
  const ledger = await open.contracts.marketLedger.origin();
  if (!("round" in source) || source.ledger.toLowerCase() !== ledger.toLowerCase())
    throw new MarketMismatchError(
      "market.source",
      `a round of ledger ${ledger}`,
      "another market",
      "write one with zkmargin round",
    );
  if (sleeve.market !== marketDigest(market))
    throw new MarketMismatchError(
      "book.sleeve.market",
      marketDigest(market),
      sleeve.market,
      "make the arrays for this round",
    );
  const shocks = await open.contracts.riskProfile.shocksHash();
  const own = shocksHash(profileWords(market.profile, open.tier), open.tier);
  if (own !== shocks)
    throw new MarketMismatchError(
      "market.profile",
      "the shocks in force",
      "others",
      "write the newest round with zkmargin round",
    );
  const { band } = sleeve;
  if (!boundsFunding(band))
    throw new OutOfRangeError(
      "book.sleeve.band.fundingWeight",
      `1 to ${SLEEVE_FUNDING_WEIGHT}, as often as the ledger counts funding`,
      band.fundingWeight === null ? "none" : String(band.fundingWeight),
    );
  const { price, until } = band;
  return { ledger, pricedAt: BigInt(source.round), band: BigInt(price), until: BigInt(until), shocks };
}
