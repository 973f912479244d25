import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { ProofJob } from "../chain/keeper/remote.js";
import { hex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { readBy } from "../encoding/shape.js";
import { QueueError } from "../errors.js";

/** Tells two jobs of one name apart from other users of the same database. */
const ID_DOMAIN = "zkmargin/job@1";

/** A job that a worker has for the time of its lease. */
export interface LeasedJob extends ProofJob {
  readonly id: string;
  /** Which lease of the job it is. A later one ends it. */
  readonly fence: number;
}

/** One id for each job, so that it is queued once, however often it is asked for. */
export function jobId(job: ProofJob): string {
  const hex = createHash("sha256")
    .update(`${ID_DOMAIN} ${Object.values(jobData(job)).join(" ")}`)
    .digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** What the database has of a job. */
export function jobData({ account, sequence, round, epoch }: ProofJob): Record<string, string> {
  return { account, sequence: `${sequence}`, round: `${round}`, epoch: `${epoch}` };
}

const number = readBy(parseInteger);
const jobSchema = z.object({ account: hex(32), sequence: number, round: number, epoch: number });

/** A job as the database has it. @throws QueueError for what somebody else wrote there */
export function readJob(data: unknown): ProofJob {
  const { data: job } = jobSchema.safeParse(data);
  if (job === undefined)
    throw new QueueError(
      "queue: expected a job of an account, a sequence, a round and an epoch, got another",
    );
  return job;
}
