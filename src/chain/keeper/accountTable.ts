import { ROUNDS } from "../../protocol/bounds.js";
import type { GateRound } from "../../protocol/gate.js";
import {
  ACCOUNT_READS,
  type AccountReading,
  accountAt,
  accountOf,
  accountReads,
  toldStatus,
} from "../accountReading.js";
import { eventsOf, interfaceOf } from "../binding.js";
import { Checkpoints } from "../checkpoints.js";
import type { OpenMarket } from "../deployment.js";
import { bookRegistry } from "../generated/BookRegistry.js";
import { marginGate } from "../generated/MarginGate.js";
import { marketLedger } from "../generated/MarketLedger.js";
import { pagedLogs } from "../logs.js";
import {
  type BlockTime,
  epochStartsUpTo,
  gateMarketOf,
  gateRound,
  MARKET_READS,
  marketOf,
  marketReads,
} from "../marketReading.js";
import { multicall, type OutcomesOf, type Read, valueOf, viewOf } from "../multicall.js";
import type { AccountStatus, MarketStatus } from "../status.js";

/** A block that is read. */
export interface Head extends BlockTime {
  readonly hash: string;
  readonly parentHash: string;
}

/** Accounts whose status the gate is asked for at each look, in turn: what is worked out here is held to what it says. */
const CHECKED = 4;
/** Views of such an account. */
const CHECKED_READS = ACCOUNT_READS + 2;

/** What was read at the last look. Nothing of it is changed later, so that a look that fails leaves it whole. */
interface Known {
  readonly head: Head;
  readonly accounts: ReadonlyMap<string, AccountReading>;
  /** By number modulo ROUNDS. */
  readonly ring: readonly (GateRound | null)[];
  readonly epochStarts: readonly number[];
}

/** What a look found, and what the next goes on from. */
interface Asked {
  readonly market: MarketStatus;
  readonly accounts: readonly AccountStatus[];
  readonly known: Known;
}

/**
 * The accounts of a keeper, as of the newest block. The first look reads them all. A later one reads the events since, the
 * market, and the accounts that an event names; the statuses of all follow from that (protocol/status.ts). So the requests of a look do
 * not grow with the number of accounts.
 *
 * An account's state changes by events alone, and its status by rounds, parameters and time as well. At each look the gate is asked for a few
 * statuses, in turn. If one is another, a node has left out an event, and everything is read again. After a re-organisation a look goes on
 * from the last of its checkpoints that the chain still has.
 */
export class AccountTable {
  readonly #open: OpenMarket;
  readonly #accounts: readonly string[];
  readonly #watched: ReadonlySet<string>;
  readonly #checkpoints = new Checkpoints<Known>(({ head }) => head.number);
  #checkFrom = 0;

  constructor(open: OpenMarket, accounts: readonly string[]) {
    this.#open = open;
    this.#accounts = accounts;
    this.#watched = new Set(accounts);
  }

  /** Market and accounts at a block, the accounts in their order. @throws NodeUnreachableError, RevertedError */
  async read(head: Head): Promise<Omit<Asked, "known">> {
    const known = await this.#continuedBy(head);
    if (known !== undefined) {
      const { changed, rounds } = await this.#since(known.head.number + 1, head.number);
      const ring = [...known.ring];
      for (const round of rounds) ring[round.number % ROUNDS] = round;
      const next = await this.#ask(head, changed, { ...known, ring });
      if (next !== undefined) return this.#noted(next, known);
    }
    const all = await this.#ask(head, this.#accounts, {
      ...{ accounts: new Map(), epochStarts: [] },
      ring: await this.#ring(head.number),
    });
    if (all === undefined) throw new ReferenceError("what was read whole is not checked");
    this.#checkpoints.clear();
    return this.#noted(all);
  }

  /** Keeps what was read, after what it goes on from. */
  #noted({ known, ...found }: Asked, before?: Known): Omit<Asked, "known"> {
    if (before !== undefined) this.#checkpoints.backTo(before);
    this.#checkpoints.add(known);
    return found;
  }

  /** The newest checkpoint that the chain of a block has; each older one is a request. */
  async #continuedBy(head: Head): Promise<Known | undefined> {
    for (const known of this.#checkpoints.states) if (await this.#continues(known.head, head)) return known;
    return undefined;
  }

  /** Whether a block comes after the last that was read. */
  async #continues(last: Head, head: Head): Promise<boolean> {
    if (head.hash === last.hash) return true;
    if (head.number <= last.number) return false;
    if (head.number === last.number + 1) return head.parentHash === last.hash;
    return (await this.#open.connection.provider.getBlock(last.number))?.hash === last.hash;
  }

  /** Watched accounts that events of these blocks name, and the rounds committed in them. */
  async #since(fromBlock: number, toBlock: number) {
    const { addresses, connection, oracle } = this.#open;
    if (fromBlock > toBlock) return { changed: [], rounds: [] };
    const ledger = oracle.deployed.marketLedger.address;
    const logs = await pagedLogs(connection.provider, {
      address: [addresses.bookRegistry, addresses.marginGate, ledger],
      ...{ topics: [], fromBlock, toBlock },
    });
    const changed = new Set<string>();
    for (const { topics } of logs) {
      // Every event of an account has it as its first topic.
      const account = topics[1]?.toLowerCase() ?? "";
      if (ACCOUNT_EVENTS.has(topics[0] ?? "") && this.#watched.has(account)) changed.add(account);
    }
    const rounds = eventsOf(marketLedger, "RoundCommitted", logs).map(({ fields }) => gateRound(fields));
    return { changed: [...changed], rounds };
  }

  /** The newest rounds, which say when a claim left its envelope. */
  async #ring(block: number): Promise<(GateRound | null)[]> {
    const { connection, oracle, contracts } = this.#open;
    const ring: (GateRound | null)[] = Array.from({ length: ROUNDS }, () => null);
    const oldest = await oracle.ledger.oldestRound({ blockTag: block });
    if (oldest === 0n) return ring;
    const { number: newest } = await contracts.marketLedger.latestRound({ blockTag: block });
    const reads = Array.from({ length: Number(newest - oldest) + 1 }, (_, i) =>
      viewOf(oracle.ledger, "roundAt", oldest + BigInt(i)),
    );
    for (const outcome of await multicall(connection.provider, reads, block)) {
      const round = gateRound(valueOf(outcome));
      ring[round.number % ROUNDS] = round;
    }
    return ring;
  }

  /** Reads the market and some accounts, and works out all. Undefined if an account is not as the gate says. */
  async #ask(head: Head, changed: readonly string[], known: Omit<Known, "head">): Promise<Asked | undefined> {
    const { provider } = this.#open.connection;
    const gate = this.#open.contracts.marginGate;
    const checked = known.accounts.size === 0 ? [] : this.#toCheck(new Set(changed));
    const reads: Read<unknown>[] = [...marketReads(this.#open)];
    for (const account of checked)
      reads.push(
        viewOf(gate, "statusOf", account),
        viewOf(gate, "deadlineOf", account),
        ...accountReads(this.#open, account),
      );
    for (const account of changed) reads.push(...accountReads(this.#open, account));
    const outcomes = await multicall(provider, reads, head.number);

    const market = marketOf(outcomes.slice(0, MARKET_READS) as unknown as MarketOutcomes, head);
    const readingAt = (account: string, at: number) =>
      accountOf(account, outcomes.slice(at, at + ACCOUNT_READS) as unknown as AccountOutcomes);
    const accounts = new Map(known.accounts);
    const first = MARKET_READS + checked.length * CHECKED_READS;
    for (const [i, account] of changed.entries())
      accounts.set(account, readingAt(account, first + i * ACCOUNT_READS));
    const epochStarts = await epochStartsUpTo(
      this.#open,
      market.profile.epoch,
      known.epochStarts,
      head.number,
    );
    const held = gateMarketOf(market, known.ring, epochStarts);
    const time = Number(head.time);
    for (const [i, account] of checked.entries()) {
      const at = MARKET_READS + i * CHECKED_READS;
      const [status, deadline] = outcomes.slice(at, at + 2) as unknown as WordOutcomes;
      const read = readingAt(account, at + 2);
      if (!isSame(accounts.get(account), read)) return undefined;
      const [here, there] = [accountAt(held, read, time), toldStatus(status, deadline)];
      if (here.status !== there.status || here.deadline !== there.deadline) return undefined;
    }
    const statuses = this.#accounts.flatMap((account) => {
      const reading = accounts.get(account);
      return reading === undefined ? [] : [accountAt(held, reading, time)];
    });
    return {
      ...{ market: market.status, accounts: statuses },
      known: { head, accounts, ring: known.ring, epochStarts },
    };
  }

  /** The next accounts in turn, but for those that are read anyhow. */
  #toCheck(changed: ReadonlySet<string>): string[] {
    const count = Math.min(CHECKED, this.#accounts.length);
    const next = Array.from(
      { length: count },
      (_, i) => this.#accounts[(this.#checkFrom + i) % this.#accounts.length] ?? "",
    );
    this.#checkFrom = (this.#checkFrom + count) % Math.max(1, this.#accounts.length);
    return next.filter((account) => !changed.has(account));
  }
}

type MarketOutcomes = OutcomesOf<ReturnType<typeof marketReads>>;
type AccountOutcomes = OutcomesOf<ReturnType<typeof accountReads>>;
type WordOutcomes = OutcomesOf<readonly [Read<bigint>, Read<bigint>]>;

/** Topics of the registry's and the gate's events, which all are of one account. */
const ACCOUNT_EVENTS: ReadonlySet<string> = new Set(
  [bookRegistry, marginGate].flatMap(({ abi }) =>
    interfaceOf({ abi }).fragments.flatMap((fragment) =>
      fragment.type === "event" && "topicHash" in fragment ? [String(fragment.topicHash)] : [],
    ),
  ),
);

/** Whether two readings of an account are the same, but for what time alone changes. */
function isSame(a: AccountReading | undefined, b: AccountReading): boolean {
  return a !== undefined && plain(a) === plain(b);
}

function plain({ gate, status: { owner, book, claim, callTheta }, supports }: AccountReading): string {
  const { live: _, ...of } = book;
  return JSON.stringify([gate, owner, of, claim, callTheta, supports], (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
