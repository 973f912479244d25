import { FormatError } from "../../errors.js";

/** A European option or a dated future, as its name says. */
export interface Instrument {
  readonly name: string;
  /** Symbol of the coin, as the venue writes it. */
  readonly underlying: string;
  /** Paid in the coin itself (inverse), or in dollars (linear). */
  readonly settlement: "inverse" | "linear";
  /** Unix seconds: 08:00 UTC of the day. */
  readonly expiry: number;
  /** Null for a future. Strike in dollars. */
  readonly option: { readonly strike: number; readonly call: boolean } | null;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const NAME =
  /^([A-Z0-9]{1,16})(_USD[CT])?-([1-9]|[12][0-9]|3[01])([A-Z]{3})([0-9]{2})(?:-([0-9]{1,9}(?:d[0-9]{1,9})?)-([CP]))?$/;
/** Hour at which Deribit's options and futures expire, UTC. */
const EXPIRY_HOUR = 8;

/**
 * Reads a name as Deribit writes it: `BTC-27JUN25-100000-C`, `XRP_USDC-27JUN25-0d45-P`, or `BTC-27JUN25` for a future.
 * @throws FormatError, which does not quote the name
 *
 * @example
 * ```ts
 * import { parseInstrument } from "zkmargin/risk";
 *
 * console.log(parseInstrument("BTC-27JUN25-100000-C").expiry); // 1751011200
 * ```
 */
export function parseInstrument(name: string, path = "instrument"): Instrument {
  const match = NAME.exec(name);
  if (match === null)
    throw new FormatError(path, "a name such as BTC-27JUN25-100000-C or BTC-27JUN25", "other text");
  const [, underlying = "", quote, day = "", month = "", year = "", strikeText, side] = match;
  const date = new Date(Date.UTC(2000 + Number(year), MONTHS.indexOf(month), Number(day), EXPIRY_HOUR));
  if (!MONTHS.includes(month) || date.getUTCDate() !== Number(day))
    throw new FormatError(path, "a day of the calendar in the name", "another");
  const strike = strikeText === undefined ? null : Number(strikeText.replace("d", "."));
  if (strike === 0) throw new FormatError(path, "a strike above 0", "0");
  return {
    name,
    underlying,
    settlement: quote === undefined ? "inverse" : "linear",
    expiry: date.getTime() / 1000,
    option: strike === null ? null : { strike, call: side === "C" },
  };
}
