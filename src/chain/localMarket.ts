import { keccak256, type TransactionReceipt, toQuantity, toUtf8Bytes, ZeroAddress } from "ethers";
import {
  DevelopmentKeyError,
  NodeUnreachableError,
  NotLocalError,
  OutOfRangeError,
  RevertedError,
  TransactionPendingError,
} from "../errors.js";
import type { Listing } from "../protocol/listing.js";
import { contractAt, interfaceOf } from "./binding.js";
import { hashWithoutImmutables } from "./checkDeployment.js";
import type { Connection } from "./connection.js";
import { creator } from "./deploy/create.js";
import type { FeedPlan } from "./deploy/plan.js";
import type { DeploySender } from "./deploy/rehearsal.js";
import type { Deployed, OpenDeployment } from "./deployment.js";
import { chainlinkFeed, erc20Mock, marketLedger } from "./generated/index.js";
import { mockV3Aggregator } from "./generated/MockV3Aggregator.js";
import { marketStatus } from "./status.js";
import { calling } from "./transactions/revert.js";

/** Decimals of the mock aggregators, as of Chainlink's USD feeds. */
const FEED_DECIMALS = 8;
/** Attodollars in a unit of such an answer. */
const ANSWER_UNIT = 10n ** BigInt(18 - FEED_DECIMALS);
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

/** Whose transactions move a local chain: nobody has its key, and the node impersonates it. */
const MOVER = `0x${keccak256(toUtf8Bytes("zkmargin local market")).slice(-40)}`;
const MUCH = toQuantity(10n ** 24n);
/** Milliseconds and looks at a transaction that the node does not mine at once. */
const LOOKS = 600;
const PAUSE = 100;
const BPS = 10_000n;
/** An answer of a mock feed takes less. */
const FEED_GAS = 200_000n;

/** A mock feed of a local deployment. */
export interface LocalFeed {
  /** Symbol of the asset. */
  readonly asset: string;
  readonly aggregator: string;
  /** Attodollars a unit. */
  readonly price: bigint;
  /** Unix seconds. */
  readonly updatedAt: bigint;
  /** Seconds after which a poke refuses the answer. */
  readonly heartbeat: bigint;
}

/** What a feed is to answer. */
export type PriceMove =
  /** Basis points of the price by which it moves: −1200 is a fall of 12 %. */
  | { readonly asset: string; readonly by: number }
  /** Attodollars a unit. */
  | { readonly asset: string; readonly to: bigint };

/** A round that was committed, or the name of the error with which the ledger refuses one. */
export type RoundTried = { readonly round: bigint } | { readonly refused: string };

/**
 * The market of a local deployment with mock feeds, to be moved at will: prices, time and rounds. It needs no key, as the node
 * impersonates an account of its own.
 *
 * @example
 * ```ts
 * import { LocalMarket } from "zkmargin/chain";
 *
 * const local = await LocalMarket.of(open);
 * await local.movePrices([{ asset: "BTC", by: -300 }]); // basis points
 * const [tried] = await local.pass(600n); // ten minutes, with a round each proving window
 * await local.skip(600n); // ten more without a round
 * await local.movePrices([{ asset: "ETH", by: -300 }]);
 * console.log(tried !== undefined && "round" in tried); // true
 * ```
 */
export class LocalMarket {
  readonly #open: OpenDeployment;
  readonly #aggregators: readonly string[];

  private constructor(open: OpenDeployment, aggregators: readonly string[]) {
    this.#open = open;
    this.#aggregators = aggregators;
  }

  /**
   * @throws NotLocalError for a chain that is no developer's own, feeds that are no mocks, or a node that cannot impersonate
   * @throws NodeUnreachableError
   */
  static async of(open: OpenDeployment): Promise<LocalMarket> {
    const { connection, contracts, listing } = open;
    const { provider } = connection;
    if (!connection.local)
      throw new NotLocalError(
        `chain ${connection.chainId}: expected a local one (31337 or 1337, at a loopback address), got another; its time and prices are nobody's to move`,
      );
    const { feeds } = await contracts.marketLedger.sources();
    const aggregators: string[] = [];
    for (const [u, feed] of [...feeds].entries()) {
      const aggregator = await calling("aggregator", () =>
        contractAt(chainlinkFeed, feed, provider).aggregator(),
      ).catch((error) => {
        if (error instanceof NodeUnreachableError) throw error;
        return ZeroAddress;
      });
      const code = await provider.getCode(aggregator);
      if (hashWithoutImmutables(code, []) !== mockV3Aggregator.runtime.hash)
        throw new NotLocalError(
          `feed of ${listing[u]?.symbol}: expected a mock of \`zkmargin deploy --local\`, got another; its price is not ours to move`,
        );
      aggregators.push(aggregator);
    }
    try {
      await provider.send("hardhat_impersonateAccount", [MOVER]);
      await provider.send("hardhat_setBalance", [MOVER, MUCH]);
    } catch (error) {
      if (!(error instanceof NodeUnreachableError) || error.kind !== "request") throw error;
      throw new NotLocalError(
        "node: expected anvil's methods (hardhat_impersonateAccount), got a node without them; run anvil or Hardhat",
      );
    }
    return new LocalMarket(open, aggregators);
  }

  /** The listed assets, in the order of the feeds. */
  get listing(): OpenDeployment["listing"] {
    return this.#open.listing;
  }

  /** Time of the newest block, unix seconds. @throws NodeUnreachableError */
  async now(): Promise<bigint> {
    return (await marketStatus(this.#open)).time;
  }

  /** What every feed answers now. @throws NodeUnreachableError */
  async feeds(): Promise<LocalFeed[]> {
    const { connection, contracts, listing } = this.#open;
    const { feeds } = await contracts.marketLedger.sources();
    return Promise.all(
      this.#aggregators.map(async (aggregator, u): Promise<LocalFeed> => {
        const [round, limits] = await Promise.all([
          contractAt(mockV3Aggregator, aggregator, connection.provider).latestRoundData(),
          contractAt(chainlinkFeed, feeds[u] ?? ZeroAddress, connection.provider).limits(),
        ]);
        const { answer, updatedAt } = round;
        const asset = listing[u]?.symbol ?? "";
        return { asset, aggregator, price: answer * ANSWER_UNIT, updatedAt, heartbeat: limits.heartbeat };
      }),
    );
  }

  /**
   * Moves the prices of some feeds; all answer as of now.
   * @throws OutOfRangeError for a price that a feed cannot answer, before anything is moved
   */
  async movePrices(moves: readonly PriceMove[]): Promise<void> {
    const prices = (await this.feeds()).map(({ asset, price }) => {
      const move = moves.find((it) => it.asset === asset);
      if (move === undefined) return price;
      const moved = "to" in move ? move.to : (price * (BPS + BigInt(move.by))) / BPS;
      if (answerOf(moved) <= 0n || answerOf(moved) >= 1n << 95n)
        throw new OutOfRangeError(asset, "a price above zero, of at least 10^-8 dollars", "another");
      return moved;
    });
    await this.postPrices(prices);
  }

  /** Has every feed answer these prices, attodollars a unit in the listing's order, as of now. */
  async postPrices(prices: readonly bigint[]): Promise<void> {
    const feed = interfaceOf(mockV3Aggregator);
    // One after another: the node numbers the mover's transactions, and may give two at once the same number.
    for (const [u, aggregator] of this.#aggregators.entries()) {
      const data = feed.encodeFunctionData("updateAnswer", [answerOf(prices[u] ?? 0n)]);
      await this.#send("feed", aggregator, data, FEED_GAS);
    }
  }

  /** Has every feed answer its price again, as of now. */
  async refresh(): Promise<void> {
    await this.postPrices((await this.feeds()).map(({ price }) => price));
  }

  /** Lets time pass in one step: no feed answers meanwhile, and no round is committed. */
  async skip(seconds: bigint): Promise<void> {
    const { provider } = this.#open.connection;
    await provider.send("evm_increaseTime", [Number(seconds)]);
    await provider.send("evm_mine", []);
  }

  /**
   * Lets time pass as it does while feeds answer and somebody pokes: in steps of the proving window, each with a round.
   * @returns what each step's poke came to
   */
  async pass(seconds: bigint): Promise<RoundTried[]> {
    const window = await this.#open.contracts.marketLedger.provingWindow();
    const tried: RoundTried[] = [];
    for (let left = seconds; left > 0n; left -= window) {
      await this.skip(left < window ? left : window);
      await this.refresh();
      tried.push(await this.poke());
    }
    return tried;
  }

  /** Commits a round. Where it is too soon for one, time passes first until it is not. */
  async poke(): Promise<RoundTried> {
    const { pokeFrom, time } = await marketStatus(this.#open);
    if (pokeFrom > time) await this.skip(pokeFrom - time);
    const ledger = this.#open.addresses.marketLedger;
    try {
      await this.#send("poke", ledger, interfaceOf(marketLedger).encodeFunctionData("poke"));
    } catch (error) {
      if (!(error instanceof RevertedError)) throw error;
      return { refused: error.reason ?? "without a reason" };
    }
    return { round: (await marketStatus(this.#open)).round?.number ?? 0n };
  }

  /** Mints units of a mock token. @throws NotLocalError for a token that is no mock */
  async mint(token: string, to: string, units: bigint): Promise<void> {
    const code = await this.#open.connection.provider.getCode(token);
    if (hashWithoutImmutables(code, erc20Mock.runtime.immutables) !== erc20Mock.runtime.hash)
      throw new NotLocalError(`token ${token}: expected a mock of \`zkmargin deploy --local\`, got another`);
    await this.#send("mint", token, interfaceOf(erc20Mock).encodeFunctionData("mint", [to, units]));
  }

  /** Sends as the mover, and waits until it is mined. @throws RevertedError before anything is sent */
  async #send(what: string, to: string, data: string, given?: bigint): Promise<TransactionReceipt> {
    const { provider } = this.#open.connection;
    const gas = given ?? (await calling(what, () => provider.estimateGas({ from: MOVER, to, data })));
    const limit = toQuantity((gas * 3n) / 2n);
    const hash = await provider.send("eth_sendTransaction", [{ from: MOVER, to, data, gas: limit }]);
    for (let look = 0; look < LOOKS; look++) {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt?.status === 1) return receipt;
      if (receipt !== null) throw new RevertedError(what, null, "by the state it was mined in");
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw new TransactionPendingError(
      `${what}: expected the local node to mine it, got no receipt in a minute`,
    );
  }
}
