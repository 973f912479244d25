import * as z from "zod/mini";
import { shaped } from "../../encoding/shape.js";
import { parseJsonTexts } from "../../encoding/strictJson.js";
import { DuplicateFieldError, FormatError, OutOfRangeError } from "../../errors.js";
import { type Instrument, parseInstrument } from "./instrument.js";
import type { ExpirySurface, Surface, UnderlyingSurface } from "./surface.js";

const summaryShape = z.object({
  result: z
    .array(
      z.object({
        instrument_name: z.string().check(z.maxLength(64)),
        /** Percent. */
        mark_iv: z.number().check(z.minimum(0), z.maximum(2000)),
        /** Of the option's expiry, dollars. */
        underlying_price: z.number().check(z.positive()),
        /** Dollars: the index. */
        estimated_delivery_price: z.number().check(z.positive()),
        /** A share a year. */
        interest_rate: z.number().check(z.minimum(-1), z.maximum(1)),
        /** Milliseconds. */
        creation_timestamp: z.int().check(z.minimum(1_000_000_000_000, "milliseconds since 1970")),
      }),
    )
    .check(z.minLength(1), z.maxLength(20_000)),
});
type Row = z.output<typeof summaryShape>["result"][number];

/**
 * A surface from what Deribit answers to `public/get_book_summary_by_currency` for options. At each strike the volatility is
 * that of the option out of the money, whose price says most of it; its time is the oldest of the answer's.
 * @param text JSON as the endpoint answers it, with numbers as they are
 * @throws FormatError, MissingFieldError, OutOfRangeError
 *
 * @example
 * ```ts
 * import { surfaceFromDeribit } from "zkmargin/risk";
 *
 * console.log(surfaceFromDeribit(summaryText).underlyings.size > 0); // true
 * ```
 */
export function surfaceFromDeribit(text: string, path = "summary"): Surface {
  const json = deribitJson(text, path, "public/get_book_summary_by_currency");
  const { result } = shaped(summaryShape, json, {
    path,
    expected: "an answer of get_book_summary_by_currency",
  });
  const rows = result.map((row, i) => {
    const instrument = parseInstrument(row.instrument_name, `${path}.result[${i}].instrument_name`);
    if (instrument.option === null)
      throw new FormatError(`${path}.result[${i}]`, "options alone (kind=option)", "a future");
    return { row, instrument, option: instrument.option };
  });
  checkRows(rows, path);
  const time = Math.floor(Math.min(...result.map(({ creation_timestamp }) => creation_timestamp)) / 1000);
  const symbols = [...new Set(rows.map(({ instrument }) => instrument.underlying))].sort();
  const underlyings = symbols.map((symbol): [string, UnderlyingSurface] => {
    const own = rows.filter(({ instrument }) => instrument.underlying === symbol);
    const expiries = [...new Set(own.map(({ instrument }) => instrument.expiry))].sort((a, b) => a - b);
    return [
      symbol,
      {
        spot: own[0]?.row.estimated_delivery_price ?? 0,
        expiries: expiries
          .filter((expiry) => expiry > time)
          .map((expiry) =>
            expirySurface(
              expiry,
              own.filter(({ instrument }) => instrument.expiry === expiry),
            ),
          )
          .filter(({ smile }) => !("points" in smile) || smile.points.length > 0),
      },
    ];
  });
  return { time, underlyings: new Map(underlyings) };
}

/** An answer that is JSON of Deribit itself, each field once. @throws FormatError, MalformedError, DuplicateFieldError */
export function deribitJson(text: string, path: string, method: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FormatError(path, `JSON of ${method}`, "other text");
  }
  // JSON.parse takes the last of two fields of one name.
  parseJsonTexts(text, path);
  if (typeof json !== "object" || json === null) return json;
  if ("testnet" in json && json.testnet === true)
    throw new FormatError(`${path}.testnet`, "an answer of Deribit itself", "one of its test network");
  if ("error" in json) throw new FormatError(`${path}.error`, "an answer without an error", "one");
  return json;
}

/** A share of the forward by which those of one expiry may differ: rows are of slightly different times. */
const FORWARDS_APART = 0.02;

/** Each option once, one forward an expiry, and volatilities in percent. */
function checkRows(rows: readonly Quote[], path: string): void {
  const seen = new Set<string>();
  const forwards = new Map<string, number>();
  rows.forEach(({ row, instrument, option }, i) => {
    const expiry = `${instrument.underlying} ${instrument.expiry}`;
    const key = `${expiry} ${option.strike} ${option.call}`;
    if (seen.has(key))
      throw new DuplicateFieldError(
        `${path}.result[${i}].instrument_name`,
        "each option of a coin once, paid in the coin or in dollars",
        "one again",
      );
    seen.add(key);
    const forward = forwards.get(expiry) ?? row.underlying_price;
    forwards.set(expiry, forward);
    if (Math.abs(row.underlying_price / forward - 1) > FORWARDS_APART)
      throw new OutOfRangeError(
        `${path}.result[${i}].underlying_price`,
        "one forward for all options of an expiry",
        "another than of the rows before",
      );
  });
  const most = Math.max(...rows.map(({ row }) => row.mark_iv));
  if (most > 0 && most < 3)
    throw new OutOfRangeError(`${path}.result[0].mark_iv`, "percent, as Deribit writes it", "shares");
}

interface Quote {
  readonly row: Row;
  readonly instrument: Instrument;
  readonly option: NonNullable<Instrument["option"]>;
}

function expirySurface(expiry: number, quotes: readonly Quote[]): ExpirySurface {
  const forward = quotes[0]?.row.underlying_price ?? 0;
  const byStrike = new Map<number, number>();
  for (const { row, option } of quotes) {
    const outOfTheMoney = option.call === option.strike >= forward;
    if (row.mark_iv > 0 && (outOfTheMoney || !byStrike.has(option.strike)))
      byStrike.set(option.strike, row.mark_iv / 100);
  }
  const points = [...byStrike]
    .sort(([a], [b]) => a - b)
    .map(([strike, volatility]) => ({ strike, volatility }));
  return { expiry, forward, rate: quotes[0]?.row.interest_rate ?? 0, smile: { points } };
}
