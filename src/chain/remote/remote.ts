import { type TransactionReceipt, ZeroHash } from "ethers";
import { DeploymentMismatchError, UsageError } from "../../errors.js";
import { eventsOf, interfaceOf } from "../binding.js";
import { openVault, remoteOf } from "../deployment.js";
import { collateralLock } from "../generated/CollateralLock.js";
import { remoteCollateral } from "../generated/RemoteCollateral.js";
import { pagedLogs } from "../logs.js";
import { calling } from "../transactions/revert.js";
import type { Transactions } from "../transactions/transactions.js";
import { approve } from "../vault.js";
import type { LockMessage, ReleaseMessage, ReportMessage } from "./messages.js";
import type { RemotePair } from "./otherSide.js";

/** Who sends on which chain; a call that sends on another fails. */
export interface RemoteSenders {
  readonly home?: Transactions;
  readonly other?: Transactions;
}

const HOME = interfaceOf(remoteCollateral);
const LOCK = interfaceOf(collateralLock);

/** What is tried again once it was refused, and never sent twice. */
interface Sent {
  readonly isDone?: () => Promise<boolean>;
}

/**
 * What senders do with an asset on another chain: on both chains, each with transactions of its own. Amounts are smallest
 * units of the token. All throw what Transactions.send throws.
 *
 * @example
 * ```ts
 * import { Remote } from "zkmargin/chain";
 *
 * console.log(typeof Remote.prototype.credit); // function
 * ```
 */
export class Remote {
  readonly #pair: RemotePair;
  readonly #senders: RemoteSenders;

  constructor(pair: RemotePair, senders: RemoteSenders) {
    this.#pair = pair;
    this.#senders = senders;
  }

  /** Locks the sender's tokens on the other chain for an account at home. Returns the lock's number; null if it was done. */
  async lock(
    account: string,
    amount: bigint,
  ): Promise<{ id: bigint | null; receipt: TransactionReceipt | null }> {
    const { connection, other, lock } = this.#pair;
    const to = String(lock.target);
    const transactions = this.#sender("other");
    const { key, underWay } = await transactions.occasion(`remote lock ${to} ${account} ${amount}`);
    if (!underWay) await approve({ connection }, transactions, other.token, to, amount);
    const receipt = await transactions.send({
      key,
      to,
      data: LOCK.encodeFunctionData("lock", [account, amount]),
    });
    const [locked] = eventsOf(collateralLock, "Locked", receipt?.logs ?? []);
    return { id: locked?.fields.id ?? null, receipt };
  }

  /** Has the lock say what it holds. Anybody may call it. */
  report(): Promise<TransactionReceipt | null> {
    return this.#onOther("report", []);
  }

  /** Credits a lock whose message is verified. Anybody may call it. */
  credit(message: LockMessage): Promise<TransactionReceipt | null> {
    return this.#onHome("credit", [message], `${message.id}`, {
      isDone: () => this.#isUsed(message.id, message.account),
    });
  }

  /** Sends a lock back that was not credited. The account's owner may, or anybody if there is no such account. */
  decline(message: LockMessage): Promise<TransactionReceipt | null> {
    return this.#onHome("decline", [message], `${message.id}`, {
      isDone: () => this.#isUsed(message.id, ZeroHash),
    });
  }

  /** Takes note of a report that is verified. Anybody may call it. */
  takeReport(message: ReportMessage): Promise<TransactionReceipt | null> {
    return this.#onHome("report", [message], `${message.reportedAt}`, {
      isDone: async () => (await this.#pair.collateral.heard()).reportedAt >= message.reportedAt,
    });
  }

  /**
   * Tells the account's locks to pay out what has left the vault: one message for each lock that is drawn on.
   * @throws DeploymentMismatchError if the locks have less than that
   */
  async release(account: string, amount: bigint, to: string): Promise<ReleaseMessage[]> {
    const parts = await locksFor(this.#pair, account, amount);
    const messages: ReleaseMessage[] = [];
    for (const [id, part] of parts) {
      const transactions = this.#sender("home");
      const target = String(this.#pair.collateral.target);
      const what = `remote release ${target} ${account} ${id} ${part} ${to}`;
      const { key } = await transactions.occasion(what);
      const data = HOME.encodeFunctionData("release", [account, id, part, to]);
      const receipt = await transactions.send({ key, to: target, data });
      messages.push(...releasesIn(receipt));
    }
    return messages;
  }

  /**
   * Buys at most `most` units of an account's claims at auction, at the present price, and has the locks pay them to `to`
   * on the other chain.
   */
  async buy(
    account: string,
    most: bigint,
    to: string,
  ): Promise<{ amount: bigint; cost: bigint; messages: ReleaseMessage[] }> {
    const { home, collateral } = this.#pair;
    const target = String(collateral.target);
    const transactions = this.#sender("home");
    const vault = openVault(home);
    const bid = await calling("remote quote", async () => ({
      startedAt: (await vault.auctionOf(account, target)).startedAt,
      settlement: await vault.settlement(),
      ...(({ amount, cost }) => ({ amount, cost }))(await vault.quote(account, target, most)),
    }));
    if (bid.amount === 0n)
      throw new UsageError("remote buy: expected an amount that the auction sells, got 0");
    const parts = await locksFor(this.#pair, account, bid.amount);
    await approve(home, transactions, bid.settlement, target, bid.cost);
    const { key } = await transactions.occasion(
      `remote buy ${target} ${account} ${bid.startedAt} ${most} ${to}`,
    );
    const ids = parts.map(([id]) => id);
    const args = [account, bid.startedAt, bid.amount, bid.cost, ids, to];
    const receipt = await transactions.send({ key, to: target, data: HOME.encodeFunctionData("buy", args) });
    const [bought] = eventsOf(remoteCollateral, "Bought", receipt?.logs ?? []);
    return {
      amount: bought?.fields.amount ?? 0n,
      cost: bought?.fields.cost ?? 0n,
      messages: releasesIn(receipt),
    };
  }

  /** Has the lock pay out what home has released, once that is verified there. Anybody may call it. */
  payOut(message: ReleaseMessage): Promise<TransactionReceipt | null> {
    return this.#onOther("release", [message], `${message.id} ${message.number}`, {
      isDone: () => this.#pair.lock.isReleased(message.id, message.number),
    });
  }

  /** Whether a lock was credited to this account; to 0, whether it was declined. */
  async #isUsed(id: bigint, account: string): Promise<boolean> {
    const lock = await this.#pair.collateral.lockOf(id);
    return lock.used && lock.account === account;
  }

  async #onHome(name: string, args: readonly unknown[], unlike: string, { isDone }: Sent) {
    const to = String(this.#pair.collateral.target);
    const data = HOME.encodeFunctionData(name, args);
    return this.#sender("home").send({
      key: `remote ${name} ${to} ${unlike}`,
      to,
      data,
      ...(isDone && { isDone }),
    });
  }

  async #onOther(name: string, args: readonly unknown[], unlike?: string, { isDone }: Sent = {}) {
    const to = String(this.#pair.lock.target);
    const transactions = this.#sender("other");
    const what = `remote ${name} ${to}`;
    const key = unlike === undefined ? (await transactions.occasion(what)).key : `${what} ${unlike}`;
    const data = LOCK.encodeFunctionData(name, args);
    return transactions.send({ key, to, data, ...(isDone && { isDone }) });
  }

  #sender(side: "home" | "other"): Transactions {
    const sender = this.#senders[side];
    if (sender === undefined)
      throw new UsageError(
        `remote: expected a sender on the ${side === "home" ? "home" : "other"} chain, got none`,
      );
    return sender;
  }
}

function releasesIn(receipt: TransactionReceipt | null): ReleaseMessage[] {
  return eventsOf(remoteCollateral, "Released", receipt?.logs ?? []).map(
    ({ fields: { id, number, to, amount } }) => ({ id, number, to, amount }),
  );
}

/**
 * Which of an account's locks give an amount, the fullest first: locks of dust, which anybody may make for an account, then cost
 * its owner no transactions. @throws DeploymentMismatchError if they have less
 */
async function locksFor(
  { home, collateral, asset }: RemotePair,
  account: string,
  amount: bigint,
): Promise<(readonly [id: bigint, part: bigint])[]> {
  return calling(`locks of ${account}`, async () => {
    const { address, block: fromBlock } = remoteOf(home.deployment, asset).remoteCollateral;
    const topics = HOME.encodeFilterTopics("Credited", [account]) as (string | null)[];
    const logs = await pagedLogs(home.connection.provider, { address, topics, fromBlock });
    const locks: { readonly id: bigint; readonly left: bigint }[] = [];
    for (const { fields } of eventsOf(remoteCollateral, "Credited", logs))
      locks.push({ id: fields.id, left: (await collateral.lockOf(fields.id)).left });
    const parts: (readonly [bigint, bigint])[] = [];
    let missing = amount;
    for (const { id, left } of locks.sort((a, b) => (a.left < b.left ? 1 : a.left > b.left ? -1 : 0))) {
      const part = left < missing ? left : missing;
      if (part === 0n) break;
      parts.push([id, part]);
      missing -= part;
    }
    if (missing > 0n)
      throw new DeploymentMismatchError(
        `remote ${asset}: expected locks of the account with all that is released, got ${missing} units less`,
      );
    return parts;
  });
}
