import { readFileSync } from "node:fs";
import { Contract, ContractFactory, type JsonRpcProvider, NonceManager, Wallet } from "ethers";

const FEE = 3_000;
/** Ticks between two prices that a pool's liquidity can start at, by its fee. */
const SPACING: Readonly<Record<number, bigint>> = { 500: 10n, 3_000: 60n, 10_000: 200n };
const MOST_TICK = 887_272n;
const MAX = 2n ** 256n - 1n;
const ERC20 = ["function approve(address spender, uint256 amount) returns (bool)"];

/** A contract as Uniswap's own package has it compiled. */
function artefact(path: string): { readonly abi: never[]; readonly bytecode: string } {
  return JSON.parse(readFileSync(new URL(`../../node_modules/@uniswap/${path}`, import.meta.url), "utf8"));
}

/** Uniswap v3 on a local chain: factory, position manager, QuoterV2 and router, and the pools of one account. */
export class Uniswap {
  private constructor(
    readonly wallet: NonceManager,
    readonly factory: Contract,
    readonly positions: Contract,
    readonly quoter: Contract,
    readonly router: Contract,
  ) {}

  static async deploy(provider: JsonRpcProvider, key: string): Promise<Uniswap> {
    const wallet = new NonceManager(new Wallet(key, provider));
    const create = async (path: string, ...args: readonly unknown[]) => {
      const { abi, bytecode } = artefact(path);
      const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...args);
      await contract.waitForDeployment();
      return new Contract(await contract.getAddress(), abi, wallet);
    };
    const core = "v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
    const periphery =
      "v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json";
    const factory = await create(core);
    // No pool here is of ether, and no position is drawn.
    const positions = await create(periphery, factory.target, factory.target, factory.target);
    const lens = "v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json";
    const quoter = await create(lens, factory.target, factory.target);
    const swaps = "v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json";
    const router = await create(swaps, factory.target, factory.target);
    return new Uniswap(wallet, factory, positions, quoter, router);
  }

  /** A pool over all prices in which one of `token` costs `cost` of `other`, both of as many decimals. */
  async pool(token: string, other: string, cost: bigint, amount: bigint, fee = FEE): Promise<string> {
    const isFirst = BigInt(token) < BigInt(other);
    const [token0, token1] = isFirst ? [token, other] : [other, token];
    const price = isFirst ? cost << 192n : (1n << 192n) / cost;
    const { positions } = this;
    // Its account may have sent something else meanwhile.
    this.wallet.reset();
    const args = [token0, token1, fee, root(price)] as const;
    await (await positions.getFunction("createAndInitializePoolIfNecessary")(...args)).wait();
    for (const each of [token0, token1])
      await (
        await new Contract(each, ERC20, this.wallet).getFunction("approve")(positions.target, MAX)
      ).wait();
    const spacing = SPACING[fee] ?? 1n;
    const end = MOST_TICK - (MOST_TICK % spacing);
    const recipient = await this.wallet.getAddress();
    const [amount0Desired, amount1Desired] = isFirst ? [amount, amount * cost] : [amount * cost, amount];
    await (
      await positions.getFunction("mint")(
        {
          ...{ token0, token1, fee, tickLower: -end, tickUpper: end },
          ...{ amount0Desired, amount1Desired, amount0Min: 0n, amount1Min: 0n, recipient, deadline: MAX },
        },
        // A pool writes an observation in a new second, which an estimate in the last one does not see.
        { gasLimit: 5_000_000n },
      )
    ).wait();
    return this.factory.getFunction("getPool")(token, other, fee);
  }

  /** The account sells so much of a token in one pool. */
  async sell(token: string, other: string, amountIn: bigint, fee = FEE): Promise<void> {
    this.wallet.reset();
    const { router } = this;
    await (
      await new Contract(token, ERC20, this.wallet).getFunction("approve")(router.target, amountIn)
    ).wait();
    const recipient = await this.wallet.getAddress();
    const path = { tokenIn: token, tokenOut: other, fee, recipient, deadline: MAX, amountIn };
    await (
      await router.getFunction("exactInputSingle")(
        { ...path, amountOutMinimum: 0n, sqrtPriceLimitX96: 0n },
        { gasLimit: 5_000_000n },
      )
    ).wait();
  }
}

/** The square root, rounded down. */
function root(value: bigint): bigint {
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
