import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { OpenDeployment } from "../chain/deployment.js";
import { roundMarket } from "../chain/rounds.js";
import type { OpenHouse } from "../clearing/account/manifest.js";
import type { VerificationKeyPoints } from "../groth16/verificationKey.js";
import type { MarketFile } from "../market/file.js";
import type { StatusName } from "../protocol/status.js";
import type { ProofQueue, QueueStatus } from "../queue/proofQueue.js";
import { AlertBook } from "./alertBook.js";
import { AlertReceivers, type AlertSettings } from "./alertReceivers.js";
import { alertsOf, DEFAULT_THRESHOLDS } from "./alertRules.js";
import type { AccountView, ClearingView, EventView, OwnHealth } from "./apiTypes.js";
import { isAfter } from "./chainEvents.js";
import { ServedChain } from "./chainReader.js";
import type { ChainState } from "./chainState.js";
import { clearingView } from "./clearingView.js";
import { LogFollower } from "./keeperLogs.js";
import { Metrics } from "./metrics.js";
import type { OwnBooks } from "./ownBooks.js";
import type { ReadStore } from "./readStore.js";
import { errorWords, fileWords, type Level, type ServiceLog } from "./serviceLog.js";
import { accountView, untimed } from "./views.js";
import { chainTime, type SenderState, senderStates, type Watched } from "./watched.js";

/** What a service watches, and where it tells what it sees. */
export interface ServiceOptions {
  readonly open: OpenDeployment;
  /** Of the deployment: to check a round's prices against its commitment, for health factors. */
  readonly key: VerificationKeyPoints;
  /** Now, unix milliseconds. */
  readonly clock: () => number;
  readonly log: ServiceLog;
  /** Addresses whose balances are watched. */
  readonly senders?: readonly string[];
  readonly queue?: Pick<ProofQueue, "status">;
  /** Files with the lines of `keep --json` and `worker --json`. */
  readonly keeperLogs?: readonly string[];
  readonly alerts?: AlertSettings;
  /** Accounts that alerts are about; all by default. */
  readonly accounts?: readonly string[];
  /** What the operator calls accounts, by id in small letters. */
  readonly names?: ReadonlyMap<string, string>;
  /** A clearing house on the deployment, whose fund and defaults are watched. */
  readonly house?: OpenHouse;
  /** Where what was read is kept for the next start. */
  readonly store?: ReadStore;
  /** The institution's own books; absent without a key of its own. */
  readonly own?: OwnBooks;
  /** Accounts up to which each has metrics of its own. */
  readonly accountSeries?: number;
  /** Milliseconds between two looks; the connection's by default, and at least a quarter of a second. */
  readonly interval?: number;
}

/** Milliseconds between two looks at least. */
const LEAST_INTERVAL = 250;
/** Accounts up to which each has metrics of its own, by default. */
export const ACCOUNT_SERIES = 500;
/** Milliseconds between two times at which what was read is kept. What is newer at a kill is read again. */
const KEEP_INTERVAL = 300_000;
/** Milliseconds between two looks at the queue, the logs and the senders. */
const SIDE_INTERVAL = 5_000;

/** Tells the readers of a service that something is new. */
export interface Follower {
  /** Events since the last time, and the version that `/v1/accounts?since=` continues from. */
  (news: { readonly events: readonly EventView[]; readonly version: number; readonly reset: boolean }): void;
}

/** Watches a deployment: keeps what was read, computes statuses, tells alerts. It sends no transaction and holds no signing key. */
export class WatchService {
  readonly metrics: Metrics;
  readonly own: OwnBooks | undefined;
  readonly #options: ServiceOptions;
  readonly #chain: ServedChain;
  readonly #book: AlertBook;
  readonly #receivers: AlertReceivers;
  readonly #logs: LogFollower;
  readonly #startedAt: number;
  readonly #followers = new Set<Follower>();
  readonly #versions = new Map<string, { readonly view: AccountView; readonly version: number }>();
  #accounts: readonly AccountView[] = [];
  #version = 0;
  #lookedAt: number | null = null;
  #failure: Watched["failure"] = null;
  #clockAhead: number | null = null;
  #senders: readonly SenderState[] = [];
  #queue: QueueStatus | { readonly failure: string } | null = null;
  #sideAt = Number.NEGATIVE_INFINITY;
  #keptAt = Number.NEGATIVE_INFINITY;
  #keptBlock = "";
  #market: { readonly hash: string; readonly round: number; readonly market: MarketFile } | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { open, clock, log, alerts, own } = options;
    this.own = own;
    this.#startedAt = clock();
    this.metrics = new Metrics(options.accountSeries ?? ACCOUNT_SERIES);
    this.#chain = new ServedChain(open, {
      ...(options.house === undefined ? {} : { house: options.house }),
      progress: (share) => log.tell("info", "reading", { percent: Math.floor(share * 100) }),
    });
    this.#book = new AlertBook((alerts?.repeat ?? 3_600) * 1_000);
    this.#receivers = new AlertReceivers(alerts?.receivers ?? [], {
      delivered: (receiver, count) => {
        this.metrics.count("zkmargin_notices_total", { receiver, outcome: "delivered" });
        log.tell("info", "delivered", { receiver, count });
      },
      failed: (receiver, error) => {
        this.metrics.count("zkmargin_notices_total", { receiver, outcome: "failed" });
        log.tell("warn", "not-delivered", { receiver, error });
      },
    });
    this.#logs = new LogFollower(options.keeperLogs ?? [], {
      proven: (reason) => this.metrics.count("zkmargin_proofs_made_total", { reason }),
      took: (milliseconds) => this.metrics.observe("zkmargin_proof_seconds", milliseconds / 1_000),
      submitted: (outcome) => this.metrics.count("zkmargin_submissions_total", { outcome }),
      failed: (kind) => this.metrics.count("zkmargin_failures_total", { kind }),
    });
    // What the connection asks a node for, by method.
    open.connection.provider.on("debug", ({ action, payload }: { action: string; payload?: unknown }) => {
      if (action !== "sendRpcPayload") return;
      for (const one of [payload].flat() as { method?: string }[])
        this.metrics.count("zkmargin_rpc_requests_total", { method: one.method ?? "other" });
    });
  }

  /** All that is known now. */
  get watched(): Watched {
    const now = this.#options.clock();
    return {
      now,
      startedAt: this.#startedAt,
      lookedAt: this.#lookedAt,
      failure: this.#failure,
      chain: this.#chain.state,
      accounts: this.#accounts,
      clearing: this.#clearing(now),
      clockAhead: this.#clockAhead,
      senders: this.#senders,
      queue: this.#queue,
      keepers: this.#logs,
    };
  }

  #clearing(now: number): ClearingView | null {
    const chain = this.#chain.state;
    const reading = chain?.clearing.reading ?? null;
    if (chain === undefined || reading === null) return null;
    const time = chainTime({ chain, lookedAt: this.#lookedAt, now });
    return clearingView(reading, chain, time, this.#options.names);
  }

  /** Alerts that last, worst first. */
  get alerts() {
    return this.#book.lasting;
  }

  /** Counts the changes of accounts: what `/v1/accounts?since=` takes. */
  get version(): number {
    return this.#version;
  }

  /** Seconds without an answer after which the service is not ready. */
  get patience(): number {
    return (this.#options.alerts?.thresholds ?? DEFAULT_THRESHOLDS).nodeAway;
  }

  get gate(): string {
    return this.#options.open.addresses.marginGate;
  }

  /** Accounts that changed after a version; all of them for 0. */
  changedSince(version: number): AccountView[] {
    const changed: AccountView[] = [];
    for (const view of this.#accounts)
      if ((this.#versions.get(view.account)?.version ?? 0) > version) changed.push(view);
    return changed;
  }

  /** Has a follower told from now on. @returns what ends it */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** What the connection waits for, in its words. */
  waits(line: string): void {
    this.#failure = { name: "NodeUnreachableError", message: line };
    this.#options.log.tell("warn", "waiting", { error: line });
  }

  /**
   * Goes on from what an earlier process has kept, where there is something.
   * @throws what ReadStore.load throws
   */
  async restore(): Promise<void> {
    const { store, log } = this.#options;
    const restored = await store?.load();
    if (restored === undefined) return;
    if ("why" in restored) {
      if (restored.why !== "absent") log.tell("warn", "not-restored", { why: restored.why });
      return;
    }
    const { block, accounts } = restored.state;
    this.#chain.restore(restored.states);
    this.#keptBlock = block.hash;
    log.tell("info", "restored", { block: block.number, accounts: accounts.size });
  }

  /** Keeps what was read, where that is new. A disk in trouble is told and ends nothing. */
  async keep(): Promise<void> {
    const { store, log, clock } = this.#options;
    const state = this.#chain.state;
    if (store === undefined || state === undefined || state.block.hash === this.#keptBlock) return;
    this.#keptAt = clock();
    try {
      await store.save(state, this.#chain.settled);
      this.#keptBlock = state.block.hash;
      log.tell("info", "kept", { block: state.block.number });
    } catch (error) {
      log.tell("warn", "not-kept", { error: fileWords(error) });
    }
  }

  /** Looks again and again until `signal` is aborted. A node, queue or log in trouble ends nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { open, interval } = this.#options;
    const wait = Math.max(LEAST_INTERVAL, interval ?? open.connection.pollingInterval);
    let looking: Promise<void> | undefined;
    while (!signal.aborted) {
      // A look at a node in trouble takes long; alerts go on meanwhile.
      looking ??= this.look().finally(() => {
        looking = undefined;
      });
      await Promise.race([looking, sleep(wait, undefined, { signal }).catch(() => undefined)]);
      await this.#aside();
      this.#alert();
      if (this.#options.clock() - this.#keptAt >= KEEP_INTERVAL) await this.keep();
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
    await this.keep();
    await this.#receivers.close();
    this.#options.log.tell("info", "stopped", { reason: "asked" });
  }

  /** Looks at the chain once. A failure is told and kept. */
  async look(): Promise<void> {
    const { clock, log, open } = this.#options;
    const begun = clock();
    const before = this.#chain.state;
    const failed = this.#failure;
    try {
      const isNew = await this.#chain.look();
      const [now, state] = [clock(), this.#chain.state];
      if (failed !== null && this.#lookedAt !== null)
        log.tell("info", "node-back", { seconds: Math.round((now - this.#lookedAt) / 1_000) });
      this.#failure = null;
      this.#lookedAt = now;
      this.metrics.observe("zkmargin_look_seconds", (now - begun) / 1_000);
      if (!isNew || state === undefined) return;
      const ahead = Math.round(now / 1_000 - state.block.time);
      // Only the moment in which a block appears tells how far a clock is ahead; that it is behind, any does.
      if (!open.connection.local && (before !== undefined || ahead < 0)) this.#clockAhead = ahead;
      this.#compute(before !== undefined);
      if (before === undefined) {
        const { accounts, rounds, block } = state;
        log.tell("info", "ready", { block: block.number, accounts: accounts.size, rounds: rounds.length });
      }
      this.#tellNews(before ?? state);
    } catch (error) {
      const { name, error: message } = errorWords(error);
      this.#failure = { name, message };
      this.metrics.count("zkmargin_rpc_errors_total", { name });
      log.tell("warn", "node-trouble", { name, error: message });
    }
  }

  /** Health factors of the institution's own accounts, at the newest round; none before the first. */
  async ownHealth(): Promise<readonly OwnHealth[]> {
    const { open, key, own } = this.#options;
    const state = this.#chain.state;
    const round = state?.rounds.at(-1);
    if (own === undefined || state === undefined || round === undefined) return [];
    const hash = `${round.time} ${round.odometer}`;
    if (this.#market?.round !== round.number || this.#market.hash !== hash) {
      const { market } = await roundMarket(open, BigInt(round.number), key);
      this.#market = { hash, round: round.number, market };
    }
    return own.healthAt(round.number, this.#market.market, state.accounts.values());
  }

  /** Computes every account at the newest block, and counts what changed. */
  #compute(tells: boolean): void {
    const { names, log } = this.#options;
    const state = this.#chain.state;
    if (state === undefined) return;
    const { time } = state.block;
    this.#version++;
    const accounts: AccountView[] = [];
    for (const account of state.accounts.values()) {
      const view = accountView(
        account,
        state,
        time,
        names?.get(account.status.account.toLowerCase()) ?? null,
      );
      accounts.push(view);
      const known = this.#versions.get(view.account);
      if (known !== undefined && tells && known.view.status !== view.status)
        log.tell(LEVELS[view.status], "status", {
          ...{ account: view.account, status: view.status, before: known.view.status },
          deadline: view.deadline,
        });
      if (known !== undefined && isDeepStrictEqual(untimed(known.view), untimed(view))) continue;
      this.#versions.set(view.account, { view, version: this.#version });
    }
    this.#accounts = accounts;
    // What a re-organised chain has lost is new when it is back.
    if (this.#versions.size > accounts.length)
      for (const account of this.#versions.keys())
        if (!state.accounts.has(account)) this.#versions.delete(account);
  }

  /** Tells followers and metrics what is new. */
  #tellNews(before: ChainState): void {
    const { log } = this.#options;
    const state = this.#chain.state;
    if (state === undefined) return;
    const { times, fork } = state.reorganised;
    const reset = times !== before.reorganised.times;
    if (reset) {
      this.metrics.count("zkmargin_reorganisations_total");
      log.tell("warn", "reorganised", { fork, block: state.block.number });
    }
    const events = newEvents(before, state);
    for (const { event, time, fields } of events)
      if (event === "ProofAccepted" && time !== null) {
        this.metrics.count("zkmargin_proofs_accepted_total");
        const round = state.ring[Number(fields["round"]) % state.ring.length];
        if (round?.number === Number(fields["round"]))
          this.metrics.observe("zkmargin_proof_delay_seconds", Math.max(0, time - round.time));
      }
    const round = state.rounds.at(-1);
    if (round !== undefined && round.number !== before.rounds.at(-1)?.number)
      log.tell("info", "round", { round: round.number, epoch: round.epoch });
    for (const follower of this.#followers) follower({ events, version: this.#version, reset });
  }

  /** What is beside the chain: senders, queue and logs. Each fails by itself. */
  async #aside(): Promise<void> {
    const { clock, open, senders = [], queue, log } = this.#options;
    if (clock() - this.#sideAt < SIDE_INTERVAL) return;
    this.#sideAt = clock();
    await this.#logs.read();
    if (queue !== undefined)
      try {
        this.#queue = await queue.status();
      } catch (error) {
        const { name } = errorWords(error);
        this.#queue = { failure: name };
        log.tell("warn", "queue-trouble", { name });
      }
    if (senders.length === 0 || this.#failure !== null) return;
    try {
      this.#senders = await senderStates(open.connection, senders);
    } catch (error) {
      // The look at the chain tells of a node in trouble.
      this.metrics.count("zkmargin_rpc_errors_total", { name: errorWords(error).name });
    }
  }

  #alert(): void {
    const { alerts, clock, log, accounts, open } = this.#options;
    const watched = this.watched;
    const known = accounts === undefined ? undefined : new Set(accounts);
    const notices = this.#book.update(
      alertsOf(watched, alerts?.thresholds ?? DEFAULT_THRESHOLDS, known),
      clock(),
    );
    if (notices.length === 0) return;
    for (const { rule, severity, state, count } of notices)
      log.tell(state === "resolved" ? "info" : severity === "critical" ? "error" : "warn", "notice", {
        ...{ rule, severity, state, count },
      });
    this.#receivers.send({
      format: "zkmargin/notices@1",
      time: new Date(clock()).toISOString(),
      chainId: open.deployment.chainId.toString(),
      gate: this.gate,
      notices,
    });
  }
}

/** Events that a look has seen and the one before has not. What another block has after a re-organisation is not new. */
function newEvents(before: ChainState, { events, reorganised: { times, fork } }: ChainState): EventView[] {
  if (times === before.reorganised.times) {
    const last = before.events.at(-1)?.id;
    return before.events === events ? [] : events.filter(({ id }) => last === undefined || isAfter(id, last));
  }
  const textOf = ({ contract, event, fields }: EventView) => JSON.stringify([contract, event, fields]);
  const known = new Set(before.events.map(textOf));
  return events.filter((event) => event.block > fork && !known.has(textOf(event)));
}

const LEVELS: Readonly<Record<StatusName, Level>> = {
  ...{ healthy: "info", grace: "warn", marginCall: "warn", unknown: "warn" },
  liquidatable: "error",
};
