import { isError, type Provider } from "ethers";
import { USD_DECIMALS } from "../protocol/bounds.js";
import type { ListedAsset } from "../protocol/listing.js";
import { contractAt, type TypedContract, type View } from "./binding.js";

/** A Chainlink aggregator or proxy, as far as it is read. */
export interface Aggregator extends TypedContract {
  readonly decimals: View<[], bigint>;
  readonly description: View<[], string>;
  readonly latestRoundData: View<
    [],
    {
      readonly roundId: bigint;
      readonly answer: bigint;
      readonly startedAt: bigint;
      readonly updatedAt: bigint;
      readonly answeredInRound: bigint;
    }
  >;
  /** Of a proxy: what answers behind it. */
  readonly aggregator: View<[], string>;
  /** What an older aggregator cuts its answers off at. */
  readonly minAnswer: View<[], bigint>;
  readonly maxAnswer: View<[], bigint>;
}

const AGGREGATOR_ABI = [
  "function decimals() view returns (uint8)",
  "function description() view returns (string)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function aggregator() view returns (address)",
  "function minAnswer() view returns (int192)",
  "function maxAnswer() view returns (int192)",
] as const;

/** The aggregator or proxy at an address. Sends no request. */
export function aggregatorAt(address: string, provider: Provider): Aggregator {
  return foreign<Aggregator>(address, AGGREGATOR_ABI, provider);
}

/** A contract of others. Sends no request. */
export function foreign<C extends TypedContract>(
  address: string,
  abi: readonly string[],
  provider: Provider,
): C {
  const code = { bytecode: "0x", runtime: { hash: "0x", immutables: [] } };
  return contractAt<C, unknown, readonly unknown[]>({ name: "", abi, ...code }, address, provider);
}

/** An aggregator's own limits, at which it stays while the market is beyond them; undefined where it has none. */
export interface OwnLimits {
  readonly least: bigint | undefined;
  readonly most: bigint | undefined;
}

/** Asks an aggregator, or what stands behind a proxy, for its own limits, in its own unit. */
export async function ownLimits(
  contract: Aggregator,
  provider: Provider,
  at: { readonly blockTag: number | "latest" } = { blockTag: "latest" },
): Promise<OwnLimits> {
  const behind = await unlessMissing(() => contract.aggregator(at));
  const source = behind === undefined ? contract : aggregatorAt(behind, provider);
  return {
    least: await unlessMissing(() => source.minAnswer(at)),
    most: await unlessMissing(() => source.maxAnswer(at)),
  };
}

/** Answers·10^exponent dollars a unit, as attodollars per quantum: what BoundedFeed._scaled does. */
export function scaleOf(
  { decimals }: Pick<ListedAsset, "decimals">,
  exponent: bigint,
): (answer: bigint) => bigint {
  const shift = exponent + BigInt(USD_DECIMALS) - BigInt(decimals);
  return (answer) => (shift >= 0n ? answer * 10n ** shift : answer / 10n ** -shift);
}

/** What a contract answers; undefined if it has no such function, or refuses. */
export async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isContractRefusal(error)) throw error;
    return undefined;
  }
}

/** Whether the contract itself refused, or answered otherwise; not the node. */
export function isContractRefusal(error: unknown): boolean {
  return isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA");
}
