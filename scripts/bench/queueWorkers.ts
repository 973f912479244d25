import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Archive } from "../../src/audit/archive/archive.js";
import { newKeyPair, serialiseAuditorKey } from "../../src/audit/archive/seal.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { poke } from "../../src/chain/rounds.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { exampleBook } from "../../test/support/desk.js";
import { LocalChain } from "../../test/support/localChain.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 5);

/** Proofs of one or several workers, each a process of one thread that finds, proves and verifies as `zkmargin worker` does. */
interface WorkersMeasured {
  readonly workers: number;
  readonly proofs: number;
  readonly proofsPerMinute: number;
  /** Processor seconds of a core that a minute has, for each proof a minute: what a worker is sized by. */
  readonly millisecondsPerProof: number;
}

/**
 * Times workers: real proofs of attested books at a real round, from when they are asked for until the last is in the queue.
 * Each number of workers has a round of its own, in one run.
 */
export async function benchWorkers(
  accounts: number,
  counts: readonly number[],
  onShare: (share: number) => void,
): Promise<{ readonly measured: readonly WorkersMeasured[]; readonly scaling: number }> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-bench-workers-"));
  const chain = await LocalChain.start();
  const queue = await ProofQueue.open(await embeddedDatabase(join(folder, "queue")), {
    chainId: chain.connection.chainId,
    gate: chain.open.addresses.marginGate,
  });
  const workers: ChildProcess[] = [];
  try {
    const archive = await Archive.create(join(folder, "archive"), SECRET);
    const pair = newKeyPair();
    const ids: string[] = [];
    for (let i = 0; i < accounts; i++) {
      const book = exampleBook("cash-and-carry", { account: `desk-${i}`, sequence: 1 });
      await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
      await archive.grant(pair.publicKey, { account: book.account, first: 1n, last: 9n }, 1_621_209_600);
      ids.push(await chain.attest(book));
      onShare(((i + 1) / accounts) * 0.3);
    }
    await writeFile(join(folder, "deployment.json"), serialiseDeployment(chain.open.deployment));
    await writeFile(join(folder, "worker.key"), serialiseAuditorKey(pair), { mode: 0o600 });
    const measured: WorkersMeasured[] = [];
    for (const [i, count] of counts.entries()) {
      while (workers.length < count) workers.push(await startWorker(folder, chain.anvil.url));
      await chain.pass(chain.plan.timing.provingWindow);
      await chain.feeds.post(chain.closes);
      const { number: round } = await poke(chain.open, chain.transactionsOf(chain.keeper));
      const epoch = await chain.open.contracts.riskProfile.epoch();
      await queue.collect(round, epoch);
      const jobs = ids.map((account) => ({ account, sequence: 1n, round, epoch }));
      const start = performance.now();
      await queue.request(jobs);
      for (;;) {
        const { proven, unprovable, failed } = await queue.collect(round, epoch);
        if (unprovable.length + failed > 0) throw new Error("expected every book to be proven");
        if (proven.length === accounts) break;
        await sleep(50);
      }
      const milliseconds = performance.now() - start;
      measured.push({
        workers: count,
        proofs: accounts,
        proofsPerMinute: Math.round((60_000 * accounts) / milliseconds),
        millisecondsPerProof: Math.round((milliseconds * count) / accounts),
      });
      onShare(0.3 + (0.7 * (i + 1)) / counts.length);
    }
    const [first, last] = [measured[0], measured.at(-1)];
    const scaling = (last?.proofsPerMinute ?? 0) / (first?.proofsPerMinute ?? 1);
    return { measured, scaling: Number(scaling.toFixed(2)) };
  } finally {
    for (const worker of workers) worker.kill("SIGTERM");
    await queue.close();
    await chain.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command line's own worker, once it waits for jobs. */
async function startWorker(folder: string, rpc: string): Promise<ChildProcess> {
  const at = (name: string) => join(folder, name);
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", join(ROOT, "src/cli/main.ts"), "worker", "--threads", "1"],
      ...["--rpc", rpc, "--deployment", at("deployment.json"), "--home", join(ROOT, "build/keys")],
      ...["--archive", at("archive"), "--key", at("worker.key"), "--queue-folder", at("queue")],
    ],
    { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] },
  );
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  const ended = once(child, "close").then(() => {
    throw new Error("expected a worker that waits for jobs, got one that ended");
  });
  ended.catch(() => undefined);
  await Promise.race([ended, once(lines, "line")]);
  return child;
}
