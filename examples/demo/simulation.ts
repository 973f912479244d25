import {
  accountStatus,
  Keeper,
  type LogTape,
  poke,
  type RoundMarket,
  roundMarket,
  submit,
} from "zkmargin/chain";
import { assess, DEFAULT_LISTING, healthFactor, NotProvableError, type StatusName } from "zkmargin/protocol";
import type { ProvingSession } from "zkmargin/prove";
import { closesOn, type PriceHistory } from "zkmargin/risk";
import { denseMarket } from "zkmargin/verify";
import { AccountHolder, type Goal, type Proven } from "./accountHolder.js";
import type { DemoChain } from "./demoChain.js";
import { ACCOUNT_KEYS, ACCOUNTS, type AccountKey, type ActorName } from "./setting.js";
import { isoMinute } from "./text.js";

/** A round as people read it. */
export interface RoundFigures {
  readonly round: bigint;
  readonly date: string;
  /** Of the round, ISO. */
  readonly time: string;
  /** What the feeds answered, attodollars a unit. */
  readonly bitcoin: bigint;
  readonly ether: bigint;
  /** Odometer units since the round before, of 10^-8. */
  readonly moved: bigint;
  readonly gas: bigint;
}

/** What the keeper did when it looked at all accounts once. `part` is the key of an account in the setting. */
export interface KeeperRun {
  readonly proven: readonly {
    readonly part: AccountKey;
    readonly theta: number;
    readonly envelope: number;
  }[];
  readonly unprovable: readonly { readonly part: AccountKey; readonly why: string }[];
  readonly gas: bigint | null;
}

/** Every account's status; absent where it is not open. */
export type Statuses = Partial<Record<AccountKey, StatusName>>;

/** A moment of the story and how every account stood. */
export interface Moment {
  readonly time: string;
  readonly statuses: Statuses;
}

/** The chain, the accounts and the keeper, as the story goes on. */
export class Simulation {
  readonly holders: Readonly<Record<AccountKey, AccountHolder>>;
  readonly moments: Moment[] = [];
  readonly proofs: Proven[] = [];
  /** Proofs of health submitted one by one. */
  readonly singles: { readonly gas: bigint; readonly curveGas: bigint }[] = [];
  readonly batches: { readonly proofs: number; readonly gas: bigint }[] = [];
  readonly #keeper: Keeper;
  readonly #opened = new Set<AccountKey>();
  #odometer = 0n;
  /** The last transaction of the keeper. */
  #batch: string | null = null;
  #market: RoundMarket | undefined;
  #date = "";
  #kept: {
    proven: KeeperRun["proven"][number][];
    unprovable: KeeperRun["unprovable"][number][];
    gas: bigint | null;
  };

  constructor(
    readonly chain: DemoChain,
    readonly session: ProvingSession,
    readonly history: PriceHistory,
    /** Records the event log for an auditor. */
    readonly tape: LogTape,
  ) {
    const place = { history, newest: () => ({ round: this.market, date: this.#date }) };
    const holders = ACCOUNT_KEYS.map(
      (part) => [part, new AccountHolder(chain, session, ACCOUNTS[part], place)] as const,
    );
    this.holders = Object.fromEntries(holders) as Record<AccountKey, AccountHolder>;
    this.#kept = { proven: [], unprovable: [], gas: null };
    this.#keeper = new Keeper({
      open: chain.open,
      transactions: chain.as("keeper"),
      key: chain.plan.key.key,
      accounts: ACCOUNT_KEYS.map((part) => this.holders[part].account),
      given: (account) => this.holders[this.#partOf(account)].given,
      clock: Date.now,
      prove: async ({ account, round, theta }) => {
        const part = this.#partOf(account);
        try {
          const proven = this.#remember(await this.holders[part].prove(round, { theta, healthy: true }));
          this.#kept.proven.push({ part, ...proven.claim });
          return proven;
        } catch (error) {
          if (error instanceof NotProvableError) this.#kept.unprovable.push({ part, why: error.message });
          throw error;
        }
      },
      onEvent: (event) => {
        // Each proof of a batch is told of.
        if (event.event !== "submitted" || event.gas === null || event.transaction === this.#batch) return;
        this.#batch = event.transaction;
        this.#kept.gas = event.gas;
        this.batches.push({ proofs: event.proofs, gas: event.gas });
      },
    });
  }

  /** The feeds answer a day's closes at `time`, and a round is committed. */
  async round(date: string, time: number): Promise<RoundFigures> {
    const { chain } = this;
    const closes = closesOn(this.history, DEFAULT_LISTING, date);
    await chain.at(time);
    await chain.feeds.post(closes);
    const { number, gas } = await poke(chain.open, chain.as("keeper"));
    await this.tape.advance();
    const market = await roundMarket(chain.open, number, chain.plan.key.key);
    const moved = market.odometer - this.#odometer;
    this.#odometer = market.odometer;
    this.#market = market;
    this.#date = date;
    const price = (symbol: string) => closes[DEFAULT_LISTING.findIndex((a) => a.symbol === symbol)] ?? 0n;
    return {
      round: number,
      date,
      time: isoMinute(market.market.time),
      bitcoin: price("BTC"),
      ether: price("ETH"),
      moved,
      gas: gas ?? 0n,
    };
  }

  /** The newest round. */
  get market(): RoundMarket {
    if (this.#market === undefined) throw new ReferenceError("no round yet");
    return this.#market;
  }

  /** The day of its close. */
  get date(): string {
    return this.#date;
  }

  /** Opens an account on chain. */
  async open(part: AccountKey): Promise<void> {
    await this.holders[part].open();
    this.#opened.add(part);
  }

  /** Has every open account's book attested again. */
  async attestAll(): Promise<void> {
    for (const part of this.#opened) await this.holders[part].attest();
  }

  /** Has the keeper look at all accounts once: it proves what it can, and submits the proofs in one batch. */
  async runKeeper(): Promise<KeeperRun> {
    this.#kept = { proven: [], unprovable: [], gas: null };
    await this.#keeper.tick();
    return this.#kept;
  }

  /** Proves a book at the newest round. @throws NotProvableError */
  async prove(part: AccountKey, aim: Goal): Promise<Proven> {
    return this.#remember(await this.holders[part].prove(this.market, aim));
  }

  /** Proves a book at the newest round and submits the proof by itself. Returns the gas. */
  async submit(part: AccountKey, aim: Goal, by: ActorName): Promise<Proven & { readonly gas: bigint }> {
    const proven = await this.prove(part, aim);
    const { receipt } = await submit(this.chain.open, this.chain.as(by), proven);
    if (receipt !== null && aim.healthy && aim.support === undefined)
      this.singles.push({ gas: receipt.gasUsed, curveGas: await this.chain.curveGas(receipt.hash) });
    return { ...proven, gas: receipt?.gasUsed ?? 0n };
  }

  /** Health factor at the newest round, basis points: private, but the demo's books are examples. */
  healthFactor(part: AccountKey): bigint | null {
    const market = denseMarket(this.market.market, this.session.tier);
    return healthFactor(assess(this.holders[part].opening.book, market, { healthy: true, envelope: 0 }));
  }

  /** How every open account stands now. */
  async statuses(): Promise<Statuses> {
    const statuses: Statuses = {};
    for (const part of this.#opened)
      statuses[part] = (await accountStatus(this.chain.open, this.holders[part].account)).status;
    return statuses;
  }

  /** As {@link statuses}, and remembers it. */
  async recordStatuses(): Promise<Moment> {
    const moment = { time: isoMinute(await this.chain.now()), statuses: await this.statuses() };
    this.moments.push(moment);
    return moment;
  }

  /** An account as people call it. */
  nameOf(account: string): string {
    return ACCOUNTS[this.#partOf(account)].account;
  }

  #remember(proven: Proven): Proven {
    this.proofs.push(proven);
    return proven;
  }

  #partOf(account: string): AccountKey {
    const part = ACCOUNT_KEYS.find((name) => this.holders[name].account === account);
    if (part === undefined) throw new RangeError(`no account ${account}`);
    return part;
  }
}
