import type { Black76Option } from "../../../src/risk/options/black76.js";

/** Fixed point with this many decimals: enough for the cancellation in the series, and for values of 1e-100. */
const ONE = 10n ** 450n;
const times = (a: bigint, b: bigint) => (a * b) / ONE;
const over = (a: bigint, b: bigint) => (a * ONE) / b;

/** Black-76 by its textbook formula in 450 digits: slow, and wrong in no digit of a double. */
export function exactBlack76({ forward, strike, years, volatility, discount, call }: Black76Option): number {
  const [f, k, d] = [fixed(forward), fixed(strike), fixed(discount)];
  const spread = times(fixed(volatility), root(fixed(years)));
  const d1 = over(ln(over(f, k)), spread) + spread / 2n;
  const d2 = d1 - spread;
  const value = call
    ? times(f, normalBelow(d1)) - times(k, normalBelow(d2))
    : times(k, normalBelow(-d2)) - times(f, normalBelow(-d1));
  return toNumber(times(d, value));
}

/** A double as it is, to the last bit. */
function fixed(x: number): bigint {
  let [mantissa, power] = [x, 0];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    power++;
  }
  return (BigInt(mantissa) * ONE) / 2n ** BigInt(power);
}

function toNumber(x: bigint): number {
  const digits = (x < 0n ? -x : x).toString();
  return Number(`${x < 0n ? "-" : ""}${digits}e-450`);
}

/** By Newton's method, in integers. */
function root(x: bigint): bigint {
  const target = x * ONE;
  let guess = 1n << BigInt(Math.ceil(target.toString(2).length / 2));
  for (;;) {
    const next = (guess + target / guess) / 2n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** 2·artanh((x − 1)/(x + 1)), of a number brought near to 1 by square roots. */
function ln(x: bigint): bigint {
  let [near, doublings] = [x, 0n];
  while (near > ONE + ONE / 8n || near < ONE - ONE / 8n) {
    near = root(near);
    doublings++;
  }
  const s = over(near - ONE, near + ONE);
  const square = times(s, s);
  let [power, sum] = [s, 0n];
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = times(power, square);
  }
  return 2n * sum * 2n ** doublings;
}

const SQRT_TWO_PI = root(2n * pi());

/** ½ + φ(x)·(x + x³/3 + x⁵/15 + …): no term cancels another. Beyond 35 it is 0 or 1 to 260 decimals. */
function normalBelow(x: bigint): bigint {
  const size = x < 0n ? -x : x;
  if (size > 35n * ONE) return x < 0n ? 0n : ONE;
  const square = times(size, size);
  let [term, sum] = [size, 0n];
  for (let n = 1n; term !== 0n; n += 2n) {
    sum += term;
    term = times(term, square) / (n + 2n);
  }
  const half = times(over(exp(-square / 2n), SQRT_TWO_PI), sum);
  return ONE / 2n + (x < 0n ? -half : half);
}

/** By its series, of a number made small by halving. */
function exp(x: bigint): bigint {
  const small = x / 2n ** 20n;
  let [term, sum] = [ONE, 0n];
  for (let n = 1n; term !== 0n; n++) {
    sum += term;
    term = times(term, small) / n;
  }
  for (let i = 0; i < 20; i++) sum = times(sum, sum);
  return sum;
}

/** Machin: π = 16·arctan(1/5) − 4·arctan(1/239). */
function pi(): bigint {
  const arctan = (inverse: bigint) => {
    let [power, sum] = [ONE / inverse, 0n];
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += n % 4n === 1n ? power / n : -power / n;
      power /= inverse * inverse;
    }
    return sum;
  };
  return 16n * arctan(5n) - 4n * arctan(239n);
}
