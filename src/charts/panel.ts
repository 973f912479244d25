import { element, text } from "./svg.js";

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
