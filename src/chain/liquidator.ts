import { type TransactionReceipt, ZeroAddress } from "ethers";
import { DeploymentMismatchError, RevertedError } from "../errors.js";
import { STATUS_NAMES } from "../protocol/status.js";
import { contractAt, eventsOf, interfaceOf } from "./binding.js";
import { creator } from "./deploy/create.js";
import { type Deployed, type OpenDeployment, openVault, vaultOf } from "./deployment.js";
import { ammLiquidator, type Hop } from "./generated/AmmLiquidator.js";
import { bookRegistry } from "./generated/BookRegistry.js";
import { pagedLogs } from "./logs.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";
import { type TokenInfo } from "./vault.js";
import { vaultTokens } from "./vaultAccount.js";

/** Collateral of a liquidatable account in one token. Amounts are units of the tokens. */
export interface Liquidatable {
  readonly account: string;
  readonly token: TokenInfo;
  /** What the account owes, settlement units. */
  readonly debt: bigint;
  /** What is not at auction. */
  readonly balance: bigint;
  /** Null where none runs, or it is over. */
  readonly auction: { readonly startedAt: bigint; readonly left: bigint } | null;
  /** Whether an auction stands that takes no more bids. None starts before somebody closes it. */
  readonly over: boolean;
}

/**
 * Deploys a liquidator of the deployment's vault, which anybody may use.
 * @param factory of Uniswap v3
 * @param poolManager of Uniswap v4, if there is one
 * @throws what Transactions.send throws
 *
 * @example
 * ```ts
 * import { deployLiquidator } from "zkmargin/chain";
 *
 * const { contract } = await deployLiquidator(open, transactions, "0x1F98431c8aD98523631AE4a59f267346ea31F984");
 * console.log(contract); // AmmLiquidator
 * ```
 */
export function deployLiquidator(
  open: OpenDeployment,
  transactions: Transactions,
  factory: string,
  poolManager: string = ZeroAddress,
): Promise<Deployed> {
  const create = creator(open.connection, transactions);
  return create("ammLiquidator", ammLiquidator, [vaultOf(open.deployment).address, factory, poolManager]);
}

/** What pools are tried. */
export interface RouteChoice {
  /** Uniswap v3 fees, millionths. */
  readonly fees: readonly bigint[];
  /** Uniswap v4 pools without hooks: fee and tick spacing. */
  readonly v4: readonly { readonly fee: bigint; readonly tickSpacing: bigint }[];
  /** Tokens that a route may pass through, for a second hop. */
  readonly through: readonly string[];
}

/** Uniswap v3's own fees. */
export const DEFAULT_ROUTES: RouteChoice = { fees: [100n, 500n, 3_000n, 10_000n], v4: [], through: [] };

/** What a liquidation must bring. */
export interface LiquidationTerms {
  /** Settlement units. */
  readonly leastProfit: bigint;
  /** How far the sale may be below the ledger's low, basis points, 0 to 10 000. */
  readonly slippage: number;
  /** Who gets the profit. */
  readonly to: string;
}

/** A liquidation as the node has tried it in the newest block. */
export interface LiquidationQuote {
  readonly found: Liquidatable;
  readonly hops: readonly Hop[];
  /** The part of the auction that is ordered, units of the token: the vault sells no more of it than is due. */
  readonly most: bigint;
  /** What is bought and sold in that block, units of the token. */
  readonly amount: bigint;
  /** What the vault is paid, and what is left of the sale, settlement units. */
  readonly cost: bigint;
  readonly profit: bigint;
}

/** What a quoter says of a route. Amounts are units of the tokens. */
export interface RouteQuote {
  readonly hops: readonly Hop[];
  /** The part of the auction that was asked for, and what of it the vault would sell, for which cost. */
  readonly most: bigint;
  readonly amount: bigint;
  readonly cost: bigint;
  /** What the pools would give for that amount: cost and profit. */
  readonly sale: bigint;
  /** Basis points by which the sale lowers its own price, rounded up; null where a thousandth of it would bring nothing. */
  readonly impact: bigint | null;
}

/** Quotes of one block, the most profitable first. */
export interface RouteQuotes {
  readonly block: number;
  readonly routes: readonly RouteQuote[];
}

/** What is known before routes are tried out. */
export interface KnownQuotes {
  readonly quotes?: RouteQuotes | undefined;
  /** Told of each quote that was tried out and came to something else: another profit, or the name of a refusal. */
  readonly onDiffers?: (quote: RouteQuote, simulated: bigint | string) => void;
}

/**
 * The liquidatable accounts that owe the vault something, and their collateral token by token, all of one block.
 * @throws DeploymentMismatchError for a deployment without a vault, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { findLiquidatable } from "zkmargin/chain";
 *
 * console.log((await findLiquidatable(open)).length); // 0
 * ```
 */
export function findLiquidatable(open: OpenDeployment): Promise<Liquidatable[]> {
  return calling("liquidatable accounts", async () => {
    const { provider } = open.connection;
    const vault = openVault(open);
    const at = { blockTag: await provider.getBlockNumber() };
    const tokens = await vaultTokens(open, at.blockTag);
    const found: Liquidatable[] = [];
    for (const account of await accountsOf(open, at.blockTag)) {
      const debt = await vault.debtOf(account, at);
      if (debt === 0n) continue;
      const status = await open.contracts.marginGate.statusOf(account, at);
      if (STATUS_NAMES[Number(status)] !== "liquidatable") continue;
      for (const token of tokens) {
        const [balance, { startedAt, left }] = await Promise.all([
          vault.balanceOf(account, token.token, at),
          vault.auctionOf(account, token.token, at),
        ]);
        const over = startedAt !== 0n && (await vault.isOver(account, token.token, at));
        const auction = startedAt === 0n || over ? null : { startedAt, left };
        if (balance !== 0n || left !== 0n || over)
          found.push({ account, token, debt, balance, auction, over });
      }
    }
    return found;
  });
}

async function accountsOf({ connection, contracts, deployment }: OpenDeployment, toBlock: number) {
  const { address, block: fromBlock } = deployment.contracts.bookRegistry;
  const topics = contracts.bookRegistry.interface.encodeFilterTopics("AccountOpened", []) as string[];
  const logs = await pagedLogs(connection.provider, { address, topics, fromBlock, toBlock });
  return eventsOf(bookRegistry, "AccountOpened", logs).map(({ fields }) => fields.account);
}

/**
 * Every way from a token to the settlement token by these pools: one hop, then two.
 *
 * @example
 * ```ts
 * import { DEFAULT_ROUTES, routesOf } from "zkmargin/chain";
 *
 * console.log(routesOf("0xA", "0xC", { ...DEFAULT_ROUTES, through: ["0xB"] }).length); // 20
 * ```
 */
export function routesOf(token: string, settlement: string, { fees, v4, through }: RouteChoice): Hop[][] {
  const pools = (to: string): Hop[] => [
    ...fees.map((fee) => ({ token: to, fee, tickSpacing: 0n, hooks: ZeroAddress })),
    ...v4.map(({ fee, tickSpacing }) => ({ token: to, fee, tickSpacing, hooks: ZeroAddress })),
  ];
  const ends = pools(settlement);
  const middles = through.filter((one) => one !== token && one !== settlement).flatMap(pools);
  return [...ends.map((end) => [end]), ...middles.flatMap((middle) => ends.map((end) => [middle, end]))];
}

/** Parts of an auction that are tried, as a thin pool may take less than all of it: one in so many. */
export const PARTS = [1n, 2n, 4n, 8n, 16n] as const;

/**
 * Has the node try to liquidate, by every route and for several parts of what is at auction. All are tried in one block: as the
 * price falls while they are tried, a part that is tried later would else look better than the whole. Nothing is sent.
 *
 * Where a quoter has answered, its routes are tried from the best on, in the block of the quotes, until none promises more than
 * what was found. Routes with a pool of v4 are all tried.
 * @param known what a quoter has said; nothing by default
 * @returns the most profitable; null where none would bring the least profit
 * @throws DeploymentMismatchError if the liquidator is of another vault
 *
 * @example
 * ```ts
 * import { DEFAULT_ROUTES, deployLiquidator, findLiquidatable, quoteLiquidation, takeLiquidation } from "zkmargin/chain";
 *
 * const { address } = await deployLiquidator(open, transactions, "0x1F98431c8aD98523631AE4a59f267346ea31F984");
 * const wanted = { leastProfit: 25_000_000n, slippage: 200, to: transactions.sender };
 * let taken = 0;
 * for (const found of await findLiquidatable(open)) {
 *   const quote = await quoteLiquidation(open, address, found, DEFAULT_ROUTES, wanted, transactions.sender);
 *   if (quote !== null && (await takeLiquidation(open, transactions, address, quote, wanted))) taken++;
 * }
 * console.log(taken); // 0
 * ```
 */
export async function quoteLiquidation(
  open: OpenDeployment,
  liquidator: string,
  found: Liquidatable,
  choice: RouteChoice,
  terms: LiquidationTerms,
  from: string,
  { quotes, onDiffers = () => undefined }: KnownQuotes = {},
): Promise<LiquidationQuote | null> {
  const contract = contractAt(ammLiquidator, liquidator, open.connection.provider);
  const [vault, settlement] = await calling("liquidator", async () => [
    await contract.vault(),
    await openVault(open).settlement(),
  ]);
  const expected = vaultOf(open.deployment).address;
  if (vault !== expected)
    throw new DeploymentMismatchError(
      `liquidator ${liquidator}: expected one of the vault ${expected}, got one of ${vault}`,
    );
  const { auction } = found;
  if (auction === null || found.token.token === settlement) return null;
  const blockTag = quotes?.block ?? (await open.connection.provider.getBlockNumber());
  let best: LiquidationQuote | null = null;
  const attempt = async (hops: readonly Hop[], most: bigint): Promise<bigint | string> => {
    const order = { ...terms, slippage: BigInt(terms.slippage), ...orderOf(found), most };
    const tried = await tryOut(() => contract.liquidate.staticCall(order, hops, { from, blockTag }));
    if (tried instanceof RevertedError) return tried.reason ?? "no reason";
    if (best === null || tried.profit > best.profit) best = { found, hops, most, ...pick(tried) };
    return tried.profit;
  };
  for (const quote of quotes?.routes ?? []) {
    const promised = quote.sale - quote.cost;
    if (promised < terms.leastProfit || promised <= (profitOf(best) ?? -1n)) break;
    const simulated = await attempt(quote.hops, quote.most);
    if (simulated !== promised) onDiffers(quote, simulated);
  }
  for (const hops of routesOf(found.token.token, settlement, choice)) {
    if (quotes !== undefined && hops.every(({ tickSpacing }) => tickSpacing === 0n)) continue;
    for (const part of PARTS) if (auction.left / part > 0n) await attempt(hops, auction.left / part);
  }
  return best;
}

const profitOf = (quote: LiquidationQuote | null) => quote?.profit;

const orderOf = ({ account, token, auction }: Liquidatable) => ({
  account,
  token: token.token,
  startedAt: auction?.startedAt ?? 0n,
});

const pick = ({ amount, cost, profit }: Pick<LiquidationQuote, "amount" | "cost" | "profit">) => ({
  amount,
  cost,
  profit,
});

/** Returns what a contract refuses with. */
async function tryOut<T>(ask: () => Promise<T>): Promise<T | RevertedError> {
  try {
    return await calling("liquidate", ask);
  } catch (error) {
    if (error instanceof RevertedError) return error;
    throw error;
  }
}

/** A liquidation that was sent. Amounts are units of the tokens. */
export interface Liquidated {
  readonly account: string;
  readonly token: string;
  readonly amount: bigint;
  readonly cost: bigint;
  readonly profit: bigint;
  readonly gas: bigint;
  readonly transaction: string;
}

/**
 * Takes what was quoted. It reverts on chain unless it brings the least profit. As the price falls meanwhile, the vault sells more
 * for the same due: an order of the quoted amount would leave some of it, too little to be worth anybody's gas.
 * @returns null where the auction has changed before anything was sent: somebody else was first
 * @throws RevertedError, NodeUnreachableError, TransactionPendingError, InsufficientFundsError
 *
 * @example
 * ```ts
 * import { DEFAULT_ROUTES, deployLiquidator, findLiquidatable, quoteLiquidation, takeLiquidation } from "zkmargin/chain";
 *
 * const { address } = await deployLiquidator(open, transactions, "0x1F98431c8aD98523631AE4a59f267346ea31F984");
 * const wanted = { leastProfit: 25_000_000n, slippage: 200, to: transactions.sender };
 * let taken = 0;
 * for (const found of await findLiquidatable(open)) {
 *   const quote = await quoteLiquidation(open, address, found, DEFAULT_ROUTES, wanted, transactions.sender);
 *   if (quote !== null && (await takeLiquidation(open, transactions, address, quote, wanted))) taken++;
 * }
 * console.log(taken); // 0
 * ```
 */
export async function takeLiquidation(
  open: OpenDeployment,
  transactions: Transactions,
  liquidator: string,
  { found, hops, most }: LiquidationQuote,
  terms: LiquidationTerms,
): Promise<Liquidated | null> {
  const { account, token, auction } = found;
  const order = { ...terms, slippage: BigInt(terms.slippage), ...orderOf(found), most };
  const left = async () => (await openVault(open).auctionOf(account, token.token)).left;
  const receipt = await transactions.send({
    key: `liquidate ${account} ${token.token} ${auction?.startedAt} ${auction?.left}`,
    to: liquidator,
    data: interfaceOf(ammLiquidator).encodeFunctionData("liquidate", [order, hops]),
    isDone: async () => (await left()) !== auction?.left,
  });
  return receipt === null ? null : liquidatedIn(receipt, liquidator);
}

/** What a receipt says of a liquidation by this liquidator; null if it is of none. Others may name their events alike. */
export function liquidatedIn(receipt: TransactionReceipt, liquidator: string): Liquidated | null {
  const [event] = eventsOf(ammLiquidator, "Liquidated", receipt.logs, liquidator);
  if (event === undefined) return null;
  const { account, token } = event.fields;
  return { account, token, ...pick(event.fields), gas: receipt.gasUsed, transaction: receipt.hash };
}
