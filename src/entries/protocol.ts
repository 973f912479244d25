/**
 * `zkmargin/protocol`. The shared rules: listing, tiers, books in numbers, the formula, claims, commitments, signals, and every
 * error. Pure, and safe in a browser: no files, no node, no clock.
 */

export { formatDecimal, parseDecimal } from "../encoding/decimal.js";
export * from "../errors.js";
export {
  type AttestedTerms,
  attestedMessage,
  BOOK_TYPES,
  bookDigest,
  type SigningPlace,
  SLEEVED_BOOK_TYPES,
  type SleeveTerms,
  signingDomain,
} from "../protocol/attestation.js";
export {
  type AuctionTerms,
  auctionFactor,
  auctionPrice,
  auctionQuote,
  closableDebt,
  type DividedBid,
  divideBid,
  type PricedAuction,
  type PricedToken,
  startCostOf,
  withPenalty,
} from "../protocol/auction.js";
export { BPS, FIELD_R, ODOMETER_UNIT, ROUNDS, USD_DECIMALS } from "../protocol/bounds.js";
export { checkBook, checkMarket, checkRiskParameters } from "../protocol/checks.js";
export { type Claim, packClaim, unpackClaim } from "../protocol/claim.js";
export { commitBook } from "../protocol/commitment.js";
export {
  type AccruingLine,
  centsOwed,
  creditInterest,
  creditRate,
  owedAhead,
  owedOf,
  type RateTerms,
  sharesOf,
  worthOf,
} from "../protocol/credit.js";
export { foldSignals, type Point } from "../protocol/folding.js";
export { type CapSums, capAt, type FundRules, requiredFund, stepFor } from "../protocol/fundCover.js";
export {
  type AttestedBook,
  type BookTerms,
  type GateAccount,
  type GateMarket,
  type GateRound,
  type ProvenHealth,
  type ProvenSleeve,
  type StatusMarks,
} from "../protocol/gate.js";
export { BAND_GRID, type Health, healthOf, narrowestBand } from "../protocol/health.js";
export {
  bookTerms,
  endOfBook,
  endOfBookAge,
  endOfProof,
  GATE_LAPSES,
  type GateLapse,
  lapseOf,
} from "../protocol/lapse.js";
export { DEFAULT_LISTING, type ListedAsset, type Listing, listingDigest } from "../protocol/listing.js";
export {
  type AssetTerms,
  DEFAULT_ASSETS,
  type ListingFile,
  parseListing,
  type StatedDepth,
  serialiseListing,
} from "../protocol/listingFile.js";
export {
  allowanceOf,
  firstBeyond,
  moveOf,
  type OdometerReading,
  odometerLimit,
  type QuotedPrices,
  quoteOf,
  sleeveMoveOf,
  takesRound,
} from "../protocol/odometer.js";
export {
  type AssetRisk,
  checkProfile,
  type RiskProfile,
  restrictProfile,
  type Scenario,
} from "../protocol/profile.js";
export { profileWordCount, profileWords, readProfileWords, shocksHash } from "../protocol/profileWords.js";
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
export {
  type GateStatus,
  isOutage,
  nextStatusChange,
  STATUS_NAMES,
  type StatusName,
  statusAt,
  worstStatus,
} from "../protocol/status.js";
export { type TornLine, type TornPrices, tearUpPrices } from "../protocol/tearUp.js";
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
