import { FormatError, OutOfRangeError } from "../errors.js";
import { BPS, ENVELOPE_BITS, SUPPORT_BITS, THETA_BITS } from "./bounds.js";

/** What a proof claims about a book. */
export interface Claim {
  /** Health factor to exceed, basis points, 1 … 65 535; 10 000 is maintenance margin. */
  readonly theta: number;
  /** Relative price move through which the claim stays true, basis points, 0 … 10 000; 0 if unhealthy. */
  readonly envelope: number;
  /** True claims HF > θ, false claims HF ≤ θ. */
  readonly healthy: boolean;
  /** True also claims at most one perpetual and at most one collateral asset. */
  readonly isolated: boolean;
  /** True where the book may hold a sleeve; absent or false claims that it holds none. An isolated book holds none. */
  readonly sleeve?: boolean;
  /**
   * Cents, |support| < 2^56. The claim is true with this much added to the collateral or, if negative, with so much more owed.
   * Absent or 0 in a claim about the book as it is.
   */
  readonly support?: bigint;
}

/** Where in a packed claim the envelope, the flags and the support's magnitude begin. */
export const ENVELOPE_AT = BigInt(THETA_BITS);
export const HEALTHY_AT = ENVELOPE_AT + BigInt(ENVELOPE_BITS);
export const ISOLATED_AT = HEALTHY_AT + 1n;
export const SLEEVE_AT = ISOLATED_AT + 1n;
export const TAKEN_AT = SLEEVE_AT + 1n;
export const SUPPORT_AT = TAKEN_AT + 1n;
/** Bits of a packed claim that has neither sleeve nor support. */
export const PLAIN_CLAIM_BITS = THETA_BITS + ENVELOPE_BITS + 2;
/** Bits of a packed claim. */
export const CLAIM_BITS = PLAIN_CLAIM_BITS + 2 + SUPPORT_BITS;

/**
 * Checks a claim's bounds.
 * @throws OutOfRangeError, FormatError naming the field below `path`.
 */
export function checkClaim(claim: Claim, path = "claim"): void {
  const inRange = (value: number, low: number, high: number, field: string) => {
    if (!Number.isInteger(value))
      throw new FormatError(`${path}.${field}`, "a whole number of basis points", String(value));
    if (value < low || value > high)
      throw new OutOfRangeError(`${path}.${field}`, `${low} to ${high} basis points`, String(value));
  };
  inRange(claim.theta, 1, 2 ** THETA_BITS - 1, "theta");
  inRange(claim.envelope, 0, Number(BPS), "envelope");
  if (!claim.healthy && claim.envelope !== 0)
    throw new OutOfRangeError(`${path}.envelope`, "0 in a claim of ill health", String(claim.envelope));
  if (claim.isolated && claim.sleeve)
    throw new OutOfRangeError(`${path}.sleeve`, "false in an isolated claim", "true");
  const limit = 1n << BigInt(SUPPORT_BITS);
  const support = claim.support ?? 0n;
  if (support <= -limit || support >= limit)
    throw new OutOfRangeError(`${path}.support`, `a magnitude below 2^${SUPPORT_BITS} cents`, "a larger one");
}

/**
 * How a claim is packed, from the least significant bit; ReadClaim.circom and Claims.sol unpack it:
 *
 * θ | envelope ≪ 16 | healthy ≪ 30 | isolated ≪ 31 | sleeve ≪ 32 | taken ≪ 33 | |support| ≪ 34. `taken` is the sign of a
 * negative support; zero has none.
 *
 * @example
 * ```ts
 * import { packClaim } from "zkmargin/protocol";
 *
 * console.log(packClaim({ theta: 12_500, envelope: 100, healthy: true, isolated: false })); // 1080307924n
 * ```
 */
export function packClaim(claim: Claim): bigint {
  checkClaim(claim);
  const support = claim.support ?? 0n;
  return (
    BigInt(claim.theta) |
    (BigInt(claim.envelope) << ENVELOPE_AT) |
    (claim.healthy ? 1n << HEALTHY_AT : 0n) |
    (claim.isolated ? 1n << ISOLATED_AT : 0n) |
    (claim.sleeve ? 1n << SLEEVE_AT : 0n) |
    (support < 0n ? 1n << TAKEN_AT : 0n) |
    ((support < 0n ? -support : support) << SUPPORT_AT)
  );
}

/**
 * The inverse of {@link packClaim}.
 * @throws OutOfRangeError if `word` is no packed claim.
 *
 * @example
 * ```ts
 * import { unpackClaim } from "zkmargin/protocol";
 *
 * console.log(unpackClaim(1_080_307_924n).theta); // 12500
 * ```
 */
export function unpackClaim(word: bigint, path = "claim"): Claim {
  if (word < 0n || word >> BigInt(CLAIM_BITS) !== 0n)
    throw new OutOfRangeError(path, `a word below 2^${CLAIM_BITS}`, "a larger one");
  const taken = ((word >> TAKEN_AT) & 1n) === 1n;
  const support = word >> SUPPORT_AT;
  if (taken && support === 0n) throw new OutOfRangeError(path, "no sign where support is zero", "one");
  const claim: Claim = {
    theta: Number(word & ((1n << ENVELOPE_AT) - 1n)),
    envelope: Number((word >> ENVELOPE_AT) & ((1n << BigInt(ENVELOPE_BITS)) - 1n)),
    healthy: ((word >> HEALTHY_AT) & 1n) === 1n,
    isolated: ((word >> ISOLATED_AT) & 1n) === 1n,
    ...(((word >> SLEEVE_AT) & 1n) === 1n ? { sleeve: true } : {}),
    ...(support === 0n ? {} : { support: taken ? -support : support }),
  };
  checkClaim(claim, path);
  return claim;
}
