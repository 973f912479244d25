/** zkmargin as a library. Everything here is documented in docs/LIBRARY.md; the list is snapshot-tested. */

export { Archive, type Archived } from "./audit/archive/archive.js";
export {
  parseAuditorKey,
  parseAuditorPublicKey,
  serialiseAuditorKey,
} from "./audit/archive/auditorKey.js";
export {
  ARCHIVE_FINDINGS,
  type ArchiveFinding,
  type ArchiveFindingCode,
} from "./audit/archive/findings.js";
export {
  ArchiveReader,
  type ArchiveReaderKey,
  type ArchiveStep,
  type OpenedStep,
} from "./audit/archive/reader.js";
export { type KeyPair, newKeyPair } from "./audit/archive/seal.js";
export type { ArchiveHead } from "./audit/archive/walk.js";
export {
  type DisclosedBook,
  type DisclosedOpening,
  type Disclosure,
  type DisclosureHeader,
  disclosedOpening,
  disclosureLines,
  readDisclosure,
  type Scope,
} from "./audit/disclosure.js";
export { FINDINGS, type Finding, type FindingCode, type Severity } from "./audit/findings.js";
export { type Names, parseNames } from "./audit/names.js";
export { Openings } from "./audit/replay/openings.js";
export { type LogLine, type RunOptions, replayLog } from "./audit/replay/run.js";
export { auditCsv } from "./audit/report/csv.js";
export { auditReport, type ReportOptions } from "./audit/report/report.js";
export type { Audit } from "./audit/result.js";
export { parseAudit, serialiseAudit } from "./audit/resultFile.js";
export { importBookCsv } from "./book/csv.js";
export { type BookFile, type BookHeader, parseBook, serialiseBook } from "./book/file.js";
export { denseBook, type Opening, openBook } from "./book/opening.js";
export { deriveSalt, parseSecret } from "./book/salt.js";
export {
  type AttestedTerms,
  accountId,
  openAccount,
  relayBook,
  type SignedBook,
  signBook,
} from "./chain/attest.js";
export { parseAttestation, serialiseAttestation } from "./chain/attestationFile.js";
export { type BundleLike, provenClaim } from "./chain/bundle.js";
export { checkDeployment } from "./chain/checkDeployment.js";
export { checkHolders, type RoleHolder, roleHolders } from "./chain/checkRoles.js";
export {
  type ConnectDeploymentOptions,
  type ConnectedDeployment,
  connectDeployment,
  type TrustedKeySource,
} from "./chain/connectDeployment.js";
export { type OpenDeployment, openDeployment } from "./chain/contracts.js";
export { checkPlan } from "./chain/deploy/checkPlan.js";
export { type DeployStep, deploy, rehearse } from "./chain/deploy/deploy.js";
export type { DeployPlan, FeedPlan, VaultPlan } from "./chain/deploy/plan.js";
export { type PlanContext, parsePlan } from "./chain/deploy/planFile.js";
export type { DeployEstimate, DeploySender } from "./chain/deploy/rehearsal.js";
export { type Deployment, parseDeployment, serialiseDeployment } from "./chain/deployment.js";
export { type ExportOptions, exportLog, logLines } from "./chain/eventLog/export.js";
export { fileJournal, type Journal, memoryJournal } from "./chain/journal.js";
export type { BookState, GivenBook } from "./chain/keeper/books.js";
export { DEFAULT_POLICY, type KeeperPolicy } from "./chain/keeper/decide.js";
export type { KeeperEvent } from "./chain/keeper/events.js";
export {
  Keeper,
  type KeeperOptions,
  type Prove,
  type ProveRequest,
  type Ticked,
} from "./chain/keeper/keeper.js";
export { DEFAULT_WATCH, type WatchPolicy } from "./chain/keeper/watch.js";
export { type ChainKey, checkKeyOnChain, type KeyPlace } from "./chain/keyGate.js";
export { type KeySource, lock, unlock } from "./chain/keystore.js";
export { type Poked, poke } from "./chain/poke.js";
export type { ProposalTransaction } from "./chain/proposal/calls.js";
export { type Proposal, serialiseProposal } from "./chain/proposal/file.js";
export {
  cancellations,
  type Governance,
  governanceOf,
  type LiveProfile,
  liveProfile,
} from "./chain/proposal/governance.js";
export { parseProposal } from "./chain/proposal/parse.js";
export { type ProposalStanding, proposalStanding, type StepState } from "./chain/proposal/standing.js";
export { type ProposalTiming, type ProposedStep, proposedSteps } from "./chain/proposal/steps.js";
export { type Connection, connect } from "./chain/provider.js";
export { foldMarket, type RoundMarket, roundMarket } from "./chain/rounds.js";
export {
  type AccountStatus,
  accountStatus,
  type HealthClaim,
  type MarketStatus,
  marketStatus,
  type RoundStatus,
} from "./chain/status.js";
export {
  isAccepted,
  type ProvenClaim,
  type Submitted,
  type SubmittedBatch,
  submit,
  submitBatch,
} from "./chain/submit.js";
export type { TransactionOptions } from "./chain/transactions/submission.js";
export { Transactions } from "./chain/transactions/transactions.js";
export { type Taken, Vault } from "./chain/vault.js";
export { type VaultStanding, vaultStanding } from "./chain/vaultStanding.js";
export type { NamedKey } from "./chain/verificationKey.js";
export * from "./errors.js";
export { checkKey } from "./keys/keyGate.js";
export type { VerificationKeyPoints } from "./keys/points.js";
export type { TextSigner } from "./keys/signedText.js";
export { buildMarket, type Funding, type MarketOptions } from "./market/build.js";
export { denseMarket, type MarketFile, marketDigest, parseMarket, serialiseMarket } from "./market/file.js";
export { parseFunding } from "./market/funding.js";
export { listedOn, type PriceHistory, parseHistory } from "./market/history.js";
export { dailyTable, parsePriceTable } from "./market/priceTable.js";
export { parseProfile, serialiseProfile } from "./market/profile.js";
export { checkBook, checkMarket, checkRiskParameters } from "./protocol/checks.js";
export { type Claim, packClaim, unpackClaim } from "./protocol/claim.js";
export { commitBook } from "./protocol/commitment.js";
export { BAND_GRID, type Health, healthOf, narrowestBand } from "./protocol/health.js";
export { DEFAULT_LISTING, type ListedAsset, type Listing, listingDigest } from "./protocol/listing.js";
export { checkProfile, type RiskProfile, restrictProfile } from "./protocol/profile.js";
export {
  circuitInputs,
  PUBLIC_SIGNALS,
  publicSignals,
  signalCount,
  signalLayout,
} from "./protocol/signals.js";
export {
  type Assessment,
  type AssetContribution,
  assess,
  claimHolds,
  exceeds,
  type Leaning,
  SCALE,
} from "./protocol/statement.js";
export { DEFAULT_TIER, findTier, TIERS, type Tier, type TierName } from "./protocol/tiers.js";
export type { Book, Market, RiskParameters } from "./protocol/types.js";
export { breakingMoves, healthFactor, largestEnvelope, largestTheta } from "./protocol/whatIf.js";
export {
  type KeyKind,
  type KeyWorth,
  keyStatement,
  keyWarning,
  type PhaseOneSource,
} from "./prove/artefacts/keyStatement.js";
export { type Artefacts, loadArtefacts, loadVerificationKey } from "./prove/artefacts/load.js";
export { pinnedVerificationKey } from "./prove/artefacts/pins.js";
export { type Band, parseBand, serialiseBand } from "./prove/band.js";
export { type Bundle, parseBundle, serialiseBundle } from "./prove/bundle.js";
export type { Attestation } from "./prove/ceremony/attestation.js";
export { applyBeacon } from "./prove/ceremony/beacon.js";
export { contribute } from "./prove/ceremony/contribute.js";
export { finishCeremony } from "./prove/ceremony/finish.js";
export { installCeremony } from "./prove/ceremony/install.js";
export { startCeremony } from "./prove/ceremony/start.js";
export type { CeremonyTerms } from "./prove/ceremony/terms.js";
export type { Transcript } from "./prove/ceremony/transcript.js";
export { type VerifiedCeremony, verifyCeremony } from "./prove/ceremony/verify.js";
export { fastProver } from "./prove/fastProver.js";
export { type BandRequest, proveBand } from "./prove/proveBand.js";
export type { ProofRequest } from "./prove/proveBook.js";
export { ProvingSession } from "./prove/session.js";
export { setup } from "./prove/setup/setup.js";
export { snarkjsProver } from "./prove/snarkjsProver.js";
export {
  BundleVerifier,
  exportForSnarkjs,
  type TrustedKey,
  trustedKeyOf,
  type Verified,
  verifyBundle,
} from "./prove/verify.js";
export { type VerifiedBand, verifyBand } from "./prove/verifyBand.js";
export type { BandClaim } from "./prove/words.js";
export { type BookRecipe, backtestBooks } from "./risk/backtest/books.js";
export {
  type Backtest,
  type BacktestOptions,
  backtest,
  type Outcome,
  type Total,
} from "./risk/backtest/compare.js";
export type { DailyPrices } from "./risk/backtest/prices.js";
export { calibratedRegime, fixedRegime, type Regime } from "./risk/backtest/regimes.js";
export type { WalkOptions } from "./risk/backtest/walk.js";
export {
  type AssetReport,
  type Calibration,
  type CalibrationOptions,
  type CalibrationReport,
  calibrate,
  DEFAULT_CALIBRATION,
} from "./risk/calibrate.js";
export { calibratable } from "./risk/calibrationData.js";
export { DEPTHS, type MarketDepth } from "./risk/impact.js";
export { type NamedJump, type PriceJump, priceJumps } from "./risk/jumps.js";
export { findPreset, PRESETS } from "./risk/presets.js";
export { compareProfiles, isTightening, type ParameterChange, tightestOf } from "./risk/propose/diff.js";
export {
  type Drift,
  driftOf,
  quantumPrices,
  type ReferenceBook,
  referenceBooks,
} from "./risk/propose/drift.js";
export { type ProfileStep, type Ramp, type RampOptions, stepsTo } from "./risk/propose/steps.js";
export { remedies } from "./risk/remedy/remedies.js";
export type { Remedy, RemedyKind, Situation } from "./risk/remedy/situation.js";
export { type PriceTable, pricesUntil } from "./risk/returns.js";
export {
  type Cascade,
  type Crossing,
  cascade,
  type Standing,
  THRESHOLDS,
  type Threshold,
} from "./risk/stress/cascade.js";
export { type DayMoves, movesOn, NAMED_DAYS } from "./risk/stress/days.js";
export { joinShock, parseShocks, type Shock } from "./risk/stress/shocks.js";
export { type Stress, stress } from "./risk/stress/stress.js";
