import type { SealedAccount } from "../../src/clearing/liquidators/partials.js";

/** Sealed accounts as a text, for a stand-in of the house. */
export function accountsText(accounts: readonly SealedAccount[]): string {
  return JSON.stringify(accounts, (_, value) => (typeof value === "bigint" ? `n${value}` : value));
}

export function parsedAccounts(text: string): SealedAccount[] {
  return JSON.parse(text, (_, value) =>
    typeof value === "string" && /^n\d+$/.test(value) ? BigInt(value.slice(1)) : value,
  );
}
