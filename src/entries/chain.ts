/**
 * `zkmargin/chain`. A deployment and all that is done with it: nodes, transactions, attestations, rounds, proofs, the keeper,
 * the vault, governance, event logs, and local chains to try things out on.
 */

export { ANVIL_KEYS, Anvil } from "../chain/anvil.js";
export {
  type AccountTerms,
  accountId,
  openAccount,
  registryOf,
  relayBook,
  signBook,
  voidSleeve,
} from "../chain/attest.js";
export { type ChainKey, checkDeployment, checkKeyOnChain, type KeyPlace } from "../chain/checkDeployment.js";
export {
  type ConnectDeploymentOptions,
  type ConnectedDeployment,
  connectDeployment,
  type TrustedKeySource,
} from "../chain/connectDeployment.js";
export { type Connection, type ConnectOptions, connect } from "../chain/connection.js";
export {
  type ContractLog,
  type ContractLogRequest,
  parseContractLog,
  readContracts,
  serialiseContractLog,
} from "../chain/contractLog.js";
export {
  Credit,
  creditLines,
  type LineBatch,
  type LineStatus,
  type LineStep,
  type LineTerms,
  lineStatus,
  parseLineTerms,
} from "../chain/credit.js";
export {
  CHOICES,
  type Choice,
  DaoMember,
  type OpenDao,
  openDao,
  type VoteProgress,
  type VoteState,
  voteProgress,
} from "../chain/dao.js";
export { checkPlan } from "../chain/deploy/checkPlan.js";
export type { DeployStep } from "../chain/deploy/create.js";
export { deploy, rehearse } from "../chain/deploy/deploy.js";
export {
  type DaoPlan,
  DEFAULT_DELAY,
  type DeployPlan,
  type DerivedPlan,
  type FeedPlan,
  type FundingPlan,
  type GovernancePlan,
  LOCAL_VAULT,
  leastRotationDelay,
  type MedianPlan,
  type MessageSourcePlan,
  type PoolPlan,
  type RatioPlan,
  type RemotePlan,
  type StorageProofPlan,
  type VaultPlan,
} from "../chain/deploy/plan.js";
export { type PlanContext, parsePlan, parsePlanTiming } from "../chain/deploy/planFile.js";
export type { DeployEstimate, DeploySender } from "../chain/deploy/rehearsal.js";
export {
  type DaoContracts,
  type Deployment,
  type OpenDeployment,
  type OpenMarket,
  type Oracle,
  openDeployment,
  parseDeployment,
  serialiseDeployment,
} from "../chain/deployment.js";
export { openDerived } from "../chain/derived.js";
export { type Exported, type ExportOptions, exportLog, LogTape, logLines } from "../chain/eventLog/export.js";
export {
  ExternalSigner,
  type ExternalSignerOptions,
  type KeyHolder,
  type TransactionSigner,
  type TypedDataSigner,
} from "../chain/externalSigner.js";
export {
  type AggregatorReport,
  checkFeeds,
  type FeedKind,
  type FeedReport,
  type FeedsReport,
  feedFaults,
  type MedianReport,
  type PriceLimits,
  type Recorded,
  recordFeeds,
  type SourceReport,
} from "../chain/feedCheck.js";
export { fileJournal, type Journal, type JournalEntry, memoryJournal } from "../chain/journal.js";
export { type BookState, DEFAULT_POLICY, type GivenBook, type KeeperPolicy } from "../chain/keeper/decide.js";
export type { KeeperEvent } from "../chain/keeper/events.js";
export {
  Keeper,
  type KeeperOptions,
  type Prove,
  type ProveRequest,
  type Ticked,
} from "../chain/keeper/keeper.js";
export { DEFAULT_WATCH, type WatchPolicy } from "../chain/keeper/watch.js";
export { type KeySource, lock, unlock } from "../chain/keystore.js";
export {
  DEFAULT_ROUTES,
  deployLiquidator,
  findLiquidatable,
  type KnownQuotes,
  type Liquidatable,
  type Liquidated,
  type LiquidationQuote,
  type LiquidationTerms,
  quoteLiquidation,
  type RouteChoice,
  type RouteQuote,
  type RouteQuotes,
  routesOf,
  takeLiquidation,
} from "../chain/liquidator.js";
export {
  type LocalFeed,
  LocalFeeds,
  LocalMarket,
  LocalToken,
  type PriceMove,
  type RoundTried,
} from "../chain/localMarket.js";
export type { CheckName, Kept } from "../chain/medians.js";
export { quoteRoutes, quoterOf } from "../chain/poolQuotes.js";
export { type Dao, type DaoVote, daoVoteOf, type LaterOperation } from "../chain/proposal/daoVote.js";
export type { ProposalTransaction } from "../chain/proposal/file.js";
export {
  type Governance,
  type Proposal,
  type ProposedStep,
  serialiseProposal,
} from "../chain/proposal/file.js";
export {
  cancellations,
  governanceOf,
  type LiveProfile,
  liveProfile,
  type ProposalTiming,
  proposedSteps,
} from "../chain/proposal/governance.js";
export { parseProposal } from "../chain/proposal/parse.js";
export { type ProposalProgress, proposalProgress, type StepState } from "../chain/proposal/progress.js";
export { lockLog, remoteLog } from "../chain/remote/log.js";
export {
  type Destination,
  type LockMessage,
  type ReleaseMessage,
  type RemoteMessage,
  type ReportMessage,
  remoteDigest,
} from "../chain/remote/messages.js";
export {
  bindLock,
  connectPair,
  deployOtherSide,
  type OtherSide,
  type OtherSidePlan,
  type ProofSide,
  parseOtherSide,
  type RemotePair,
  serialiseOtherSide,
} from "../chain/remote/otherSide.js";
export { type Relayed, Relayer, type RelayerOptions, type RelayHappening } from "../chain/remote/relay.js";
export { Remote, type RemoteSenders } from "../chain/remote/remote.js";
export {
  allSaid,
  type MessageState,
  type RemoteLock,
  type RemoteStatus,
  remoteStatus,
  type Said,
  type Side,
} from "../chain/remote/said.js";
export {
  type BlockRoot,
  finalBlock,
  parseSignedRoot,
  type RootsDomain,
  type SignedRoot,
  serialiseSignedRoot,
  signRoot,
  storageProof,
} from "../chain/remote/storageProof.js";
export { checkHolders, type RoleHolder, roleHolders } from "../chain/roles.js";
export { foldMarket, type Poked, poke, type RoundMarket, roundMarket } from "../chain/rounds.js";
export {
  type AccountStatus,
  accountStatus,
  type HealthClaim,
  type MarketStatus,
  marketStatus,
  type RoundStatus,
  type SupportClaim,
} from "../chain/status.js";
export {
  isAccepted,
  type ProvenClaim,
  provenClaim,
  recordLapse,
  type Submitted,
  type SubmittedBatch,
  submit,
  submitBatch,
} from "../chain/submit.js";
export type { Submission, TransactionOptions } from "../chain/transactions/submission.js";
export { Transactions } from "../chain/transactions/transactions.js";
export type { TokenInfo } from "../chain/vault.js";
export { type Started, type Taken, Vault } from "../chain/vault.js";
export {
  type VaultAccount,
  type VaultAuction,
  type VaultBalance,
  type VaultLiquidation,
  type VaultRequest,
  vaultAccount,
} from "../chain/vaultAccount.js";
export type { NamedKey } from "../chain/verificationKey.js";
export { type GatePlan, type LedgerTiming } from "../protocol/deploymentTerms.js";
