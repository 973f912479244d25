import {
  auctionFactor,
  auctionQuote,
  closableDebt,
  startCostOf,
  withPenalty,
} from "../../protocol/auction.js";
import { BPS } from "../../protocol/bounds.js";
import type { SimulatedAccount } from "./account.js";
import type { Bidder } from "./bidders.js";
import type { Venue } from "./venue.js";

/** A token at auction. */
interface RunningAuction {
  readonly account: SimulatedAccount;
  readonly slot: number;
  readonly startedAt: number;
  readonly startBlock: number;
  readonly offered: bigint;
  left: bigint;
  readonly startCost: bigint;
  /** What a unit costs at the start, dollars of the settlement asset's price. */
  readonly startUnit: number;
}

/** A liquidation of an account, as the vault stores it. */
interface Liquidation {
  startedAt: number;
  penalty: number;
  due: bigint;
  reliefUntil: number;
  readonly auctions: Map<number, RunningAuction>;
}

/** How auctions are sold: to bidders at a falling price, to flash swaps, or at the oracle's price with a bonus. */
export type VaultSale = "dutch" | "flash" | "fixed";

/**
 * The vault's liquidation, by the rules of VaultAuctions.sol. It starts an auction of each token of a liquidatable account at once,
 * as keepers do. Figures come from protocol/auction.ts.
 */
export class SimulatedVault {
  readonly #liquidations: (Liquidation | undefined)[] = [];
  /** Accounts with an auction that runs. */
  readonly #open = new Set<number>();
  /** Prices of this minute by the time at which their auctions started, basis points of the start cost. */
  readonly #factors = new Map<number, bigint>();

  constructor(
    private readonly venue: Venue,
    private readonly sale: VaultSale,
    /** Of a fixed sale, basis points. */
    private readonly bonus: number,
  ) {}

  /** One minute: closes what is over, starts what may start, and lets everybody bid. */
  step(): void {
    const { venue } = this;
    const running: RunningAuction[] = [];
    this.#factors.clear();
    for (const account of venue.liquidatable()) {
      const liquidation = this.#liquidationOf(account);
      this.#closeOver(account, liquidation);
      this.#start(account, liquidation);
      for (const auction of liquidation.auctions.values()) running.push(auction);
    }
    if (running.length === 0) return;
    if (this.sale === "flash") this.#flash(running);
    else this.#bids(running);
    // What health or a raised due ended is over at once.
    for (const account of venue.accountsIn([...this.#open])) {
      const { due, auctions } = this.#liquidationOf(account);
      if (account.status !== "liquidatable" || due === 0n) auctions.clear();
      if (auctions.size === 0) this.#open.delete(account.index);
      this.#cover(account);
    }
  }

  #liquidationOf(account: SimulatedAccount): Liquidation {
    const found = this.#liquidations[account.index];
    if (found !== undefined) return found;
    const made = { startedAt: 0, penalty: 0, due: 0n, reliefUntil: 0, auctions: new Map() };
    this.#liquidations[account.index] = made;
    return made;
  }

  /** Auctions whose time is up have failed where they have not raised their due. */
  #closeOver(account: SimulatedAccount, { auctions, startedAt }: Liquidation): void {
    const { time, vault, tally } = this.venue;
    // A fixed price is the oracle's of each minute.
    if (this.sale === "fixed") return auctions.clear();
    if (auctions.size === 0) return;
    for (const [slot, auction] of auctions) {
      const timeUp = time > auction.startedAt + vault.auctionPeriod;
      if (!timeUp && auction.startedAt >= startedAt && auction.startedAt >= account.breachSince) continue;
      if (timeUp) tally.failedAuctions++;
      auctions.delete(slot);
    }
  }

  /** As VaultAuctions.startAuction and _liquidate. */
  #start(account: SimulatedAccount, liquidation: Liquidation): void {
    const { venue } = this;
    const { time, vault, settlement } = venue;
    const debt = venue.debtOf(account);
    if (debt === 0n || time < liquidation.reliefUntil) return;
    for (let slot = 0; slot < account.spot.length; slot++) {
      const offered = account.spot[slot] ?? 0n;
      if (slot === settlement || offered <= 0n || liquidation.auctions.has(slot)) continue;
      let most = liquidation.due;
      if (most === 0n || liquidation.startedAt < account.breachSince) {
        liquidation.startedAt = time;
        // Breached by an attester's proof, or after a grace in which a book of the owner counted.
        liquidation.penalty = vault.penalty;
        most = -1n;
      }
      const due = withPenalty(closableDebt(debt, vault), liquidation.penalty);
      liquidation.due = most >= 0n && most < due ? most : due;
      const premium = this.sale === "fixed" ? 0 : vault.premium;
      const startCost = startCostOf(
        venue.ledger.quotes,
        venue.token(slot),
        venue.token(settlement),
        offered,
        { premium },
      );
      if (startCost === 0n) continue;
      this.#open.add(account.index);
      liquidation.auctions.set(slot, {
        account,
        slot,
        startedAt: time,
        startBlock: venue.block,
        offered,
        left: offered,
        startCost,
        startUnit: venue.units(settlement, startCost) / venue.units(slot, offered),
      });
      venue.tally.auctions++;
    }
  }

  /** Basis points of the start cost that an auction asks now. */
  #factor({ startedAt, startBlock }: RunningAuction): bigint {
    const { time, block, vault } = this.venue;
    if (this.sale === "fixed") return (BPS * BPS) / (BPS + BigInt(this.bonus));
    const known = this.#factors.get(startedAt);
    if (known !== undefined) return known;
    const factor = auctionFactor(Math.min(time - startedAt, (block - startBlock) * vault.blockTime), vault);
    this.#factors.set(startedAt, factor);
    return factor;
  }

  /** Dollars that a unit at auction costs now. */
  #unitCost(auction: RunningAuction, factor: bigint): number {
    return (auction.startUnit * this.venue.price(this.venue.settlement) * Number(factor)) / Number(BPS);
  }

  #bids(running: readonly RunningAuction[]): void {
    const { venue } = this;
    const { bidders } = venue;
    const present = bidders.present(venue.stress());
    if (present.length === 0) return;
    const start = venue.random.below(running.length);
    for (let i = 0; i < running.length; i++) {
      const auction = running[(start + i) % running.length];
      if (auction === undefined) continue;
      const factor = this.#factor(auction);
      for (const bidder of present) {
        if (!this.#isOpen(auction) || !this.#isWorth(auction, factor)) break;
        const most = this.#wanted(auction, factor, bidder);
        if (most > 0n) this.#take(auction, most, factor, bidder);
      }
    }
  }

  #isOpen(auction: RunningAuction): boolean {
    const { account, slot, left } = auction;
    return left > 0n && this.#liquidations[account.index]?.auctions.get(slot) === auction;
  }

  /** Whether a price is as far below the market as bidders ask. */
  #isWorth(auction: RunningAuction, factor: bigint): boolean {
    const cost = this.#unitCost(auction, factor);
    return cost > 0 && cost <= this.venue.price(auction.slot) * (1 - this.venue.bidders.discount);
  }

  /** What a bidder would buy at a price that is worth it: as much as its capital and the market's depth allow, at its discount. */
  #wanted(auction: RunningAuction, factor: bigint, bidder: Bidder): bigint {
    const { venue } = this;
    const { slot, left } = auction;
    const { bidders, market, settlement } = venue;
    const cost = this.#unitCost(auction, factor);
    const worth = venue.price(slot) * (1 - bidders.discount);
    let most = Math.min(venue.units(slot, left), bidders.dollarsOf(bidder) / cost);
    if (bidders.resale === 0 && slot !== 0) most = market.mostSold(slot, cost / (1 - bidders.discount), most);
    if (settlement !== 0) {
      // What is paid in is bought first, and its price rises: at most to what the bought is worth.
      most = Math.min(most, bidders.dollarsOf(bidder) / worth);
      const each = cost / venue.price(settlement);
      const units = market.mostBought(settlement, worth / each, most * each);
      most = Math.min(most, units / each);
    }
    return venue.quanta(slot, most, left);
  }

  /** As VaultAuctions.take. Returns what was bought. */
  #take(auction: RunningAuction, most: bigint, factor: bigint, bidder: Bidder): bigint {
    const { venue } = this;
    const { account, slot } = auction;
    const { settlement, vault, tally } = venue;
    const liquidation = this.#liquidationOf(account);
    const owed = withPenalty(venue.debtOf(account), liquidation.penalty);
    const due = liquidation.due < owed ? liquidation.due : owed;
    const { amount, cost } = auctionQuote(auction, { most, due, factor });
    if (amount === 0n || !venue.bidders.pays(bidder, settlement, cost)) return 0n;
    auction.left -= amount;
    liquidation.due = due - cost;
    const { penalty } = liquidation;
    venue.settle(bidder, { account, slot, quanta: amount, cost, debt: venue.debtOf(account), penalty });
    const more = auctionQuote(auction, {
      most: auction.left,
      due: least(liquidation.due, withPenalty(venue.debtOf(account), liquidation.penalty)),
      factor,
    });
    if (cost === due || (more.amount === 0n && auction.left !== 0n)) {
      liquidation.due = 0n;
      liquidation.reliefUntil = venue.time + vault.reliefPeriod;
      liquidation.auctions.clear();
      tally.raised++;
    } else if (auction.left === 0n) liquidation.auctions.delete(slot);
    venue.review(account);
    return amount;
  }

  /** Flash swaps: each auction is taken as far as the market pays its price at once. */
  #flash(running: readonly RunningAuction[]): void {
    const { venue } = this;
    const bidder = venue.bidders.flash;
    for (const auction of running) {
      if (!this.#isOpen(auction)) continue;
      const factor = this.#factor(auction);
      const cost = this.#unitCost(auction, factor);
      const { slot, left } = auction;
      if (cost <= 0 || (slot !== 0 && cost > venue.price(slot))) continue;
      let most = venue.units(slot, left);
      if (slot !== 0) most = venue.market.mostSold(slot, cost, most);
      if (venue.settlement !== 0) {
        const each = cost / venue.price(venue.settlement);
        most = Math.min(
          most,
          venue.market.mostBought(venue.settlement, venue.price(slot) / each, most * each) / each,
        );
      }
      const amount = venue.quanta(slot, most, left);
      if (amount > 0n) this.#take(auction, amount, factor, bidder);
      venue.bidders.sellAll(bidder);
    }
  }

  /** As VaultAuctions.coverShortfall: the fund pays a debt that has nothing behind it. */
  #cover(account: SimulatedAccount): void {
    const { venue } = this;
    const debt = venue.debtOf(account);
    if (debt === 0n || account.spot.some((quanta) => quanta > 0n)) return;
    venue.lose(account, debt);
    this.#liquidations[account.index] = undefined;
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
