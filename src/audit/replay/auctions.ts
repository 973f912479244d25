import type { MarginVaultEvents } from "../../chain/generated/MarginVault.js";
import { auctionPrice, closableDebt, divideBid, startCostOf, withPenalty } from "../../protocol/auction.js";
import { epochSince } from "../../protocol/lapse.js";
import { statusAt } from "../../protocol/status.js";
import {
  type AccountState,
  type AuctionState,
  isLive,
  type LiquidationState,
  runningAuction,
} from "./account.js";
import { push } from "./bounded.js";
import { countOf, type Handlers } from "./context.js";
import type { ReplayedMarket } from "./ledger.js";
import {
  type AuctionEvent,
  add,
  type OpenVaultContext,
  reduceDebt,
  requireLiquidatable,
  type VaultContext,
  type VaultPart,
  type VaultState,
} from "./vault.js";

export const auctionHandlers: Handlers<
  Pick<MarginVaultEvents, AuctionEvent>,
  VaultPart,
  VaultContext,
  OpenVaultContext
> = {
  /** Collateral is put up. */
  AuctionStarted({ vault }, event, context) {
    const { account, log, terms, block, report, market, quote } = context;
    const { time } = block;
    const { token, keeper, offered, startCost, due, penalty } = event;
    const entry = account.vault;
    const about = { account: account.account };
    const founded = requireLiquidatable(context);
    checkRecorded(context);
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
    const expected = liquidationAt(context);
    // What nothing is due from has no right sum.
    if (founded && (expected.due !== due || BigInt(expected.penalty) !== penalty))
      report(
        "vault-accounts",
        about,
        `${quote(expected.due)} due, with a penalty of ${expected.penalty} bps`,
        `${quote(due)}, with ${penalty} bps`,
      );
    entry.liquidation = { ...expected, due, penalty: countOf(penalty) };
    const startBlock = countOf(event.startBlock);
    entry.auctions.set(token, {
      keeper,
      startedAt: time,
      startBlock,
      ownBlocks: startBlock === block.number,
      offered,
      left: offered,
      startCost,
      done: false,
    });
    const unsold = { sold: "0", paid: "0", repaid: "0", closedAt: null };
    push(log.auctions, { token, startedAt: time, offered: offered.toString(), ...unsold });
  },

  /** A part of it is sold. */
  Taken({ vault }, event, context) {
    takePart(vault, event, context);
    const { account, log, awaited } = context;
    const running = runningAuction(log, event.token);
    if (running !== undefined) {
      running.sold = (BigInt(running.sold) + event.amount).toString();
      running.paid = (BigInt(running.paid) + event.cost).toString();
      running.repaid = (BigInt(running.repaid) + event.repaid).toString();
    }
    if (account.vault.auctions.get(event.token)?.done === true)
      awaited.event = { name: "AuctionClosed", account: account.account };
  },

  /** What is left of it comes back. */
  AuctionClosed(_, { token, returned }, context) {
    const { account, log, block, report, market, guarded, quote } = context;
    const { time } = block;
    const entry = account.vault;
    const about = { account: account.account };
    const auction = entry.auctions.get(token);
    if (auction === undefined || auction.left !== returned)
      report(
        "vault-accounts",
        about,
        `${quote(auction?.left ?? 0n, token)} returned`,
        quote(returned, token),
      );
    if (auction !== undefined && !auction.done && !guarded) {
      const { status } = statusAt(market, account, time);
      const goesOn = status === "liquidatable" || status === "unknown";
      if (!isOver(auction, context) && entry.debt !== 0n && goesOn)
        report("liquidation-unfounded", about, "an auction that goes on", "its end");
    }
    entry.auctions.delete(token);
    add(entry.balances, token, returned);
    const running = runningAuction(log, token);
    if (running !== undefined) running.closedAt = time;
  },
};

function takePart(vault: VaultState, event: MarginVaultEvents["Taken"], context: OpenVaultContext): void {
  const { account, terms, block, report, quote } = context;
  const { time } = block;
  const { token, amount, cost, repaid, incentive, insured } = event;
  const entry = account.vault;
  const about = { account: account.account };
  const auction = entry.auctions.get(token);
  const { liquidation } = entry;
  requireLiquidatable(context);
  if (auction === undefined || liquidation === null || amount > auction.left) {
    report("vault-accounts", about, "an auction with as much left", "a purchase of more");
    return;
  }
  if (isOver(auction, context))
    report("liquidation-unfounded", about, "a purchase while the auction runs", "one after it was over");
  const { penalty } = liquidation;
  const due = least(liquidation.due, withPenalty(entry.debt, penalty));
  const at = { time, block: auction.ownBlocks ? block.number : countOf(event.blockNumber) };
  const asked = auctionPrice(auction, amount, at, terms);
  if (cost !== asked) report("vault-accounts", about, `a cost of ${quote(asked)}`, quote(cost));
  if (cost > due) report("vault-accounts", about, `a purchase for at most ${quote(due)}`, quote(cost));
  const expected = divideBid(cost, { debt: entry.debt, penalty, incentive: terms.incentive });
  if (repaid !== expected.repaid || incentive !== expected.incentive || insured !== expected.insured)
    report(
      "vault-accounts",
      about,
      `${quote(expected.repaid)} repaid, ${quote(expected.incentive)} to the keeper, ${quote(expected.insured)} insured`,
      [repaid, incentive, insured].map((share) => quote(share)).join(", "),
    );
  entry.soldAt = time;
  auction.left -= amount;
  liquidation.due = cost < due ? due - cost : 0n;
  reduceDebt(vault, account, repaid, context);
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

/** As VaultAuctions._liquidate: the liquidation that an auction starts in, the last or a new one. */
function liquidationAt({ account, market, terms, block: { time } }: OpenVaultContext): LiquidationState {
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
function couldAnswer(
  { book, vault }: AccountState,
  { profile, constants }: ReplayedMarket,
  time: number,
): boolean {
  const long = time >= book.attestedAt + constants.gate.gracePeriod;
  const young = time < book.asOf + profile.bookMaxAge;
  const complete = book.asOf > vault.toppedUpAt && book.signers.includes(vault.creditor ?? "");
  return isLive(book, time) && long && young && complete;
}

/** Starting an auction records the default, if it is not recorded yet, or else the lapse. */
function checkRecorded({ account, market, block, tx, report }: OpenVaultContext): void {
  const { marks, defaultIn } = account;
  const isDefaultNew = defaultIn?.block === block.number && defaultIn.tx === tx;
  const { status, lapsedAt } = statusAt(market, account, block.time);
  if (status !== "liquidatable") return;
  if (marks.breachRound === 0 || marks.graceSince !== 0)
    report("event-missing", { account: account.account }, "the default written down before", "no word of it");
  else if (!isDefaultNew && lapsedAt !== 0 && lapsedAt !== marks.lapsedAt)
    report("event-missing", { account: account.account }, "the lapse written down before", "no word of it");
}

/** As VaultAuctions._isOver, but for a sequencer. */
function isOver({ startedAt }: AuctionState, { account, market, terms, block }: OpenVaultContext): boolean {
  const { profile, ledger } = market;
  const { marks } = account;
  const { liquidation } = account.vault;
  if (block.time > startedAt + terms.auctionPeriod) return true;
  if (liquidation === null || liquidation.due === 0n || startedAt < liquidation.startedAt) return true;
  if (marks.breachRound === 0 || startedAt < marks.breachSince) return true;
  return startedAt < Math.max(epochSince(profile), profile.resumedAt, ledger.liveSince);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
