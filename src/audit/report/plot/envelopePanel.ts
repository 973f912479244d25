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
  // Of strokes that cover each other one is enough.
  const areas = new Set<string>();
  const lapses = new Set<string>();
  const at = (value: number) => px(value, panel);
  for (const { time: from, lapsedAt, lapsedBy, envelope } of held) {
    const [start, stop] = [time.at(from), Math.max(time.at(from) + 0.5, time.at(lapsedAt ?? end))];
    areas.add(`M${at(start)} ${panel.bottom}V${at(y.at(envelope / 100))}H${at(stop)}V${panel.bottom}Z`);
    // A cross.
    if (lapsedAt !== null && lapsedBy !== "replaced")
      lapses.add(`M${at(stop - 4)} ${at(panel.bottom - 4)}l8 8m0-8l-8 8`);
  }
  return [
    named(0, panel.top - 10, "envelope, %", "panel-name"),
    ...y.ticks
      .filter((_, i) => i % Math.ceil(y.ticks.length / MOST_TICKS) === 0)
      .flatMap((tick) => [
        ...level(panel, y.at(tick), "grid"),
        element("text", { class: "tick end", x: panel.left - 8, y: y.at(tick) + 4 }, String(tick)),
      ]),
    ...strokes("envelope", [...areas].join("")),
    ...strokes("lapse", [...lapses].join("")),
  ];
}
