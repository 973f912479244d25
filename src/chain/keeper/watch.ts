import { setTimeout as sleep } from "node:timers/promises";
import { endOfBook } from "../../protocol/lapse.js";
import type { OpenMarket } from "../deployment.js";
import { type AccountStatus, type MarketStatus, type SourceFault, sourceFaults } from "../status.js";
import { askedFees } from "../transactions/submission.js";
import type { Transactions } from "../transactions/transactions.js";
import { AccountTable, type Head } from "./accountTable.js";
import { type BookState, bookState, type GivenBook } from "./decide.js";
import { type Happening, marketState, type Obstacle, type Scope } from "./events.js";

/** What one look at the chain shows, all of one block but for the fee. */
export interface Snapshot {
  readonly market: MarketStatus;
  readonly accounts: readonly AccountStatus[];
  /** How the book given for each account stands, in their order. */
  readonly books: readonly BookState[];
  /** Sources of the ledger that refuse, as of when they were last asked. */
  readonly faults: readonly SourceFault[];
  readonly purse: Purse;
}

/** What the sender has, and what gas costs now; wei. */
export interface Purse {
  readonly balance: bigint;
  /** Per gas. */
  readonly fee: bigint;
  /** Most that is paid per gas. */
  readonly cap: bigint;
}

/** When a keeper warns. */
export interface WatchPolicy {
  /** Seconds before a book's end. */
  readonly expiryMargin: number;
  /** Of how many submissions the balance must pay for at the present fee. */
  readonly lowBalance: number;
}

/** Warns two hours before a book expires, and when the balance pays for fewer than twenty submissions. */
export const DEFAULT_WATCH: WatchPolicy = { expiryMargin: 7_200, lowBalance: 20 };

/** What one proof at the gate costs at most, docs/GAS.md. */
export const SUBMISSION_GAS = 255_000n;

/** Knows what was told, and says what is new: each change once, whatever the number of looks. */
export class Watch {
  readonly #policy: WatchPolicy;
  readonly #known = new Map<string, string>();
  readonly #statuses = new Map<string, AccountStatus["status"]>();
  #refusing = new Map<string, SourceFault>();
  #epoch: bigint | undefined;

  constructor(policy: WatchPolicy) {
    this.#policy = policy;
  }

  /** What is new of all that is no account's. */
  ofMarket({ market, faults, purse }: Pick<Snapshot, "market" | "faults" | "purse">): Happening[] {
    return [...this.#market(market, faults), ...this.#sources(faults), ...this.#purse(purse)];
  }

  /** What is new of an account, and how its book stands. */
  ofAccount(
    status: AccountStatus,
    given: GivenBook | null,
    market: MarketStatus,
  ): { readonly state: BookState; readonly news: Happening[] } {
    const { account, book } = status;
    const news: Happening[] = [];
    const state = bookState(given, status, market, BigInt(this.#policy.expiryMargin));
    const attested = book.sequence === 0n ? null : book.sequence;
    // A book that becomes good is told; one that was at the first look is no news.
    if (this.#isNews(`book ${account}`, `${state} ${attested}`, state !== "good"))
      news.push({
        event: "book",
        account,
        state,
        attested,
        given: given?.sequence ?? book.sequence,
        endsAt: attested === null ? null : endOfBook(book, market),
      });
    const deadline = status.deadline === 0n ? null : status.deadline;
    if (this.#isNews(`status ${account}`, `${status.status} ${deadline}`, true)) {
      const before = this.#statuses.get(account) ?? null;
      news.push({ event: "status", account, status: status.status, before, deadline });
      this.#statuses.set(account, status.status);
    }
    return { state, news };
  }

  /**
   * What keeps an account from being proven, where that is new; null where nothing does. A missing round does not
   * withdraw the news that no proof helps.
   */
  ofObstacle(account: string, why: Obstacle | null): Happening[] {
    const subject = `obstacle ${account}`;
    const waits = why === "no-round" || why === "awaits-round";
    if (waits && ["unhealthy", "below-call"].includes(this.#known.get(subject) ?? "")) return [];
    const isNews = this.#isNews(subject, why ?? "", why !== null);
    return isNews && why !== null ? [{ event: "unprovable", account, why }] : [];
  }

  #market(market: MarketStatus, faults: readonly SourceFault[]): Happening[] {
    const news: Happening[] = [];
    const { epoch, round, time } = market;
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      news.push({ event: "epoch", epoch, before: this.#epoch });
    this.#epoch = epoch;
    const state = marketState(market);
    if (this.#isNews("market", state, state !== "usable"))
      news.push({
        event: "market",
        state,
        age: round === null ? null : time - round.time,
        sources: faults.map(({ source }) => source),
      });
    return news;
  }

  #sources(faults: readonly SourceFault[]): Happening[] {
    const now = new Map(faults.map((fault) => [fault.source, fault]));
    const refuses = faults
      .filter(({ source, reason }) => this.#refusing.get(source)?.reason !== reason)
      .map((fault): Happening => ({ event: "source", state: "refuses", ...fault }));
    const answers = [...this.#refusing.values()]
      .filter(({ source }) => !now.has(source))
      .map((fault): Happening => ({ event: "source", state: "answers", ...fault }));
    this.#refusing = now;
    return [...refuses, ...answers];
  }

  #purse({ balance, fee, cap }: Purse): Happening[] {
    const news: Happening[] = [];
    // What rises and falls about a bound is told again once it is clearly beyond it.
    const above = fee > cap || (this.#known.get("fee") === "above-cap" && fee * 10n > cap * 9n);
    const state = above ? "above-cap" : "below-cap";
    if (this.#isNews("fee", state, above)) news.push({ event: "fee", state, fee, cap });
    const submissions = fee === 0n ? BigInt(Number.MAX_SAFE_INTEGER) : balance / (fee * SUBMISSION_GAS);
    const least = BigInt(this.#policy.lowBalance);
    const low = submissions < least || (this.#known.get("balance") === "low" && submissions < 2n * least);
    const purse = low ? "low" : "enough";
    if (this.#isNews("balance", purse, low))
      news.push({ event: "balance", state: purse, balance, submissions });
    return news;
  }

  /** Whether `sign` is another than the last of `subject`; of the first it is `first`. */
  #isNews(subject: string, sign: string, first: boolean): boolean {
    const before = this.#known.get(subject);
    this.#known.set(subject, sign);
    return before === undefined ? first : before !== sign;
  }
}

/** Milliseconds without a trouble after which it is over: one look alone says little of a node that fails now and then. */
const QUIET = 60_000;
/** A trouble that stands is told again after a minute, two, four, and then every hour; milliseconds. */
const FIRST_REMINDER = 60_000;
const LAST_REMINDER = 3_600_000;

/** What is told of a trouble. */
export type TroubleNews = Extract<Happening, { readonly event: "trouble" | "trouble-over" }>;

interface Trouble {
  readonly scope: Scope;
  readonly name: string;
  readonly since: number;
  seen: number;
  /** Milliseconds until it is told again, and when. */
  wait: number;
  next: number;
  last: number;
}

/** Counts what goes wrong again and again: told when it begins, seldom while it lasts, and when it is over. */
export class Troubles {
  readonly #lasting = new Map<string, Trouble>();

  /**
   * Something went wrong at `now`.
   * @param kind what makes two failures the same trouble, whatever figures their messages have
   */
  saw(scope: Scope, error: Error, kind: string, now: number): TroubleNews[] {
    const key = `${scope} ${kind}`;
    const { name, message } = error;
    const known = this.#lasting.get(key);
    const trouble = known ?? { scope, name, since: now, seen: 0, wait: FIRST_REMINDER, next: now, last: now };
    this.#lasting.set(key, trouble);
    trouble.seen++;
    trouble.last = now;
    if (now < trouble.next) return [];
    trouble.next = now + trouble.wait;
    trouble.wait = Math.min(2 * trouble.wait, LAST_REMINDER);
    return [{ event: "trouble", scope, name, message, seen: trouble.seen, since: trouble.since }];
  }

  /** What was to be done is done, or is not due any more. */
  settled(scope: Scope): TroubleNews[] {
    return this.#end((trouble) => trouble.scope === scope);
  }

  /** A whole look went well at `now`. */
  looked(now: number): TroubleNews[] {
    return this.#end(({ scope, last }) => (scope === "look" || scope === "wait") && now - last >= QUIET);
  }

  #end(isOver: (trouble: Trouble) => boolean): TroubleNews[] {
    const over: TroubleNews[] = [];
    for (const [key, trouble] of this.#lasting) {
      if (!isOver(trouble)) continue;
      this.#lasting.delete(key);
      const { scope, name, seen, since } = trouble;
      over.push({ event: "trouble-over", scope, name, seen, since });
    }
    return over;
  }
}

/** What one look reads from the chain; how the given books compare with it is added later. */
export type Reading = Omit<Snapshot, "books">;

/** Seconds of the chain between two questions to the sources while rounds can be proven. */
const SOURCES_EVERY = 60n;
/** Looks that a node may be behind what was seen of the chain, before it is another chain that it shows. */
const LOOKS_BEHIND = 20;

/**
 * Reads everything that a keeper decides by, at one block. The block is never older than one it has seen, unless the
 * chain was re-organised.
 */
export class ChainReader {
  readonly #open: OpenMarket;
  readonly #table: AccountTable;
  readonly #transactions: Transactions;
  readonly #waits: (line: string) => void;
  #last: { readonly hash: string; readonly reading: Reading } | undefined;
  #sources:
    | { readonly at: bigint; readonly usable: boolean; readonly faults: readonly SourceFault[] }
    | undefined;
  /** The newest block that was seen or that holds something of ours. */
  #newest = 0;

  /** @param waits told, in a line, why it waits */
  constructor(
    {
      open,
      accounts,
      transactions,
    }: { open: OpenMarket; accounts: readonly string[]; transactions: Transactions },
    waits: (line: string) => void,
  ) {
    this.#open = open;
    this.#table = new AccountTable(open, accounts);
    this.#transactions = transactions;
    this.#waits = waits;
  }

  /** Something of ours was mined in this block; null for nothing. */
  ours(block: number | null): void {
    this.#newest = Math.max(this.#newest, block ?? 0);
  }

  /**
   * Asks the chain, or remembers what it said of the block that still is its newest.
   * @param interval milliseconds to wait for a node that is behind
   * @throws NodeUnreachableError
   */
  async read(interval: number): Promise<Reading> {
    const { provider } = this.#open.connection;
    for (let behind = 0; ; behind++) {
      const newest = await provider.getBlock("latest");
      const head: Head = {
        number: newest?.number ?? 0,
        time: BigInt(newest?.timestamp ?? 0),
        ...{ hash: newest?.hash ?? "", parentHash: newest?.parentHash ?? "" },
      };
      const { hash, number } = head;
      if (number >= this.#newest || behind === LOOKS_BEHIND) {
        this.#newest = number;
        if (this.#last?.hash !== hash)
          this.#last = { hash, reading: await this.#ask(head, newest?.baseFeePerGas ?? null) };
        return this.#last.reading;
      }
      this.#waits(`node: expected block ${this.#newest} or one after it, got ${number}; it is behind`);
      await sleep(interval);
    }
  }

  async #ask(head: Head, baseFee: bigint | null): Promise<Reading> {
    const { provider } = this.#open.connection;
    const { market, accounts } = await this.#table.read(head);
    const [faults, balance, fee] = await Promise.all([
      this.#faults(market),
      provider.getBalance(this.#transactions.sender),
      baseFee ?? askedFees(provider).then(({ least }) => least),
    ]);
    const purse = { balance, fee, cap: this.#transactions.feeCap };
    return { market, accounts, faults, purse };
  }

  /** Which sources refuse: asked now and then, at every block while no round can be proven, and once it can again. */
  async #faults({ block, time, usable }: MarketStatus): Promise<readonly SourceFault[]> {
    const last = this.#sources;
    const age = time - (last?.at ?? 0n);
    if (last?.usable && usable && age >= 0n && age < SOURCES_EVERY) return last.faults;
    const faults = await sourceFaults(this.#open, block);
    this.#sources = { at: time, usable, faults };
    return faults;
  }
}
