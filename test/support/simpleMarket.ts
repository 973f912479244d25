import type { Book, Market } from "../../src/protocol/types.js";

/** An asset of 1 000 000 attodollars a quantum, so that a basis point is 100 of them, and dollars of 1; no margin, no shocks. */
export const SIMPLE_MARKET: Market = {
  pnlFactor: 9_500n,
  low: [1_000_000n, 1n],
  high: [1_000_000n, 1n],
  funding: [0n, 0n],
  collateralFactor: [10_000n, 10_000n],
  debtFactor: [10_000n, 10_000n],
  perpMargin: [0n, 0n],
  liquidity: [0n, 0n],
  impact: [0n, 0n],
  shock: [],
};

/** So much of the asset, and so many dollars; negative is debt. */
export const spotBook = (asset: bigint, dollars: bigint): Book => ({
  spot: [asset, dollars],
  perp: [0n, 0n],
  basis: 0n,
});
