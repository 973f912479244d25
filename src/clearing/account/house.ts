import { accountOf, subaccountId } from "../../chain/attest.js";
import { contractAt, eventsOf, interfaceOf } from "../../chain/binding.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { STAGE_NAMES, type StageName } from "../../chain/generated/enums.js";
import { pagedLogs } from "../../chain/logs.js";
import { roundMarket } from "../../chain/rounds.js";
import { marketStatus } from "../../chain/status.js";
import { calling } from "../../chain/transactions/revert.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import { approve, type Done } from "../../chain/vault.js";
import type { NamedKey } from "../../chain/verificationKey.js";
import { AccountNotClearedError, RoundMismatchError } from "../../errors.js";
import { capAt } from "../../protocol/fundCover.js";
import { listingDigest } from "../../protocol/listing.js";
import { readTearUp } from "../../protocol/tearUp.js";
import type { NetBox } from "../../protocol/transition.js";
import type { BookChange } from "./changes.js";
import type { OpenHouse } from "./manifest.js";
import type {
  AccountState,
  ClearingMarkets,
  HealthCall,
  HouseTerms,
  TransitionCall,
} from "./transitionCall.js";

const HOUSE = interfaceOf(clearingHouse);

/** An account of a house, as the chain has it. */
export interface ClearedAccount extends AccountState {
  readonly owner: string;
  readonly stage: StageName;
  /** Whether no tear-up has overtaken its book, and its cap has not lapsed. */
  readonly current: boolean;
  /** What its owner has asked for: smallest units of the settlement token. */
  readonly asked: { readonly amount: bigint; readonly due: bigint; readonly to: string };
}

/**
 * The account of an owner's subaccount in a house: the house owns it in the registry.
 *
 * @example
 * ```ts
 * import { clearedAccountId } from "zkmargin/clearing";
 *
 * const id = clearedAccountId(clearing.contracts.clearingHouse.address, houseMember.address, "desk-1");
 * console.log(id === cleared); // true
 * ```
 */
export function clearedAccountId(house: string, owner: string, name: string): string {
  return accountOf(house, accountOf(owner, subaccountId(name)));
}

/** What a house holds its accounts to. */
export async function houseTerms({ open, house, fund }: OpenHouse): Promise<HouseTerms> {
  const [{ x, y }, initialMargin, { leastCap }] = await Promise.all([
    house.liquidatorsKey(),
    house.initialMargin(),
    fund.terms(),
  ]);
  return {
    chainId: open.connection.chainId,
    house: String(house.target),
    liquidatorsKey: { x, y },
    listing: listingDigest(open.listing),
    tier: open.tier,
    initialMargin: Number(initialMargin),
    capAt: (steps) => capAt(Number(steps), leastCap),
  };
}

/**
 * An account of a house. @throws AccountNotClearedError if nobody has opened it there
 *
 * @example
 * ```ts
 * import { clearedAccount, openHouse } from "zkmargin/clearing";
 *
 * const { stage, current } = await clearedAccount(await openHouse(houseOpen, clearing), cleared);
 * console.log(stage, current); // open true
 * ```
 */
export async function clearedAccount(opened: OpenHouse, account: string): Promise<ClearedAccount> {
  const { open, house, manifest } = opened;
  const defaults = contractAt(
    clearingDefaults,
    manifest.contracts.clearingDefaults.address,
    open.connection.provider,
  );
  return calling(`account ${account}`, async () => {
    const [owner, stage, book, current, asked, applied] = await Promise.all([
      house.ownerOf(account),
      house.stageOf(account),
      open.contracts.bookRegistry.bookOf(account),
      house.isCurrent(account),
      house.withdrawalOf(account),
      house.appliedTearUps(account),
    ]);
    const name = STAGE_NAMES[Number(stage)] ?? "none";
    if (name === "none") throw new AccountNotClearedError(account, String(house.target));
    return {
      account,
      owner,
      stage: name,
      sequence: book.sequence,
      commitment: book.commitment,
      current,
      asked: { amount: asked.amount, due: asked.due, to: asked.to },
      tearUps: readTearUp(await defaults.pendingTearUp(applied)),
    };
  });
}

/** The markets of the newest round, for both of a house's gates. @throws RoundMismatchError if there is no round to prove at */
export async function clearingMarkets(
  { margin, stress }: OpenHouse,
  key: NamedKey,
): Promise<ClearingMarkets> {
  const { round, usable } = await marketStatus(margin);
  if (round === null || !usable)
    throw new RoundMismatchError(
      "market: expected a round to prove at, got none; poke (zkmargin round poke)",
    );
  const [own, under] = [
    await roundMarket(margin, round.number, key.key),
    await roundMarket(stress, round.number, key.key),
  ];
  return { round: round.number, margin: own.market, stress: under.market };
}

/** A round's prices, each less its funding, as a transition that reduces is held to; and the words that the house checks. */
export function boxOf({ margin }: Pick<ClearingMarkets, "margin">): {
  readonly box: readonly NetBox[];
  readonly quotes: readonly bigint[];
} {
  const { prices } = margin;
  return {
    box: prices.map(({ low, high, funding }) => ({ low: low - funding, high: high - funding })),
    quotes: prices.map(
      ({ low, high, funding }) => low | (high << 64n) | (BigInt.asUintN(64, funding) << 192n),
    ),
  };
}

/** Every change of an account's book, oldest first. */
export async function bookChanges(
  { open, house, manifest }: OpenHouse,
  account: string,
): Promise<readonly BookChange[]> {
  const { address, block: fromBlock } = manifest.contracts.clearingHouse;
  const topics = house.interface.encodeFilterTopics("BookChanged", [account]);
  const logs = await pagedLogs(open.connection.provider, { address, topics, fromBlock });
  return eventsOf(clearingHouse, "BookChanged", logs).map(({ fields }) => ({
    chainId: open.connection.chainId,
    account,
    sequence: fields.sequence,
    words: fields.words,
  }));
}

/**
 * What one sender does in a house. Each call needs what was prepared for it: its proofs name the commitment that they replace, so
 * none is ever sent twice with effect. All throw what Transactions.send throws.
 *
 * @example
 * ```ts
 * import { clearedAccount, clearedAccountId, HouseTransactions, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const sender = new HouseTransactions(opened, houseTransactions);
 * await sender.openAccount("desk-2");
 * const id = clearedAccountId(String(opened.house.target), sender.sender, "desk-2");
 * console.log((await clearedAccount(opened, id)).sequence); // 0n
 * ```
 */
export class HouseTransactions {
  readonly #opened: OpenHouse;
  readonly #transactions: Transactions;

  constructor(opened: OpenHouse, transactions: Transactions) {
    [this.#opened, this.#transactions] = [opened, transactions];
  }

  get sender(): string {
    return this.#transactions.sender;
  }

  /** Opens the sender's account of that name. */
  openAccount(name: string): Done {
    const account = clearedAccountId(String(this.#opened.house.target), this.sender, name);
    return this.#send("open", [subaccountId(name)], `open ${account}`, async () => {
      return (await this.#opened.house.stageOf(account)) !== 0n;
    });
  }

  /** Pays settlement tokens into an account. The sender approves exactly as much. */
  async deposit(call: TransitionCall, amount: bigint): Done {
    const token = await this.#opened.house.settlement();
    await approve(this.#opened.open, this.#transactions, token, String(this.#opened.house.target), amount);
    const { key } = await this.#payments("deposit", call.account, amount);
    return this.#sendAs(key, "deposit", [call, amount]);
  }

  /**
   * Waits for a deposit, or a request for a payment, that an earlier run signed and did not see mined, so that none is made twice.
   * @returns its receipt; null if there is none, or the house has refused it
   */
  async carryOn(method: "deposit" | "withdraw", account: string, amount: bigint): Done {
    const { key, underWay } = await this.#payments(method, account, amount);
    return underWay ? this.#transactions.carryOn(key) : null;
  }

  /**
   * What became of a trade that this sender may have sent already. It is named by the side that completes the offer.
   * @returns its receipt, or null if another has settled it; undefined if it has not landed
   */
  async settled(half: TransitionCall): Promise<Awaited<Done> | undefined> {
    const key = this.#keyOf(changeKey("trade", half));
    const receipt = (await this.#transactions.carryOn(key)) ?? (await this.#transactions.receiptFor(key));
    if (receipt !== null) return receipt;
    return (await this.#commitmentOf(half.account)) === half.newCommitment ? null : undefined;
  }

  /** Settles a trade, once for the first of its transitions. @param round whose quotes a side that reduces is held to; 0 if none reduces */
  trade(calls: readonly TransitionCall[], round: bigint, quotes: readonly bigint[]): Done {
    const ordered = [...calls].sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    const [first] = calls;
    if (first === undefined) return Promise.resolve(null);
    return this.#change("trade", [ordered, round, quotes], first);
  }

  /** Closes torn-up lines, or changes the salt. */
  refresh(call: TransitionCall): Done {
    return this.#change("refresh", [call], call);
  }

  /** Asks for tokens, in smallest units, to be paid once the house's horizon is over. */
  async withdraw(call: TransitionCall, amount: bigint, to: string): Done {
    const { key } = await this.#payments("withdraw", call.account, amount);
    return this.#sendAs(key, "withdraw", [call, amount, to]);
  }

  /** Gives a standing book new times. */
  renew(state: AccountState, initial: HealthCall, stress: HealthCall, capSteps: bigint): Done {
    const { account, sequence } = state;
    return this.#send(
      "renew",
      [account, initial, stress, capSteps],
      `renew ${account} ${sequence + 1n}`,
      async () => (await this.#sequenceOf(account)) > sequence,
    );
  }

  /** Takes all out of an account whose book is empty then. @param proof of RevealBook of the empty book */
  exit(call: TransitionCall, basis: bigint, to: string, hash: bigint, proof: HealthCall["proof"]): Done {
    return this.#change("exit", [call, basis, to, hash, proof], call);
  }

  /** Pays what an account has asked for, once it is due. */
  pay(account: string, due: bigint): Done {
    return this.#send("pay", [account], `pay ${account} ${due}`, async () => {
      return (await this.#opened.house.withdrawalOf(account)).amount === 0n;
    });
  }

  #payments(method: "deposit" | "withdraw", account: string, amount: bigint) {
    return this.#transactions.occasion(this.#keyOf(`${method} ${account} ${amount}`));
  }

  #change(method: string, args: readonly unknown[], call: TransitionCall): Done {
    return this.#send(method, args, changeKey(method, call), async () => {
      return (await this.#commitmentOf(call.account)) === call.newCommitment;
    });
  }

  async #commitmentOf(account: string): Promise<bigint> {
    return (await this.#opened.open.contracts.bookRegistry.bookOf(account)).commitment;
  }

  async #sequenceOf(account: string): Promise<bigint> {
    return (await this.#opened.open.contracts.bookRegistry.bookOf(account)).sequence;
  }

  #keyOf(key: string): string {
    return `clearing ${this.#opened.house.target} ${key}`;
  }

  #send(method: string, args: readonly unknown[], key: string, isDone: () => Promise<boolean>): Done {
    return this.#sendAs(this.#keyOf(key), method, args, isDone);
  }

  #sendAs(key: string, method: string, args: readonly unknown[], isDone?: () => Promise<boolean>): Done {
    const data = HOUSE.encodeFunctionData(method, [...args]);
    const submission = { key, to: String(this.#opened.house.target), data };
    return this.#transactions.send(isDone === undefined ? submission : { ...submission, isDone });
  }
}

function changeKey(method: string, { account, newCommitment }: TransitionCall): string {
  return `${method} ${account} ${newCommitment}`;
}
