import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/chain/connection.js";
import { fileJournal, memoryJournal } from "../../src/chain/journal.js";
import { bumpedFees } from "../../src/chain/transactions/submission.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { NodeUnreachableError, TransactionPendingError } from "../../src/errors.js";
import { assertChainFails } from "../support/chainFailure.js";
import { FeedChain, until } from "../support/feedChain.js";

const PENDING = {
  Class: TransactionPendingError,
  text: /: expected to be mined, got no receipt yet; run again to carry on with nonce \d+$/,
};

describe("chain/transactions, and trouble with nonces and nodes", () => {
  let chain: FeedChain;
  let folder: string;
  const file = (name: string) =>
    fileJournal(join(folder, name), { sender: chain.wallet.address, chainId: chain.connection.chainId });
  /** Another program's transaction of the same account. */
  const foreign = async (nonce: number, fee: bigint) => {
    const raw = await chain.wallet.signTransaction({
      type: 2,
      chainId: chain.connection.chainId,
      to: chain.other.address,
      value: 1n,
      gasLimit: 21_000n,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: fee < 10n ** 11n ? 1n : fee,
      nonce,
    });
    await chain.provider.send("eth_sendRawTransaction", [raw]);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-nonces-"));
    chain = await FeedChain.start();
  });
  after(async () => {
    await chain.close();
    await rm(folder, { recursive: true });
  });

  it("pays more for one that is not mined, and counts the one that is", async () => {
    const journal = memoryJournal();
    const before = await chain.nonce();
    const receipt = await chain.unmined(async () => {
      const sent = chain.opened(journal, { bumpAfter: 2 }).send(chain.telling("bump", 31n));
      await until(() => (journal.get("bump")?.attempts.length ?? 0) >= 3);
      await chain.provider.send("evm_mine", []);
      return sent;
    });
    assert.equal(await chain.nonce(), before + 1);
    assert.ok(journal.get("bump")?.attempts.some(({ hash }) => hash === receipt?.hash));
    assert.equal((await chain.told())[0], 31n);
  });

  it("never pays above the cap", async () => {
    const fees = { maxFeePerGas: 80n, maxPriorityFeePerGas: 8n };
    assert.deepEqual(bumpedFees(fees, { maxFeePerGas: 1n, maxPriorityFeePerGas: 100n }, 91n), {
      maxFeePerGas: 91n,
      maxPriorityFeePerGas: 91n,
    });
    assert.equal(bumpedFees(fees, fees, 90n), null);
    const journal = memoryJournal();
    const capped = chain.opened(journal, { bumpAfter: 1, patience: 10, feeCap: 3n * 10n ** 9n });
    await chain.unmined(() => assertChainFails(capped.send(chain.telling("cap", 32n)), PENDING));
    // What the first paid was the cap, or grew to it.
    const attempts = journal.get("cap")?.attempts.length ?? 0;
    assert.ok(attempts >= 1 && attempts < 10, String(attempts));
    await capped.send(chain.telling("cap", 32n));
  });

  it("gives up after its patience, and carries on from its journal in another run", async () => {
    const before = await chain.nonce();
    const submission = chain.telling("patience", 41n);
    const first = chain.opened(await file("patience"), { patience: 3 });
    await chain.unmined(() => assertChainFails(first.send(submission), PENDING));
    const again = chain.opened(await file("patience"));
    await again.resume();
    assert.notEqual(await again.send(submission), null);
    assert.equal(await chain.nonce(), before + 1);
    assert.equal((await chain.told())[0], 41n);
  });

  // shows: P28, A58
  it("carries on where a run was killed between writing down and sending", async () => {
    const before = await chain.nonce();
    const [, times] = await chain.told();
    // Killed: what was signed is in the file, and no node has it.
    await chain.unmined(async () => {
      const killed = chain.opened(await file("killed"), { patience: 1 });
      await assertChainFails(killed.send(chain.telling("killed", 45n)), PENDING);
      await chain.provider.send("anvil_dropAllTransactions", []);
    });
    assert.equal(await chain.nonce(), before);
    await chain.opened(await file("killed")).resume();
    await chain.opened(await file("killed")).resume();
    await chain.opened(await file("killed")).send(chain.telling("killed", 45n));
    assert.deepEqual(await chain.told(), [45n, times + 1n]);
    assert.equal(await chain.nonce(), before + 1);
  });

  it("sends the signed bytes again when the node has dropped them", async () => {
    const journal = memoryJournal();
    const before = await chain.nonce();
    const receipt = await chain.unmined(async () => {
      const sent = chain.opened(journal, { bumpAfter: 1_000 }).send(chain.telling("dropped", 51n));
      await until(async () => (await chain.nonce("pending")) > before);
      await chain.provider.send("anvil_dropAllTransactions", []);
      await until(async () => (await chain.nonce("pending")) > before);
      await chain.provider.send("evm_mine", []);
      return sent;
    });
    assert.deepEqual(
      journal.get("dropped")?.attempts.map(({ hash }) => hash),
      [receipt?.hash],
    );
    assert.equal(await chain.nonce(), before + 1);
  });

  it("fills a gap of nonces, and steps over one that another program took", async () => {
    const before = await chain.nonce();
    await foreign(before + 1, 10n ** 10n);
    const transactions = chain.opened();
    const first = await transactions.send(chain.telling("gap", 61n));
    const second = await transactions.send(chain.telling("after the gap", 62n));
    assert.equal((await chain.provider.getTransaction(first?.hash ?? ""))?.nonce, before);
    assert.equal((await chain.provider.getTransaction(second?.hash ?? ""))?.nonce, before + 2);
    assert.equal(await chain.nonce(), before + 3);
  });

  it("takes another nonce where another program's dearer transaction was mined under its own", async () => {
    const journal = memoryJournal();
    const before = await chain.nonce();
    await chain.unmined(async () => {
      const waiting = chain.opened(journal, { patience: 2 }).send(chain.telling("replaced", 71n));
      await assertChainFails(waiting, PENDING);
      await foreign(before, 10n ** 12n);
    });
    assert.equal(await chain.nonce(), before + 1);
    const receipt = await chain.opened(journal).send(chain.telling("replaced", 71n));
    assert.equal(receipt?.status, 1);
    assert.equal(await chain.nonce(), before + 2);
    assert.equal((await chain.told())[0], 71n);
  });

  // shows: P28
  it("brings back what a re-organisation took away, once", async () => {
    const journal = memoryJournal();
    const submission = chain.telling("reorg", 81n);
    const snapshot = await chain.provider.send("evm_snapshot", []);
    const [, times] = await chain.told();
    await chain.opened(journal).send(submission);
    await chain.provider.send("evm_revert", [snapshot]);
    assert.equal((await chain.told())[1], times);
    const receipt = await chain.opened(journal).send(submission);
    assert.equal((await chain.opened(journal).send(submission))?.hash, receipt?.hash);
    assert.deepEqual(await chain.told(), [81n, times + 1n]);
  });

  it("lives through a node that goes away and comes back with its state", async () => {
    const node = await FeedChain.start("--state", join(folder, "state.json"));
    try {
      await node.opened().send(node.telling("before", 1n));
      await node.anvil.stop();
      const sent = node.opened().send(node.telling("while away", 2n));
      await new Promise((done) => setTimeout(done, 300));
      await node.anvil.restart();
      assert.equal((await sent)?.status, 1);
      assert.deepEqual(await node.told(), [2n, 3n]);
      const impatient = await connect(node.anvil.url, { patience: 0.2 });
      await node.anvil.stop();
      const sender = new Transactions(impatient, node.wallet, memoryJournal());
      await assertChainFails(sender.send(node.telling("gone", 3n)), {
        Class: NodeUnreachableError,
        text: /^node 127.*, got a (refused|broken) connection .* Given up after 0\.2 s of it; run again to carry on$/,
      });
      impatient.close();
    } finally {
      await node.close();
    }
  });
});
