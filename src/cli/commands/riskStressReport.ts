import type { BookFile } from "../../book/bookFile.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import type { Shock } from "../../risk/shocks.js";
import { type Cascade, type Crossing, type PathPoint, type Stress, THRESHOLDS } from "../../risk/stress.js";
import type { ResultFiles } from "../export.js";
import {
  dollars,
  factor,
  pairs,
  percent,
  plainDollars,
  plainFactor,
  sentence,
  shortPercent,
  table,
} from "../format.js";

/** What `zkmargin risk stress` reports on. */
export interface StressReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  /** What the reading of the prices left out. */
  readonly notes: readonly [string, string][];
  readonly stresses: readonly Stress[];
}

/** Stresses for people: one in full, several as a table. */
export function stressText(report: StressReport): string {
  const { file, market, notes, stresses } = report;
  const [only] = stresses;
  const head = `${file.account}, sequence ${file.sequence}, on ${market.source.date} under ${market.profile.name}\n`;
  return [
    head,
    ...(stresses.length === 1 && only?.cascade
      ? inFull(only.shock, only.cascade, report)
      : [overview(report), daysTested(report)]),
    ...(notes.length === 0 ? [] : [pairs(notes)]),
    "  As private as the book: it tells what the book holds.\n",
  ].join("\n");
}

function overview({ stresses }: StressReport): string {
  return `${sentence("health factor, equity, and where on the way to the day's prices each threshold is crossed")}${table(
    ["day", ...OUTCOMES],
    stresses.map(outcomeRow),
  )}`;
}

const OUTCOMES: readonly string[] = ["before", "after", "equity after", ...THRESHOLDS.map(title)];

/** A stress by name, with its {@link OUTCOMES}. */
function outcomeRow({ shock, cascade }: StressReport["stresses"][number]): string[] {
  if (cascade === null) return [shock.name, "not tested", "", "", ...THRESHOLDS.map(() => "")];
  const { before, after, crossings } = cascade;
  return [
    shock.name,
    factor(before.healthFactor),
    factor(after.healthFactor),
    dollars(after.equity),
    ...crossings.map(place),
  ];
}

/** How many days were tested, and what kept the others from it. */
function daysTested({ stresses }: StressReport): string {
  const left = stresses.filter(({ cascade }) => cascade === null);
  if (left.length === 0) return `  ${stresses.length} of ${stresses.length} tested\n`;
  const why = ({ shock, unpriced }: Stress) =>
    `    ${shock.name}: no price of ${unpriced.join(", ")} on that day or the day before; --shock gives a move\n`;
  return `  ${stresses.length - left.length} of ${stresses.length} tested; not tested:\n${left.map(why).join("")}`;
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
function moves(
  { moves, given, perps }: Shock,
  point: PathPoint,
  { market: { listing } }: StressReport,
): string {
  const held = heldSlots(point);
  const perpetuals = [...new Set(point.losses.filter(({ kind }) => kind === "perp").map(({ slot }) => slot))];
  const beside = (name: string, of: readonly number[] | undefined) =>
    perpetuals
      .filter((slot) => (of?.[slot] ?? 0) !== 0)
      .map((slot) => `${name} of ${listing[slot]?.symbol} ${shortPercent(of?.[slot] ?? 0)} %`);
  const said = listing.flatMap(({ symbol }, slot) => {
    if (!held.includes(slot) && !given.includes(symbol)) return [];
    return [`${symbol} ${shortPercent(moves[slot] ?? 0)} %${held.includes(slot) ? "" : " (not held)"}`];
  });
  const nothing = held.length === 0 ? ["the book holds nothing"] : [];
  const all = [...nothing, ...said, ...beside("basis", perps?.basis), ...beside("funding", perps?.funding)];
  return `  ${all.join(", ")}\n`;
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

/** Stresses as files: a row for each day. Amounts in dollars, factors as ratios, points in percent of the way. */
export function stressExport({ file, market, stresses }: StressReport): ResultFiles {
  const crossed = ({ point }: Crossing) => (point === null ? null : point.at / 100);
  const plain = ({ shock, cascade }: Stress) => {
    if (cascade === null) return [shock.name, null, null, null, null, ...THRESHOLDS.map(() => null)];
    const { before, after, crossings } = cascade;
    return [
      shock.name,
      plainFactor(before.healthFactor),
      plainFactor(after.healthFactor),
      plainDollars(before.equity),
      plainDollars(after.equity),
      ...crossings.map(crossed),
    ];
  };
  const hundredth = (bps: bigint | null | undefined) => (bps == null ? null : Number(bps) / 10_000);
  return {
    csv: {
      header: [
        ...["account", "sequence", "date", "profile", "stress", "health_before", "health_after"],
        ...["equity_before", "equity_after", ...THRESHOLDS.map((it) => `crossed ${title(it)}`)],
      ],
      rows: stresses.map((it) => [
        ...[file.account, file.sequence, market.source.date, market.profile.name],
        ...plain(it),
      ]),
    },
    title: `Stress of ${file.account}, book ${file.sequence}`,
    facts: [
      ["prices", market.source.date],
      ["profile", market.profile.name],
      ["market", marketDigest(market)],
      ["tested", `${stresses.filter(({ cascade }) => cascade !== null).length} of ${stresses.length}`],
    ],
    charts: [
      {
        title: "Health factor before and after",
        description: "The health factor of the book before and after each stress",
        axis: "health factor",
        rows: stresses.map(({ shock }) => shock.name),
        series: [
          { name: "before", values: stresses.map(({ cascade }) => hundredth(cascade?.before.healthFactor)) },
          { name: "after", values: stresses.map(({ cascade }) => hundredth(cascade?.after.healthFactor)) },
        ],
      },
    ],
    sheets: [
      {
        title: "What breaks, and where on the way",
        header: ["stress", ...OUTCOMES],
        rows: stresses.map(outcomeRow),
      },
    ],
  };
}

/** Stresses for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. As private as the book. */
export function stressJson({ file, market, notes, stresses }: StressReport) {
  const { profile, listing, source } = market;
  const pointJson = ({ worstScenario, losses, ...rest }: PathPoint) => ({
    ...rest,
    worstScenario: worstScenario === null ? null : (profile.scenarios[worstScenario]?.name ?? null),
    losses: losses.map(({ slot, kind, loss }) => ({ asset: listing[slot]?.symbol, kind, loss })),
  });
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    ...(notes.length > 0 && { prices: notes.map(([what, said]) => `${what} ${said}`) }),
    tested: stresses.filter(({ cascade }) => cascade !== null).length,
    notTested: stresses.filter(({ cascade }) => cascade === null).length,
    stresses: stresses.map(({ shock, cascade, unpriced }) => ({
      name: shock.name,
      moves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.moves[u] ?? null])),
      ...(shock.perps && {
        basis: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.perps?.basis[u] ?? 0])),
        funding: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.perps?.funding[u] ?? 0])),
      }),
      tested: cascade !== null,
      unpriced,
      ...(cascade && {
        before: pointJson(cascade.before),
        after: pointJson(cascade.after),
        crossings: cascade.crossings.map(({ threshold, point: at }) => ({
          ...threshold,
          standing: at && pointJson(at),
        })),
      }),
    })),
  };
}
