import { setTimeout as sleep } from "node:timers/promises";
import { type JsonRpcProvider, Transaction, type TransactionReceipt, type TransactionRequest } from "ethers";
import { DryRun, RevertedError, TransactionPendingError, TransactionRefusedError } from "../../errors.js";
import type { Connection } from "../connection.js";
import type { TransactionSigner } from "../externalSigner.js";
import type { Journal, JournalEntry } from "../journal.js";
import { AccountNonces, LAG_LOOKS } from "./accountNonces.js";
import { Attempts } from "./attempts.js";
import { asChainError } from "./revert.js";
import {
  DEFAULT_FEE_CAP,
  failureOf,
  isConfirmed,
  receiptOf,
  refusalKind,
  type Submission,
  type TransactionOptions,
} from "./submission.js";

const DEFAULTS = {
  confirmations: 1,
  bumpAfter: 15,
  patience: 300,
  feeCap: DEFAULT_FEE_CAP,
  lostAfter: 12,
  dryRun: false,
};
/** Milliseconds of waiting after which something is told. */
const SILENCE = 8_000;

/** How the wait for one entry goes. */
interface Wait {
  /** Looks since the last signing. */
  looks: number;
  /** Consecutive looks at which the same lower nonce was free. */
  gap: { nonce: number; looks: number };
  /** What the node said last against what was offered, or what the chain asks for. */
  why: string;
  /** Whether this run has signed again what a node never takes. */
  fresh: boolean;
}

/**
 * Sends transactions of one account, each key once. What is signed is journalled before it is sent, so a crash, a
 * dropped node or a lost answer never makes a second one: the same bytes are sent again, or others with the same nonce,
 * of which a chain takes one. A signed transaction is watched until it has a receipt or is known to be lost; until then
 * it is not signed for another nonce.
 *
 * @example
 * ```ts
 * import { memoryJournal, Transactions } from "zkmargin/chain";
 *
 * const sender = new Transactions(open.connection, custodian, memoryJournal());
 * console.log(sender.sender === custodian.address); // true
 * ```
 */
export class Transactions {
  readonly #provider: JsonRpcProvider;
  readonly #connection: Connection;
  readonly #attempts: Attempts;
  readonly #journal: Journal;
  readonly #options: Required<TransactionOptions>;
  readonly #nonces: AccountNonces;

  /** @param signer a wallet of ethers, or an ExternalSigner */
  constructor(
    connection: Connection,
    signer: TransactionSigner,
    journal: Journal,
    options: TransactionOptions = {},
  ) {
    this.#provider = connection.provider;
    this.#connection = connection;
    this.#journal = journal;
    this.#options = { ...DEFAULTS, ...options };
    this.#attempts = new Attempts(connection, signer, this.#options.feeCap);
    this.#nonces = new AccountNonces(connection, signer.address, journal, this.#options.lostAfter);
  }

  get sender(): string {
    return this.#attempts.sender;
  }

  /** Most that is ever paid per gas, wei. */
  get feeCap(): bigint {
    return this.#options.feeCap;
  }

  /**
   * Sends, and waits until it is mined and confirmed. Null if the chain says that it is done already.
   * @throws RevertedError if the contract refuses, before anything is sent where that can be told
   * @throws NodeUnreachableError, TransactionPendingError: run again, and the journal carries on
   * @throws FeeCapError if the chain asks for more than the cap
   * @throws TransactionRefusedError if no node would take it
   * @throws InsufficientFundsError
   */
  async send(submission: Submission): Promise<TransactionReceipt | null> {
    if (this.#options.dryRun) return this.#wouldSend(submission);
    const known = this.#journal.get(submission.key);
    if (known?.state === "pending") return this.#settle(submission, known);
    if (known?.state === "done") {
      if (await this.#stands(known)) return this.#settle(submission, known);
      // It was mined once, and a reorganisation dropped its block. The same signed transaction is sent again if the
      // chain would take it now. It is built again if its data differ by now, as a proof's do for a newer round.
      if (await this.#isDone(submission)) return null;
      await this.#attempts.prepare(submission);
      if (Transaction.from(known.attempts.at(-1)?.raw ?? "0x").data !== submission.data)
        return this.#settle(submission, await this.#begin(submission, known), true);
      const again: JournalEntry = { ...known, state: "pending" };
      await this.#journal.put(again);
      return this.#settle(submission, again);
    }
    if (await this.#isDone(submission)) return null;
    return this.#settle(submission, await this.#begin(submission), true);
  }

  async #wouldSend(submission: Submission): Promise<null> {
    if (await this.#isDone(submission)) return null;
    const { gasLimit, maxFeePerGas } = await this.#attempts.prepare(submission);
    throw new DryRun(submission, BigInt(gasLimit ?? 0), BigInt(maxFeePerGas ?? 0));
  }

  /** The receipt of a transaction that is done, by its key; null for one still to be sent. */
  async receiptFor(key: string): Promise<TransactionReceipt | null> {
    const known = this.#journal.get(key);
    return known?.state === "done" ? receiptOf(this.#provider, known) : null;
  }

  /**
   * The key of something that may be sent more than once, such as a deposit. It is that of a transaction under way,
   * refused or gone from the chain, if there is one; otherwise a new key.
   */
  async occasion(what: string): Promise<{ readonly key: string; readonly underWay: boolean }> {
    const before = this.#journal.entries().filter(({ key }) => key.startsWith(`${what} #`));
    const last = before.at(-1);
    if (last === undefined) return { key: `${what} #1`, underWay: false };
    return last.state === "done" && (await this.#stands(last))
      ? { key: `${what} #${before.length + 1}`, underWay: false }
      : { key: last.key, underWay: last.state === "pending" };
  }

  /**
   * Sends what an earlier run signed and did not see mined, in the order of nonces. In a dry run it sends nothing.
   * @returns the receipts of what is mined and was not refused
   */
  async resume(): Promise<TransactionReceipt[]> {
    if (this.#options.dryRun) return [];
    const receipts: TransactionReceipt[] = [];
    const pending = this.#journal.entries().filter(({ state }) => state === "pending");
    for (const entry of pending.sort((a, b) => a.nonce - b.nonce)) {
      const receipt = await this.#carryOn(entry);
      if (receipt !== null) receipts.push(receipt);
    }
    return receipts;
  }

  /**
   * Goes on with what an earlier run signed under a key and did not see mined. It needs nothing that was sent: a proof need not be made
   * again.
   * @returns its receipt; null if nothing of that key is under way, or the contract has refused it
   */
  async carryOn(key: string): Promise<TransactionReceipt | null> {
    const entry = this.#journal.get(key);
    return entry?.state === "pending" && !this.#options.dryRun ? this.#carryOn(entry) : null;
  }

  /** Waits for an entry whose submission is known by what was signed alone. */
  async #carryOn(entry: JournalEntry): Promise<TransactionReceipt | null> {
    const { to, data } = Transaction.from(entry.attempts[0]?.raw ?? "0x");
    return this.#settle({ key: entry.key, to, data }, entry).catch((error) => {
      // Refused now: it is in the journal as such, and the caller decides again.
      if (!(error instanceof RevertedError)) throw error;
      return null;
    });
  }

  /**
   * Waits for one of an entry's attempts; sends it again, and pays more or takes another nonce where that is needed.
   * @param isNew whether it was signed just now, and no node has it
   */
  async #settle(
    submission: Submission,
    first: JournalEntry,
    isNew = false,
  ): Promise<TransactionReceipt | null> {
    let entry = first;
    const wait: Wait = { looks: 0, gap: { nonce: -1, looks: 0 }, why: "", fresh: isNew };
    if (isNew) await this.#offer(entry, wait);
    for (let total = 1; total <= this.#options.patience; total++) {
      // The count first: a receipt that comes between the two is then seen.
      const used = (await this.#nonces.mined()) > entry.nonce;
      const receipt = await receiptOf(this.#provider, entry);
      if (receipt !== null) {
        const over = await isConfirmed(this.#provider, receipt, this.#options.confirmations);
        if (over) return this.#finish(submission, entry, receipt);
      } else if (used) {
        // Whose transaction used the nonce is not known yet: of a backend that is behind, the receipt comes later.
        if (await this.#nonces.isLost(entry)) {
          if (await this.#isDone(submission)) {
            await this.#journal.put({ ...entry, state: "done" });
            return null;
          }
          entry = await this.#begin(submission, entry);
          wait.looks = 0;
          continue;
        }
        wait.why = "its nonce is used up, and no receipt has come";
      } else entry = await this.#push(submission, entry, wait);
      await this.#tell(submission.key, entry, wait, total);
      await sleep(this.#connection.pollingInterval);
    }
    const why = wait.why === "" ? "" : `: ${wait.why}`;
    throw new TransactionPendingError(
      `${submission.key}: expected to be mined, got no receipt yet${why}; run again to carry on with nonce ${entry.nonce}`,
    );
  }

  async #finish(submission: Submission, entry: JournalEntry, receipt: TransactionReceipt) {
    const { blockNumber: number, blockHash: hash, status } = receipt;
    await this.#journal.put({ ...entry, state: status === 1 ? "done" : "refused", block: { number, hash } });
    if (status !== 1) throw await failureOf(this.#provider, this.sender, submission, receipt);
    return receipt;
  }

  /** One step towards being mined: what is missing below it, more for it, or the node that does not have it. */
  async #push(submission: Submission, first: JournalEntry, wait: Wait): Promise<JournalEntry> {
    let entry = first;
    if (entry.state !== "pending") {
      // Done, and its nonce is free again: what is sent is to be in the journal as such.
      entry = { ...entry, state: "pending" };
      await this.#journal.put(entry);
    }
    const free = await this.#nonces.freeBelow(entry);
    wait.gap =
      free === wait.gap.nonce ? { nonce: free, looks: wait.gap.looks + 1 } : { nonce: free ?? -1, looks: 1 };
    if (free !== undefined && wait.gap.looks > LAG_LOOKS) await this.#fill(free);
    wait.looks++;
    if (wait.looks % this.#options.bumpAfter === 0) {
      const dearer = await this.#attempts.dearer(entry);
      if (dearer !== null) {
        entry = { ...entry, attempts: [...entry.attempts, dearer] };
        await this.#journal.put(entry);
      }
    }
    try {
      if (!(await this.#isAtNode(entry))) await this.#offer(entry, wait);
    } catch (error) {
      if (!(error instanceof TransactionRefusedError) || wait.fresh || wait.looks > 1) throw error;
      // A run before this one signed it: this one asks the contract, and signs it again for the same nonce.
      wait.fresh = true;
      entry = await this.#begin(submission, entry);
    }
    return entry;
  }

  /**
   * Signs, under the nonce of `instead` where that is free still, else under a fresh one, and journals it. Nothing is sent
   * yet. Where the contract refuses, what was to be replaced becomes refused.
   */
  async #begin(submission: Submission, instead?: JournalEntry): Promise<JournalEntry> {
    let transaction: TransactionRequest;
    try {
      transaction = await this.#attempts.prepare(submission);
    } catch (error) {
      if (instead !== undefined && error instanceof RevertedError)
        await this.#journal.put({ ...instead, state: "refused" });
      throw error;
    }
    return this.#journal.exclusively(async () => {
      const now = this.#journal.get(submission.key);
      // Another process was quicker.
      if (now?.state === "pending" && now.attempts.at(-1)?.hash !== instead?.attempts.at(-1)?.hash)
        return now;
      const again =
        instead !== undefined && (await this.#nonces.settled()) <= instead.nonce ? instead : undefined;
      const nonce = again?.nonce ?? (await this.#nonces.free());
      const attempt = await this.#attempts.sign({ ...transaction, nonce });
      const attempts = [...(again?.attempts ?? []), attempt];
      const entry: JournalEntry = { key: submission.key, nonce, attempts, state: "pending" };
      await this.#journal.put(entry);
      return entry;
    });
  }

  /** Uses up a nonce below that of an entry, without which that one would wait for ever: after a re-organisation. */
  async #fill(nonce: number): Promise<void> {
    const entry = await this.#journal.exclusively(async () => {
      const theirs = this.#journal.entries().find((one) => one.nonce === nonce && one.state !== "refused");
      if (theirs !== undefined) return { ...theirs, state: "pending" } as const;
      const attempt = await this.#attempts.filler(nonce);
      return { key: `fill nonce ${nonce}`, nonce, attempts: [attempt], state: "pending" } as const;
    });
    await this.#journal.put(entry);
    this.#connection.tell(`${entry.key}: sent, as nonce ${nonce} is free below what waits to be mined`);
    await this.#carryOn(entry);
  }

  /** Whether the node has the newest attempt, and has not forgotten it. */
  async #isAtNode(entry: JournalEntry): Promise<boolean> {
    return (await this.#provider.getTransaction(entry.attempts.at(-1)?.hash ?? "")) !== null;
  }

  /**
   * Sends the newest attempt.
   * @throws TransactionRefusedError if no node would take it, InsufficientFundsError
   */
  async #offer(entry: JournalEntry, wait: Wait): Promise<void> {
    try {
      await this.#provider.send("eth_sendRawTransaction", [entry.attempts.at(-1)?.raw]);
      wait.why = "";
    } catch (error) {
      if (!(error instanceof TransactionRefusedError)) throw asChainError(error, entry.key);
      const kind = refusalKind(error);
      if (kind === "never")
        throw new TransactionRefusedError(
          entry.key,
          error.code,
          error.words,
          "no node would take it as it is",
        );
      // What the node or the chain has already, the next look shows.
      if (kind === "known") return;
      const why = `the node refuses it: ${error.said}`;
      if (why !== wait.why) this.#connection.tell(`${entry.key}: ${why}; offering it again`);
      wait.why = why;
    }
  }

  /** Tells, every few seconds, that something is waited for. */
  async #tell(key: string, { nonce }: JournalEntry, { why }: Wait, looks: number): Promise<void> {
    const { pollingInterval } = this.#connection;
    const every = Math.max(Math.floor(SILENCE / pollingInterval), 1);
    if (looks % every !== 0) return;
    const waited = Math.round((looks * pollingInterval) / 1_000);
    const reason = why === "" ? "" : `; ${why}`;
    this.#connection.tell(`${key}: nonce ${nonce} has no receipt after ${waited} s${reason}; looking again`);
  }

  /** Whether what is done is on the chain still. A node that has not come to its block says nothing about it. */
  async #stands(entry: JournalEntry): Promise<boolean> {
    for (let look = 0; look < LAG_LOOKS; look++) {
      if (look > 0) await sleep(this.#connection.pollingInterval);
      if ((await receiptOf(this.#provider, entry)) !== null) return true;
      if (entry.block === undefined) {
        if ((await this.#nonces.mined()) > entry.nonce) return true;
      } else {
        const block = await this.#provider.getBlock(entry.block.number);
        if (block !== null) return block.hash === entry.block.hash;
      }
    }
    return false;
  }

  async #isDone({ isDone }: Submission): Promise<boolean> {
    return isDone === undefined ? false : isDone();
  }
}
