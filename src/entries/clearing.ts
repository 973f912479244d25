/**
 * `zkmargin/clearing`. Accounts that need no attester: a clearing house, what its members, its liquidators and its default fund do,
 * and its audit.
 */

export { clearingAudit } from "../audit/contracts/clearing.js";
export {
  FUND_AUDIT,
  type FundLoss,
  type FundPoint,
  type FundReplay,
} from "../audit/contracts/defaultFund.js";
export type { DisclosedBook as DisclosedClearedBook } from "../audit/contracts/houseState.js";
export { type ClearingEvidence } from "../audit/contracts/houseState.js";
export { FundGroups, FundMembership, fundLogRequest } from "../chain/defaultFund.js";
export {
  type DefaultCause,
  type DefaultStep,
  defaultOf,
  type EndClaim,
  type EstateAuction,
  endClaim,
  type HouseDefault,
  type MarketEnd,
  marketEnd,
  nextStep,
  openDefaults,
  type Startable,
  type StartRefusal,
  startable,
} from "../clearing/account/defaults.js";
export {
  type Advanced,
  DefaultTransactions,
  type StepDone,
} from "../clearing/account/defaultTransactions.js";
export {
  type ClearingKeys,
  type ClearingPlan,
  deployHouse,
  parseClearingPlan,
} from "../clearing/account/deployHouse.js";
export { parseDisclosedBooks, serialiseDisclosedBooks } from "../clearing/account/disclosure.js";
export { type Half, parseHalf, serialiseHalf } from "../clearing/account/half.js";
export {
  type ClearedAccount,
  clearedAccount,
  clearedAccountId,
  HouseTransactions,
} from "../clearing/account/house.js";
export { houseLog } from "../clearing/account/houseLog.js";
export {
  type ClearingManifest,
  type OpenHouse,
  openHouse,
  parseClearing,
  serialiseClearing,
} from "../clearing/account/manifest.js";
export { type EstateBid, Member, type MemberParts, type SideOptions } from "../clearing/account/member.js";
export {
  type Offer,
  offerName,
  parseOffer,
  randomBlind,
  serialiseOffer,
} from "../clearing/account/offer.js";
export { type KeptBook, MemberStore } from "../clearing/account/store.js";
export type { ClearingMarkets, ClearingProvers, TransitionCall } from "../clearing/account/transitionCall.js";
export {
  type Card as LiquidatorCard,
  type LiquidatorsKey,
  makeCard,
  parseLiquidatorCard,
  parseLiquidatorsKey,
  parseLiquidatorTerms,
  serialiseLiquidatorCard,
  serialiseLiquidatorsKey,
  serialiseLiquidatorTerms,
  type Terms as LiquidatorTerms,
} from "../clearing/liquidators/ceremony.js";
export { type RandomBytes, randomScalar } from "../clearing/liquidators/curve.js";
export type { KeyShare } from "../clearing/liquidators/dealing.js";
export { ChainHouseReader, type HouseReaderOptions } from "../clearing/liquidators/houseReader.js";
export {
  type CeremonyState,
  type MemberOptions as CeremonyOptions,
  type Step as CeremonyStep,
  takeStep,
} from "../clearing/liquidators/member.js";
export {
  type Message as LiquidatorMessage,
  type MessageKind as LiquidatorMessageKind,
  parseMessage,
  serialiseMessage,
} from "../clearing/liquidators/messages.js";
export {
  type Combined as CombinedPartials,
  combinePartials,
  makePartial,
  openByPartials,
  type SealedAccount,
} from "../clearing/liquidators/partials.js";
export { type RevealedBook, revealBook, serialiseReveal } from "../clearing/liquidators/reveal.js";
export {
  type Decryption,
  decryptionJournal,
  type HouseReader,
  type LiquidatorEvent,
  type LiquidatorOptions,
  LiquidatorService,
  type PartialOutbox,
} from "../clearing/liquidators/service.js";
export { type KeptCeremony, LiquidatorStore } from "../clearing/liquidators/store.js";
export { type Progress as CeremonyProgress, verifyTranscript } from "../clearing/liquidators/transcript.js";
export { ESTATE_PARTS } from "../protocol/estateAuction.js";
export type { Note, NoteSide } from "../protocol/note.js";
export type { ClearedBook, ClearedOpening } from "../protocol/sealedBook.js";
export { ClearingSession, clearingArtefacts, clearingCircuit } from "../prove/clearing.js";
