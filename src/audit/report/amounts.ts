import { formatDecimal } from "../../spec/decimal.js";
import type { AuditedDeployment } from "../result.js";
import { type Content, foreign } from "./markup.js";
import { grouped } from "./words.js";

/** An amount of a token in units with its symbol, "175,000 USDC": never in smallest units, which nobody reads. */
export function amountText(
  amount: string,
  token: string | null,
  { tokens }: Pick<AuditedDeployment, "tokens">,
): string {
  const counted = tokens.find((each) => each.token.toLowerCase() === token?.toLowerCase());
  if (amount === "0" && counted?.symbol == null) return "0";
  if (counted?.symbol == null || counted.decimals === null)
    return "an amount of a token whose decimals the record does not say";
  return `${units(BigInt(amount), counted.decimals)} ${counted.symbol}`;
}

/** As {@link amountText}, for a page: a symbol is whatever its listing says. */
export function amount(
  of: string,
  token: string | null,
  deployment: Pick<AuditedDeployment, "tokens">,
): Content {
  return foreign(amountText(of, token, deployment));
}

/** A number in whole units, its thousands apart and without zeros at its end. */
export function units(value: bigint, decimals: number): string {
  const [whole = "", fraction] = formatDecimal(value, decimals).split(".");
  return `${grouped(whole)}${fraction === undefined ? "" : `.${fraction}`}`;
}
