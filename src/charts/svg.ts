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
