/**
 * `zkmargin/verify`. What a counterparty needs: bundles, bands, markets and the worth of a key. Pure, and safe in a browser:
 * the trusted key comes as a value.
 */

export { formatOf } from "../encoding/strictJson.js";
export {
  type KeyKind,
  type KeyWorth,
  keyStatement,
  keyWarning,
  type PhaseOneSource,
} from "../groth16/artefacts/keyStatement.js";
export type { Groth16Proof } from "../groth16/proof.js";
export type { VerificationKey } from "../groth16/verificationKey.js";
export { checkKey, type VerificationKeyPoints } from "../groth16/verificationKey.js";
export {
  type AssetPrice,
  closingTime,
  denseMarket,
  type MarketFile,
  type MarketSource,
  marketDigest,
  parseMarket,
  serialiseMarket,
} from "../market/file.js";
export {
  attestationWords,
  isExpiredAt,
  parseAttestation,
  type SignedBook,
  serialiseAttestation,
  verifyAttestation,
} from "../prove/attestation.js";
export {
  type Band,
  bandClaim,
  isBand,
  parseBand,
  serialiseBand,
  type VerifiedBand,
  verifyBand,
} from "../prove/band.js";
export { type Bundle, parseBundle, serialiseBundle } from "../prove/bundle.js";
export {
  BundleVerifier,
  exportForSnarkjs,
  type TrustedKey,
  trustedKeyOf,
  type Verified,
  verifyBundle,
} from "../prove/bundleVerifier.js";
export {
  agoText,
  type BandClaim,
  bandWords,
  factorText,
  percentText,
  QUALIFIER,
  statementWords,
} from "../prove/statementWords.js";
