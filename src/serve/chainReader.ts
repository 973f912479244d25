import { contractAt, interfaceOf } from "../chain/binding.js";
import { type OpenDeployment, openVault } from "../chain/deployment.js";
import { loggedAddresses } from "../chain/eventLog/chainState.js";
import { type ChainEvent, LOGGED_BINDINGS, type LoggedRole } from "../chain/eventLog/record.js";
import { chainlinkFeed } from "../chain/generated/ChainlinkFeed.js";
import { fundingIndex } from "../chain/generated/FundingIndex.js";
import { sequencerGuard } from "../chain/generated/SequencerGuard.js";
import { pagedLogs } from "../chain/logs.js";
import { multicall, type Outcome, type Read, valueOf, viewOf } from "../chain/multicall.js";
import { tokenInfo } from "../chain/vault.js";
import { RevertedError } from "../errors.js";
import { ROUNDS } from "../protocol/bounds.js";
import type { GateRound } from "../protocol/gate.js";
import type { EventView } from "./apiTypes.js";
import {
  type AccountState,
  type AuctionState,
  type ChainState,
  freshState,
  type RoundState,
} from "./chainState.js";

/** Blocks whose events are shown when the service starts. */
const RECENT_BLOCKS = 5_000;
/** Events and rounds that are kept to be shown. */
const EVENTS_KEPT = 1_000;
const ROUNDS_KEPT = ROUNDS;
/** Seconds of the chain between two questions to the ledger's sources while rounds can be proven. */
const SOURCES_EVERY = 60;
/** Looks at a node that names an older block as its newest, before that block is believed. */
const LOOKS_BEHIND = 20;
const NO_ADDRESS = `0x${"00".repeat(20)}`;

/** Events that a start reads from the first block on. Everything else of an account is asked of the contracts. */
const HISTORY: Partial<Record<LoggedRole, readonly string[]>> = {
  bookRegistry: ["AccountOpened", "SleeveAttested"],
  marketLedger: ["RoundCommitted"],
  marginGate: ["SupportRecorded"],
  marginVault: ["AuctionStarted", "AuctionClosed", "AssetListed", "CreditorSet"],
};

/** Told how far a start has come, as a share of the blocks, and what a tick took. */
export interface ReaderNews {
  readonly progress?: (share: number) => void;
}

/**
 * Keeps a copy of what a deployment's own market has on its chain. A start reads the history of accounts and rounds once. After
 * that, each new block is one look: a header, the events since the last, and one call for the market and the accounts that an
 * event named. Requests do not grow with the number of accounts.
 */
export class ServedChain {
  readonly #open: OpenDeployment;
  readonly #roles: ReadonlyMap<string, LoggedRole>;
  readonly #addresses: readonly string[];
  readonly #news: ReaderNews;
  #state: ChainState | undefined;
  #behind = 0;
  #sourcesAt = 0;
  #sourceReads: readonly { readonly source: string; readonly read: Read<unknown> }[] | undefined;

  constructor(open: OpenDeployment, news: ReaderNews = {}) {
    this.#open = open;
    this.#news = news;
    const addresses = loggedAddresses({ deployment: open.deployment });
    this.#addresses = Object.values(addresses);
    this.#roles = new Map(
      Object.entries(addresses).map(([role, address]) => [address.toLowerCase(), role as LoggedRole]),
    );
  }

  /** What was read last; undefined before the first look. */
  get state(): ChainState | undefined {
    return this.#state;
  }

  /**
   * Looks at the newest block. A chain that was re-organised is read again from its first block.
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
    if (before !== undefined && (await this.#continues(before.block, newest))) {
      await this.#advance(before, block);
      return true;
    }
    await this.#load(block, before !== undefined);
    return true;
  }

  /** Whether a block comes after the last one that was read. */
  async #continues(
    last: ChainState["block"],
    newest: { readonly number: number; readonly parentHash: string },
  ): Promise<boolean> {
    if (newest.number === last.number + 1) return newest.parentHash === last.hash;
    if (newest.number <= last.number) return false;
    return (await this.#open.connection.provider.getBlock(last.number))?.hash === last.hash;
  }

  /** Reads everything. */
  async #load(block: ChainState["block"], again: boolean): Promise<void> {
    const { deployment } = this.#open;
    const state = freshState(this.#open.listing, deployment.chainId, again);
    const first = Math.min(...Object.values(deployment.contracts).map(({ block: created }) => created));
    const recent = Math.max(first, block.number - RECENT_BLOCKS + 1);
    // Every span is a request: progress is told between them.
    const SPAN = 10_000;
    for (let from = first; from < recent; from += SPAN) {
      const to = Math.min(recent - 1, from + SPAN - 1);
      for (const event of await this.#events(from, to, historyTopics())) this.#take(state, event, null);
      this.#news.progress?.((to - first + 1) / (block.number - first + 1));
    }
    for (const event of await this.#events(recent, block.number)) this.#take(state, event, null);
    for (const account of state.owners.keys()) state.touched.add(account);
    await this.#refresh(state, block);
    this.#news.progress?.(1);
    this.#state = state;
  }

  /** Reads what is new since the last block. The state changes only once all of it is read. */
  async #advance(before: ChainState, block: ChainState["block"]): Promise<void> {
    const events = await this.#events(before.block.number + 1, block.number);
    const state = { ...before, touched: new Set<string>(), vaultTouched: false };
    for (const event of events) this.#take(state, event, block.time);
    await this.#refresh(state, block);
    this.#state = state;
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

  /** Takes in one event: which accounts it changed, and what the history alone has. */
  #take(state: ChainState, { event, block, index }: LocatedEvent, time: number | null): void {
    const { fields, name, role } = event;
    if (name === "RoundCommitted") {
      const round = roundOf(event);
      state.rounds = [...state.rounds.filter(({ number }) => number < round.number), round].slice(
        -ROUNDS_KEPT,
      );
      state.ring[round.number % ROUNDS] = round;
    } else if (name === "AccountOpened") state.owners.set(event.fields.account, event.fields.owner);
    else if (name === "SleeveAttested") state.sleeved.add(event.fields.account);
    else if (name === "SupportRecorded") state.supported.add(event.fields.account);
    else if (name === "AssetListed") state.tokens.add(event.fields.token);
    else if (name === "CreditorSet") state.creditors.add(event.fields.creditor);
    else if (name === "AuctionStarted" || name === "AuctionClosed" || name === "Taken") {
      const { account, token } = event.fields;
      const place = `${account} ${token}`;
      if (name === "AuctionClosed") state.auctioned.delete(place);
      else state.auctioned.add(place);
    }
    if (role === "marginVault") state.vaultTouched = true;
    // An access manager's accounts are addresses that hold roles.
    const account = "account" in fields && role !== "accessManager" ? fields.account : null;
    if (account !== null) state.touched.add(account);
    const seen: EventView = {
      id: `${block}-${index}`,
      ...{ block, time, event: name, contract: role, account },
      fields: plainFields(fields),
    };
    state.events = [...state.events, seen].slice(-EVENTS_KEPT);
  }

  /** Asks the contracts for the market, and for the accounts that changed. */
  async #refresh(state: ChainState, block: ChainState["block"]): Promise<void> {
    const { provider } = this.#open.connection;
    const { contracts, deployment } = this.#open;
    const { riskProfile, marketLedger, marginGate, bookRegistry } = contracts;
    const known = state.market;
    const constants = known === null ? await this.#constants(block.number) : known.constants;
    const sources = (await this.#sources(state, block)) ?? [];
    const accounts = [...state.touched];
    const reads = [
      viewOf(riskProfile, "epoch"),
      viewOf(riskProfile, "expiresAt"),
      viewOf(riskProfile, "paused"),
      viewOf(riskProfile, "resumedAt"),
      viewOf(riskProfile, "bookMaxAge"),
      viewOf(riskProfile, "shocksSince"),
      viewOf(marketLedger, "liveSince"),
      viewOf(marketLedger, "usable", BigInt(state.rounds.at(-1)?.number ?? 0)),
    ] as const;
    // What an account never had is not asked for: its events would have said so.
    const ofAccounts = accounts.flatMap((account) => [
      viewOf(bookRegistry, "bookStateOf", account),
      viewOf(marginGate, "recordOf", account),
      viewOf(marginGate, "marksOf", account),
      ...(state.sleeved.has(account)
        ? [viewOf(bookRegistry, "sleeveOf", account), viewOf(marginGate, "sleeveOf", account)]
        : []),
      ...(state.supported.has(account) ? [viewOf(marginGate, "supportOf", account)] : []),
    ]);
    const outcomes = await multicall(
      provider,
      [...reads, ...sources.map(({ read }) => read), ...ofAccounts] as readonly Read<unknown>[],
      block.number,
    );
    const values = outcomes.slice(0, reads.length).map((one, i) => (i === 7 ? softValue(one) : valueOf(one)));
    const [epoch, expiresAt, paused, resumedAt, bookMaxAge, shocksSince, liveSince, usable] = values;
    if (sources.length > 0)
      state.sources = sources.map(({ source }, i) => {
        const outcome = outcomes[reads.length + i];
        return {
          source,
          fault:
            outcome !== undefined && "reverted" in outcome ? (outcome.reverted.reason ?? "refuses") : null,
        };
      });
    const newest = state.rounds.at(-1) ?? null;
    const isPaused = paused === true;
    state.market = {
      constants,
      profile: {
        epoch: Number(epoch),
        epochStarts: await this.#epochStarts(state, Number(epoch), block.number),
        expiresAt: Number(expiresAt),
        paused: isPaused,
        resumedAt: Number(resumedAt),
        bookMaxAge: Number(bookMaxAge),
        shocksSince: Number(shocksSince),
      },
      ledger: { newest, ring: state.ring, liveSince: Number(liveSince) },
      usable: newest !== null && !isPaused && usable === true,
    };
    const next = new Map(state.accounts);
    let at = reads.length + sources.length;
    const taken = () => valueOf(outcomes[at++] as Outcome<unknown>);
    for (const account of accounts) {
      const [book, record, marks] = [taken(), taken(), taken()] as [BookWords, RecordWords, MarkWords];
      const sleeves = state.sleeved.has(account)
        ? ([taken(), taken()] as [AttestedWords, SleeveWords])
        : null;
      const supports = state.supported.has(account) ? (taken() as SupportWords) : null;
      const owner = state.owners.get(account) ?? NO_ADDRESS;
      next.set(account, accountOf(account, owner, { book, record, marks, sleeves, supports }));
    }
    state.accounts = next;
    if (deployment.marginVault !== undefined && (state.vaultTouched || known === null))
      await this.#refreshVault(state, block.number);
    state.block = block;
  }

  async #constants(block: number) {
    const { marketLedger, marginGate } = this.#open.contracts;
    const [terms, maxRoundAge, provingWindow, twapWindow] = (
      await multicall(
        this.#open.connection.provider,
        [
          viewOf(marginGate, "terms"),
          viewOf(marketLedger, "maxRoundAge"),
          viewOf(this.#open.oracle.ledger, "provingWindow"),
          viewOf(this.#open.oracle.ledger, "twapWindow"),
        ] as const,
        block,
      )
    ).map((one) => valueOf<unknown>(one)) as [
      { maxProofAge: bigint; gracePeriod: bigint; callPeriod: bigint },
      bigint,
      bigint,
      bigint,
    ];
    return {
      gate: {
        maxProofAge: Number(terms.maxProofAge),
        gracePeriod: Number(terms.gracePeriod),
        callPeriod: Number(terms.callPeriod),
      },
      ledger: { maxRoundAge: Number(maxRoundAge) },
      provingWindow: Number(provingWindow),
      twapWindow: Number(twapWindow),
    };
  }

  async #epochStarts(state: ChainState, epoch: number, block: number): Promise<readonly number[]> {
    const known = state.market?.profile.epochStarts ?? [];
    if (known.length >= epoch) return known;
    const { riskProfile } = this.#open.contracts;
    const missing = Array.from({ length: epoch - known.length }, (_, i) =>
      viewOf(riskProfile, "startOf", BigInt(known.length + i + 1)),
    );
    const starts = await multicall(this.#open.connection.provider, missing, block);
    return [...known, ...starts.map((one) => Number(valueOf(one)))];
  }

  /** The ledger's sources, when they are due to be asked. */
  async #sources(state: ChainState, block: ChainState["block"]) {
    const { listing, oracle, connection } = this.#open;
    const due = state.market?.usable !== true || block.time - this.#sourcesAt >= SOURCES_EVERY;
    if (!due) return undefined;
    this.#sourcesAt = block.time;
    const changed = state.events.some(({ event }) => event === "SourcesChanged");
    if (this.#sourceReads !== undefined && !changed) return this.#sourceReads;
    const { provider } = connection;
    const {
      feeds,
      fundingSource,
      sequencerGuard: guard,
    } = await oracle.ledger.sources({ blockTag: block.number });
    const reads: { source: string; read: Read<unknown> }[] = [...feeds].map((feed, u) => ({
      source: listing[u]?.symbol ?? `asset ${u}`,
      read: viewOf(contractAt(chainlinkFeed, feed, provider), "read"),
    }));
    if (fundingSource !== NO_ADDRESS)
      reads.push({
        source: "funding",
        read: viewOf(contractAt(fundingIndex, fundingSource, provider), "read"),
      });
    if (guard !== NO_ADDRESS)
      reads.push({ source: "sequencer", read: viewOf(contractAt(sequencerGuard, guard, provider), "check") });
    this.#sourceReads = reads;
    return reads;
  }

  /** Auctions that run, and what insures the creditors. */
  async #refreshVault(state: ChainState, block: number): Promise<void> {
    const { provider } = this.#open.connection;
    const vault = openVault(this.#open);
    if (state.vault === null) {
      const [terms, settlement] = await Promise.all([
        vault.terms({ blockTag: block }),
        vault.settlement({ blockTag: block }),
      ]);
      state.vault = {
        terms: {
          auctionPeriod: Number(terms.auctionPeriod),
          floor: Number(terms.floor),
          blockTime: Number(terms.blockTime),
        },
        settlement: await tokenInfo(this.#open, settlement),
        tokens: new Map(),
        insurance: [],
      };
    }
    for (const token of state.tokens)
      if (!state.vault.tokens.has(token)) state.vault.tokens.set(token, await tokenInfo(this.#open, token));
    const places = [...state.auctioned].map((place) => place.split(" ") as [string, string]);
    const creditors = [...state.creditors];
    const outcomes = await multicall(
      provider,
      [
        ...places.flatMap(([account, token]) => [
          viewOf(vault, "auctionOf", account, token),
          viewOf(vault, "liquidationOf", account),
        ]),
        ...creditors.map((creditor) => viewOf(vault, "insuranceOf", creditor)),
      ] as readonly Read<unknown>[],
      block,
    );
    state.auctions = places.flatMap(([account, token], i): AuctionState[] => {
      const auction = valueOf(outcomes[2 * i] as Outcome<VaultAuction>);
      const { due } = valueOf(outcomes[2 * i + 1] as Outcome<{ due: bigint }>);
      if (auction.startedAt === 0n || auction.left === 0n) return [];
      return [
        {
          ...{ account, token, due, keeper: auction.keeper },
          startedAt: Number(auction.startedAt),
          startBlock: Number(auction.startBlock),
          ...{ startCost: auction.startCost, offered: auction.offered, left: auction.left },
        },
      ];
    });
    state.vault = {
      ...state.vault,
      insurance: creditors.map((creditor, i) => ({
        creditor,
        amount: valueOf(outcomes[2 * places.length + i] as Outcome<bigint>),
      })),
    };
  }
}

interface LocatedEvent {
  readonly event: ChainEvent;
  readonly block: number;
  readonly index: number;
}
interface VaultAuction {
  readonly keeper: string;
  readonly startedAt: bigint;
  readonly offered: bigint;
  readonly left: bigint;
  readonly startCost: bigint;
  readonly startBlock: bigint;
}

/** An event of a contract; undefined for one that this package does not know. */
function decodedEvent(role: LoggedRole, topics: readonly string[], data: string): ChainEvent | undefined {
  const parsed = interfaceOf(LOGGED_BINDINGS[role]).parseLog({ topics, data });
  return parsed === null
    ? undefined
    : ({ role, name: parsed.name, fields: parsed.args.toObject() } as unknown as ChainEvent);
}

function historyTopics(): readonly (readonly string[])[] {
  const topics = Object.entries(HISTORY).flatMap(([role, names]) =>
    names.map((name) => interfaceOf(LOGGED_BINDINGS[role as LoggedRole]).getEvent(name)?.topicHash ?? ""),
  );
  return [topics];
}

function roundOf({ fields }: Extract<ChainEvent, { name: "RoundCommitted" }>): RoundState {
  return {
    number: Number(fields.number),
    time: Number(fields.time),
    epoch: Number(fields.epoch),
    odometer: fields.odometer,
    sleeveOdometer: fields.sleeveOdometer,
    low: [...fields.low],
    high: [...fields.high],
    funding: [...fields.funding],
  } satisfies RoundState & GateRound;
}

type BookWords = Record<
  "commitment" | "sequence" | "asOf" | "expiresAt" | "attestedAt" | "brokenAt",
  bigint
> & { readonly isolated: boolean };
type RecordWords = Record<
  "round" | "time" | "sequence" | "epoch" | "theta" | "envelope" | "odometer",
  bigint
>;
type MarkWords = Record<
  "breachRound" | "callRound" | "callSince" | "lapsedAt" | "graceSince" | "callTheta",
  bigint
>;
type SleeveWords = Record<"limit" | "until" | "shocksSince", bigint>;
interface AttestedWords {
  readonly terms: { readonly pricedAt: bigint; readonly band: bigint; readonly until: bigint };
  readonly sequence: bigint;
  readonly voidedAt: bigint;
}
type SupportWords = Record<"taken" | "added", { support: bigint; claim: RecordWords; sleeve: SleeveWords }>;

/** What the contracts answered about an account; null of what it never had. */
interface AccountWords {
  readonly book: BookWords;
  readonly record: RecordWords;
  readonly marks: MarkWords;
  readonly sleeves: readonly [AttestedWords, SleeveWords] | null;
  readonly supports: SupportWords | null;
}

function accountOf(
  account: string,
  owner: string,
  { book, record, marks, sleeves, supports }: AccountWords,
): AccountState {
  const [attested, held] = sleeves ?? [null, NO_SLEEVE];
  const sleeve =
    attested !== null && book.sequence !== 0n && attested.sequence === book.sequence ? attested : null;
  return {
    account,
    owner,
    isolated: book.isolated,
    commitment: book.commitment,
    gate: {
      book: {
        sequence: Number(book.sequence),
        asOf: Number(book.asOf),
        expiresAt: Number(book.expiresAt),
        attestedAt: Number(book.attestedAt),
        brokenAt: Number(book.brokenAt),
        sleeveVoidedAt: sleeve === null ? 0 : Number(sleeve.voidedAt),
      },
      health: healthOf(record, held),
      marks: {
        breachRound: Number(marks.breachRound),
        callRound: Number(marks.callRound),
        callSince: Number(marks.callSince),
        lapsedAt: Number(marks.lapsedAt),
        graceSince: Number(marks.graceSince),
      },
    },
    callTheta: Number(marks.callTheta),
    theta: Number(record.theta),
    sleeve:
      sleeve === null
        ? null
        : {
            pricedAt: Number(sleeve.terms.pricedAt),
            band: Number(sleeve.terms.band),
            until: Number(sleeve.terms.until),
          },
    supports: (supports === null ? [] : [supports.taken, supports.added]).flatMap(
      ({ support, claim, sleeve: its }) => {
        const health = healthOf(claim, its);
        return health === null ? [] : [{ support, theta: Number(claim.theta), health }];
      },
    ),
  };
}

const NO_SLEEVE: SleeveWords = { limit: 0n, until: 0n, shocksSince: 0n };

function healthOf(record: RecordWords, { limit, until, shocksSince }: SleeveWords) {
  if (record.round === 0n) return null;
  return {
    claim: { envelope: Number(record.envelope) },
    round: Number(record.round),
    time: Number(record.time),
    epoch: Number(record.epoch),
    sequence: Number(record.sequence),
    odometer: record.odometer,
    sleeve: until === 0n ? null : { limit, until: Number(until), shocksSince: Number(shocksSince) },
  };
}

/** False where the ledger has no round yet, and so refuses to answer. */
function softValue(outcome: Outcome<unknown>): unknown {
  return "reverted" in outcome ? false : outcome.value;
}

/** Words of an event that are of no use to a reader: the point of a round, and its quotes, which `/v1/rounds` has. */
const UNSHOWN = ["x", "y", "low", "high", "funding", "profile", "fallbackProfile"];

/** An event's fields as JSON: numbers as decimal texts. */
function plainFields(fields: object): Readonly<Record<string, unknown>> {
  const plain = (value: unknown): unknown => {
    if (typeof value === "bigint") return value.toString();
    if (Array.isArray(value)) return value.map(plain);
    return value;
  };
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !UNSHOWN.includes(name))
      .map(([name, value]) => [name, plain(value)]),
  );
}
