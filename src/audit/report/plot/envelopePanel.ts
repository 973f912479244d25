import { linear } from "../../../risk/plot/scale.js";
import { element } from "../../../risk/plot/svg.js";
import type { AccountRecord } from "../../result.js";
import { level, named, type Panel, px, strokes } from "./panel.js";
import type { TimeAxis } from "./timeAxis.js";

/** The panel is low. */
const MOST_TICKS = 4;

/** The envelope of each proof of health while it held, in percent, and where one lapsed before it was renewed. */
export function envelopePanel(
  panel: Panel,
  { claims }: AccountRecord,
  time: TimeAxis,
  end: number,
): string[] {
  const held = claims.items.filter(({ healthy }) => healthy);
  const y = linear(0, Math.max(1, ...held.map(({ envelope }) => envelope / 100)), panel.bottom, panel.top);
  let area = "";
  let lapses = "";
  for (const { time: from, lapsedAt, lapsedBy, envelope } of held) {
    const [start, stop] = [time.at(from), Math.max(time.at(from) + 0.5, time.at(lapsedAt ?? end))];
    area += `M${px(start)} ${panel.bottom}V${px(y.at(envelope / 100))}H${px(stop)}V${panel.bottom}Z`;
    if (lapsedAt !== null && lapsedBy !== "replaced") lapses += cross(stop, panel.bottom);
  }
  return [
    named(0, panel.top - 10, "envelope, %", "panel-name"),
    ...y.ticks
      .filter((_, i) => i % Math.ceil(y.ticks.length / MOST_TICKS) === 0)
      .flatMap((tick) => [
        ...level(panel, y.at(tick), "grid"),
        element("text", { class: "tick end", x: panel.left - 8, y: y.at(tick) + 4 }, String(tick)),
      ]),
    ...strokes("envelope", area),
    ...strokes("lapse", lapses),
  ];
}

function cross(x: number, y: number): string {
  return `M${px(x - 4)} ${px(y - 4)}l8 8M${px(x + 4)} ${px(y - 4)}l-8 8`;
}
