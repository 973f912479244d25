import * as z from "zod/mini";
import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { address, hex } from "../../encoding/address.js";
import { type DeepReadonly, document, integer, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DuplicateFieldError, FormatError, InvalidAttestationError, OutOfRangeError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { BASE, keyOf } from "../../protocol/sealedBook.js";
import { jsonText, natural } from "../notation.js";
import { digestOf, lagrange, MOST_MEMBERS, type RandomBytes, samePoint, sumOf } from "./curve.js";
import { proveLinear, verifyLinear } from "./linearProof.js";
import { isSignedBy, partOf, point, proof, signSignable } from "./messages.js";

/** Members of one key at least: with three or fewer, two of them could read every book. */
export const LEAST_MEMBERS = 4;

const CARD_FORMAT = "zkmargin/liquidator-card@1";
const TERMS_FORMAT = "zkmargin/liquidator-terms@1";
const KEY_FORMAT = "zkmargin/liquidators-key@1";
const CARD_DOMAIN = "zkmargin/liquidator-card@1";
/** Under what a card is signed: it belongs to no ceremony yet. */
const NO_CEREMONY = `0x${"00".repeat(32)}`;

const cardFields = z.strictObject({
  address,
  /** Shares of one ceremony are sealed to it. Its secret is dropped after that. */
  encryptionKey: point,
  proof,
  signature: hex(65),
});
/** A key in a schema. */
export const keySchema = z.strictObject({
  chainId: natural,
  key: point,
  threshold: integer(1, MOST_MEMBERS),
  /** 0 when it was generated, one more after each resharing. */
  generation: integer(0, 2 ** 31),
  /** Digest of the transcript that made these shares. */
  transcript: hex(32),
  members: z
    .array(z.strictObject({ address, share: point }))
    .check(z.maxLength(MOST_MEMBERS, `at most ${MOST_MEMBERS}`)),
});
const termsFields = {
  chainId: natural,
  /** Random: two ceremonies of the same members have nothing in common. */
  nonce: hex(32),
  threshold: integer(1, MOST_MEMBERS),
  members: z.array(cardFields).check(z.maxLength(MOST_MEMBERS, `at most ${MOST_MEMBERS}`)),
  /** In a resharing: the key as it stands, and which of its members deal new shares of theirs. */
  previous: z.exactOptional(z.strictObject({ key: keySchema, dealers: z.array(integer(1, MOST_MEMBERS)) })),
};
/** Terms in a schema, without their format. */
export const termsSchema = z.strictObject(termsFields);
const cardFile = document(CARD_FORMAT, { chainId: natural, card: cardFields });
const termsFile = document(TERMS_FORMAT, termsFields);
const keyFile = document(KEY_FORMAT, { key: keySchema });

/** A liquidator, as it presents itself: its bonded address, and the key that shares are sealed to, with a proof that it has it. */
export type Card = DeepReadonly<z.infer<typeof cardFields>>;
/** What a ceremony is to make: of whom, with which threshold, and in a resharing of which key. */
export type Terms = DeepReadonly<z.infer<typeof termsFile>>;
/**
 * The liquidators' key: what the house takes, and each member's public share. The shares of `threshold` members decrypt, fewer
 * learn nothing.
 */
export type LiquidatorsKey = DeepReadonly<z.infer<typeof keySchema>>;

/**
 * Makes a liquidator's card.
 * @param secret of the encryption key
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { makeCard, randomScalar } from "zkmargin/clearing";
 *
 * const card = await makeCard(houseMember, 31_337n, randomScalar(randomBytes), randomBytes);
 * console.log(card.address === houseMember.address); // true
 * ```
 */
export async function makeCard(
  wallet: TypedDataSigner,
  chainId: bigint,
  secret: bigint,
  random: RandomBytes,
): Promise<Card> {
  const encryptionKey = keyOf(secret);
  const made = proveLinear(
    [CARD_DOMAIN, wallet.address.toLowerCase()],
    cardEquations(encryptionKey),
    [secret],
    random,
  );
  const body = { address: wallet.address.toLowerCase(), encryptionKey, proof: made };
  const signature = await signSignable(wallet, chainId, {
    ceremony: NO_CEREMONY,
    kind: "card",
    from: 0,
    body,
  });
  return { address: wallet.address, encryptionKey, proof: made, signature };
}

/**
 * Checks a card: its proof of possession, and its address's signature.
 * @throws InvalidAttestationError
 */
export function checkCard(card: Card, chainId: bigint, path = "card"): void {
  const { address: own, encryptionKey, signature } = card;
  if (!verifyLinear([CARD_DOMAIN, own.toLowerCase()], cardEquations(encryptionKey), card.proof))
    throw new InvalidAttestationError(
      `${path}.proof: expected a proof that ${own} has the encryption key, got none`,
    );
  const body = { address: own.toLowerCase(), encryptionKey, proof: card.proof };
  if (!isSignedBy(own, chainId, { ceremony: NO_CEREMONY, kind: "card", from: 0, body, signature }))
    throw new InvalidAttestationError(`${path}.signature: expected one of ${own}, got another`);
}

function cardEquations(key: Point): Parameters<typeof proveLinear>[1] {
  return [{ result: key, terms: [[0, BASE]] }];
}

/** 32 bytes, hex: what every message of a ceremony is bound to. */
export function termsDigest(terms: Terms): string {
  const digest = DIGESTS.get(terms) ?? digestOf(TERMS_FORMAT, partOf(terms));
  DIGESTS.set(terms, digest);
  return digest;
}

/** Of terms, which nobody changes. */
const DIGESTS = new WeakMap<Terms, string>();

/** 32 bytes, hex: what every partial decryption is bound to. */
export function keyDigest(key: LiquidatorsKey): string {
  return digestOf(KEY_FORMAT, partOf(key));
}

/**
 * Checks a ceremony's terms: more than three members, a threshold above half of them, cards of different addresses and keys; in a
 * resharing a sound key, and at least its threshold of dealers.
 * @throws OutOfRangeError, DuplicateFieldError, FormatError, InvalidAttestationError
 */
export function checkTerms(terms: Terms, path = "terms"): void {
  const { members, threshold, previous, chainId } = terms;
  checkSizes(members.length, threshold, path);
  members.forEach((card, i) => {
    checkCard(card, chainId, `${path}.members[${i}]`);
  });
  checkDistinct(
    members.map((card) => card.address.toLowerCase()),
    `${path}.members`,
    "address",
  );
  checkDistinct(
    members.map(({ encryptionKey }) => `${encryptionKey.x}`),
    `${path}.members`,
    "encryption key",
  );
  if (previous === undefined) return;
  const { key, dealers } = previous;
  checkLiquidatorsKey(key, `${path}.previous.key`);
  if (key.chainId !== chainId)
    throw new FormatError(`${path}.previous.key.chainId`, `${chainId}`, `${key.chainId}`);
  checkDistinct(dealers.map(String), `${path}.previous.dealers`, "dealer");
  if (dealers.some((dealer) => dealer > key.members.length))
    throw new OutOfRangeError(`${path}.previous.dealers`, `1 to ${key.members.length}`, "another");
  if (dealers.length < key.threshold)
    throw new OutOfRangeError(
      `${path}.previous.dealers`,
      `at least the key's threshold, ${key.threshold}`,
      String(dealers.length),
    );
}

/**
 * Checks a key against itself: its sizes, and that all public shares and the key lie on one polynomial of degree threshold − 1.
 * What made it is in its transcript alone.
 * @throws OutOfRangeError, DuplicateFieldError, FormatError
 */
export function checkLiquidatorsKey(key: LiquidatorsKey, path = "key"): void {
  const { members, threshold } = key;
  checkSizes(members.length, threshold, path);
  checkDistinct(
    members.map((member) => member.address.toLowerCase()),
    `${path}.members`,
    "address",
  );
  const first = members.slice(0, threshold).map((_, i) => i + 1);
  const at = (index: number) => {
    const factors = lagrange(first, index);
    return sumOf(factors.map((factor, i) => [factor, (members[i] as { share: Point }).share]));
  };
  if (!samePoint(at(0), key.key))
    throw new FormatError(`${path}.key`, "the point that its members' shares give", "another");
  members.forEach(({ share }, i) => {
    if (i >= threshold && !samePoint(at(i + 1), share))
      throw new FormatError(`${path}.members[${i}].share`, "the one that the others' shares give", "another");
  });
}

function checkSizes(members: number, threshold: number, path: string): void {
  if (members < LEAST_MEMBERS || members > MOST_MEMBERS)
    throw new OutOfRangeError(
      `${path}.members`,
      `${LEAST_MEMBERS} to ${MOST_MEMBERS} members`,
      String(members),
    );
  if (2 * threshold <= members || threshold > members)
    throw new OutOfRangeError(
      `${path}.threshold`,
      `more than half of ${members} members, and no more than all`,
      String(threshold),
    );
}

function checkDistinct(values: readonly string[], path: string, what: string): void {
  const twice = values.findIndex((value, i) => values.indexOf(value) !== i);
  if (twice >= 0) throw new DuplicateFieldError(`${path}[${twice}]`, `a ${what} of its own`, "another's");
}

/**
 * Reads a card, `zkmargin/liquidator-card@1`, and checks it.
 * @throws InputError, InvalidAttestationError
 *
 * @example
 * ```ts
 * import { parseLiquidatorCard, serialiseLiquidatorCard } from "zkmargin/clearing";
 *
 * const { terms } = liquidators;
 * const [first] = terms.members;
 * if (first === undefined) throw new RangeError("no member");
 * console.log(parseLiquidatorCard(serialiseLiquidatorCard(terms.chainId, first)).chainId); // 31337n
 * ```
 */
export function parseLiquidatorCard(
  text: string,
  path = "card",
): { readonly chainId: bigint; readonly card: Card } {
  const read = shaped(cardFile, parseStrictJson(text, path), { path, expected: "the fields of a card" });
  checkCard(read.card, read.chainId, path);
  return read;
}

/**
 * The text of a card.
 *
 * @example
 * ```ts
 * import { serialiseLiquidatorCard } from "zkmargin/clearing";
 *
 * const texts = liquidators.terms.members.map((card) => serialiseLiquidatorCard(liquidators.terms.chainId, card));
 * console.log(texts.length); // 5
 * ```
 */
export function serialiseLiquidatorCard(chainId: bigint, card: Card): string {
  return jsonText({ format: CARD_FORMAT, chainId, card });
}

/**
 * Reads terms, `zkmargin/liquidator-terms@1`, and checks them.
 * @throws InputError, InvalidAttestationError
 *
 * @example
 * ```ts
 * import { parseLiquidatorTerms, serialiseLiquidatorTerms } from "zkmargin/clearing";
 *
 * console.log(parseLiquidatorTerms(serialiseLiquidatorTerms(liquidators.terms)).threshold); // 3
 * ```
 */
export function parseLiquidatorTerms(text: string, path = "terms"): Terms {
  const terms: Terms = shaped(termsFile, parseStrictJson(text, path), {
    path,
    expected: "the fields of terms",
  });
  checkTerms(terms, path);
  return terms;
}

/**
 * The text of terms.
 *
 * @example
 * ```ts
 * import { serialiseLiquidatorTerms } from "zkmargin/clearing";
 *
 * console.log(JSON.parse(serialiseLiquidatorTerms(liquidators.terms)).format); // zkmargin/liquidator-terms@1
 * ```
 */
export function serialiseLiquidatorTerms(terms: Terms): string {
  return jsonText({ format: TERMS_FORMAT, ...terms });
}

/**
 * Reads a liquidators' key, `zkmargin/liquidators-key@1`, and checks it against itself.
 * @throws InputError of the class that fits
 *
 * @example
 * ```ts
 * import { parseLiquidatorsKey, serialiseLiquidatorsKey } from "zkmargin/clearing";
 *
 * console.log(parseLiquidatorsKey(serialiseLiquidatorsKey(liquidators.key)).members.length); // 5
 * ```
 */
export function parseLiquidatorsKey(text: string, path = "key"): LiquidatorsKey {
  const { key } = shaped(keyFile, parseStrictJson(text, path), { path, expected: "the fields of a key" });
  checkLiquidatorsKey(key, path);
  return key;
}

/**
 * The text of a liquidators' key.
 *
 * @example
 * ```ts
 * import { serialiseLiquidatorsKey } from "zkmargin/clearing";
 *
 * console.log(JSON.parse(serialiseLiquidatorsKey(liquidators.key)).format); // zkmargin/liquidators-key@1
 * ```
 */
export function serialiseLiquidatorsKey(key: LiquidatorsKey): string {
  return jsonText({ format: KEY_FORMAT, key });
}
