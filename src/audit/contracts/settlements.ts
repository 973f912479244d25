import { decodeLogged, type LoggedTransaction } from "../../chain/contractLog.js";
import { type ClearingDefaultsEvents, clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { OutOfRangeError } from "../../errors.js";
import { valueAt } from "../../protocol/estateAuction.js";
import { readTearUp, tearUpPrices } from "../../protocol/tearUp.js";
import { countOf } from "../replay/context.js";
import { accountOf } from "./clearedBooks.js";
import type { ClearedRound } from "./clearedMarket.js";
import { revealedBook } from "./clearedProofs.js";
import { applyTearUps, closeLines, marksAt } from "./estates.js";
import type { Estate, HouseState, Settling, TearUpPrices } from "./houseState.js";
import type { LoggedContext, LoggedHandlers } from "./replay.js";

/** How estates are settled and a market ends: what ClearingDefaults.sol must come to, at the prices of its round. */

/** What an estate lacks, smallest units, rounded up. */
function deficitOf({ unit }: HouseState, { cash }: Estate, value: bigint): bigint {
  const equity = cash + value;
  return equity >= 0n ? 0n : (-equity + unit - 1n) / unit;
}

/** The account whose settlement an event without one belongs to: that of the next that is settled in its transaction. */
function settledNext({ events }: LoggedTransaction, index: number | null): string | undefined {
  for (const event of events) {
    if (event.role !== "clearingDefaults" || event.index < (index ?? 0)) continue;
    const decoded = decodeLogged(clearingDefaults, event);
    if (decoded?.name === "EstateSettled") return String(decoded.fields.account);
  }
  return undefined;
}

/** An estate that is being settled, with all tear-ups applied and valued at the prices that count. */
interface Settlement {
  readonly account: string;
  readonly estate: Estate;
  readonly now: Settling;
  readonly marks: ClearedRound;
  /** Attodollars of its lines. */
  readonly value: bigint;
  readonly fail: (expected: string, got: string) => void;
}

/**
 * Goes on with a settlement. An estate whose fund was not asked must lack nothing.
 * @param account undefined, and reported, where no settlement follows
 */
function settlement(
  state: HouseState,
  account: string | undefined,
  context: LoggedContext,
  asks: "absorb" | "collect" | "finish",
): Settlement | undefined {
  const { report, transaction } = context;
  const about = account === undefined ? {} : { account };
  const fail = (expected: string, got: string) => report("clearing-settlement", about, expected, got);
  const estate = account === undefined ? undefined : state.estates.get(account);
  if (account === undefined || estate === undefined) {
    fail("the settlement of an estate", "none");
    return undefined;
  }
  applyTearUps(state, estate);
  const marks = marksAt(state, about, context);
  const { value } = valueAt(estate.perp, marks);
  let now = state.settling.get(account);
  if (now === undefined) {
    now = { owedByFund: 0n, cut: false, back: 0n, owed: 0n };
    state.settling.set(account, now);
    const end = estate.revealedAt + state.terms.auctionPeriod;
    if (
      state.ended === undefined &&
      (estate.revealedAt === 0 || (estate.left > 0n && transaction.time <= end))
    )
      fail(`an auction that is over after ${end}, or everything sold`, `${estate.left} parts left`);
  }
  if (asks === "absorb" ? estate.absorbed : asks === "collect" && !estate.absorbed)
    fail("a fund that is asked once, and collects afterwards", "another order");
  const lacks = deficitOf(state, estate, value);
  if (asks === "finish" && !estate.absorbed && lacks !== 0n)
    fail(`the fund asked to pay ${lacks}`, "a settlement without it");
  if (!estate.absorbed)
    [estate.absorbed, state.promised, estate.funded] = [true, state.promised - estate.funded, 0n];
  return { account, estate, now, marks, value, fail };
}

/** The fund was asked to pay an estate's loss. */
export function lossAbsorbed(
  state: HouseState,
  { account, deficit, paid }: { readonly account: string; readonly deficit: bigint; readonly paid: bigint },
  context: LoggedContext,
): void {
  const found = settlement(state, account, context, "absorb");
  if (found === undefined) return;
  const { estate, value, now, fail } = found;
  const expected = deficitOf(state, estate, value);
  if (deficit !== expected) fail(`a deficit of ${expected}`, `${deficit}`);
  now.owedByFund += paid;
}

/** The fund has passed on what members paid for an estate. */
export function assessmentsCollected(
  state: HouseState,
  { account, paid }: { readonly account: string; readonly paid: bigint },
  context: LoggedContext,
): void {
  const found = settlement(state, account, context, "collect");
  if (found !== undefined) found.now.owedByFund += paid;
}

/** What an estate is left with goes back to the fund first. */
export function paidBack(state: HouseState, amount: bigint, context: LoggedContext): void {
  const found = settlement(state, settledNext(context.transaction, context.index), context, "finish");
  if (found === undefined) return;
  const { estate, now, fail } = found;
  const expected = least(estate.cash / state.unit, estate.paid);
  if (amount !== expected) fail(`${expected} back to the fund`, `${amount}`);
  now.back += amount;
  state.held -= amount;
}

/** What is left of an estate is owed to its owner. */
export function owedToOwner(
  state: HouseState,
  account: string,
  amount: bigint,
  context: LoggedContext,
): void {
  const found = settlement(state, account, context, "finish");
  if (found === undefined) return;
  const { estate, now, fail } = found;
  const whole = estate.cash / state.unit;
  const expected = whole - least(whole, estate.paid);
  if (amount !== expected) fail(`${expected} owed to the owner`, `${amount}`);
  now.owed += amount;
}

/** Payments that are asked for are cut by what the fund could not pay. @param most units that can be cut */
export function paymentsCut(
  state: HouseState,
  { cut, most, least: smallest }: { readonly cut: bigint; readonly most: bigint; readonly least: bigint },
  context: LoggedContext,
): void {
  const found = settlement(state, settledNext(context.transaction, context.index), context, "finish");
  if (found === undefined) return;
  const { estate, value, now, fail } = found;
  const lacks = deficitOf(state, estate, value);
  const left = lacks < most ? (state.index * (most - lacks)) / most : 0n;
  const expected = left < smallest ? most : lacks;
  if (lacks === 0n || cut !== expected) fail(`a cut of ${lacks === 0n ? 0n : expected}`, `${cut}`);
  estate.cash += cut * state.unit;
  now.cut = true;
}

/** The prices at which an estate's lines can be torn up; null if there are none. */
function tornPrices(state: HouseState, { estate, marks, value }: Settlement): TearUpPrices | null {
  const slots = estate.perp.flatMap((quantity, u) => (quantity === 0n ? [] : [u]));
  const equity = estate.cash + value;
  const deficit = equity < 0n ? -equity : 0n;
  if (slots.length === 0) return deficit === 0n ? [] : null;
  const at = (list: readonly bigint[], u: number) => list[u] ?? 0n;
  try {
    const torn = tearUpPrices(
      slots.map((u) => ({
        quantity: at(estate.perp, u),
        price: at(marks.price, u),
        cap: at(state.market.caps, u),
      })),
      deficit,
    );
    if (torn === null) return null;
    const net = new Map(slots.map((u, i) => [u, at(torn.prices, i) - at(marks.funding, u)]));
    return estate.perp.map((_, u) => net.get(u));
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    return null;
  }
}

const told = (prices: TearUpPrices) =>
  prices.flatMap((price, u) => (price === undefined ? [] : [`${u} at ${price}`])).join(", ");

/** What comes together in a transaction. */
export function endSettlements(state: HouseState, { report }: LoggedContext): void {
  for (const [account, { owedByFund }] of state.settling)
    if (owedByFund !== 0n)
      report("event-missing", { account }, `the house credited with ${owedByFund} of the fund`, "not so");
  state.settling.clear();
}

type Settlements = Omit<ClearingDefaultsEvents, "DefaultStarted" | "EstateRevealed" | "EstateSold">;

export const settlementHandlers: LoggedHandlers<HouseState, Settlements> = {
  EstateFunded(state, { account, paid }, { report }) {
    const [estate, now] = [state.estates.get(account), state.settling.get(account)];
    const expected = now?.owedByFund ?? 0n;
    if (estate === undefined || now === undefined || paid !== expected)
      report("clearing-settlement", { account }, `${expected} of the fund`, `${paid}`);
    if (now !== undefined) now.owedByFund = 0n;
    state.held += paid;
    if (state.ended !== undefined) state.ended.held += paid;
    if (estate !== undefined) {
      estate.cash += paid * state.unit;
      estate.paid += paid;
    }
  },

  TornUp(state, { number, ...torn }, context) {
    const { report, transaction, index } = context;
    const prices = readTearUp(torn);
    const found = settlement(state, settledNext(transaction, index), context, "finish");
    if (found !== undefined) {
      const { estate, value, now, fail } = found;
      const lacks = deficitOf(state, estate, value);
      if (lacks !== 0n && !now.cut) fail("payments that are asked for cut first", "a tear-up before it");
      const expected = tornPrices(state, found);
      if (expected === null || told(expected) !== told(prices))
        fail(expected === null ? "no prices, and the end of the market" : told(expected), told(prices));
      closeLines(estate, prices);
    }
    state.tearUps.push(prices);
    if (found !== undefined) found.estate.tearUps = state.tearUps.length;
    if (number !== BigInt(state.tearUps.length))
      report("event-impossible", {}, `tear-up ${state.tearUps.length}`, `${number}`);
  },

  EstateSettled(state, { account, left }, context) {
    const found = settlement(state, account, context, "finish");
    state.settled.push(account);
    if (found === undefined) return;
    const { estate, now, fail } = found;
    const settling = { ...now };
    Object.assign(now, { back: 0n, owed: 0n, cut: false });
    if (state.ended !== undefined) {
      if (left !== 0n) fail("nothing left of an estate at the end of the market", `${left}`);
      return;
    }
    const whole = estate.cash / state.unit;
    const back = least(whole, estate.paid);
    const open = estate.perp.filter((quantity) => quantity !== 0n).length;
    if (open !== 0 || estate.cash < 0n) fail("every line torn up that nobody bought", `${open} open lines`);
    if (left !== whole - back || settling.owed !== left || settling.back !== back)
      fail(
        `${whole - back} units left, asked for, and ${back} back to the fund`,
        `${left}, ${settling.owed} and ${settling.back}`,
      );
    state.dustOfDefaults += estate.cash % state.unit;
    [estate.left, estate.cash] = [0n, 0n];
  },

  MarketEnded(state, { round, netPrice }, context) {
    const { report, transaction, index } = context;
    const { time } = transaction;
    const fail = (expected: string, got: string) => report("clearing-end", {}, expected, got);
    if (state.ended !== undefined) return fail("a market that ends once", "twice");
    const account = settledNext(transaction, index);
    const found = account === undefined ? undefined : settlement(state, account, context, "finish");
    const from = state.closedAt + state.terms.closePeriod;
    const waited = state.closedAt !== 0 && time >= from;
    if (found === undefined ? !waited : tornPrices(state, found) !== null)
      fail("a market closed for long enough, or an estate that no prices settle", "neither");
    const marks = marksAt(state, {}, context);
    const net = marks.price.map((price, u) => price - (marks.funding[u] ?? 0n));
    if (countOf(round) !== marks.number || netPrice.some((price, u) => price !== (net[u] ?? 0n)))
      fail(`the prices of round ${marks.number}`, `others, of ${round}`);
    state.ended = { time, marks, held: state.held, claims: 0n, claimOf: new Map() };
  },

  EndClaimProven(state, { account, claim }, context) {
    const { report, transaction } = context;
    const about = { account };
    const { ended } = state;
    const fail = (expected: string, got: string) => report("clearing-end", about, expected, got);
    const known = accountOf(state, account, context);
    if (known === undefined || ended === undefined) return fail("a claim after the end of the market", "one");
    const until = ended.time + state.terms.claimPeriod;
    const estate = state.estates.get(account);
    const countable = known.stage === "open" || (known.stage === "frozen" && estate?.revealedAt === 0);
    if (!countable || transaction.time > until || ended.claimOf.has(account))
      fail(`one claim of an account that is not public, until ${until}`, `one at ${transaction.time}`);
    const { sequence, commitment } = known;
    const book = revealedBook(state, { account, sequence, commitment }, context) ?? known.opening;
    if (book !== undefined) {
      const counted = { cash: book.basis, perp: [...book.perp], lot: [], tearUps: known.tearUps };
      if (known.stage === "frozen") counted.cash += estate?.cash ?? 0n;
      applyTearUps(state, counted);
      const expected = counted.cash + valueAt(counted.perp, ended.marks).value;
      if (claim !== expected || claim <= 0n) fail(`a claim of ${expected}, above 0`, `${claim}`);
    }
    ended.claims += claim;
    ended.claimOf.set(account, claim);
  },

  EndClaimPaid(state, { account, amount }, { report, transaction }) {
    const { ended, unit } = state;
    const claim = ended?.claimOf.get(account) ?? 0n;
    const { claims, held, time } = ended ?? { claims: 0n, held: 0n, time: 0 };
    const from = time + state.terms.claimPeriod + 1;
    const expected = claims > held * unit ? (claim * held) / claims : claim / unit;
    if (claim === 0n || amount !== expected || transaction.time < from)
      report(
        "clearing-end",
        { account },
        `${expected} units, once, from ${from} on`,
        `${amount} at ${transaction.time}`,
      );
    ended?.claimOf.set(account, 0n);
    state.held -= amount;
  },
};

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
