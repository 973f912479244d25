import { InvalidProofError } from "../errors.js";
import { checkMarketFile, denseMarket, type MarketFile, marketDigest } from "../market/file.js";
import { FIELD_R } from "../protocol/bounds.js";
import type { Claim } from "../protocol/claim.js";
import { listingDigest } from "../protocol/listing.js";
import { type PublicStatement, publicSignals } from "../protocol/signals.js";
import type { Tier } from "../protocol/tiers.js";

/**
 * The public statement that a proof proves, checked and computed once. The prover derives it from a request, and the
 * verifier, independently, from a bundle. Nothing in it is private.
 */
export interface Statement extends PublicStatement {
  readonly tier: Tier;
  /** SHA-256 of the market file, hex. */
  readonly marketDigest: string;
  /** The public signals in their order, signalCount(tier) of them, each below r. */
  readonly signals: readonly bigint[];
}

/**
 * The statement of a claim on the book behind a commitment, in a market.
 * @param market the whole file; it is checked first
 * @throws InvalidProofError for a commitment that is not below r: a negative one would pass as its residue
 * @throws InputError for a claim or a market out of bounds, or a market larger than the tier
 */
export function statementOf(
  { commitment, claim }: { readonly commitment: bigint; readonly claim: Claim },
  market: MarketFile,
  tier: Tier,
): Statement {
  checkMarketFile(market);
  if (commitment < 0n || commitment >= FIELD_R)
    throw new InvalidProofError("bundle.commitment: expected a word below r, got another");
  const statement: PublicStatement = {
    commitment,
    claim,
    listing: listingDigest(market.listing),
    market: denseMarket(market, tier),
  };
  return { ...statement, tier, marketDigest: marketDigest(market), signals: publicSignals(statement) };
}
