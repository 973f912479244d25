import { formatDecimal } from "../../../../encoding/decimal.js";
import type { MarketFile } from "../../../../market/file.js";
import type { Change, Remedy } from "../../../../risk/remedy/situation.js";

/** A remedy as an instruction. */
export function remedyWords({ kind, changes, book }: Remedy, { listing }: MarketFile): string {
  const units = (quanta: bigint, slot: number) => {
    const { symbol = "", decimals = 0 } = listing[slot] ?? {};
    return `${formatDecimal(quanta < 0n ? -quanta : quanta, decimals)} ${symbol}`;
  };
  const [first, second] = changes as readonly [Change, Change?];
  const amount = units(first.quanta, first.slot);
  const symbol = listing[first.slot]?.symbol;
  const trade = first.quanta < 0n ? "sell" : "buy";
  switch (kind) {
    case "close": {
      const rest = book.perp[first.slot] ?? 0n;
      const side = first.quanta < 0n ? "long" : "short";
      return rest === 0n
        ? `close the ${side} ${symbol} perpetual: ${trade} ${amount}`
        : `close a part of the ${side} ${symbol} perpetual: ${trade} ${amount}`;
    }
    case "hedge":
      return `hedge: ${trade} ${amount} of perpetual`;
    case "sell": {
      const bought = second === undefined ? "" : units(second.quanta, second.slot);
      const owed = second !== undefined && (book.spot[second.slot] ?? 0n) <= 0n;
      return `sell ${amount} and ${owed ? "pay back" : "take"} ${bought}`;
    }
    case "repay":
      return `pay back ${amount}`;
    case "deposit": {
      const held = book.spot[first.slot] ?? 0n;
      return held < first.quanta
        ? `bring in ${amount}: pay back what is owed of it, deposit the rest`
        : `deposit ${amount}`;
    }
  }
}
