import { type AccountReading, type AccountWords, accountReading } from "../chain/accountReading.js";
import { Checkpoints } from "../chain/checkpoints.js";
import type { OpenDeployment } from "../chain/deployment.js";
import { loggedAddresses } from "../chain/eventLog/chainState.js";
import { pagedLogs } from "../chain/logs.js";
import {
  epochStartsUpTo,
  gateMarketOf,
  MARKET_READS,
  marketOf,
  marketReads,
  sourceReads,
} from "../chain/marketReading.js";
import { multicall, type Outcome, type OutcomesOf, type Read, valueOf, viewOf } from "../chain/multicall.js";
import type { OpenHouse } from "../clearing/account/manifest.js";
import { NO_ADDRESS } from "../encoding/address.js";
import { branchOf, earlierState, FINAL_DEPTH } from "./branches.js";
import {
  decodedEvent,
  historyTopics,
  type LocatedEvent,
  takeEvent,
  type WatchedRole,
} from "./chainEvents.js";
import { type ChainState, freshState } from "./chainState.js";
import { HOUSE_BINDINGS, HOUSE_READS, type HouseRole, houseReads, readHouse } from "./clearingReader.js";
import { readVault } from "./vaultReader.js";

/** Blocks whose events are shown when the service starts. */
const RECENT_BLOCKS = 5_000;
/** Seconds of the chain between two questions to the ledger's sources while rounds can be proven. */
const SOURCES_EVERY = 60;
/** Looks at a node that names an older block as its newest, before that block is believed. */
const LOOKS_BEHIND = 20;

/** What is read beside the deployment, and who is told how far a start has come. */
export interface ReaderOptions {
  /** A clearing house on the deployment. */
  readonly house?: OpenHouse;
  /** @param share of the blocks */
  readonly progress?: (share: number) => void;
}

/**
 * Keeps a copy of what a deployment's own market has on its chain. A start reads the history of accounts and rounds once. After
 * that, each new block is one look: a header, the events since the last, and one call for the market and the accounts that an
 * event named. Requests do not grow with the number of accounts.
 */
export class ServedChain {
  readonly #open: OpenDeployment;
  readonly #roles: ReadonlyMap<string, WatchedRole>;
  readonly #addresses: readonly string[];
  readonly #options: ReaderOptions;
  #state: ChainState | undefined;
  /** What was known at some of the last blocks; before the first look, what an earlier process has read. */
  readonly #checkpoints = new Checkpoints<ChainState>(({ block }) => block.number);
  #behind = 0;
  #sourcesAt = 0;

  constructor(open: OpenDeployment, options: ReaderOptions = {}) {
    this.#open = open;
    this.#options = options;
    const addresses: Partial<Record<WatchedRole, string>> = {
      ...loggedAddresses({ deployment: open.deployment }),
      ...houseAddresses(options.house),
    };
    this.#addresses = Object.values(addresses);
    this.#roles = new Map(
      Object.entries(addresses).map(([role, address]) => [address.toLowerCase(), role as WatchedRole]),
    );
  }

  /** Has the first look go on from what an earlier process read. @param states the oldest first */
  restore(states: readonly ChainState[]): void {
    for (const state of states) this.#checkpoints.add(state);
  }

  /** What was known at a block that is likely to stay, for the next start; undefined if it is not known. */
  get settled(): ChainState | undefined {
    return this.#checkpoints.behind(FINAL_DEPTH);
  }

  /** What was read last; undefined before the first look. */
  get state(): ChainState | undefined {
    return this.#state;
  }

  /**
   * Looks at the newest block. A chain that was re-organised is read again from the last checkpoint that it still has.
   * @returns whether anything is new
   * @throws NodeUnreachableError, DeploymentMismatchError
   */
  async look(): Promise<boolean> {
    const { provider } = this.#open.connection;
    const newest = await provider.getBlock("latest");
    if (newest === null) return false;
    const block = { number: newest.number, hash: newest.hash ?? "", time: newest.timestamp };
    const before = this.#state;
    if (before !== undefined && before.block.hash === block.hash) {
      this.#behind = 0;
      return false;
    }
    if (before !== undefined && block.number < before.block.number) {
      const ours = await provider.getBlock(block.number);
      // A node that is behind shows an older block of the same chain for a while.
      if (ours?.hash === block.hash && ++this.#behind < LOOKS_BEHIND) return false;
    }
    this.#behind = 0;
    const base = await this.#continuedBy(newest);
    if (base === undefined) await this.#load(block);
    else await this.#advance(base, block);
    return true;
  }

  /** The newest checkpoint that the chain of a block has; each older one is a request. */
  async #continuedBy(newest: {
    readonly number: number;
    readonly hash: string | null;
    readonly parentHash: string;
  }): Promise<ChainState | undefined> {
    for (const state of this.#checkpoints.states)
      if (await this.#continues(state.block, newest)) return state;
    return undefined;
  }

  /** Whether a block comes after the last one that was read. */
  async #continues(
    last: ChainState["block"],
    newest: { readonly number: number; readonly hash: string | null; readonly parentHash: string },
  ): Promise<boolean> {
    if (newest.number === last.number) return newest.hash === last.hash;
    if (newest.number === last.number + 1) return newest.parentHash === last.hash;
    if (newest.number < last.number) return false;
    return (await this.#open.connection.provider.getBlock(last.number))?.hash === last.hash;
  }

  /** Reads everything. */
  async #load(block: ChainState["block"]): Promise<void> {
    const { deployment, connection } = this.#open;
    const state = this.#reorganisedTo(freshState(this.#open.listing, deployment.chainId), block);
    const first = Math.min(...Object.values(deployment.contracts).map(({ block: created }) => created));
    const recent = Math.max(first, block.number - RECENT_BLOCKS + 1);
    // Every span is a request: progress is told between them.
    const SPAN = 10_000;
    for (let from = first; from < recent; from += SPAN) {
      const to = Math.min(recent - 1, from + SPAN - 1);
      for (const event of await this.#events(from, to, historyTopics())) takeEvent(state, event, null);
      this.#options.progress?.((to - first + 1) / (block.number - first + 1));
    }
    const settled = await connection.provider.getBlock(Math.max(0, block.number - FINAL_DEPTH));
    const events = await this.#events(recent, block.number);
    const isLate = (event: LocatedEvent) => event.block > (settled?.number ?? 0);
    for (const event of events) if (!isLate(event)) takeEvent(state, event, null);
    const earlier = branchOf(state);
    state.touched = new Set();
    for (const event of events) if (isLate(event)) takeEvent(state, event, null);
    const changed = new Set(state.touched);
    for (const account of state.owners.keys()) state.touched.add(account);
    await this.#refresh(state, block);
    this.#options.progress?.(1);
    this.#checkpoints.clear();
    if (settled !== null && settled.number < block.number) {
      const { number, timestamp: time } = settled;
      earlier.block = { number, hash: settled.hash ?? "", time };
      this.#checkpoints.add(earlierState(earlier, state, (account) => changed.has(account)));
    }
    this.#checkpoints.add(state);
    this.#state = state;
  }

  /** Reads what is new since a block that the chain still has. The state changes only once all of it is read. */
  async #advance(before: ChainState, block: ChainState["block"]): Promise<void> {
    const events = await this.#events(before.block.number + 1, block.number);
    const goesBack = before !== this.#checkpoints.states[0];
    const branch = branchOf(before, events.length > 0);
    const state = {
      ...(goesBack ? this.#reorganisedTo(branch, block, before.block.number) : branch),
      ...{ touched: new Set<string>(), vaultTouched: false },
    };
    if (goesBack) {
      for (const account of state.owners.keys()) if (!state.accounts.has(account)) state.touched.add(account);
      state.clearing.touched = true;
      this.#sourcesAt = 0;
    }
    for (const event of events) takeEvent(state, event, block.time);
    await this.#refresh(state, block);
    if (goesBack) this.#checkpoints.backTo(before);
    this.#checkpoints.add(state);
    this.#state = state;
  }

  /** A state with the re-organisation that a look has seen; a chain that was not looked at yet has seen none. */
  #reorganisedTo(state: ChainState, { time }: ChainState["block"], fork = -1): ChainState {
    const before = this.#state;
    if (before === undefined) return state;
    return { ...state, reorganised: { times: before.reorganised.times + 1, at: time, fork } };
  }

  async #events(
    fromBlock: number,
    toBlock: number,
    topics: readonly (null | string | readonly string[])[] = [],
  ): Promise<LocatedEvent[]> {
    if (fromBlock > toBlock) return [];
    const filter = { address: this.#addresses, topics, fromBlock, toBlock };
    const logs = await pagedLogs(this.#open.connection.provider, filter);
    return logs.flatMap(({ address, topics: its, data, index, blockNumber }) => {
      const role = this.#roles.get(address.toLowerCase());
      if (role === undefined) return [];
      const event = decodedEvent(role, its, data);
      return event === undefined ? [] : [{ event, block: blockNumber, index }];
    });
  }

  /** Asks the contracts for the market, and for the accounts that changed. */
  async #refresh(state: ChainState, block: ChainState["block"]): Promise<void> {
    const open = this.#open;
    const isFirst = state.market === null;
    const lastRound = state.market?.ledger.newest?.number;
    const { house } = this.#options;
    const isDue = this.#isDue(state, block);
    const sources = isDue ? await sourceReads(open, block.number) : [];
    const accounts = [...state.touched];
    const reads: readonly Read<unknown>[] = [
      ...marketReads(open),
      viewOf(open.oracle.ledger, "twapWindow"),
      ...(house === undefined ? [] : houseReads(house)),
      ...sources.map(({ read }) => read),
      ...accounts.flatMap((account) => this.#accountReads(state, account)),
    ];
    const outcomes = (await multicall(open.connection.provider, reads, block.number)).values();
    const next = () => outcomes.next().value as Outcome<unknown>;
    const ofMarket = Array.from({ length: MARKET_READS }, next) as unknown as MarketOutcomes;
    const market = marketOf(ofMarket, { number: block.number, time: BigInt(block.time) });
    const twapWindow = Number(valueOf(next()));
    const ofHouse = Array.from({ length: house === undefined ? 0 : HOUSE_READS }, next).values();
    if (sources.length > 0) state.sources = sources.map(({ source }) => ({ source, fault: faultOf(next()) }));
    if (accounts.length > 0) {
      const read = new Map(state.accounts);
      const word = () => valueOf(next());
      for (const account of accounts) read.set(account, readingOf(state, account, word));
      state.accounts = read;
    }
    const { epoch } = market.profile;
    const known = state.market?.profile.epochStarts ?? [];
    const epochStarts = await epochStartsUpTo(open, epoch, known, block.number);
    const gateMarket = gateMarketOf(market, state.ring, epochStarts);
    const { provingWindow, status } = market;
    state.market = {
      ...gateMarket,
      constants: { ...gateMarket.constants, provingWindow, twapWindow },
      usable: status.usable,
    };
    if (open.deployment.marginVault !== undefined && (state.vaultTouched || isFirst))
      await readVault(open, state, block.number);
    if (house !== undefined)
      state.clearing.reading = await readHouse(house, state.clearing, {
        next: () => ofHouse.next().value as Outcome<unknown>,
        ...{ block: block.number, due: isDue || state.rounds.at(-1)?.number !== lastRound },
      });
    state.block = block;
    if (isDue) this.#sourcesAt = block.time;
  }

  /** Whether the ledger's sources are due to be asked. */
  #isDue({ market }: ChainState, { time }: ChainState["block"]): boolean {
    return market?.usable !== true || time - this.#sourcesAt >= SOURCES_EVERY;
  }

  /** Views of an account. What it never had is not asked for: its events would have said so. */
  #accountReads({ sleeved, supported, clearing }: ChainState, account: string): Read<unknown>[] {
    const { bookRegistry } = this.#open.contracts;
    // An account that a house clears is proven at the house's own gate.
    const market = clearing.owners.has(account) ? this.#options.house?.margin : undefined;
    const { marginGate } = (market ?? this.#open).contracts;
    return [
      viewOf(bookRegistry, "bookStateOf", account),
      viewOf(marginGate, "recordOf", account),
      viewOf(marginGate, "marksOf", account),
      ...(sleeved.has(account)
        ? [viewOf(bookRegistry, "sleeveOf", account), viewOf(marginGate, "sleeveOf", account)]
        : []),
      ...(supported.has(account) ? [viewOf(marginGate, "supportOf", account)] : []),
    ];
  }
}

/** The contracts of a house whose events are read. */
function houseAddresses(house: OpenHouse | undefined): Partial<Record<HouseRole, string>> {
  if (house === undefined) return {};
  const { contracts } = house.manifest;
  return Object.fromEntries(
    (Object.keys(HOUSE_BINDINGS) as HouseRole[]).map((role) => [
      role,
      contracts[role === "houseGate" ? "marginGate" : role].address,
    ]),
  );
}

type MarketOutcomes = OutcomesOf<ReturnType<typeof marketReads>>;

/** An account, from the answers to its views in their order. */
function readingOf(
  { owners, sleeved, supported }: ChainState,
  account: string,
  next: () => unknown,
): AccountReading {
  return accountReading(account, {
    owner: owners.get(account) ?? NO_ADDRESS,
    attested: next() as AccountWords["attested"],
    record: next() as AccountWords["record"],
    marks: next() as AccountWords["marks"],
    sleeves: sleeved.has(account) ? ([next(), next()] as unknown as AccountWords["sleeves"]) : null,
    supports: supported.has(account) ? (next() as AccountWords["supports"]) : null,
  });
}

/** Why a source refuses; null where it answers. */
function faultOf(outcome: Outcome<unknown>): string | null {
  return "reverted" in outcome ? (outcome.reverted.reason ?? "refuses") : null;
}
