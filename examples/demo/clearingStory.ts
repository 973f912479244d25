import { replayContracts } from "zkmargin/audit";
import { readContracts, recordLapse } from "zkmargin/chain";
import {
  ChainHouseReader,
  type ClearingSession,
  combinePartials,
  defaultOf,
  FUND_AUDIT,
  type FundReplay,
  fundLogRequest,
  type LiquidatorsKey,
  revealBook,
  startable,
} from "zkmargin/clearing";
import {
  ASSESSMENT_HOURS,
  type ClearingCircuits,
  type ClearingDemo,
  type Deal,
  dollars,
  linesOf,
  MEMBERS,
  type MemberName,
  type RoundPrices,
} from "./clearingDemo.js";
import type {
  Cover,
  Fallen,
  Revealed,
  Settlement,
  Sold,
  Stand,
  Torn,
  Trade,
  Trading,
} from "./clearingReport.js";
import { type Liquidators, THRESHOLD } from "./liquidators.js";
import { after, FALL } from "./setting.js";

const TRADING = "2021-05-18";
/** Days that the second estate is on sale for. */
const WAITING = ["2021-05-20", "2021-05-21", "2021-05-22"];
const LAST = "2021-05-23";
/** Hours after a close at which the average has come to it. */
const SETTLED = 3;

/** What members pay in, and contribute to the fund; dollars. */
const DEPOSITS: Readonly<Record<MemberName, number>> = {
  alder: 900_000,
  birch: 700_000,
  cedar: 400_000,
  elm: 210_000,
  fir: 352_000,
};
const CONTRIBUTIONS: Readonly<Record<MemberName, number>> = {
  alder: 80_000,
  birch: 60_000,
  cedar: 30_000,
  elm: 6_000,
  fir: 8_000,
};
const CAPITAL = 4_000;

/** The trades of the morning before the fall. What they are only their two sides know. */
const DEALS: readonly Deal[] = [
  { maker: "elm", taker: "alder", side: "buy", symbol: "ETH", size: 100 },
  { maker: "elm", taker: "birch", side: "buy", symbol: "DOT", size: 8_000 },
  { maker: "fir", taker: "alder", side: "buy", symbol: "DOT", size: 15_000 },
  { maker: "fir", taker: "birch", side: "buy", symbol: "DOT", size: 10_000 },
  { maker: "cedar", taker: "birch", side: "buy", symbol: "BTC", size: 5 },
  { maker: "alder", taker: "cedar", side: "buy", symbol: "ETH", size: 20, reduces: true },
];
/** Who buys the first estate, and how many hours after its reveal. */
const BIDS: readonly { readonly buyer: MemberName; readonly parts: number; readonly hours: number }[] = [
  { buyer: "alder", parts: 60, hours: 12 },
  { buyer: "cedar", parts: 40, hours: 4 },
];

/** The story of the house, chapter by chapter. */
export class Story {
  constructor(
    readonly demo: ClearingDemo,
    readonly liquidators: Liquidators,
    readonly key: LiquidatorsKey,
    readonly reveal: ClearingSession,
    readonly circuits: ClearingCircuits,
  ) {}

  /** The fund beside what it must hold now. */
  async cover(when: string): Promise<Cover> {
    const { caps, first, second, required, held } = await this.demo.opened.fund.cover();
    return { when, caps, first, second, required, held };
  }

  /** Accounts are opened, contributions paid, and each member is a group of its own once the governor's delay is over. */
  async found(onShare: (share: number) => void): Promise<void> {
    const { demo } = this;
    const { chain } = demo;
    const { groups } = demo;
    for (const [i, name] of MEMBERS.entries()) {
      await demo.join(name);
      await groups.schedule(chain.wallets[name].address, i + 1);
      await chain.mint("USDC", name, dollars(2 * DEPOSITS[name]));
      onShare((i + 1) / MEMBERS.length);
    }
    for (const date of ["2021-05-16", "2021-05-17", TRADING]) await demo.round(date, after(date));
    for (const [i, name] of MEMBERS.entries()) {
      await groups.set(chain.wallets[name].address, i + 1);
      await demo.of(name).fund.contribute(dollars(CONTRIBUTIONS[name]));
    }
    await chain.mint("USDC", "keeper", dollars(CAPITAL));
    await demo.fundAs("keeper").addCapital(dollars(CAPITAL));
  }

  /** Everybody pays in and trades. */
  async trade(onShare: (share: number) => void): Promise<Trading> {
    const { demo } = this;
    await demo.chain.at(after(TRADING, SETTLED));
    const prices = await demo.repeat(TRADING);
    for (const name of MEMBERS) {
      const { member, sender, account } = demo.of(name);
      await member.deposit(sender, account, dollars(DEPOSITS[name]), await demo.deadline());
    }
    const trades: Trade[] = [];
    for (const deal of DEALS) {
      const { offer, gas, ms } = await demo.trade(deal);
      const { asset, quote } = offer.note;
      const unit = 10n ** BigInt(demo.chain.open.listing[asset]?.decimals ?? 0);
      trades.push({ ...deal, price: quote * unit, gas, ms });
      onShare(trades.length / DEALS.length);
    }
    return { prices, trades, stands: await this.stands(), cover: await this.cover("before the fall") };
  }

  /** Every member's book. */
  async stands(names: readonly MemberName[] = MEMBERS): Promise<Stand[]> {
    const stands: Stand[] = [];
    for (const name of names) {
      const { member, account } = this.demo.of(name);
      const { perp } = await member.openingOf(await member.account(account));
      const { cap } = await this.demo.opened.fund.capOf(account);
      stands.push({ name, lines: linesOf(perp), cap, ...(await this.demo.figures(name)) });
    }
    return stands;
  }

  /** Proves standing books again. */
  async renew(names: readonly MemberName[]): Promise<{ readonly name: MemberName; readonly gas: bigint }[]> {
    const renewed: { name: MemberName; gas: bigint }[] = [];
    for (const name of names) {
      const { member, sender, account } = this.demo.of(name);
      renewed.push({ name, gas: (await member.renew(sender, account))?.gasUsed ?? 0n });
    }
    return renewed;
  }

  /** The market falls; two members are silent, and their grace passes. */
  async fall(awake: readonly MemberName[], silent: readonly MemberName[]): Promise<Fallen> {
    const { demo } = this;
    const prices = await demo.round(FALL, after(FALL));
    for (const name of silent)
      await recordLapse(demo.opened.margin, demo.chain.as("keeper"), demo.of(name).account);
    await demo.round(FALL, after(FALL, SETTLED));
    const renewed = await this.renew(awake);
    await demo.round(FALL, after(FALL, 2 * SETTLED));
    const statuses = [];
    for (const name of silent) {
      const { status } = await startable(demo.opened, demo.of(name).account);
      statuses.push({ name, status });
    }
    return { prices, renewed, silent: statuses };
  }

  /** Anybody starts a default. Three liquidators decrypt the book, and anybody proves it to the house. */
  async open(name: MemberName, partsSoFar: number): Promise<Revealed> {
    const { demo, liquidators, key } = this;
    const { account } = demo.of(name);
    const keeper = demo.defaultsAs("keeper");
    await keeper.start(account);
    const start = performance.now();
    const messages = await liquidators.parts(partsSoFar + THRESHOLD);
    const { address: house, block: fromBlock } = demo.opened.manifest.contracts.clearingHouse;
    const reader = new ChainHouseReader(demo.chain.connection, { house, fromBlock, depth: 0 });
    const sealed = (await reader.frozenAccounts()).find((one) => one.account === account.toLowerCase());
    if (sealed === undefined) throw new RangeError(`expected ${name}'s book to be frozen`);
    const { members } = combinePartials(key, sealed, messages);
    const { assets } = demo.opened.open.tier;
    const revealed = await revealBook(key, sealed, messages, { session: this.reveal, assets });
    const ms = performance.now() - start;
    const receipt = await keeper.reveal(revealed);
    const figures = await demo.worth(revealed.book);
    const lines = linesOf(revealed.book.perp);
    return { name, by: members, ms, gas: receipt?.gasUsed ?? 0n, lines, ...figures };
  }

  /** Members take parts of an estate as its price falls. */
  async auction(name: MemberName): Promise<Sold[]> {
    const { demo } = this;
    const { account: of } = demo.of(name);
    const sold: Sold[] = [];
    let waited = 0;
    for (const { buyer, parts, hours } of BIDS) {
      await demo.chain.pass(hours * 3_600);
      await demo.repeat(FALL);
      waited += hours;
      const { member, account } = demo.of(buyer);
      const before = (await defaultOf(demo.opened, of))?.auction?.cash ?? 0n;
      const receipt = await member.bid(demo.defaultsAs(buyer), account, {
        ...{ of, parts, deadline: await demo.deadline(), signer: demo.chain.wallets[buyer] },
      });
      const cash = ((await defaultOf(demo.opened, of))?.auction?.cash ?? 0n) - before;
      sold.push({ buyer, parts, hours: waited, cash, gas: receipt?.gasUsed ?? 0n });
    }
    return sold;
  }

  /** The fund pays what an estate lacks. */
  async settle(name: MemberName, when: string): Promise<Settlement> {
    const { account } = this.demo.of(name);
    await this.demo.defaultsAs("keeper").settle(account);
    return this.settlement(name, when);
  }

  async settlement(name: MemberName, when: string): Promise<Settlement> {
    const { account } = this.demo.of(name);
    const { losses } = (await this.fundReplay()).state;
    const loss = losses.findLast((one) => one.account === account.toLowerCase());
    if (loss === undefined) throw new RangeError(`expected a loss of ${name}, got none`);
    const { asked } = await this.demo.of(name).member.account(account);
    return { loss, left: asked.amount, cover: await this.cover(when) };
  }

  /** Nobody bids for days, while the market falls on. */
  async wait(awake: readonly MemberName[]): Promise<RoundPrices> {
    const { demo } = this;
    for (const date of WAITING) {
      await this.dailyRounds(date);
      await this.renew(awake);
    }
    const prices = await this.dailyRounds(LAST);
    await this.renew(awake);
    return prices;
  }

  /** A round at the close, and one when the average has come to it. */
  async dailyRounds(date: string): Promise<RoundPrices> {
    await this.demo.round(date, after(date));
    return this.demo.round(date, after(date, SETTLED));
  }

  /** The members pay what the fund assesses, and what is still missing is torn up. */
  async tear(name: MemberName, awake: readonly MemberName[]): Promise<Torn[]> {
    const { demo } = this;
    const { account } = demo.of(name);
    const { fund } = (await defaultOf(demo.opened, account)) ?? {};
    if (fund === undefined) throw new RangeError(`expected a default of ${name}, got none`);
    for (const payer of awake) await demo.of(payer).fund.payAssessment(fund.number);
    // Who is in default pays nothing: the house waits, and goes on without it.
    await demo.chain.pass(ASSESSMENT_HOURS * 3_600 + 1);
    await demo.repeat(LAST);
    await demo.defaultsAs("keeper").settle(account);
    const torn = new Map<number, { market: bigint; price: bigint; lost: Torn["lost"][number][] }>();
    for (const payer of awake) {
      const { member, sender, account: own } = demo.of(payer);
      const state = await member.account(own);
      const { perp } = await member.openingOf(state);
      const { margin } = await member.markets();
      for (const [u, price] of state.tearUps.entries()) {
        const quanta = perp[u] ?? 0n;
        if (price === undefined) continue;
        const { low, high, funding } = margin.prices[u] ?? { low: 0n, high: 0n, funding: 0n };
        const market = (low + high) / 2n - funding;
        const unit = 10n ** BigInt(demo.chain.open.listing[u]?.decimals ?? 0);
        const one = torn.get(u) ?? { market: market * unit, price: price * unit, lost: [] };
        one.lost.push({
          ...{ name: payer, coins: Number(quanta) / Number(unit) },
          amount: quanta * (price - market),
        });
        torn.set(u, one);
      }
      await member.refresh(sender, own, await demo.deadline());
    }
    const { listing } = demo.chain.open;
    return [...torn].map(([u, one]) => ({ symbol: listing[u]?.symbol ?? "", ...one }));
  }

  /** The fund rebuilt from its events. */
  async fundReplay() {
    const { connection } = this.demo.chain;
    const { address, block } = this.demo.opened.manifest.contracts.defaultFund;
    const log = await readContracts(connection, await fundLogRequest(connection, address, block));
    const kept: { state?: FundReplay } = {};
    const result = replayContracts(log, {
      ...FUND_AUDIT,
      begin(head, told) {
        kept.state = FUND_AUDIT.begin(head, told);
        return kept.state;
      },
    });
    if (kept.state === undefined) throw new RangeError("expected a replay of the fund, got none");
    return { log, result, state: kept.state };
  }

  /** What members disclose to their auditor: their books and notes. */
  disclosed(names: readonly MemberName[]) {
    return names.flatMap((name) => {
      const { store, account } = this.demo.of(name);
      return store.booksOf(account).map(({ perp, basis, salt, notes }) => ({
        ...{ account, opening: { perp, basis, salt } },
        notes: notes.map(({ asset, size, quote, blind }) => ({ asset, size, quote, blind })),
      }));
    });
  }
}
