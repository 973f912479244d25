import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { QueueConflictError } from "../../src/errors.js";
import { postgresDatabase } from "../../src/queue/database.js";
import type { LeasedJob } from "../../src/queue/jobs.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { LocalPostgres } from "../support/localPostgres.js";
import { jobsFrom, OWNER, PROVEN } from "../support/queueJobs.js";

const PASSWORD = "a password: 100%41 @this/test";
const TIMES = { lease: 2, sweep: 1, hold: 30 };

describe("queue, on a PostgreSQL server", function () {
  this.timeout(180_000);
  let local: LocalPostgres;
  before(async () => {
    local = await LocalPostgres.start(PASSWORD);
  });
  after(() => local?.stop());

  const open = async () => ProofQueue.open(await local.open(), OWNER, TIMES);

  // shows: A79
  it("gives each job to one of many workers, and keeps one proof of each, also where a worker is late", async () => {
    const keeper = await open();
    // Several make the tables at once.
    const workers = await Promise.all([open(), open(), open()]);
    try {
      await keeper.request(jobsFrom(60));
      const late: LeasedJob[] = [];
      const kept: string[] = [];
      const work = async (queue: ProofQueue, isSlow: boolean) => {
        for (let idle = 0; idle < 30; ) {
          const job = await queue.take();
          if (job === null) {
            idle++;
            await sleep(100);
          } else if (isSlow && late.length < 5) late.push(job);
          else if (await queue.finish(job, PROVEN)) kept.push(job.account);
        }
      };
      await Promise.all(workers.map((queue, i) => work(queue, i === 0)));
      assert.equal(late.length, 5);
      for (const job of late) assert.equal(await workers[0]?.finish(job, PROVEN), false);
      assert.equal(kept.length, 60);
      assert.equal(new Set(kept).size, 60);
      assert.equal((await keeper.collect(1n, 1n)).proven.length, 60);
    } finally {
      for (const queue of [keeper, ...workers]) await queue.close();
    }
  });

  // shows: A79
  it("goes by the database's clock, wherever the clocks of keeper and worker stand", async () => {
    const real = Date.now;
    const [queue, worker] = [await open(), await open()];
    try {
      for (const hours of [-10, 10]) {
        Date.now = () => real() + hours * 3_600_000;
        assert.ok(Math.abs((await queue.clockAhead(Date.now())) + hours * 3_600) < 5);
        const round = BigInt(hours + 100);
        await queue.collect(round, 1n);
        await queue.request(jobsFrom(2, round));
        const [first, late] = [await worker.take(), await worker.take()];
        if (first === null || late === null) assert.fail("two jobs");
        assert.equal(await worker.finish(first, PROVEN), true, "its lease is not over");
        let again = await worker.take();
        for (const began = performance.now(); again === null; again = await worker.take()) {
          assert.ok(performance.now() - began < 30_000, "its lease ends");
          await sleep(50);
        }
        assert.equal(await worker.finish(late, PROVEN), false);
        assert.equal(await worker.finish(again, PROVEN), true);
        await queue.hold("0xaa one");
        await assert.rejects(worker.hold("0xbb two"), QueueConflictError);
      }
    } finally {
      Date.now = real;
      await queue.close();
      await worker.close();
    }
  });

  it("says what a server refuses, in words without its user, its host or a password", async () => {
    for (const [of, password, expected] of [
      [local.url, "another", /expected a user and a password/],
      [local.url.replace("/queue", "/none"), PASSWORD, /expected a database of that name/],
      [local.url.replace(/:\d+/, ":1"), PASSWORD, /no answer/],
    ] as const)
      await assert.rejects(postgresDatabase(of, password), (error: Error) => {
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /desk|127\.0\.0\.1|another|a password: /);
        return true;
      });
  });

  it("says that a server is read-only, or gone", async () => {
    const queue = await open();
    try {
      const client = local.server.getPgClient("queue", "127.0.0.1");
      await client.connect();
      await client.query("ALTER DATABASE queue SET default_transaction_read_only = on");
      const other = await open().catch((error: Error) => error);
      assert.ok(other instanceof Error && /read-only/.test(other.message), String(other));
      await client.query("SET default_transaction_read_only = off");
      await client.query("ALTER DATABASE queue RESET default_transaction_read_only");
      await client.end();
      await local.server.stop();
      await assert.rejects(queue.take(), /no answer/);
    } finally {
      await queue.close();
    }
  });
});
