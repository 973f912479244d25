import { setTimeout as sleep } from "node:timers/promises";
import {
  type JsonRpcProvider,
  Transaction,
  type TransactionReceipt,
  type TransactionRequest,
  type Wallet,
} from "ethers";
import {
  NodeUnreachableError,
  RevertedError,
  TransactionPendingError,
  TransactionRefusedError,
} from "../../errors.js";
import type { Attempt, Journal, JournalEntry } from "../journal.js";
import type { Connection } from "../provider.js";
import { bumpedFees, suggestedFees } from "./fees.js";
import { asChainError } from "./revert.js";

/** Something to be sent once. */
export interface Submission {
  /** Names what is sent: whatever is sent under a key is never sent under it again. */
  readonly key: string;
  /** Null creates a contract. */
  readonly to: string | null;
  readonly data: string;
  /** Asks the chain whether the effect is there already, whoever brought it about. */
  readonly isDone?: () => Promise<boolean>;
}

export interface TransactionOptions {
  /** Blocks that must stand on a receipt, its own included. 1 by default. */
  readonly confirmations?: number;
  /** Looks at the chain without a receipt before more is paid. */
  readonly bumpAfter?: number;
  /** Looks at the chain before giving up; the journal carries on in the next run. */
  readonly patience?: number;
  /** Most that is ever paid per gas, wei. */
  readonly feeCap?: bigint;
}

const DEFAULTS = { confirmations: 1, bumpAfter: 15, patience: 300, feeCap: 500_000_000_000n };
/** An estimate is of this state; the one it is mined in may cost more. */
const GAS_MARGIN = { times: 5n, over: 4n };

/**
 * Sends transactions of one account, each key once. What is signed is journalled before it is sent, so a crash, a
 * dropped node or a lost answer never makes a second one: the same bytes are sent again, or others with the same
 * nonce, of which a chain takes one.
 */
export class Transactions {
  readonly #provider: JsonRpcProvider;
  readonly #chainId: bigint;
  readonly #interval: number;
  readonly #wallet: Wallet;
  readonly #journal: Journal;
  readonly #options: Required<TransactionOptions>;
  /** Nonces are handed out one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, wallet: Wallet, journal: Journal, options: TransactionOptions = {}) {
    this.#provider = connection.provider;
    this.#chainId = connection.chainId;
    this.#interval = connection.pollingInterval;
    this.#wallet = wallet;
    this.#journal = journal;
    this.#options = { ...DEFAULTS, ...options };
  }

  get sender(): string {
    return this.#wallet.address;
  }

  /** Most that is ever paid per gas, wei. */
  get feeCap(): bigint {
    return this.#options.feeCap;
  }

  /**
   * Sends, and waits until it is mined and confirmed. Null if the chain says that it is done already.
   * @throws RevertedError if the contract refuses, before anything is sent where that can be told
   * @throws NodeUnreachableError, TransactionPendingError: run again, and the journal carries on
   * @throws InsufficientFundsError
   */
  async send(submission: Submission): Promise<TransactionReceipt | null> {
    const known = this.#journal.get(submission.key);
    if (known !== undefined && known.state !== "refused") {
      if (known.state === "pending") return this.#settle(submission, known);
      const receipt = await this.#receiptOf(known);
      if (receipt !== null) return receipt;
      // Done once, and its block is gone. What was signed is sent again, if the chain that is there now would take it
      // and nobody has another way to say it by now (a proof of a round that is another since).
      if (await this.#isDone(submission)) return null;
      await this.#prepared(submission);
      if (Transaction.from(known.attempts.at(-1)?.raw ?? "0x").data !== submission.data)
        return this.#settle(submission, await this.#begin(submission));
      const again: JournalEntry = { ...known, state: "pending" };
      await this.#journal.put(again);
      return this.#settle(submission, again);
    }
    if (await this.#isDone(submission)) return null;
    return this.#settle(submission, await this.#begin(submission));
  }

  /**
   * The key of something that may be sent more than once, such as a deposit: of the one that is under way, was refused
   * or has gone from the chain, if there is such a one; otherwise of a new one.
   */
  async occasion(what: string): Promise<{ readonly key: string; readonly underWay: boolean }> {
    const before = this.#journal.entries().filter(({ key }) => key.startsWith(`${what} #`));
    const last = before.at(-1);
    if (last === undefined) return { key: `${what} #1`, underWay: false };
    const over = last.state === "done" && (await this.#receiptOf(last)) !== null;
    return over
      ? { key: `${what} #${before.length + 1}`, underWay: false }
      : { key: last.key, underWay: last.state === "pending" };
  }

  /** Sends what a run before this one signed and did not see mined, in the order of nonces. */
  async resume(): Promise<void> {
    const pending = this.#journal.entries().filter(({ state }) => state === "pending");
    for (const entry of pending.sort((a, b) => a.nonce - b.nonce)) {
      const { to, data } = Transaction.from(entry.attempts[0]?.raw ?? "0x");
      await this.#settle({ key: entry.key, to, data }, entry).catch((error) => {
        // Refused now: it is in the journal as such, and whoever wanted it decides again.
        if (!(error instanceof RevertedError)) throw error;
      });
    }
  }

  /** Waits for one of an entry's attempts; sends it again, pays more or takes another nonce where that is needed. */
  async #settle(submission: Submission, first: JournalEntry): Promise<TransactionReceipt | null> {
    let entry = first;
    let looks = 0;
    for (let total = 0; total < this.#options.patience; total++) {
      // The count first: a receipt that comes between the two is then seen, and none is taken for lost.
      const count = await this.#provider.getTransactionCount(this.sender, "latest");
      const receipt = await this.#receiptOf(entry);
      if (receipt !== null) {
        if (!(await this.#isConfirmed(receipt))) {
          await sleep(this.#interval);
          continue;
        }
        await this.#journal.put({ ...entry, state: receipt.status === 1 ? "done" : "refused" });
        if (receipt.status !== 1) throw await this.#reasonOf(submission, receipt);
        return receipt;
      }
      if (count > entry.nonce || (await this.#isStranded(entry))) {
        // Another transaction of this account has the nonce, or the chain is another one and will not come to it.
        if (await this.#isDone(submission)) {
          await this.#journal.put({ ...entry, state: "done" });
          return null;
        }
        entry = await this.#begin(submission);
        looks = 0;
        continue;
      }
      if (looks++ % this.#options.bumpAfter === this.#options.bumpAfter - 1) entry = await this.#pay(entry);
      await this.#offer(entry);
      await sleep(this.#interval);
    }
    throw new TransactionPendingError(
      `${submission.key}: expected to be mined, got no receipt yet; run again to carry on with nonce ${entry.nonce}`,
    );
  }

  /** Signs under a fresh nonce and journals it. Nothing is sent yet. */
  #begin(submission: Submission): Promise<JournalEntry> {
    const turn = this.#turn.then(async () => {
      const transaction = await this.#prepared(submission);
      const nonce = await this.#freeNonce();
      const attempt = await this.#sign({ ...transaction, nonce });
      const entry: JournalEntry = { key: submission.key, nonce, attempts: [attempt], state: "pending" };
      await this.#journal.put(entry);
      return entry;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Whether nonces below the entry's are free, so that it would wait for ever: after a re-organisation. */
  async #isStranded(entry: JournalEntry): Promise<boolean> {
    return (await this.#freeNonce(entry.key)) < entry.nonce;
  }

  /** The first nonce that neither the node nor the journal has a transaction for: a gap is filled, none is left. */
  async #freeNonce(except?: string): Promise<number> {
    const pending = this.#journal.entries().filter(({ state, key }) => state === "pending" && key !== except);
    const taken = new Set(pending.map(({ nonce }) => nonce));
    let nonce = await this.#provider.getTransactionCount(this.sender, "pending");
    while (taken.has(nonce)) nonce++;
    return nonce;
  }

  async #prepared({ key, to, data }: Submission): Promise<TransactionRequest> {
    const call = { from: this.sender, to, data };
    try {
      const gas = await this.#provider.estimateGas(call);
      const fees = await suggestedFees(this.#provider, this.#options.feeCap);
      return {
        type: 2,
        chainId: this.#chainId,
        to,
        data,
        gasLimit: (gas * GAS_MARGIN.times) / GAS_MARGIN.over,
        ...fees,
      };
    } catch (error) {
      throw asChainError(error, key);
    }
  }

  async #sign(transaction: TransactionRequest): Promise<Attempt> {
    const raw = await this.#wallet.signTransaction(transaction);
    return { raw, hash: Transaction.from(raw).hash ?? "" };
  }

  /** The same transaction for more, if the cap allows. */
  async #pay(entry: JournalEntry): Promise<JournalEntry> {
    const last = Transaction.from(entry.attempts.at(-1)?.raw ?? "0x");
    const paid = {
      maxFeePerGas: last.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: last.maxPriorityFeePerGas ?? 0n,
    };
    const suggested = await suggestedFees(this.#provider, this.#options.feeCap);
    const fees = bumpedFees(paid, suggested, this.#options.feeCap);
    if (fees === null) return entry;
    const { type, chainId, to, data, gasLimit, nonce } = last;
    const attempt = await this.#sign({ type, chainId, to, data, gasLimit, nonce, ...fees });
    const dearer = { ...entry, attempts: [...entry.attempts, attempt] };
    await this.#journal.put(dearer);
    return dearer;
  }

  /** Sends the newest attempt if the node does not have it: it is new, or the node has forgotten it. */
  async #offer(entry: JournalEntry): Promise<void> {
    const last = entry.attempts.at(-1);
    if (last === undefined) return;
    if ((await this.#provider.getTransaction(last.hash)) !== null) return;
    try {
      await this.#provider.send("eth_sendRawTransaction", [last.raw]);
    } catch (error) {
      if (!(error instanceof TransactionRefusedError)) throw asChainError(error, entry.key);
      // "already known", "nonce too low", "underpriced": the next look at the chain says which is true.
    }
  }

  async #receiptOf(entry: JournalEntry): Promise<TransactionReceipt | null> {
    for (const { hash } of [...entry.attempts].reverse()) {
      const receipt = await this.#provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
    }
    return null;
  }

  /** Deep enough, and still of the chain: its block is the one that stands at its height. */
  async #isConfirmed(receipt: TransactionReceipt): Promise<boolean> {
    const newest = await this.#provider.getBlockNumber();
    if (newest - receipt.blockNumber + 1 < this.#options.confirmations) return false;
    const block = await this.#provider.getBlock(receipt.blockNumber);
    return block?.hash === receipt.blockHash;
  }

  async #isDone({ isDone }: Submission): Promise<boolean> {
    return isDone === undefined ? false : isDone();
  }

  /** Why a mined transaction failed: its call again, in the state of its block. */
  async #reasonOf({ key, to, data }: Submission, receipt: TransactionReceipt): Promise<unknown> {
    try {
      await this.#provider.call({ from: this.sender, to, data, blockTag: receipt.blockNumber });
    } catch (error) {
      return asChainError(error, key);
    }
    return new RevertedError(key, null, `in block ${receipt.blockNumber}, by the state it was mined in`);
  }
}
