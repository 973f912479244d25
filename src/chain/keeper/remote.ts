import { randomUUID } from "node:crypto";
import { QueueError } from "../../errors.js";
import type { AccountStatus } from "../status.js";
import type { ProvenClaim, Submitted } from "../submit.js";
import {
  type Action,
  decide,
  type KeeperPolicy,
  type KeeperState,
  type Reason,
  reasonToProve,
} from "./decide.js";
import type { Happening } from "./events.js";
import type { Watch } from "./watch.js";

/** What is to be proven, by what is public of it. */
export interface ProofJob {
  /** 32 bytes, hex. */
  readonly account: string;
  /** Of the attested book. */
  readonly sequence: bigint;
  readonly round: bigint;
  /** Of the profile. */
  readonly epoch: bigint;
  /** The higher, the sooner; 0 by default. */
  readonly priority?: number;
}

/** What was made of jobs since they were asked for. */
export interface RemoteProofs {
  readonly proven: readonly ProvenClaim[];
  /** Books that are not healthy at the round, by the reference model. */
  readonly unprovable: KeeperState["unprovable"];
  /** Jobs that failed so often that nobody tries again. */
  readonly failed: number;
}

/** Where a keeper has its proofs made, if not in its own process. */
export interface ProofSource {
  /** Says that this keeper is there. @throws an error that ends the keeper if another has the queue */
  hold(keeper: string): Promise<void>;
  /** Asks for proofs. Asking again changes nothing while they are made or ready. @returns whether it takes any now */
  request(jobs: readonly ProofJob[]): Promise<boolean>;
  /** What is ready of this round; what was asked for of other rounds is not wanted any more. */
  collect(round: bigint, epoch: bigint): Promise<RemoteProofs>;
  /** Says what became of proofs. */
  settle(results: readonly Submitted[]): Promise<void>;
}

/** Milliseconds that a proof waits for others to fill its batch. */
const BATCH_WAIT = 15_000;
/** Milliseconds after which everything is asked for again: the queue may have been lost meanwhile. */
const ASK_AGAIN = 60_000;
/** Priority of a round that a claim is old, below that of a reason. */
const ROUNDS_AT_MOST = 999_999n;

type ProveAction = Action & { readonly kind: "prove" };

/** What a keeper does next by way of a queue. */
export interface RemoteDue extends RemoteProofs {
  /** Everything but proving, which others do. */
  readonly due: readonly Action[];
  readonly news: readonly (Happening & { readonly round?: bigint })[];
}

/** The side of a keeper that has its proofs made elsewhere. It keeps nothing that a restart would miss. */
export class RemoteProving {
  readonly #source: ProofSource;
  readonly #keeper: string;
  readonly #clock: () => number;
  /** Proofs that were told of. */
  #told = new Set<string>();
  /** Jobs that were asked for since this keeper began, of the newest round. */
  #asked = new Set<string>();
  /** When all of them were asked for, by the clock. */
  #askedAt = 0;
  #waitingSince: number | undefined;

  /** @param sender the address that the keeper sends as */
  constructor(source: ProofSource, sender: string, clock: () => number) {
    this.#source = source;
    this.#keeper = `${sender} ${randomUUID()}`;
    this.#clock = clock;
  }

  hold(): Promise<void> {
    return this.#source.hold(this.#keeper);
  }

  settle(results: readonly Submitted[]): Promise<void> {
    for (const { proven, outcome } of results) if (outcome === "refused") this.#asked.delete(keyOf(proven));
    return this.#source.settle(results);
  }

  /** Collects what was proven, asks for what is to be, and says what is due. */
  async due(state: KeeperState, policy: KeeperPolicy, watch: Watch): Promise<RemoteDue> {
    const { market, accounts } = state;
    const none = { proven: [], unprovable: [], failed: 0 };
    const { proven, unprovable, failed } =
      market.round === null ? none : await this.#source.collect(market.round.number, market.epoch);
    const statuses = new Map(accounts.map((status) => [status.account, status]));
    const news = [...this.#news(proven, statuses, state, policy, watch)];
    for (const { account } of unprovable) news.push(...watch.ofObstacle(account, "unhealthy"));
    const all = decide({ ...state, ready: proven, unprovable }, policy);
    const wanted = all.filter((action): action is ProveAction => action.kind === "prove");
    const jobs = jobsOf(wanted, state);
    if (this.#clock() - this.#askedAt >= ASK_AGAIN) this.#asked.clear();
    const fresh = jobs.filter((job) => !this.#asked.has(keyOf(job)));
    if (fresh.length > 0 && (await this.#source.request(fresh))) {
      if (this.#asked.size === 0) this.#askedAt = this.#clock();
      this.#asked = new Set(jobs.map(keyOf));
    }
    if (!all.some(({ kind }) => kind === "submit")) this.#waitingSince = undefined;
    else this.#waitingSince ??= this.#clock();
    const waited = this.#clock() - (this.#waitingSince ?? this.#clock());
    const due = fullBatches(all, policy.batch, waited).filter(({ kind }) => kind !== "prove");
    return { due, news, proven, unprovable, failed };
  }

  *#news(
    proven: readonly ProvenClaim[],
    statuses: ReadonlyMap<string, AccountStatus>,
    { market }: KeeperState,
    policy: KeeperPolicy,
    watch: Watch,
  ): Generator<Happening & { readonly round?: bigint }> {
    const before = this.#told;
    this.#told = new Set(proven.map(keyOf));
    for (const one of proven) {
      const { account, round, claim } = one;
      const status = statuses.get(account);
      const reason = status === undefined ? null : reasonToProve(status, market, policy);
      if (status === undefined || reason === null || before.has(keyOf(one))) continue;
      yield { event: "proven", account, round, reason, claim };
      const below = status.callRound !== 0n && claim.theta < status.callTheta;
      yield* watch.ofObstacle(account, below ? "below-call" : null);
    }
  }
}

/** What a keeper tells of jobs that nobody tries again by itself. */
export function failedJobs(failed: number): QueueError {
  return new QueueError(
    `queue: expected no failed job, got ${failed}; see the workers' lines, then run \`zkmargin queue retry\``,
  );
}

function keyOf({ account, sequence, round }: Pick<ProofJob, "account" | "sequence" | "round">): string {
  return `${account} ${sequence} ${round}`;
}

/** The jobs of actions: marks against an account first, then accounts whose claim is none, then the oldest claims. */
function jobsOf(actions: readonly ProveAction[], { accounts, market }: KeeperState): ProofJob[] {
  const states = new Map(accounts.map((status) => [status.account, status]));
  return actions.flatMap(({ account, round, reason }) => {
    const status = states.get(account);
    if (status === undefined) return [];
    const old = round - (status.claim?.round ?? 0n);
    const priority = URGENCY[reason] * 1_000_000 + Number(old < ROUNDS_AT_MOST ? old : ROUNDS_AT_MOST);
    return [{ account, sequence: status.book.sequence, round, epoch: market.epoch, priority }];
  });
}

const URGENCY: Readonly<Record<Reason, number>> = {
  ...{ breach: 2, call: 2 },
  ...{ first: 1, book: 1, epoch: 1 },
  ...{ envelope: 0, age: 0 },
};

/**
 * Which batches are sent now: full ones, and those whose first proof has waited long enough or that nothing can fill.
 * @param waited milliseconds since the first proof of all that wait
 */
function fullBatches(due: readonly Action[], batch: number, waited: number): Action[] {
  const more = due.some(({ kind }) => kind === "prove");
  return due.filter(
    (action) => action.kind !== "submit" || action.proofs.length >= batch || !more || waited >= BATCH_WAIT,
  );
}
