import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { accountOf, jobsFrom, OWNER, PROVEN } from "../support/queueJobs.js";

/** How often a worker is killed; QUEUE_KILLS=200 is the long run. */
const KILLS = Number(process.env["QUEUE_KILLS"] ?? 3);
const TIMES = { lease: 1, sweep: 1, hold: 30 };
const TAKER = fileURLToPath(new URL("../support/queueTaker.ts", import.meta.url));

describe("queue, with workers that are killed", function () {
  this.timeout(60_000 + KILLS * 20_000);
  let folder: string;
  let queue: ProofQueue;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-kills-"));
    queue = await ProofQueue.open(await embeddedDatabase(folder), OWNER, TIMES);
  });
  after(async () => {
    await queue?.close();
    await rm(folder, { recursive: true, force: true });
  });

  // shows: A79
  it(`loses no job and keeps no proof twice, at ${KILLS} random moments`, async () => {
    let state = 20_210_519;
    const random = () => {
      state = (1_103_515_245 * state + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    const kept: string[] = [];
    const start = async (): Promise<ChildProcess> => {
      const owner = JSON.stringify({ ...OWNER, chainId: OWNER.chainId.toString() });
      const args = [folder, owner, JSON.stringify(TIMES), JSON.stringify(PROVEN), "20"];
      const child = spawn(process.execPath, ["--import", "tsx", TAKER, ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const lines = createInterface({ input: child.stdout ?? assert.fail() });
      lines.on("line", (line) => {
        const [what, account = ""] = line.split(" ");
        if (what === "kept") kept.push(account);
      });
      await once(lines, "line");
      return child;
    };
    // More than a worker does between two kills.
    let asked = 0;
    const ask = async () => {
      asked += 40;
      await queue.request(jobsFrom(asked).slice(asked - 40));
    };
    let child = await start();
    for (let kill = 0; kill < KILLS; kill++) {
      await ask();
      await sleep(random() * 600);
      child.kill("SIGKILL");
      await once(child, "close");
      child = await start();
    }
    while ((await queue.status()).done < asked) await sleep(100);
    child.kill("SIGKILL");
    await once(child, "close");

    // The queue gives so many proofs at a time.
    const collected: string[] = [];
    for (;;) {
      const { proven } = await queue.collect(1n, 1n);
      if (proven.length === 0) break;
      collected.push(...proven.map(({ account }) => account));
      await queue.settle(proven.map((one) => ({ proven: one, outcome: "accepted" as const })));
    }
    assert.deepEqual(
      collected.sort(),
      Array.from({ length: asked }, (_, i) => accountOf(i)),
    );
    assert.equal(new Set(kept).size, kept.length, "a proof was kept twice");
    const { failed, waiting, active } = await queue.status();
    assert.deepEqual({ failed, waiting, active }, { failed: 0, waiting: 0, active: 0 });
  });
});
