/**
 * Elementary functions made of + − × ÷ and square root alone. IEEE 754 fixes those to the last bit; Math.log,
 * Math.exp and Math.pow it does not, and engines differ in them. So whatever is built on these is the same on every machine.
 */

/** ln 2 in two parts, the first with so few bits that k·LN2_HIGH is exact for |k| < 2^11 (as in fdlibm). */
export const LN2_HIGH = 6.9314718036912381649e-1;
export const LN2_LOW = 1.90821492927058770002e-10;
const SQRT_HALF = Math.SQRT1_2;
const SQRT_PI = 1.7724538509055160273;

/** Natural logarithm of a finite x > 0, to about 1 ulp. @throws RangeError for any other x. */
export function ln(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY))
    throw new RangeError("ln of a number that is not above 0 and finite");
  let m = x;
  let k = 0;
  for (; m >= 2 * SQRT_HALF; k++) m /= 2;
  for (; m < SQRT_HALF; k--) m *= 2;
  // ln m = 2·artanh s = 2(s + s³/3 + s⁵/5 + …) with |s| < 0.172.
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let n = 25; n >= 3; n -= 2) sum = (sum + 1 / n) * square;
  return k * LN2_HIGH + (2 * s + (2 * s * sum + k * LN2_LOW));
}

/** e^x, to about 1 ulp where it is a normal number; 0 and Infinity beyond. @throws RangeError for NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) throw new RangeError("exp of NaN");
  if (x > 709.7) return Number.POSITIVE_INFINITY;
  if (x < -708) return 0;
  const k = Math.round(x / (LN2_HIGH + LN2_LOW));
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  // Taylor to r^17/17!, |r| < 0.35; the part of r that its own rounding lost is put back to first order.
  let sum = 0;
  for (let n = 17; n >= 2; n--) sum = ((1 + sum) * r) / n;
  let result = 1 + (r + r * sum + (high - r - low));
  for (let i = k; i > 0; i--) result *= 2;
  for (let i = k; i < 0; i++) result /= 2;
  return result;
}

/** 1 − erf x, to about 14 digits of itself. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 26) return 0;
  const bell = exp(-x * x) / SQRT_PI;
  if (x < 2) {
    // erf x = 2/√π · e^(−x²) · (x + 2x³/3 + 4x⁵/15 + …), all terms positive (Abramowitz and Stegun 7.1.6).
    let term = x;
    let sum = x;
    for (let n = 1; n < 60; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 * bell * sum;
  }
  return bell / tailFraction(x);
}

/** e^(x²)·(1 − erf x), which does not underflow, to about 14 digits of itself; Infinity below −26.6. */
export function erfcx(x: number): number {
  if (x < 0) return 2 * exp(x * x) - erfcx(-x);
  return x < 2 ? exp(x * x) * erfc(x) : 1 / (SQRT_PI * tailFraction(x));
}

/** The continued fraction x + ½/(x + 1/(x + 3⁄2/(x + …))) of x ≥ 2, from its end (Abramowitz and Stegun 7.1.14). */
function tailFraction(x: number): number {
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return fraction;
}

/** Probability that a standard normal variable is below x. */
export function normalBelow(x: number): number {
  return erfc(-x * SQRT_HALF) / 2;
}

/** The x that a standard normal variable stays below with probability p, 0 < p < 1. @throws RangeError */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError("the normal quantile of a number that is no probability");
  if (p > 0.5) return -normalQuantile(1 - p);
  let [low, high] = [-38, 0];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability that a χ² variable with n = 1, 2, 3, … degrees of freedom is above x. @throws RangeError */
export function chiSquareAbove(x: number, n: number): number {
  if (!(Number.isInteger(n) && n >= 1) || Number.isNaN(x))
    throw new RangeError("χ² with no degrees of freedom");
  if (x <= 0) return 1;
  const half = x / 2;
  // Q(n + 2) = Q(n) + (x/2)^(n/2)·e^(−x/2) / Γ(n/2 + 1), from Q(1) = erfc √(x/2) or Q(2) = e^(−x/2).
  const odd = n % 2 === 1;
  let sum = odd ? erfc(Math.sqrt(half)) : exp(-half);
  let term = odd ? (Math.sqrt(half) * exp(-half) * 2) / SQRT_PI : exp(-half) * half;
  for (let k = odd ? 1 : 2; k < n; k += 2) {
    sum += term;
    term *= half / (k / 2 + 1);
  }
  return sum;
}

/**
 * The value that a share p of a sample lies below, by linear interpolation between its order statistics at
 * h = (n + ⅓)·p + ⅓: median-unbiased whatever the distribution (R. Hyndman, Y. Fan, "Sample Quantiles in
 * Statistical Packages", American Statistician 50, 1996, definition 8). Beyond the sample it is the extreme.
 * @throws RangeError for an empty sample, or p outside 0 … 1
 */
export function quantile(sample: readonly number[], p: number): number {
  if (sample.length === 0) throw new RangeError("a quantile of nothing");
  if (!(p >= 0 && p <= 1)) throw new RangeError("a quantile at no probability");
  const sorted = sample.toSorted((a, b) => a - b);
  const h = (sorted.length + 1 / 3) * p + 1 / 3;
  const below = Math.min(sorted.length, Math.max(1, Math.floor(h)));
  const above = Math.min(sorted.length, below + 1);
  const low = sorted[below - 1] ?? Number.NaN;
  const high = sorted[above - 1] ?? Number.NaN;
  return low + Math.min(1, Math.max(0, h - below)) * (high - low);
}
