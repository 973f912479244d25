import type { LogTape } from "../../chain/eventLog/tape.js";
import { Keeper } from "../../chain/keeper/keeper.js";
import { poke } from "../../chain/poke.js";
import { type RoundMarket, roundMarket } from "../../chain/rounds.js";
import { accountStatus } from "../../chain/status.js";
import { submit } from "../../chain/submit.js";
import { NotProvableError } from "../../errors.js";
import { denseMarket } from "../../market/file.js";
import type { PriceHistory } from "../../market/history.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import { assess } from "../../protocol/statement.js";
import type { StatusName } from "../../protocol/status.js";
import { healthFactor } from "../../protocol/whatIf.js";
import type { ProvingSession } from "../../prove/session.js";
import { isoMinute } from "../time.js";
import { closesOn } from "./calendar.js";
import { type ActorName, CAST, type PartName } from "./cast.js";
import type { DemoChain } from "./chain.js";
import { type Aim, Desk, type Proven } from "./desk.js";

const PARTS = Object.keys(CAST) as PartName[];
const MAINTENANCE = 10_000;

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

/** What one look of the keeper came to. */
export interface Kept {
  readonly proven: readonly { readonly part: PartName; readonly theta: number; readonly envelope: number }[];
  readonly unprovable: readonly { readonly part: PartName; readonly why: string }[];
  readonly gas: bigint | null;
}

/** Every account's status at one moment; absent where it is not open. */
export type Statuses = Partial<Record<PartName, StatusName>>;

/** A moment of the story and how every account stood. */
export interface Moment {
  readonly time: string;
  readonly statuses: Statuses;
}

/** The chain, the accounts and the keeper, as the story goes on. */
export class World {
  readonly desks: Readonly<Record<PartName, Desk>>;
  readonly moments: Moment[] = [];
  readonly proofs: Proven[] = [];
  /** Proofs of health submitted one by one. */
  readonly singles: { readonly gas: bigint; readonly curveGas: bigint }[] = [];
  readonly batches: { readonly proofs: number; readonly gas: bigint }[] = [];
  readonly #keeper: Keeper;
  readonly #opened = new Set<PartName>();
  #odometer = 0n;
  /** The last transaction of the keeper. */
  #batch: string | null = null;
  #market: RoundMarket | undefined;
  #kept: { proven: Kept["proven"][number][]; unprovable: Kept["unprovable"][number][]; gas: bigint | null };

  constructor(
    readonly chain: DemoChain,
    readonly session: ProvingSession,
    readonly history: PriceHistory,
    /** Records what happens for an auditor; none where nobody asks. */
    readonly tape?: LogTape,
  ) {
    const desks = PARTS.map((part) => [part, new Desk(chain, session, CAST[part])]);
    this.desks = Object.fromEntries(desks) as Record<PartName, Desk>;
    this.#kept = { proven: [], unprovable: [], gas: null };
    this.#keeper = new Keeper({
      open: chain.open,
      transactions: chain.as("keeper"),
      key: chain.key.key,
      accounts: PARTS.map((part) => this.desks[part].account),
      given: (account) => this.desks[this.#partOf(account)].given,
      clock: Date.now,
      prove: async ({ account, round, theta }) => {
        const part = this.#partOf(account);
        try {
          const proven = this.#note(await this.desks[part].prove(round, { theta, healthy: true }));
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
    await this.tape?.advance();
    const market = await roundMarket(chain.open, number, chain.key.key);
    const moved = market.odometer - this.#odometer;
    this.#odometer = market.odometer;
    this.#market = market;
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

  async open(part: PartName): Promise<void> {
    await this.desks[part].open();
    this.#opened.add(part);
  }

  /** Has every open account's book attested again. */
  async attestAll(): Promise<void> {
    for (const part of this.#opened) await this.desks[part].attest();
  }

  /** One look of the keeper: whatever can be proven is proven, and submitted in one batch. */
  async keep(): Promise<Kept> {
    this.#kept = { proven: [], unprovable: [], gas: null };
    await this.#keeper.tick();
    return this.#kept;
  }

  /** Proves a book at the newest round. @throws NotProvableError */
  async prove(part: PartName, aim: Aim): Promise<Proven> {
    return this.#note(await this.desks[part].prove(this.market, aim));
  }

  /** Proves a book at the newest round and submits the proof by itself. Returns the gas. */
  async submit(part: PartName, aim: Aim, by: ActorName): Promise<Proven & { readonly gas: bigint }> {
    const proven = await this.prove(part, aim);
    const { receipt } = await submit(this.chain.open, this.chain.as(by), proven);
    if (receipt !== null && aim.healthy)
      this.singles.push({ gas: receipt.gasUsed, curveGas: await this.chain.curveGas(receipt.hash) });
    return { ...proven, gas: receipt?.gasUsed ?? 0n };
  }

  /** Health factor at the newest round, basis points: private, but the demo's books are examples. */
  healthFactor(part: PartName): bigint | null {
    const market = denseMarket(this.market.market, this.session.tier);
    return healthFactor(assess(this.desks[part].opening.book, market, { healthy: true, envelope: 0 }));
  }

  /** How every open account stands now. */
  async statuses(): Promise<Statuses> {
    const statuses: Statuses = {};
    for (const part of this.#opened)
      statuses[part] = (await accountStatus(this.chain.open, this.desks[part].account)).status;
    return statuses;
  }

  /** As {@link statuses}, and remembers it. */
  async look(): Promise<Moment> {
    const moment = { time: isoMinute(await this.chain.now()), statuses: await this.statuses() };
    this.moments.push(moment);
    return moment;
  }

  /** An account as people call it. */
  nameOf(account: string): string {
    return CAST[this.#partOf(account)].account;
  }

  #note(proven: Proven): Proven {
    this.proofs.push(proven);
    return proven;
  }

  #partOf(account: string): PartName {
    const part = PARTS.find((name) => this.desks[name].account === account);
    if (part === undefined) throw new RangeError(`no account ${account}`);
    return part;
  }
}
