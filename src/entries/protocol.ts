/**
 * `zkmargin/protocol`. The shared rules: listing, tiers, books in numbers, the formula, claims, commitments, signals, and every
 * error. Pure, and safe in a browser: no files, no node, no clock.
 */

export * from "../errors.js";
export { ODOMETER_UNIT } from "../protocol/bounds.js";
export { checkBook, checkMarket, checkRiskParameters } from "../protocol/checks.js";
export { type Claim, packClaim, unpackClaim } from "../protocol/claim.js";
export { commitBook } from "../protocol/commitment.js";
export { BAND_GRID, type Health, healthOf, narrowestBand } from "../protocol/health.js";
export { DEFAULT_LISTING, type ListedAsset, type Listing, listingDigest } from "../protocol/listing.js";
export {
  type AssetRisk,
  checkProfile,
  type RiskProfile,
  restrictProfile,
  type Scenario,
} from "../protocol/profile.js";
export {
  type CircuitInputs,
  circuitInputs,
  PUBLIC_SIGNALS,
  publicSignals,
  signalCount,
  signalLayout,
} from "../protocol/signals.js";
export {
  type Assessment,
  type AssetContribution,
  assess,
  claimHolds,
  exceeds,
  type Leaning,
  SCALE,
} from "../protocol/statement.js";
export { DEFAULT_TIER, findTier, TIERS, type Tier, type TierName } from "../protocol/tiers.js";
export type { Book, Market, RiskParameters } from "../protocol/types.js";
export {
  type BreakingMove,
  breakingMoves,
  healthFactor,
  largestEnvelope,
  largestOfGrid,
  largestTheta,
} from "../protocol/whatIf.js";
