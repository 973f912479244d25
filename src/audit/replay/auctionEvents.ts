import type { VaultConstants } from "../../chain/eventLog/record.js";
import { BPS } from "../../spec/bounds.js";
import type { AccountState, AuctionState } from "./accountState.js";
import { add, reduceDebt } from "./amounts.js";
import { assessAt, type Market } from "./assess.js";
import { askedCost, closable, startCostOf, withPenalty } from "./auction.js";
import type { VaultEvent, VaultPlace, VaultState } from "./vaultState.js";

/** Reports it unless the account is liquidatable at this moment. */
export function requireLiquidatable(account: AccountState, { market, time, report }: VaultPlace): void {
  const { status } = assessAt(market, account, time);
  if (status !== "liquidatable")
    report("liquidation-unfounded", { account: account.account }, "an account that is liquidatable", status);
}

/** Collateral is put up. */
export function startAuction(
  vault: VaultState,
  account: AccountState,
  fields: Extract<VaultEvent, { name: "AuctionStarted" }>["fields"],
  place: VaultPlace,
): void {
  const { terms, time, report, market } = place;
  const { token, keeper, offered, startCost, due } = fields;
  const entry = account.vault;
  const about = { account: account.account };
  requireLiquidatable(account, place);
  checkNoted(account, place);
  if (entry.withdrawals.delete(token))
    report("event-missing", about, "that the withdrawal of what is put up is cancelled", "no word of it");
  if (entry.auction !== null || time < entry.reliefUntil)
    report("liquidation-unfounded", about, "no auction running, and no relief", "one of them");
  const balance = entry.balances.get(token) ?? 0n;
  if (balance !== offered) report("vault-accounts", about, `${balance} offered`, String(offered));
  entry.balances.set(token, 0n);
  const [asset, paid] = [vault.tokens.get(token), vault.tokens.get(terms.settlement)];
  const cost = asset && paid && startCostOf(market.ledger.quotes, asset, paid, offered, terms);
  if (cost !== startCost) report("vault-accounts", about, `a start cost of ${cost ?? 0n}`, String(startCost));
  const expectedDue = withPenalty(closable(entry.debt, terms), terms);
  if (expectedDue !== due) report("vault-accounts", about, `${expectedDue} due`, String(due));
  entry.auction = { token, startedAt: time, offered, left: offered, startCost, due };
  vault.keepers.set(account.account, keeper);
}

/** Whoever starts an auction has the lapse or the default written down, if it is not. */
function checkNoted(account: AccountState, { market, time, report }: VaultPlace): void {
  const { marks } = account;
  const { status, lapsedAt } = assessAt(market, account, time);
  if (status !== "liquidatable") return;
  if (marks.breachRound === 0)
    report("event-missing", { account: account.account }, "the default written down before", "no word of it");
  else if (lapsedAt !== 0 && lapsedAt !== marks.lapsedAt)
    report("event-missing", { account: account.account }, "the lapse written down before", "no word of it");
}

/** A part of it is sold. */
export function takePart(
  vault: VaultState,
  account: AccountState,
  fields: Extract<VaultEvent, { name: "Taken" }>["fields"],
  place: VaultPlace,
): void {
  const { terms, time, report, market } = place;
  const { amount, cost, repaid, incentive, insured } = fields;
  const entry = account.vault;
  const about = { account: account.account };
  const { auction } = entry;
  requireLiquidatable(account, place);
  if (auction === null || amount > auction.left) {
    report("vault-accounts", about, "an auction with as much left", "a purchase of more");
    return;
  }
  if (isOver(auction, market, terms, time))
    report("liquidation-unfounded", about, "a purchase while the auction runs", "one after its time");
  const due = least(auction.due, withPenalty(entry.debt, terms));
  const asked = askedCost(auction, amount, time, terms);
  // The last purchase pays what is due, for as much as that buys.
  const last = cost === due && asked <= due && askedCost(auction, amount + 1n, time, terms) > due;
  if (cost !== asked && !last) report("vault-accounts", about, `a cost of ${asked}`, String(cost));
  const expected = least(entry.debt, up(cost * BPS, BPS + BigInt(terms.penalty)));
  const keepers = ((cost - expected) * BigInt(terms.incentive)) / BPS;
  if (repaid !== expected || incentive !== keepers || insured !== cost - expected - keepers)
    report(
      "vault-accounts",
      about,
      `${expected} repaid, ${keepers} to the keeper, the rest insured`,
      "other shares",
    );
  auction.left -= amount;
  auction.due = due - cost;
  entry.soldAt = time;
  reduceDebt(vault, account, repaid, report);
  add(vault.claimable, vault.keepers.get(account.account) ?? "", incentive);
  add(vault.insurance, entry.creditor ?? "", insured);
}

/** What is left of it comes back. */
export function closeAuction(
  vault: VaultState,
  account: AccountState,
  { token, returned }: Extract<VaultEvent, { name: "AuctionClosed" }>["fields"],
  { terms, time, report, market }: VaultPlace,
): void {
  const entry = account.vault;
  const about = { account: account.account };
  const { auction } = entry;
  if (auction === null || auction.token !== token || auction.left !== returned)
    report("vault-accounts", about, `${auction?.left ?? 0n} returned`, String(returned));
  if (auction !== null && entry.soldAt === time && isRaised(auction, entry.debt, time, terms))
    entry.reliefUntil = time + terms.reliefPeriod;
  else if (auction !== null && auction.left !== 0n) {
    const { status } = assessAt(market, account, time);
    const goesOn = status === "liquidatable" || status === "unknown";
    if (!isOver(auction, market, terms, time) && entry.debt !== 0n && goesOn)
      report("liquidation-unfounded", about, "an auction that goes on", "its end");
  }
  entry.auction = null;
  vault.keepers.delete(account.account);
  add(entry.balances, token, returned);
}

/** Whether a purchase has raised what was due, or less is left to raise than a unit costs. */
export function isRaised(auction: AuctionState, debt: bigint, time: number, terms: VaultConstants): boolean {
  const due = least(auction.due, withPenalty(debt, terms));
  return auction.due === 0n || (auction.left !== 0n && askedCost(auction, 1n, time, terms) > due);
}

function isOver(
  { startedAt }: AuctionState,
  { profile, ledger }: Market,
  terms: VaultConstants,
  time: number,
): boolean {
  const resumed = Math.max(profile.epochSince, profile.resumedAt, ledger.liveSince);
  return time > startedAt + terms.auctionPeriod || startedAt < resumed;
}

function up(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
