import type { Opening } from "../book/opening.js";
import type { OpenMarket } from "../chain/deployment.js";
import { KeptMarket, type RoundMarket } from "../chain/rounds.js";
import { accountStatus } from "../chain/status.js";
import { orAborted, pause } from "../chain/untilAborted.js";
import { NodeUnreachableError, NotProvableError, QueueError, ZkMarginError } from "../errors.js";
import type { VerificationKeyPoints } from "../groth16/verificationKey.js";
import { denseMarket } from "../market/file.js";
import { BPS } from "../protocol/bounds.js";
import { largestOfGrid } from "../protocol/whatIf.js";
import type { Bundle } from "../prove/bundle.js";
import type { ProvingSession } from "../prove/session.js";
import type { LeasedJob } from "./jobs.js";
import type { Finding, ProofQueue } from "./proofQueue.js";

/** What a worker proves with, and what it proves. */
export interface WorkerOptions {
  readonly queue: Pick<ProofQueue, "take" | "finish" | "giveBack">;
  readonly open: OpenMarket;
  readonly key: VerificationKeyPoints;
  readonly session: Pick<ProvingSession, "prove" | "tier">;
  /** The book of a commitment, if this worker can open it. */
  readonly bookOf: (commitment: bigint) => Promise<Opening | undefined>;
  /** Health factor to exceed, basis points, where no margin call asks for more. */
  readonly theta: number;
  /** Now, unix milliseconds. */
  readonly clock: () => number;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** What a worker did with a job. None of it says what is in a book. */
export interface WorkerEvent {
  readonly event:
    | "proven"
    /** The book is not healthy at the round, by the reference model. */
    | "unhealthy"
    /** The chain has gone on: another book, epoch or round. */
    | "stale"
    /** No book of this account that the worker's key opens is in the archive: another worker may have it. */
    | "no-book"
    /** The lease was over before the proof was made, and nothing of it was kept. */
    | "lost-lease"
    /** The job failed, and is tried again. */
    | "failed"
    /** The queue or the node does not answer. */
    | "trouble";
  readonly account: string | null;
  readonly sequence: bigint | null;
  readonly round: bigint | null;
  /** Milliseconds since the job was taken. */
  readonly took: number;
  /** Class of the error, of the last two. */
  readonly error: string | null;
  /** Unix milliseconds. */
  readonly time: number;
}

/** Milliseconds between two looks at a queue in which nothing waits. */
const IDLE = 250;
/** Milliseconds after which a worker in trouble looks again. */
const TROUBLED = 2_000;
/** Milliseconds for which a worker leaves the jobs of an account to others whose book it cannot open. */
const LEAVE = 60_000;
/** Seconds after which a job that failed may be taken again. */
const RETRY_AFTER = 2;

/**
 * Takes jobs from a queue, opens the books that they name, proves them and puts the proofs into the queue. It keeps no
 * state that matters: a job of a worker that was killed is another's once its lease is over.
 */
export class ProofWorker {
  readonly #options: WorkerOptions;
  /** Accounts that are left to others, and until when. */
  readonly #left = new Map<string, number>();
  readonly #market: KeptMarket;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#market = new KeptMarket(options.open, options.key);
  }

  /** Works until `signal` is aborted. The job that it has then is given back. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = await this.step(signal).then(
        (did) => (did ? 0 : IDLE),
        (error: unknown) => {
          if (!(error instanceof QueueError || error instanceof NodeUnreachableError)) throw error;
          this.#tell("trouble", null, 0, error);
          return TROUBLED;
        },
      );
      if (wait > 0) await pause(wait, signal);
    }
  }

  /** Does one job. @returns whether there was one @throws QueueError, NodeUnreachableError */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { queue, clock } = this.#options;
    const now = clock();
    for (const [account, until] of this.#left) if (until <= now) this.#left.delete(account);
    const job = await queue.take([...this.#left.keys()]);
    if (job === null) return false;
    let finding: Finding | undefined;
    try {
      finding = signal?.aborted ? undefined : await this.#find(job, signal);
    } catch (error) {
      if (!(error instanceof ZkMarginError)) throw error;
      // A node in trouble is no fault of the job.
      const isFault = !(error instanceof NodeUnreachableError);
      await queue.giveBack(job, RETRY_AFTER, isFault);
      if (!isFault) throw error;
      this.#tell("failed", job, now, error);
      return true;
    }
    if (finding === undefined) {
      await queue.giveBack(job, 0, false);
      if (signal?.aborted) return true;
      this.#left.set(job.account, now + LEAVE);
      this.#tell("no-book", job, now);
      return true;
    }
    const kept = await queue.finish(job, finding);
    this.#tell(kept ? finding.outcome : "lost-lease", job, now);
    return true;
  }

  /** What is to be said of a job; undefined if this worker cannot open its book, or is to end before it has one. */
  async #find(job: LeasedJob, signal?: AbortSignal): Promise<Finding | undefined> {
    const { open, session, bookOf, theta: least } = this.#options;
    const status = await orAborted(accountStatus(open, job.account), signal);
    if (status === undefined) return undefined;
    const { sequence, commitment, live } = status.book;
    if (sequence !== job.sequence || !live) return { outcome: "stale" };
    const round = await orAborted(this.#market.of(job.round), signal);
    if (round === undefined) return undefined;
    if (round.epoch !== job.epoch) return { outcome: "stale" };
    const opening = await bookOf(commitment);
    if (opening === undefined) return undefined;
    const wanted = status.callRound === 0n ? Number(BPS) : status.callTheta;
    try {
      const { claim, proof } = await proveWidest(session, { opening, round, wanted, least });
      return { outcome: "proven", claim, proof };
    } catch (error) {
      if (error instanceof NotProvableError) return { outcome: "unhealthy" };
      throw error;
    }
  }

  #tell(event: WorkerEvent["event"], job: LeasedJob | null, since: number, error?: Error): void {
    const time = this.#options.clock();
    this.#options.onEvent?.({
      event,
      ...{ account: job?.account ?? null, sequence: job?.sequence ?? null, round: job?.round ?? null },
      ...{ took: job === null ? 0 : time - since, error: error?.name ?? null, time },
    });
  }
}

/** A book to prove at a round. Health factors are basis points. */
export interface WidestRequest {
  readonly opening: Opening;
  readonly round: RoundMarket;
  /** What lifts a margin call that stands; the maintenance margin without one. */
  readonly wanted: number;
  /** To be exceeded anyhow. */
  readonly least: number;
}

/**
 * Proves a book in the largest envelope of the grid in which it is healthy: above what lifts a margin call where it can
 * be, and above `least` anyhow.
 * @throws NotProvableError if it is not above `least`
 */
export function proveWidest(
  session: Pick<ProvingSession, "prove" | "tier">,
  { opening, round, wanted, least }: WidestRequest,
): Promise<Bundle> {
  const dense = denseMarket(round.market, session.tier);
  const envelopeAt = (theta: number) => largestOfGrid(opening.book, dense, theta);
  const lifting = Math.max(wanted, least);
  const theta = envelopeAt(lifting) === null ? least : lifting;
  return session.prove({ opening, market: round.market, theta, envelope: envelopeAt(theta) ?? 0 });
}
