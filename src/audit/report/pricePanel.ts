import {
  linear,
  named,
  type Panel,
  px,
  type Scale,
  strokes,
  type TimeAxis,
  valueTicks,
} from "../../charts/svg.js";
import type { AccountRecord } from "../accountRecord.js";
import type { Audit, PriceStretch } from "../result.js";

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

/** The panel is low. */
const MOST_TICKS = 4;

/** Pixels between the names of two lines at the least. */
const APART = 14;

/** How prices moved, in percent of the first of them: a line for each asset, of a pattern of its own and named at its end. */
export function pricePanel(panel: Panel, lines: readonly PriceLine[], time: TimeAxis): string[] {
  const all = lines.flatMap(({ points }) => points.flatMap(({ low, high }) => [100 * low, 100 * high]));
  const y = linear(Math.min(-1, ...all), Math.max(1, ...all), panel.bottom, panel.top);
  const step = Math.ceil(y.ticks.length / MOST_TICKS);
  return [
    named(0, panel.top - 10, "prices, % since the first", "panel-name"),
    ...valueTicks(
      panel,
      y.ticks.filter((tick, i) => i % step === 0 || tick === 0),
      y.at,
    ),
    ...lines.flatMap(({ points }) => band(panel, points, time, y)),
    ...lines.flatMap(({ points }, i) => strokes(`price price-${i + 1}`, middle(panel, points, time, y))),
    ...names(
      panel,
      lines.map(({ symbol, points }) => ({ symbol, y: y.at(100 * last(points)) })),
    ),
  ];
}

function middle(panel: Panel, points: PriceLine["points"], time: TimeAxis, y: Scale): string {
  const at = (when: number, { low, high }: PriceLine["points"][number]) =>
    `L${px(time.at(when), panel)} ${px(y.at(50 * (low + high)), panel)}`;
  const end = points.at(-1);
  const path =
    points.map((point) => at(point.from, point)).join("") + (end === undefined ? "" : at(end.to, end));
  return path.replace("L", "M");
}

/** From the least to the greatest of each stretch, where a stretch is more than a round. */
function band(panel: Panel, points: PriceLine["points"], time: TimeAxis, y: Scale): string[] {
  if (points.every(({ from, to }) => from === to)) return [];
  const along = (some: PriceLine["points"], of: "low" | "high") =>
    some.map((point) => `L${px(time.at(point.from), panel)} ${px(y.at(100 * point[of]), panel)}`).join("");
  return strokes(
    "price-band",
    `${along(points, "low")}${along(points.toReversed(), "high")}Z`.replace("L", "M"),
  );
}

function last(points: PriceLine["points"]): number {
  const { low = 0, high = 0 } = points.at(-1) ?? {};
  return (low + high) / 2;
}

/** Each beside the end of its line, moved down where it would cover the one above. */
function names(panel: Panel, ends: readonly { readonly symbol: string; readonly y: number }[]): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return ends
    .toSorted((a, b) => a.y - b.y)
    .map(({ symbol, y }) => {
      const at = Math.max(y, free);
      free = at + APART;
      return named(
        panel.right + 8,
        at + 4,
        symbol.length > 10 ? `${symbol.slice(0, 9)}…` : symbol,
        "mark-name",
      );
    });
}
