import { setTimeout as sleep } from "node:timers/promises";
import type { JsonRpcProvider } from "ethers";
import { NodeUnreachableError } from "../../errors.js";
import type { Connection } from "../connection.js";
import type { Journal, JournalEntry } from "../journal.js";

/** Looks in a row at which a node must say the same before something that a backend behind it would say is believed. */
export const LAG_LOOKS = 8;
/** Looks at the count of mined transactions before the first nonce is given out. */
const FIRST_LOOKS = 3;

/** Which nonces of an account are used or free, asked of nodes whose backends do not all know the newest block. */
export class AccountNonces {
  readonly #provider: JsonRpcProvider;
  readonly #connection: Connection;
  readonly #account: string;
  readonly #journal: Journal;
  readonly #lostAfter: number;
  /** The highest count of mined transactions that was seen, and how many since were lower. */
  #highest = { count: 0, lower: 0, looks: 0 };

  constructor(connection: Connection, account: string, journal: Journal, lostAfter: number) {
    this.#provider = connection.provider;
    this.#connection = connection;
    this.#account = account;
    this.#journal = journal;
    this.#lostAfter = lostAfter;
  }

  /**
   * How many transactions are mined. A lower count than one that was seen is a backend's that is behind, unless it stays:
   * then blocks were taken back.
   */
  async mined(): Promise<number> {
    const count = await this.#provider.getTransactionCount(this.#account, "latest");
    const { count: before, lower, looks } = this.#highest;
    if (count >= before || lower + 1 >= LAG_LOOKS) this.#highest = { count, lower: 0, looks: looks + 1 };
    else this.#highest = { count: before, lower: lower + 1, looks: looks + 1 };
    return this.#highest.count;
  }

  /** As `mined`, once it is known whether a lower count than before is right. */
  async settled(): Promise<number> {
    for (;;) {
      const count = await this.mined();
      const { lower, looks } = this.#highest;
      if (lower === 0 && looks >= FIRST_LOOKS) return count;
      if (lower > 0) await sleep(this.#connection.pollingInterval);
    }
  }

  /** The first nonce that neither the chain, the node nor the journal has a transaction for: a gap is filled. */
  async free(): Promise<number> {
    return this.#firstFree(await this.settled(), undefined);
  }

  /** As `free`, where that is below an entry's nonce, which then waits for it. */
  async freeBelow(entry: JournalEntry): Promise<number | undefined> {
    const free = await this.#firstFree(this.#highest.count, entry.key);
    return free < entry.nonce ? free : undefined;
  }

  /**
   * Whether an entry whose nonce is used up can have no receipt any more: none of it is mined, and enough blocks stand on
   * the nonce. On a local chain, which nobody re-organises, the transaction that used it is enough.
   */
  async isLost(entry: JournalEntry): Promise<boolean> {
    const newest = await this.#provider.getBlockNumber();
    for (const { hash } of entry.attempts) {
      const transaction = await this.#provider.getTransaction(hash);
      if (transaction !== null && transaction.blockNumber !== null) return false;
    }
    const before = newest - this.#lostAfter;
    if (before >= 0 && (await this.#countAt(before)) > entry.nonce)
      return (await this.#receipts(entry)).every((receipt) => receipt === null);
    return this.#connection.local && (await this.#isTaken(entry, newest));
  }

  async #firstFree(mined: number, except: string | undefined): Promise<number> {
    const pending = this.#journal.entries().filter(({ state, key }) => state === "pending" && key !== except);
    const taken = new Set(pending.map(({ nonce }) => nonce));
    let nonce = Math.max(mined, await this.#provider.getTransactionCount(this.#account, "pending"));
    while (taken.has(nonce)) nonce++;
    return nonce;
  }

  async #countAt(block: number): Promise<number> {
    try {
      return await this.#provider.getTransactionCount(this.#account, block);
    } catch (error) {
      // A node that keeps no state of a dozen blocks ago cannot say, so it is waited for.
      if (error instanceof NodeUnreachableError && error.kind === "state") return 0;
      throw error;
    }
  }

  #receipts({ attempts }: JournalEntry) {
    return Promise.all(attempts.map(({ hash }) => this.#provider.getTransactionReceipt(hash)));
  }

  /** Whether one of the newest blocks has another transaction of the account under the entry's nonce. */
  async #isTaken({ nonce, attempts }: JournalEntry, newest: number): Promise<boolean> {
    for (let number = newest; number >= Math.max(newest - this.#lostAfter, 0); number--) {
      const block = await this.#provider.getBlock(number, true);
      const taker = block?.prefetchedTransactions.find(
        (one) => one.from === this.#account && one.nonce === nonce,
      );
      if (taker !== undefined) return !attempts.some(({ hash }) => hash === taker.hash);
    }
    return false;
  }
}
