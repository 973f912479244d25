import type { MarketFile } from "../market/file.js";
import { type Band, bandClaim } from "./band.js";
import { BundleVerifier, type TrustedKey, tierOfBundle, type Verified } from "./verify.js";
import { type BandClaim, bandWords } from "./words.js";

/** What a verified band says: what its halves have in common, and its own claim and words. */
export interface VerifiedBand extends Omit<Verified, "claim" | "words"> {
  readonly words: string;
  readonly band: BandClaim;
}

/**
 * Verifies both proofs of a band, and that they belong together.
 * @throws what BundleVerifier and {@link bandClaim} throw
 */
export function verifyBand(input: {
  readonly band: Band;
  readonly market?: MarketFile;
  readonly trusted: TrustedKey;
}): VerifiedBand {
  const { band, trusted } = input;
  const claim = bandClaim(band);
  const market = input.market ?? band.market;
  const verifier = new BundleVerifier(tierOfBundle(band.above), trusted);
  verifier.verify(band.notAbove, market);
  const { claim: _, words: __, ...common } = verifier.verify(band.above, market);
  return { ...common, words: bandWords(claim), band: claim };
}
