import type { MarketFile } from "../../../../market/file.js";
import type { Fix } from "../fix.js";
import { remedyWords } from "./words.js";

/** A margin call for programs. */
export function fixJson(market: MarketFile, fix: Fix) {
  return {
    ...fix,
    remedies: fix.remedies.map((remedy) => ({
      kind: remedy.kind,
      words: remedyWords(remedy, market),
      cost: remedy.cost,
      healthFactor: remedy.healthFactor,
      changes: remedy.changes.map(({ slot, part, quanta }) => ({
        asset: market.listing[slot]?.symbol,
        part,
        quanta,
      })),
    })),
  };
}
