import { Interface, type JsonRpcProvider, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { contractAt } from "../../src/chain/binding.js";
import type { Connection } from "../../src/chain/connection.js";
import { creator } from "../../src/chain/deploy/create.js";
import { mockV3Aggregator } from "../../src/chain/generated/index.js";
import { type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { TransactionOptions } from "../../src/chain/transactions/submission.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";

const FEED = new Interface(mockV3Aggregator.abi);

/** A local chain with one contract, which remembers the last number that it was told. */
export class FeedChain {
  readonly wallet = new Wallet(ANVIL_KEYS[0]);
  readonly other = new Wallet(ANVIL_KEYS[1]);

  private constructor(
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly feed: string,
  ) {}

  static async start(...args: string[]): Promise<FeedChain> {
    const anvil = await Anvil.start(...args);
    const connection = await anvil.connect();
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    const { address } = await creator(connection, transactions)("feed", mockV3Aggregator, [8n, 1n]);
    return new FeedChain(anvil, connection, address);
  }

  get provider(): JsonRpcProvider {
    return this.connection.provider;
  }

  opened(journal: Journal = memoryJournal(), options: TransactionOptions = {}): Transactions {
    return new Transactions(this.connection, this.wallet, journal, options);
  }

  /** What tells the contract a number, under a key. */
  telling(key: string, value: bigint) {
    return { key, to: this.feed, data: FEED.encodeFunctionData("updateAnswer", [value]) };
  }

  /** The last number that it was told, and how often it was told one. */
  async told(): Promise<readonly [value: bigint, times: bigint]> {
    const feed = contractAt(mockV3Aggregator, this.feed, this.provider);
    return [await feed.latestAnswer(), await feed.latestRound()];
  }

  nonce(tag = "latest"): Promise<number> {
    return this.provider.getTransactionCount(this.wallet.address, tag);
  }

  /** Runs `work` while nothing is mined by itself. */
  async unmined<T>(work: () => Promise<T>): Promise<T> {
    await this.provider.send("evm_setAutomine", [false]);
    try {
      return await work();
    } finally {
      await this.provider.send("evm_setAutomine", [true]);
      await this.provider.send("evm_mine", []);
    }
  }

  async close(): Promise<void> {
    this.connection.close();
    await this.anvil.stop();
  }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 10));
}
