import { divideBid, type PricedToken } from "../../protocol/auction.js";
import { BPS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { assess } from "../../protocol/statement.js";
import { rest, review, type SimulatedAccount } from "./account.js";
import { type Bidder, Bidders } from "./bidders.js";
import { attodollars, HOLDERS, type Holder, type HolderName, nobody, pay } from "./holders.js";
import type { SimulatedLedger } from "./ledger.js";
import type { SimulatedMarket } from "./market.js";
import type { Random } from "./prices.js";
import type { ScenarioFile, SimulatedVault as VaultTerms } from "./scenario.js";

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

/** Collateral that a bidder has paid for; quanta, and settlement units. */
interface Sale {
  readonly account: SimulatedAccount;
  readonly slot: number;
  readonly quanta: bigint;
  readonly cost: bigint;
  /** What is owed before. */
  readonly debt: bigint;
  /** Basis points of the debt. */
  readonly penalty: number;
}

/** The venue, its accounts, and the market: everything that one run changes. */
export class Venue {
  minute = 0;
  time: number;
  block = 0;
  readonly holders: Readonly<Record<HolderName, Holder>>;
  readonly bidders: Bidders;
  readonly tally: Tally;
  readonly #powers: readonly number[];
  readonly #tokens: readonly PricedToken[];
  /** Of each account, as after its last review: what wakes it, and whether it may be liquidated. */
  readonly #wakeAt: Float64Array;
  readonly #alarm: Float64Array;
  readonly #liquidatable: Uint8Array;

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
    this.#wakeAt = Float64Array.from(accounts, ({ wakeAt }) => wakeAt);
    this.#alarm = Float64Array.from(accounts, ({ alarm }) => alarm);
    this.#liquidatable = new Uint8Array(accounts.length);
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
    this.#schedule(account);
  }

  /** Looks at an account no more: see {@link rest}. */
  rest(account: SimulatedAccount): void {
    rest(account);
    this.#schedule(account);
  }

  #schedule({ index, wakeAt, alarm, status }: SimulatedAccount): void {
    this.#wakeAt[index] = wakeAt;
    this.#alarm[index] = alarm;
    this.#liquidatable[index] = status === "liquidatable" ? 1 : 0;
  }

  /** Reviews every account whose proof the odometer has ended, or whose clock has run out; all of them where `vigilant`. */
  reviewAll(vigilant = false): void {
    const odometer = Number(this.ledger.gate.ledger.newest?.odometer ?? 0n);
    for (let i = 0; i < this.accounts.length; i++) {
      const wakeAt = this.#wakeAt[i] ?? 0;
      if (wakeAt === Number.MAX_SAFE_INTEGER) continue;
      if (!vigilant && odometer <= wakeAt && this.time < (this.#alarm[i] ?? 0)) continue;
      const account = this.accounts[i];
      if (account === undefined) continue;
      this.review(account);
      if (account.answer !== null && !account.answered) this.#answer(account, account.answer);
    }
  }

  /** Accounts that may be liquidated now. */
  liquidatable(): SimulatedAccount[] {
    const found: number[] = [];
    this.#liquidatable.forEach((may, index) => {
      if (may === 1) found.push(index);
    });
    return this.accountsIn(found);
  }

  /** Accounts by their numbers. */
  accountsIn(indices: Iterable<number>): SimulatedAccount[] {
    return Array.from(indices, (index) => this.accounts[index]).filter((account) => account !== undefined);
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

  /** A bidder gets an account's collateral, and what it has paid is divided as VaultAuctions does. Returns the debt repaid. */
  settle(bidder: Bidder, { account, slot, quanta, cost, debt, penalty }: Sale): bigint {
    const { holders, settlement, tally } = this;
    const { repaid, incentive, insured } = divideBid(cost, {
      debt,
      penalty,
      incentive: this.vault.incentive,
    });
    pay(holders.bidders, account, settlement, repaid);
    pay(holders.bidders, holders.keepers, settlement, incentive);
    pay(holders.bidders, holders.fund, settlement, insured);
    pay(account, holders.bidders, slot, quanta);
    this.bidders.gets(bidder, slot, quanta);
    tally.repaid += repaid;
    this.notesLiquidation(account, this.units(slot, quanta) * this.price(slot));
    return repaid;
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

  /** A debt that nothing is behind: the fund pays as much as it has, and the creditors lose the rest. */
  lose(account: SimulatedAccount, debt: bigint): void {
    if (debt <= 0n) return;
    const { holders, settlement, tally } = this;
    const fund = holders.fund.spot[settlement] ?? 0n;
    const covered = fund <= 0n ? 0n : debt < fund ? debt : fund;
    const lost = debt - covered;
    pay(holders.fund, account, settlement, covered);
    pay(holders.creditors, account, settlement, lost);
    tally.fundPaid += covered;
    tally.writtenOff += lost;
    const dollars = this.units(settlement, debt) * this.price(settlement);
    tally.shortfalls.set(account.index, (tally.shortfalls.get(account.index) ?? 0) + dollars);
    if (lost > 0n) this.rest(account);
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
