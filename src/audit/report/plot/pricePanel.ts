import { linear, type Scale } from "../../../risk/plot/scale.js";
import { element } from "../../../risk/plot/svg.js";
import type { PriceLine } from "../prices.js";
import { level, named, type Panel, px, strokes } from "./panel.js";
import type { TimeAxis } from "./timeAxis.js";

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
    ...y.ticks
      .filter((tick, i) => i % step === 0 || tick === 0)
      .flatMap((tick) => [
        ...level(panel, y.at(tick), "grid"),
        element(
          "text",
          { class: "tick end", x: panel.left - 8, y: y.at(tick) + 4 },
          String(tick).replace("-", "−"),
        ),
      ]),
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
