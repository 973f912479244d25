import { contractAt, eventsOf, interfaceOf } from "../../chain/binding.js";
import type { Connection } from "../../chain/connection.js";
import { type ClearingHouse, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { STAGE_NAMES } from "../../chain/generated/enums.js";
import { pagedLogs } from "../../chain/logs.js";
import { calling } from "../../chain/transactions/revert.js";
import { DeploymentMismatchError, OutOfRangeError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { readTransition } from "../../protocol/readTransition.js";
import { cipherWordCount, type SealedBook } from "../../protocol/sealedBook.js";
import { placeWord } from "../../protocol/transition.js";
import type { SealedAccount } from "./partials.js";
import type { HouseReader } from "./service.js";

/** What the chain calls a frozen account. */
const FROZEN = BigInt(STAGE_NAMES.indexOf("frozen"));

/** Where a house is, and how deep a block must be before anything is decrypted by it. */
export interface HouseReaderOptions {
  /** Address of the house. It must be the right one: another contract could show points of its choice. */
  readonly house: string;
  /** The first block that can hold an event of it. */
  readonly fromBlock: number;
  /** Blocks that must follow the one in which an account was frozen: what a re-organisation takes back was not decrypted. */
  readonly depth: number;
}

/**
 * Reads a clearing house for its liquidators. It trusts its node: members ask nodes of their own.
 *
 * @example
 * ```ts
 * import { ChainHouseReader } from "zkmargin/clearing";
 *
 * const { address: house, block: fromBlock } = clearing.contracts.clearingHouse;
 * const reader = new ChainHouseReader(houseOpen.connection, { house, fromBlock, depth: 0 });
 * console.log((await reader.frozenAccounts()).length); // accounts in default that nobody has revealed
 * ```
 */
export class ChainHouseReader implements HouseReader {
  readonly chainId: bigint;
  readonly house: string;
  readonly #connection: Connection;
  readonly #contract: ClearingHouse;
  readonly #depth: number;
  /** Accounts that were ever frozen, with their sequence and block, up to the block before `#next`. */
  readonly #frozen = new Map<string, { readonly sequence: bigint; readonly block: number }>();
  readonly #fromBlock: number;
  #next: number;

  constructor(connection: Connection, { house, fromBlock, depth }: HouseReaderOptions) {
    this.#connection = connection;
    this.chainId = connection.chainId;
    this.house = house;
    this.#contract = contractAt(clearingHouse, house, connection.provider);
    this.#depth = depth;
    this.#fromBlock = fromBlock;
    this.#next = fromBlock;
  }

  /** The key that the house's books are sealed to. */
  async liquidatorsKey(): Promise<Point> {
    return calling(`house ${this.house}`, async () => {
      const { x, y } = await this.#contract.liquidatorsKey();
      return { x, y };
    });
  }

  /** Whether an account is frozen, both at the deep block and now. */
  async isFrozen(account: string): Promise<boolean> {
    const blockTag = await this.#deep();
    return calling(`account ${account}`, async () => {
      const [then, now] = [
        await this.#contract.stageOf(account, { blockTag }),
        await this.#contract.stageOf(account),
      ];
      return then === FROZEN && now === FROZEN;
    });
  }

  /** The accounts that are frozen, each with its sealed book. */
  async frozenAccounts(): Promise<readonly SealedAccount[]> {
    const deep = await this.#deep();
    if (deep >= this.#next) {
      for (const { fields, log } of await this.#events("AccountFrozen", [], this.#next, deep))
        this.#frozen.set(fields.account.toLowerCase(), { sequence: fields.sequence, block: log.blockNumber });
      this.#next = deep + 1;
    }
    const sealed: SealedAccount[] = [];
    for (const account of this.#frozen.keys())
      if (await this.isFrozen(account)) sealed.push(await this.sealedAccount(account));
    return sealed;
  }

  /**
   * A frozen account's sealed book, as its last transition has posted it.
   * @throws DeploymentMismatchError for an account that was never frozen, or words that are not of this house
   */
  async sealedAccount(account: string): Promise<SealedAccount> {
    const frozen = this.#frozen.get(account.toLowerCase());
    if (frozen === undefined)
      throw new DeploymentMismatchError(
        `account ${account}: expected one that the house has frozen, got another`,
      );
    const changes = await this.#events("BookChanged", [account], this.#fromBlock, frozen.block);
    const { sequence } = frozen;
    const last = changes.filter(({ fields }) => fields.sequence <= sequence).at(-1)?.fields;
    if (last === undefined)
      throw new DeploymentMismatchError(`account ${account}: expected a book before it was frozen, got none`);
    const place = { chainId: this.chainId, house: this.house, account: account.toLowerCase() };
    return { ...place, sequence, ...wordsOf([...last.words], placeWord(place)) };
  }

  async #events<Name extends "AccountFrozen" | "BookChanged">(
    name: Name,
    values: readonly string[],
    fromBlock: number,
    toBlock: number,
  ) {
    const topics = interfaceOf(clearingHouse).encodeFilterTopics(name, [...values]);
    const { provider } = this.#connection;
    const logs = await pagedLogs(provider, { address: this.house, topics, fromBlock, toBlock });
    return eventsOf(clearingHouse, name, logs);
  }

  /** Number of the newest block that is deep enough. */
  async #deep(): Promise<number> {
    return Math.max(0, (await this.#connection.provider.getBlockNumber()) - this.#depth);
  }
}

/**
 * What a liquidator needs of a transition's words: the commitment, the listing and the sealed book.
 * @throws DeploymentMismatchError for words of another statement or place
 */
function wordsOf(
  words: readonly bigint[],
  place: bigint,
): { readonly commitment: bigint; readonly listing: bigint; readonly sealed: SealedBook } {
  try {
    const { newCommitment: commitment, listing, sealed, place: named } = readTransition(words);
    if (named === place) return { commitment, listing, sealed };
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
  }
  throw new DeploymentMismatchError("BookChanged: expected the words of a transition here, got others");
}

/** Slots of the circuit that a sealed book was made for. */
export function assetsOf({ cipher }: SealedBook): number {
  return cipher.length === cipherWordCount(16) ? 16 : 32;
}
