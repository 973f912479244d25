import { compared, type EngineSummary, type Spread, UNITS } from "../../risk/simulate/report.js";
import { FIGURES, type FigureName, type ScenarioFile } from "../../risk/simulate/scenario.js";
import { type Sweep, sweptBy } from "../../risk/simulate/sweep.js";
import { pairs, table } from "../format.js";

/** Figures that the text shows, with what they are called. */
const SHOWN: readonly (readonly [FigureName, string])[] = [
  ["accounts", "accounts liquidated"],
  ["liquidated", "liquidated, $"],
  ["auctions", "auctions started"],
  ["failedAuctions", "auctions that failed"],
  ["zeroBids", "sold for nothing, $"],
  ["fundUsed", "paid by the fund, $"],
  ["badDebt", "bad debt, $"],
  ["haircut", "haircut, $"],
  ["deleveraged", "deleveraged, $"],
  ["deleverageMinutes", "minutes with deleveraging"],
  ["overshoot", "overshoot, $"],
  ["coverTwo", "Cover-2 ratio"],
  ["fall", "deepest fall, %"],
  ["amplification", "amplification"],
  ["minutes", "minutes it lasted"],
];

/** A simulation for people. */
export function summaryText(
  file: ScenarioFile,
  summaries: readonly EngineSummary[],
  { seed, runs }: { readonly seed: number; readonly runs: number },
): string {
  const accounts = file.accounts.reduce((sum, { count }) => sum + count, 0);
  const some = ({ figures }: EngineSummary, name: FigureName) => (figures[name].most ?? 0) !== 0;
  const rows = SHOWN.filter(([name]) => summaries.some((summary) => some(summary, name)));
  const [only] = summaries;
  const figures =
    summaries.length === 1 && only !== undefined
      ? table(
          ["", "5 %", "median", "95 %", "most"],
          rows.map(([name, words]) => {
            const { low, median, high, most } = only.figures[name];
            return [words, ...[low, median, high, most].map(short)];
          }),
        )
      : table(
          ["median over runs", ...summaries.map(({ engine }) => engine)],
          [
            ...rows.map(([name, words]) => [
              words,
              ...summaries.map((summary) => short(summary.figures[name].median)),
            ]),
            ["bad debt, $, 95 %", ...summaries.map((summary) => short(summary.figures.badDebt.high))],
          ],
        );
  const parties = Object.keys(only?.payers ?? {});
  return [
    `${file.name}: ${accounts} accounts, ${file.minutes} minutes, ${runs} runs from seed ${seed}\n`,
    figures,
    `  who paid and who gained: mean over runs, $, against keeping what one had\n${table(
      ["", ...summaries.map(({ engine }) => engine)],
      parties.map((name) => [name, ...summaries.map(({ payers }) => short(payers[name] ?? 0))]),
    )}`,
    ...publicText(file, summaries),
  ].join("\n");
}

function publicText(file: ScenarioFile, summaries: readonly EngineSummary[]): string[] {
  const rows = compared(file, summaries);
  if (rows.length === 0) return [];
  return [
    `  beside public figures\n${table(
      ["figure", "public", "simulated, 5 % to 95 %", ""],
      rows.map(({ figure, least, most, simulated, met }) => [
        `${figure}${UNITS[figure] === "dollars" ? ", $" : UNITS[figure] === "percent" ? ", %" : ""}`,
        least === most ? short(least) : `${short(least)} to ${short(most)}`,
        `${short(simulated.low)} to ${short(simulated.high)}`,
        met ? "met" : "missed",
      ]),
      { text: [0, 3] },
    )}${pairs([...new Set(rows.map(({ source }) => source))].map((source) => ["from", source] as const))}`,
  ];
}

/** A sweep for people. */
export function sweepText({ name, engine, rows, answer }: Sweep): string {
  return `${name} with ${engine}: the frontier\n\n${table(
    [name, "bad debt, $", "95 %", "most", "liquidated, $", "failed", "bidders gain"],
    rows.map(({ value, summary: { figures, payers } }) => [
      `${value / 100} %${value === answer ? " *" : "  "}`,
      short(figures.badDebt.median),
      short(figures.badDebt.high),
      short(figures.badDebt.most),
      short(figures.liquidated.median),
      short(figures.failedAuctions.median),
      short(payers.bidders ?? 0),
    ]),
  )}  *: the best. What 95 % of runs stay below is near the least there is, and\n  ${
    sweptBy(name).better === "low" ? "no lower value does as well." : "no higher value does as well."
  }\n`;
}

/** A number of three or four digits: 5.67M, 608, 0.6083. */
function short(value: number | null): string {
  if (value === null) return "none";
  const size = Math.abs(value);
  const sign = value < 0 && size >= 0.0005 ? "−" : "";
  for (const [unit, letter] of [
    [1e9, "bn"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const)
    if (size >= unit * 0.9995) return `${sign}${digits(Math.max(1, size / unit))}${letter}`;
  return sign + digits(size);
}

function digits(size: number): string {
  return size >= 100
    ? size.toFixed(0)
    : size >= 10
      ? size.toFixed(1)
      : size >= 1
        ? size.toFixed(2)
        : size === 0
          ? "0"
          : size.toFixed(4);
}

/** A simulation for programs. */
export function summaryJson(
  file: ScenarioFile,
  summaries: readonly EngineSummary[],
  { seed, runs }: { readonly seed: number; readonly runs: number },
) {
  const rounded = (spread: Spread) =>
    Object.fromEntries(
      Object.entries(spread).map(([name, value]) => [
        name,
        value === null ? null : Math.round(value * 1e6) / 1e6,
      ]),
    );
  return {
    scenario: file.name,
    minutes: file.minutes,
    seed,
    runs,
    units: UNITS,
    engines: summaries.map(({ engine, figures, payers }) => ({
      engine,
      figures: Object.fromEntries(FIGURES.map((name) => [name, rounded(figures[name])])),
      gains: Object.fromEntries(
        Object.entries(payers).map(([name, gain]) => [name, Math.round(gain * 100) / 100]),
      ),
    })),
    publicFigures: compared(file, summaries).map(({ simulated, ...rest }) => ({
      ...rest,
      simulated: rounded(simulated),
    })),
  };
}
