import type { BookFile } from "../../book/bookFile.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import { BPS } from "../../protocol/bounds.js";
import type { Health } from "../../protocol/health.js";
import { type AssetContribution, SCALE } from "../../protocol/statement.js";
import type { BreakingMove } from "../../protocol/whatIf.js";
import { type EachBook, refusedJson, refusedText } from "../books.js";
import type { ResultFiles } from "../export.js";
import {
  amounts,
  dollars,
  factor,
  paint,
  pairs,
  percent,
  plainDollars,
  plainFactor,
  table,
} from "../format.js";

interface Held {
  readonly symbol: string;
  readonly asset: AssetContribution;
  readonly move: BreakingMove;
}

/** The health of a book for people. */
export function healthText(report: HealthReport): string {
  const { file, market, theta, health } = report;
  const held = market.listing.flatMap(({ symbol }, u): Held[] => {
    const asset = health.assessment.assets[u];
    const move = health.breakingMoves[u];
    if (!asset || !move || Object.values(asset).every((amount) => amount === 0n)) return [];
    return [{ symbol, asset, move }];
  });
  return [
    `${file.account}, sequence ${file.sequence}, on ${market.source.date} under ${market.profile.name}\n`,
    `  health factor ${verdict(health, theta)}\n`,
    totals(report),
    ...(held.length > 0 ? [contributions(held)] : []),
    provable(health, theta),
    ...(health.healthy && held.length > 0 ? [moves(held, theta)] : []),
  ].join("\n");
}

function verdict({ healthFactor, healthy, assessment: { collateral } }: Health, theta: number): string {
  if (healthFactor === null && collateral === 0n) return "none: nothing is owned or owed";
  return `${factor(healthFactor)}: ${healthy ? paint("good", "above") : paint("bad", "not above")} ${factor(theta)}`;
}

function totals({ health: { assessment }, market, basis, file: { sleeve } }: HealthReport): string {
  const { collateral, debt, addOns, scenarioLoss, unrealizedPnl, requirement, worstScenario, assets } =
    assessment;
  const scenario = scenarioName(worstScenario, market);
  const gain = unrealizedPnl > 0n ? (unrealizedPnl / BPS) * BigInt(market.profile.pnlFactor) : 0n;
  const counted = `of it ${dollars(gain)} gain on perpetuals, ${percent(market.profile.pnlFactor)} of P`;
  return [
    amounts([
      ["A  risk-weighted collateral", collateral, unrealizedPnl > 0n ? counted : ""],
      ["D  debt", debt, unrealizedPnl < 0n ? `of it ${dollars(-unrealizedPnl)} loss on perpetuals` : ""],
      [
        "N  margin and charges",
        addOns,
        sleeve === undefined ? "" : `of it ${dollars(assessment.sleeve.charge)} of the sleeve`,
      ],
      [
        "M  worst scenario loss",
        scenarioLoss,
        [
          scenario,
          ...(sleeve === undefined ? [] : [`of it ${dollars(assessment.sleeve.scenarioLoss)} of the sleeve`]),
        ]
          .filter((part) => part !== null)
          .join("; "),
      ],
      ["R  debt and maintenance margin", requirement, "D + N + M; the health factor is A / R"],
    ]),
    "\n",
    amounts([
      ["   perpetuals at market, less funding", assets.reduce((sum, { pnl }) => sum + pnl, 0n)],
      ["   basis: what they were entered at", basis * SCALE],
      ...(sleeve === undefined
        ? []
        : [["   sleeve: the least that its remainder is worth", assessment.sleeve.pnl] as const]),
      ["P  unrealised gain or loss", unrealizedPnl],
    ]),
  ].join("");
}

/** What an asset contributes to the figures, by its name in tables. */
const CONTRIBUTIONS: readonly (readonly [name: string, of: (asset: AssetContribution) => bigint])[] = [
  ["collateral", ({ collateral }) => collateral],
  ["debt", ({ debt }) => debt],
  ["perp value", ({ pnl }) => pnl],
  ["perp margin", ({ perpMargin }) => perpMargin],
  ["liquidity", ({ liquidity }) => liquidity],
  ["spread", ({ spreadCharge }) => spreadCharge],
  ["impact", ({ impact }) => impact],
  ["scenario loss", ({ scenarioLoss }) => scenarioLoss],
];
const CONTRIBUTION_NAMES = CONTRIBUTIONS.map(([name]) => name);

function contributions(held: readonly Held[]): string {
  return table(
    ["asset", ...CONTRIBUTION_NAMES],
    held.map(({ symbol, asset }) => [symbol, ...CONTRIBUTIONS.map(([, of]) => dollars(of(asset)))]),
    { drop: [7, 6, 5, 4, 3] },
  );
}

function provable(
  { largestTheta, largestEnvelope, narrowestBand: band, unhealthy }: Health,
  theta: number,
): string {
  const neither = unhealthy
    ? "none; but that it is not above can be proven (prove --unhealthy)"
    : "none, and no ill health either: the threshold lies within the spread of low and high";
  return `  what can be proven\n${pairs(
    [
      ["largest theta", largestTheta === 0 ? "none" : `${largestTheta} (above ${factor(largestTheta)})`],
      [
        `largest envelope at theta ${theta}`,
        largestEnvelope === null ? neither : `${largestEnvelope} (${percent(largestEnvelope)})`,
      ],
      [
        "narrowest band of the grid",
        band === null ? "none" : `above ${factor(band.above)}, not above ${factor(band.notAbove)}`,
      ],
    ],
    "    ",
  )}`;
}

function moves(held: readonly Held[], theta: number): string {
  return `  price moves, each alone, after which it is not above ${factor(theta)}\n${table(
    ["asset", "fall", "rise"],
    held.map(({ symbol, move }) => [
      symbol,
      move.fall === null ? "none" : percent(-move.fall),
      move.rise === null ? "none" : percent(move.rise),
    ]),
    { indent: "    " },
  )}`;
}

/** What `zkmargin health` reports on. */
export interface HealthReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  /** Basis points. */
  readonly theta: number;
  /** Of the book, attodollars. */
  readonly basis: bigint;
  readonly health: Health;
}

/** The health of a book for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. */
export function healthJson({ file, market, theta, basis, health }: HealthReport) {
  const { assessment, breakingMoves, ...verdicts } = health;
  const { assets, scenarioLosses, worstScenario, ...totals } = assessment;
  const { profile, listing, source } = market;
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    theta,
    ...verdicts,
    assessment: {
      ...totals,
      basis: basis * SCALE,
      worstScenario: scenarioName(worstScenario, market),
      scenarioLosses: Object.fromEntries(profile.scenarios.map(({ name }, s) => [name, scenarioLosses[s]])),
      assets: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, assets[u]])),
    },
    breakingMoves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, breakingMoves[u]])),
  };
}

/** The health of a book as files: a row for each asset that it holds. Amounts in dollars, factors as ratios, moves in percent. */
export function healthExport(report: HealthReport): ResultFiles {
  const { file, market, theta, health } = report;
  const { assessment, breakingMoves, healthFactor } = health;
  const held = market.listing.flatMap(({ symbol }, u) => {
    const [asset, move] = [assessment.assets[u], breakingMoves[u]];
    if (asset === undefined || move === undefined) return [];
    const amounts = CONTRIBUTIONS.map(([, of]) => of(asset));
    return amounts.every((amount) => amount === 0n) ? [] : [{ symbol, amounts, move }];
  });
  const movesOf = ({ fall, rise }: (typeof held)[number]["move"]) => [
    fall === null ? "none" : percent(-fall),
    rise === null ? "none" : percent(rise),
  ];
  const about = [file.account, file.sequence, market.source.date, market.profile.name];
  const verdict = isAbove(healthFactor, theta) ? "above" : "not above";
  return {
    csv: {
      header: [
        ...["account", "sequence", "date", "profile", "health_factor", "asset"],
        ...CONTRIBUTION_NAMES.map((name) => name.replaceAll(" ", "_")),
        ...["fall_to_end", "rise_to_end"],
      ],
      rows: held.map(({ symbol, amounts, move }) => [
        ...about,
        plainFactor(healthFactor),
        symbol,
        ...amounts.map(plainDollars),
        ...[move.fall === null ? null : -move.fall, move.rise].map((bps) =>
          bps === null ? null : bps / 100,
        ),
      ]),
    },
    title: `Health of ${file.account}, book ${file.sequence}`,
    facts: [
      ["health factor", `${factor(healthFactor)}, ${verdict} ${factor(theta)}`],
      ["prices", market.source.date],
      ["profile", market.profile.name],
      ["market", marketDigest(market)],
      ["risk-weighted collateral", dollars(assessment.collateral)],
      ["debt", dollars(assessment.debt)],
      ["margin and charges", dollars(assessment.addOns)],
      ["worst scenario loss", dollars(assessment.scenarioLoss)],
      ["debt and maintenance margin", dollars(assessment.requirement)],
    ],
    charts: [
      {
        title: "Scenario losses",
        description: "What each scenario of the profile would cost the book, thousands of dollars",
        axis: "loss, thousands of dollars",
        rows: market.profile.scenarios.map(({ name }) => name),
        series: [
          {
            name: "loss",
            values: market.profile.scenarios.map((_, s) =>
              Math.max(0, Number(plainDollars(assessment.scenarioLosses[s] ?? 0n)) / 1_000),
            ),
          },
        ],
      },
    ],
    sheets: [
      {
        title: "What each position contributes",
        header: ["asset", ...CONTRIBUTION_NAMES],
        rows: held.map(({ symbol, amounts }) => [symbol, ...amounts.map(dollars)]),
      },
      {
        title: `Price moves, each alone, after which it is not above ${factor(theta)}`,
        header: ["asset", "fall", "rise"],
        rows: held.map(({ symbol, move }) => [symbol, ...movesOf(move)]),
      },
    ],
  };
}

function isAbove(healthFactor: bigint | null, theta: number): boolean {
  return healthFactor === null || healthFactor > BigInt(theta);
}

/** The name of the scenario with that index. */
function scenarioName(index: number | null, { profile }: MarketFile): string | null {
  return index === null ? null : (profile.scenarios[index]?.name ?? null);
}

/** One book of several. */
interface NamedHealth {
  readonly path: string;
  readonly report: HealthReport;
}

/** The reports with the lowest health factor first; of what owes nothing it is infinite. */
export function weakestFirst(reports: readonly NamedHealth[]): NamedHealth[] {
  const factorOf = ({ report: { health } }: NamedHealth) => health.healthFactor;
  return [...reports].sort((one, other) => {
    const [a, b] = [factorOf(one), factorOf(other)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

/** The health of several books for people: one line each. */
export function healthsText(
  { done, refused }: EachBook<NamedHealth>,
  { source, profile }: MarketFile,
  theta: number,
): string {
  const rows = done.map(({ path, report: { file, health } }) => [
    path,
    file.account,
    String(file.sequence),
    factor(health.healthFactor),
    health.healthy ? "yes" : "no",
    health.largestTheta === 0 ? "none" : String(health.largestTheta),
    health.largestEnvelope === null ? "none" : String(health.largestEnvelope),
  ]);
  const weak = done.filter(({ report }) => !report.health.healthy).length;
  const counted = `${done.length} book${done.length === 1 ? "" : "s"} on ${source.date} under ${profile.name}, ${weak} of them not above ${factor(theta)}`;
  return [
    `${counted}\n`,
    ...(rows.length === 0
      ? []
      : [
          table(
            ["book", "account", "sequence", "health", `above ${factor(theta)}`, "largest theta", "envelope"],
            rows,
            { text: [0, 1, 4] },
          ),
        ]),
    ...(refused.length === 0 ? [] : [`  refused\n${refusedText(refused)}`]),
  ].join("\n");
}

/** The health of several books as files: a row each, and those that were refused on the page. */
export function healthsExport(
  { done, refused }: EachBook<NamedHealth>,
  market: MarketFile,
  theta: number,
): ResultFiles {
  const about = [market.source.date, market.profile.name];
  return {
    csv: {
      header: [
        ...["book", "account", "sequence", "date", "profile", "health_factor"],
        ...["theta", "above_theta", "largest_theta", "largest_envelope"],
      ],
      rows: done.map(({ path, report: { file, health } }) => [
        ...[path, file.account, file.sequence, ...about, plainFactor(health.healthFactor)],
        ...[theta, health.healthy ? "yes" : "no", health.largestTheta, health.largestEnvelope],
      ]),
    },
    title: "Health of books",
    facts: [
      ["prices", market.source.date],
      ["profile", market.profile.name],
      ["market", marketDigest(market)],
    ],
    sheets: [
      {
        title: "Health factors, the weakest first",
        header: ["book", "account", "sequence", "health factor", `above ${factor(theta)}`],
        rows: done.map(({ path, report: { file, health } }) => [
          ...[path, file.account, String(file.sequence)],
          ...[factor(health.healthFactor), health.healthy ? "yes" : "no"],
        ]),
        text: [1, 4],
      },
      ...(refused.length === 0
        ? []
        : [
            {
              title: "Refused",
              header: ["book", "why"],
              rows: refused.map(({ file, error }) => [file, error.message]),
              text: [1],
            },
          ]),
    ],
  };
}

/** The health of several books for programs. */
export function healthsJson({ done, refused }: EachBook<NamedHealth>, market: MarketFile, theta: number) {
  return {
    market: { profile: market.profile.name, date: market.source.date, digest: marketDigest(market) },
    theta,
    books: done.map(({ path, report }) => ({ file: path, ...healthJson(report) })),
    refused: refusedJson(refused),
  };
}
