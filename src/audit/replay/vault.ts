import type { Deployment } from "../../chain/deployment.js";
import type { VaultConstants } from "../../chain/eventLog/record.js";
import type { MarginVaultEvents } from "../../chain/generated/MarginVault.js";
import { statusAt } from "../../protocol/status.js";
import { amountText, type CountedToken } from "../amounts.js";
import type { AccountContext, AccountState, Request } from "./account.js";
import { checkAuthority, countOf, type EventContext, type Handlers } from "./context.js";
import type { ReplayedMarket } from "./ledger.js";

/** How the vault counts a token. */
export interface TokenState {
  listed: boolean;
  slot: number;
  quantumDecimals: number;
  /** Its own. */
  tokenDecimals: number;
  /** Whether the record says its decimals; 18 are assumed where it does not. */
  decimalsKnown: boolean;
}

/** What the vault holds that is nobody's account. */
export interface VaultState {
  readonly tokens: Map<string, TokenState>;
  readonly insurance: Map<string, bigint>;
  readonly claimable: Map<string, bigint>;
  /** Owed to a creditor by all accounts. */
  readonly owedTo: Map<string, bigint>;
}

export function newVault(): VaultState {
  return {
    tokens: new Map(),
    insurance: new Map(),
    claimable: new Map(),
    owedTo: new Map(),
  };
}

/** What events of the vault change, beside the account and its log. */
export interface VaultPart {
  readonly vault: VaultState;
}

/** What an event of the vault is judged by. */
export interface VaultContext extends EventContext {
  readonly market: ReplayedMarket;
  readonly terms: VaultConstants;
  /** Whether a sequencer guard can end an auction, of which no event tells. */
  readonly guarded: boolean;
  /** Whether the covenant of the account's credit lines holds. */
  readonly covers: (account: string) => boolean;
  /** An amount as a finding quotes it: in units, of the settlement token unless another is named. */
  readonly quote: (amount: bigint, token?: string) => string;
}
export type OpenVaultContext = VaultContext & AccountContext;

export type AuctionEvent = "AuctionStarted" | "Taken" | "AuctionClosed";

/** All events of the vault but those of auctions, which are in auctions.ts. */
export const vaultHandlers: Handlers<
  Omit<MarginVaultEvents, AuctionEvent>,
  VaultPart,
  VaultContext,
  OpenVaultContext
> = {
  AuthorityUpdated: (_, event, context) => checkAuthority("marginVault", event, context),

  AssetListed({ vault }, { token, slot, quantumDecimals }, { block }) {
    const decimals = new Map(block.tokens).get(token);
    const known = vault.tokens.get(token);
    vault.tokens.set(token, {
      listed: true,
      slot: Number(slot),
      quantumDecimals: Number(quantumDecimals),
      tokenDecimals: decimals ?? known?.tokenDecimals ?? 18,
      decimalsKnown: decimals !== undefined || known?.decimalsKnown === true,
    });
  },

  AssetDelisted({ vault }, event, { report }) {
    const token = vault.tokens.get(event.token);
    if (token?.listed !== true) report("vault-accounts", {}, "a listed token", event.token);
    else token.listed = false;
  },

  InsuranceFunded({ vault }, { creditor, amount }) {
    add(vault.insurance, creditor, amount);
  },

  InsuranceWithdrawn({ vault }, { creditor, amount }, context) {
    if ((vault.owedTo.get(creditor) ?? 0n) !== 0n)
      context.report("vault-accounts", {}, "no withdrawal of insurance while something is owed", "one");
    take(vault.insurance, creditor, amount, "insurance", context);
  },

  Claimed({ vault }, { who, amount }, { quote, report }) {
    const claimable = vault.claimable.get(who) ?? 0n;
    if (claimable !== amount)
      report("vault-accounts", {}, `all ${quote(claimable)} that was claimable`, quote(amount));
    vault.claimable.delete(who);
  },

  CreditorSet(_, { creditor }, context) {
    const { account } = context;
    if (account.vault.debt !== 0n) wrong(context, "no other creditor while there is debt", "another");
    if (!account.attesters.includes(creditor)) wrong(context, "a creditor who is an attester", "another");
    account.vault.creditor = creditor;
  },

  Deposited({ vault }, { token, amount, from }, context) {
    const { account, block } = context;
    if (vault.tokens.get(token)?.listed !== true) wrong(context, "a listed token", token);
    if (account.isolated && from !== account.owner && recorded(account, token) === 0n)
      wrong(context, "no other token of a stranger in an isolated account", "one");
    account.vault.toppedUpAt = block.time;
    add(account.vault.balances, token, amount);
  },

  WithdrawalRequested(_, event, context) {
    context.account.vault.withdrawals.set(event.token, requested(event, context));
  },

  WithdrawalCancelled(_, { token }, context) {
    if (!context.account.vault.withdrawals.delete(token)) wrong(context, "a request to cancel", "none");
  },

  Withdrawn(_, event, context) {
    const { account, log, report } = context;
    const { token, amount } = event;
    const entry = account.vault;
    const about = { account: account.account };
    checkRelease(entry.withdrawals.get(token) ?? null, event, context, token);
    if (entry.debt !== 0n && !account.book.signers.includes(entry.creditor ?? ""))
      report("release-old-book", about, "a book that the creditor has signed", "one without that signature");
    entry.withdrawals.delete(token);
    take(entry.balances, token, amount, "a balance", context, about, token);
    log.withdrawals++;
  },

  LoanRequested(_, event, context) {
    context.account.vault.loan = requested(event, context);
  },

  LoanCancelled(_, __, context) {
    const entry = context.account.vault;
    if (entry.loan === null) wrong(context, "a request to cancel", "none");
    entry.loan = null;
  },

  Lent({ vault }, event, context) {
    const { account, log, report } = context;
    const { creditor, amount } = event;
    const entry = account.vault;
    checkRelease(entry.loan, event, context);
    if (creditor !== entry.creditor) wrong(context, "a loan by the account's creditor", `by ${creditor}`);
    if (account.proposal !== null)
      report(
        "release-unhealthy",
        { account: account.account },
        "no loan while other attesters are proposed",
        "one",
      );
    entry.loan = null;
    entry.debt += amount;
    add(vault.owedTo, creditor, amount);
    log.loans++;
  },

  Repaid({ vault }, { amount }, context) {
    const { account, block } = context;
    account.vault.toppedUpAt = block.time;
    reduceDebt(vault, account, amount, context);
  },

  ShortfallCovered({ vault }, { creditor, covered, uncovered }, context) {
    const { account, quote } = context;
    const entry = account.vault;
    requireLiquidatable(context);
    if ([...entry.balances.values()].some((balance) => balance !== 0n) || entry.auctions.size !== 0)
      wrong(context, "no collateral left", "some");
    take(vault.insurance, creditor, covered, "insurance", context, { account: account.account });
    reduceDebt(vault, account, covered, context);
    if (entry.debt !== uncovered) wrong(context, `${quote(entry.debt)} uncovered`, quote(uncovered));
  },
};

/** Reports it unless the account is liquidatable at this moment. Returns whether it is. */
export function requireLiquidatable({ account, market, block, report }: OpenVaultContext): boolean {
  const { status } = statusAt(market, account, block.time);
  if (status === "liquidatable") return true;
  report("liquidation-unfounded", { account: account.account }, "an account that is liquidatable", status);
  return false;
}

function wrong({ account, report }: OpenVaultContext, expected: string, got: string): void {
  report("vault-accounts", { account: account.account }, expected, got);
}

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
): VaultContext["quote"] {
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
  { quote, report }: Pick<VaultContext, "quote" | "report">,
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
  { quote, report }: Pick<VaultContext, "quote" | "report">,
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

/** As IMarginVault.recordedBalance. */
function recorded({ vault }: AccountState, token: string): bigint {
  const { balances, auctions, withdrawals } = vault;
  const here = (balances.get(token) ?? 0n) + (auctions.get(token)?.left ?? 0n);
  return here - (withdrawals.get(token)?.amount ?? 0n);
}

function requested(
  { amount, sequence }: { readonly amount: bigint; readonly sequence: bigint },
  { account: { account, book }, block, report }: OpenVaultContext,
): Request {
  if (countOf(sequence) !== book.sequence)
    report("vault-accounts", { account }, `a request on book ${book.sequence}`, `on book ${sequence}`);
  return { amount, requestedAt: block.time, sequence: countOf(sequence) };
}

/** What every release needs: a book dated after the request and the last sale, healthy at initial margin. */
function checkRelease(
  request: Request | null,
  { amount, sequence }: { readonly amount: bigint; readonly sequence: bigint },
  { account, market, terms, block: { time }, report, quote, covers }: OpenVaultContext,
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
  if (!covers(account.account))
    report("credit-uncovered", about, "the covenant of what the account owes its credit lines", "none");
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
