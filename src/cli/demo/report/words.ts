import { ODOMETER_UNIT } from "../../../protocol/bounds.js";
import { SCALE } from "../../../protocol/statement.js";
import { dollars, percent } from "../../format.js";
import { CAST, type PartName } from "../cast.js";
import { TOKEN } from "../chain.js";
import type { RoundFigures } from "../world.js";

export const PARTS = Object.keys(CAST) as PartName[];

/** A whole number with its thousands apart. */
export function count(number: bigint | number): string {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Attodollars, or units of a dollar token, as dollars and cents. */
export function money(amount: bigint): string {
  return dollars(amount * SCALE);
}

/** Units of a token, to four decimals. */
export function coins(amount: bigint, symbol: string): string {
  const tenThousandths = (amount * 10_000n + TOKEN / 2n) / TOKEN;
  const decimals = (tenThousandths % 10_000n).toString().padStart(4, "0").replace(/0+$/, "");
  return `${count(tenThousandths / 10_000n)}${decimals && `.${decimals}`} ${symbol}`;
}

/** A move of the odometer. */
export function moved(units: bigint): string {
  return percent((units * 10_000n) / ODOMETER_UNIT);
}

const STATUS_WORDS: Record<string, string> = { marginCall: "margin call" };

export function statusWord(status: string | undefined): string {
  return status === undefined ? "" : (STATUS_WORDS[status] ?? status);
}

/** Names as a list: "a, b and c". */
export function names(list: readonly string[]): string {
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}

/** Cells of a round: date or time, prices, and how far the market moved. */
export function roundCells({ date, bitcoin, ether, moved: units }: RoundFigures): string[] {
  return [date, money(bitcoin), money(ether), moved(units)];
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}
