import type { VaultConstants } from "../../chain/eventLog/record.js";
import { BPS } from "../../protocol/bounds.js";
import type { AuctionState } from "./accountState.js";
import type { Quote } from "./ledgerState.js";

/** What a token counts for in a price. */
interface Counted {
  readonly slot: number;
  readonly quantumDecimals: number;
  readonly tokenDecimals: number;
}

/** As VaultAuctions._closable: the part of a debt that one liquidation repays. */
export function closable(debt: bigint, { closeFactor, minimumClose }: VaultConstants): bigint {
  const part = up(debt * BigInt(closeFactor), BPS);
  const most = part > BigInt(minimumClose) ? part : BigInt(minimumClose);
  return debt < most ? debt : most;
}

/** As VaultAuctions._withPenalty. */
export function withPenalty(debt: bigint, penalty: number): bigint {
  return up(debt * (BPS + BigInt(penalty)), BPS);
}

/** As VaultAuctions._startCost: settlement units for all that is offered, at high and premium over the settlement's low. */
export function startCostOf(
  quotes: readonly Quote[],
  asset: Counted,
  paid: Counted,
  offered: bigint,
  { premium }: VaultConstants,
): bigint {
  const high = quotes[asset.slot]?.high ?? 0n;
  const low = quotes[paid.slot]?.low ?? 0n;
  if (high === 0n || low === 0n) return 0n;
  const value = up(offered * ten(asset.quantumDecimals) * high, ten(asset.tokenDecimals));
  return up(value * (BPS + BigInt(premium)) * ten(paid.tokenDecimals), low * ten(paid.quantumDecimals) * BPS);
}

/** As DutchAuctions.elapsed, factor and quote: what `amount` costs at a time and a block, whatever is due. */
export function askedCost(
  { startedAt, startBlock, startCost, offered }: AuctionState,
  amount: bigint,
  { time, block }: { readonly time: number; readonly block: number },
  { auctionPeriod, floor, blockTime }: VaultConstants,
): bigint {
  const elapsed = BigInt(Math.min(time - startedAt, (block - startBlock) * blockTime));
  const period = BigInt(auctionPeriod);
  const factor = elapsed >= period ? BigInt(floor) : BPS - ((BPS - BigInt(floor)) * elapsed) / period;
  return up(amount * startCost * factor, offered * BPS);
}

function ten(power: number): bigint {
  return 10n ** BigInt(power);
}

function up(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
