import { withPenalty } from "../../protocol/auction.js";
import { magnitude } from "../../protocol/statement.js";
import type { SimulatedAccount } from "./account.js";
import type { Bidder } from "./bidders.js";
import { pay, trade, worthOf } from "./holders.js";
import type { Venue } from "./venue.js";

/** Minutes after a deleveraging within which its overshoot is measured. */
const HINDSIGHT = 12;

/**
 * A venue of perpetuals: it takes a breached account over with all that it has, and trades its positions away at a stated pace. Its
 * insurance fund pays what is missing. Once the fund is worth nothing, positions are closed against the winners on the other side,
 * ranked by profit and leverage, at the price at which the fund is whole: auto-deleveraging.
 */
export class Takeover {
  readonly #closed: { minute: number; slot: number; quanta: bigint; price: bigint; taken: boolean }[] = [];

  constructor(
    private readonly venue: Venue,
    /** Share of a minute's volume that is traded away in a minute. */
    private readonly pace: number,
  ) {}

  /** One minute. */
  step(): void {
    const { venue } = this;
    for (const account of venue.liquidatable()) this.#takeOver(account);
    this.#tradeAway();
    if (this.#value() < 0n) this.#deleverage();
    this.#lookBack();
  }

  /** At the end: what the fund lacks is the creditors' loss, or the winners' where nobody lent. */
  end(): void {
    const { venue } = this;
    const missing = -this.#value();
    if (missing <= 0n) return;
    const price = venue.marks()[venue.settlement] ?? 1n;
    const quanta = missing / price + 1n;
    pay(venue.holders.creditors, venue.holders.fund, venue.settlement, quanta);
    venue.tally.writtenOff += quanta;
  }

  /** What the fund would be worth if it closed everything at the market, attodollars. */
  #value(): bigint {
    return worthOf(this.venue.holders.fund, this.venue.marks());
  }

  #takeOver(account: SimulatedAccount): void {
    const { venue } = this;
    const { fund } = venue.holders;
    const marks = venue.marks();
    const equity = worthOf(account, marks);
    const gross = marks.reduce((sum, price, u) => {
      const risky = (u === 0 ? 0n : magnitude(account.spot[u] ?? 0n)) + magnitude(account.perp[u] ?? 0n);
      return sum + risky * price;
    }, 0n);
    venue.notesLiquidation(account, Number(gross) / 1e18);
    if (equity < 0n) {
      const { shortfalls } = venue.tally;
      shortfalls.set(account.index, Number(-equity) / 1e18);
    }
    account.spot.forEach((quanta, u) => {
      pay(account, fund, u, quanta);
    });
    account.perp.forEach((quanta, u) => {
      fund.perp[u] = (fund.perp[u] ?? 0n) + quanta;
      account.perp[u] = 0n;
    });
    fund.basis += account.basis;
    account.basis = 0n;
    venue.rest(account);
  }

  /** Trades a part of what was taken over. */
  #tradeAway(): void {
    const { venue } = this;
    const { fund, market } = venue.holders;
    for (let u = 1; u < venue.listing.length; u++) {
      const [spot, perp] = [fund.spot[u] ?? 0n, fund.perp[u] ?? 0n];
      if (spot === 0n && perp === 0n) continue;
      const most = venue.quanta(u, venue.market.perMinute(u) * this.pace, 1n << 100n);
      for (const [kind, held] of [
        ["spot", spot],
        ["perp", perp],
      ] as const) {
        const size = magnitude(held) < most ? magnitude(held) : most;
        if (size === 0n) continue;
        const quanta = held > 0n ? size : -size;
        const dollars = venue.market.sell(u, venue.units(u, quanta));
        if (kind === "spot") {
          const cash = dollars >= 0 ? venue.cash(dollars) : -(venue.cash(-dollars) + 1n);
          pay(fund, market, u, quanta);
          pay(market, fund, 0, cash);
        } else trade(fund, market, u, quanta, attodollarsEach(dollars, venue.units(u, quanta), venue, u));
      }
    }
  }

  /** Closes positions of the fund against winners, until it is whole or nothing is left to close. */
  #deleverage(): void {
    const { venue } = this;
    const { fund } = venue.holders;
    const marks = venue.marks();
    const missing = -worthOf(fund, marks);
    const inventory = marks.reduce((sum, price, u) => sum + magnitude(fund.perp[u] ?? 0n) * price, 0n);
    if (inventory === 0n) return;
    venue.tally.deleveragedMinutes++;
    marks.forEach((mark, u) => {
      const held = fund.perp[u] ?? 0n;
      if (held === 0n) return;
      const shift = missing < inventory ? (mark * missing + inventory - 1n) / inventory : mark;
      const price = held > 0n ? mark + shift : mark - shift;
      for (const winner of this.#winners(u, held > 0n, marks)) {
        const left = fund.perp[u] ?? 0n;
        if (left === 0n) break;
        const opposite = magnitude(winner.perp[u] ?? 0n);
        const size = magnitude(left) < opposite ? magnitude(left) : opposite;
        const quanta = held > 0n ? size : -size;
        trade(fund, winner, u, quanta, price);
        venue.tally.haircutDollars += Number(size * shift) / 1e18;
        venue.tally.deleveragedDollars += Number(size * mark) / 1e18;
        this.#closed.push({ minute: venue.minute, slot: u, quanta, price, taken: false });
        venue.review(winner);
      }
    });
  }

  /** Accounts on the other side with a profit, by profit over equity, the greatest first. */
  #winners(u: number, long: boolean, marks: readonly bigint[]): SimulatedAccount[] {
    return this.venue.accounts
      .filter(({ perp }) => (long ? (perp[u] ?? 0n) < 0n : (perp[u] ?? 0n) > 0n))
      .map((account) => {
        const profit = account.perp.reduce(
          (sum, quanta, v) => sum + quanta * (marks[v] ?? 0n),
          account.basis,
        );
        const equity = worthOf(account, marks);
        return { account, score: profit <= 0n || equity <= 0n ? 0 : Number(profit) / Number(equity) };
      })
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || a.account.index - b.account.index)
      .map(({ account }) => account);
  }

  /** What winners would have had at the prices of {@link HINDSIGHT} minutes later, beyond the price at which they were closed. */
  #lookBack(): void {
    const { venue } = this;
    const marks = venue.marks();
    for (const closed of this.#closed) {
      if (closed.taken || venue.minute < closed.minute + HINDSIGHT) continue;
      closed.taken = true;
      const forgone = closed.quanta * (closed.price - (marks[closed.slot] ?? 0n));
      venue.tally.overshootDollars += Number(forgone) / 1e18;
    }
  }
}

/** A price in attodollars per quantum of what fetched so many dollars. */
function attodollarsEach(dollars: number, units: number, venue: Venue, u: number): bigint {
  const decimals = venue.listing[u]?.decimals ?? 0;
  return BigInt(Math.round((dollars / units) * Number(10n ** BigInt(18 - decimals))));
}

/** A lot of collateral, and the standing bid for it. */
interface Lot {
  readonly account: SimulatedAccount;
  readonly slot: number;
  readonly quanta: bigint;
  /** Settlement units that are to be raised, penalty included. */
  readonly tab: bigint;
  readonly debt: bigint;
  bid: bigint;
  bidder: Bidder | null;
  since: number;
}

/**
 * Rising bids for lots, as Maker's auctions of 2020: a bid that nobody raises within the bid period wins, be it zero. Who is alone
 * bids nothing; two or more bid each other up to what the lot is worth to them, or to the tab.
 */
export class RisingBids {
  readonly #lots: Lot[] = [];

  constructor(
    private readonly venue: Venue,
    private readonly terms: { readonly lot: number; readonly bidPeriod: number },
  ) {}

  /** One minute. */
  step(): void {
    const { venue } = this;
    for (const account of venue.liquidatable()) this.#putUp(account);
    if (this.#lots.length === 0) return;
    const present = venue.bidders.present(venue.stress());
    for (const lot of this.#lots) this.#bid(lot, present);
    for (let i = this.#lots.length - 1; i >= 0; i--) {
      const lot = this.#lots[i];
      if (lot?.bidder == null || venue.minute < lot.since + this.terms.bidPeriod) continue;
      this.#settle(lot, lot.bidder);
      this.#lots.splice(i, 1);
    }
  }

  /** At the end, lots that nobody bid for are the creditors' loss, and go to them. */
  end(): void {
    const { venue } = this;
    for (const lot of this.#lots.splice(0)) {
      venue.tally.failedAuctions++;
      pay(lot.account, venue.holders.creditors, lot.slot, lot.quanta);
      venue.lose(lot.account, lot.debt);
    }
  }

  #putUp(account: SimulatedAccount): void {
    const { venue } = this;
    const { vault, settlement } = venue;
    const debt = venue.debtOf(account);
    const slot = account.spot.findIndex((quanta, u) => u !== settlement && quanta > 0n);
    const whole = account.spot[slot] ?? 0n;
    if (slot === -1 || debt === 0n) return;
    const size = venue.quanta(slot, this.terms.lot, whole);
    const count = (whole + size - 1n) / size;
    let [left, owed] = [whole, debt];
    for (let i = 0n; i < count; i++) {
      const quanta = i === count - 1n ? left : size;
      const part = i === count - 1n ? owed : (debt * quanta) / whole;
      left -= quanta;
      owed -= part;
      const tab = withPenalty(part, vault.penalty);
      this.#lots.push({ account, slot, quanta, tab, debt: part, bid: 0n, bidder: null, since: 0 });
      venue.tally.auctions++;
    }
    // Vaults are closed as they are put up; what is left comes back lot by lot.
    venue.rest(account);
  }

  #bid(lot: Lot, present: readonly Bidder[]): void {
    const { venue } = this;
    const { bidders, settlement } = venue;
    const worth = venue.units(lot.slot, lot.quanta) * venue.price(lot.slot) * (1 - bidders.discount);
    const value = venue.quanta(settlement, worth / venue.price(settlement), lot.tab);
    const others = present.filter((bidder) => bidder !== lot.bidder && bidder.cash > 0n);
    const [first, second] = others;
    if (first === undefined || lot.bid >= value) return;
    const alone = lot.bidder === null && second === undefined;
    const bid = alone ? 0n : value;
    if (!venue.bidders.pays(first, 0, bid)) return;
    // The bid that is raised goes back to its bidder.
    if (lot.bidder !== null) lot.bidder.cash += lot.bid;
    [lot.bid, lot.bidder, lot.since] = [bid, first, venue.minute];
  }

  #settle(lot: Lot, bidder: Bidder): void {
    const { venue } = this;
    const { vault, settlement, tally } = venue;
    const { account, slot, bid, debt, tab } = lot;
    const price = venue.price(slot) * (1 - venue.bidders.discount);
    const dollars = venue.units(settlement, tab) * venue.price(settlement);
    // Once the tab is raised, bidders compete in how little collateral they take for it.
    const amount = bid === tab ? venue.quanta(slot, dollars / price, lot.quanta) : lot.quanta;
    const { penalty } = vault;
    const repaid = venue.settle(bidder, { account, slot, quanta: amount, cost: bid, debt, penalty });
    if (bid === 0n) {
      tally.zeroBids++;
      tally.zeroBidDollars += venue.units(slot, amount) * venue.price(slot);
    }
    venue.lose(account, debt - repaid);
  }
}
