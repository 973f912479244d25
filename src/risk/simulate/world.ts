import type { PricedToken } from "../../protocol/auction.js";
import { BPS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { assess } from "../../protocol/statement.js";
import type { SimulatedMarket } from "./market.js";
import type { Random } from "./prices.js";
import type { ScenarioFile, SimulatedVault as VaultTerms } from "./scenario.js";
import {
  attodollars,
  type Holder,
  nobody,
  pay,
  rest,
  review,
  type SimulatedAccount,
  type SimulatedLedger,
  worthOf,
} from "./venue.js";

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
    private readonly world: World,
    private readonly terms: ScenarioFile["bidders"],
  ) {
    const size = world.listing.length;
    const bidder = (cash: bigint, flash: boolean): Bidder => ({
      cash,
      stock: Array(size).fill(0n),
      rate: Array(size).fill(0n),
      flash,
    });
    const capital = world.cash(terms.capital);
    this.list = Array.from({ length: terms.count }, () => bidder(capital, false));
    this.flash = bidder(0n, true);
    this.discount = terms.discount / Number(BPS);
    this.resale = terms.resale;
    world.holders.bidders.spot[0] = capital * BigInt(terms.count);
  }

  /** Those who are there in this minute, in a random order. @param fall of prices within an hour, 0 … 1 */
  present(fall: number): Bidder[] {
    const { random } = this.world;
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
    return bidder.flash ? Number.MAX_SAFE_INTEGER : this.world.units(0, bidder.cash) * this.world.price(0);
  }

  /** Takes from a bidder what it pays, or buys it on the market first; false where its capital is too little. */
  pays(bidder: Bidder, slot: number, quanta: bigint): boolean {
    const { world } = this;
    let cash = quanta;
    if (slot !== 0) {
      const coins = world.units(slot, quanta);
      cash = world.cash(-world.market.proceeds(slot, -coins)) + 1n;
      if (!bidder.flash && cash > bidder.cash) return false;
      world.market.sell(slot, -coins);
      pay(world.holders.bidders, world.holders.market, 0, cash);
      pay(world.holders.market, world.holders.bidders, slot, quanta);
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
    const { world } = this;
    for (let slot = 1; slot < world.listing.length; slot++) {
      const parts = this.list.map(({ stock, rate }) => {
        const [left, each] = [stock[slot] ?? 0n, rate[slot] ?? 0n];
        return left < each ? left : each;
      });
      const total = parts.reduce((sum, part) => sum + part, 0n);
      if (total === 0n) continue;
      const cash = world.cash(world.market.sell(slot, world.units(slot, total)));
      let paid = 0n;
      this.list.forEach((bidder, i) => {
        const part = parts[i] ?? 0n;
        if (part === 0n) return;
        const share = (cash * part) / total;
        bidder.stock[slot] = (bidder.stock[slot] ?? 0n) - part;
        bidder.cash += share;
        paid += share;
      });
      pay(world.holders.bidders, world.holders.market, slot, total);
      pay(world.holders.market, world.holders.bidders, 0, paid);
    }
  }

  #sell(bidder: Bidder, slot: number, quanta: bigint): void {
    const { world } = this;
    const cash = world.cash(world.market.sell(slot, world.units(slot, quanta)));
    bidder.stock[slot] = (bidder.stock[slot] ?? 0n) - quanta;
    bidder.cash += cash;
    pay(world.holders.bidders, world.holders.market, slot, quanta);
    pay(world.holders.market, world.holders.bidders, 0, cash);
  }
}

/** Those who hold something, besides the accounts. */
export const HOLDERS = ["creditors", "fund", "bidders", "keepers", "market", "outside"] as const;
/** A holder's name. */
export type HolderName = (typeof HOLDERS)[number];

/** What is counted on the way. Amounts are quanta of the settlement asset, or dollars where a name says so. */
export interface Tally {
  auctions: number;
  failedAuctions: number;
  raised: number;
  zeroBids: number;
  zeroBidDollars: number;
  repaid: bigint;
  soldDollars: number;
  writtenOff: bigint;
  fundPaid: bigint;
  /** Dollars of winners' profits that were cut, and of positions that were closed to do so. */
  haircutDollars: number;
  deleveragedDollars: number;
  deleveragedMinutes: number;
  overshootDollars: number;
  /** Dollars by which each liquidated account fell short, by account. */
  readonly shortfalls: Map<number, number>;
  readonly liquidated: Set<number>;
  /** Dollars sold in each minute. */
  readonly soldAt: Float64Array;
  first: number;
  last: number;
  /** Price of asset 1 at the first liquidation. */
  trigger: number;
  reviews: number;
}

/** The venue, its accounts, and the market: everything that one run changes. */
export class World {
  minute = 0;
  time: number;
  block = 0;
  readonly holders: Readonly<Record<HolderName, Holder>>;
  readonly bidders: Bidders;
  readonly tally: Tally;
  readonly #powers: readonly number[];
  readonly #tokens: readonly PricedToken[];

  constructor(
    readonly file: ScenarioFile,
    readonly listing: Listing,
    readonly ledger: SimulatedLedger,
    readonly market: SimulatedMarket,
    readonly accounts: readonly SimulatedAccount[],
    readonly random: Random,
    readonly vault: VaultTerms,
    /** Slot of what is owed and paid in. */
    readonly settlement: number,
    /** Whether attesters prove breaches. */
    readonly proven: boolean,
    bidders: ScenarioFile["bidders"],
    /** Unix seconds of minute 0. */
    readonly start: number,
  ) {
    const size = listing.length;
    this.time = start;
    this.#powers = listing.map(({ decimals }) => Number(10n ** BigInt(decimals)));
    this.#tokens = listing.map(({ decimals }, slot) => ({
      slot,
      quantumDecimals: decimals,
      tokenDecimals: decimals,
    }));
    this.holders = {
      creditors: nobody(size),
      fund: nobody(size),
      bidders: nobody(size),
      keepers: nobody(size),
      market: nobody(size),
      outside: nobody(size),
    };
    this.tally = {
      auctions: 0,
      failedAuctions: 0,
      raised: 0,
      zeroBids: 0,
      zeroBidDollars: 0,
      repaid: 0n,
      soldDollars: 0,
      writtenOff: 0n,
      fundPaid: 0n,
      haircutDollars: 0,
      deleveragedDollars: 0,
      deleveragedMinutes: 0,
      overshootDollars: 0,
      shortfalls: new Map(),
      liquidated: new Set(),
      soldAt: new Float64Array(file.minutes + 1),
      first: -1,
      last: -1,
      trigger: 0,
      reviews: 0,
    };
    this.#lend();
    this.bidders = new Bidders(this, bidders);
  }

  /** What all accounts owe is somebody's claim, and what they trade somebody's other side. */
  #lend(): void {
    const { creditors, market } = this.holders;
    for (const { spot, perp, basis } of this.accounts) {
      spot.forEach((quanta, u) => {
        if (quanta < 0n) creditors.spot[u] = (creditors.spot[u] ?? 0n) - quanta;
      });
      perp.forEach((quanta, u) => {
        market.perp[u] = (market.perp[u] ?? 0n) - quanta;
      });
      market.basis -= basis;
    }
  }

  /** Dollars a unit, on the market that is sold on. */
  price(slot: number): number {
    return this.market.prices[slot] ?? 0;
  }

  /** Quanta as units. */
  units(slot: number, quanta: bigint): number {
    return Number(quanta) / (this.#powers[slot] ?? 1);
  }

  /** Units as quanta, rounded down, at most `most`. */
  quanta(slot: number, units: number, most: bigint): bigint {
    if (!(units > 0)) return 0n;
    const quanta = BigInt(Math.floor(units * (this.#powers[slot] ?? 1)));
    return quanta < most ? quanta : most;
  }

  /** Dollars as quanta of asset 0, rounded down. */
  cash(dollars: number): bigint {
    const price = this.market.index[0] || this.file.assets[0]?.price || 1;
    return BigInt(Math.floor(Math.max(0, dollars / price) * (this.#powers[0] ?? 1)));
  }

  /** How the vault's figures see an asset: a unit of its token is a quantum. */
  token(slot: number): PricedToken {
    return this.#tokens[slot] ?? { slot, quantumDecimals: 0, tokenDecimals: 0 };
  }

  /** Prices on the market now, attodollars per quantum. */
  marks(prices: Float64Array = this.market.prices): bigint[] {
    return this.listing.map(({ decimals }, u) => attodollars(prices[u] ?? 0, decimals));
  }

  /** What an account owes, settlement units. */
  debtOf({ spot }: Holder): bigint {
    const quanta = spot[this.settlement] ?? 0n;
    return quanta < 0n ? -quanta : 0n;
  }

  /** The largest fall of any asset within the last hour. */
  stress(): number {
    return this.listing.reduce((most, _, u) => Math.max(most, this.market.fallOf(u)), 0);
  }

  /** Has the gate look at an account again. */
  review(account: SimulatedAccount): void {
    this.tally.reviews++;
    review(account, this.ledger, this.time, this.proven);
  }

  /** Reviews every account whose proof the odometer has ended, or whose clock has run out; all of them where `vigilant`. */
  reviewAll(vigilant = false): void {
    const odometer = Number(this.ledger.gate.ledger.newest?.odometer ?? 0n);
    for (const account of this.accounts) {
      if (account.wakeAt === Number.MAX_SAFE_INTEGER) continue;
      if (!vigilant && odometer <= account.wakeAt && this.time < account.alarm) continue;
      this.review(account);
      if (account.answer !== null && !account.answered) this.#answer(account, account.answer);
    }
  }

  /** Accounts that may be liquidated now. */
  liquidatable(): SimulatedAccount[] {
    return this.accounts.filter(({ status }) => status === "liquidatable");
  }

  /** Accounts by their numbers. */
  accountsIn(indices: Iterable<number>): SimulatedAccount[] {
    return [...indices].flatMap((index) => this.accounts[index] ?? []);
  }

  /** An owner repays, or brings in asset 0, until the health factor is the stated one. */
  #answer(
    account: SimulatedAccount,
    { after, health }: { readonly after: number; readonly health: number },
  ): void {
    if (account.troubledSince === 0 || this.time < account.troubledSince + after * 60) return;
    account.answered = true;
    const { market } = this.ledger;
    const { collateral, requirement } = assess(account, market, { healthy: true, envelope: 0 });
    const target = BigInt(Math.round(health * 10_000));
    const debt = this.debtOf(account);
    const owed = (market.high[this.settlement] ?? 1n) * (market.debtFactor[this.settlement] ?? BPS) * BPS;
    const repaid = (requirement - (collateral * BPS) / target) / owed + 1n;
    if (repaid <= 0n) return;
    if (debt >= repaid) pay(this.holders.outside, account, this.settlement, repaid);
    else {
      const factor = market.collateralFactor[0] ?? BPS;
      const brought =
        ((requirement * target) / BPS - collateral) / ((market.low[0] ?? 1n) * (factor || 1n) * BPS) + 1n;
      pay(this.holders.outside, account, 0, brought);
    }
    this.review(account);
  }

  /** Notes a sale of an account's collateral. */
  sold(account: SimulatedAccount, slot: number, quanta: bigint, repaid: bigint): void {
    const { tally } = this;
    const dollars = this.units(slot, quanta) * this.price(slot);
    tally.repaid += repaid;
    this.notesLiquidation(account, dollars);
  }

  /** Notes that so many dollars of an account's positions were liquidated now. */
  notesLiquidation(account: SimulatedAccount, dollars: number): void {
    const { tally, minute } = this;
    tally.soldDollars += dollars;
    tally.soldAt[minute] = (tally.soldAt[minute] ?? 0) + dollars;
    tally.liquidated.add(account.index);
    if (tally.first === -1) {
      tally.first = minute;
      tally.trigger = this.price(1);
    }
    tally.last = minute;
  }

  /** The creditors lose what an account with nothing left owes. */
  writeOff(account: SimulatedAccount, debt: bigint = this.debtOf(account)): void {
    if (debt === 0n) return;
    pay(this.holders.creditors, account, this.settlement, debt);
    this.tally.writtenOff += debt;
    this.fellShort(account, debt);
    rest(account);
  }

  /** Notes by how much an account's liquidation fell short, before fund and creditors. */
  fellShort({ index }: SimulatedAccount, quanta: bigint): void {
    const { shortfalls } = this.tally;
    const dollars = this.units(this.settlement, quanta) * this.price(this.settlement);
    shortfalls.set(index, (shortfalls.get(index) ?? 0) + dollars);
  }

  /** Everybody's holdings: of the accounts together, and of the others by name. */
  holdings(): Record<HolderName | "owners", Holder> {
    const owners = nobody(this.listing.length);
    for (const { spot, perp, basis } of this.accounts) {
      spot.forEach((quanta, u) => {
        owners.spot[u] = (owners.spot[u] ?? 0n) + quanta;
      });
      perp.forEach((quanta, u) => {
        owners.perp[u] = (owners.perp[u] ?? 0n) + quanta;
      });
      owners.basis += basis;
    }
    const copies = HOLDERS.map((name) => {
      const { spot, perp, basis } = this.holders[name];
      return [name, { spot: [...spot], perp: [...perp], basis }] as const;
    });
    return { owners, ...(Object.fromEntries(copies) as Record<HolderName, Holder>) };
  }
}

/** What everybody gained over having kept what they began with, attodollars at `prices`. It adds up to 0. */
export function gains(
  before: Readonly<Record<string, Holder>>,
  after: Readonly<Record<string, Holder>>,
  prices: readonly bigint[],
): Record<string, bigint> {
  const gain = (name: string) =>
    worthOf(after[name] ?? nobody(prices.length), prices) -
    worthOf(before[name] ?? nobody(prices.length), prices);
  const { outside: _, ...named } = after;
  return Object.fromEntries(
    // What an owner brings in from outside comes out of the same pocket.
    Object.keys(named).map((name) => [name, name === "owners" ? gain(name) + gain("outside") : gain(name)]),
  );
}
