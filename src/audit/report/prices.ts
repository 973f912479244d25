import type { AccountRecord, Audit, PriceStretch } from "../result.js";

/** Assets whose prices are drawn beside an account's health. */
const SHOWN = 3;

/** The prices of an asset, as changes since the first of them: 0.1 is 10 % more. For drawing only. */
export interface PriceLine {
  readonly symbol: string;
  readonly points: readonly {
    readonly from: number;
    readonly to: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** What is drawn of the market beside an account. */
export interface ChosenPrices {
  /** Whether they are chosen among the assets of its disclosed books, or among all. */
  readonly held: boolean;
  readonly lines: readonly PriceLine[];
}

/** The prices that moved most over `times`: of the assets in an account's disclosed books, or of all where none is disclosed. */
export function chosenPrices(
  { composition }: AccountRecord,
  { prices, deployment }: Pick<Audit, "prices" | "deployment">,
  times: { readonly from: number; readonly to: number },
): ChosenPrices {
  const books = new Set(composition.items.flatMap(({ positions }) => positions.map(({ asset }) => asset)));
  const stretches = prices.filter(({ fromTime, toTime }) => toTime >= times.from && fromTime <= times.to);
  const lines = deployment.assets
    .map((symbol, u) => ({ symbol, points: changes(stretches, u) }))
    .filter(({ symbol, points }) => points.length > 0 && (books.size === 0 || books.has(symbol)))
    .sort((a, b) => moved(b) - moved(a))
    .slice(0, SHOWN);
  return { held: books.size > 0, lines };
}

function changes(stretches: readonly PriceStretch[], asset: number): PriceLine["points"] {
  const of = (text: string | undefined) => Number(text ?? 0);
  const [first] = stretches;
  const start = (of(first?.least[asset]) + of(first?.greatest[asset])) / 2;
  if (!(start > 0)) return [];
  return stretches.map(({ fromTime, toTime, least, greatest }) => ({
    from: fromTime,
    to: toTime,
    low: of(least[asset]) / start - 1,
    high: of(greatest[asset]) / start - 1,
  }));
}

function moved({ points }: PriceLine): number {
  const middles = points.map(({ low, high }) => 1 + (low + high) / 2);
  return Math.max(...middles) / Math.max(Math.min(...middles), Number.EPSILON);
}
