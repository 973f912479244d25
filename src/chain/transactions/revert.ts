import { decodeBytes32String, type ErrorDescription, Interface, isError } from "ethers";
import { DeploymentMismatchError, InsufficientFundsError, RevertedError } from "../../errors.js";
import { STATUS_NAMES } from "../../protocol/status.js";
import { ERC20_ABI } from "../binding.js";
import * as generated from "../generated/index.js";

/** Of the contracts of others that feeds ask. */
const FOREIGN = ["error PriceFeedNotFound()", "error StalePrice()"];

/** Every custom error of every contract, of tokens and of feeds, so that a refusal has a name wherever it comes from. */
export const ERRORS = new Interface([
  ...new Set(
    [...Object.values(generated).flatMap(({ abi }) => abi), ...ERC20_ABI, ...FOREIGN].filter((fragment) =>
      fragment.startsWith("error "),
    ),
  ),
]);

/** What a contract's revert data says, such as `RoundTooOld(3, 7)`; null for an unknown error. */
export function describeRevert(data: string): Revert | null {
  try {
    const error = ERRORS.parseError(data);
    if (error === null) return null;
    const { name, args, fragment } = error;
    const said = args.map((value, i) => {
      const of = fragment.inputs[i]?.name;
      if (of === "status") return STATUS_NAMES[Number(value)] ?? value;
      return of === "term" ? decodeBytes32String(value) : String(value);
    });
    return { name, args: [...args], text: `${name}(${said.join(", ")})`, wait: waitOf(error) };
  } catch {
    return null;
  }
}

/** What a contract's revert data says. */
export interface Revert {
  readonly name: string;
  /** The error's arguments, decoded. */
  readonly args: readonly unknown[];
  readonly text: string;
  /** Seconds after which it would not say so any more, of errors that give the times; else null. */
  readonly wait: bigint | null;
}

/** From the time at which an error says that something may be, and the time it was asked at. */
function waitOf({ args, fragment }: ErrorDescription): bigint | null {
  const named = (name: string) => {
    const at = fragment.inputs.findIndex((input) => input.name === name);
    return at === -1 ? undefined : BigInt(args[at]);
  };
  const [upSince, grace, time] = ["upSince", "grace", "time"].map(named);
  const earliest = named("earliest") ?? named("effectiveAt") ?? named("until");
  if (time === undefined) return null;
  const from = upSince !== undefined && grace !== undefined ? upSince + grace + 1n : earliest;
  return from === undefined || from <= time ? null : from - time;
}

/**
 * `error` as a RevertedError, an InsufficientFundsError, or a DeploymentMismatchError where no contract answers, if it is
 * one of these in the words of a node; otherwise itself.
 */
export function asChainError(error: unknown, what: string): unknown {
  if (isError(error, "INSUFFICIENT_FUNDS"))
    return new InsufficientFundsError(`${what}: the sender cannot pay for gas; fund it`);
  if (isError(error, "BAD_DATA"))
    return new DeploymentMismatchError(
      `${what}: expected a contract's answer, got another; is the address right, and of this chain?`,
    );
  if (!isError(error, "CALL_EXCEPTION")) return error;
  const data = error.data ?? "0x";
  const known = describeRevert(data);
  const unnamed = data === "0x" ? "without a reason" : `with data ${data.slice(0, 10)}`;
  const wait = known?.wait ?? null;
  const hint = wait === null ? HINTS[known?.name ?? ""] : waitHint(wait, HINTS[known?.name ?? ""]);
  const detail = known?.text ?? unnamed;
  const said = hint === undefined ? detail : `${detail}; ${hint}`;
  return new RevertedError(what, known?.name ?? null, said, known?.args);
}

function waitHint(wait: bigint, hint: string | undefined): string {
  const rest = hint?.replace(/^wait,? ?/, "") ?? "";
  return rest === "" ? `wait ${wait} s` : `wait ${wait} s, ${rest}`;
}

/** Runs a call of a contract; a refusal is thrown as RevertedError. */
export async function calling<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asChainError(error, what);
  }
}

/** What to do about a contract's refusal, by the name of its error, where the name alone does not tell. */
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
  SleeveRefused: "this gate takes no claim of a book with a sleeve",
  IllHealthWithTaken: "prove ill health of the book as it is, or with dollars added",
  SupportNotProven: "prove it with at most that support",
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
