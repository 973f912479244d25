import type { Shock } from "../../../../risk/shocks.js";
import {
  type Cascade,
  type Crossing,
  type PathPoint,
  type Stress,
  THRESHOLDS,
} from "../../../../risk/stress.js";
import { dollars, factor, percent, shortPercent, table } from "../../../format.js";
import type { StressReport } from "./json.js";

/** Stresses for people: one in full, several as a table. */
export function stressText(report: StressReport): string {
  const { file, market, stresses } = report;
  const [only] = stresses;
  const head = `${file.account}, sequence ${file.sequence}, on ${market.source.date} under ${market.profile.name}\n`;
  return [
    head,
    ...(stresses.length === 1 && only?.cascade
      ? inFull(only.shock, only.cascade, report)
      : [overview(report), notTested(report)]),
    "  As private as the book: it tells what the book holds.\n",
  ].join("\n");
}

function overview({ stresses }: StressReport): string {
  return `  health factor, equity, and where on the way to the day's prices each threshold is crossed\n${table(
    ["day", "before", "after", "equity after", ...THRESHOLDS.map(title)],
    stresses.map(({ shock, cascade }) =>
      cascade === null
        ? [shock.name, "not tested", "", "", ...THRESHOLDS.map(() => "")]
        : [
            shock.name,
            factor(cascade.before.healthFactor),
            factor(cascade.after.healthFactor),
            dollars(cascade.after.equity),
            ...cascade.crossings.map(place),
          ],
    ),
  )}`;
}

/** How many days were tested, and what kept the others from it. */
function notTested({ stresses }: StressReport): string {
  const left = stresses.filter(({ cascade }) => cascade === null);
  if (left.length === 0)
    return `  ${stresses.length} of ${stresses.length} days tested
`;
  const why = ({ shock, unpriced }: Stress) =>
    `    ${shock.name}: no price of ${unpriced.join(", ")} on that day or the day before; --shock gives a move\n`;
  return `  ${stresses.length - left.length} of ${stresses.length} days tested; not tested:\n${left.map(why).join("")}`;
}

function inFull(shock: Shock, { before, after, crossings }: Cascade, report: StressReport): string[] {
  return [
    `  ${shock.name}\n${moves(shock, after, report)}`,
    figures(before, after, report),
    path(crossings, shock, report),
    ...reached(crossings, after, report),
  ];
}

/** Moves of what the book holds and of what was given. */
function moves({ moves, given }: Shock, point: PathPoint, { market: { listing } }: StressReport): string {
  const held = heldSlots(point);
  const said = listing.flatMap(({ symbol }, slot) => {
    if (!held.includes(slot) && !given.includes(symbol)) return [];
    return [`${symbol} ${shortPercent(moves[slot] ?? 0)} %${held.includes(slot) ? "" : " (not held)"}`];
  });
  const nothing = held.length === 0 ? ["the book holds nothing"] : [];
  return `  ${[...nothing, ...said].join(", ")}\n`;
}

/** Slots in which the book has a position, rising. */
function heldSlots({ losses }: PathPoint): number[] {
  return [...new Set(losses.map(({ slot }) => slot))].toSorted((a, b) => a - b);
}

function figures(before: PathPoint, after: PathPoint, { market: { profile } }: StressReport): string {
  const worst = ({ worstScenario }: PathPoint) =>
    worstScenario === null ? "none" : (profile.scenarios[worstScenario]?.name ?? "none");
  const amounts: [string, (point: PathPoint) => bigint][] = [
    ["A  risk-weighted collateral", ({ collateral }) => collateral],
    ["D  debt", ({ debt }) => debt],
    ["N  margin and charges", ({ addOns }) => addOns],
    ["M  worst scenario loss", ({ scenarioLoss }) => scenarioLoss],
    ["R  debt and maintenance margin", ({ requirement }) => requirement],
    ["equity, all closed at the market", ({ equity }) => equity],
  ];
  return table(
    ["", "before", "after"],
    [
      ["health factor", factor(before.healthFactor), factor(after.healthFactor)],
      ...amounts.map(([name, of]) => [name, dollars(of(before)), dollars(of(after))]),
      ["worst scenario", worst(before), worst(after)],
    ],
  );
}

function path(
  crossings: readonly Crossing[],
  { moves }: Shock,
  { market: { listing } }: StressReport,
): string {
  const then = (point: PathPoint) =>
    heldSlots(point)
      .filter((slot) => moves[slot] !== 0)
      .map((slot) => {
        const soFar = Math.round(((moves[slot] ?? 0) * point.at) / 10_000);
        return `${listing[slot]?.symbol} ${shortPercent(soFar)} %`;
      })
      .join(", ");
  return `  thresholds along the way, 100 % being the whole move\n${table(
    ["threshold", "crossed at", "health factor", "equity", "prices have moved by"],
    crossings.map((crossing) => [
      title(crossing.threshold),
      place(crossing),
      crossing.point ? factor(crossing.point.healthFactor) : "",
      crossing.point ? dollars(crossing.point.equity) : "",
      crossing.point ? then(crossing.point) : "",
    ]),
    { text: [0, 4] },
  )}`;
}

/** What each position has lost where maintenance margin is crossed, or at the end. */
function reached(crossings: readonly Crossing[], after: PathPoint, { market }: StressReport): string[] {
  const broken = crossings.find(({ threshold, point }) => threshold.theta === 10_000 && point !== null);
  const { losses } = broken?.point ?? after;
  if (losses.length === 0) return [];
  return [
    `  lost by each position ${broken ? "where maintenance margin is crossed" : "in the whole move"}, the largest loss first\n${table(
      ["position", "loss"],
      losses.map(({ slot, kind, loss }) => [
        `${market.listing[slot]?.symbol} ${kind === "perp" ? "perpetual" : "spot"}`,
        dollars(loss),
      ]),
    )}`,
  ];
}

function title({ name, theta }: { readonly name: string; readonly theta: number | null }): string {
  return theta === null ? name : `${name} ${shortFactor(theta)}`;
}

function place({ point }: Crossing): string {
  if (point === null) return "holds";
  return point.at === 0 ? "before it" : percent(point.at);
}

/** 12 500 → "1.25". */
function shortFactor(theta: number): string {
  return factor(theta).replace(/0+$/, "").replace(/\.$/, ".0");
}
