/** What to do about a contract's refusal, by the name of its error, where there is something that its name does not say. */
export const HINTS: Readonly<Record<string, string>> = {
  // Proofs.
  RoundNotUsable: "prove against the newest round",
  RoundUnknown: "the ledger has no such round; poke, or take a newer one",
  ProofRejected: "it is not of this account's book, this claim and this round under the gate's key",
  ProofNotStronger: "the gate has one that says as much",
  ProofOlder: "the gate has one of a newer round",
  BookNotLive: "have a new book attested",
  IsolationMismatch: "an account is isolated or not for its whole life; prove the book as it was opened",
  ThetaAboveCallMargin: "prove not above a smaller theta",
  RoundBeforeBook: "prove it at a round later than the book, or at the newest",
  NotAttester: "only an attester of the account may",
  // Books.
  SequenceNotNewer: "give the book a higher sequence",
  CommitmentUsed: "give the book a new sequence, which gives it a fresh salt",
  AsOfBeforeLast: "a book may not be older than the last one",
  BookLivesTooLong: "sign it for less time",
  BookExpired: "have it signed again",
  TooFewSignatures: "give the attestations of more attesters",
  SignatureInvalid: "was it signed by that attester, for this book, registry and chain?",
  AttesterUnknown: "it is no attester of the account, or not any more",
  // Rounds.
  PokedTooSoon: "wait, or prove against the newest round",
  MarketUnmoved:
    "it has moved by the second number, in units of 10^-8, and needs the first until the third, in Unix seconds; wait, or prove against the newest round",
  PriceStale: "a feed has not been updated",
  PriceFeedNotFound: "push a Pyth update first",
  FundingStale: "its poster has to post",
  SequencerInGrace: "as the sequencer is only just up",
  // The vault.
  BookTooEarly:
    "have a book that was read after the request, and after the last sale, attested and proven; one read in the very second of it is too early",
  NotHealthy: "prove the newest book healthy",
  MarginTooLow: "prove it above initial margin",
  NotLiquidatable: "the gate does not call it liquidatable",
  AmountDiffers: "it is another amount than was requested",
  RotationProposed: "have the proposal of other attesters applied or withdrawn first",
  AmountZero: "there is nothing of it",
  NotSignedByCreditor: "an account that owes needs its creditor's signature under the newest book",
  NotOwner: "only the account's owner may",
  NothingOwed: "it owes nothing, or the fund is empty",
  AccountUnknown: "open it first",
  NothingRequested: "request it first",
  InRelief: "wait for the owner to attest and prove what is left",
  AuctionGoesOn: "it has time left and something to raise",
  AuctionOver: "close it, and start another",
  AuctionDiffers:
    "the auction that was bid for is closed and another one runs; look at its price and bid again",
  CostTooHigh: "offer more, or wait for the price to fall",
  CollateralLeft: "auction what collateral there is first",
  DebtOutstanding: "it has to be repaid first",
  // Governance.
  TightenedTooFar:
    "one tightening goes as far as the third value; leave the rest to the governor, or to the next",
  TightenedTooSoon:
    "the next tightening may follow from the first time on, in Unix seconds; what cannot wait is a pause",
  AccessManagedUnauthorized: "it is another role's",
  AccessManagedRequiredDelay: "schedule it and wait for its delay",
  AccessManagerNotReady: "its delay is not over",
};
