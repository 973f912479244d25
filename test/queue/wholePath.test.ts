import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Archive } from "../../src/audit/archive/archive.js";
import { newKeyPair } from "../../src/audit/archive/seal.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import type { Opening } from "../../src/book/opening.js";
import { type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { KeeperEvent } from "../../src/chain/keeper/events.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { QueueConflictError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ArchivedBooks } from "../../src/queue/openings.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { ProofWorker, type WorkerEvent } from "../../src/queue/worker.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3);
const NAMES: Readonly<Record<string, string>> = {
  ...{ "desk-0": "cash-and-carry", "desk-1": "leveraged-long", "desk-2": "aave-borrower" },
};
const TIMES = { lease: 30, sweep: 1, hold: 60 };

describe("queue: from a keeper that holds no book to the gate", function () {
  this.timeout(300_000);
  let folder: string;
  let chain: LocalChain;
  let queue: ProofQueue;
  const books = Object.entries(NAMES).map(([account, name]) => exampleBook(name, { account, sequence: 1 }));
  const accounts: string[] = [];
  const pairs = [newKeyPair(), newKeyPair()];
  const workerEvents: WorkerEvent[] = [];
  const keeperEvents: KeeperEvent[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-path-"));
    chain = await LocalChain.start();
    for (const book of books) accounts.push(await chain.attest(book));
    const archive = await Archive.create(join(folder, "archive"), SECRET);
    for (const book of books) await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    // The first key opens two accounts, the second the third.
    for (const [i, { account }] of books.entries()) {
      const { publicKey } = pairs[i === 2 ? 1 : 0] ?? assert.fail();
      await archive.grant(publicKey, { account, first: 1n, last: 9n }, 1_621_209_600);
    }
    queue = await open();
  });
  after(async () => {
    await queue?.close();
    await chain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async () =>
    ProofQueue.open(
      await embeddedDatabase(join(folder, "queue")),
      { chainId: chain.connection.chainId, gate: chain.open.addresses.marginGate },
      TIMES,
    );

  const keeper = (source: ProofQueue, transactions = chain.transactionsOf(chain.keeper)) =>
    new Keeper({
      open: chain.open,
      transactions,
      key: chain.key.key,
      accounts,
      given: () => null,
      prove: source,
      clock: Date.now,
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 64, pokeAfter: 600 },
      onEvent: (event) => keeperEvents.push(event),
      interval: 50,
    });

  const worker = async (pair: (typeof pairs)[number], source: ProofQueue, archive = "archive") => {
    const archived = await ArchivedBooks.open(join(folder, archive), { auditor: pair }, Date.now);
    return new ProofWorker({
      ...{ queue: source, open: chain.open, key: chain.key.key, session: chain.session, theta: 10_000 },
      bookOf: (commitment) => archived.of(commitment),
      clock: Date.now,
      onEvent: (event) => workerEvents.push(event),
    });
  };

  it("proves each account once, by workers that open their own accounts alone, and submits one batch", async () => {
    const stop = new AbortController();
    const [first, second] = pairs;
    if (first === undefined || second === undefined) assert.fail();
    const running = [keeper(queue).run(stop.signal)];
    for (const pair of [first, second]) running.push((await worker(pair, queue)).run(stop.signal));
    try {
      for (;;) {
        const statuses = await Promise.all(accounts.map((account) => accountStatus(chain.open, account)));
        if (statuses.every(({ status }) => status === "healthy")) break;
        await new Promise((done) => setTimeout(done, 100));
      }
    } finally {
      stop.abort();
      await Promise.all(running);
    }
    const proven = workerEvents.filter(({ event }) => event === "proven");
    assert.deepEqual(proven.map(({ account }) => account).sort(), [...accounts].sort());
    const submitted = keeperEvents.filter(({ event }) => event === "submitted");
    assert.equal(submitted.length, 3);
    assert.equal(new Set(submitted.map((event) => "transaction" in event && event.transaction)).size, 1);
    const { waiting, active, ready, submitted: settled } = await queue.status();
    assert.deepEqual({ waiting, active, ready, settled }, { waiting: 0, active: 0, ready: 0, settled: 3 });
  });

  // shows: A78
  it("has no position, salt or secret in the database's files, a dump of it, or an event", async () => {
    const canaries = canariesOf(books);
    assert.ok(canaries.length > 10);
    const rows: unknown[] = [];
    const database = await embeddedDatabase(join(folder, "queue"), "reach");
    for (const table of ["zkmargin.queue", "zkmargin.proof", "zkmargin_jobs.job", "zkmargin_jobs.archive"])
      rows.push((await database.executeSql(`SELECT to_jsonb(t) AS row FROM ${table} t`)).rows);
    await database.close();
    const said = JSON.stringify([rows, workerEvents, keeperEvents], (_, value) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    for (const canary of canaries) assert.ok(!said.includes(canary), "a dump or an event has it");
    const files = await readdir(join(folder, "queue"), { recursive: true, withFileTypes: true });
    let searched = 0;
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0));
      searched += bytes.length;
      // As latin1 the secret is its own bytes; as UTF-8 it would be others, which no file has.
      for (const canary of canaries) assert.ok(!bytes.includes(canary, 0, "latin1"), `${file.name} has it`);
    }
    // The account ids are there, so what is searched is the right thing.
    assert.ok(said.includes(accounts[0] ?? "?"));
    assert.ok(searched > 1_000_000);
  });

  it("goes on with another keeper where one ended, and refuses a second beside it", async () => {
    keeperEvents.length = 0;
    await assert.rejects(keeper(queue).tick(), QueueConflictError);
    // As the process of a keeper does when it ends.
    await queue.close();
    queue = await open();
    const one = keeper(queue);
    const { snapshot } = await one.tick();
    assert.ok(snapshot.accounts.every(({ status }) => status === "healthy"));
    assert.deepEqual(
      keeperEvents.filter(({ event }) => ["proven", "submitted", "trouble"].includes(event)),
      [],
    );
  });
  /** Makes a round at a price, has the accounts proven at it, and says how many proofs were made and how many batches sent. */
  const roundOf = async (source: ProofQueue, journal: Journal, archive: string, seconds: number) => {
    workerEvents.length = keeperEvents.length = 0;
    await chain.pass(seconds);
    await chain.feeds.post(chain.closes);
    await poke(chain.open, chain.transactionsOf(chain.deployer));
    const one = keeper(source, chain.transactionsOf(chain.keeper, journal));
    await one.tick();
    for (const pair of pairs) {
      const made = await worker(pair, source, archive);
      while (await made.step());
    }
    await one.tick();
    return workerEvents.filter(({ event }) => event === "proven").length;
  };
  const isHealthy = async () => {
    for (const account of accounts)
      assert.equal((await accountStatus(chain.open, account)).status, "healthy");
  };
  /** The next book of each account, attested. */
  const nextBooks = async (sequence: number) => {
    const next = books.map((book) =>
      exampleBook(NAMES[book.account] ?? "", { account: book.account, sequence }),
    );
    for (const book of next) await chain.attest(book);
    return next;
  };
  const nonceOf = () => chain.connection.provider.getTransactionCount(chain.keeper.address);

  it("goes on with an empty queue where the queue is lost, and asks for nothing that is proven", async () => {
    await queue.close();
    await rm(join(folder, "queue"), { recursive: true });
    queue = await open();
    const { snapshot } = await keeper(queue).tick();
    assert.ok(snapshot.accounts.every(({ status }) => status === "healthy"));
    assert.equal((await queue.status()).waiting, 0);
    await queue.close();
    queue = await open();
    assert.equal(await roundOf(queue, memoryJournal(), "archive", 70_000), 3);
    await isHealthy();
  });

  it("sends nothing again where the journal is lost", async () => {
    const before = await nonceOf();
    await queue.close();
    queue = await open();
    const { snapshot, done } = await keeper(
      queue,
      chain.transactionsOf(chain.keeper, memoryJournal()),
    ).tick();
    assert.deepEqual(done, []);
    assert.ok(snapshot.accounts.every(({ status }) => status === "healthy"));
    assert.equal(await nonceOf(), before);
  });

  it("opens the books of a copy of the archive, and of one that is made again from secret and books", async () => {
    // The copy is made while the archive grows.
    const archive = await Archive.open(join(folder, "archive"), SECRET);
    for (const book of await nextBooks(2))
      await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    const more = exampleBook("cash-and-carry", { account: "desk-9", sequence: 1 });
    await Promise.all([
      archive.add(disclosedOpening(more, DEFAULT_LISTING, null), 1_621_209_600),
      cp(join(folder, "archive"), join(folder, "copy"), { recursive: true }),
    ]);
    await rm(join(folder, "archive"), { recursive: true });
    await queue.close();
    queue = await open();
    assert.equal(await roundOf(queue, memoryJournal(), "copy", 2_000), 3);
    await isHealthy();

    await rm(join(folder, "copy"), { recursive: true });
    const again = await Archive.create(join(folder, "again"), SECRET);
    for (const book of await nextBooks(3))
      await again.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    for (const [i, { account }] of books.entries()) {
      const { publicKey } = pairs[i === 2 ? 1 : 0] ?? assert.fail();
      await again.grant(publicKey, { account, first: 1n, last: 9n }, 1_621_209_600);
    }
    await queue.close();
    queue = await open();
    assert.equal(await roundOf(queue, memoryJournal(), "again", 2_000), 3);
    await isHealthy();
  });
});

/** Everything private of books that is long enough not to be met by chance: amounts, bases, salts, and the secrets. */
function canariesOf(openings: readonly Opening[]): string[] {
  const numbers = openings.flatMap(({ book, salt }) => [...book.spot, ...book.perp, book.basis, salt]);
  const texts = numbers
    .map((number) => (number < 0n ? -number : number))
    .flatMap((number) => [number.toString(), number.toString(16)])
    .filter(({ length }) => length >= 9);
  return [...texts, Buffer.from(SECRET).toString("hex"), Buffer.from(SECRET).toString("latin1")];
}
