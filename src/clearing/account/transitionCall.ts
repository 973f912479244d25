import type { Opening } from "../../book/opening.js";
import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { proofWords } from "../../chain/submit.js";
import { NotProvableError, OutOfRangeError } from "../../errors.js";
import { denseMarket, type MarketFile } from "../../market/file.js";
import { BPS, NOTES } from "../../protocol/bounds.js";
import { wordsDigest } from "../../protocol/boundWords.js";
import { type Claim, packClaim } from "../../protocol/claim.js";
import type { Point } from "../../protocol/folding.js";
import { type ClearedBook, type ClearedOpening, sealingScalar } from "../../protocol/sealedBook.js";
import { assess, exceeds } from "../../protocol/statement.js";
import type { Tier } from "../../protocol/tiers.js";
import {
  type Moves,
  makeTransition,
  placeWord,
  TRANSITION_FIXED_WORDS,
  type Transition,
  termsWord,
} from "../../protocol/transition.js";
import type { Book } from "../../protocol/types.js";
import type { ClearingSession } from "../../prove/clearing.js";
import type { ProvingSession } from "../../prove/session.js";
import { randomBlind } from "./offer.js";
import type { KeptBook } from "./store.js";

/** What a house holds all its accounts to. */
export interface HouseTerms {
  readonly chainId: bigint;
  readonly house: string;
  readonly liquidatorsKey: Point;
  /** Digest of the listed assets. */
  readonly listing: bigint;
  readonly tier: Tier;
  /** Health factor that a transition needs which opens risk, basis points. */
  readonly initialMargin: number;
  /** Cents of a step of the default fund's grid. @throws OutOfRangeError beyond its end */
  readonly capAt: (steps: bigint) => bigint;
}

/** An account as the house has it. */
export interface AccountState {
  readonly account: string;
  /** Of its newest book in the registry; 0 before the first. */
  readonly sequence: bigint;
  /** 0 before the first book. */
  readonly commitment: bigint;
  /** Net price of each asset that its next transition closes. */
  readonly tearUps: readonly (bigint | undefined)[];
}

/** The markets that a book's health is proven in, at one round. */
export interface ClearingMarkets {
  readonly round: bigint;
  /** Of the house's gate. */
  readonly margin: MarketFile;
  /** Of the stress gate. */
  readonly stress: MarketFile;
}

/** What makes the proofs, loaded once. */
export interface ClearingProvers {
  readonly transition: ClearingSession;
  readonly margin: ProvingSession;
}

/** A claim of health, for a gate. */
export interface HealthCall {
  readonly round: bigint;
  readonly claim: bigint;
  readonly proof: ReturnType<typeof proofWords>;
}

/** What an owner gives the house for one change of its book. */
export interface TransitionCall {
  readonly account: string;
  readonly newCommitment: bigint;
  readonly deadline: bigint;
  readonly sides: bigint;
  readonly reduces: boolean;
  readonly capSteps: bigint;
  readonly hash: bigint;
  readonly ephemeral: readonly bigint[];
  readonly notes: readonly bigint[];
  readonly cipher: readonly bigint[];
  readonly proof: ReturnType<typeof proofWords>;
  readonly initial: HealthCall;
  readonly stress: HealthCall;
  /** Empty where the owner sends it. */
  readonly signature: string;
}

/** One change of an account's book, for {@link prepareTransition}. */
export interface TransitionRequest {
  readonly house: HouseTerms;
  readonly state: AccountState;
  /** What the account's commitment hides; at birth an empty book. */
  readonly opening: ClearedOpening;
  /** Tear-ups and birth follow from the state. */
  readonly moves: Omit<Moves, "birth" | "tearUps">;
  /** Unix seconds, the last in which it may be mined. */
  readonly deadline: bigint;
  /** Health factor to prove at the house's gate, basis points; 0 shows no health: for an empty book. */
  readonly theta: number;
  /** Basis points of price move through which both claims hold. */
  readonly envelope: number;
  readonly markets: ClearingMarkets;
  /** The owner's, of which scalars are derived. */
  readonly secret: Uint8Array;
  /** Signs for the owner, where another sends it. */
  readonly signer?: TypedDataSigner;
}

/** A transition that is proven, and the book that it leaves. */
export interface PreparedTransition {
  readonly call: TransitionCall;
  readonly kept: KeptBook;
  readonly transition: Transition;
}

/** EIP-712 types of what an owner signs. */
export const TRANSITION_TYPES = {
  Transition: [
    { name: "words", type: "bytes32" },
    { name: "capSteps", type: "uint64" },
  ],
};
const NO_PROOF = { a: [0n, 0n], b: [0n, 0n, 0n, 0n], c: [0n, 0n] };
const NO_HEALTH: HealthCall = { round: 0n, claim: 0n, proof: NO_PROOF };

/**
 * Proves a change of an account's book: the transition itself, its health at the house's gate, and its health under stress with
 * the smallest cap that holds. The three proofs are made side by side. Nothing is sent or written.
 * @throws NotProvableError if the book that it leaves is not healthy enough, or no cap makes it healthy under stress
 * @throws OutOfRangeError where the moves break a rule of the transition
 */
export async function prepareTransition(
  request: TransitionRequest,
  provers: ClearingProvers,
): Promise<PreparedTransition> {
  const { house, state, opening, deadline, secret, theta, signer } = request;
  const birth = state.commitment === 0n;
  const moves: Moves = { ...request.moves, birth, tearUps: state.tearUps };
  const sequence = state.sequence + 1n;
  const transition = makeTransition(
    opening,
    moves,
    {
      place: placeWord({ chainId: house.chainId, house: house.house, account: state.account }),
      terms: termsWord(sequence, deadline),
      key: house.liquidatorsKey,
      listing: house.listing,
    },
    {
      salt: randomBlind(),
      scalar: (commitment) =>
        sealingScalar(secret, { chainId: house.chainId, account: state.account, sequence, commitment }),
    },
  );
  const { sealed, bound, words } = transition;
  const [proof, health] = await Promise.all([
    provers.transition.prove(transition.inputs),
    theta === 0 ? NO_CLAIMS : healthCalls(request, openingOf(state.account, sequence, transition), provers),
  ]);
  const sides = (moves.sides ?? []).reduce(
    (mask, { side }, k) => mask | ((side === "buy" ? 1n : 2n) << BigInt(2 * k)),
    0n,
  );
  const notes = Array.from({ length: NOTES }, (_, k) => words[TRANSITION_FIXED_WORDS + k] as bigint);
  const unsigned: TransitionCall = {
    account: state.account,
    newCommitment: transition.commitment,
    deadline,
    sides,
    reduces: moves.reduces === true,
    hash: bound.hash,
    ephemeral: [sealed.ephemeral.x, sealed.ephemeral.y],
    notes,
    cipher: sealed.cipher,
    proof: proofWords(proof),
    ...health,
    signature: "0x",
  };
  const call = signer === undefined ? unsigned : await signed(unsigned, words, house, signer);
  const { salt, basis, perp } = transition.opening;
  const kept: KeptBook = {
    ...{ sequence: Number(sequence), commitment: transition.commitment, salt, basis, perp },
    notes: (moves.sides ?? []).map(({ note, side }) => ({ ...note, side })),
  };
  return { call, kept, transition };
}

const NO_CLAIMS = { initial: NO_HEALTH, stress: NO_HEALTH, capSteps: 0n };

async function signed(
  call: TransitionCall,
  words: readonly bigint[],
  { chainId, house }: HouseTerms,
  signer: TypedDataSigner,
): Promise<TransitionCall> {
  const domain = { name: "zkmargin ClearingHouse", version: "1", chainId, verifyingContract: house };
  const message = { words: wordsDigest(words), capSteps: call.capSteps };
  return { ...call, signature: await signer.signTypedData(domain, TRANSITION_TYPES, message) };
}

/** A book of the house as the margin statement takes one: perpetuals and cash alone. */
export function asBook({ perp, basis }: ClearedBook): Book {
  return { spot: perp.map(() => 0n), perp: [...perp], basis };
}

function openingOf(account: string, sequence: bigint, { opening, commitment }: Transition): Opening {
  const header = { account, sequence: Number(sequence), isolated: false };
  return { ...header, book: asBook(opening), salt: opening.salt, commitment };
}

/** Both claims of health of a book, and the step of its cap. */
export async function healthCalls(
  request: Pick<TransitionRequest, "house" | "markets" | "theta" | "envelope">,
  opening: Opening,
  { margin }: Pick<ClearingProvers, "margin">,
): Promise<Pick<TransitionCall, "initial" | "stress" | "capSteps">> {
  const { house, markets, theta, envelope } = request;
  const capSteps = leastCap(opening.book, markets.stress, envelope, house);
  const support = house.capAt(capSteps);
  const prove = async (
    market: MarketFile,
    claimed: Pick<Claim, "theta" | "support">,
  ): Promise<HealthCall> => {
    const bundle = await margin.prove({ opening, market, envelope, includeMarket: false, ...claimed });
    return { round: markets.round, claim: packClaim(bundle.claim), proof: proofWords(bundle.proof) };
  };
  const [initial, stress] = await Promise.all([
    prove(markets.margin, { theta }),
    prove(markets.stress, { theta: Number(BPS), support }),
  ]);
  return { initial, stress, capSteps };
}

/**
 * The smallest step of the fund's grid with which a book is healthy under stress.
 * @throws NotProvableError if none is large enough
 */
export function leastCap(
  book: Book,
  stress: MarketFile,
  envelope: number,
  { tier, capAt }: Pick<HouseTerms, "tier" | "capAt">,
): bigint {
  const market = denseMarket(stress, tier);
  for (let steps = 0n, cap = capOrEnd(capAt, 0n); cap !== undefined; cap = capOrEnd(capAt, ++steps))
    if (exceeds(assess(book, market, { healthy: true, envelope, support: cap }), Number(BPS))) return steps;
  throw new NotProvableError(
    "under stress no cap of the fund's grid makes the book healthy; reduce it, or deposit",
  );
}

/** Cents of a step; undefined beyond the grid's end. */
function capOrEnd(capAt: HouseTerms["capAt"], steps: bigint): bigint | undefined {
  try {
    return capAt(steps);
  } catch (error) {
    if (error instanceof OutOfRangeError) return undefined;
    throw error;
  }
}
