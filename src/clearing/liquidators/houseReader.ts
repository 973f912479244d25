import { contractAt, eventsOf, interfaceOf } from "../../chain/binding.js";
import type { Connection } from "../../chain/connection.js";
import { type ClearingHouse, clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { pagedLogs } from "../../chain/logs.js";
import { calling } from "../../chain/transactions/revert.js";
import { DeploymentMismatchError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { CLEARED_PER_WORD, type SealedBook } from "../../protocol/sealedBook.js";
import { placeWord, TRANSITION_DOMAIN, TRANSITION_FIXED_WORDS } from "../../protocol/transition.js";
import type { SealedAccount } from "./partials.js";
import type { HouseReader } from "./service.js";

/** What the chain calls a frozen account: Stage.Frozen. */
const FROZEN = 2n;
/** Words of a transition's notes. */
const NOTE_WORDS = 4;
/** Words of a ciphertext beside its packed quantities: basis and salt. */
const CIPHER_TAIL = 2;

/** Where a house is, and how deep a block must be before anything is decrypted by it. */
export interface HouseReaderOptions {
  /** Address of the house. It must be the right one: another contract could show points of its choice. */
  readonly house: string;
  /** The first block that can hold an event of it. */
  readonly fromBlock: number;
  /** Blocks that must follow the one in which an account was frozen: what a re-organisation takes back was not decrypted. */
  readonly depth: number;
}

/** Reads a clearing house for its liquidators. It trusts its node: members ask nodes of their own. */
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

  async liquidatorsKey(): Promise<Point> {
    return calling(`house ${this.house}`, async () => {
      const { x, y } = await this.#contract.liquidatorsKey();
      return { x, y };
    });
  }

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
 * What a liquidator needs of a transition's words: the commitment, the listing and the sealed book. docs/CLEARING.md has their order.
 * @throws DeploymentMismatchError for words of another statement, place or length
 */
function wordsOf(
  words: readonly bigint[],
  place: bigint,
): { readonly commitment: bigint; readonly listing: bigint; readonly sealed: SealedBook } {
  const before = TRANSITION_FIXED_WORDS + NOTE_WORDS;
  // 3·U words of deltas and prices, and ⌈U / 3⌉ + 2 of the ciphertext.
  const assets = [16, 32].find((slots) => words.length === before + 3 * slots + cipherWords(slots));
  if (words[0] !== TRANSITION_DOMAIN || words[1] !== place || assets === undefined)
    throw new DeploymentMismatchError("BookChanged: expected the words of a transition here, got others");
  const at = (index: number): bigint => words[index] as bigint;
  return {
    commitment: at(6),
    listing: at(7),
    sealed: { ephemeral: { x: at(10), y: at(11) }, cipher: words.slice(-cipherWords(assets)) },
  };
}

/** Slots of the circuit that a sealed book was made for. */
export function assetsOf({ cipher }: SealedBook): number {
  return cipher.length === cipherWords(16) ? 16 : 32;
}

function cipherWords(assets: number): number {
  return Math.ceil(assets / CLEARED_PER_WORD) + CIPHER_TAIL;
}
