import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poke } from "zkmargin/chain";
import {
  type ClearedBook,
  type ClearedOpening,
  type ClearingPlan,
  type ClearingProvers,
  clearedAccountId,
  type clearingArtefacts,
  DefaultTransactions,
  deployHouse,
  FundGroups,
  FundMembership,
  HouseTransactions,
  type LiquidatorsKey,
  Member,
  MemberStore,
  type Offer,
  type OpenHouse,
  openHouse,
  randomBlind,
} from "zkmargin/clearing";
import { assess, DEFAULT_LISTING, healthFactor, type RiskProfile } from "zkmargin/protocol";
import type { Artefacts } from "zkmargin/prove";
import { closesOn, coverProfile, DEFAULT_COVER, type PriceHistory } from "zkmargin/risk";
import { denseMarket } from "zkmargin/verify";
import { DemoChain } from "./demoChain.js";
import { type ActorName, secretOf, TOKEN } from "./setting.js";

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** The compiled circuits of the house, with their keys. */
export type ClearingCircuits = Readonly<
  Record<"transition" | "reveal", Awaited<ReturnType<typeof clearingArtefacts>>>
>;

/** The members of the house. None has an attester. */
export const MEMBERS = ["alder", "birch", "cedar", "elm", "fir"] as const;
export type MemberName = (typeof MEMBERS)[number];

/** Day at whose close the house opens. */
export const HOUSE_DAY = "2021-05-15";
/** Prices that the stress profile knows: a year of them, without March 2020. */
const STRESS_FROM = "2020-06-01";
const STRESS_DAYS = 3;
/** Health factor that a transition needs which opens risk, basis points. */
export const HOUSE_MARGIN = 10_200;
/** Hours for which an estate is on sale. */
export const AUCTION_HOURS = 80;

/** Three hours to prove against a round; after three its prices are the average too. */
const TIMING = {
  twapWindow: 2 * HOUR,
  minInterval: HOUR,
  provingWindow: 3 * HOUR,
  maxRoundAge: 4 * HOUR,
};
/** Hours in which a silent member may come back. */
export const GRACE_HOURS = 4;
const GATE = { maxProofAge: 30 * HOUR, gracePeriod: GRACE_HOURS * HOUR, callPeriod: DAY, callMargin: 11_000 };
const DEFAULTS = {
  revealPeriod: 6 * HOUR,
  auctionPeriod: AUCTION_HOURS * HOUR,
  settlePeriod: 12 * HOUR,
  closePeriod: DAY,
  claimPeriod: DAY,
  premium: 0,
  discount: 1_000,
};
/** From a request to its payment: the longest proof, its grace and the longest default. */
const HORIZON =
  GATE.maxProofAge +
  GATE.gracePeriod +
  DEFAULTS.revealPeriod +
  DEFAULTS.auctionPeriod +
  DEFAULTS.settlePeriod;
/** Hours in which members pay what they are assessed. */
export const ASSESSMENT_HOURS = 6;
const FUND = {
  ...{ alpha: 1_000, share: 500, assessment: 1_000, horizon: HORIZON + HOUR, window: DAY },
  ...{
    memoryPeriod: 30 * DAY,
    grace: 3 * HOUR,
    assessmentPeriod: ASSESSMENT_HOURS * HOUR,
    floor: 0,
    leastCap: 100_000,
  },
};

/** The stress profile: what prices of one year did in three days, at full size. */
function stressProfile(history: PriceHistory): RiskProfile {
  const days = history.days.filter(({ date }) => date >= STRESS_FROM && date <= HOUSE_DAY);
  const options = { name: "stress", listing: DEFAULT_LISTING, horizonDays: STRESS_DAYS };
  return coverProfile({ ...DEFAULT_COVER, ...options, prices: { ...history, days } }).profile;
}

/** A member, its account, and what it does with it. */
export interface HouseMember {
  readonly name: MemberName;
  readonly account: string;
  readonly member: Member;
  readonly store: MemberStore;
  readonly sender: HouseTransactions;
  readonly fund: FundMembership;
}

/** What a book comes to at the newest round: private, but the demo's books are examples. */
export interface BookFigures {
  /** Attodollars: its cash, and its lines at the middle of the round's prices. */
  readonly equity: bigint;
  /** Basis points; null is infinite. */
  readonly healthFactor: bigint | null;
}

/** A round as people read it: attodollars a unit. */
export interface RoundPrices {
  readonly round: bigint;
  readonly bitcoin: bigint;
  readonly ether: bigint;
  readonly polkadot: bigint;
}

/** One side asks, the other accepts. */
export interface Deal {
  readonly maker: MemberName;
  readonly taker: MemberName;
  readonly side: "buy" | "sell";
  readonly symbol: string;
  /** Whole coins. */
  readonly size: number;
  readonly reduces?: boolean;
}

/** The chain, the house on it, and its members, as the story goes on. */
export class ClearingDemo {
  readonly #members = new Map<MemberName, HouseMember>();
  readonly #folder = mkdtempSync(join(tmpdir(), "zkmargin-house-"));
  readonly #end = () => this.close();

  private constructor(
    readonly chain: DemoChain,
    readonly opened: OpenHouse,
    readonly provers: ClearingProvers,
    readonly history: PriceHistory,
    readonly contracts: number,
  ) {
    process.once("exit", this.#end);
  }

  /** Starts a chain with a deployment whose derived market is under stress. */
  static startChain(artefacts: Artefacts, history: PriceHistory): Promise<DemoChain> {
    return DemoChain.start(artefacts, history, {
      date: HOUSE_DAY,
      change: (plan) => ({
        ...plan,
        timing: TIMING,
        derived: [
          { name: "stress", profile: stressProfile(history), terms: { ...GATE, gracePeriod: 8 * HOUR } },
        ],
      }),
    });
  }

  /** Deploys the house. */
  static async open(
    chain: DemoChain,
    history: PriceHistory,
    { circuits, provers }: { readonly circuits: ClearingCircuits; readonly provers: ClearingProvers },
    liquidators: LiquidatorsKey,
  ): Promise<ClearingDemo> {
    const plan: ClearingPlan = {
      stress: "stress",
      settlement: chain.tokens.USDC.address,
      initialMargin: HOUSE_MARGIN,
      horizon: HORIZON,
      ...{ gate: GATE, fund: FUND, defaults: DEFAULTS },
    };
    const keys = {
      margin: chain.plan.key,
      transition: circuits.transition.verificationKey,
      reveal: circuits.reveal.verificationKey,
      liquidators: liquidators.key,
    };
    let contracts = 0;
    const manifest = await deployHouse(chain.open, chain.as("deployer"), plan, keys, () => contracts++);
    return new ClearingDemo(chain, await openHouse(chain.open, manifest), provers, history, contracts);
  }

  get house(): string {
    return String(this.opened.house.target);
  }

  /** The defaults of the house, as this actor takes part in them. */
  defaultsAs(actor: ActorName): DefaultTransactions {
    return new DefaultTransactions(this.opened, this.chain.as(actor));
  }

  fundAs(actor: ActorName): FundMembership {
    return new FundMembership(this.opened.open, this.chain.as(actor), String(this.opened.fund.target));
  }

  get groups(): FundGroups {
    return new FundGroups(this.opened.open, this.chain.as("governor"), String(this.opened.fund.target));
  }

  /** Opens a member's account. */
  async join(name: MemberName): Promise<HouseMember> {
    const sender = new HouseTransactions(this.opened, this.chain.as(name));
    await sender.openAccount("desk");
    const account = clearedAccountId(this.house, sender.sender, "desk");
    const secret = secretOf(name);
    const place = { chainId: Number(this.opened.open.connection.chainId), house: this.house };
    const store = await MemberStore.open(join(this.#folder, `${name}.books`), secret, place);
    const member = new Member({
      ...{ opened: this.opened, key: this.chain.plan.key, store, secret, envelope: 0 },
      provers: async () => this.provers,
    });
    const joined = { name, account, member, store, sender, fund: this.fundAs(name) };
    this.#members.set(name, joined);
    return joined;
  }

  of(name: MemberName): HouseMember {
    const found = this.#members.get(name);
    if (found === undefined) throw new RangeError(`no member ${name}`);
    return found;
  }

  /** Unix seconds until which what is signed now may be mined. */
  async deadline(): Promise<bigint> {
    return BigInt((await this.chain.now()) + 600);
  }

  /** The feeds answer a day's closes at `time`, and a round is committed. */
  async round(date: string, time: number): Promise<RoundPrices> {
    const { chain } = this;
    await chain.at(time);
    return this.repeat(date);
  }

  /** The feeds answer a day's closes now, and a round is committed. */
  async repeat(date: string): Promise<RoundPrices> {
    const { chain } = this;
    const closes = closesOn(this.history, DEFAULT_LISTING, date);
    await chain.feeds.post(closes);
    const { number } = await poke(chain.open, chain.as("keeper"));
    const price = (symbol: string) => closes[slotOf(symbol)] ?? 0n;
    return { round: number, bitcoin: price("BTC"), ether: price("ETH"), polkadot: price("DOT") };
  }

  /** What one side of a deal would do, at the middle of the round's prices. */
  async offer({ maker, side, symbol, size }: Deal): Promise<Offer> {
    const asset = slotOf(symbol);
    const { low, high, funding } = await this.opened.open.oracle.ledger.priceOf(BigInt(asset));
    return {
      chainId: Number(this.opened.open.connection.chainId),
      ...{ house: this.house, maker: this.of(maker).account, side, symbol },
      note: {
        asset,
        size: BigInt(size) * 10n ** BigInt(DEFAULT_LISTING[asset]?.decimals ?? 0),
        quote: (low + high) / 2n - funding,
        blind: randomBlind(),
      },
      expiresAt: Number(await this.deadline()),
    };
  }

  /** A trade, from its offer to its settlement. Returns its gas and how long both sides' proofs and the transaction took. */
  async trade(deal: Deal): Promise<{ readonly offer: Offer; readonly gas: bigint; readonly ms: number }> {
    const [maker, taker] = [this.of(deal.maker), this.of(deal.taker)];
    const offer = await this.offer(deal);
    const start = performance.now();
    const options = { deadline: await this.deadline(), now: BigInt(await this.chain.now()) };
    const half = await taker.member.accept(offer, taker.account, {
      ...{ ...options, reduces: false, signer: this.chain.wallets[deal.taker] },
    });
    const receipt = await maker.member.settle(maker.sender, offer, half, {
      ...{ ...options, reduces: deal.reduces ?? false },
    });
    return { offer, gas: receipt?.gasUsed ?? 0n, ms: performance.now() - start };
  }

  /** What a member's standing book comes to. */
  async figures(name: MemberName): Promise<BookFigures> {
    const { member, account } = this.of(name);
    const opening = await member.openingOf(await member.account(account));
    return this.worth(opening);
  }

  /** What lines and cash come to at the newest round. */
  async worth({ perp, basis }: ClearedBook | ClearedOpening): Promise<BookFigures> {
    const { margin } = await this.of("alder").member.markets();
    const equity = margin.prices.reduce(
      (sum, { low, high, funding }, u) => sum + (perp[u] ?? 0n) * ((low + high) / 2n - funding),
      basis,
    );
    const book = { spot: perp.map(() => 0n), perp: [...perp], basis };
    const market = denseMarket(margin, this.opened.open.tier);
    return { equity, healthFactor: healthFactor(assess(book, market, { healthy: true, envelope: 0 })) };
  }

  /** Removes the members' stores, also where a signal ends the demo. */
  close(): void {
    process.removeListener("exit", this.#end);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function slotOf(symbol: string): number {
  return DEFAULT_LISTING.findIndex((asset) => asset.symbol === symbol);
}

/** Lines of a book as people read them: "100 ETH, −8,000 DOT". */
export function linesOf(perp: readonly bigint[]): { readonly symbol: string; readonly coins: number }[] {
  return DEFAULT_LISTING.flatMap(({ symbol, decimals }, u) => {
    const quanta = perp[u] ?? 0n;
    return quanta === 0n ? [] : [{ symbol, coins: Number(quanta) / 10 ** decimals }];
  });
}

/** Units of the settlement token. */
export function dollars(amount: number): bigint {
  return BigInt(amount) * TOKEN;
}
