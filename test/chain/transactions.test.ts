import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interface, type JsonRpcProvider, Wallet } from "ethers";
import { contractAt } from "../../src/chain/binding.js";
import { mockV3Aggregator } from "../../src/chain/generated/MockV3Aggregator.js";
import { riskProfile } from "../../src/chain/generated/RiskProfile.js";
import { fileJournal, type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { Connection } from "../../src/chain/provider.js";
import { bumpedFees } from "../../src/chain/transactions/fees.js";
import { describeRevert } from "../../src/chain/transactions/revert.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { ANVIL_KEYS, Anvil } from "../../src/cli/anvil/anvil.js";
import {
  JournalError,
  NodeUnreachableError,
  RevertedError,
  TransactionPendingError,
} from "../../src/errors.js";

const FEED = new Interface(mockV3Aggregator.abi);
const answer = (value: bigint) => FEED.encodeFunctionData("updateAnswer", [value]);

describe("chain/transactions", () => {
  let anvil: Anvil;
  let connection: Connection;
  let provider: JsonRpcProvider;
  let feed: string;
  let folder: string;
  const wallet = new Wallet(ANVIL_KEYS[0]);
  const other = new Wallet(ANVIL_KEYS[1]);

  const nonce = (tag = "latest") => provider.getTransactionCount(wallet.address, tag);
  const latest = () => contractAt(mockV3Aggregator, feed, provider).latestAnswer();
  const rounds = () => contractAt(mockV3Aggregator, feed, provider).latestRound();
  const opened = (journal: Journal = memoryJournal(), options = {}) =>
    new Transactions(connection, wallet, journal, options);
  const mining = (on: boolean) => provider.send("evm_setAutomine", [on]);

  before(async () => {
    anvil = await Anvil.start();
    connection = await anvil.connect();
    provider = connection.provider;
    folder = await mkdtemp(join(tmpdir(), "zkmargin-chain-"));
    const deploy = new Interface(mockV3Aggregator.abi).encodeDeploy([8, 1]);
    const receipt = await opened().send({
      key: "feed",
      to: null,
      data: mockV3Aggregator.bytecode + deploy.slice(2),
    });
    feed = receipt?.contractAddress ?? assert.fail("not deployed");
  });

  after(async () => {
    connection.close();
    await anvil.stop();
    await rm(folder, { recursive: true });
  });

  it("sends once under a key, whoever asks and however often", async () => {
    const journal = memoryJournal();
    const before = await nonce();
    const submission = { key: "once", to: feed, data: answer(11n) };
    const first = await opened(journal).send(submission);
    const second = await opened(journal).send(submission);
    assert.equal(second?.hash, first?.hash);
    assert.equal(await nonce(), before + 1);
    assert.equal(await latest(), 11n);
  });

  it("sends nothing that the chain says is done", async () => {
    const before = await nonce();
    const receipt = await opened().send({
      key: "done",
      to: feed,
      data: answer(12n),
      isDone: async () => true,
    });
    assert.equal(receipt, null);
    assert.equal(await nonce(), before);
  });

  it("hands out a nonce each to submissions at once", async () => {
    const before = await nonce();
    const transactions = opened();
    const values = [21n, 22n, 23n, 24n, 25n];
    const receipts = await Promise.all(
      values.map((value) => transactions.send({ key: `parallel ${value}`, to: feed, data: answer(value) })),
    );
    assert.equal(new Set(receipts.map((receipt) => receipt?.hash)).size, values.length);
    assert.equal(await nonce(), before + values.length);
  });

  it("names a contract's refusal, and takes no nonce for it", async () => {
    const before = await nonce();
    const transfer = { key: "refused", to: feed, data: "0x12345678" };
    await assert.rejects(opened().send(transfer), RevertedError);
    assert.equal(await nonce(), before);
    const data = new Interface(riskProfile.abi).encodeErrorResult("NotExpired", [5n, 4n]);
    assert.deepEqual(describeRevert(data), { name: "NotExpired", text: "NotExpired(5, 4)" });
    assert.equal(describeRevert("0xdeadbeef"), null);
  });

  it("pays more for one that is not mined, and counts the one that is", async () => {
    const journal = memoryJournal();
    await mining(false);
    try {
      const before = await nonce();
      const sent = opened(journal, { bumpAfter: 2 }).send({ key: "bump", to: feed, data: answer(31n) });
      while ((journal.get("bump")?.attempts.length ?? 0) < 3)
        await new Promise((done) => setTimeout(done, 10));
      await provider.send("evm_mine", []);
      const receipt = await sent;
      assert.equal(await nonce(), before + 1);
      assert.ok(journal.get("bump")?.attempts.some(({ hash }) => hash === receipt?.hash));
      assert.equal(await latest(), 31n);
    } finally {
      await mining(true);
    }
  });

  it("never pays above the cap", () => {
    const fees = { maxFeePerGas: 80n, maxPriorityFeePerGas: 8n };
    assert.deepEqual(bumpedFees(fees, { maxFeePerGas: 1n, maxPriorityFeePerGas: 100n }, 91n), {
      maxFeePerGas: 91n,
      maxPriorityFeePerGas: 100n,
    });
    assert.equal(bumpedFees(fees, fees, 90n), null);
  });

  it("gives up after its patience, and carries on from its journal in another run", async () => {
    const path = join(folder, "patience.journal");
    const owner = { sender: wallet.address, chainId: connection.chainId };
    const submission = { key: "patience", to: feed, data: answer(41n) };
    const before = await nonce();
    await mining(false);
    try {
      const first = opened(await fileJournal(path, owner), { patience: 3 });
      await assert.rejects(first.send(submission), TransactionPendingError);
      await mining(true);
      await provider.send("evm_mine", []);
    } finally {
      await mining(true);
    }
    const again = opened(await fileJournal(path, owner));
    await again.resume();
    assert.notEqual(await again.send(submission), null);
    assert.equal(await nonce(), before + 1);
    assert.equal(await latest(), 41n);
  });

  it("sends the signed bytes again when the node has dropped them", async () => {
    const journal = memoryJournal();
    await mining(false);
    const before = await nonce();
    try {
      const sent = opened(journal, { bumpAfter: 1_000 }).send({
        key: "dropped",
        to: feed,
        data: answer(51n),
      });
      const pooled = () => provider.getTransactionCount(wallet.address, "pending");
      while ((await pooled()) === before) await new Promise((done) => setTimeout(done, 10));
      await provider.send("anvil_dropAllTransactions", []);
      while ((await pooled()) === before) await new Promise((done) => setTimeout(done, 10));
      await mining(true);
      await provider.send("evm_mine", []);
      const receipt = await sent;
      assert.deepEqual(
        journal.get("dropped")?.attempts.map(({ hash }) => hash),
        [receipt?.hash],
      );
    } finally {
      await mining(true);
    }
    assert.equal(await nonce(), before + 1);
  });

  it("fills a gap of nonces, and steps over one that another program took", async () => {
    const chainId = connection.chainId;
    const before = await nonce();
    const base = {
      type: 2,
      chainId,
      to: other.address,
      value: 1n,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    };
    // Another program's transaction waits two nonces ahead.
    const ahead = await wallet.signTransaction({ ...base, nonce: before + 1 });
    await provider.send("eth_sendRawTransaction", [ahead]);
    const transactions = opened();
    const first = await transactions.send({ key: "gap", to: feed, data: answer(61n) });
    const second = await transactions.send({ key: "after the gap", to: feed, data: answer(62n) });
    assert.equal((await provider.getTransaction(first?.hash ?? ""))?.nonce, before);
    assert.equal((await provider.getTransaction(second?.hash ?? ""))?.nonce, before + 2);
    assert.equal(await nonce(), before + 3);
  });

  it("takes another nonce where another program's transaction was mined under its own", async () => {
    const journal = memoryJournal();
    const before = await nonce();
    await mining(false);
    try {
      const waiting = opened(journal, { patience: 2 }).send({ key: "replaced", to: feed, data: answer(71n) });
      await assert.rejects(waiting, TransactionPendingError);
      const rich = { type: 2, chainId: connection.chainId, to: other.address, gasLimit: 21_000n };
      const raw = await wallet.signTransaction({
        ...rich,
        nonce: before,
        maxFeePerGas: 10n ** 12n,
        maxPriorityFeePerGas: 10n ** 12n,
      });
      await provider.send("eth_sendRawTransaction", [raw]);
      await mining(true);
      await provider.send("evm_mine", []);
    } finally {
      await mining(true);
    }
    assert.equal(await nonce(), before + 1);
    const receipt = await opened(journal).send({ key: "replaced", to: feed, data: answer(71n) });
    assert.equal(receipt?.status, 1);
    assert.equal(await nonce(), before + 2);
    assert.equal(await latest(), 71n);
  });

  it("brings back what a re-organisation took away, once", async () => {
    const journal = memoryJournal();
    const submission = { key: "reorg", to: feed, data: answer(81n) };
    const snapshot = await provider.send("evm_snapshot", []);
    const count = await rounds();
    await opened(journal).send(submission);
    await provider.send("evm_revert", [snapshot]);
    assert.equal(await rounds(), count);
    const receipt = await opened(journal).send(submission);
    assert.equal(receipt?.status, 1);
    assert.equal(await rounds(), count + 1n);
    assert.equal((await opened(journal).send(submission))?.hash, receipt?.hash);
    assert.equal(await rounds(), count + 1n);
  });

  it("waits for the confirmations asked for", async () => {
    const sent = opened(memoryJournal(), { confirmations: 3 }).send({
      key: "deep",
      to: feed,
      data: answer(91n),
    });
    let settled = false;
    sent.then(() => {
      settled = true;
    });
    await new Promise((done) => setTimeout(done, 200));
    assert.equal(settled, false);
    await provider.send("anvil_mine", ["0x2"]);
    assert.equal((await sent)?.status, 1);
  });

  it("lives through a node that goes away and comes back with its state", async () => {
    const state = join(folder, "state.json");
    const node = await Anvil.start("--state", state);
    const link = await node.connect();
    try {
      const transactions = new Transactions(link, wallet, memoryJournal());
      const data = mockV3Aggregator.bytecode + FEED.encodeDeploy([8, 1]).slice(2);
      await transactions.send({ key: "before", to: null, data });
      await node.stop();
      const sent = transactions.send({ key: "while away", to: null, data });
      await new Promise((done) => setTimeout(done, 300));
      await node.restart();
      assert.equal((await sent)?.status, 1);
      assert.equal(await link.provider.getTransactionCount(wallet.address), 2);
      await node.stop();
      const patient = new Transactions(link, wallet, memoryJournal(), { patience: 2 });
      await assert.rejects(patient.send({ key: "gone", to: null, data }), NodeUnreachableError);
    } finally {
      link.close();
      await node.stop();
    }
  });
});

describe("chain/journal", () => {
  const owner = { sender: "0x00000000000000000000000000000000000000AA", chainId: 31_337n };
  const entry = { key: "a", nonce: 3, attempts: [{ hash: "0x1", raw: "0x2" }], state: "pending" } as const;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-journal-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("keeps the last of each key, and drops a line that a crash cut short", async () => {
    const path = join(folder, "torn");
    const journal = await fileJournal(path, owner);
    await journal.put(entry);
    await journal.put({ ...entry, state: "done" });
    await writeFile(path, '{"key":"b","nonce":4,"att', { flag: "a" });
    const again = await fileJournal(path, owner);
    assert.deepEqual(again.entries(), [{ ...entry, state: "done" }]);
    await again.put({ ...entry, key: "c" });
    assert.equal((await fileJournal(path, owner)).entries().length, 2);
  });

  it("is the journal of one account on one chain", async () => {
    const path = join(folder, "owner");
    await fileJournal(path, owner);
    await assert.rejects(fileJournal(path, { ...owner, chainId: 1n }), JournalError);
    await assert.rejects(fileJournal(path, { ...owner, sender: ANVIL_KEYS[0].slice(0, 42) }), JournalError);
    assert.match(await readFile(path, "utf8"), /^\{"format":"zkmargin\/journal@1"/);
  });

  it("refuses a file that is something else, and a line in the middle that is", async () => {
    const path = join(folder, "other");
    await writeFile(path, "hello\n");
    await assert.rejects(fileJournal(path, owner), JournalError);
    const damaged = join(folder, "damaged");
    await (await fileJournal(damaged, owner)).put(entry);
    await writeFile(damaged, '{"key":1}\n', { flag: "a" });
    await assert.rejects(fileJournal(damaged, owner), JournalError);
  });
});
