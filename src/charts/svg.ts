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
