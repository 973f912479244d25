import { FormatError, OutOfRangeError } from "../errors.js";
import { BPS, ENVELOPE_BITS, THETA_BITS } from "./bounds.js";

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
}

/** Where in a packed claim the envelope and the two flags begin. */
export const ENVELOPE_AT = BigInt(THETA_BITS);
export const HEALTHY_AT = ENVELOPE_AT + BigInt(ENVELOPE_BITS);
export const ISOLATED_AT = HEALTHY_AT + 1n;
/** Bits of a packed claim. */
export const CLAIM_BITS = THETA_BITS + ENVELOPE_BITS + 2;

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
}

/**
 * θ | envelope ≪ 16 | healthy ≪ 30 | isolated ≪ 31.
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
  return (
    BigInt(claim.theta) |
    (BigInt(claim.envelope) << ENVELOPE_AT) |
    (claim.healthy ? 1n << HEALTHY_AT : 0n) |
    (claim.isolated ? 1n << ISOLATED_AT : 0n)
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
  const claim: Claim = {
    theta: Number(word & ((1n << ENVELOPE_AT) - 1n)),
    envelope: Number((word >> ENVELOPE_AT) & ((1n << BigInt(ENVELOPE_BITS)) - 1n)),
    healthy: ((word >> HEALTHY_AT) & 1n) === 1n,
    isolated: ((word >> ISOLATED_AT) & 1n) === 1n,
  };
  checkClaim(claim, path);
  return claim;
}
