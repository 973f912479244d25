import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { jobsFrom, OWNER, PROVEN } from "../../test/support/queueJobs.js";

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
      const { proven } = await queue.collect(BigInt(round), 1n);
      if (proven.length !== each) throw new Error(`expected ${each} proofs, got ${proven.length}`);
      await queue.settle(proven.map((one) => ({ proven: one, outcome: "accepted" as const })));
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

// `npm run bench:queue [-- <jobs>]`; 10 000 jobs by default.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await benchQueue(Number(process.argv[2] ?? 10_000), (share) =>
    process.stderr.write(`queue … ${Math.round(share * 100)} %\n`),
  );
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
