import { BPS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { type Holder, pay } from "./holders.js";
import type { SimulatedMarket } from "./market.js";
import type { Random } from "./prices.js";
import type { ScenarioFile } from "./scenario.js";

/** Where bidders are: what they trade on, and how it counts. */
interface BiddingPlace {
  readonly listing: Listing;
  readonly market: SimulatedMarket;
  readonly random: Random;
  readonly holders: { readonly bidders: Holder; readonly market: Holder };
  /** Dollars a unit. */
  price(slot: number): number;
  units(slot: number, quanta: bigint): number;
  /** Dollars as quanta of asset 0, rounded down. */
  cash(dollars: number): bigint;
}

/** Somebody who buys at auctions. Amounts are quanta. */
export interface Bidder {
  cash: bigint;
  readonly stock: bigint[];
  /** What is sold again in each minute. */
  readonly rate: bigint[];
  /** Pays with what it fetches in the same minute. */
  readonly flash: boolean;
}

/** Everybody who buys at auctions, with capital in asset 0. */
export class Bidders {
  readonly list: readonly Bidder[];
  readonly flash: Bidder;
  /** Share below the market at which they buy. */
  readonly discount: number;
  /** Minutes in which they sell again. */
  readonly resale: number;

  constructor(
    private readonly venue: BiddingPlace,
    private readonly terms: ScenarioFile["bidders"],
  ) {
    const size = venue.listing.length;
    const bidder = (cash: bigint, flash: boolean): Bidder => ({
      cash,
      stock: Array(size).fill(0n),
      rate: Array(size).fill(0n),
      flash,
    });
    const capital = venue.cash(terms.capital);
    this.list = Array.from({ length: terms.count }, () => bidder(capital, false));
    this.flash = bidder(0n, true);
    this.discount = terms.discount / Number(BPS);
    this.resale = terms.resale;
    venue.holders.bidders.spot[0] = capital * BigInt(terms.count);
  }

  /** Those who are there in this minute, in a random order. @param fall of prices within an hour, 0 … 1 */
  present(fall: number): Bidder[] {
    const { random } = this.venue;
    const { stressed, participation } = this.terms;
    const share =
      stressed !== undefined && fall * 10_000 >= stressed.fall ? stressed.participation : participation;
    const there = this.list.filter(() => random.uniform() * 10_000 < share);
    for (let i = there.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const [a, b] = [there[i], there[j]];
      if (a !== undefined && b !== undefined) [there[i], there[j]] = [b, a];
    }
    return there;
  }

  /** What a bidder can spend, dollars. */
  dollarsOf(bidder: Bidder): number {
    return bidder.flash ? Number.MAX_SAFE_INTEGER : this.venue.units(0, bidder.cash) * this.venue.price(0);
  }

  /** Takes from a bidder what it pays, or buys it on the market first; false where its capital is too little. */
  pays(bidder: Bidder, slot: number, quanta: bigint): boolean {
    const { venue } = this;
    let cash = quanta;
    if (slot !== 0) {
      const coins = venue.units(slot, quanta);
      cash = venue.cash(-venue.market.proceeds(slot, -coins)) + 1n;
      if (!bidder.flash && cash > bidder.cash) return false;
      venue.market.sell(slot, -coins);
      pay(venue.holders.bidders, venue.holders.market, 0, cash);
      pay(venue.holders.market, venue.holders.bidders, slot, quanta);
    }
    if (!bidder.flash && cash > bidder.cash) return false;
    bidder.cash -= cash;
    return true;
  }

  /** Gives a bidder what it bought. */
  gets(bidder: Bidder, slot: number, quanta: bigint): void {
    if (slot === 0) {
      bidder.cash += quanta;
      return;
    }
    const stock = (bidder.stock[slot] ?? 0n) + quanta;
    bidder.stock[slot] = stock;
    if (this.resale === 0 && !bidder.flash) this.#sell(bidder, slot, stock);
    else bidder.rate[slot] = stock / BigInt(Math.max(this.resale, 1)) + 1n;
  }

  /** Sells at once all that a bidder has. */
  sellAll(bidder: Bidder): void {
    bidder.stock.forEach((stock, slot) => {
      if (stock > 0n) this.#sell(bidder, slot, stock);
    });
  }

  /** A minute's part of everybody's stock goes back to the market. */
  resell(): void {
    const { venue } = this;
    for (let slot = 1; slot < venue.listing.length; slot++) {
      const parts = this.list.map(({ stock, rate }) => {
        const [left, each] = [stock[slot] ?? 0n, rate[slot] ?? 0n];
        return left < each ? left : each;
      });
      const total = parts.reduce((sum, part) => sum + part, 0n);
      if (total === 0n) continue;
      const cash = venue.cash(venue.market.sell(slot, venue.units(slot, total)));
      let paid = 0n;
      this.list.forEach((bidder, i) => {
        const part = parts[i] ?? 0n;
        if (part === 0n) return;
        const share = (cash * part) / total;
        bidder.stock[slot] = (bidder.stock[slot] ?? 0n) - part;
        bidder.cash += share;
        paid += share;
      });
      pay(venue.holders.bidders, venue.holders.market, slot, total);
      pay(venue.holders.market, venue.holders.bidders, 0, paid);
    }
  }

  #sell(bidder: Bidder, slot: number, quanta: bigint): void {
    const { venue } = this;
    const cash = venue.cash(venue.market.sell(slot, venue.units(slot, quanta)));
    bidder.stock[slot] = (bidder.stock[slot] ?? 0n) - quanta;
    bidder.cash += cash;
    pay(venue.holders.bidders, venue.holders.market, slot, quanta);
    pay(venue.holders.market, venue.holders.bidders, 0, cash);
  }
}
