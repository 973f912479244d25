import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import { OutOfRangeError, TooManyError } from "../errors.js";
import { CLEARED_BITS, FIELD_R, NOTES, QUOTE_BITS, QUOTE_OFFSET } from "./bounds.js";
import { type BoundWords, bindWords, signedWord } from "./boundWords.js";
import { checkSalt } from "./checks.js";
import { commitBook } from "./commitment.js";
import type { Point } from "./folding.js";
import { checkNote, type NoteSide, noteDigest } from "./note.js";
import {
  type ClearedBook,
  type ClearedOpening,
  checkCleared,
  keyRoot,
  type SealedBook,
  sealBook,
} from "./sealedBook.js";
import type { CircuitInputs } from "./signals.js";

/**
 * The statement of the clearing house (docs/CLEARING.md). A new book is the old one, less the torn-up lines, plus a public delta
 * and one side of up to four notes. `BookTransition` of circuits/clearing proves it of commitments.
 */

/** ASCII "zkmargin/transition@1" and "zkmargin/reveal@1": no list of words passes for another. */
export const TRANSITION_DOMAIN = 0x7a6b6d617267696e2f7472616e736974696f6e4031n;
export const REVEAL_DOMAIN = 0x7a6b6d617267696e2f72657665616c4031n;
/** Words of a transition before its notes, and of a reveal before its quantities. */
export const TRANSITION_FIXED_WORDS = 12;
/** Which of a transition's words before its notes are hashed, and how many. */
const HASHED = [0, 1, 2, 3, 5, 6, 8, 10];
export const TRANSITION_HASHED_WORDS = HASHED.length;
export const REVEAL_FIXED_WORDS = 6;

/** Bits of the magnitudes that a verifier holds: of a public quantity, of a public amount, of a tear-up's net price. */
const DELTA_PERP_BITS = 64;
const DELTA_BASIS_BITS = 128;
export const TEAR_PRICE_BITS = 67;

/** A round's prices of one asset, each less the round's funding index: attodollars a quantum, signed. */
export interface NetBox {
  readonly low: bigint;
  readonly high: bigint;
}

/** What happens to a book. All by slot where it is a list; absent is nothing. */
export interface Moves {
  /** The old book is empty, and has no commitment. */
  readonly birth?: boolean;
  /** The one note moves its asset's quantity towards zero, at a quote inside `box`; no delta. */
  readonly reduces?: boolean;
  readonly sides?: readonly NoteSide[];
  /** Signed quanta, magnitudes below 2^64. */
  readonly deltaPerp?: readonly bigint[];
  /** Signed attodollars, a magnitude below 2^128. */
  readonly deltaBasis?: bigint;
  /** Price of each asset that is torn up, net of its round's funding, a magnitude below 2^67. */
  readonly tearUps?: readonly (bigint | undefined)[];
  /** The round's prices, for a transition that reduces. */
  readonly box?: readonly NetBox[];
}

/**
 * The book after the moves, exact: tear-ups first, then the delta and the notes. What one side of a note gains, in quanta and in
 * attodollars, the other loses.
 * @throws OutOfRangeError where a rule or a bound is not kept; it quotes no amount
 */
export function applyMoves(old: ClearedBook, moves: Moves): ClearedBook {
  checkMoves(old, moves);
  const { sides = [], deltaBasis = 0n } = moves;
  const kept = keptOf(old, moves);
  const perp = kept.map((quantity, u) => quantity + (moves.deltaPerp?.[u] ?? 0n));
  let basis = old.basis + deltaBasis;
  old.perp.forEach((quantity, u) => {
    basis += (quantity - (kept[u] as bigint)) * (moves.tearUps?.[u] ?? 0n);
  });
  for (const { note, side } of sides) {
    const size = side === "buy" ? note.size : -note.size;
    perp[note.asset] = (perp[note.asset] as bigint) + size;
    basis -= size * note.quote;
  }
  const book = { perp, basis };
  checkCleared(book, "new");
  if (moves.reduces) checkReduction(kept, book, moves);
  return book;
}

/** What tear-ups leave of the quantities. */
function keptOf({ perp }: ClearedBook, { tearUps = [] }: Moves): bigint[] {
  return perp.map((quantity, u) => (tearUps[u] === undefined ? quantity : 0n));
}

function checkMoves(old: ClearedBook, moves: Moves): void {
  const { sides = [], deltaBasis = 0n, deltaPerp = [], tearUps = [], box = [] } = moves;
  const slots = old.perp.length;
  checkCleared(old, "old");
  if (moves.birth && (old.basis !== 0n || old.perp.some((quantity) => quantity !== 0n)))
    throw new OutOfRangeError("old", "an empty book at birth", "another");
  if (sides.length > NOTES) throw new TooManyError("sides", `at most ${NOTES}`, `${sides.length}`);
  for (const [name, list] of Object.entries({ deltaPerp, tearUps, box }))
    if (list.length > slots) throw new TooManyError(name, `at most ${slots} slots`, `${list.length}`);
  sides.forEach(({ note }, k) => {
    checkNote(note, slots, `sides[${k}].note`);
  });
  signedWord(deltaBasis, DELTA_BASIS_BITS, "deltaBasis");
  deltaPerp.forEach((delta, u) => {
    signedWord(delta, DELTA_PERP_BITS, `deltaPerp[${u}]`);
  });
  tearUps.forEach((price, u) => {
    signedWord(price ?? 0n, TEAR_PRICE_BITS, `tearUps[${u}]`);
  });
}

function checkReduction(kept: readonly bigint[], after: ClearedBook, moves: Moves): void {
  const { sides = [], deltaBasis = 0n, deltaPerp = [], box = [] } = moves;
  const [only, ...more] = sides;
  if (only === undefined || more.length > 0)
    throw new OutOfRangeError("sides", "one note in a transition that reduces", `${sides.length}`);
  if (deltaBasis !== 0n || deltaPerp.some((delta) => delta !== 0n))
    throw new OutOfRangeError("deltaBasis", "no delta in a transition that reduces", "one");
  const { asset, quote } = only.note;
  const [before, now] = [kept[asset] as bigint, after.perp[asset] as bigint];
  if (now * (before - now) < 0n)
    throw new OutOfRangeError(`new.perp[${asset}]`, "a quantity from the old one to zero", "another");
  const prices = box[asset];
  if (prices === undefined || quote < prices.low || quote > prices.high)
    throw new OutOfRangeError("sides[0].note.quote", "a quote inside the round's low and high", "another");
}

/** Where a proof counts. */
export interface ClearingPlace {
  readonly chainId: bigint;
  /** The clearing house's address. */
  readonly house: string;
  /** 32 bytes, hex: the chain's id of the account. */
  readonly account: string;
}

/** The word that names a place: 248 bits of Keccak-256 of tag, chain, house and account, as abi.encode has them. */
export function placeWord({ chainId, house, account }: ClearingPlace): bigint {
  const words = [chainId, BigInt(house), BigInt(account)].map((word) => word.toString(16).padStart(64, "0"));
  const tag = keccak_256(utf8ToBytes("zkmargin/clearing@1"));
  return BigInt(`0x${bytesToHex(keccak_256(concatBytes(tag, hexToBytes(words.join("")))))}`) >> 8n;
}

/** The word of sequence and deadline: the sequence of the new book, and unix seconds times 2^64; each below 2^64. */
export function termsWord(sequence: bigint, deadline: bigint): bigint {
  for (const [path, value] of Object.entries({ sequence, deadline }))
    if (value < 0n || value >> 64n !== 0n) throw new OutOfRangeError(path, "a uint64", "another number");
  return sequence | (deadline << 64n);
}

/** The words of a transition's claim that a contract knows without its prover. */
export interface TransitionTerms {
  readonly place: bigint;
  readonly terms: bigint;
  readonly key: Point;
  readonly listing: bigint;
}

/** All that the words of a transition say. */
export interface TransitionClaim extends TransitionTerms {
  readonly assets: number;
  /** 0 at birth. */
  readonly oldCommitment: bigint;
  readonly newCommitment: bigint;
  readonly sealed: SealedBook;
  /** Digest of each note that is used, in order. */
  readonly notes: readonly bigint[];
  readonly moves: Moves;
}

/**
 * The words of a transition, in their order: docs/CLEARING.md.
 * @throws OutOfRangeError for a number that has no word
 */
export function transitionWords(claim: TransitionClaim): bigint[] {
  const { assets, moves, sealed, notes } = claim;
  const { deltaPerp = [], deltaBasis = 0n, tearUps = [], box = [] } = moves;
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  return [
    TRANSITION_DOMAIN,
    claim.place,
    claim.terms,
    claim.key.x,
    claim.key.y,
    claim.oldCommitment,
    claim.newCommitment,
    claim.listing,
    flagsWord(moves),
    signedWord(deltaBasis, DELTA_BASIS_BITS, "deltaBasis"),
    sealed.ephemeral.x,
    sealed.ephemeral.y,
    ...Array.from({ length: NOTES }, (_, k) => notes[k] ?? 0n),
    ...each((u) => signedWord(deltaPerp[u] ?? 0n, DELTA_PERP_BITS, `deltaPerp[${u}]`)),
    ...each((u) => signedWord(tearUps[u] ?? 0n, TEAR_PRICE_BITS, `tearUps[${u}]`)),
    ...each((u) => boxWord(box[u], `box[${u}]`)),
    ...sealed.cipher,
  ];
}

/**
 * What the circuit hashes of a transition: words that fix all the others (circuits/clearing/BookTransition.circom says why). An
 * asset's prices are one word, its box and above it tearPrice + 2^67.
 * @param words of {@link transitionWords}
 */
export function hashedWords(words: readonly bigint[], assets: number): bigint[] {
  const at = (i: number) => words[i] as bigint;
  const notes = Array.from({ length: NOTES }, (_, k) => at(TRANSITION_FIXED_WORDS + k));
  const first = TRANSITION_FIXED_WORDS + NOTES + assets;
  const prices = Array.from({ length: assets }, (_, u) => {
    const tearPrice = (at(first + u) + (1n << BigInt(TEAR_PRICE_BITS))) % FIELD_R;
    return (at(first + assets + u) + (tearPrice << BigInt(2 * (QUOTE_BITS + 1)))) % FIELD_R;
  });
  return [...HASHED.map(at), ...notes, ...prices];
}

/** Bit 0 birth, 1 reduces; 2 + 2k the account buys note k, 3 + 2k it sells it; then a bit an asset that is torn up. */
function flagsWord({ birth, reduces, sides = [], tearUps = [] }: Moves): bigint {
  let flags = (birth ? 1n : 0n) | (reduces ? 2n : 0n);
  sides.forEach(({ side }, k) => {
    flags |= (side === "buy" ? 1n : 2n) << BigInt(2 + 2 * k);
  });
  tearUps.forEach((price, u) => {
    if (price !== undefined) flags |= 1n << BigInt(2 + 2 * NOTES + u);
  });
  return flags;
}

/** low + 2^65 in 66 bits, then high + 2^65 in 66; 0 where a transition needs no prices. */
function boxWord(box: NetBox | undefined, path: string): bigint {
  if (box === undefined) return 0n;
  for (const price of [box.low, box.high])
    if (price < -QUOTE_OFFSET || price >= QUOTE_OFFSET)
      throw new OutOfRangeError(path, `magnitudes below 2^${QUOTE_BITS}`, "a larger one");
  return box.low + QUOTE_OFFSET + ((box.high + QUOTE_OFFSET) << BigInt(QUOTE_BITS + 1));
}

/** The words of a reveal: {@link TransitionTerms} without a key, the commitment, and the book. */
export function revealWords(
  { place, terms, listing }: Omit<TransitionTerms, "key">,
  commitment: bigint,
  { perp, basis }: ClearedBook,
): bigint[] {
  const quantities = perp.map((quantity, u) => signedWord(quantity, CLEARED_BITS + 1, `perp[${u}]`));
  return [REVEAL_DOMAIN, place, terms, commitment, listing, signedWord(basis, 128, "basis"), ...quantities];
}

/**
 * The commitment to a book of the clearing house: that of a book with nothing but perpetuals and a basis.
 * @throws OutOfRangeError as commitBook
 */
export function commitCleared({ perp, basis, salt }: ClearedOpening, listing: bigint): bigint {
  checkCleared({ perp, basis });
  return commitBook({ spot: perp.map(() => 0n), perp, basis }, salt, listing);
}

/** A transition that its circuit proves. */
export interface Transition {
  readonly opening: ClearedOpening;
  readonly commitment: bigint;
  readonly sealed: SealedBook;
  readonly words: readonly bigint[];
  readonly bound: BoundWords;
  /** Inputs of BookTransition: the three public signals, the words' own, and what stays private. */
  readonly inputs: CircuitInputs;
}

/**
 * Makes a transition whole: the new book, its commitment and seal, the words, and what the circuit takes.
 * @param old the opening of the standing commitment; at birth an empty book with a salt of 0
 * @param scalar of the seal, made for the new commitment: sealingScalar
 * @throws OutOfRangeError where the moves break a rule, or the salt is not another
 */
export function makeTransition(
  old: ClearedOpening,
  moves: Moves,
  terms: TransitionTerms,
  { salt, scalar }: { readonly salt: bigint; readonly scalar: (commitment: bigint) => bigint },
): Transition {
  if (salt === old.salt) throw new OutOfRangeError("salt", "another salt than the old book's", "the same");
  const opening = { ...applyMoves(old, moves), salt };
  const commitment = commitCleared(opening, terms.listing);
  const secret = scalar(commitment);
  const sealed = sealBook(opening, terms.key, secret);
  const { sides = [] } = moves;
  const words = transitionWords({
    ...terms,
    assets: old.perp.length,
    oldCommitment: moves.birth ? 0n : commitCleared(old, terms.listing),
    newCommitment: commitment,
    sealed,
    notes: sides.map(({ note }) => noteDigest(note)),
    moves,
  });
  const bound = bindWords(words, hashedWords(words, old.perp.length));
  const inputs = { ...signals(bound), ...transitionInputs(old, moves, terms, { salt, scalar: secret }) };
  return { opening, commitment, sealed, words, bound, inputs };
}

/** The circuit's inputs but for its three public signals. */
function transitionInputs(
  old: ClearedOpening,
  moves: Moves,
  { place, terms, key, listing }: TransitionTerms,
  { salt, scalar }: { readonly salt: bigint; readonly scalar: bigint },
): CircuitInputs {
  const { sides = [], deltaPerp = [], deltaBasis = 0n, tearUps = [], box = [] } = moves;
  const slots = <T>(of: (u: number) => T): T[] => old.perp.map((_, u) => of(u));
  const notes = <T>(of: (side: NoteSide | undefined) => T): T[] =>
    Array.from({ length: NOTES }, (_, k) => of(sides[k]));
  const root = keyRoot(key);
  return {
    place: [place],
    terms: [terms],
    key: [key.x, key.y],
    listing: [listing],
    birth: [moves.birth ? 1n : 0n],
    reduces: [moves.reduces ? 1n : 0n],
    adds: notes((side) => (side?.side === "buy" ? 1n : 0n)),
    takes: notes((side) => (side?.side === "sell" ? 1n : 0n)),
    torn: slots((u) => (tearUps[u] === undefined ? 0n : 1n)),
    deltaBasis: [signedWord(deltaBasis, DELTA_BASIS_BITS, "deltaBasis")],
    deltaPerp: slots((u) => signedWord(deltaPerp[u] ?? 0n, DELTA_PERP_BITS, `deltaPerp[${u}]`)),
    tearPrice: slots((u) => signedWord(tearUps[u] ?? 0n, TEAR_PRICE_BITS, `tearUps[${u}]`)),
    box: slots((u) => boxWord(box[u], `box[${u}]`)),
    ...openingInputs(old),
    newSalt: [salt],
    asset: notes((side) => BigInt(side?.note.asset ?? 0)),
    size: notes((side) => side?.note.size ?? 0n),
    quote: notes((side) => signedWord(side?.note.quote ?? 0n, QUOTE_BITS + 1, "quote")),
    blind: notes((side) => side?.note.blind ?? 0n),
    root: [root.x, root.y],
    scalar: [scalar],
  };
}

function openingInputs({ perp, basis, salt }: ClearedOpening): CircuitInputs {
  return {
    oldPerp: perp.map((quantity, u) => signedWord(quantity, CLEARED_BITS + 1, `old.perp[${u}]`)),
    oldBasis: [signedWord(basis, 128, "old.basis")],
    oldSalt: [salt],
  };
}

/**
 * A reveal, whole: its words, and what RevealBook takes.
 * @throws OutOfRangeError for an opening out of bounds
 */
export function makeReveal(
  opening: ClearedOpening,
  terms: Omit<TransitionTerms, "key">,
): { readonly commitment: bigint; readonly words: readonly bigint[]; readonly inputs: CircuitInputs } {
  const commitment = commitCleared(opening, terms.listing);
  const words = revealWords(terms, commitment, opening);
  const { oldPerp: perp = [], oldBasis: basis = [] } = openingInputs(opening);
  const { place, terms: sequence, listing } = terms;
  const own = { place: [place], terms: [sequence], listing: [listing], perp, basis, salt: [opening.salt] };
  return { commitment, words, inputs: { ...signals(bindWords(words)), ...own } };
}

function signals({ hash, challenge, sum }: BoundWords): CircuitInputs {
  return { hash: [hash], challenge: [challenge], sum: [sum] };
}
