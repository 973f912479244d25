import type { AccountState } from "./accountState.js";
import type { Report } from "./context.js";
import type { VaultState } from "./vaultState.js";

/** Adds to what somebody has of something. */
export function add(amounts: Map<string, bigint>, key: string, amount: bigint): void {
  amounts.set(key, (amounts.get(key) ?? 0n) + amount);
}

/** Takes from what somebody has, and reports it if that is less. */
export function take(
  amounts: Map<string, bigint>,
  key: string,
  amount: bigint,
  what: string,
  report: Report,
  about: { readonly account?: string } = {},
): void {
  const has = amounts.get(key) ?? 0n;
  if (amount > has) report("vault-accounts", about, `a ${what} of at least ${amount}`, String(has));
  amounts.set(key, has < amount ? 0n : has - amount);
}

/** As VaultAccounts._reduceDebt: what is repaid is the creditor's, to claim. */
export function reduceDebt(vault: VaultState, account: AccountState, amount: bigint, report: Report): void {
  const entry = account.vault;
  const creditor = entry.creditor ?? "";
  if (amount > entry.debt)
    report("vault-accounts", { account: account.account }, `at most ${entry.debt} repaid`, String(amount));
  entry.debt = entry.debt < amount ? 0n : entry.debt - amount;
  add(vault.owedTo, creditor, -amount);
  add(vault.claimable, creditor, amount);
}
