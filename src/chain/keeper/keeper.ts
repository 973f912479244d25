import {
  BookMismatchError,
  ChainError,
  JournalError,
  NodeUnreachableError,
  NotProvableError,
  RevertedError,
  TransactionPendingError,
} from "../../errors.js";
import type { VerificationKeyPoints } from "../../groth16/verificationKey.js";
import { BPS } from "../../protocol/bounds.js";
import type { Bundle } from "../../prove/bundle.js";
import type { OpenMarket } from "../deployment.js";
import { recordFeeds } from "../feedCheck.js";
import { type Fold, KeptMarket, poke, type RoundMarket } from "../rounds.js";
import { type ProvenClaim, submitBatch } from "../submit.js";
import type { Transactions } from "../transactions/transactions.js";
import { LAST_WAIT, orAborted, pause } from "../untilAborted.js";
import {
  type Action,
  type BookState,
  DEFAULT_POLICY,
  decide,
  type GivenBook,
  isHopeful,
  isProvable,
  type KeeperPolicy,
  type KeeperState,
  reasonToProve,
} from "./decide.js";
import { type Happening, type KeeperEvent, levelOf, type Scope } from "./events.js";
import { failedJobs, type ProofSource, RemoteProving } from "./remote.js";
import { ChainReader, DEFAULT_WATCH, type Snapshot, Troubles, Watch, type WatchPolicy } from "./watch.js";

/** What a keeper asks the holder of the books to prove. */
export interface ProveRequest {
  readonly account: string;
  /** Of the attested book, which is the one given. */
  readonly sequence: bigint;
  readonly commitment: bigint;
  readonly round: RoundMarket;
  /** Health factor to exceed, basis points: maintenance, or what lifts a margin call that stands. */
  readonly theta: number;
}

/** Proves a book healthy. @throws NotProvableError if it is not */
export type Prove = (request: ProveRequest) => Promise<Pick<Bundle, "claim" | "proof">>;

/** What a keeper looks after, with which key and books, and how it proves. */
export interface KeeperOptions {
  readonly open: OpenMarket;
  readonly transactions: Transactions;
  readonly key: VerificationKeyPoints;
  readonly accounts: readonly string[];
  /** The book that is given for an account, asked at every snapshot; null for whatever book is attested. */
  readonly given: (account: string) => GivenBook | null;
  /** Makes the proofs: here, or elsewhere by way of a queue. */
  readonly prove: Prove | ProofSource;
  /** Now, unix milliseconds. */
  readonly clock: () => number;
  readonly policy?: KeeperPolicy;
  readonly watch?: WatchPolicy;
  readonly fold?: Fold;
  readonly onEvent?: (event: KeeperEvent) => void;
  /** Milliseconds between two looks; the connection's by default. */
  readonly interval?: number;
}

/** The result of a tick. */
export interface Ticked {
  readonly done: readonly Action[];
  /** The last snapshot. */
  readonly snapshot: Snapshot;
  /** Actions that failed and may succeed at another tick. */
  readonly failures: readonly Error[];
}

/**
 * Keeps accounts proven, and tells the operator each change once, and each trouble once and then counted. It can be
 * stopped and started at any moment, because it keeps no state that matters. What it must not do twice is in the
 * journal of its transactions; everything else it asks the chain.
 *
 * @example
 * ```ts
 * import { Keeper } from "zkmargin/chain";
 *
 * const { sequence, commitment, isolated } = opening;
 * const keeper = new Keeper({
 *   ...{ open, transactions, key: trusted.key, accounts: [account], clock: Date.now },
 *   given: () => ({ name: opening.account, sequence: BigInt(sequence), commitment, isolated }),
 *   prove: ({ round, theta }) => session.prove({ opening, market: round.market, theta, envelope: 0 }),
 * });
 * const { snapshot, failures } = await keeper.tick(); // or run(signal), which goes on until it is aborted
 * console.log(snapshot.accounts.length, failures.length); // 1 0
 * ```
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #interval: number;
  readonly #reader: ChainReader;
  readonly #watch: Watch;
  readonly #troubles = new Troubles();
  #ready: ProvenClaim[] = [];
  #unprovable: KeeperState["unprovable"][number][] = [];
  readonly #market: KeptMarket;
  /** Of the last snapshot. */
  #round: bigint | null = null;
  #started = false;
  #resumed = false;
  #failures: Error[] = [];
  /** Where proofs are made, if not here. */
  readonly #remote: RemoteProving | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#interval = options.interval ?? options.open.connection.pollingInterval;
    this.#watch = new Watch(options.watch ?? DEFAULT_WATCH);
    const { prove, transactions, clock, open, key, fold } = options;
    this.#market = new KeptMarket(open, key, fold);
    if (typeof prove !== "function") this.#remote = new RemoteProving(prove, transactions.sender, clock);
    this.#reader = new ChainReader(options, (line) => this.waits(line));
  }

  /**
   * Looks and acts until `signal` is aborted. It goes on looking while it acts, and nothing that may pass ends it: a
   * node in trouble, a refusal, a transaction that is not mined, an empty purse.
   * @throws BookMismatchError at the first snapshot if no account can ever be kept by the book given for it
   */
  async run(signal: AbortSignal): Promise<void> {
    let acting: Promise<unknown> | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      for (let looks = 0; !signal.aborted && failure === undefined; ) {
        // A snapshot that began while something was being done may not show it yet.
        const idle = acting === undefined;
        const looking = this.#attempt("look", () => this.#read());
        const snapshot = await orAborted(looking, signal);
        if (snapshot !== undefined && looks++ === 0) checkHope(snapshot);
        if (snapshot !== undefined && idle)
          acting = this.#act(snapshot)
            .catch((error) => {
              failure = { error };
            })
            .finally(() => {
              acting = undefined;
            });
        await pause(this.#interval, signal);
      }
      // What was sent is journalled: the next run need not wait for it.
      if (acting !== undefined) await orAborted(acting, AbortSignal.abort(), LAST_WAIT);
      if (failure !== undefined) throw failure.error;
      this.#tell({ event: "stopped", reason: "asked" });
    } catch (error) {
      this.#tell({ event: "stopped", reason: "failed" });
      throw error;
    }
  }

  /**
   * Looks at the chain, does everything that is due, and looks once more. Failures that may pass are reported and
   * returned.
   * @throws NodeUnreachableError if the chain cannot be looked at
   */
  async tick(): Promise<Ticked> {
    const done: Action[] = [];
    this.#failures = [];
    let snapshot = await this.#read();
    // Each step changes what is to be done next: a poke makes a round to prove, a proof something to submit.
    for (let steps = 0; steps < 3; steps++) {
      const did = await this.#act(snapshot);
      if (did.length === 0) break;
      done.push(...did);
      snapshot = await this.#read();
    }
    return { done, snapshot, failures: this.#failures };
  }

  /** Tells what the connection waits for, in its words (of a node, or of a transaction): once, and then counted. */
  waits(line: string): void {
    if (line.startsWith("node ") || line.startsWith("node:"))
      this.#trouble("look", new NodeUnreachableError(line));
    else this.#trouble("wait", new TransactionPendingError(line));
  }

  /** Looks, and tells what is new. */
  async #read(): Promise<Snapshot> {
    const { transactions, accounts, given, policy = DEFAULT_POLICY } = this.#options;
    const read = await this.#reader.read(this.#interval);
    this.#round = read.market.round?.number ?? null;
    if (!this.#started)
      this.#tell({ event: "started", sender: transactions.sender, accounts: accounts.length });
    this.#started = true;
    this.#tell(...this.#watch.ofMarket(read));
    await this.#attempt("prove", async () => this.#remote?.hold());
    const books: BookState[] = [];
    for (const status of read.accounts) {
      const { account } = status;
      const { state, news } = this.#watch.ofAccount(status, given(account), read.market);
      books.push(state);
      this.#tell(...news);
      if (status.status === "healthy") this.#watch.ofObstacle(account, null);
      if (!isProvable(state) || status.status === "healthy") continue;
      if (!read.market.usable) this.#tell(...this.#watch.ofObstacle(account, "no-round"));
      else if (reasonToProve(status, read.market, policy) === null)
        this.#tell(...this.#watch.ofObstacle(account, "awaits-round"));
    }
    this.#tell(...this.#troubles.looked(this.#options.clock()));
    return { ...read, books };
  }

  /** Does what a snapshot calls for, most urgent first, up to what another snapshot is needed after. Returns what was done. */
  async #act(snapshot: Snapshot): Promise<Action[]> {
    const { transactions, policy = DEFAULT_POLICY } = this.#options;
    if (!this.#resumed) {
      this.#resumed = (await this.#attempt("resume", () => transactions.resume().then(() => true))) ?? false;
      if (!this.#resumed) return [];
      this.#tell(...this.#troubles.settled("resume"));
    }
    const state: KeeperState = {
      market: snapshot.market,
      accounts: snapshot.accounts.filter((_, i) => isProvable(snapshot.books[i] ?? "awaited")),
      ready: this.#ready,
      unprovable: this.#unprovable,
    };
    const due = await this.#dueOf(state, policy);
    for (const scope of ["poke", "prove", "submit"] as const)
      if ((scope !== "prove" || this.#remote === undefined) && !due.some(({ kind }) => kind === scope))
        this.#tell(...this.#troubles.settled(scope));
    const done: Action[] = [];
    for (const action of due) {
      // What changes the state is looked at before anything of another kind; what failed keeps nothing else from it.
      if (done.length > 0 && done[0]?.kind !== action.kind) break;
      const did = await this.#attempt(action.kind, () => this.#perform(action, state));
      if (did === undefined) continue;
      this.#tell(...this.#troubles.settled(action.kind));
      if (did) done.push(action);
    }
    return done;
  }

  /** What is due now. Proofs of a queue are collected and asked for here, as nothing waits for them. */
  async #dueOf(state: KeeperState, policy: KeeperPolicy): Promise<readonly Action[]> {
    const remote = this.#remote;
    if (remote === undefined) return decide(state, policy);
    const failures = this.#failures.length;
    const found = await this.#attempt("prove", () => remote.due(state, policy, this.#watch));
    if (found === undefined) return [];
    this.#tell(...found.news);
    [this.#ready, this.#unprovable] = [[...found.proven], [...found.unprovable]];
    if (found.failed > 0) this.#trouble("prove", failedJobs(found.failed));
    else if (failures === this.#failures.length) this.#tell(...this.#troubles.settled("prove"));
    return found.due;
  }

  /** Returns whether anything was to be done. */
  async #perform(action: Action, state: KeeperState): Promise<boolean> {
    if (action.kind === "poke") return this.#poke();
    if (action.kind === "prove") await this.#prove(action, state);
    else await this.#submit(action.proofs);
    return true;
  }

  async #poke(): Promise<boolean> {
    const { open, transactions } = this.#options;
    try {
      const { number, gas, block } = await poke(open, transactions);
      this.#reader.ours(block);
      this.#tell({ event: "poked", round: number, gas });
    } catch (error) {
      // A quiet market takes no round yet. The next snapshot tries again.
      if (error instanceof RevertedError && error.reason === "MarketUnmoved") return false;
      throw error;
    }
    // Medians answer a round the same before and after, and no round is to wait for them or fail by them.
    const recorded = await this.#attempt("poke", () => recordFeeds(open, transactions));
    this.#tell(...(recorded ?? []).map((one) => ({ event: "recorded", ...one }) as const));
    return true;
  }

  async #submit(proofs: readonly ProvenClaim[]): Promise<void> {
    const { open, transactions } = this.#options;
    // Whatever becomes of them, they are not submitted again: accepted they are done, refused they are wrong now.
    const { results, receipt } = await submitBatch(open, transactions, proofs);
    this.#ready = this.#ready.filter((proof) => !proofs.includes(proof));
    await this.#remote?.settle(results);
    this.#reader.ours(receipt?.blockNumber ?? null);
    const accepted = results.filter(({ outcome }) => outcome === "accepted").length;
    for (const { proven, outcome, reason = null } of results) {
      const { account, round } = proven;
      if (outcome === "refused") this.#tell({ event: "refused", account, round, reason });
      else {
        const sent = outcome === "accepted" ? receipt : null;
        const [transaction, gas] = [sent?.hash ?? null, sent?.gasUsed ?? null];
        this.#tell({ event: "submitted", account, round, outcome, transaction, gas, proofs: accepted });
      }
    }
  }

  async #prove(
    { account, round, reason }: Action & { kind: "prove" },
    { accounts }: KeeperState,
  ): Promise<void> {
    const status = accounts.find((known) => known.account === account);
    const { prove } = this.#options;
    if (status === undefined || typeof prove !== "function") return;
    const { sequence, commitment } = status.book;
    const theta = status.callRound === 0n ? Number(BPS) : status.callTheta;
    const market = await this.#market.of(round);
    try {
      const { claim, proof } = await prove({
        account,
        sequence,
        commitment,
        round: market,
        theta,
      });
      this.#ready = [
        ...this.#ready.filter((ready) => ready.account !== account),
        {
          ...{ account, round, sequence, claim, proof },
          ...(this.#options.open.derived === undefined ? {} : { epoch: market.epoch }),
        },
      ];
      this.#tell({ event: "proven", account, round, reason, claim });
      this.#tell(...this.#watch.ofObstacle(account, claim.theta < theta ? "below-call" : null));
    } catch (error) {
      if (!(error instanceof NotProvableError)) throw error;
      this.#unprovable = [
        ...this.#unprovable.filter((found) => found.account !== account),
        { account, round, sequence },
      ];
      this.#tell(...this.#watch.ofObstacle(account, "unhealthy"));
    }
  }

  /** Runs `work`. What fails and may pass is told and noted, and the result undefined. */
  async #attempt<T>(scope: Scope, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.#failures.push(error);
      this.#trouble(error instanceof NodeUnreachableError ? "look" : scope, error);
      return undefined;
    }
  }

  #trouble(scope: Scope, error: Error): void {
    // What a contract refuses with is known by its name: its figures change with every block.
    const kind = error instanceof RevertedError ? `${error.name} ${error.reason}` : error.name;
    this.#tell(...this.#troubles.saw(scope, error, kind, this.#options.clock()));
  }

  #tell(...happenings: (Happening & { readonly round?: bigint })[]): void {
    const { clock, onEvent } = this.#options;
    const round = this.#round;
    for (const happening of happenings)
      onEvent?.({ account: null, round, ...happening, time: clock(), level: levelOf(happening) });
  }
}

/** @throws BookMismatchError unless some account can be kept by its book, now or later */
function checkHope({ books }: Snapshot): void {
  if (books.length === 0 || books.some(isHopeful)) return;
  throw new BookMismatchError(
    "keep",
    "an account whose attested book is given",
    `none (${[...new Set(books)].join(", ")})`,
    "give accounts of this deployment, each with the book that is attested and its secret",
  );
}

/** Whether a failure may be over at the next snapshot: whatever is of the chain, but for a journal that cannot be relied on. */
function mayPass(error: unknown): error is Error {
  return error instanceof ChainError && !(error instanceof JournalError);
}
