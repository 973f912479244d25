import { QueueConflictError } from "../errors.js";
import type { Database } from "./database.js";

/** Version of the tables below. Another one is refused: no process may write what another does not understand. */
export const QUEUE_VERSION = 1;
/** Schema of pg-boss, and of the tables beside it. */
export const JOBS = "zkmargin_jobs";
export const TABLES = "zkmargin";
/** The one queue of pg-boss. */
export const QUEUE = "prove";

/** Whose accounts a queue's jobs are of. */
export interface QueueOwner {
  readonly chainId: bigint;
  /** Address of the margin gate. */
  readonly gate: string;
}

/**
 * `queue` has one row: version, gate, and the keeper that has it. `proof` has what became of each job: an account is
 * proven once for each book, round and epoch, which the key holds. Nothing in either is private.
 */
const CREATE = `
BEGIN;
SELECT pg_advisory_xact_lock(7240165);
CREATE SCHEMA IF NOT EXISTS ${TABLES};
CREATE TABLE IF NOT EXISTS ${TABLES}.queue (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version int NOT NULL,
  chain_id text NOT NULL,
  gate text NOT NULL,
  draining boolean NOT NULL DEFAULT false,
  keeper text,
  keeper_until timestamptz
);
CREATE TABLE IF NOT EXISTS ${TABLES}.proof (
  account text NOT NULL,
  sequence bigint NOT NULL,
  round bigint NOT NULL,
  epoch bigint NOT NULL,
  job uuid NOT NULL,
  fence int NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('proven', 'unhealthy', 'stale')),
  claim text,
  proof jsonb,
  state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'submitted', 'refused', 'superseded')),
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, sequence, round, epoch),
  CHECK ((outcome = 'proven') = (claim IS NOT NULL AND proof IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS proof_ready ON ${TABLES}.proof (round) WHERE state = 'ready';
COMMIT;`;

/**
 * Makes the tables where there are none.
 * @param owner whose queue it is to be, or must be; undefined for any
 * @throws QueueConflictError for a queue of another version or gate, or none where one must be
 */
export async function ensureTables(database: Database, owner?: QueueOwner): Promise<void> {
  const { rows: found } = await database.executeSql("SELECT to_regclass($1)::text AS name", [
    `${TABLES}.queue`,
  ]);
  if (found[0]?.["name"] === null || found[0] === undefined) {
    if (owner === undefined)
      throw new QueueConflictError("queue", "a queue", "none", "start `zkmargin keep --queue` first");
    await database.executeSql(CREATE);
  }
  if (owner !== undefined)
    await database.executeSql(
      `INSERT INTO ${TABLES}.queue (version, chain_id, gate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [QUEUE_VERSION, owner.chainId.toString(), owner.gate],
    );
  const { rows } = await database.executeSql(`SELECT version, chain_id, gate FROM ${TABLES}.queue`);
  const [queue] = rows;
  const version = Number(queue?.["version"] ?? 0);
  if (version !== QUEUE_VERSION)
    throw new QueueConflictError(
      "queue",
      `version ${QUEUE_VERSION}`,
      `version ${version}`,
      "run the same zkmargin everywhere, or name another database: a queue holds nothing that the keeper cannot ask for again",
    );
  const [chainId, gate] = [String(queue?.["chain_id"]), String(queue?.["gate"])];
  if (owner !== undefined && (chainId !== owner.chainId.toString() || gate !== owner.gate))
    throw new QueueConflictError(
      "queue",
      `that of the gate ${owner.gate} on chain ${owner.chainId}`,
      `that of ${gate} on chain ${chainId}`,
      "name another database for this deployment",
    );
}
