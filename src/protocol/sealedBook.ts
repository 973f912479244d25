import { babyjubjub } from "@noble/curves/misc";
import { hkdf } from "@noble/hashes/hkdf";
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import { OutOfRangeError } from "../errors.js";
import { BASIS_BITS, CLEARED_BITS, FIELD_R, SALT_BITS, SCALAR_BITS } from "./bounds.js";
import { checkSalt } from "./checks.js";
import { poseidonSponge } from "./commitment.js";
import type { Point } from "./folding.js";

/**
 * A sealed book: its opening, encrypted so that the holders of the liquidators' key can read it. Diffie and Hellman on Baby
 * Jubjub, the curve over the field of the proofs, and one Poseidon permutation as keystream. The proof of a transition shows
 * that the ciphertext is of the very opening that the new commitment hides.
 */

/** ASCII "zkmargin/cipher@1": a keystream is never a hash of anything else. */
export const CIPHER_DOMAIN = 0x7a6b6d617267696e2f6369706865724031n;
/** Perpetuals in a word, each as q + 2^63 in 64 bits: 192 bits. */
export const CLEARED_PER_WORD = 3;
/** The base point of the prime subgroup (ERC-2494). */
export const BASE: Point = {
  x: 5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  y: 16950150798460657717958625567821834550301663161624707787222815936182638968203n,
};
/** Points of the prime subgroup. The curve has eight times as many. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

const SEAL_DOMAIN = "zkmargin/seal@2";
const LEAST_SCALAR = 1n << BigInt(SCALAR_BITS);
const INVERSE_OF_8 = (7n * SUBGROUP_ORDER + 1n) / 8n;

const Curve = babyjubjub.ExtendedPoint;
type CurvePoint = InstanceType<typeof Curve>;

/** A book of the clearing house: perpetuals and cash alone. */
export interface ClearedBook {
  /** Signed quanta by slot, −2^63 ≤ q < 2^63. */
  readonly perp: readonly bigint[];
  /** Signed attodollars, an int128: cash, less what the perpetuals cost. */
  readonly basis: bigint;
}

/** A book and the salt of its commitment: what a commitment hides. */
export interface ClearedOpening extends ClearedBook {
  /** Below 2^248. */
  readonly salt: bigint;
}

/** What is posted beside a commitment. */
export interface SealedBook {
  /** scalar·B. */
  readonly ephemeral: Point;
  /** Packed perpetuals, basis + 2^127 and salt, each plus a word of the keystream, in the field. */
  readonly cipher: readonly bigint[];
}

/** What makes the scalar of one seal its own. */
export interface SealContext {
  readonly chainId: bigint;
  /** 32 bytes, hex: the chain's id of the account. */
  readonly account: string;
  readonly sequence: bigint;
  /** The commitment whose opening is sealed: two books of one sequence never share a keystream. */
  readonly commitment: bigint;
}

/**
 * Checks a liquidators' key: canonical coordinates, on the curve, in the prime subgroup and not its neutral point.
 * @throws OutOfRangeError
 */
export function checkKey(key: Point, path = "key"): void {
  pointOf(key, path);
}

/**
 * The point of which `key` is eight times: how a circuit is shown that the key is in the prime subgroup.
 * @throws OutOfRangeError as {@link checkKey}
 */
export function keyRoot(key: Point): Point {
  return affine(pointOf(key, "key").multiplyUnsafe(INVERSE_OF_8));
}

/**
 * The key of a liquidator's secret: secret·B.
 * @throws OutOfRangeError unless 0 < secret < the order of the subgroup
 */
export function keyOf(secret: bigint): Point {
  return sharedPoint(secret, BASE);
}

/**
 * What two parties share: either's secret times the other's point.
 * @throws OutOfRangeError for a secret out of range, or a point that is no key
 */
export function sharedPoint(secret: bigint, point: Point): Point {
  if (secret <= 0n || secret >= SUBGROUP_ORDER)
    throw new OutOfRangeError("secret", "a number above 0 and below the subgroup's order", "another");
  return affine(pointOf(point, "point").multiply(secret));
}

/**
 * The scalar that any SCALAR_BITS bits stand for: 2^SCALAR_BITS + 1 + 2·bits. Its binary digits can be ±1 alone, which
 * makes the circuit's multiplications cheap, and it is no multiple of the subgroup's order.
 */
export function scalarOf(bits: bigint): bigint {
  return LEAST_SCALAR + 1n + 2n * bits;
}

/**
 * The scalar of one seal: HKDF-SHA256 of the owner's secret, bound to chain, account, sequence and the new commitment.
 * @throws OutOfRangeError for a short secret
 */
export function sealingScalar(secret: Uint8Array, context: SealContext): bigint {
  if (secret.length < 32) throw new OutOfRangeError("secret", "at least 32 bytes", "fewer");
  const words = [context.chainId, BigInt(context.account), context.sequence, context.commitment];
  const info = concatBytes(...words.map((word) => hexToBytes(word.toString(16).padStart(64, "0"))));
  const bytes = hkdf(sha256, secret, utf8ToBytes(SEAL_DOMAIN), info, Math.ceil(SCALAR_BITS / 8));
  return scalarOf(BigInt(`0x${bytesToHex(bytes)}`) & (LEAST_SCALAR - 1n));
}

/**
 * Seals an opening to a key.
 * @param scalar of {@link sealingScalar}; never used for two openings
 * @throws OutOfRangeError for a book, salt, scalar or key out of bounds; it quotes none of them
 */
export function sealBook(opening: ClearedOpening, key: Point, scalar: bigint): SealedBook {
  if (scalar <= LEAST_SCALAR || scalar >= 3n * LEAST_SCALAR || scalar % 2n === 0n)
    throw new OutOfRangeError(
      "scalar",
      `an odd number above 2^${SCALAR_BITS} and below 3·2^${SCALAR_BITS}`,
      "another",
    );
  const plain = plainWords(opening);
  const stream = keystream(sharedPoint(scalar, key), plain.length);
  return {
    ephemeral: keyOf(scalar),
    cipher: plain.map((word, i) => (word + (stream[i] as bigint)) % FIELD_R),
  };
}

/** Words of the ciphertext of a book of so many slots: its packed quantities, its basis and its salt. */
export function cipherWordCount(slots: number): number {
  return Math.ceil(slots / CLEARED_PER_WORD) + 2;
}

/**
 * Opens a seal with the point that its key's holder and its ephemeral point share.
 * @param assets slots of the circuit
 * @throws OutOfRangeError where what is decrypted is no opening: another key, or another seal
 */
export function openSeal({ cipher }: SealedBook, shared: Point, assets: number): ClearedOpening {
  const words = Math.ceil(assets / CLEARED_PER_WORD);
  if (cipher.length !== cipherWordCount(assets))
    throw new OutOfRangeError("cipher", `${cipherWordCount(assets)} words`, `${cipher.length}`);
  const stream = keystream(shared, cipher.length);
  const plain = cipher.map((word, i) => (word + FIELD_R - (stream[i] as bigint)) % FIELD_R);
  const lane = BigInt(CLEARED_BITS + 1);
  const perp = Array.from({ length: words * CLEARED_PER_WORD }, (_, u) => {
    const word = plain[Math.floor(u / CLEARED_PER_WORD)] as bigint;
    const number = (word >> (lane * BigInt(u % CLEARED_PER_WORD))) & ((1n << lane) - 1n);
    return number - (1n << (lane - 1n));
  }).slice(0, assets);
  const [basis = 0n, salt = 0n] = plain.slice(words);
  const opening = { perp, basis: basis - (1n << BigInt(BASIS_BITS)), salt };
  const again = opening.basis >> BigInt(BASIS_BITS) <= 0n && salt >> BigInt(SALT_BITS) === 0n;
  if (!again || plainWords(opening).some((word, i) => word !== plain[i]))
    throw new OutOfRangeError("cipher", "the seal of a book, under this key", "another");
  return opening;
}

/**
 * Checks a book of the clearing house against its bounds.
 * @throws OutOfRangeError, which quotes no amount
 */
export function checkCleared({ perp, basis }: ClearedBook, path = "book"): void {
  const most = 1n << BigInt(CLEARED_BITS);
  const wrong = perp.findIndex((quantity) => quantity < -most || quantity >= most);
  if (wrong >= 0)
    throw new OutOfRangeError(`${path}.perp[${wrong}]`, "an int64 of quanta", "a larger number");
  const limit = 1n << BigInt(BASIS_BITS);
  if (basis < -limit || basis >= limit)
    throw new OutOfRangeError(`${path}.basis`, "an int128 of attodollars", "a larger number");
}

function plainWords({ perp, basis, salt }: ClearedOpening): bigint[] {
  checkCleared({ perp, basis }, "opening");
  checkSalt(salt, "opening.salt");
  const packed: bigint[] = [];
  for (let first = 0; first < perp.length; first += CLEARED_PER_WORD)
    packed.push(
      perp
        .slice(first, first + CLEARED_PER_WORD)
        .reduce(
          (word, q, i) => word + ((q + (1n << BigInt(CLEARED_BITS))) << BigInt((CLEARED_BITS + 1) * i)),
          0n,
        ),
    );
  return [...packed, basis + (1n << BigInt(BASIS_BITS)), salt];
}

/** The rate absorbs the point, the domain and zeros, and is squeezed once. */
function keystream({ x, y }: Point, words: number): bigint[] {
  return poseidonSponge([x, y, CIPHER_DOMAIN, ...new Array<bigint>(words - 3).fill(0n)]);
}

/** @throws OutOfRangeError unless the point is one of the prime subgroup other than the neutral one */
function pointOf({ x, y }: Point, path: string): CurvePoint {
  let point: CurvePoint | undefined;
  try {
    point = Curve.fromAffine({ x, y });
    point.assertValidity();
  } catch {
    point = undefined;
  }
  // The library takes coordinates up to 2^256: those of the field alone are canonical.
  const canonical = x > 0n && x < FIELD_R && y >= 0n && y < FIELD_R;
  if (!canonical || !point?.multiplyUnsafe(SUBGROUP_ORDER).equals(Curve.ZERO))
    throw new OutOfRangeError(
      path,
      "a point of Baby Jubjub's prime subgroup, not its neutral one",
      "another",
    );
  return point;
}

function affine(point: CurvePoint): Point {
  const { x, y } = point.toAffine();
  return { x, y };
}
