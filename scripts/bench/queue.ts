import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { LocalPostgres } from "../../test/support/localPostgres.js";
import { jobsFrom, OWNER, PROVEN } from "../../test/support/queueJobs.js";
import { benchWorkers } from "./queueWorkers.js";

/** Of a part of the jobs. Memory is the process's at its end, after a collection where Node allows one. */
interface Measured {
  readonly jobs: number;
  readonly jobsPerSecond: number;
  readonly megabytes: number;
}

/**
 * Times the queue alone, in a folder: jobs are asked for, taken, and finished with a proof that nobody made. Each round is a
 * fifth of the jobs, as large as the others, so that the first and the last show whether time or memory grow.
 */
export async function benchQueue(
  jobs: number,
  onShare: (share: number) => void,
): Promise<{
  readonly measured: readonly Measured[];
  readonly speedOfLastToFirst: number;
  readonly memoryGrowth: number;
}> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-bench-queue-"));
  const queue = await ProofQueue.open(await embeddedDatabase(folder), OWNER);
  const measured: Measured[] = [];
  try {
    const each = Math.round(jobs / ROUNDS);
    for (let round = 1; round <= ROUNDS; round++) {
      const start = performance.now();
      await queue.collect(BigInt(round), 1n);
      await queue.request(jobsFrom(each, BigInt(round)));
      for (let job = await queue.take(); job !== null; job = await queue.take())
        await queue.finish(job, PROVEN);
      // The queue gives so many proofs at a time.
      let settled = 0;
      for (;;) {
        const { proven } = await queue.collect(BigInt(round), 1n);
        if (proven.length === 0) break;
        await queue.settle(proven.map((one) => ({ proven: one, outcome: "accepted" as const })));
        settled += proven.length;
      }
      if (settled !== each) throw new Error(`expected ${each} proofs, got ${settled}`);
      const seconds = (performance.now() - start) / 1_000;
      globalThis.gc?.();
      measured.push({
        jobs: each,
        jobsPerSecond: Math.round(each / seconds),
        megabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
      });
      onShare(round / ROUNDS);
    }
  } finally {
    await queue.close();
    await rm(folder, { recursive: true, force: true });
  }
  const [first, last] = [measured[0], measured.at(-1)];
  return {
    measured,
    speedOfLastToFirst: Number(((last?.jobsPerSecond ?? 0) / (first?.jobsPerSecond ?? 1)).toFixed(2)),
    memoryGrowth: Number(((last?.megabytes ?? 0) / (first?.megabytes ?? 1)).toFixed(2)),
  };
}

const ROUNDS = 5;
const TAKERS = 4;

/** Times the queue alone on a PostgreSQL server of this machine, as {@link benchQueue}, with several who take jobs. */
async function benchServer(
  jobs: number,
  onShare: (share: number) => void,
): Promise<{ readonly jobs: number; readonly jobsPerSecond: number }> {
  const server = await LocalPostgres.start();
  const queues: ProofQueue[] = [];
  try {
    for (let i = 0; i <= TAKERS; i++) queues.push(await ProofQueue.open(await server.open(), OWNER));
    const [keeper, ...takers] = queues;
    if (keeper === undefined) throw new Error("no queue");
    let done = 0;
    const start = performance.now();
    await keeper.collect(1n, 1n);
    await keeper.request(jobsFrom(jobs));
    const work = async (queue: ProofQueue) => {
      for (let job = await queue.take(); job !== null; job = await queue.take()) {
        await queue.finish(job, PROVEN);
        if (++done % Math.ceil(jobs / ROUNDS) === 0) onShare(done / jobs);
      }
    };
    await Promise.all(takers.map(work));
    const { proven } = await keeper.collect(1n, 1n);
    await keeper.settle(proven.map((one) => ({ proven: one, outcome: "accepted" as const })));
    return { jobs, jobsPerSecond: Math.round((1_000 * proven.length) / (performance.now() - start)) };
  } finally {
    for (const queue of queues) await queue.close();
    await server.stop();
  }
}

/** What more workers would prove, as far as the queue passes jobs on: proofs a minute. */
function onPaper(perWorker: number, jobsPerSecond: number): Record<string, number> {
  const most = 60 * jobsPerSecond;
  const of = (workers: number) => Math.min(most, Math.round(workers * perWorker));
  return {
    ...Object.fromEntries([4, 16, 64, 256].map((workers) => [`${workers} workers`, of(workers)])),
    "workers at which the queue is the limit": Math.ceil(most / perWorker),
  };
}

// `npm run bench:queue [-- <jobs> <proofs>]`; 10 000 jobs of the queue alone and 60 proofs of each number of workers by default.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [jobs = "10000", proofs = "60"] = process.argv.slice(2);
  const tell = (what: string) => (share: number) =>
    process.stderr.write(`${what} … ${Math.round(share * 100)} %\n`);
  const folder = await benchQueue(Number(jobs), tell("queue in a folder"));
  const server = await benchServer(Number(jobs), tell("queue on a server"));
  const workers = await benchWorkers(Number(proofs), [1, 2], tell("workers"));
  const [one] = workers.measured;
  const slowest = Math.min(...folder.measured.map(({ jobsPerSecond }) => jobsPerSecond));
  const result = {
    "the queue alone, in a folder": folder,
    "the queue alone, on a PostgreSQL server, four takers": server,
    "workers of one thread, real proofs": workers,
    "on paper, proofs a minute in a folder": onPaper(one?.proofsPerMinute ?? 0, slowest),
    "on paper, proofs a minute on a server": onPaper(one?.proofsPerMinute ?? 0, server.jobsPerSecond),
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
