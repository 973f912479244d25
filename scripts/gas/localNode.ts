import { setTimeout } from "node:timers/promises";
import { type TransactionReceipt, toBeHex } from "ethers";
import { Anvil } from "../../src/chain/anvil.js";
import type { Connection } from "../../src/chain/connection.js";
import { calling } from "../../src/chain/transactions/revert.js";

/** Rules of the EVM that the figures are of: gas prices change between hard forks. */
export const HARDFORK = "osaka";
/** 17 May 2021, 00:00 UTC. */
const GENESIS = 1_621_209_600;
/** What a block of 30 million has room for, whatever a transaction uses of it. */
const GAS_LIMIT = 30_000_000;
/** Milliseconds for a transaction to be mined, on a machine that has other things to do. */
const PATIENCE = 300_000;
/** Milliseconds after which a block is asked for. */
const PUSH = 10_000;
const BASE = 21_000;
const ZERO_BYTE = 4;
const OTHER_BYTE = 16;

/** What a mined transaction cost. */
export interface Mined {
  /** gasUsed of its receipt. */
  readonly gas: number;
  /** Without the 21 000 of every transaction and without its calldata. */
  readonly execution: number;
  readonly logs: TransactionReceipt["logs"];
  readonly contractAddress: string;
}

/** A new local chain on which everything happens in the same second each time, so that gas is the same to the unit. */
export class LocalNode {
  private constructor(
    readonly anvil: Anvil,
    readonly connection: Connection,
  ) {}

  static async start(): Promise<LocalNode> {
    const anvil = await Anvil.start("--timestamp", String(GENESIS), "--hardfork", HARDFORK);
    const node = new LocalNode(anvil, await anvil.connect());
    await node.setInterval(1);
    return node;
  }

  /** Seconds from each block to the next. */
  async setInterval(seconds: number): Promise<void> {
    await this.rpc("anvil_setBlockTimestampInterval", seconds);
  }

  /** Has the next block come `seconds` after the newest. */
  async skip(seconds: number): Promise<void> {
    await this.rpc("evm_setNextBlockTimestamp", (await this.now()) + seconds);
  }

  /** Time of the newest block, unix seconds. */
  async now(): Promise<number> {
    return Number((await this.rpc<{ timestamp: string }>("eth_getBlockByNumber", "latest", false)).timestamp);
  }

  /** Undoes whatever `work` does to the chain. */
  async undoing<T>(work: () => Promise<T>): Promise<T> {
    const snapshot = await this.rpc("evm_snapshot");
    const result = await work();
    await this.rpc("evm_revert", snapshot);
    // On a busy machine anvil has been seen to put what it undid into its pool, and to mine it again.
    await this.rpc("anvil_dropAllTransactions");
    return result;
  }

  /**
   * Has a transaction of one of anvil's own accounts mined, alone in its block.
   * @param to null to create a contract
   * @throws RevertedError naming the contract's error
   */
  async send(from: string, to: string | null, data: string): Promise<Mined> {
    const call = { from, ...(to === null ? {} : { to }), data };
    const hash = await this.rpc<string>("eth_sendTransaction", { ...call, gas: toBeHex(GAS_LIMIT) });
    const receipt = await this.#receiptOf(hash);
    if (receipt.status !== "0x1") throw await this.#reasonOf(call);
    const gas = Number(receipt.gasUsed);
    return {
      gas,
      execution: gas - BASE - calldataGas(data),
      logs: receipt.logs,
      contractAddress: receipt.contractAddress ?? "",
    };
  }

  /** What a call returns now. @throws RevertedError */
  async call(to: string, data: string): Promise<string> {
    return calling("call", () => this.connection.provider.call({ to, data }));
  }

  /** Straight to the node: a provider of ethers waits before it asks, which thousands of rounds would feel. */
  async rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    const response = await fetch(this.anvil.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result: T; error?: object };
    if (error !== undefined) throw new Error(`${method}: expected a result, got ${JSON.stringify(error)}`);
    return result;
  }

  async close(): Promise<void> {
    this.connection.close();
    await this.anvil.stop();
  }

  // Not by eth_sendTransactionSync: after a return to a snapshot it has been seen to wait in vain.
  async #receiptOf(hash: string): Promise<RawReceipt> {
    const begun = performance.now();
    for (let pushed = begun; performance.now() < begun + PATIENCE; ) {
      const receipt = await this.rpc<RawReceipt | null>("eth_getTransactionReceipt", hash);
      if (receipt !== null) return receipt;
      await setTimeout(1);
      if (performance.now() < pushed + PUSH) continue;
      // After a return to a snapshot, anvil has been seen to leave a transaction in its pool.
      await this.rpc("evm_mine");
      pushed = performance.now();
    }
    throw new Error(`${hash}: expected it to be mined within ${PATIENCE / 1000} s, got no receipt`);
  }

  async #reasonOf(call: object): Promise<unknown> {
    return calling("transaction", () => this.connection.provider.call(call)).then(
      () => new Error("expected the transaction to be accepted, got a revert by the state it was mined in"),
      (error) => error,
    );
  }
}

interface RawReceipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly logs: TransactionReceipt["logs"];
  readonly contractAddress: string | null;
}

function calldataGas(data: string): number {
  return Buffer.from(data.slice(2), "hex").reduce(
    (sum, byte) => sum + (byte === 0 ? ZERO_BYTE : OTHER_BYTE),
    0,
  );
}
