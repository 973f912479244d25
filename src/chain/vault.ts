import { Interface, type TransactionReceipt } from "ethers";
import { contractAt, ERC20_ABI, eventsOf, interfaceOf, type TypedContract, type View } from "./binding.js";
import { type OpenDeployment, openVault } from "./deployment.js";
import { type MarginVault, marginVault } from "./generated/MarginVault.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";

/** What is read of an ERC-20 token. */
interface Erc20 extends TypedContract {
  readonly allowance: View<[owner: string, spender: string], bigint>;
  readonly balanceOf: View<[owner: string], bigint>;
  readonly decimals: View<[], bigint>;
  readonly symbol: View<[], string>;
}

/** A token's name and unit, as people use them. */
export interface TokenInfo {
  readonly token: string;
  readonly symbol: string;
  readonly decimals: number;
}

const ERC20 = new Interface(ERC20_ABI);

/** A token at an address, to be read. */
export function tokenAt({ connection }: Pick<OpenDeployment, "connection">, address: string): Erc20 {
  return contractAt({ name: "ERC20", abi: ERC20_ABI, ...NO_CODE }, address, connection.provider);
}

/** @throws RevertedError for what is no token with a symbol */
export function tokenInfo(open: Pick<OpenDeployment, "connection">, token: string): Promise<TokenInfo> {
  return calling(`token ${token}`, async () => {
    const contract = tokenAt(open, token);
    const [symbol, decimals] = await Promise.all([contract.symbol(), contract.decimals()]);
    return { token, symbol, decimals: Number(decimals) };
  });
}

/**
 * Lets `spender` take exactly `amount` of the sender's, if it may not take as much already. Some tokens change an
 * allowance only from zero or to it, so that one that is too small is first taken away.
 * @throws what Transactions.send throws
 */
export async function approve(
  open: Pick<OpenDeployment, "connection">,
  transactions: Transactions,
  token: string,
  spender: string,
  amount: bigint,
): Promise<void> {
  const allowance = () => tokenAt(open, token).allowance(transactions.sender, spender);
  // What a run before this one left under way is finished first, and need not be what is wanted now.
  for (let tries = 0; tries < APPROVALS; tries++) {
    const allowed = await calling(`allowance of ${token}`, allowance);
    if (allowed >= amount) return;
    const step = allowed === 0n ? amount : 0n;
    const { key } = await transactions.occasion(`approve ${token} ${spender} ${step}`);
    await transactions.send({
      key,
      to: token,
      data: ERC20.encodeFunctionData("approve", [spender, step]),
      isDone: async () => (await allowance()) === step,
    });
  }
}

/** Tries: two that were left under way, and two of its own. */
const APPROVALS = 4;
const NO_CODE = { bytecode: "0x", runtime: { hash: "0x", immutables: [] } } as const;

/** The receipt of a transaction; null if nothing was left to do. */
export type Done = Promise<TransactionReceipt | null>;

/** An auction that began. Amounts are units of the tokens. */
export interface Started {
  /** Units of the collateral. */
  readonly offered: bigint;
  /** Asked for all of it at the start, settlement units. */
  readonly startCost: bigint;
  /** To be raised by the account's auctions together, settlement units: a part of the debt, and the penalty. */
  readonly due: bigint;
  readonly receipt: TransactionReceipt | null;
}

/** What a bidder got in an auction, and its cost. Amounts are units of the tokens. */
export interface Taken {
  readonly amount: bigint;
  /** Settlement units: the sum of the next three. */
  readonly cost: bigint;
  /** To the creditor. */
  readonly repaid: bigint;
  /** To the keeper who started the auction. */
  readonly incentive: bigint;
  /** To the creditor's insurance fund. */
  readonly insured: bigint;
  /** Units of the collateral that went back to the account, if this ended the auction; null if it goes on. */
  readonly returned: bigint | null;
  readonly receipt: TransactionReceipt | null;
}

const VAULT = interfaceOf(marginVault);

/**
 * What one sender does with a deployment's vault: collateral, loans and auctions. Amounts are units of the tokens. The
 * sender approves exactly the amount that the vault takes.
 *
 * After a call that failed half-way, the same call carries on, because the journal has it. After one that went through,
 * the same call starts another. All throw what Transactions.send throws: RevertedError naming the vault's error,
 * NodeUnreachableError, TransactionPendingError, InsufficientFundsError.
 *
 * @example
 * ```ts
 * import { Vault } from "zkmargin/chain";
 *
 * const vault = new Vault(open, transactions);
 * const receipt = await vault.deposit(account, token, 10n ** 18n); // it approves exactly that much first
 * console.log(receipt?.status); // 1
 * ```
 */
export class Vault {
  readonly #open: OpenDeployment;
  readonly #transactions: Transactions;
  readonly #contract: MarginVault;
  readonly address: string;

  /** @throws DeploymentMismatchError if the deployment has no vault */
  constructor(open: OpenDeployment, transactions: Transactions) {
    this.#open = open;
    this.#transactions = transactions;
    this.#contract = openVault(open);
    this.address = this.#contract.target as string;
  }

  /** Adds to an account's collateral, from the sender's tokens. Anybody may call it. */
  deposit(account: string, token: string, amount: bigint): Done {
    return this.#send("deposit", [account, token, amount], { pays: { token, amount } });
  }

  /**
   * The first step of a withdrawal: `amount` is counted as gone. Only the owner may call this and the next two. A
   * pending request for the same amount stays as it is.
   */
  requestWithdrawal(account: string, token: string, amount: bigint): Done {
    return this.#send("requestWithdrawal", [account, token, amount], {
      isDone: async () => (await this.#contract.withdrawalOf(account, token)).amount === amount,
    });
  }

  /** Cancels a requested withdrawal. */
  cancelWithdrawal(account: string, token: string): Done {
    return this.#send("cancelWithdrawal", [account, token], {
      isDone: async () => (await this.#contract.withdrawalOf(account, token)).amount === 0n,
    });
  }

  /** The second step, once a book dated after the request is attested and proven at initial margin. */
  executeWithdrawal(account: string, token: string, to = this.#transactions.sender): Done {
    return this.#send("executeWithdrawal", [account, token, to]);
  }

  /** Names who may lend to the account: one of its attesters. Only the owner may call it, while nothing is owed. */
  setCreditor(account: string, creditor: string): Done {
    return this.#send("setCreditor", [account, creditor], {
      isDone: async () => BigInt(await this.#contract.creditorOf(account)) === BigInt(creditor),
    });
  }

  /** The first step of a loan: `amount` is counted as owed. Only the owner may call this and the next. */
  requestLoan(account: string, amount: bigint): Done {
    return this.#send("requestLoan", [account, amount], {
      isDone: async () => (await this.#contract.loanRequestOf(account)).amount === amount,
    });
  }

  /** Cancels a requested loan. */
  cancelLoan(account: string): Done {
    return this.#send("cancelLoan", [account], {
      isDone: async () => (await this.#contract.loanRequestOf(account)).amount === 0n,
    });
  }

  /** The second step, by the creditor, who pays: `amount` is what was requested. */
  async lend(account: string, amount: bigint): Done {
    return this.#send("lend", [account, amount], { pays: { token: await this.settlement(), amount } });
  }

  /** Repays at most what is owed. Anybody may call it. */
  async repay(account: string, amount: bigint): Done {
    const owed = await this.#read("debtOf", () => this.#contract.debtOf(account));
    const pays = { token: await this.settlement(), amount: amount < owed ? amount : owed };
    return this.#send("repay", [account, amount], { pays });
  }

  /**
   * Puts all of a liquidatable account's collateral in `token` up for auction. Anybody may call this and the next
   * three.
   */
  async startAuction(account: string, token: string): Promise<Started> {
    const receipt = await this.#send("startAuction", [account, token]);
    const [started] = eventsOf(marginVault, "AuctionStarted", receipt?.logs ?? [], this.address);
    const { offered = 0n, startCost = 0n, due = 0n } = started?.fields ?? {};
    return { offered, startCost, due, receipt };
  }

  /**
   * Buys at most `most` units of the running auction at its current price, for at most `mostCost`, and in proportion
   * for fewer units. By default `mostCost` is the current price, because the price of one auction only falls.
   * @throws RevertedError naming AuctionDiffers if the auction that is bid for is closed and another started meanwhile
   */
  async take(
    account: string,
    token: string,
    most: bigint,
    { mostCost, to = this.#transactions.sender }: { readonly mostCost?: bigint; readonly to?: string } = {},
  ): Promise<Taken> {
    const bid = await this.#read("quote", () => this.#bidFor(account, token, most, mostCost));
    const receipt = await this.#send("take", [account, token, bid.startedAt, bid.most, bid.mostCost, to], {
      pays: { token: await this.settlement(), amount: bid.pays },
      unlike: [account, token, most, to],
    });
    const [taken] = eventsOf(marginVault, "Taken", receipt?.logs ?? [], this.address);
    const [closed] = eventsOf(marginVault, "AuctionClosed", receipt?.logs ?? [], this.address);
    const { amount = 0n, cost = 0n, repaid = 0n, incentive = 0n, insured = 0n } = taken?.fields ?? {};
    return { amount, cost, repaid, incentive, insured, returned: closed?.fields.returned ?? null, receipt };
  }

  /** Ends an auction that is over, or that has nothing left to raise. */
  closeAuction(account: string, token: string): Done {
    return this.#send("closeAuction", [account, token]);
  }

  /** Pays the debt of a liquidatable account without collateral, out of the creditor's insurance fund. */
  coverShortfall(account: string): Done {
    return this.#send("coverShortfall", [account]);
  }

  /** Adds to the fund that covers a creditor's shortfalls. */
  async fundInsurance(creditor: string, amount: bigint): Done {
    return this.#send("fundInsurance", [creditor, amount], {
      pays: { token: await this.settlement(), amount },
    });
  }

  /** Pays the sender's fund out, while nobody owes the sender anything. */
  withdrawInsurance(amount: bigint): Done {
    return this.#send("withdrawInsurance", [amount]);
  }

  /** Pays out the repayments and incentives that are held for the sender. */
  claim(): Done {
    return this.#send("claim", []);
  }

  /** The token that is lent, repaid and bid in. */
  settlement(): Promise<string> {
    return this.#read("settlement", () => this.#contract.settlement());
  }

  /** A bid for the auction that runs, and the most that it can come to pay. */
  async #bidFor(account: string, token: string, most: bigint, mostCost?: bigint) {
    const [{ startedAt, left }, { due }, quoted] = await Promise.all([
      this.#contract.auctionOf(account, token),
      this.#contract.liquidationOf(account),
      this.#contract.quote(account, token, most),
    ]);
    if (mostCost !== undefined) return { startedAt, most, mostCost, pays: mostCost < due ? mostCost : due };
    const units = most < left ? most : left;
    // As the price falls, what is due buys more units than it does now.
    if (quoted.amount === 0n || quoted.amount === units)
      return { startedAt, most: units, mostCost: quoted.cost, pays: quoted.cost };
    const atThisPrice = (quoted.cost * units + quoted.amount - 1n) / quoted.amount;
    return { startedAt, most: units, mostCost: atThisPrice, pays: due };
  }

  #read<T>(name: string, work: () => Promise<T>): Promise<T> {
    return calling(`vault ${name}`, work);
  }

  /** `unlike`: which arguments tell one from another, where not all do. */
  async #send(
    name: string,
    args: readonly (string | bigint)[],
    options: {
      readonly pays?: { readonly token: string; readonly amount: bigint };
      readonly isDone?: () => Promise<boolean>;
      readonly unlike?: readonly (string | bigint)[];
    } = {},
  ): Done {
    const { pays, isDone, unlike = args } = options;
    const what = [`vault ${name}`, this.address, ...unlike].join(" ");
    const { key, underWay } = await this.#transactions.occasion(what);
    if (pays !== undefined && !underWay)
      await approve(this.#open, this.#transactions, pays.token, this.address, pays.amount);
    return this.#transactions.send({
      key,
      to: this.address,
      data: VAULT.encodeFunctionData(name, args),
      ...(isDone && { isDone }),
    });
  }
}

/** The auctions that a transaction closed and started. @param vault whose alone: others may name their events alike */
export function auctionsIn({ logs }: TransactionReceipt, vault: string) {
  return {
    closed: eventsOf(marginVault, "AuctionClosed", logs, vault).map(({ fields }) => fields),
    started: eventsOf(marginVault, "AuctionStarted", logs, vault).map(({ fields }) => fields),
  };
}
