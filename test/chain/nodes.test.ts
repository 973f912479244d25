import assert from "node:assert/strict";
import { Interface, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { contractAt } from "../../src/chain/binding.js";
import { type Connection, connect } from "../../src/chain/connection.js";
import { creator } from "../../src/chain/deploy/create.js";
import { erc20Mock, mockV3Aggregator } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { newestLog, pagedLogs } from "../../src/chain/logs.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { NodeUnreachableError } from "../../src/errors.js";
import { assertChainFails } from "../support/chainFailure.js";
import { ProxyNode } from "../support/proxyNode.js";

const FEED = new Interface(mockV3Aggregator.abi);
const TOKEN = new Interface(erc20Mock.abi);

describe("chain, through nodes as they are", () => {
  let anvil: Anvil;
  let proxy: ProxyNode;
  let connection: Connection;
  let feed: string;
  const wallet = new Wallet(ANVIL_KEYS[0]);
  const sender = () => new Transactions(connection, wallet, memoryJournal());
  const spans: number[] = [];
  const spanOf = (params: readonly unknown[]) => {
    const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
    return Number(toBlock) - Number(fromBlock) + 1;
  };

  before(async () => {
    anvil = await Anvil.start();
    proxy = await ProxyNode.start(anvil.url);
    connection = await connect(proxy.url);
    feed = (await creator(connection, sender())("feed", mockV3Aggregator, [8n, 1n])).address;
  });
  beforeEach(() => {
    spans.length = 0;
    proxy.fate = () => "pass";
  });
  after(async () => {
    connection.close();
    await proxy.stop();
    await anvil.stop();
  });

  const refusing = (
    most: number,
    fate: { status: number } | { error: { code: number; message: string } },
  ) => {
    proxy.fate = (method, params) => {
      if (method !== "eth_getLogs") return "pass";
      spans.push(spanOf(params));
      return spanOf(params) > most ? fate : "pass";
    };
  };

  it("reads events by spans that the node allows, whatever it says to others", async () => {
    await connection.provider.send("anvil_mine", ["0x40"]);
    const tooMany = { code: -32_005, message: "query exceeds max block range 10" };
    for (const fate of [{ error: tooMany }, { error: { ...tooMany, code: -32_602 } }, { status: 400 }]) {
      spans.length = 0;
      refusing(10, fate);
      const logs = await pagedLogs(connection.provider, { address: feed, topics: [], fromBlock: 0 }, 32);
      assert.deepEqual(logs, []);
      assert.deepEqual(spans.slice(0, 4), [32, 16, 8, 8]);
      const newest = await connection.provider.getBlockNumber();
      assert.equal(
        spans.slice(2).reduce((sum, span) => sum + span, 0),
        newest + 1,
      );
    }
  });

  it("gives up where a node refuses a single block, and where it does not answer at all", async () => {
    const filter = { address: feed, topics: [], fromBlock: 0 };
    refusing(0, { error: { code: -32_000, message: "no logs here" } });
    const refused = {
      Class: NodeUnreachableError,
      text: /: expected an answer to eth_getLogs, got "no logs here" \(code -32000\); it answers other/,
    };
    await assertChainFails(pagedLogs(connection.provider, filter, 8), refused);
    await assertChainFails(newestLog(connection.provider, filter, 8), refused);
    assert.deepEqual(spans, [8, 4, 2, 1, 8, 4, 2, 1]);
    spans.length = 0;
    refusing(0, { status: 503 });
    const impatient = await connect(proxy.url, { patience: 0.1 });
    await assertChainFails(pagedLogs(impatient.provider, filter, 8), {
      Class: NodeUnreachableError,
      text: /: expected an answer to eth_getLogs, got HTTP 503; is it up\? Given up after 0\.1 s of it; run/,
    });
    impatient.close();
    assert.deepEqual(new Set(spans), new Set([8]));
  });

  it("finds the newest of an event from the newest block back", async () => {
    const create = creator(connection, sender());
    const { address } = await create("token", erc20Mock, ["Token", "T", wallet.address, 0n]);
    const data = TOKEN.encodeFunctionData("mint", [wallet.address, 5n]);
    const topics = TOKEN.encodeFilterTopics("Transfer", []);
    const sent = await sender().send({ key: "mint", to: address, data });
    await connection.provider.send("anvil_mine", ["0x40"]);
    refusing(10, { error: { code: -32_005, message: "too many blocks" } });
    const log = await newestLog(connection.provider, { address, topics, fromBlock: 0 }, 16);
    assert.equal(log?.transactionHash, sent?.hash);
    assert.equal(
      await newestLog(connection.provider, { address: feed, topics, fromBlock: 0 }, 16),
      undefined,
    );
    const last = await connection.provider.getBlockNumber();
    const all = await pagedLogs(connection.provider, { address, topics, fromBlock: 0, toBlock: last }, 16);
    // That of its creation, and that of the minting.
    assert.deepEqual([all.length, all[1]?.transactionHash], [2, sent?.hash]);
  });

  it("tells a node without the state of a block from one that has not come to it, in anvil's words", async () => {
    const { provider } = connection;
    await provider.send("anvil_mine", ["0x40"]);
    const height = await provider.getBlockNumber();
    const state: string = await provider.send("anvil_dumpState", []);
    const other = await Anvil.start("--no-request-size-limit");
    const restarted = await connect([other.url], { patience: 1 });
    try {
      await restarted.provider.send("anvil_loadState", [state]);
      assert.equal(await restarted.provider.getBlockNumber(), height);
      const countAt = (block: number) => restarted.provider.getTransactionCount(wallet.address, block);
      const kindOf = async (block: number) =>
        countAt(block).then(
          () => "answered",
          (error) => (error instanceof NodeUnreachableError ? error.kind : error),
        );
      const begun = performance.now();
      assert.equal(await kindOf(height - 20), "state");
      assert.ok(performance.now() - begun < 900, "nothing is waited for");
      assert.equal(await kindOf(height + 20), "passing");
    } finally {
      restarted.close();
      await other.stop();
    }
  });

  it("sends once where the answer to sending is lost, or the node is overloaded for a while", async () => {
    const before = await connection.provider.getTransactionCount(wallet.address);
    let sends = 0;
    let looks = 0;
    proxy.fate = (method) => {
      if (method === "eth_sendRawTransaction" && sends++ === 0) return "lose the answer";
      if (method === "eth_getTransactionReceipt" && looks++ < 3) return { status: 500 };
      return "pass";
    };
    const receipt = await sender().send({
      key: "lost",
      to: feed,
      data: FEED.encodeFunctionData("updateAnswer", [7]),
    });
    assert.equal(receipt?.status, 1);
    assert.equal(await connection.provider.getTransactionCount(wallet.address), before + 1);
    assert.equal(await contractAt(mockV3Aggregator, feed, connection.provider).latestAnswer(), 7n);
  });
});
