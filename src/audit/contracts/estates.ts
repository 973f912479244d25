import type { ClearingDefaultsEvents } from "../../chain/generated/ClearingDefaults.js";
import type { FundState } from "../../protocol/defaultFund.js";
import { ESTATE_PARTS, estatePriceAt, estatePrices, partsPrice } from "../../protocol/estateAuction.js";
import { liableFor } from "../../protocol/fundDefaults.js";
import { type About, countOf } from "../replay/context.js";
import { accountOf, pendingTearUps } from "./clearedBooks.js";
import type { ClearedRound } from "./clearedMarket.js";
import { revealedBook } from "./clearedProofs.js";
import type { Estate, HouseState, TearUpPrices } from "./houseState.js";
import type { LoggedContext, LoggedHandlers } from "./replay.js";

/** Estates of accounts in default, from the freeze to the last sale: as Estates.sol has them. */

const PARTS = BigInt(ESTATE_PARTS);

/** An estate before its book is public. */
export function newEstate(
  time: number,
  { sequence, commitment, tearUps }: Pick<Estate, "sequence" | "commitment" | "tearUps">,
  seized: bigint,
): Estate {
  return {
    ...{ startedAt: time, revealedAt: 0, sequence, commitment, tearUps, cash: seized },
    ...{ perp: [], lot: [], left: 0n, absorbed: false, funded: 0n, paid: 0n },
  };
}

/** Closes the lines that were torn up since an estate, or a book, last applied any. */
export function applyTearUps(
  { tearUps }: Pick<HouseState, "tearUps">,
  estate: Pick<Estate, "cash" | "perp" | "lot" | "tearUps">,
): void {
  closeLines(estate, pendingTearUps(tearUps, estate.tearUps));
  estate.tearUps = tearUps.length;
}

export function closeLines(estate: Pick<Estate, "cash" | "perp" | "lot">, prices: TearUpPrices): void {
  prices.forEach((price, u) => {
    if (price === undefined) return;
    estate.cash += (estate.perp[u] ?? 0n) * price;
    if (u < estate.perp.length) [estate.perp[u], estate.lot[u]] = [0n, 0n];
  });
}

/** What a fund can pay for an account's estate, smallest units: its capital and what is liable for this default. */
function fundable(fund: FundState, account: string): bigint {
  const number = fund.numberOf.get(account) ?? 0;
  return fund.list.reduce((sum, name) => {
    const member = fund.members.get(name);
    return member === undefined ? sum : sum + liableFor(fund, member, number).left;
  }, fund.capital);
}

/** The price of parts of an estate, attodollars. */
function priceOfParts(
  estate: Estate,
  parts: bigint,
  marks: ClearedRound,
  { premium, discount, auctionPeriod }: HouseState["terms"],
  time: number,
): bigint {
  const prices = estatePrices(estate, marks, { premium: BigInt(premium), discount: BigInt(discount) });
  return partsPrice(estatePriceAt(prices, time - estate.revealedAt, auctionPeriod), parts, estate.left);
}

/** The prices that count now: of the newest round, or of the one that the market ended at. A stale round counts for nothing. */
export function marksAt(
  state: HouseState,
  about: About,
  { report, transaction }: LoggedContext,
): ClearedRound {
  if (state.ended !== undefined) return state.ended.marks;
  const { newest, maxRoundAge } = state.market;
  if (newest === undefined || transaction.time > newest.time + maxRoundAge)
    report("clearing-prices", about, "a round that is not stale", newest ? `one of ${newest.time}` : "none");
  return newest ?? NO_ROUND;
}

const NO_ROUND: ClearedRound = {
  ...{ number: 0, time: 0, epoch: 0, price: [], funding: [], box: [], digest: "none" },
};

/** Whether the market takes a change of a book now, and one that opens risk. */
export function isClosed({ closedAt, ended }: HouseState, opens: boolean): boolean {
  return ended !== undefined || (opens && closedAt !== 0);
}

type Auctions = Pick<ClearingDefaultsEvents, "DefaultStarted" | "EstateRevealed" | "EstateSold">;

export const auctionHandlers: LoggedHandlers<HouseState, Auctions> = {
  DefaultStarted(state, { account, sequence, revealUntil }, { report, transaction: { time } }) {
    const estate = state.estates.get(account);
    const until = time + state.terms.revealPeriod;
    const begun =
      estate?.startedAt === time && estate.sequence === sequence && state.starting.delete(account);
    if (!begun) report("event-missing", { account }, "the freeze of a book as its default starts", "none");
    if (countOf(revealUntil) !== until)
      report("clearing-estate", { account }, `a reveal until ${until}`, `${revealUntil}`);
    if (state.ended !== undefined)
      report("clearing-end", { account }, "no default after the end of the market", "one");
  },

  EstateRevealed(state, event, context) {
    const { account, basis, perp, funded } = event;
    const { report, transaction } = context;
    const about = { account };
    const [estate, known] = [state.estates.get(account), accountOf(state, account, context)];
    if (estate === undefined || known === undefined || estate.revealedAt !== 0 || state.ended !== undefined)
      return report("event-impossible", about, "a frozen book that is not public", "another");
    const book = revealedBook(state, { account, ...estate }, context);
    const opened = book ?? known.opening;
    if (opened !== undefined) {
      estate.cash += opened.basis;
      estate.perp = [...opened.perp];
      applyTearUps(state, estate);
      if (estate.cash !== basis || estate.perp.some((quantity, u) => quantity !== perp[u]))
        report("clearing-estate", about, "the frozen book, with what its owner had asked for", "another");
    }
    const same = known.opening === undefined || book === undefined || sameBook(known.opening, book);
    if (!same) report("clearing-opening", about, "the book that was disclosed", "another");
    const held = fundable(state.fund.fund, account) * state.unit - state.promised;
    const floor = held < 0n ? 0n : held;
    if (funded !== floor) report("clearing-auction", about, `a floor of ${floor} of the fund`, `${funded}`);
    state.promised += funded;
    Object.assign(estate, {
      ...{ revealedAt: transaction.time, left: PARTS, funded, cash: basis, perp: [...perp] },
      ...{ lot: perp.map((quantity) => quantity / PARTS), tearUps: state.tearUps.length },
    });
  },

  EstateSold(state, { account, buyer, parts, cash }, context) {
    const { report, transaction } = context;
    const estate = state.estates.get(account);
    const fail = (expected: string, got: string) => report("clearing-auction", { account }, expected, got);
    if (estate === undefined || estate.revealedAt === 0 || estate.absorbed || state.ended !== undefined)
      return fail("parts of an estate that is for sale", "others");
    applyTearUps(state, estate);
    const end = estate.revealedAt + state.terms.auctionPeriod;
    if (transaction.time > end) fail(`a sale until ${end}`, `one at ${transaction.time}`);
    if (parts === 0n || parts > estate.left) return fail(`1 to ${estate.left} parts`, `${parts}`);
    const marks = marksAt(state, { account }, context);
    const price = priceOfParts(estate, parts, marks, state.terms, transaction.time);
    if (cash < price) fail(`at least ${price} for ${parts} parts`, `${cash}`);
    const all = parts === estate.left;
    const deltaPerp = estate.perp.map((quantity, u) => (all ? quantity : (estate.lot[u] ?? 0n) * parts));
    estate.perp = estate.perp.map((quantity, u) => quantity - (deltaPerp[u] ?? 0n));
    estate.left -= parts;
    estate.cash += cash;
    state.takeover = { account: buyer, deltaPerp, deltaBasis: -cash };
    state.counts.sales++;
  },
};

function sameBook(
  one: { readonly basis: bigint; readonly perp: readonly bigint[] },
  two: { readonly basis: bigint; readonly perp: readonly bigint[] },
): boolean {
  return one.basis === two.basis && one.perp.every((quantity, u) => quantity === two.perp[u]);
}
