import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { QueueConflictError, QueueError } from "../../src/errors.js";
import type { Database } from "../../src/queue/database.js";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import type { LeasedJob } from "../../src/queue/jobs.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { accountOf, jobsFrom, OWNER, PROVEN } from "../support/queueJobs.js";
import { skip } from "../support/skip.js";

const ON_DISK = fileURLToPath(new URL("../support/queueOnDisk.ts", import.meta.url));
const TIMES = { lease: 1, sweep: 1, hold: 2 };
describe("queue/proofQueue, in a folder", function () {
  this.timeout(120_000);
  let folder: string;
  let queue: ProofQueue;
  let database: Database;
  before(async function () {
    // A new database is seconds of work.
    this.timeout(300_000);
    folder = await mkdtemp(join(tmpdir(), "zkmargin-queue-"));
    await start();
  });
  after(async () => {
    await queue?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await database.executeSql(
      `DELETE FROM zkmargin.proof; DELETE FROM zkmargin_jobs.job;
       UPDATE zkmargin.queue SET keeper = NULL, draining = false`,
    );
  });

  const start = async () => {
    database = await embeddedDatabase(folder);
    queue = await ProofQueue.open(database, OWNER, TIMES);
  };
  const taken = async (): Promise<LeasedJob> => (await queue.take()) ?? assert.fail("no job");

  it("has one job for each account, book and round, however often it is asked for", async () => {
    const jobs = jobsFrom(5);
    assert.equal(await queue.request(jobs), true);
    await queue.request([...jobs, ...jobs]);
    assert.equal((await queue.status()).waiting, 5);
    const seen = new Set<string>();
    for (let job = await queue.take(); job !== null; job = await queue.take()) {
      seen.add(job.account);
      assert.equal(await queue.finish(job, PROVEN), true);
    }
    assert.equal(seen.size, 5);
    await queue.request(jobs);
    const { waiting, done, ready } = await queue.status();
    assert.deepEqual({ waiting, done, ready }, { waiting: 0, done: 5, ready: 5 });
  });

  it("gives the most urgent job first", async () => {
    await queue.request([...jobsFrom(3), ...jobsFrom(4, 1n, 9).slice(3)]);
    assert.equal((await taken()).account, accountOf(3));
  });

  // shows: A79
  it("takes nothing from a worker that lost its lease, and the job is another's", async () => {
    await queue.request(jobsFrom(1));
    const late = await taken();
    const began = performance.now();
    let again = await queue.take();
    while (again === null) {
      await sleep(50);
      again = await queue.take();
    }
    // Lease, sweep, and what a busy machine adds.
    assert.ok(performance.now() - began < 10_000);
    assert.equal(again.id, late.id);
    assert.ok(again.fence > late.fence);
    assert.equal(await queue.finish(late, PROVEN), false);
    assert.deepEqual((await queue.collect(1n, 1n)).proven, []);
    await queue.giveBack(late, 0, true);
    assert.equal(await queue.finish(again, PROVEN), true);
    assert.equal(await queue.finish(again, PROVEN), false);
    assert.equal((await queue.collect(1n, 1n)).proven.length, 1);
  });

  it("cancels the jobs of superseded rounds, and keeps their proofs from being submitted", async () => {
    await queue.request(jobsFrom(3));
    const [first, second] = [await taken(), await taken()];
    await queue.finish(first, PROVEN);
    assert.equal((await queue.collect(1n, 1n)).proven.length, 1);
    assert.equal((await queue.collect(2n, 1n)).proven.length, 0);
    assert.equal(await queue.finish(second, PROVEN), false);
    const { waiting, active, cancelled, ready } = await queue.status();
    assert.deepEqual(
      { waiting, active, cancelled, ready },
      { waiting: 0, active: 0, cancelled: 2, ready: 0 },
    );
    await queue.request(jobsFrom(3, 2n));
    assert.equal((await queue.status()).waiting, 3);
  });

  it("asks again for what the gate refused, and not for what it has", async () => {
    await queue.request(jobsFrom(2));
    for (let i = 0; i < 2; i++) await queue.finish(await taken(), PROVEN);
    const [one, other] = (await queue.collect(1n, 1n)).proven;
    if (one === undefined || other === undefined) assert.fail();
    await queue.settle([
      { proven: one, outcome: "accepted" },
      { proven: other, outcome: "refused", reason: "ProofNotStronger" },
    ]);
    assert.equal((await queue.collect(1n, 1n)).proven.length, 0);
    await queue.request(jobsFrom(2));
    const { waiting, submitted } = await queue.status();
    assert.deepEqual({ waiting, submitted }, { waiting: 1, submitted: 1 });
  });

  describe("after a re-organisation", () => {
    /** As if everything had happened so many seconds ago. */
    const ago = (seconds: number) =>
      database.executeSql(
        `UPDATE zkmargin.proof SET made_at = made_at - ${seconds} * interval '1 second';
         UPDATE zkmargin_jobs.job SET completed_on = completed_on - ${seconds} * interval '1 second'`,
      );

    // shows: A79
    it("makes a proof again that was submitted and that the chain has lost, but not while a node may be behind", async () => {
      const jobs = jobsFrom(1);
      await queue.request(jobs);
      await queue.finish(await taken(), PROVEN);
      const { proven } = await queue.collect(1n, 1n);
      await queue.settle(proven.map((one) => ({ proven: one, outcome: "accepted" })));
      await ago(TIMES.hold - 1.5);
      await queue.request(jobs);
      assert.equal((await queue.status()).waiting, 0);
      await ago(TIMES.hold);
      await queue.request(jobs);
      assert.equal((await queue.status()).waiting, 1);
      await queue.finish(await taken(), PROVEN);
      assert.equal((await queue.collect(1n, 1n)).proven.length, 1);
    });

    it("goes on with the jobs of an older round that is the newest again", async () => {
      const jobs = jobsFrom(3);
      await queue.request(jobs);
      await queue.finish(await taken(), PROVEN);
      const orphaned = await taken();
      await queue.request(jobsFrom(3, 2n));
      await queue.collect(2n, 1n);
      assert.equal((await queue.status()).cancelled, 2);
      assert.deepEqual((await queue.collect(1n, 1n)).proven, []);
      await queue.request(jobs);
      const { waiting, cancelled } = await queue.status();
      assert.deepEqual([waiting, cancelled], [3, 3]);
      assert.equal(await queue.finish(orphaned, PROVEN), false, "the lease before is over");
      for (let i = 0; i < 3; i++) await queue.finish(await taken(), PROVEN);
      assert.equal((await queue.collect(1n, 1n)).proven.length, 3);
    });

    it("looks again at a book that was not healthy, and at what was found to be stale", async () => {
      const jobs = jobsFrom(2);
      await queue.request(jobs);
      await queue.finish(await taken(), { outcome: "unhealthy" });
      await queue.finish(await taken(), { outcome: "stale" });
      assert.equal((await queue.collect(1n, 1n)).unprovable.length, 1);
      await ago(4 * TIMES.hold);
      assert.equal((await queue.collect(1n, 1n)).unprovable.length, 0);
      await queue.request(jobs);
      assert.equal((await queue.status()).waiting, 2);
    });
  });

  it("asks again for a proof in whose place somebody wrote other text", async () => {
    const [other, jobs] = [`UPDATE zkmargin.proof SET`, jobsFrom(4)];
    await queue.request(jobs);
    for (let job = await queue.take(); job !== null; job = await queue.take())
      await queue.finish(job, PROVEN);
    await database.executeSql(`${other} proof = '{"pi_a": 7}' WHERE account = '${accountOf(0)}'`);
    await database.executeSql(
      `${other} proof = jsonb_set(proof, '{pi_a,0}', '"x"') WHERE account = '${accountOf(3)}'`,
    );
    await database.executeSql(`${other} claim = 'none' WHERE account = '${accountOf(1)}'`);
    assert.deepEqual(
      (await queue.collect(1n, 1n)).proven.map(({ account }) => account),
      [accountOf(2)],
    );
    await queue.request(jobs);
    assert.equal((await queue.status()).waiting, 3);
  });

  it("counts a job as failed after its attempts, and tries it again when told to", async () => {
    await queue.request(jobsFrom(1));
    for (let attempts = 0; attempts <= 5; attempts++) await queue.giveBack(await taken(), 0, true);
    assert.equal(await queue.take(), null);
    assert.equal((await queue.collect(1n, 1n)).failed, 1);
    assert.equal(await queue.retry(), 1);
    await queue.finish(await taken(), PROVEN);
    assert.equal((await queue.collect(1n, 1n)).failed, 0);
  });

  it("leaves the accounts of others to them", async () => {
    await queue.request(jobsFrom(2));
    const job = (await queue.take([accountOf(0)])) ?? assert.fail();
    assert.equal(job.account, accountOf(1));
    assert.equal(await queue.take([accountOf(0)]), null);
  });

  it("takes nothing while it drains, and goes on with what it has", async () => {
    await queue.request(jobsFrom(1));
    await queue.drain(true);
    assert.equal(await queue.request(jobsFrom(3)), false);
    await queue.finish(await taken(), PROVEN);
    const { draining, waiting, ready } = await queue.status();
    assert.deepEqual({ draining, waiting, ready }, { draining: true, waiting: 0, ready: 1 });
    await queue.drain(false);
    assert.equal(await queue.request(jobsFrom(3)), true);
    assert.equal((await queue.status()).waiting, 2);
  });

  // shows: A79
  it("has one keeper, and another once the first is gone", async () => {
    await queue.hold("0xaa one");
    await queue.hold("0xaa one");
    await assert.rejects(queue.hold("0xbb two"), QueueConflictError);
    assert.equal((await queue.status()).keeper, "0xaa");
    await sleep(2_100);
    await queue.hold("0xbb two");
    await assert.rejects(queue.hold("0xaa one"), QueueConflictError);
  });

  // shows: A79
  it("serves other processes of its folder, who see a queue that goes away and comes back", async function () {
    this.timeout(300_000);
    const other = await ProofQueue.open(await embeddedDatabase(folder, "reach"), OWNER, TIMES);
    await queue.request(jobsFrom(2));
    const job = (await other.take()) ?? assert.fail();
    await queue.close();
    await assert.rejects(embeddedDatabase(folder, "reach"), /expected a keeper that has the queue/);
    await assert.rejects(other.finish(job, PROVEN), QueueError);
    await start();
    assert.equal(await other.finish(job, PROVEN), true);
    assert.equal((await queue.status()).waiting, 1);
    await other.close();
  });

  it("takes no job of other text, and closes the connection of a process that speaks otherwise", async () => {
    await queue.request(jobsFrom(1));
    await database.executeSql(`UPDATE zkmargin_jobs.job SET data = '{"account": "0x01", "round": "1"}'`);
    await assert.rejects(queue.take(), /expected a job of an account, a sequence, a round and an epoch/);
    for (const line of ["hello", '{"id": 0}', '{"id": 0, "text": 1}']) {
      const stranger = connect(join(folder, "queue.sock"));
      stranger.write(`${line}\n`);
      await once(stranger, "close");
    }
    await queue.request(jobsFrom(2));
    assert.equal((await queue.status()).waiting, 1);
  });

  it("refuses the queue of another version and of another gate, and leaves it as it was", async () => {
    const through = () => embeddedDatabase(folder, "reach");
    const gate = `0x${"bb".repeat(20)}`;
    await queue.request(jobsFrom(2));
    await assert.rejects(ProofQueue.open(await through(), { ...OWNER, gate }, TIMES), QueueConflictError);
    await database.executeSql("UPDATE zkmargin.queue SET version = 2");
    await assert.rejects(ProofQueue.open(await through(), OWNER, TIMES), /expected version 1, got version 2/);
    await database.executeSql("UPDATE zkmargin.queue SET version = 1");
    assert.equal((await queue.status()).waiting, 2);
  });

  it("says that a database is read-only, and loses nothing", async () => {
    await queue.request(jobsFrom(2));
    await database.executeSql("SET default_transaction_read_only = on");
    await assert.rejects(queue.take(), /read-only/);
    await assert.rejects(queue.request(jobsFrom(3)), /read-only/);
    await database.executeSql("SET default_transaction_read_only = off");
    assert.equal((await queue.status()).waiting, 2);
  });
});

describe("queue/embedded, where something is in the way", function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-queue-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("takes nobody for the process that has the queue who does not answer as it does", async () => {
    const path = join(folder, "queue.sock");
    for (const answer of ["hello\n", '{"id":0}\n', ""]) {
      const stranger = createServer((socket) => {
        socket.on("error", () => undefined).resume();
        if (answer === "") socket.end();
        else socket.write(answer);
      });
      await once(stranger.listen(path), "listening");
      await assert.rejects(embeddedDatabase(folder, "reach"), /expected a keeper that has the queue/);
      stranger.close();
      await once(stranger, "close");
    }
    await mkdir(path);
    await assert.rejects(embeddedDatabase(folder), /expected queue.sock of its folder to be free/);
    await rm(path, { recursive: true });
    const queue = await ProofQueue.open(await embeddedDatabase(folder), OWNER, TIMES);
    assert.equal((await queue.status()).waiting, 0);
    await queue.close();
  });

  it("says that a disk is full, and has every job and proof once there is room", async function () {
    const script = `mount -t tmpfs -o size=120m,mode=700 none "$0" && exec "$1" --import tsx "$2" "$0" "$3"`;
    const run = (left: number) =>
      spawnSync("unshare", ["-rm", "sh", "-c", script, folder, process.execPath, ON_DISK, String(left)], {
        encoding: "utf8",
      });
    for (const left of [0, 300_000]) {
      const { error, status, stdout, stderr } = run(left);
      if (error !== undefined || /unshare|mount:/.test(stderr))
        return skip(this, "only Linux lets a user mount a disk, where user namespaces are allowed");
      assert.equal(status, 0, stderr);
      const { said, asked, ...counts } = JSON.parse(stdout);
      assert.match(said, /expected room for the queue's database, got a full disk; nothing is lost/);
      assert.deepEqual(counts, { waiting: asked - 10, ready: 10, done: 10, after: asked + 190 });
    }
  });
});
