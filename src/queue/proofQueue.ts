import PgBoss from "pg-boss";
import * as z from "zod/mini";
import type { ProofJob, ProofSource, RemoteProofs } from "../chain/keeper/remote.js";
import type { ProvenClaim, Submitted } from "../chain/submit.js";
import { QueueConflictError, QueueError } from "../errors.js";
import type { Groth16Proof } from "../groth16/proof.js";
import { type Claim, packClaim, unpackClaim } from "../protocol/claim.js";
import { proofSchema } from "../prove/bundle.js";
import { asQueueError, type Database, type Rows } from "./database.js";
import { jobData, jobId, type LeasedJob, readJob } from "./jobs.js";
import { ensureTables, JOBS, QUEUE, type QueueOwner, TABLES } from "./schema.js";

/** What a worker has found: a proof, that the book is not healthy, or that the chain has gone on. */
export type Finding =
  | { readonly outcome: "proven"; readonly claim: Claim; readonly proof: Groth16Proof }
  | { readonly outcome: "unhealthy" | "stale" };

/** Seconds of a queue's life. */
export interface QueueTimes {
  /** For which a worker has a job; after that and `sweep` another takes it over. */
  readonly lease: number;
  /** Between two looks for leases that are over. */
  readonly sweep: number;
  /** For which a keeper has the queue since it last said so. */
  readonly hold: number;
}

/** A job of a killed worker is taken over within 36 seconds: lease, sweep and a second in which the next worker looks. */
export const DEFAULT_TIMES: QueueTimes = { lease: 30, sweep: 5, hold: 30 };

/** Holds after which it is looked again whether a book is healthy: a re-organised chain has other prices in a round of that number. */
const RECHECK = 4;
/** Times a job is begun before it counts as failed. */
const ATTEMPTS = 5;
const HOUR = 3_600;
/** Proofs that a keeper takes at a look; the others wait for the next. */
const COLLECTED = 1_024;
/** Jobs put in at once. */
const AT_ONCE = 1_000;

/** How a queue stands. */
export interface QueueStatus {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
  readonly done: number;
  readonly cancelled: number;
  /** Proofs that wait to be submitted. */
  readonly ready: number;
  readonly submitted: number;
  /** Seconds that the longest waiting job has waited; null if none waits. */
  readonly oldest: number | null;
  readonly draining: boolean;
  /** The sender of the keeper that has the queue; null if none has. */
  readonly keeper: string | null;
}

/**
 * Jobs of proving on pg-boss. A job names account, sequence, round and epoch; what comes back is a claim and a proof, which
 * the chain will show to everybody. Nothing private is in it.
 */
export class ProofQueue implements ProofSource {
  readonly #database: Database;
  readonly #boss: PgBoss;
  readonly #times: QueueTimes;
  /** Who holds the queue, once it is held. */
  #holder: string | null = null;
  #newest = "";

  private constructor(database: Database, boss: PgBoss, times: QueueTimes) {
    this.#database = database;
    this.#boss = boss;
    this.#times = times;
  }

  /**
   * Opens a queue, and makes it where there is none and an owner is given. It owns the database from then on.
   * @param owner whose queue it is; undefined to look at any
   * @throws QueueConflictError for a queue of another version or gate, QueueError
   */
  static async open(database: Database, owner?: QueueOwner, times = DEFAULT_TIMES): Promise<ProofQueue> {
    try {
      await ensureTables(database, owner);
      const boss = new PgBoss({
        db: database,
        schema: JOBS,
        schedule: false,
        supervise: owner !== undefined,
        migrate: owner !== undefined,
        maintenanceIntervalSeconds: times.sweep,
        archiveCompletedAfterSeconds: HOUR,
        archiveFailedAfterSeconds: 24 * HOUR,
        deleteAfterSeconds: 24 * HOUR,
      });
      // Its maintenance fails as everything else does, and what else fails says so.
      boss.on("error", () => undefined);
      await boss.start();
      if (owner !== undefined) await boss.createQueue(QUEUE, { name: QUEUE, policy: "standard" });
      return new ProofQueue(database, boss, times);
    } catch (error) {
      await database.close();
      throw error instanceof QueueConflictError ? error : asQueueError(error);
    }
  }

  async close(): Promise<void> {
    if (this.#holder !== null)
      await this.#sql(`UPDATE ${TABLES}.queue SET keeper_until = now() WHERE keeper = $1`, [
        this.#holder,
      ]).catch(() => undefined);
    await this.#boss.stop({ graceful: false, close: false, wait: true }).catch(() => undefined);
    await this.#database.close();
  }

  /**
   * Seconds by which the database's clock is ahead of this one. Leases go by the database's clock alone.
   * @param now unix milliseconds
   */
  async clockAhead(now: number): Promise<number> {
    const { rows } = await this.#sql("SELECT extract(epoch FROM clock_timestamp())::float8 AS at");
    return Number(rows[0]?.["at"]) - now / 1_000;
  }

  // ---- the keeper ----

  /**
   * Takes the queue for a keeper, or says again that it has it.
   * @param keeper names this process
   * @throws QueueConflictError while another has it
   */
  async hold(keeper: string): Promise<void> {
    const { rows } = await this.#sql(
      `UPDATE ${TABLES}.queue SET keeper = $1, keeper_until = now() + $2 * interval '1 second'
       WHERE keeper = $1 OR keeper IS NULL OR keeper_until <= now() RETURNING 1`,
      [keeper, this.#times.hold],
    );
    if (rows.length === 0)
      throw new QueueConflictError(
        "queue",
        "one keeper",
        "another that has the queue",
        `end it; if it was killed, wait ${this.#times.hold} seconds`,
      );
    this.#holder = keeper;
  }

  async request(jobs: readonly ProofJob[]): Promise<boolean> {
    const { rows } = await this.#sql(`SELECT draining FROM ${TABLES}.queue`);
    if (rows[0]?.["draining"] === true) return false;
    for (let at = 0; at < jobs.length; at += AT_ONCE) {
      await this.#renew(jobs.slice(at, at + AT_ONCE).map(jobId));
      const batch = jobs.slice(at, at + AT_ONCE).map((job) => ({
        id: jobId(job),
        name: QUEUE,
        data: jobData(job),
        priority: job.priority ?? 0,
        expireInSeconds: this.#times.lease,
        retryLimit: ATTEMPTS,
        retryDelay: 0,
        retryBackoff: false,
      }));
      await this.#run(() => this.#boss.insert(batch));
    }
    return true;
  }

  /**
   * Removes jobs that are over though the chain still calls for them: it was re-organised, and has lost what was submitted, or has an
   * older round as its newest again. What was done within a hold is left: a node may be behind.
   */
  async #renew(ids: readonly string[]): Promise<void> {
    await this.#sql(
      `WITH old AS (
         SELECT j.id FROM ${JOBS}.job j LEFT JOIN ${TABLES}.proof p ON p.job = j.id
         WHERE j.name = '${QUEUE}' AND j.id = ANY($1::uuid[]) AND (
           j.state = 'cancelled' OR p.state = 'superseded' OR (
             j.state = 'completed' AND NOT coalesce(p.state = 'ready' AND p.outcome = 'proven', false)
             AND coalesce(p.made_at, j.completed_on) < now() - $2 * interval '1 second'))
       ), gone AS (DELETE FROM ${TABLES}.proof WHERE job IN (SELECT id FROM old))
       DELETE FROM ${JOBS}.job WHERE name = '${QUEUE}' AND id IN (SELECT id FROM old)`,
      [ids, this.#times.hold],
    );
  }

  /** What is ready of a round. The jobs of all other rounds are cancelled, and their proofs not submitted. */
  async collect(round: bigint, epoch: bigint): Promise<RemoteProofs> {
    await this.#supersede(round, epoch);
    const { rows } = await this.#sql(
      `SELECT account, sequence::text, outcome, claim, proof,
         made_at > now() - $3 * interval '1 second' AS fresh FROM ${TABLES}.proof
       WHERE state = 'ready' AND round = $1 AND epoch = $2
       ORDER BY outcome = 'proven', made_at, account LIMIT (
         SELECT count(*) + ${COLLECTED} FROM ${TABLES}.proof
         WHERE state = 'ready' AND round = $1 AND epoch = $2 AND outcome <> 'proven')`,
      [round.toString(), epoch.toString(), RECHECK * this.#times.hold],
    );
    const proven: ProvenClaim[] = [];
    const unprovable: ProofPlace[] = [];
    for (const row of rows) {
      const of = { account: String(row["account"]), sequence: BigInt(String(row["sequence"])), round };
      if (row["outcome"] === "unhealthy" && row["fresh"] === true) unprovable.push(of);
      if (row["outcome"] !== "proven") continue;
      const made = madeOf(row);
      if (made === undefined) await this.#forget(of);
      else proven.push({ ...of, epoch, ...made });
    }
    const failed = await this.#sql(
      `SELECT count(*)::int AS n FROM ${JOBS}.job WHERE name = $1 AND state = 'failed' AND data->>'round' = $2`,
      [QUEUE, round.toString()],
    );
    return { proven, unprovable, failed: Number(failed.rows[0]?.["n"] ?? 0) };
  }

  async settle(results: readonly Submitted[]): Promise<void> {
    const done = results.filter(({ outcome }) => outcome !== "refused").map(({ proven }) => placeOf(proven));
    await this.#sql(
      `UPDATE ${TABLES}.proof p SET state = 'submitted'
       FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS done (account, sequence, round)
       WHERE p.account = done.account AND p.sequence = done.sequence AND p.round = done.round`,
      [0, 1, 2].map((column) => done.map((place) => place[column])),
    );
    // What the gate refuses is asked for again, if the chain still calls for it.
    for (const { proven, outcome } of results) if (outcome === "refused") await this.#forget(proven);
  }

  /** Removes a proof and its job, so that it can be asked for again. */
  async #forget(place: ProofPlace): Promise<void> {
    await this.#sql(
      `WITH gone AS (DELETE FROM ${TABLES}.proof WHERE ${ITS_PLACE} RETURNING job)
       DELETE FROM ${JOBS}.job WHERE name = '${QUEUE}' AND id IN (SELECT job FROM gone)`,
      placeOf(place),
    );
  }

  async #supersede(round: bigint, epoch: bigint): Promise<void> {
    if (this.#newest === `${round} ${epoch}`) return;
    const of = [round.toString(), epoch.toString()];
    const { rows } = await this.#sql(
      `SELECT id FROM ${JOBS}.job
       WHERE name = '${QUEUE}' AND state < 'completed' AND (data->>'round' <> $1 OR data->>'epoch' <> $2)`,
      of,
    );
    const ids = rows.map(({ id }) => String(id));
    if (ids.length > 0) await this.#run(() => this.#boss.cancel(QUEUE, ids));
    await this.#sql(
      `UPDATE ${TABLES}.proof SET state = 'superseded' WHERE state = 'ready' AND (round <> $1 OR epoch <> $2)`,
      of,
    );
    await this.#sql(
      `DELETE FROM ${TABLES}.proof WHERE state <> 'ready' AND made_at < now() - interval '1 day'`,
    );
    this.#newest = `${round} ${epoch}`;
  }

  // ---- workers ----

  /**
   * The most urgent job that waits; null if none does.
   * @param excluded accounts whose books the worker cannot open
   */
  async take(excluded: readonly string[] = []): Promise<LeasedJob | null> {
    // As pg-boss fetches, but for the accounts that this worker leaves to others.
    const { rows } = await this.#sql(
      `WITH next AS (
         SELECT id FROM ${JOBS}.job
         WHERE name = '${QUEUE}' AND state < 'active' AND start_after <= now() AND NOT (data->>'account' = ANY($1::text[]))
         ORDER BY priority DESC, created_on, id LIMIT 1 FOR UPDATE SKIP LOCKED
       )
       UPDATE ${JOBS}.job j SET state = 'active', started_on = now(),
         retry_count = CASE WHEN started_on IS NOT NULL THEN retry_count + 1 ELSE retry_count END
       FROM next WHERE j.name = '${QUEUE}' AND j.id = next.id
       RETURNING j.id::text, j.retry_count, j.data`,
      [[...excluded]],
    );
    const [row] = rows;
    if (row === undefined) return null;
    return { id: String(row["id"]), fence: Number(row["retry_count"]), ...readJob(row["data"]) };
  }

  /**
   * Marks a job done with what was found, in the one transaction that checks the lease.
   * @returns false if the lease was lost: another worker has the job, or its round is superseded, and nothing was written
   */
  async finish(
    { id, fence, account, sequence, round, epoch }: LeasedJob,
    finding: Finding,
  ): Promise<boolean> {
    const made = finding.outcome === "proven";
    const { rows } = await this.#sql(
      `WITH done AS (
         UPDATE ${JOBS}.job SET state = 'completed', completed_on = now()
         WHERE name = '${QUEUE}' AND id = $1::uuid AND state = 'active' AND retry_count = $2::int RETURNING id
       )
       INSERT INTO ${TABLES}.proof (account, sequence, round, epoch, job, fence, outcome, claim, proof)
       SELECT $3, $4::bigint, $5::bigint, $6::bigint, id, $2::int, $7, $8::text, $9::jsonb FROM done
       ON CONFLICT DO NOTHING RETURNING job`,
      [
        ...[id, fence, account, sequence.toString(), round.toString(), epoch.toString(), finding.outcome],
        made ? packClaim(finding.claim).toString() : null,
        made ? JSON.stringify(finding.proof) : null,
      ],
    );
    return rows.length === 1;
  }

  /** Gives a job back, after which it may be taken in `seconds`; one that failed counts towards its attempts. */
  async giveBack({ id, fence }: LeasedJob, seconds: number, failed: boolean): Promise<void> {
    const state = failed ? `CASE WHEN retry_count < retry_limit THEN 'retry' ELSE 'failed' END` : "'retry'";
    await this.#sql(
      `UPDATE ${JOBS}.job SET state = (${state})::${JOBS}.job_state, start_after = now() + $3 * interval '1 second'
         ${failed ? "" : ", retry_limit = retry_limit + 1"}
       WHERE name = '${QUEUE}' AND id = $1::uuid AND state = 'active' AND retry_count = $2::int`,
      [id, fence, seconds],
    );
  }

  // ---- the operator ----

  async status(): Promise<QueueStatus> {
    const { rows } = await this.#sql(
      `SELECT
         (SELECT jsonb_object_agg(state, n) FROM
           (SELECT state, count(*) AS n FROM ${JOBS}.job WHERE name = '${QUEUE}' GROUP BY state) s) AS jobs,
         (SELECT jsonb_object_agg(state, n) FROM
           (SELECT state, count(*) AS n FROM ${TABLES}.proof WHERE outcome = 'proven' GROUP BY state) p) AS proofs,
         (SELECT extract(epoch FROM now() - min(created_on))::float8 FROM ${JOBS}.job
           WHERE name = '${QUEUE}' AND state < 'active') AS oldest,
         draining, CASE WHEN keeper_until > now() THEN keeper END AS keeper
       FROM ${TABLES}.queue`,
    );
    const row = rows[0] ?? {};
    const [jobs, proofs] = [countsOf(row["jobs"]), countsOf(row["proofs"])];
    const oldest = row["oldest"];
    return {
      waiting: (jobs["created"] ?? 0) + (jobs["retry"] ?? 0),
      active: jobs["active"] ?? 0,
      failed: jobs["failed"] ?? 0,
      done: jobs["completed"] ?? 0,
      cancelled: jobs["cancelled"] ?? 0,
      ready: proofs["ready"] ?? 0,
      submitted: proofs["submitted"] ?? 0,
      oldest: typeof oldest === "number" ? Math.max(0, Math.round(oldest)) : null,
      draining: row["draining"] === true,
      keeper: typeof row["keeper"] === "string" ? (row["keeper"].split(" ")[0] ?? null) : null,
    };
  }

  /** Has the keeper ask for no more proofs, or ask again. What is queued goes on. */
  async drain(draining: boolean): Promise<void> {
    await this.#sql(`UPDATE ${TABLES}.queue SET draining = $1`, [draining]);
  }

  /** Queues every failed job again. @returns how many */
  async retry(): Promise<number> {
    const { rows } = await this.#sql(
      `UPDATE ${JOBS}.job SET state = 'retry', retry_limit = retry_count + ${ATTEMPTS}, start_after = now()
       WHERE name = '${QUEUE}' AND state = 'failed' RETURNING 1`,
    );
    return rows.length;
  }

  #sql(text: string, values?: unknown[]): Promise<Rows> {
    return this.#run(() => this.#database.executeSql(text, values));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asQueueError(error);
    }
  }
}

/** How many of each state; none where there is nothing to count. */
function countsOf(column: unknown): Readonly<Record<string, number>> {
  return z.record(z.string(), z.number()).safeParse(column).data ?? {};
}

/** Which book a proof is of, and at which round. */
type ProofPlace = Pick<ProofJob, "account" | "sequence" | "round">;
const ITS_PLACE = "account = $1 AND sequence = $2 AND round = $3";

function placeOf({ account, sequence, round }: ProofPlace): string[] {
  return [account, sequence.toString(), round.toString()];
}

/** The claim and proof of a row; undefined where somebody else wrote other text there. */
function madeOf({ claim, proof }: Rows["rows"][number]): Pick<ProvenClaim, "claim" | "proof"> | undefined {
  try {
    return { claim: unpackClaim(BigInt(String(claim)), "queue.claim"), proof: proofSchema.parse(proof) };
  } catch {
    return undefined;
  }
}
