import { formatDecimal } from "../encoding/decimal.js";

/** What an amount is of: null where a record or a listing does not say. */
export interface CountedToken {
  readonly symbol: string | null;
  readonly decimals: number | null;
}

/** An amount of a token in units with its symbol, "175,000 USDC": never in smallest units, which nobody reads. */
export function amountText(amount: bigint, token: CountedToken | undefined): string {
  if (token?.symbol == null || token.decimals === null)
    return amount === 0n ? "0" : "an amount of a token whose decimals the record does not say";
  return `${units(amount, token.decimals)} ${token.symbol}`;
}

/** A number in whole units, its thousands apart and without zeros at its end. */
export function units(value: bigint, decimals: number): string {
  const [whole = "", fraction] = formatDecimal(value, decimals).split(".");
  return `${grouped(whole)}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** A whole number with its thousands apart. */
export function grouped(value: bigint | number | string): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
