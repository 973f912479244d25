import type { Deployment } from "../../chain/deployment.js";
import { amountText, type CountedToken } from "../amounts.js";
import type { AccountState } from "./accountState.js";
import type { TokenState, VaultPlace, VaultState } from "./vaultState.js";

/** What a token's amounts are in. */
export function countedBy(
  { slot, tokenDecimals, decimalsKnown }: TokenState,
  { listing }: Pick<Deployment, "listing">,
): CountedToken {
  return { symbol: listing[slot]?.symbol ?? null, decimals: decimalsKnown ? tokenDecimals : null };
}

/** How a finding quotes an amount of a token; of the vault's settlement token where none is named. */
export function quoting(
  { tokens }: VaultState,
  deployment: Pick<Deployment, "listing">,
  settlement: string,
): VaultPlace["quote"] {
  return (amount, token = settlement) => {
    const state = tokens.get(token);
    return amountText(amount, state && countedBy(state, deployment));
  };
}

/** Adds to what somebody has of something. */
export function add(amounts: Map<string, bigint>, key: string, amount: bigint): void {
  amounts.set(key, (amounts.get(key) ?? 0n) + amount);
}

/** Takes from what somebody has, and reports it if that is less. `token` is the settlement token unless given. */
export function take(
  amounts: Map<string, bigint>,
  key: string,
  amount: bigint,
  what: string,
  { quote, report }: Pick<VaultPlace, "quote" | "report">,
  about: { readonly account?: string } = {},
  token?: string,
): void {
  const has = amounts.get(key) ?? 0n;
  if (amount > has)
    report("vault-accounts", about, `${what} of at least ${quote(amount, token)}`, quote(has, token));
  amounts.set(key, has < amount ? 0n : has - amount);
}

/** As VaultAccounts._reduceDebt: what is repaid is the creditor's, to claim. */
export function reduceDebt(
  vault: VaultState,
  account: AccountState,
  amount: bigint,
  { quote, report }: Pick<VaultPlace, "quote" | "report">,
): void {
  const entry = account.vault;
  const creditor = entry.creditor ?? "";
  if (amount > entry.debt)
    report(
      "vault-accounts",
      { account: account.account },
      `at most ${quote(entry.debt)} repaid`,
      quote(amount),
    );
  entry.debt = entry.debt < amount ? 0n : entry.debt - amount;
  add(vault.owedTo, creditor, -amount);
  add(vault.claimable, creditor, amount);
}
