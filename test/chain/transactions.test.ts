import assert from "node:assert/strict";
import { Interface, Wallet } from "ethers";
import { riskProfile } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { asChainError, describeRevert, ERRORS, HINTS } from "../../src/chain/transactions/revert.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { InsufficientFundsError, RevertedError } from "../../src/errors.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { FeedChain, until } from "../support/feedChain.js";

describe("chain/transactions", () => {
  let chain: FeedChain;
  before(async () => {
    chain = await FeedChain.start();
  });
  after(() => chain.close());

  // shows: P28
  it("sends once under a key, for any caller and however often it is asked", async () => {
    const journal = memoryJournal();
    const before = await chain.nonce();
    const submission = chain.telling("once", 11n);
    const first = await chain.opened(journal).send(submission);
    const second = await chain.opened(journal).send(submission);
    assert.equal(second?.hash, first?.hash);
    assert.equal(await chain.nonce(), before + 1);
    assert.equal((await chain.told())[0], 11n);
  });

  it("sends again what is meant again, and what was cut off once", async () => {
    const journal = memoryJournal();
    const before = await chain.nonce();
    const tell = async (options = {}) => {
      const { key, underWay } = await chain.opened(journal).occasion("tell 12");
      await chain.opened(journal, options).send(chain.telling(key, 12n));
      return [key, underWay];
    };
    assert.deepEqual(await tell(), ["tell 12 #1", false]);
    assert.deepEqual(await tell(), ["tell 12 #2", false]);
    await chain.unmined(() => tell({ patience: 2 }).catch(() => undefined));
    assert.deepEqual(await tell(), ["tell 12 #3", true]);
    assert.equal(await chain.nonce(), before + 3);
    // Gone from the chain: it is the one that is meant.
    const snapshot = await chain.provider.send("evm_snapshot", []);
    await tell();
    await chain.provider.send("evm_revert", [snapshot]);
    assert.deepEqual(await tell(), ["tell 12 #4", false]);
    assert.deepEqual(await tell(), ["tell 12 #5", false]);
  });

  it("sends nothing that the chain says is done", async () => {
    const before = await chain.nonce();
    const done = { ...chain.telling("done", 13n), isDone: async () => true };
    assert.equal(await chain.opened().send(done), null);
    assert.equal(await chain.nonce(), before);
  });

  it("hands out a nonce each to submissions at once", async () => {
    const before = await chain.nonce();
    const transactions = chain.opened();
    const values = [21n, 22n, 23n, 24n, 25n];
    const receipts = await Promise.all(
      values.map((value) => transactions.send(chain.telling(`parallel ${value}`, value))),
    );
    assert.equal(new Set(receipts.map((receipt) => receipt?.hash)).size, values.length);
    assert.equal(await chain.nonce(), before + values.length);
  });

  it("names a contract's refusal, and takes no nonce for it", async () => {
    const before = await chain.nonce();
    const refused = { key: "refused", to: chain.feed, data: "0x12345678" };
    await assertChainFails(chain.opened().send(refused), {
      ...refusal(null),
      text: /^refused: the contract refused: without a reason$/,
    });
    assert.equal(await chain.nonce(), before);
    const data = new Interface(riskProfile.abi).encodeErrorResult("NotExpired", [5n, 4n]);
    assert.deepEqual(describeRevert(data), {
      name: "NotExpired",
      text: "NotExpired(5, 4)",
      args: [5n, 4n],
      wait: null,
    });
    assert.equal(describeRevert("0xdeadbeef"), null);
    const unknown = asChainError({ code: "CALL_EXCEPTION", data: "0xdeadbeef00" }, "a call");
    assert.ok(unknown instanceof RevertedError);
    assert.equal(unknown.message, "a call: the contract refused: with data 0xdeadbeef");
    const other = new TypeError("another error");
    assert.equal(asChainError(other, "a call"), other);
  });

  it("says what to do about a refusal, and has no hint for what no contract says", () => {
    for (const name of Object.keys(HINTS)) assert.ok(ERRORS.getError(name), name);
    const data = ERRORS.encodeErrorResult("NotLiquidatable", [`0x${"ab".repeat(32)}`, 2]);
    const known = asChainError({ code: "CALL_EXCEPTION", data }, "start");
    assert.ok(known instanceof RevertedError);
    assert.equal(known.reason, "NotLiquidatable");
    assert.match(
      known.message,
      /^start: the contract refused: NotLiquidatable\(0x(ab){32}, marginCall\); the gate does/,
    );
  });

  it("says so where the sender cannot pay, and sends nothing", async () => {
    const poor = new Wallet(`0x${"42".repeat(32)}`);
    const transactions = new Transactions(chain.connection, poor, memoryJournal(), { patience: 3 });
    await assertChainFails(transactions.send(chain.telling("poor", 1n)), {
      Class: InsufficientFundsError,
      text: /^poor: the sender cannot pay for gas; fund it$/,
    });
  });

  it("tells of one that was refused when it was mined, and sends it again if it is wanted again", async () => {
    // Its own contract, which is gone by the time that the second is mined.
    const journal = memoryJournal();
    const transactions = chain.opened(journal);
    const code = await chain.provider.getCode(chain.feed);
    const pending = chain.unmined(async () => {
      const sent = transactions.send(chain.telling("late", 31n));
      const failure = assertChainFails(sent, { ...refusal(null), text: /^late: the contract refused: / });
      await until(() => journal.get("late") !== undefined);
      await until(async () => (await chain.nonce("pending")) > (await chain.nonce()));
      await chain.provider.send("anvil_setCode", [chain.feed, "0xfe"]);
      await chain.provider.send("evm_mine", []);
      await failure;
    });
    await pending;
    assert.equal(journal.get("late")?.state, "refused");
    await chain.provider.send("anvil_setCode", [chain.feed, code]);
    assert.equal((await transactions.send(chain.telling("late", 31n)))?.status, 1);
    assert.equal((await chain.told())[0], 31n);
  });

  it("waits for the confirmations asked for", async () => {
    const sent = chain.opened(memoryJournal(), { confirmations: 3 }).send(chain.telling("deep", 41n));
    let settled = false;
    sent.then(() => {
      settled = true;
    });
    await new Promise((done) => setTimeout(done, 200));
    assert.equal(settled, false);
    await chain.provider.send("anvil_mine", ["0x2"]);
    assert.equal((await sent)?.status, 1);
  });
});
