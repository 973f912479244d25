import { concat, toBeHex, ZeroAddress } from "ethers";
import { DeploymentMismatchError } from "../errors.js";
import { foreign } from "./aggregator.js";
import { contractAt, type TypedContract, type View } from "./binding.js";
import { type OpenDeployment, openVault } from "./deployment.js";
import { ammLiquidator, type Hop } from "./generated/AmmLiquidator.js";
import { type Liquidatable, PARTS, type RouteChoice, type RouteQuotes, routesOf } from "./liquidator.js";
import { multicall, type Outcome, valueOf, viewOf } from "./multicall.js";
import { calling } from "./transactions/revert.js";

/** Uniswap's QuoterV2: it swaps, and reverts what it has done. It answers for the pools of v3 alone. */
interface QuoterV2 extends TypedContract {
  readonly factory: View<[], string>;
  readonly quoteExactInput: View<[path: string, amountIn: bigint], { readonly amountOut: bigint }>;
}

/** What makes the pools of v3, and knows them. */
interface Factory extends TypedContract {
  readonly getPool: View<[token: string, other: string, fee: bigint], string>;
}

const FACTORY_ABI = ["function getPool(address, address, uint24) view returns (address)"] as const;
const QUOTER_ABI = [
  "function factory() view returns (address)",
  "function quoteExactInput(bytes path, uint256 amountIn) returns (uint256 amountOut, uint160[] sqrtPriceX96AfterList, uint32[] initializedTicksCrossedList, uint256 gasEstimate)",
] as const;

/** By chain id, as Uniswap names them: https://docs.uniswap.org/contracts/v3/reference/deployments */
const MOST_CHAINS = "0x61fFE014bA17989E743c5F6cB21bF9697530B21e";
const KNOWN: Readonly<Record<string, string>> = {
  1: MOST_CHAINS,
  10: MOST_CHAINS,
  137: MOST_CHAINS,
  8453: "0x3d4e44Eb1374240CE5F1B871ab261CD16335B76a",
  42161: MOST_CHAINS,
};

/** A sale of one in so many units shows the price before the sale itself moves it. */
const SMALL = 1_000n;
const BPS = 10_000n;

/**
 * The QuoterV2 that answers for a liquidator's pools of Uniswap v3.
 * @param given its address; the one that Uniswap has deployed on the chain by default
 * @returns null where none is given, and none is known on the chain for the liquidator's factory
 * @throws DeploymentMismatchError if the one that is given is no quoter, or of another factory; NodeUnreachableError
 *
 * @example
 * ```ts
 * import { deployLiquidator, quoterOf } from "zkmargin/chain";
 *
 * const { address } = await deployLiquidator(open, transactions, "0x1F98431c8aD98523631AE4a59f267346ea31F984");
 * console.log(await quoterOf(open, address)); // null
 * ```
 */
export async function quoterOf(
  { connection }: OpenDeployment,
  liquidator: string,
  given?: string,
): Promise<string | null> {
  const quoter = given ?? KNOWN[String(connection.chainId)];
  if (quoter === undefined) return null;
  const [expected, got] = await calling("quoter", async () => [
    await contractAt(ammLiquidator, liquidator, connection.provider).factory(),
    await foreign<QuoterV2>(quoter, QUOTER_ABI, connection.provider).factory(),
  ]);
  if (expected === got) return quoter;
  if (given === undefined) return null;
  throw new DeploymentMismatchError(
    `quoter ${quoter}: expected one of the liquidator's factory ${expected}, got one of ${got}`,
  );
}

/**
 * What Uniswap's QuoterV2 says of every route through pools of v3: for all of an auction, and for parts of it. It takes four
 * requests, however many routes there are. Routes with a pool of v4 are left out: {@link quoteLiquidation} tries those.
 * @param quoter of {@link quoterOf}
 * @returns most profitable first; a route without a pool, or that the quoter refuses, is not among them
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { DEFAULT_ROUTES, findLiquidatable, quoteRoutes } from "zkmargin/chain";
 *
 * let quoted = 0;
 * for (const found of await findLiquidatable(open))
 *   quoted += (await quoteRoutes(open, "0x61fFE014bA17989E743c5F6cB21bF9697530B21e", found, DEFAULT_ROUTES)).routes.length;
 * console.log(quoted); // 0
 * ```
 */
export async function quoteRoutes(
  open: OpenDeployment,
  quoter: string,
  { account, token: { token }, auction }: Liquidatable,
  choice: RouteChoice,
): Promise<RouteQuotes> {
  const { provider } = open.connection;
  const vault = openVault(open);
  const contract = foreign<QuoterV2>(quoter, QUOTER_ABI, provider);
  return calling("quotes of pools", async () => {
    const block = await provider.getBlockNumber();
    const [settled, made] = await multicall(
      provider,
      [viewOf(vault, "settlement"), viewOf(contract, "factory")] as const,
      block,
    );
    const factory = foreign<Factory>(valueOf(made), FACTORY_ABI, provider);
    const routes = routesOf(token, valueOf(settled), choice).filter((hops) => hops.every(isV3));
    const wholes = PARTS.map((part) => (auction?.left ?? 0n) / part).filter((most) => most > 0n);
    const pools = routes.flatMap((hops) => hops.map((hop, i) => [hops[i - 1]?.token ?? token, hop] as const));
    const [prices, found] = await Promise.all([
      multicall(
        provider,
        wholes.map((most) => viewOf(vault, "quote", account, token, most)),
        block,
      ),
      multicall(
        provider,
        pools.map(([from, { token: to, fee }]) => viewOf(factory, "getPool", from, to, fee)),
        block,
      ),
    ]);
    const missing = new Set(
      pools.filter((_, i) => valueOf(found[i] ?? NO_POOL) === ZeroAddress).map(([, hop]) => hop),
    );
    const standing = routes.filter((hops) => !hops.some((hop) => missing.has(hop)));
    const parts = wholes.flatMap((most, i) => {
      const price = answer(prices[i]);
      return price === null ? [] : [{ most, amount: price.amount, cost: price.cost }];
    });
    const small = (parts[0]?.amount ?? 0n) / SMALL;
    const amounts = [...parts.map(({ amount }) => amount), small];
    const sales = await multicall(
      provider,
      standing.flatMap((hops) =>
        amounts.map((amount) => viewOf(contract, "quoteExactInput", pathOf(token, hops), amount)),
      ),
      block,
    );
    const quotes = standing.flatMap((hops, r) => {
      const saleOf = (i: number) => answer(sales[r * amounts.length + i])?.amountOut ?? 0n;
      const least = saleOf(parts.length);
      return parts.flatMap((part, i) => {
        const sale = saleOf(i);
        const impact = least === 0n ? null : BPS - (sale * small * BPS) / (least * part.amount);
        return sale === 0n ? [] : [{ hops, ...part, sale, impact }];
      });
    });
    const profit = ({ sale, cost }: { readonly sale: bigint; readonly cost: bigint }) => sale - cost;
    return { block, routes: quotes.sort((a, b) => (profit(a) < profit(b) ? 1 : -1)) };
  });
}

const NO_POOL = { value: ZeroAddress };

/** Null where a contract refuses. */
function answer<R>(outcome: Outcome<R> | undefined): R | null {
  return outcome !== undefined && "value" in outcome ? outcome.value : null;
}

function isV3({ tickSpacing }: Hop): boolean {
  return tickSpacing === 0n;
}

/** As Uniswap v3 writes a route: token, fee in three bytes, token, and so on. */
function pathOf(token: string, hops: readonly Hop[]): string {
  return concat([token, ...hops.flatMap((hop) => [toBeHex(hop.fee, 3), hop.token])]);
}
