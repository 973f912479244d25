import assert from "node:assert/strict";
import { type Connection, connect } from "../../src/chain/connection.js";
import { type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { TransactionOptions } from "../../src/chain/transactions/submission.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { FeeCapError, TransactionPendingError, TransactionRefusedError } from "../../src/errors.js";
import { Random } from "../support/cases.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { FeedChain, until } from "../support/feedChain.js";
import {
  laggingBlock,
  laggingCount,
  lateReceipts,
  lostSends,
  repeated,
  together,
} from "../support/nodeFaults.js";
import { ProxyNode } from "../support/proxyNode.js";

describe("chain/transactions, exactly once", () => {
  let chain: FeedChain;
  let proxy: ProxyNode;
  let connection: Connection;
  const told: string[] = [];
  const opened = (journal: Journal = memoryJournal(), options: TransactionOptions = {}) =>
    new Transactions(connection, chain.wallet, journal, options);
  const refusing = (code: number, message: string) => {
    proxy.fate = (method) => (method === "eth_sendRawTransaction" ? { error: { code, message } } : "pass");
  };
  /** Runs `work`, in which something is to be told once. */
  const once = async (work: () => Promise<unknown>, times = 1) => {
    const [nonce, [, before]] = [await chain.nonce(), await chain.told()];
    await work();
    assert.equal((await chain.told())[1], before + BigInt(times), "executed");
    assert.equal(await chain.nonce(), nonce + times, "transactions");
  };

  before(async () => {
    chain = await FeedChain.start();
    proxy = await ProxyNode.start(chain.anvil.url);
    connection = await connect(proxy.url, { tell: (line) => told.push(line), timeout: 2 });
  });
  beforeEach(() => {
    proxy.fate = () => "pass";
    told.length = 0;
  });
  after(async () => {
    connection.close();
    await proxy.stop();
    await chain.close();
  });

  // shows: A59
  it("watches what was signed where its receipt is late, and signs no other", async () => {
    for (const looks of [1, 5, 20]) {
      proxy.fate = lateReceipts(looks);
      const journal = memoryJournal();
      await once(() => opened(journal).send(chain.telling("late", 1n)));
      assert.equal(journal.get("late")?.attempts.length, 1);
    }
  });

  // shows: A59
  it("believes no pending count below the latest one, and no lower one than it has seen", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      proxy.fate = together(
        laggingCount("pending", 0.3, new Random(seed)),
        laggingCount("latest", 0.2, new Random(seed + 100)),
        laggingBlock(1, 0.3, new Random(seed + 200)),
      );
      const transactions = opened();
      await once(async () => {
        for (const key of ["a", "b", "c"]) await transactions.send(chain.telling(`${key} ${seed}`, 2n));
      }, 3);
    }
  });

  // shows: A59
  it("sends once where answers are lost and requests come twice", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      proxy.fate = together(
        lostSends(0.7, new Random(seed)),
        repeated(0.5, new Random(seed)),
        lateReceipts(2),
      );
      await once(() => opened().send(chain.telling(`lost ${seed}`, 3n)));
    }
  });

  it("takes what is done for done where the node does not find its receipt for a while, and does what is new", async () => {
    const journal = memoryJournal();
    const tell = async () => {
      const { key } = await opened(journal).occasion("tell");
      await opened(journal).send(chain.telling(key, 4n));
    };
    await once(tell);
    proxy.fate = together(lateReceipts(3), laggingBlock(2, 0.5, new Random(1)));
    await once(tell);
    await once(tell);
    assert.deepEqual(
      journal.entries().map(({ key, state }) => [key, state]),
      ["tell #1", "tell #2", "tell #3"].map((key) => [key, "done"]),
    );
  });

  it("calls lost only what enough blocks stand on, where others may re-organise the chain", async () => {
    const remote = { ...connection, local: false };
    const sender = (options = {}) =>
      new Transactions(remote, chain.wallet, journal, { patience: 12, ...options });
    const journal = memoryJournal();
    const nonce = await chain.nonce();
    await chain.unmined(async () => {
      await assertChainFails(sender({ patience: 2 }).send(chain.telling("taken", 5n)), PENDING);
      const raw = await chain.wallet.signTransaction({
        ...{ type: 2, chainId: 31_337n, to: chain.other.address, value: 1n, gasLimit: 21_000n, nonce },
        ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n },
      });
      await chain.provider.send("eth_sendRawTransaction", [raw]);
    });
    await chain.provider.send("anvil_mine", ["0xa"]);
    await assertChainFails(sender().send(chain.telling("taken", 5n)), {
      Class: TransactionPendingError,
      text: /got no receipt yet: its nonce is used up, and no receipt has come; run again/,
    });
    await chain.provider.send("anvil_mine", ["0x3"]);
    await once(() => sender().send(chain.telling("taken", 5n)));
  });

  it("marks as refused what is lost and whose replacement is refused, so that the next run starts again", async () => {
    const journal = memoryJournal();
    const nonce = await chain.nonce();
    const code = await chain.provider.getCode(chain.feed);
    await chain.unmined(async () => {
      await assertChainFails(opened(journal, { patience: 2 }).send(chain.telling("tell #1", 6n)), PENDING);
      await chain.provider.send("anvil_dropAllTransactions", []);
      await chain.wallet
        .signTransaction({
          type: 2,
          chainId: 31_337n,
          to: chain.other.address,
          gasLimit: 21_000n,
          nonce,
          maxFeePerGas: 10n ** 11n,
        })
        .then((raw) => chain.provider.send("eth_sendRawTransaction", [raw]));
    });
    await chain.provider.send("anvil_setCode", [chain.feed, "0xfe"]);
    assert.deepEqual(await opened(journal).occasion("tell"), { key: "tell #1", underWay: true });
    await assertChainFails(opened(journal).send(chain.telling("tell #1", 6n)), refusal(null));
    await chain.provider.send("anvil_setCode", [chain.feed, code]);
    assert.equal(journal.get("tell #1")?.state, "refused");
    assert.deepEqual(await opened(journal).occasion("tell"), { key: "tell #1", underWay: false });
    await once(() => opened(journal).send(chain.telling("tell #1", 6n)));
  });

  it("fills a nonce that stays free below what waits, and signs that for no other", async () => {
    const journal = memoryJournal();
    const nonce = await chain.nonce();
    const raw = await chain.wallet.signTransaction({
      ...{ type: 2, chainId: 31_337n, to: chain.feed, data: chain.telling("", 7n).data, gasLimit: 300_000n },
      ...{ nonce: nonce + 1, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n },
    });
    const hash = await chain.provider.send("eth_sendRawTransaction", [raw]);
    await journal.put({ key: "above", nonce: nonce + 1, attempts: [{ raw, hash }], state: "pending" });
    const [, before] = await chain.told();
    const receipt = await opened(journal).send(chain.telling("above", 7n));
    assert.equal(receipt?.hash, hash);
    assert.equal((await chain.told())[1], before + 1n);
    assert.equal(await chain.nonce(), nonce + 2);
    assert.ok(told.some((line) => line.startsWith(`fill nonce ${nonce}: sent`)));
  });

  it("says by how much the chain asks for more than the cap, signs nothing, and waits for nothing", async () => {
    const journal = memoryJournal();
    await chain.provider.send("anvil_setNextBlockBaseFeePerGas", ["0xba43b74000"]);
    await chain.provider.send("evm_mine", []);
    await assertChainFails(opened(journal).send(chain.telling("dear", 8n)), {
      Class: FeeCapError,
      text: /^dear: the chain asks for \d+(\.\d+)? gwei per gas, more than the cap of 500 \(--fee-cap\); nothing was sent/,
    });
    assert.deepEqual(journal.entries(), []);
    await once(() => opened(journal, { feeCap: 2_000n * 10n ** 9n }).send(chain.telling("dear", 8n)));
    await chain.provider.send("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]);
    await chain.provider.send("evm_mine", []);
  });

  it("says so where the chain becomes dearer than the cap once it is signed, and carries on when it is cheap", async () => {
    const journal = memoryJournal();
    await chain.unmined(async () => {
      const sent = opened(journal, { bumpAfter: 3, feeCap: 100n * 10n ** 9n }).send(
        chain.telling("spike", 9n),
      );
      const failed = assertChainFails(sent, {
        Class: FeeCapError,
        text: /^spike: the chain asks for \d+(\.\d+)? gwei per gas, more than the cap of 100 \(--fee-cap\); it is signed for less: run again to carry on with nonce \d+/,
      });
      await until(() => journal.get("spike") !== undefined);
      await chain.provider.send("anvil_setNextBlockBaseFeePerGas", ["0x2e90edd000"]);
      await chain.provider.send("evm_mine", []);
      await failed;
      await chain.provider.send("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]);
    });
    const [value] = await chain.told();
    if (value !== 9n) await opened(journal).send(chain.telling("spike", 9n));
    assert.equal((await chain.told())[0], 9n);
    assert.equal(journal.entries().length, 1);
  });

  for (const message of [
    "transaction type not supported",
    "exceeds block gas limit",
    "intrinsic gas too low: have 21000, want 53000",
    "invalid sender",
    "invalid chain id for signer: have 1 want 5",
    "the method eth_sendRawTransaction does not exist/is not available",
  ])
    it(`fails at once where no node would take it: ${message}`, async () => {
      const journal = memoryJournal();
      refusing(message.startsWith("the method") ? -32_601 : -32_000, message);
      for (let run = 0; run < 2; run++)
        await assertChainFails(opened(journal).send(chain.telling("never", 10n)), {
          Class: TransactionRefusedError,
          text: new RegExp(
            `^never: expected a node to take the transaction, got "${message}" \\(code -32\\d+\\); no node`,
          ),
        });
      proxy.fate = () => "pass";
      await once(() => opened(journal).send(chain.telling("never", 10n)));
    });

  it("offers again what a node refuses for now, and ends with its words", async () => {
    for (const message of [
      "tx fee (2.63 ether) exceeds the configured cap (1.00 ether)",
      "max fee per gas less than block base fee: address 0x90F7, maxFeePerGas: 1, baseFee: 7",
      "sender is not allowed to send transactions through this endpoint",
      "txpool is full\u001b[2J\nforged line",
    ]) {
      told.length = 0;
      refusing(-32_000, message);
      const journal = memoryJournal();
      const failure = await opened(journal, { patience: 5 })
        .send(chain.telling("now", 11n))
        .catch((error: Error) => error);
      assert.ok(failure instanceof TransactionPendingError, String(failure));
      assert.ok(failure.message.includes(message.slice(0, 14)), failure.message);
      assert.match(failure.message, /: the node refuses it: ".+" \(code -32000\); run again to carry on/);
      assert.doesNotMatch(failure.message, /[\n\u001b]/);
      assert.equal(told.length, 1, "told once");
      proxy.fate = () => "pass";
      await once(() => opened(journal).send(chain.telling("now", 11n)));
    }
  });
});

const PENDING = {
  Class: TransactionPendingError,
  text: /: expected to be mined, got no receipt yet.*; run again to carry on with nonce \d+$/,
};
