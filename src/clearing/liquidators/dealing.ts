import { xchacha20poly1305 } from "@noble/ciphers/chacha";
import { hkdf } from "@noble/hashes/hkdf";
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils";
import { MemberFaultError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { BASE, keyOf, SUBGROUP_ORDER, sharedPoint } from "../../protocol/sealedBook.js";
import { fromHex, toHex } from "../notation.js";
import { type LiquidatorsKey, type Terms, termsDigest } from "./ceremony.js";
import {
  BLINDING_BASE,
  encode,
  evaluate,
  evaluatePoints,
  type Part,
  type RandomBytes,
  randomScalar,
  samePoint,
  sumOf,
  timesSecret,
  wordBytes,
} from "./curve.js";
import { type Equation, proveLinear, verifyLinear } from "./linearProof.js";
import { type Body, type Message, messageDigest } from "./messages.js";

/**
 * One dealer's part of a ceremony: a polynomial, committed to, of which each member gets its value, sealed. In a generation
 * commitments are Pedersen's and hide the dealer's part of the key until all deals are fixed. In a resharing they are Feldman's:
 * the constant is a public share already.
 */

const BOX_DOMAIN = "zkmargin/liquidator-box@1";
const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** What a dealer keeps: the polynomials' coefficients from the constant on, and the scalar that its boxes are sealed with. */
export interface DealSecrets {
  readonly coefficients: readonly bigint[];
  /** Empty in a resharing. */
  readonly blinds: readonly bigint[];
  readonly ephemeral: bigint;
}

/** A member's share of one dealer's polynomials. */
export interface DealtShare {
  readonly value: bigint;
  /** 0 in a resharing. */
  readonly blind: bigint;
}

/** Who deals in a ceremony: all members, or those of the old key that the terms name; by number. */
export function dealersOf({ members, previous }: Terms): readonly number[] {
  return previous?.dealers ?? members.map((_, i) => i + 1);
}

/** The address of a dealer. */
export function dealerAddress({ members, previous }: Terms, dealer: number): string | undefined {
  return (previous?.key.members ?? members)[dealer - 1]?.address;
}

/**
 * Draws a dealer's secrets.
 * @param constant what is dealt: in a resharing the dealer's share; a random number by default
 */
export function drawSecrets(
  { threshold, previous }: Terms,
  random: RandomBytes,
  constant?: bigint,
): DealSecrets {
  const draw = () => Array.from({ length: threshold }, () => randomScalar(random));
  const coefficients = draw();
  if (constant !== undefined) coefficients[0] = constant;
  return { coefficients, blinds: previous === undefined ? draw() : [], ephemeral: randomScalar(random) };
}

/** Makes a deal of its secrets: the same secrets give the same commitments and boxes. */
export function makeDeal(
  terms: Terms,
  from: number,
  secrets: DealSecrets,
  random: RandomBytes,
): Body<"deal"> {
  const { coefficients, blinds, ephemeral } = secrets;
  const boxes = terms.members.map(({ encryptionKey }, i) => {
    const share = { value: evaluate(coefficients, i + 1), blind: evaluate(blinds, i + 1) };
    return sealShare(share, sharedPoint(ephemeral, encryptionKey), boxContext(terms, from, i + 1));
  });
  return proveDeal(terms, from, secrets, boxes, random);
}

/** A deal of these boxes, with the proof of its polynomial over them: what is in the boxes, only their members see. */
export function proveDeal(
  terms: Terms,
  from: number,
  { coefficients, blinds, ephemeral }: DealSecrets,
  boxes: readonly string[],
  random: RandomBytes,
): Body<"deal"> {
  const commitments = coefficients.map((value, k) => commit({ value, blind: blinds[k] ?? 0n }));
  const deal = { commitments, ephemeral: keyOf(ephemeral), boxes };
  const proof = proveLinear(
    dealContext(terms, from, deal),
    dealEquations(terms, deal),
    [...coefficients, ...blinds, ephemeral],
    random,
  );
  return { ...deal, proof };
}

/**
 * Checks all of a deal that everybody can see. The proof shows that the dealer knows its polynomial and its ephemeral scalar: so
 * nobody deals what another has dealt, and nobody has another's box opened by a complaint about a copy of it.
 * @throws MemberFaultError (deal)
 */
export function checkDeal(terms: Terms, from: number, deal: Body<"deal">): void {
  const refuse = (message: string) => {
    throw new MemberFaultError(
      "deal",
      from,
      `deal of member ${from}, ${dealerAddress(terms, from)}: ${message}`,
    );
  };
  const { members, threshold, previous } = terms;
  if (deal.commitments.length !== threshold)
    refuse(`expected ${threshold} commitments, got ${deal.commitments.length}`);
  if (deal.boxes.length !== members.length)
    refuse(`expected ${members.length} boxes, got ${deal.boxes.length}`);
  const share = previous?.key.members[from - 1]?.share;
  if (share !== undefined && !samePoint(share, deal.commitments[0] as Point))
    refuse("expected its own share of the key to be dealt, got another number");
  if (!verifyLinear(dealContext(terms, from, deal), dealEquations(terms, deal), deal.proof))
    refuse("expected a proof that its sender knows what it deals, got none");
}

/**
 * Opens the box of member `to` with the point that its key and the deal's ephemeral point share. Undefined where the box does not
 * open, or holds no share of the polynomial that the deal commits to.
 */
export function openBox(
  terms: Terms,
  { from, to }: { readonly from: number; readonly to: number },
  { boxes, commitments }: Body<"deal">,
  shared: Point,
): DealtShare | undefined {
  const { key, nonce } = boxKey(shared, boxContext(terms, from, to));
  let plain: Uint8Array;
  try {
    plain = xchacha20poly1305(key, nonce).decrypt(fromHex(boxes[to - 1] as string));
  } catch {
    return undefined;
  }
  const [value = 0n, blind = 0n] = [plain.slice(0, 32), plain.slice(32)].map((word) =>
    BigInt(`0x${bytesToHex(word)}`),
  );
  const share = { value, blind };
  return isDealt(terms, commitments, to, share) ? share : undefined;
}

/** Whether a share is the one that a deal's commitments say a member has. */
export function isDealt(
  { previous }: Terms,
  commitments: readonly Point[],
  member: number,
  share: DealtShare,
): boolean {
  if (share.value >= SUBGROUP_ORDER || share.blind >= SUBGROUP_ORDER) return false;
  if (previous !== undefined && share.blind !== 0n) return false;
  return samePoint(commit(share), evaluatePoints(commitments, member));
}

/**
 * What a member says of a deal whose box holds no share: it opens the box to everybody, with a proof that it does so with its own
 * key. It gives away nothing but what it calls no share.
 */
export function makeComplaint(
  terms: Terms,
  to: number,
  deal: Message<"deal">,
  secret: bigint,
  random: RandomBytes,
): Body<"complaint"> {
  const shared = sharedPoint(secret, deal.body.ephemeral);
  const digest = messageDigest(deal);
  const own = keyOf(secret);
  const proof = proveLinear(
    complaintContext(terms, to, deal.from, digest),
    sameSecret(own, deal.body.ephemeral, shared),
    [secret],
    random,
  );
  return { against: deal.from, deal: digest, shared, proof };
}

/**
 * Judges a complaint.
 * @returns who is shown to be at fault: the dealer, or the member that complains of a sound share or proves nothing
 */
export function judgeComplaint(
  terms: Terms,
  to: number,
  complaint: Body<"complaint">,
  deal: Message<"deal">,
): "dealer" | "complainer" {
  const own = terms.members[to - 1]?.encryptionKey;
  const isProven =
    own !== undefined &&
    complaint.against === deal.from &&
    complaint.deal === messageDigest(deal) &&
    verifyLinear(
      complaintContext(terms, to, deal.from, complaint.deal),
      sameSecret(own, deal.body.ephemeral, complaint.shared),
      complaint.proof,
    );
  if (!isProven) return "complainer";
  const share = openBox(terms, { from: deal.from, to }, deal.body, complaint.shared);
  return share === undefined ? "dealer" : "complainer";
}

/** The equations of one secret in two places (Chaum and Pedersen): own = secret·B and shared = secret·point. */
export function sameSecret(own: Point, point: Point, shared: Point): Equation[] {
  return [
    { result: own, terms: [[0, BASE]] },
    { result: shared, terms: [[0, point]] },
  ];
}

/** What a dealer says when all deals are fixed: its polynomial without blinds, and a proof that it is the one committed to. */
export function makeExtract(
  terms: Terms,
  deal: Message<"deal">,
  { coefficients, blinds }: DealSecrets,
  random: RandomBytes,
): Body<"extract"> {
  const points = coefficients.map((coefficient) => timesSecret(coefficient, BASE));
  const equations = extractEquations(deal.body.commitments, points);
  const proof = proveLinear(extractContext(terms, deal), equations, [...coefficients, ...blinds], random);
  return { points, proof };
}

/** Whether an extract is of this deal's polynomial. */
export function isExtractOf(
  terms: Terms,
  deal: Message<"deal">,
  { points, proof }: Body<"extract">,
): boolean {
  if (points.length !== deal.body.commitments.length) return false;
  return verifyLinear(extractContext(terms, deal), extractEquations(deal.body.commitments, points), proof);
}

/** value·B + blind·H. */
function commit({ value, blind }: DealtShare): Point {
  return sumOf([
    [1n, timesSecret(value, BASE)],
    [1n, timesSecret(blind, BLINDING_BASE)],
  ]);
}

function dealEquations(
  { previous }: Terms,
  { commitments, ephemeral }: Pick<Body<"deal">, "commitments" | "ephemeral">,
): Equation[] {
  const count = commitments.length;
  const secrets = previous === undefined ? 2 * count : count;
  return [
    ...commitments.map(
      (result, k): Equation => ({
        result,
        terms:
          previous === undefined
            ? [
                [k, BASE],
                [count + k, BLINDING_BASE],
              ]
            : [[k, BASE]],
      }),
    ),
    { result: ephemeral, terms: [[secrets, BASE]] },
  ];
}

function extractEquations(commitments: readonly Point[], points: readonly Point[]): Equation[] {
  const count = commitments.length;
  return points.flatMap((result, k): Equation[] => {
    const blinded = sumOf([
      [1n, commitments[k] as Point],
      [-1n, result],
    ]);
    return [
      { result, terms: [[k, BASE]] },
      { result: blinded, terms: [[count + k, BLINDING_BASE]] },
    ];
  });
}

function dealContext(terms: Terms, from: number, { boxes }: Pick<Body<"deal">, "boxes">): Part {
  return [termsDigest(terms), "deal", from, boxes.map(fromHex)];
}

function complaintContext(terms: Terms, to: number, against: number, deal: string): Part {
  return [termsDigest(terms), "complaint", to, against, deal];
}

function extractContext(terms: Terms, deal: Message<"deal">): Part {
  return [termsDigest(terms), "extract", messageDigest(deal)];
}

function boxContext(terms: Terms, from: number, to: number): Part {
  return [termsDigest(terms), "box", from, to];
}

function sealShare({ value, blind }: DealtShare, shared: Point, context: Part): string {
  const { key, nonce } = boxKey(shared, context);
  return toHex(xchacha20poly1305(key, nonce).encrypt(concatBytes(wordBytes(value), wordBytes(blind))));
}

/** A key that seals one box and nothing else, so that its nonce may be derived with it. */
function boxKey(shared: Point, context: Part): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const secret = concatBytes(wordBytes(shared.x), wordBytes(shared.y));
  const bytes = hkdf(sha256, secret, utf8ToBytes(BOX_DOMAIN), encode(context), KEY_BYTES + NONCE_BYTES);
  return { key: bytes.slice(0, KEY_BYTES), nonce: bytes.slice(KEY_BYTES) };
}

/** A share of a key, as its holder keeps it. */
export interface KeyShare {
  readonly key: LiquidatorsKey;
  /** The holder's number among the members. */
  readonly index: number;
  readonly value: bigint;
}
