import { pippenger } from "@noble/curves/abstract/curve";
import { Field } from "@noble/curves/abstract/modular";
import { bn254 } from "@noble/curves/bn254";
import { FIELD_R } from "./bounds.js";
import { ACCOUNT_SIGNALS } from "./signals.js";

/**
 * Folding: the public signals that all accounts share become one point of BN254. The ledger stores it for each round,
 * and the gate verifies proofs with it. MarketLedger.sol and FoldedGroth16.sol compute the same sums.
 */

/** A point of BN254 G1, affine; infinity is (0, 0), as in the EVM. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const Group = bn254.G1.ProjectivePoint;
/**
 * Sizes of scalars that are summed apart, in bits: rates and shocks, prices, all others. Pippenger's algorithm takes steps for
 * every bit that a scalar may have, and a market has few large ones: a quarter of the time.
 */
const SIZES = [16, 64, 254].map((bits) => Field(1n << BigInt(bits)));

/**
 * The folded point of a market: IC₀ + Σ signalᵢ·ICᵢ₊₁ over the signals that are not an account's. A market's 402
 * signals take some hundredths of a second.
 * @param ic the points of a verification key: IC₀, then one per signal
 * @param signals all public signals in their order; those of the account are ignored
 * @throws RangeError for a point off the curve, or unless there is exactly one point more than there are signals
 *
 * @example
 * ```ts
 * import { foldSignals } from "zkmargin/protocol";
 *
 * const generator = { x: 1n, y: 2n };
 * const ic = [generator, generator, generator, generator]; // IC0, two of the account, one of the market
 * console.log(foldSignals(ic, [5n, 7n, 0n]).x); // 1n
 * ```
 */
export function foldSignals(ic: readonly Point[], signals: readonly bigint[]): Point {
  if (ic.length !== signals.length + 1)
    throw new RangeError(`expected ${signals.length + 1} points of IC, got ${ic.length}`);
  const scalars = [1n, ...signals];
  const terms = ic.map((point, i) => ({ point, scalar: scalars[i] ?? 0n }));
  return multiScalarSum(terms.filter((_, i) => i === 0 || i > ACCOUNT_SIGNALS));
}

/**
 * Σ scalarᵢ·pointᵢ; scalars are taken modulo r.
 * @throws RangeError for a point that is not on the curve
 */
export function multiScalarSum(terms: readonly { readonly point: Point; readonly scalar: bigint }[]): Point {
  const groups = SIZES.map((size) => ({ size, points: [] as Element[], scalars: [] as bigint[] }));
  for (const { point, scalar } of terms) {
    const element = onCurve(point);
    const positive = ((scalar % FIELD_R) + FIELD_R) % FIELD_R;
    // What is negative is small too.
    const isNegative = positive > FIELD_R / 2n;
    const magnitude = isNegative ? FIELD_R - positive : positive;
    const group = groups.find(({ size }) => magnitude < size.ORDER);
    group?.points.push(isNegative ? element.negate() : element);
    group?.scalars.push(magnitude);
  }
  return groups
    .map(({ size, points, scalars }) => pippenger(Group, size, points, scalars))
    .reduce((sum, part) => sum.add(part))
    .toAffine();
}

type Element = typeof Group.ZERO;

function onCurve(point: Point) {
  try {
    const element = Group.fromAffine(point);
    if (!element.is0()) element.assertValidity();
    return element;
  } catch {
    throw new RangeError("expected points of G1 of BN254, got another pair of numbers");
  }
}
