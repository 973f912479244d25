import type { StatusName } from "../../../src/protocol/status.js";
import { h } from "../../view/dom.js";
import { percent, STATUSES } from "../words.js";

/** A status by its mark, its words and its colour. */
export function statusMark(status: StatusName): HTMLElement {
  const { mark, words, tone } = STATUSES[status];
  return h(
    "span",
    { class: `pill ${tone}` },
    h("span", { class: "mark", "aria-hidden": "true" }, mark),
    words,
  );
}

/** Shares below which a meter is marked. Basis points. */
const LOW = 2_000;

/** How much of something is left, as a bar and in words. */
export function meter(name: string, left: number): HTMLElement {
  const bar = h("span", { class: "bar" });
  bar.style.width = `${Math.max(0, Math.min(100, left / 100))}%`;
  return h(
    "span",
    {
      class: `meter${left < LOW ? " low" : ""}`,
      role: "img",
      "aria-label": `${name}: ${percent(left)} left`,
    },
    h("span", { class: "of", "aria-hidden": "true" }, name),
    h("span", { class: "track", "aria-hidden": "true" }, bar),
    h("span", { class: "much", "aria-hidden": "true" }, percent(left)),
  );
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function draw(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Node | string)[]
): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** A drawing that stands for its words. */
export function drawing(
  words: string,
  [width, height]: readonly [number, number],
  ...children: readonly SVGElement[]
): SVGElement {
  return draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words, preserveAspectRatio: "none" },
    ...children,
  );
}

/** Points as a path takes them. */
export function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}
