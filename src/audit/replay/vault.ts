import { statusAt } from "../../protocol/status.js";
import type { AccountState, Request } from "./accountState.js";
import { add, reduceDebt, take } from "./amounts.js";
import { closeAuction, requireLiquidatable, startAuction, takePart } from "./auctionEvents.js";
import { countOf } from "./bounded.js";
import type { Report } from "./context.js";
import type { VaultEvent, VaultPlace, VaultState } from "./vaultState.js";

/** Takes in an event of the vault that is not about one account. */
export function applyVaultEvent(
  vault: VaultState,
  event: VaultEvent,
  decimals: ReadonlyMap<string, number>,
  place: VaultPlace,
): void {
  const { report } = place;
  switch (event.name) {
    case "AssetListed": {
      const { token, slot, quantumDecimals } = event.fields;
      vault.tokens.set(token, {
        listed: true,
        slot: Number(slot),
        quantumDecimals: Number(quantumDecimals),
        tokenDecimals: decimals.get(token) ?? vault.tokens.get(token)?.tokenDecimals ?? 18,
        decimalsKnown: decimals.has(token) || vault.tokens.get(token)?.decimalsKnown === true,
      });
      return;
    }
    case "AssetDelisted": {
      const token = vault.tokens.get(event.fields.token);
      if (token?.listed !== true) report("vault-accounts", {}, "a listed token", event.fields.token);
      else token.listed = false;
      return;
    }
    case "InsuranceFunded":
      add(vault.insurance, event.fields.creditor, event.fields.amount);
      return;
    case "InsuranceWithdrawn":
      if ((vault.owedTo.get(event.fields.creditor) ?? 0n) !== 0n)
        report("vault-accounts", {}, "no withdrawal of insurance while something is owed", "one");
      take(vault.insurance, event.fields.creditor, event.fields.amount, "insurance", place);
      return;
    case "Claimed":
      if ((vault.claimable.get(event.fields.who) ?? 0n) !== event.fields.amount)
        report(
          "vault-accounts",
          {},
          `all ${place.quote(vault.claimable.get(event.fields.who) ?? 0n)} that was claimable`,
          place.quote(event.fields.amount),
        );
      vault.claimable.delete(event.fields.who);
      return;
    default:
      return;
  }
}

/** Takes in an event of the vault about an account. */
export function applyAccountEvent(
  vault: VaultState,
  account: AccountState,
  event: VaultEvent,
  place: VaultPlace,
): void {
  const { report, time } = place;
  const entry = account.vault;
  const about = { account: account.account };
  const wrong = (expected: string, got: string) => report("vault-accounts", about, expected, got);
  switch (event.name) {
    case "CreditorSet":
      if (entry.debt !== 0n) wrong("no other creditor while there is debt", "another");
      if (!account.attesters.includes(event.fields.creditor))
        wrong("a creditor who is an attester", "another");
      entry.creditor = event.fields.creditor;
      return;
    case "Deposited":
      if (vault.tokens.get(event.fields.token)?.listed !== true) wrong("a listed token", event.fields.token);
      if (
        account.isolated &&
        event.fields.from !== account.owner &&
        recorded(account, event.fields.token) === 0n
      )
        wrong("no other token of a stranger in an isolated account", "one");
      entry.toppedUpAt = time;
      add(entry.balances, event.fields.token, event.fields.amount);
      return;
    case "WithdrawalRequested":
      entry.withdrawals.set(event.fields.token, requested(account, event.fields, time, report));
      return;
    case "WithdrawalCancelled":
      if (!entry.withdrawals.delete(event.fields.token)) wrong("a request to cancel", "none");
      return;
    case "Withdrawn": {
      const { token, amount } = event.fields;
      checkRelease(account, entry.withdrawals.get(token) ?? null, event.fields, place, token);
      if (entry.debt !== 0n && !account.book.signers.includes(entry.creditor ?? ""))
        report(
          "release-old-book",
          about,
          "a book that the creditor has signed",
          "one without that signature",
        );
      entry.withdrawals.delete(token);
      take(entry.balances, token, amount, "a balance", place, about, token);
      return;
    }
    case "LoanRequested":
      entry.loan = requested(account, event.fields, time, report);
      return;
    case "LoanCancelled":
      if (entry.loan === null) wrong("a request to cancel", "none");
      entry.loan = null;
      return;
    case "Lent": {
      const { creditor, amount } = event.fields;
      checkRelease(account, entry.loan, event.fields, place);
      if (creditor !== entry.creditor) wrong("a loan by the account's creditor", `by ${creditor}`);
      if (account.proposal !== null)
        report("release-unhealthy", about, "no loan while other attesters are proposed", "one");
      entry.loan = null;
      entry.debt += amount;
      add(vault.owedTo, creditor, amount);
      return;
    }
    case "Repaid":
      entry.toppedUpAt = time;
      reduceDebt(vault, account, event.fields.amount, place);
      return;
    case "AuctionStarted":
      startAuction(vault, account, event.fields, place);
      return;
    case "Taken":
      takePart(vault, account, event.fields, place);
      return;
    case "AuctionClosed":
      closeAuction(account, event.fields, place);
      return;
    case "ShortfallCovered": {
      const { creditor, covered, uncovered } = event.fields;
      requireLiquidatable(account, place);
      if ([...entry.balances.values()].some((balance) => balance !== 0n) || entry.auctions.size !== 0)
        wrong("no collateral left", "some");
      take(vault.insurance, creditor, covered, "insurance", place, about);
      reduceDebt(vault, account, covered, place);
      if (entry.debt !== uncovered) wrong(`${place.quote(entry.debt)} uncovered`, place.quote(uncovered));
      return;
    }
    default:
      return;
  }
}

/** As IMarginVault.recordedBalance. */
function recorded({ vault }: AccountState, token: string): bigint {
  const { balances, auctions, withdrawals } = vault;
  const here = (balances.get(token) ?? 0n) + (auctions.get(token)?.left ?? 0n);
  return here - (withdrawals.get(token)?.amount ?? 0n);
}

function requested(
  { account, book }: AccountState,
  { amount, sequence }: { readonly amount: bigint; readonly sequence: bigint },
  time: number,
  report: Report,
): Request {
  if (countOf(sequence) !== book.sequence)
    report("vault-accounts", { account }, `a request on book ${book.sequence}`, `on book ${sequence}`);
  return { amount, requestedAt: time, sequence: countOf(sequence) };
}

/** What every release needs: a book dated after the request and the last sale, healthy at initial margin. */
function checkRelease(
  account: AccountState,
  request: Request | null,
  { amount, sequence }: { readonly amount: bigint; readonly sequence: bigint },
  { market, terms, time, report, quote }: VaultPlace,
  token?: string,
): void {
  const { book, health, vault } = account;
  const about = { account: account.account, sequence: countOf(sequence) };
  if (request === null || request.amount !== amount)
    report(
      "vault-accounts",
      about,
      request === null ? "a request" : `${quote(request.amount, token)}, as requested`,
      quote(amount, token),
    );
  const since = Math.max(request?.requestedAt ?? 0, vault.soldAt);
  if (countOf(sequence) !== book.sequence || book.sequence <= (request?.sequence ?? 0) || book.asOf <= since)
    report(
      "release-old-book",
      about,
      `a book dated after ${since}, newer than book ${request?.sequence ?? 0}`,
      `book ${sequence}, as of ${book.asOf}`,
    );
  const { status } = statusAt(market, account, time);
  const theta = health?.claim.theta ?? 0;
  if (status !== "healthy" || theta < terms.initialMargin)
    report(
      "release-unhealthy",
      about,
      `healthy, proven above ${terms.initialMargin}`,
      `${status}, proven above ${theta}`,
    );
}
