import { linear, squareRoot } from "./scale.js";
import { COLOURS, drawing, element, FAINT, INK, MARGIN, pick, remark, text } from "./svg.js";

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

const WIDTH = 960;
const ROW = 28;
const TOP = 86;
const LEFT = 210;

/** A row for every book, a mark for every series, told apart by colour and by shape. */
export function dotChart({ title, description, axis, rows, series, roots, band }: DotChart): string {
  const bottom = TOP + rows.length * ROW;
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const x = roots ? squareRoot(most, LEFT, WIDTH - 40) : linear(0, most, LEFT, WIDTH - 40);
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
    text((LEFT + WIDTH) / 2, bottom + 36, axis, { "text-anchor": "middle" }),
    ...rows.flatMap((row, r) => [
      element("line", {
        x1: LEFT,
        x2: WIDTH - 40,
        y1: y(r),
        y2: y(r),
        stroke: FAINT,
        "stroke-dasharray": "1 3",
      }),
      text(LEFT - 10, y(r) + 4, row, { "text-anchor": "end" }),
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
    ...legend(
      series.map(({ name }) => name),
      band?.name,
    ),
  );
}

function legend(names: readonly string[], band: string | undefined): string[] {
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
