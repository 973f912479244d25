/** An exact rational number in lowest terms; the denominator is above 0. */
export interface Exact {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Exact = { n: 0n, d: 1n };
export const ONE: Exact = { n: 1n, d: 1n };

/** n / d in lowest terms. The denominator must not be 0. */
export function exact(n: bigint, d = 1n): Exact {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b !== 0n) [a, b] = [b, a % b];
  const common = a === 0n ? 1n : d < 0n ? -a : a;
  return { n: n / common, d: d / common };
}

export function plus(a: Exact, b: Exact): Exact {
  return exact(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function minus(a: Exact, b: Exact): Exact {
  return plus(a, negative(b));
}

export function times(a: Exact, b: Exact): Exact {
  return exact(a.n * b.n, a.d * b.d);
}

/** a / b; b must not be 0. */
export function over(a: Exact, b: Exact): Exact {
  return exact(a.n * b.d, a.d * b.n);
}

export function negative({ n, d }: Exact): Exact {
  return { n: -n, d };
}

export function magnitude(a: Exact): Exact {
  return a.n < 0n ? negative(a) : a;
}

/** Below, equal or above 0 as `a` is below, equal to or above `b`. */
export function compare(a: Exact, b: Exact): -1 | 0 | 1 {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function sum(values: readonly Exact[]): Exact {
  return values.reduce(plus, ZERO);
}

/** The largest whole number of 10^-decimals that is not above `a`. */
export function floorUnits({ n, d }: Exact, decimals: number): bigint {
  const scaled = n * 10n ** BigInt(decimals);
  const quotient = scaled / d;
  return scaled % d < 0n ? quotient - 1n : quotient;
}

/** The smallest whole number of 10^-decimals that is not below `a`. */
export function ceilUnits(a: Exact, decimals: number): bigint {
  return -floorUnits(negative(a), decimals);
}

/** Whether `a` is a whole number of 10^-decimals. */
export function hasDecimals({ n, d }: Exact, decimals: number): boolean {
  return (n * 10n ** BigInt(decimals)) % d === 0n;
}

/** More digits than an amount in the smallest unit of any token has. */
const MAX_DIGITS = 80;
const NUMBER = /^([+-]?)(0|[1-9][0-9]*)?(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?$/;

/**
 * A number as programs write it, exactly: "12.5", "-0", ".5", "1e-8". Undefined for every other text, such as one with
 * separators, white space, leading zeros, a bare point, hexadecimal, or more than 80 digits.
 */
export function parseExact(text: string): Exact | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  if (whole.length + fraction.length > MAX_DIGITS) return undefined;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  const places = fraction.length - Number(exponent);
  return places >= 0 ? exact(digits, 10n ** BigInt(places)) : exact(digits * 10n ** BigInt(-places));
}
