import type { JsonRpcProvider } from "ethers";
import { NodeUnreachableError } from "../../errors.js";

/** What a transaction pays at most per gas, wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the chain asks for now. */
export interface AskedFees extends Fees {
  /** Wei per gas, below which no transaction is mined now. */
  readonly least: bigint;
}

const GWEI = 1_000_000_000n;

/** Most that is paid per gas by default, wei. */
export const DEFAULT_FEE_CAP = 500n * GWEI;

/** What the chain asks for now: enough for its base fee to double. */
export async function askedFees(provider: JsonRpcProvider): Promise<AskedFees> {
  const block = await provider.getBlock("latest");
  const base = block?.baseFeePerGas ?? null;
  if (base === null) {
    const price = BigInt(await provider.send("eth_gasPrice", []));
    return { least: price, maxFeePerGas: price, maxPriorityFeePerGas: price };
  }
  const tip = await provider.send("eth_maxPriorityFeePerGas", []).catch((error: unknown) => {
    // Not every node knows of it.
    if (error instanceof NodeUnreachableError && error.kind === "request") return GWEI;
    throw error;
  });
  return { least: base, maxFeePerGas: 2n * base + BigInt(tip), maxPriorityFeePerGas: BigInt(tip) };
}

/** `fees`, at most `cap` wei per gas. */
export function cappedFees({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees {
  const fee = maxFeePerGas < cap ? maxFeePerGas : cap;
  return { maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas < fee ? maxPriorityFeePerGas : fee };
}

/**
 * Fees with which a node replaces a transaction that offers `paid`: an eighth and a wei more of both. They are no less
 * than the chain asks for now. Null where that would exceed `cap`.
 */
export function bumpedFees(paid: Fees, asked: Fees, cap: bigint): Fees | null {
  const more = (fee: bigint, now: bigint) => {
    const least = fee + fee / 8n + 1n;
    return least > now ? least : now;
  };
  const capped = (fee: bigint) => (fee < cap ? fee : cap);
  const fees = {
    maxFeePerGas: more(paid.maxFeePerGas, capped(asked.maxFeePerGas)),
    maxPriorityFeePerGas: more(paid.maxPriorityFeePerGas, capped(asked.maxPriorityFeePerGas)),
  };
  return fees.maxFeePerGas > cap ? null : fees;
}

/** Why a chain that asks for more than the cap mines nothing now. */
export function aboveCap(least: bigint, cap: bigint): string {
  return `the chain asks for ${gwei(least)} gwei per gas, more than the cap of ${gwei(cap)} (--fee-cap)`;
}

/** Wei per gas in gwei, rounded up to a hundredth. */
function gwei(wei: bigint): string {
  const hundredths = (wei * 100n + GWEI - 1n) / GWEI;
  return String(Number(hundredths) / 100);
}
