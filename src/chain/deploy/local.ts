import { DevelopmentKeyError } from "../../errors.js";
import type { Listing } from "../../protocol/listing.js";
import { contractAt, interfaceOf } from "../binding.js";
import type { Connection } from "../connection.js";
import type { Deployed } from "../deployment.js";
import { erc20Mock } from "../generated/index.js";
import { mockV3Aggregator } from "../generated/MockV3Aggregator.js";
import { creator } from "./deploy.js";
import type { FeedPlan } from "./plan.js";
import type { DeploySender } from "./rehearsal.js";

/** Decimals of the mock aggregators, as of Chainlink's USD feeds. */
const FEED_DECIMALS = 8;
/** Attodollars in a unit of such an answer. */
export const ANSWER_UNIT = 10n ** BigInt(18 - FEED_DECIMALS);
const FEED = interfaceOf(mockV3Aggregator);

/**
 * Feeds of a local chain, whose answers are whatever they are told.
 *
 * @example
 * ```ts
 * import { LocalFeeds } from "zkmargin/chain";
 * import { closesOn } from "zkmargin/risk";
 *
 * const closes = closesOn(history, market.listing, "2021-05-17");
 * const feeds = await LocalFeeds.deploy(open.connection, transactions, market.listing, closes);
 * console.log(feeds.plan(86_400).length === market.listing.length); // true
 * ```
 */
export class LocalFeeds {
  readonly #transactions: DeploySender;
  readonly #addresses: readonly string[];
  readonly #name: string;
  /** The mocks by name, `mock BTC`, for {@link DeployPlan.mocks}. */
  readonly deployed: Readonly<Record<string, Deployed>>;
  #posts = 0;

  private constructor(transactions: DeploySender, deployed: Readonly<Record<string, Deployed>>) {
    this.#transactions = transactions;
    this.#addresses = Object.values(deployed).map(({ address }) => address);
    this.#name = this.#addresses[0] ?? "";
    this.deployed = deployed;
  }

  /**
   * Deploys Chainlink's mock aggregator for each asset.
   * @param closes attodollars a unit, in the listing's order
   * @throws DevelopmentKeyError on a chain that is not local: mocks are for development
   */
  static async deploy(
    connection: Connection,
    transactions: DeploySender,
    listing: Listing,
    closes: readonly bigint[],
  ): Promise<LocalFeeds> {
    if (!connection.local)
      throw new DevelopmentKeyError(`mock feeds: expected a local chain, got chain ${connection.chainId}`);
    const create = creator(connection, transactions);
    const deployed: Record<string, Deployed> = {};
    for (const [u, { symbol }] of listing.entries()) {
      const args: [bigint, bigint] = [BigInt(FEED_DECIMALS), answerOf(closes[u] ?? 0n)];
      deployed[`mock ${symbol}`] = await create(`mock ${symbol}`, mockV3Aggregator, args);
    }
    return new LocalFeeds(transactions, deployed);
  }

  /** The feeds of a plan. They accept any price, and are stale after `heartbeat` seconds. */
  plan(heartbeat: number): FeedPlan[] {
    return this.#addresses.map((aggregator) => ({
      source: { kind: "chainlink", aggregator },
      heartbeat,
      least: 0n,
      most: (1n << 64n) - 1n,
    }));
  }

  /** Has every feed answer these closes, attodollars a unit, as of the block that each is mined in. */
  async post(closes: readonly bigint[]): Promise<void> {
    const post = this.#posts++;
    await Promise.all(
      this.#addresses.map((to, u) =>
        this.#transactions.send({
          key: `mock ${this.#name} ${post} ${u} ${closes[u]}`,
          to,
          data: FEED.encodeFunctionData("updateAnswer", [answerOf(closes[u] ?? 0n)]),
        }),
      ),
    );
  }
}

/**
 * A mock token of a local chain. It has 18 decimals, and anybody may mint it.
 *
 * @example
 * ```ts
 * import { LocalToken } from "zkmargin/chain";
 *
 * const dollars = await LocalToken.deploy(open.connection, transactions, "USDC", 0n);
 * console.log(typeof dollars); // object
 * ```
 */
export class LocalToken {
  readonly address: string;
  readonly #connection: Connection;
  readonly #transactions: DeploySender;
  #mints = 0;

  private constructor(connection: Connection, transactions: DeploySender, address: string) {
    this.#connection = connection;
    this.#transactions = transactions;
    this.address = address;
  }

  /**
   * Deploys one, once for each journal and symbol.
   * @param supply units of 10^-18 that its deployer has from the start
   * @throws what Transactions.send throws
   */
  static async deploy(
    connection: Connection,
    transactions: DeploySender,
    symbol: string,
    supply: bigint,
  ): Promise<LocalToken> {
    const create = creator(connection, transactions);
    const args: [string, string, string, bigint] = [`Mock ${symbol}`, symbol, transactions.sender, supply];
    const { address } = await create(`mock token ${symbol}`, erc20Mock, args);
    return new LocalToken(connection, transactions, address);
  }

  /** Mints `amount` units of 10^-18 to an address. @throws what Transactions.send throws */
  async mint(to: string, amount: bigint): Promise<void> {
    const data = interfaceOf(erc20Mock).encodeFunctionData("mint", [to, amount]);
    await this.#transactions.send({ key: `mint ${this.address} ${this.#mints++}`, to: this.address, data });
  }

  /** Units of 10^-18 that an address has. */
  balanceOf(owner: string): Promise<bigint> {
    return contractAt(erc20Mock, this.address, this.#connection.provider).balanceOf(owner);
  }
}

/** What a mock aggregator is to answer for a price, attodollars a unit. */
export function answerOf(close: bigint): bigint {
  return close / ANSWER_UNIT;
}
