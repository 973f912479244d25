import { linear } from "./scale.js";
import { COLOURS, DASHES, drawing, element, FAINT, INK, MARGIN, pick, remark, text } from "./svg.js";

/** One line of values; null is a gap. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Values over time. */
export interface LineChart {
  readonly title: string;
  readonly description: string;
  /** ISO dates, rising; one for each value. */
  readonly dates: readonly string[];
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Drawn as thin bars from 0, below the lines. */
  readonly bars?: Line;
  /** Days to be marked on the bars, each with a remark; `name` stands in the legend. */
  readonly marks?: {
    readonly name: string;
    readonly at: readonly { readonly index: number; readonly remark: string }[];
  };
}

const WIDTH = 960;
const HEIGHT = 420;
const PLOT = { left: 64, right: WIDTH - MARGIN, top: 70, bottom: HEIGHT - 40 } as const;
const BAR = "#9a9a9a";
const ALARM = "#b00020";

/** Lines over dates, with a legend. */
export function lineChart({ title, description, dates, unit, lines, bars, marks }: LineChart): string {
  const values = [...lines, ...(bars ? [bars] : [])].flatMap((line) => line.values).filter((v) => v !== null);
  const y = linear(Math.min(0, ...values), Math.max(0, ...values), PLOT.bottom, PLOT.top);
  const last = Math.max(1, dates.length - 1);
  const x = (index: number) => PLOT.left + (index / last) * (PLOT.right - PLOT.left);
  const months = dates.flatMap((date, i) => (date.endsWith("-01") ? [[date, i] as const] : []));
  const every = Math.ceil(months.length / 10) || 1;

  return drawing(
    { width: WIDTH, height: HEIGHT, title, description },
    text(MARGIN, 46, unit),
    ...y.ticks.flatMap((tick) => [
      element("line", {
        x1: PLOT.left,
        x2: PLOT.right,
        y1: y.at(tick),
        y2: y.at(tick),
        stroke: tick === 0 ? INK : FAINT,
      }),
      text(PLOT.left - 6, y.at(tick) + 4, String(tick), { "text-anchor": "end" }),
    ]),
    ...months
      .filter((_, i) => i % every === 0)
      .map(([date, i]) => text(x(i), PLOT.bottom + 18, date.slice(0, 7), { "text-anchor": "middle" })),
    ...(bars ? barsOf(bars, x, y.at) : []),
    ...lines.map(({ values }, i) => line(values, i, x, y.at)),
    ...(marks?.at ?? []).map((mark) =>
      element(
        "circle",
        {
          cx: x(mark.index),
          cy: y.at(bars?.values[mark.index] ?? 0),
          r: 5,
          fill: "none",
          stroke: ALARM,
          "stroke-width": 2,
        },
        remark(mark.remark),
      ),
    ),
    ...legend(lines, bars, marks && marks.at.length > 0 ? marks.name : undefined),
  );
}

function line(
  values: readonly (number | null)[],
  index: number,
  x: (i: number) => number,
  y: (v: number) => number,
): string {
  let path = "";
  values.forEach((value, i) => {
    if (value === null) return;
    const move = path === "" || values[i - 1] === null ? "M" : "L";
    path += `${move}${Math.round(x(i) * 10) / 10} ${Math.round(y(value) * 10) / 10}`;
  });
  return element("path", {
    d: path,
    fill: "none",
    stroke: pick(COLOURS, index),
    "stroke-width": 2,
    "stroke-dasharray": pick(DASHES, index),
    "stroke-linejoin": "round",
  });
}

function barsOf({ values }: Line, x: (i: number) => number, y: (v: number) => number): string[] {
  let path = "";
  values.forEach((value, i) => {
    if (value !== null && value !== 0)
      path += `M${Math.round(x(i) * 10) / 10} ${Math.round(y(0) * 10) / 10}V${Math.round(y(value) * 10) / 10}`;
  });
  return [element("path", { d: path, stroke: BAR, "stroke-width": 1.2, fill: "none" })];
}

function legend(lines: readonly Line[], bars: Line | undefined, marked: string | undefined): string[] {
  const items = [
    ...lines.map(({ name }, i) => ({ name, stroke: pick(COLOURS, i), dash: pick(DASHES, i) })),
    ...(bars ? [{ name: bars.name, stroke: BAR, dash: "none" }] : []),
  ];
  const parts: string[] = [];
  let left = 200;
  for (const { name, stroke, dash } of items) {
    parts.push(
      element("line", {
        x1: left,
        x2: left + 28,
        y1: 42,
        y2: 42,
        stroke,
        "stroke-width": 2.5,
        "stroke-dasharray": dash,
      }),
      text(left + 34, 46, name),
    );
    left += 54 + name.length * 7;
  }
  if (marked !== undefined)
    parts.push(
      element("circle", { cx: left + 5, cy: 42, r: 5, fill: "none", stroke: ALARM, "stroke-width": 2 }),
      text(left + 16, 46, marked),
    );
  return parts;
}
