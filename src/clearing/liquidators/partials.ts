import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { InvalidProofError, MemberFaultError, OutOfRangeError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import {
  type ClearedOpening,
  checkKey,
  openSeal,
  type SealedBook,
  sharedPoint,
} from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";
import { keyDigest, type LiquidatorsKey } from "./ceremony.js";
import { digestOf, lagrange, type Part, type RandomBytes, sumOf } from "./curve.js";
import { type KeyShare, sameSecret } from "./dealing.js";
import { proveLinear, verifyLinear } from "./linearProof.js";
import { isSignedBy, type Message, partOf, signMessage } from "./messages.js";

/** One sealed book of the chain: what a decryption is of, and bound to. */
export interface SealedAccount {
  readonly chainId: bigint;
  /** Address of the house. */
  readonly house: string;
  /** 32 bytes, hex. */
  readonly account: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
  /** Digest of the listing that the commitment is under. */
  readonly listing: bigint;
  readonly sealed: SealedBook;
}

/** 32 bytes, hex: the key, and everything that says which book is decrypted. A partial of another book has another. */
export function decryptionContext(key: LiquidatorsKey, { house, account, ...rest }: SealedAccount): string {
  const own = { ...rest, house: house.toLowerCase(), account: account.toLowerCase() };
  return digestOf("zkmargin/liquidator-partial@1", keyDigest(key), partOf(own));
}

/**
 * One member's part of a decryption: share·ephemeral, with a proof that it is made with the share of its public share. It opens
 * nothing by itself. Those of `threshold` members open this one book.
 * @param account read from the chain, where its transition was proven. **Never from the one who asks:** who may choose the point has
 *   another account's book decrypted, as the point of a sum is the sum of the points
 * @throws OutOfRangeError for an ephemeral point that is off the curve, in the small subgroup or neutral
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { makePartial } from "zkmargin/clearing";
 *
 * const { wallet, share } = liquidators.first;
 * console.log((await makePartial(wallet, share, liquidators.sealed, randomBytes)).kind); // partial
 * ```
 */
export async function makePartial(
  wallet: TypedDataSigner,
  { key, index, value }: KeyShare,
  account: SealedAccount,
  random: RandomBytes,
): Promise<Message<"partial">> {
  const { ephemeral } = account.sealed;
  const point = sharedPoint(value, ephemeral);
  const context = decryptionContext(key, account);
  const own = publicShare(key, index);
  const proof = proveLinear(proofContext(context, index), sameSecret(own, ephemeral, point), [value], random);
  const draft = {
    ceremony: keyDigest(key),
    kind: "partial",
    from: index,
    body: { context, point, proof },
  } as const;
  return signMessage(wallet, key.chainId, draft);
}

/**
 * Checks a part of a decryption.
 * @throws InvalidProofError for a message that no member has signed, or that is of another key or book; MemberFaultError (partial) for
 *   one that a member signed and that was not made with its share
 */
export function checkPartial(key: LiquidatorsKey, account: SealedAccount, message: Message): void {
  const { from, ceremony, kind } = message;
  const context = decryptionContext(key, account);
  const member = key.members[from - 1];
  if (!isPartial(message) || ceremony !== keyDigest(key) || member === undefined)
    throw new InvalidProofError(
      `message of ${from}: expected a partial decryption under this key, got ${kind} of another`,
    );
  if (!isSignedBy(member.address, key.chainId, message))
    throw new InvalidProofError(
      `partial of member ${from}: expected the signature of ${member.address}, got another`,
    );
  if (message.body.context !== context)
    throw new InvalidProofError(`partial of member ${from}: expected one of this book, got one of another`);
  const { point, proof } = message.body;
  const equations = sameSecret(member.share, account.sealed.ephemeral, point);
  if (!verifyLinear(proofContext(context, from), equations, proof))
    throw new MemberFaultError(
      "partial",
      from,
      `partial of member ${from}, ${member.address}: expected its share times the ephemeral point, got another point or no proof of it`,
    );
}

/** What partial decryptions come to. */
export interface Combined {
  /** The point that the ephemeral scalar and the key share; undefined with fewer than the threshold of sound parts. */
  readonly shared?: Point;
  /** The members whose parts are sound. */
  readonly members: readonly number[];
  /** Why each other message does not count: MemberFaultError names a member. */
  readonly refused: readonly (MemberFaultError | InvalidProofError)[];
}

/**
 * Combines parts of a decryption: sound ones alone, each member's once, in any order.
 *
 * @example
 * ```ts
 * import { combinePartials } from "zkmargin/clearing";
 *
 * const { key, sealed, parts } = liquidators;
 * const { members, refused } = combinePartials(key, sealed, parts);
 * console.log(members.join(), refused.length); // 1,2,3 0
 * ```
 */
export function combinePartials(
  key: LiquidatorsKey,
  account: SealedAccount,
  messages: readonly Message[],
): Combined {
  checkKey(account.sealed.ephemeral, "ephemeral");
  const points = new Map<number, Point>();
  const refused: (MemberFaultError | InvalidProofError)[] = [];
  for (const message of messages)
    try {
      checkPartial(key, account, message);
      points.set(message.from, (message as Message<"partial">).body.point);
    } catch (error) {
      if (!(error instanceof MemberFaultError || error instanceof InvalidProofError)) throw error;
      refused.push(error);
    }
  const members = [...points.keys()].sort((a, b) => a - b);
  if (members.length < key.threshold) return { members, refused };
  const used = members.slice(0, key.threshold);
  const factors = lagrange(used);
  const shared = sumOf(used.map((member, i) => [factors[i] as bigint, points.get(member) as Point]));
  return { shared, members, refused };
}

/**
 * Opens a sealed book by parts of its decryption, and holds what comes out to the account's commitment.
 * @param assets slots of the circuit
 * @throws OutOfRangeError for fewer sound parts than the key's threshold, or where what is decrypted is no book;
 *   InvalidProofError where it is another book than the commitment's
 *
 * @example
 * ```ts
 * import { openByPartials } from "zkmargin/clearing";
 *
 * const { key, sealed, parts } = liquidators;
 * console.log(openByPartials(key, sealed, parts, 16).perp.length); // 16
 * ```
 */
export function openByPartials(
  key: LiquidatorsKey,
  account: SealedAccount,
  messages: readonly Message[],
  assets: number,
): ClearedOpening {
  const { shared, members } = combinePartials(key, account, messages);
  if (shared === undefined)
    throw new OutOfRangeError(
      "partials",
      `sound ones of ${key.threshold} members`,
      `those of ${members.length}`,
    );
  const opening = openSeal(account.sealed, shared, assets);
  if (commitCleared(opening, account.listing) !== account.commitment)
    throw new InvalidProofError("sealed book: expected the one that the commitment hides, got another");
  return opening;
}

function isPartial(message: Message): message is Message<"partial"> {
  return message.kind === "partial";
}

function proofContext(context: string, index: number): Part {
  return ["partial", context, index];
}

/** The public share of a member. @throws OutOfRangeError for a number that is no member's */
function publicShare({ members }: LiquidatorsKey, index: number): Point {
  const member = members[index - 1];
  if (member === undefined) throw new OutOfRangeError("index", `1 to ${members.length}`, String(index));
  return member.share;
}
