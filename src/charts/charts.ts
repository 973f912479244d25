import {
  COLOURS,
  DASHES,
  drawing,
  element,
  FAINT,
  INK,
  linear,
  MARGIN,
  pick,
  remark,
  squareRoot,
  text,
} from "./svg.js";

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
      text(PLOT.left - 6, y.at(tick) + 4, String(tick).replace("-", "−"), { "text-anchor": "end" }),
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
    ...lineLegend(lines, bars, marks && marks.at.length > 0 ? marks.name : undefined),
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

function lineLegend(lines: readonly Line[], bars: Line | undefined, marked: string | undefined): string[] {
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

/** Values of several series in named rows. */
export interface DotChart {
  readonly title: string;
  readonly description: string;
  /** What the axis measures, with its unit. */
  readonly axis: string;
  readonly rows: readonly string[];
  /** `values[row]`, null where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** By square roots, for values of very different size. */
  readonly roots?: boolean;
  /** Values between these two are as they should be. */
  readonly band?: { readonly from: number; readonly to: number; readonly name: string };
}

const ROW = 28;
const TOP = 86;
/** Where the plot begins at the least, and about how wide a letter of a row's name is; pixels. */
const LEFT = 210;
const LETTER = 6.8;

/** A row for every book, a mark for every series, told apart by colour and by shape. */
export function dotChart({ title, description, axis, rows, series, roots, band }: DotChart): string {
  const bottom = TOP + rows.length * ROW;
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 0);
  const left = Math.max(LEFT, Math.min(WIDTH / 2, MARGIN + 10 + longest * LETTER));
  const x = roots ? squareRoot(most, left, WIDTH - 40) : linear(0, most, left, WIDTH - 40);
  const apart = Math.min(5.5, 16 / Math.max(1, series.length - 1));
  const y = (row: number) => TOP + (row + 0.5) * ROW;

  return drawing(
    { width: WIDTH, height: bottom + 48, title, description },
    ...(band
      ? [
          element(
            "rect",
            {
              x: x.at(band.from),
              y: TOP,
              width: x.at(band.to) - x.at(band.from),
              height: bottom - TOP,
              fill: "#e4f1ea",
            },
            remark(band.name),
          ),
        ]
      : []),
    ...x.ticks.flatMap((tick) => [
      element("line", { x1: x.at(tick), x2: x.at(tick), y1: TOP, y2: bottom, stroke: FAINT }),
      text(x.at(tick), bottom + 16, String(tick), { "text-anchor": "middle" }),
    ]),
    text((left + WIDTH) / 2, bottom + 36, axis, { "text-anchor": "middle" }),
    ...rows.flatMap((row, r) => [
      element("line", {
        x1: left,
        x2: WIDTH - 40,
        y1: y(r),
        y2: y(r),
        stroke: FAINT,
        "stroke-dasharray": "1 3",
      }),
      text(left - 10, y(r) + 4, row, { "text-anchor": "end" }),
    ]),
    ...series.flatMap(({ name, values }, s) =>
      values.flatMap((value, r) =>
        value === null
          ? []
          : // Side by side within the row, so that equal values do not hide each other.
            [
              mark(
                s,
                x.at(value),
                y(r) + (s - (series.length - 1) / 2) * apart,
                `${rows[r]}, ${name}: ${shortened(value)}`,
              ),
            ],
      ),
    ),
    ...dotLegend(
      series.map(({ name }) => name),
      band?.name,
    ),
  );
}

function dotLegend(names: readonly string[], band: string | undefined): string[] {
  const parts: string[] = [];
  let left = MARGIN + 6;
  names.forEach((name, s) => {
    parts.push(mark(s, left, 50, name), text(left + 12, 54, name));
    left += 34 + name.length * 7;
  });
  if (band !== undefined)
    parts.push(
      element("rect", { x: MARGIN, y: 62, width: 14, height: 12, fill: "#e4f1ea", stroke: FAINT }),
      text(MARGIN + 20, 72, band),
    );
  return parts;
}

const SHAPES: readonly [string, ...string[]] = [
  "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
  "M-3.5 -3.5H3.5V3.5H-3.5Z",
  "M0 -4.5L4.5 3.5H-4.5Z",
  "M0 -4.5L4.5 0L0 4.5L-4.5 0Z",
  "M-4.5 -3.5H4.5L0 4.5Z",
  "M-1.5 -5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5V-1.5H-1.5Z",
];

function mark(series: number, x: number, y: number, label: string): string {
  return element(
    "path",
    {
      d: pick(SHAPES, series),
      transform: `translate(${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10})`,
      fill: pick(COLOURS, series),
      stroke: INK,
      "stroke-width": 0.4,
    },
    remark(label),
  );
}

function shortened(value: number): string {
  return String(Math.round(value * 100) / 100);
}
