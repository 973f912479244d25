import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anvil } from "../../src/chain/anvil.js";
import { relayBook, signBook } from "../../src/chain/attest.js";
import { fileJournal, type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { KeeperEvent } from "../../src/chain/keeper/events.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus, marketStatus } from "../../src/chain/status.js";
import { type ProvenClaim, submit, submitBatch } from "../../src/chain/submit.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, GENESIS, LocalChain } from "../support/localChain.js";

describe("chain, re-organised", () => {
  let chain: LocalChain;
  let folder: string;
  let accounts: string[];
  let snapshot: string;
  const send = (method: string, ...params: unknown[]) => chain.connection.provider.send(method, params);
  const count = () => chain.connection.provider.getTransactionCount(chain.keeper.address);
  const status = async (account = accounts[0] ?? "") => (await accountStatus(chain.open, account)).status;
  const sender = (journal: Journal) => chain.transactionsOf(chain.keeper, journal);
  const file = (name: string) =>
    fileJournal(join(folder, name), { sender: chain.keeper.address, chainId: chain.connection.chainId });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-reorg-"));
    // Not a kept one: transactions are looked for as many blocks ago as the deployment is.
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17");
    accounts = [];
    for (const name of ["cash-and-carry", "aave-borrower"])
      accounts.push(await chain.attest(exampleBook(name)));
    await poke(chain.open, sender(memoryJournal()));
  });
  after(async () => {
    await chain?.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    snapshot = await send("evm_snapshot");
  });
  afterEach(() => send("evm_revert", snapshot));
  /** Removes the blocks since the test began. */
  const reorganise = async () => {
    await send("evm_revert", snapshot);
    snapshot = await send("evm_snapshot");
  };

  // shows: A41
  it("submits a proof again that has disappeared, by a journal that survived, and never twice", async () => {
    const proven = await chain.proofOf(accounts[0] ?? "");
    const before = await count();
    const first = await submit(chain.open, sender(await file("proof")), proven);
    assert.equal(first.outcome, "accepted");
    await reorganise();
    assert.equal(await status(), "unknown");
    const again = await submit(chain.open, sender(await file("proof")), proven);
    assert.equal(again.outcome, "accepted");
    assert.equal(await status(), "healthy");
    const third = await submit(chain.open, sender(await file("proof")), proven);
    assert.deepEqual(third, { outcome: "already", receipt: null });
    assert.equal(await count(), before + 1);
  });

  it("submits a batch again that has disappeared, with what is left of it", async () => {
    const proofs: ProvenClaim[] = [];
    for (const account of accounts) proofs.push(await chain.proofOf(account));
    const before = await count();
    const journal = memoryJournal();
    const outcomes = async () =>
      (await submitBatch(chain.open, sender(journal), proofs)).results.map(({ outcome }) => outcome);
    assert.deepEqual(await outcomes(), ["accepted", "accepted"]);
    await reorganise();
    // Somebody else was quicker with one of them.
    await submit(chain.open, chain.transactionsOf(chain.custodian), proofs[1] ?? assert.fail());
    assert.deepEqual(await outcomes(), ["already", "accepted"]);
    assert.deepEqual(await outcomes(), ["already", "already"]);
    assert.equal(await count(), before + 1);
    for (const account of accounts) assert.equal(await status(account), "healthy");
  });

  // shows: A41
  it("refuses, without sending, a proof whose round is another now", async () => {
    await chain.pass(1_000);
    await chain.feeds.post(closesOn("2021-05-18"));
    await poke(chain.open, sender(memoryJournal()));
    const proven = await chain.proofOf(accounts[0] ?? "");
    const journal = memoryJournal();
    await submit(chain.open, sender(journal), proven);
    await reorganise();
    await assertChainFails(submit(chain.open, sender(journal), proven), refusal("RoundNotUsable"));
    await chain.pass(1_001);
    await poke(chain.open, sender(memoryJournal()));
    assert.equal((await marketStatus(chain.open)).round?.number, proven.round);
    const before = await count();
    await assertChainFails(submit(chain.open, sender(journal), proven), refusal("ProofRejected"));
    assert.equal(await count(), before);
  });

  it("takes an attestation to the chain again, so that its proof counts again", async () => {
    const [account = ""] = accounts;
    const asOf = await chain.now();
    const { chainId } = chain.connection;
    const where = { chainId, registry: chain.open.addresses.bookRegistry, listing: chain.open.listing };
    const { commitment } = exampleBook("cash-and-carry", { sequence: 2 });
    const book = { account, commitment, sequence: 2n, asOf, expiresAt: asOf + 3_600n };
    const signed = [await signBook(chain.custodian, where, book)];
    const transactions = sender(memoryJournal());
    await relayBook(chain.open, transactions, signed);
    await reorganise();
    assert.equal((await accountStatus(chain.open, account)).book.sequence, 1n);
    await relayBook(chain.open, transactions, signed);
    assert.equal((await accountStatus(chain.open, account)).book.sequence, 2n);
  });

  it("waits on where the block of a receipt is replaced before it is confirmed", async () => {
    const proven = await chain.proofOf(accounts[0] ?? "");
    const journal = memoryJournal();
    const deep = chain.transactionsOf(chain.keeper, journal, { confirmations: 3 });
    const sent = submit(chain.open, deep, proven);
    while ((await status()) !== "healthy") await new Promise((done) => setTimeout(done, 10));
    await reorganise();
    while ((await status()) !== "healthy") await new Promise((done) => setTimeout(done, 10));
    await send("anvil_mine", "0x3");
    const { receipt } = await sent;
    const block = await chain.connection.provider.getBlock(receipt?.blockNumber ?? 0);
    assert.equal(block?.hash, receipt?.blockHash);
    assert.equal(journal.entries().length, 1);
  });

  it("keeps accounts through it: what was lost is submitted again, once", async () => {
    const events: KeeperEvent[] = [];
    const keeper = (journal: Journal) =>
      new Keeper({
        open: chain.open,
        transactions: sender(journal),
        key: chain.key.key,
        accounts,
        prove: chain.prove,
        given: chain.given,
        clock: Date.now,
        onEvent: (event) => events.push(event),
      });
    const kept = keeper(await file("keeper"));
    const before = await count();
    await kept.tick();
    await reorganise();
    // The same keeper, and one that was started meanwhile.
    await kept.tick();
    await keeper(await file("keeper")).tick();
    const submitted = events.filter(({ event }) => event === "submitted");
    assert.equal(submitted.length, 2 * accounts.length);
    assert.equal(await count(), before + 1);
    for (const account of accounts) assert.equal(await status(account), "healthy");
  });

  it("commits one round where two poke at once, and both know it", async () => {
    await chain.pass(1_000);
    const next = ((await marketStatus(chain.open)).round?.number ?? 0n) + 1n;
    await send("evm_setAutomine", false);
    const pokes = [chain.keeper, chain.custodian].map((wallet) =>
      poke(chain.open, chain.transactionsOf(wallet)),
    );
    const pooled = async () => Number((await send("txpool_status")).pending);
    while ((await pooled()) < 2) await new Promise((done) => setTimeout(done, 10));
    await send("evm_mine");
    await send("evm_setAutomine", true);
    const rounds = await Promise.all(pokes);
    assert.deepEqual(
      rounds.map(({ number }) => number),
      [next, next],
    );
    assert.equal(rounds.filter(({ gas }) => gas !== null).length, 1);
    assert.equal((await marketStatus(chain.open)).round?.number, next);
  });
});
