/** Where a value stands on an axis, in pixels. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

const STEPS = [1, 2, 5, 10] as const;

/** Some four to eight round numbers from `low` to at least `high`. */
export function roundTicks(low: number, high: number): number[] {
  const span = high - low > 0 ? high - low : 1;
  let unit = 1;
  while (unit * 10 <= span / 4) unit *= 10;
  while (unit > span / 4) unit /= 10;
  const step = unit * (STEPS.find((factor) => span / (unit * factor) <= 6) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  // Multiples, not sums: a sum of tenths drifts.
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => rounded((first + i) * step));
}

/** A straight scale over whole ticks, `from` and `to` in pixels. */
export function linear(low: number, high: number, from: number, to: number): Scale {
  const ticks = roundTicks(low, high);
  const start = ticks[0] ?? 0;
  const end = ticks.at(-1) ?? 1;
  return { ticks, at: (value) => from + ((value - start) / (end - start)) * (to - from) };
}

/** A scale from 0 by square roots, on which small values keep apart beside large ones. */
export function squareRoot(high: number, from: number, to: number): Scale {
  const candidates = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const above = candidates.findIndex((tick) => tick >= high);
  const ticks = above === -1 ? [...candidates, Math.ceil(high)] : candidates.slice(0, Math.max(above, 1) + 1);
  const end = Math.sqrt(ticks.at(-1) ?? 1);
  return { ticks, at: (value) => from + (Math.sqrt(Math.max(0, value)) / end) * (to - from) };
}

function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

/** Where a time stands, and which times are named. */
export interface TimeAxis {
  readonly ticks: readonly { readonly time: number; readonly label: string }[];
  /** Pixels; times outside are drawn at the nearer end. */
  at(time: number): number;
}

const HOUR = 3_600;
const DAY = 86_400;
const TIME_STEPS = [
  60,
  300,
  900,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  10 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
];

/**
 * An axis of unix seconds, `left` to `right` in pixels, with at most `mostTicks` whole times on it, mostly half as many or more.
 * @param written a time as "YYYY-MM-DD HH:MM:SS"; a tick takes the part of it that its step needs
 */
export function timeAxis(
  from: number,
  to: number,
  left: number,
  right: number,
  mostTicks: number,
  written: (seconds: number) => string,
): TimeAxis {
  const end = Math.max(to, from + 1);
  const span = end - from;
  const step =
    TIME_STEPS.find((size) => span / size <= mostTicks) ??
    365 * DAY * Math.ceil(span / (mostTicks * 365 * DAY));
  const first = Math.ceil(from / step) * step;
  const count = Math.floor((end - first) / step) + 1;
  const ticks = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
  return {
    ticks: ticks.map((time) => ({ time, label: label(written(time), time, step) })),
    at: (time) => left + ((Math.min(Math.max(time, from), end) - from) / span) * (right - left),
  };
}

/** As much of the date and time as its step needs; midnight is named by its day. */
function label(text: string, time: number, step: number): string {
  if (step >= 30 * DAY) return text.slice(0, 10);
  return step < DAY && time % DAY !== 0 ? text.slice(11, 16) : text.slice(5, 10);
}

/** A drawing as SVG text. Numbers are rounded to hundredths of a pixel, so that the text is short and reproducible. */

export type Attributes = Readonly<Record<string, string | number>>;

/** An element with children, which are SVG text already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(number(value))}"`);
  const start = `<${name}${written.join("")}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join("")}</${name}>`;
}

/** Text at a point. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escape(content));
}

/** A remark that a reader of the drawing gets on pointing at its parent, or hears. */
export function remark(content: string): string {
  return element("title", {}, escape(content));
}

/** What a whole drawing is. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Read out first, and drawn on top. */
  readonly title: string;
  /** Says in words what is to be seen. */
  readonly description: string;
}

/** A whole file: white ground, dark text of at least 12 pixels, a title and a description for those who cannot see it. */
export function drawing({ width, height, title, description }: Drawing, ...body: readonly string[]): string {
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-labelledby": "title description",
      "font-family": "system-ui, sans-serif",
      "font-size": 12,
      fill: INK,
    },
    element("title", { id: "title" }, escape(title)),
    element("desc", { id: "description" }, escape(description)),
    element("rect", { width, height, fill: "#ffffff" }),
    text(MARGIN, 26, title, { "font-size": 16, "font-weight": 600 }),
    ...body,
  )}\n`;
}

export const INK = "#1b1b1b";
export const FAINT = "#d8d8d8";
export const MARGIN = 16;

/** Colours that people with any colour vision tell apart (M. Okabe, K. Ito, "Color Universal Design", 2008). */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9"] as const;
/** Dashes, so that lines differ without colour too. */
export const DASHES = ["none", "7 3", "2 3", "10 3 2 3", "1 2", "5 5"] as const;

/** The item for a series, starting over after the last. */
export function pick<T>(items: readonly [T, ...T[]], index: number): T {
  return items[index % items.length] ?? items[0];
}

function number(value: string | number): string {
  return typeof value === "string" ? value : String(Math.round(value * 100) / 100);
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? "&quot;");
}

/** One of several drawings below each other over the same times. */
export interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Strokes are rounded to this, in pixels: enough for the eye, and short. */
  readonly grain: number;
}

/** A drawing's text: colours and weights come from the report's style sheet, by class. */
export function named(x: number, y: number, content: string, kind: string): string {
  return text(x, y, content, { class: kind });
}

/** A level line across a panel, named at its right end. */
export function level(panel: Panel, y: number, kind: string, label = ""): string[] {
  return [
    element("line", { class: kind, x1: panel.left, x2: panel.right, y1: y, y2: y }),
    ...(label === "" ? [] : [named(panel.right + 8, y + 4, label, "mark-name")]),
  ];
}

/** Values of a vertical axis: a level line for each, its number to the left. */
export function valueTicks(panel: Panel, ticks: readonly number[], y: (value: number) => number): string[] {
  return ticks.flatMap((tick) => [
    ...level(panel, y(tick), "grid"),
    element("text", { class: "tick end", x: panel.left - 8, y: y(tick) + 4 }, String(tick).replace("-", "−")),
  ]);
}

/** Pixels to a panel's grain. */
export function px(value: number, { grain }: Pick<Panel, "grain">): string {
  return String(Math.round(value / grain) * grain).replace(/(\.\d)\d+$/, "$1");
}

/** One element for many strokes. */
export function strokes(kind: string, path: string): string[] {
  return path === "" ? [] : [element("path", { class: kind, d: path })];
}
