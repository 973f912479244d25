import type { Provider } from "ethers";

/** What a transaction pays at most per gas, wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

const GWEI = 1_000_000_000n;

/** What the node suggests now, at most `cap` wei per gas. */
export async function suggestedFees(provider: Provider, cap: bigint): Promise<Fees> {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  const fee = maxFeePerGas ?? gasPrice ?? GWEI;
  return capped({ maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas ?? fee }, cap);
}

/**
 * Enough more for a node to take it in the place of `paid` (an eighth more of both, and a wei), and no less than what is
 * suggested now. Null where that would be more than `cap`.
 */
export function bumpedFees(paid: Fees, suggested: Fees, cap: bigint): Fees | null {
  const more = (fee: bigint, now: bigint) => {
    const least = fee + fee / 8n + 1n;
    return least > now ? least : now;
  };
  const fees = {
    maxFeePerGas: more(paid.maxFeePerGas, suggested.maxFeePerGas),
    maxPriorityFeePerGas: more(paid.maxPriorityFeePerGas, suggested.maxPriorityFeePerGas),
  };
  return fees.maxFeePerGas > cap ? null : fees;
}

function capped({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees {
  const fee = maxFeePerGas < cap ? maxFeePerGas : cap;
  return { maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas < fee ? maxPriorityFeePerGas : fee };
}
