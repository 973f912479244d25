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
  roundTicks,
  text,
} from "./svg.js";

/** What several runs did over time: for each group a band between two quantiles and a line between them. */
export interface FanChart {
  readonly title: string;
  readonly description: string;
  /** What the vertical axis measures, with its unit. */
  readonly unit: string;
  /** Hours of the first and the last value; values stand at even times between them. */
  readonly hours: number;
  readonly groups: readonly Fan[];
  /** What the band is: "5 % to 95 % of runs". */
  readonly band: string;
  /** Whether the axis begins at 0, as amounts do and prices need not. */
  readonly fromZero: boolean;
}

/** One group's quantiles, each of as many values. */
export interface Fan {
  readonly name: string;
  readonly low: readonly number[];
  readonly middle: readonly number[];
  readonly high: readonly number[];
}

const WIDTH = 960;
const HEIGHT = 420;
const PLOT = { left: 84, right: WIDTH - MARGIN, top: 84, bottom: HEIGHT - 52 } as const;
/** Characters of a legend, in pixels. */
const LETTER = 7;

/** Bands and lines over hours, with a legend. */
export function fanChart({ title, description, unit, hours, groups, band, fromZero }: FanChart): string {
  const values = groups.flatMap(({ low, high }) => [...low, ...high]);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const y =
    values.length === 0
      ? linear(0, 1, PLOT.bottom, PLOT.top)
      : linear(
          fromZero ? Math.min(0, least) : least,
          fromZero ? Math.max(0, most) : most,
          PLOT.bottom,
          PLOT.top,
        );
  const span = hours > 0 ? hours : 1;
  const x = (hour: number) => PLOT.left + (hour / span) * (PLOT.right - PLOT.left);
  const at = (index: number, count: number) => x((index / Math.max(1, count - 1)) * span);
  return drawing(
    { width: WIDTH, height: HEIGHT, title, description },
    text(MARGIN, 48, `${unit}; bands: ${band}`),
    ...y.ticks.flatMap((tick) => [
      element("line", {
        x1: PLOT.left,
        x2: PLOT.right,
        y1: y.at(tick),
        y2: y.at(tick),
        stroke: tick === 0 ? INK : FAINT,
      }),
      text(PLOT.left - 6, y.at(tick) + 4, short(tick), { "text-anchor": "end" }),
    ]),
    ...roundTicks(0, span)
      .filter((hour) => hour <= span)
      .map((hour) => text(x(hour), PLOT.bottom + 18, short(hour), { "text-anchor": "middle" })),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 38, "hours from the start", { "text-anchor": "middle" }),
    ...groups.map(({ name, low, high }, g) =>
      element(
        "path",
        {
          d: `${stroke(high, at, y.at)}${stroke([...low].reverse(), (i, n) => at(n - 1 - i, n), y.at).replace("M", "L")}Z`,
          fill: pick(COLOURS, g),
          "fill-opacity": 0.16,
        },
        remark(`${name}: ${band}`),
      ),
    ),
    ...groups.map(({ middle }, g) =>
      element("path", {
        d: stroke(middle, at, y.at),
        fill: "none",
        stroke: pick(COLOURS, g),
        "stroke-width": 2,
        "stroke-dasharray": pick(DASHES, g),
        "stroke-linejoin": "round",
      }),
    ),
    ...legend(groups.map(({ name }) => name)),
  );
}

function stroke(
  values: readonly number[],
  x: (index: number, count: number) => number,
  y: (value: number) => number,
): string {
  const round = (value: number) => Math.round(value * 10) / 10;
  return values
    .map((value, i) => `${i === 0 ? "M" : "L"}${round(x(i, values.length))} ${round(y(value))}`)
    .join("");
}

function legend(names: readonly string[]): string[] {
  let left: number = PLOT.left;
  return names.flatMap((name, i) => {
    const at = left;
    left += 52 + name.length * LETTER;
    return [
      element("line", {
        x1: at,
        x2: at + 28,
        y1: 66,
        y2: 66,
        stroke: pick(COLOURS, i),
        "stroke-width": 2.5,
        "stroke-dasharray": pick(DASHES, i),
      }),
      text(at + 34, 70, name),
    ];
  });
}

/** Amounts from the left, each beginning where the last one ended: who pays a loss, in turn. */
export interface Waterfall {
  readonly title: string;
  readonly description: string;
  readonly axis: string;
  /** Groups below each other, each with its own steps from 0. */
  readonly groups: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

/** A step of a waterfall. */
export interface Step {
  readonly name: string;
  /** 0 or more. */
  readonly amount: number;
}

const ROW = 24;
const NAMES = 330;
/** Pixels to the right of a bar for its amount. */
const AMOUNT = 70;

/** Bars that hang together, with their amounts beside them. */
export function waterfall({ title, description, axis, groups }: Waterfall): string {
  const most = Math.max(
    1e-9,
    ...groups.map(({ steps }) => steps.reduce((sum, { amount }) => sum + amount, 0)),
  );
  const x = linear(0, most, NAMES, WIDTH - MARGIN - AMOUNT);
  const rows = groups.flatMap(({ name, steps }, g) =>
    steps.map((step, s) => ({
      ...step,
      group: s === 0 ? name : "",
      colour: s,
      from: steps.slice(0, s).reduce((sum, { amount }) => sum + amount, 0),
      gap: g,
    })),
  );
  const y = (row: number, gap: number) => 56 + row * ROW + gap * 12;
  const bottom = y(rows.length, groups.length);
  return drawing(
    { width: WIDTH, height: bottom + 52, title, description },
    ...x.ticks.flatMap((tick) => [
      element("line", {
        x1: x.at(tick),
        x2: x.at(tick),
        y1: 48,
        y2: bottom,
        stroke: tick === 0 ? INK : FAINT,
      }),
      text(x.at(tick), bottom + 18, short(tick), { "text-anchor": "middle" }),
    ]),
    text((NAMES + WIDTH) / 2, bottom + 38, axis, { "text-anchor": "middle" }),
    ...rows.flatMap(({ name, amount, group, colour, from, gap }, row) => [
      ...(group === "" ? [] : [text(MARGIN, y(row, gap) + 15, group, { "font-weight": 600 })]),
      text(NAMES - 8, y(row, gap) + 15, name, { "text-anchor": "end" }),
      element(
        "rect",
        {
          x: x.at(from),
          y: y(row, gap) + 3,
          width: Math.max(x.at(from + amount) - x.at(from), 1),
          height: ROW - 8,
          fill: pick(COLOURS, colour),
        },
        remark(`${group} ${name}: ${short(amount)}`),
      ),
      text(x.at(from + amount) + 6, y(row, gap) + 15, short(amount)),
    ]),
  );
}

/** A number of at most four digits, without a sum's drift. */
function short(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 1_000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  const text = value.toFixed(decimals);
  return (text.includes(".") ? text.replace(/\.?0+$/, "") : text).replace("-", "−");
}
