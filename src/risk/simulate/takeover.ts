import { divideBid, withPenalty } from "../../protocol/auction.js";
import { pay, rest, type SimulatedAccount, trade, worthOf } from "./venue.js";
import type { Bidder, World } from "./world.js";

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
    private readonly world: World,
    /** Share of a minute's volume that is traded away in a minute. */
    private readonly pace: number,
  ) {}

  /** One minute. */
  step(): void {
    const { world } = this;
    for (const account of world.liquidatable()) this.#takeOver(account);
    this.#tradeAway();
    if (this.#value() < 0n) this.#deleverage();
    this.#lookBack();
  }

  /** At the end: what the fund lacks is the creditors' loss, or the winners' where nobody lent. */
  end(): void {
    const { world } = this;
    const missing = -this.#value();
    if (missing <= 0n) return;
    const price = world.marks()[world.settlement] ?? 1n;
    const quanta = missing / price + 1n;
    pay(world.holders.creditors, world.holders.fund, world.settlement, quanta);
    world.tally.writtenOff += quanta;
  }

  /** What the fund would be worth if it closed everything at the market, attodollars. */
  #value(): bigint {
    return worthOf(this.world.holders.fund, this.world.marks());
  }

  #takeOver(account: SimulatedAccount): void {
    const { world } = this;
    const { fund } = world.holders;
    const marks = world.marks();
    const equity = worthOf(account, marks);
    const gross = marks.reduce((sum, price, u) => {
      const risky = (u === 0 ? 0n : magnitude(account.spot[u] ?? 0n)) + magnitude(account.perp[u] ?? 0n);
      return sum + risky * price;
    }, 0n);
    world.notesLiquidation(account, Number(gross) / 1e18);
    if (equity < 0n) {
      const { shortfalls } = world.tally;
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
    rest(account);
  }

  /** Trades a part of what was taken over. */
  #tradeAway(): void {
    const { world } = this;
    const { fund, market } = world.holders;
    for (let u = 1; u < world.listing.length; u++) {
      const [spot, perp] = [fund.spot[u] ?? 0n, fund.perp[u] ?? 0n];
      if (spot === 0n && perp === 0n) continue;
      const most = world.quanta(u, world.market.perMinute(u) * this.pace, 1n << 100n);
      for (const [kind, held] of [
        ["spot", spot],
        ["perp", perp],
      ] as const) {
        const size = magnitude(held) < most ? magnitude(held) : most;
        if (size === 0n) continue;
        const quanta = held > 0n ? size : -size;
        const dollars = world.market.sell(u, world.units(u, quanta));
        if (kind === "spot") {
          const cash = dollars >= 0 ? world.cash(dollars) : -(world.cash(-dollars) + 1n);
          pay(fund, market, u, quanta);
          pay(market, fund, 0, cash);
        } else trade(fund, market, u, quanta, attodollarsEach(dollars, world.units(u, quanta), world, u));
      }
    }
  }

  /** Closes positions of the fund against winners, until it is whole or nothing is left to close. */
  #deleverage(): void {
    const { world } = this;
    const { fund } = world.holders;
    const marks = world.marks();
    const missing = -worthOf(fund, marks);
    const inventory = marks.reduce((sum, price, u) => sum + magnitude(fund.perp[u] ?? 0n) * price, 0n);
    if (inventory === 0n) return;
    world.tally.deleveragedMinutes++;
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
        world.tally.haircutDollars += Number(size * shift) / 1e18;
        world.tally.deleveragedDollars += Number(size * mark) / 1e18;
        this.#closed.push({ minute: world.minute, slot: u, quanta, price, taken: false });
        world.review(winner);
      }
    });
  }

  /** Accounts on the other side with a profit, by profit over equity, the greatest first. */
  #winners(u: number, long: boolean, marks: readonly bigint[]): SimulatedAccount[] {
    return this.world.accounts
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
    const { world } = this;
    const marks = world.marks();
    for (const closed of this.#closed) {
      if (closed.taken || world.minute < closed.minute + HINDSIGHT) continue;
      closed.taken = true;
      const forgone = closed.quanta * (closed.price - (marks[closed.slot] ?? 0n));
      world.tally.overshootDollars += Number(forgone) / 1e18;
    }
  }
}

/** A price in attodollars per quantum of what fetched so many dollars. */
function attodollarsEach(dollars: number, units: number, world: World, u: number): bigint {
  const decimals = world.listing[u]?.decimals ?? 0;
  return BigInt(Math.round((dollars / units) * Number(10n ** BigInt(18 - decimals))));
}

function magnitude(x: bigint): bigint {
  return x < 0n ? -x : x;
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
    private readonly world: World,
    private readonly terms: { readonly lot: number; readonly bidPeriod: number },
  ) {}

  /** One minute. */
  step(): void {
    const { world } = this;
    for (const account of world.liquidatable()) this.#putUp(account);
    if (this.#lots.length === 0) return;
    const present = world.bidders.present(world.stress());
    for (const lot of this.#lots) this.#bid(lot, present);
    for (let i = this.#lots.length - 1; i >= 0; i--) {
      const lot = this.#lots[i];
      if (lot?.bidder == null || world.minute < lot.since + this.terms.bidPeriod) continue;
      this.#settle(lot, lot.bidder);
      this.#lots.splice(i, 1);
    }
  }

  /** At the end, lots that nobody bid for are the creditors' loss, and go to them. */
  end(): void {
    const { world } = this;
    for (const lot of this.#lots.splice(0)) {
      world.tally.failedAuctions++;
      pay(lot.account, world.holders.creditors, lot.slot, lot.quanta);
      this.#lose(lot, lot.debt);
    }
  }

  #putUp(account: SimulatedAccount): void {
    const { world } = this;
    const { vault, settlement } = world;
    const debt = world.debtOf(account);
    const slot = account.spot.findIndex((quanta, u) => u !== settlement && quanta > 0n);
    const whole = account.spot[slot] ?? 0n;
    if (slot === -1 || debt === 0n) return;
    const size = world.quanta(slot, this.terms.lot, whole);
    const count = (whole + size - 1n) / size;
    let [left, owed] = [whole, debt];
    for (let i = 0n; i < count; i++) {
      const quanta = i === count - 1n ? left : size;
      const part = i === count - 1n ? owed : (debt * quanta) / whole;
      left -= quanta;
      owed -= part;
      const tab = withPenalty(part, vault.penalty);
      this.#lots.push({ account, slot, quanta, tab, debt: part, bid: 0n, bidder: null, since: 0 });
      world.tally.auctions++;
    }
    // Vaults are closed as they are put up; what is left comes back lot by lot.
    rest(account);
  }

  #bid(lot: Lot, present: readonly Bidder[]): void {
    const { world } = this;
    const { bidders, settlement } = world;
    const worth = world.units(lot.slot, lot.quanta) * world.price(lot.slot) * (1 - bidders.discount);
    const value = world.quanta(settlement, worth / world.price(settlement), lot.tab);
    const others = present.filter((bidder) => bidder !== lot.bidder && bidder.cash > 0n);
    const [first, second] = others;
    if (first === undefined || lot.bid >= value) return;
    const alone = lot.bidder === null && second === undefined;
    const bid = alone ? 0n : value;
    if (!world.bidders.pays(first, 0, bid)) return;
    // The bid that is raised goes back to its bidder.
    if (lot.bidder !== null) lot.bidder.cash += lot.bid;
    [lot.bid, lot.bidder, lot.since] = [bid, first, world.minute];
  }

  #settle(lot: Lot, bidder: Bidder): void {
    const { world } = this;
    const { holders, vault, settlement, tally } = world;
    const { account, slot, bid, debt, tab } = lot;
    const price = world.price(slot) * (1 - world.bidders.discount);
    const dollars = world.units(settlement, tab) * world.price(settlement);
    // Once the tab is raised, bidders compete in how little collateral they take for it.
    const amount = bid === tab ? world.quanta(slot, dollars / price, lot.quanta) : lot.quanta;
    const { repaid, incentive, insured } = divideBid(bid, {
      debt,
      penalty: vault.penalty,
      incentive: vault.incentive,
    });
    pay(holders.bidders, account, settlement, repaid);
    pay(holders.bidders, holders.keepers, settlement, incentive);
    pay(holders.bidders, holders.fund, settlement, insured);
    pay(account, holders.bidders, slot, amount);
    world.bidders.gets(bidder, slot, amount);
    world.sold(account, slot, amount, repaid);
    if (bid === 0n) {
      tally.zeroBids++;
      tally.zeroBidDollars += world.units(slot, amount) * world.price(slot);
    }
    this.#lose(lot, debt - repaid);
  }

  /** A lot's debt that its sale did not raise: of the fund, as far as it goes, and of the creditors. */
  #lose({ account }: Lot, missing: bigint): void {
    const { world } = this;
    const { holders, settlement, tally } = world;
    if (missing <= 0n) return;
    const fund = holders.fund.spot[settlement] ?? 0n;
    const covered = fund <= 0n ? 0n : missing < fund ? missing : fund;
    pay(holders.fund, account, settlement, covered);
    tally.fundPaid += covered;
    world.fellShort(account, covered);
    if (missing > covered) world.writeOff(account, missing - covered);
  }
}
