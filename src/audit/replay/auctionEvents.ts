import { auctionPrice, closableDebt, startCostOf, withPenalty } from "../../protocol/auction.js";
import { BPS } from "../../protocol/bounds.js";
import { statusAt } from "../../protocol/status.js";
import { type AccountState, type AuctionState, isLive, type LiquidationState } from "./accountState.js";
import { add, reduceDebt } from "./amounts.js";
import { countOf } from "./bounded.js";
import type { Market } from "./context.js";
import type { VaultEvent, VaultPlace, VaultState } from "./vaultState.js";

/** Reports it unless the account is liquidatable at this moment. Returns whether it is. */
export function requireLiquidatable(account: AccountState, { market, time, report }: VaultPlace): boolean {
  const { status } = statusAt(market, account, time);
  if (status === "liquidatable") return true;
  report("liquidation-unfounded", { account: account.account }, "an account that is liquidatable", status);
  return false;
}

/** Collateral is put up. */
export function startAuction(
  vault: VaultState,
  account: AccountState,
  fields: Extract<VaultEvent, { name: "AuctionStarted" }>["fields"],
  place: VaultPlace,
): void {
  const { terms, time, report, market, quote } = place;
  const { token, keeper, offered, startCost, due, penalty } = fields;
  const entry = account.vault;
  const about = { account: account.account };
  const founded = requireLiquidatable(account, place);
  checkNoted(account, place);
  if (entry.withdrawals.delete(token))
    report("event-missing", about, "that the withdrawal of what is put up is cancelled", "no word of it");
  if (entry.auctions.has(token) || time < entry.reliefUntil)
    report("liquidation-unfounded", about, "no auction of it running, and no relief", "one of them");
  const balance = entry.balances.get(token) ?? 0n;
  if (balance !== offered)
    report("vault-accounts", about, `${quote(balance, token)} offered`, quote(offered, token));
  entry.balances.set(token, 0n);
  const [asset, paid] = [vault.tokens.get(token), vault.tokens.get(terms.settlement)];
  const cost = asset && paid && startCostOf(market.ledger.quotes, asset, paid, offered, terms);
  if (cost !== startCost)
    report("vault-accounts", about, `a start cost of ${quote(cost ?? 0n)}`, quote(startCost));
  const expected = liquidationAt(account, place);
  // What nothing is due from has no right sum.
  if (founded && (expected.due !== due || BigInt(expected.penalty) !== penalty))
    report(
      "vault-accounts",
      about,
      `${quote(expected.due)} due, with a penalty of ${expected.penalty} bps`,
      `${quote(due)}, with ${penalty} bps`,
    );
  entry.liquidation = { ...expected, due, penalty: countOf(penalty) };
  const startBlock = countOf(fields.startBlock);
  entry.auctions.set(token, {
    keeper,
    startedAt: time,
    startBlock,
    ownBlocks: startBlock === place.block,
    offered,
    left: offered,
    startCost,
    done: false,
  });
}

/** As VaultAuctions._liquidate: the liquidation that an auction starts in, the last or a new one. */
function liquidationAt(account: AccountState, { market, terms, time }: VaultPlace): LiquidationState {
  const { marks } = account;
  const { liquidation, debt } = account.vault;
  if (liquidation !== null && liquidation.due !== 0n && marks.breachSince <= liquidation.startedAt) {
    const { startedAt, penalty } = liquidation;
    return {
      startedAt,
      penalty,
      due: least(liquidation.due, withPenalty(closableDebt(debt, terms), penalty)),
    };
  }
  const penalty = marks.breachProven || couldAnswer(account, market, time) ? terms.penalty : 0;
  return { startedAt: time, penalty, due: withPenalty(closableDebt(debt, terms), penalty) };
}

/** As VaultAuctions._couldAnswer: for the whole grace period the owner had what a claim of health takes. */
function couldAnswer({ book, vault }: AccountState, { profile, constants }: Market, time: number): boolean {
  const long = time >= book.attestedAt + constants.gate.gracePeriod;
  const young = time < book.asOf + profile.bookMaxAge;
  const complete = book.asOf > vault.toppedUpAt && book.signers.includes(vault.creditor ?? "");
  return isLive(book, time) && long && young && complete;
}

/** Starting an auction records the lapse or the default, if it is not recorded yet. */
function checkNoted(account: AccountState, { market, time, report }: VaultPlace): void {
  const { marks } = account;
  const { status, lapsedAt } = statusAt(market, account, time);
  if (status !== "liquidatable") return;
  if (marks.breachRound === 0 || marks.graceSince !== 0)
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
  const { terms, time, report, quote } = place;
  const { token, amount, cost, repaid, incentive, insured } = fields;
  const entry = account.vault;
  const about = { account: account.account };
  const auction = entry.auctions.get(token);
  const { liquidation } = entry;
  requireLiquidatable(account, place);
  if (auction === undefined || liquidation === null || amount > auction.left) {
    report("vault-accounts", about, "an auction with as much left", "a purchase of more");
    return;
  }
  if (isOver(account, auction, place))
    report("liquidation-unfounded", about, "a purchase while the auction runs", "one after it was over");
  const { penalty } = liquidation;
  const due = least(liquidation.due, withPenalty(entry.debt, penalty));
  const at = { time, block: auction.ownBlocks ? place.block : countOf(fields.blockNumber) };
  const asked = auctionPrice(auction, amount, at, terms);
  if (cost !== asked) report("vault-accounts", about, `a cost of ${quote(asked)}`, quote(cost));
  if (cost > due) report("vault-accounts", about, `a purchase for at most ${quote(due)}`, quote(cost));
  const expected = least(entry.debt, up(cost * BPS, BPS + BigInt(penalty)));
  const keepers = ((cost - expected) * BigInt(terms.incentive)) / BPS;
  if (repaid !== expected || incentive !== keepers || insured !== cost - expected - keepers)
    report(
      "vault-accounts",
      about,
      `${quote(expected)} repaid, ${quote(keepers)} to the keeper, ${quote(cost - expected - keepers)} insured`,
      [repaid, incentive, insured].map((share) => quote(share)).join(", "),
    );
  entry.soldAt = time;
  auction.left -= amount;
  liquidation.due = cost < due ? due - cost : 0n;
  reduceDebt(vault, account, repaid, place);
  add(vault.claimable, auction.keeper, incentive);
  add(vault.insurance, entry.creditor ?? "", insured);

  // Raised, or less is left to raise than a unit costs.
  const more = least(liquidation.due, withPenalty(entry.debt, penalty));
  const raised = cost === due || (auction.left !== 0n && auctionPrice(auction, 1n, at, terms) > more);
  if (raised) {
    liquidation.due = 0n;
    entry.reliefUntil = time + terms.reliefPeriod;
  }
  auction.done = raised || auction.left === 0n;
}

/** What is left of it comes back. */
export function closeAuction(
  account: AccountState,
  { token, returned }: Extract<VaultEvent, { name: "AuctionClosed" }>["fields"],
  place: VaultPlace,
): void {
  const { time, report, market, guarded, quote } = place;
  const entry = account.vault;
  const about = { account: account.account };
  const auction = entry.auctions.get(token);
  if (auction === undefined || auction.left !== returned)
    report("vault-accounts", about, `${quote(auction?.left ?? 0n, token)} returned`, quote(returned, token));
  if (auction !== undefined && !auction.done && !guarded) {
    const { status } = statusAt(market, account, time);
    const goesOn = status === "liquidatable" || status === "unknown";
    if (!isOver(account, auction, place) && entry.debt !== 0n && goesOn)
      report("liquidation-unfounded", about, "an auction that goes on", "its end");
  }
  entry.auctions.delete(token);
  add(entry.balances, token, returned);
}

/** As VaultAuctions._isOver, but for a sequencer. */
function isOver({ marks, vault }: AccountState, { startedAt }: AuctionState, place: VaultPlace): boolean {
  const { profile, ledger } = place.market;
  const { liquidation } = vault;
  if (place.time > startedAt + place.terms.auctionPeriod) return true;
  if (liquidation === null || liquidation.due === 0n || startedAt < liquidation.startedAt) return true;
  if (marks.breachRound === 0 || startedAt < marks.breachSince) return true;
  return startedAt < Math.max(profile.epochSince, profile.resumedAt, ledger.liveSince);
}

function up(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
