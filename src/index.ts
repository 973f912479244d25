/** zkmargin as a library. Everything here is documented in docs/LIBRARY.md; the list is snapshot-tested. */

export { commitBook } from "./book/commitment.js";
export { importBookCsv } from "./book/csv.js";
export { denseBook } from "./book/dense.js";
export { type BookFile, type BookHeader, parseBook, serialiseBook } from "./book/file.js";
export { type Opening, openBook } from "./book/opening.js";
export { deriveSalt, parseSecret } from "./book/salt.js";
export * from "./errors.js";
export {
  type Assessment,
  type AssetContribution,
  assess,
  claimHolds,
  exceeds,
  type Leaning,
  SCALE,
} from "./margin/assess.js";
export { checkBook, checkMarket, checkRiskParameters } from "./margin/bounds.js";
export { type Health, healthOf } from "./margin/health.js";
export { checkProfile, type RiskProfile, restrictProfile } from "./margin/profile.js";
export type { Book, Market, RiskParameters } from "./margin/types.js";
export { breakingMoves, healthFactor, largestEnvelope, largestTheta } from "./margin/whatIf.js";
export { buildMarket, type Funding, type MarketOptions } from "./market/build.js";
export { denseMarket } from "./market/dense.js";
export { type MarketFile, marketDigest, parseMarket, serialiseMarket } from "./market/file.js";
export { parseFunding } from "./market/funding.js";
export { type PriceHistory, parseHistory } from "./market/history.js";
export { listedOn } from "./market/listedOn.js";
export { parseProfile, serialiseProfile } from "./market/profile.js";
export { type Artefacts, loadArtefacts } from "./prove/artefacts/load.js";
export { pinnedVerificationKey } from "./prove/artefacts/pins.js";
export { type Bundle, parseBundle, serialiseBundle } from "./prove/bundle.js";
export { fastProver } from "./prove/fastProver.js";
export type { ProofRequest } from "./prove/proveBook.js";
export { ProvingSession } from "./prove/session.js";
export { setup } from "./prove/setup/setup.js";
export { snarkjsProver } from "./prove/snarkjsProver.js";
export {
  BundleVerifier,
  exportForSnarkjs,
  type TrustedKey,
  type Verified,
  verifyBundle,
} from "./prove/verify.js";
export { findPreset, PRESETS } from "./risk/presets.js";
export { type Claim, packClaim, unpackClaim } from "./spec/claim.js";
export { DEFAULT_LISTING, type ListedAsset, type Listing, listingDigest } from "./spec/listing.js";
export { PUBLIC_SIGNALS, signalCount, signalLayout } from "./spec/signals.js";
export { DEFAULT_TIER, findTier, TIERS, type Tier, type TierName } from "./spec/tiers.js";
export { circuitInputs, publicSignals } from "./witness/signals.js";
