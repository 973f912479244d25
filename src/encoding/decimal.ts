import { FormatError, OutOfRangeError, PrecisionError } from "../errors.js";

/** More digits than any bounded amount has; stops a megabyte of digits before it becomes a bigint. */
const MAX_DIGITS = 80;

/**
 * An exact decimal, written the one way people agree on ("12.5", "-0.001", "0"), as an integer number of
 * 10^-decimals. A value with more decimals than that is refused, zeros included: nothing is ever rounded, and
 * whether a text is accepted does not depend on which digits it ends in.
 *
 * @throws FormatError (exponent, hex, plus sign, leading zeros, −0, white space, bare point, empty, …),
 *   PrecisionError, OutOfRangeError (absurdly long). None quotes the text.
 *
 * @example
 * ```ts
 * import { parseDecimal } from "zkmargin/protocol";
 *
 * console.log(parseDecimal("12.5", 2, "amount")); // 1250n
 * ```
 */
export function parseDecimal(text: string, decimals: number, path: string): bigint {
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (!match || /^-[0.]*$/.test(text)) throw new FormatError(path, "a plain decimal number", notation(text));
  const [, sign = "", whole = "", fraction = ""] = match;
  if (fraction.length > decimals) throw new PrecisionError(path, decimalsAllowed(decimals), "more");
  if (whole.length > MAX_DIGITS)
    throw new OutOfRangeError(path, `at most ${MAX_DIGITS} digits`, "a longer number");
  const magnitude = BigInt(whole + fraction.padEnd(decimals, "0"));
  return sign === "-" ? -magnitude : magnitude;
}

/**
 * A whole number in plain digits.
 * @throws FormatError, OutOfRangeError (absurdly long)
 */
export function parseInteger(text: string, path: string): bigint {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text))
    throw new FormatError(path, "a whole number in plain digits", notation(text));
  if (text.length > MAX_DIGITS)
    throw new OutOfRangeError(path, `at most ${MAX_DIGITS} digits`, "a longer number");
  return BigInt(text);
}

/**
 * The inverse of {@link parseDecimal}, without trailing zeros.
 *
 * @example
 * ```ts
 * import { formatDecimal } from "zkmargin/protocol";
 *
 * console.log(formatDecimal(1_250n, 2)); // 12.5
 * ```
 */
export function formatDecimal(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The double nearest to an integer number of 10^-decimals: a decimal text is rounded correctly when it is parsed. */
export function nearestNumber(value: bigint, decimals: number): number {
  return Number(formatDecimal(value, decimals));
}

function decimalsAllowed(decimals: number): string {
  return decimals === 0 ? "a whole number" : `at most ${decimals} decimals`;
}

/** What is wrong with a number's notation, in words that do not give the number away. */
function notation(text: string): string {
  if (text === "") return "empty text";
  if (/\s/.test(text)) return "white space";
  if (text.startsWith("+")) return "a plus sign";
  if (/^-?0[xXoObB]/.test(text)) return "hexadecimal or another base";
  if (/^-?[0-9.]+[eE]/.test(text)) return "exponent notation";
  if (/^-0*(\.0*)?$/.test(text)) return "negative zero or a bare sign";
  if (/^-?0[0-9]/.test(text)) return "leading zeros";
  if (/^-?\.[0-9]|[0-9]\.$/.test(text)) return "a bare decimal point";
  if (/^-?[0-9]+\.[0-9]+$/.test(text)) return "a fraction";
  if (/^-?(nan|inf)/i.test(text)) return "not a number";
  return "other text";
}

/** A percentage in basis points, "-12.5%" → −1250; undefined for other text and for more than two decimals. */
export function percentInBps(text: string): number | undefined {
  const match = /^([+-]?)(0|[1-9]\d{0,9})(?:\.(\d{1,2}))?%$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", decimals = ""] = match;
  const bps = Number(`${whole}${decimals.padEnd(2, "0")}`);
  return sign === "-" && bps !== 0 ? -bps : bps;
}
