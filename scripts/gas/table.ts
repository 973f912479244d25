import { type Figure, type GasReport, type SectionName, TITLES } from "./figures.js";
import { LIMITS } from "./limits.js";

const BEGIN = "<!-- figures: written by `npm run gas` -->";
const END = "<!-- end of figures -->";
const ASSETS = 16;

interface Column {
  readonly title: string;
  readonly of: (figure: Figure) => number | undefined;
  /** What of a figure this column shows that a limit may be of. */
  readonly limited?: "gas" | "execution" | "each";
}

const GAS: Column = { title: "gas", of: ({ gas }) => gas, limited: "gas" };
const EXECUTION: Column = {
  title: "of it execution",
  of: ({ execution }) => execution,
  limited: "execution",
};
const each = (title: string): Column => ({ title, of: (figure) => figure.each, limited: "each" });
const ROUND: readonly Column[] = [
  GAS,
  { title: "an asset", of: ({ gas }) => Math.ceil(gas / ASSETS) },
  { title: "signals folded", of: ({ count }) => count },
  each("a folded signal"),
];

const COLUMNS: Readonly<Record<SectionName, readonly Column[]>> = {
  verification: [
    GAS,
    EXECUTION,
    each("execution a proof"),
    { title: "bytes of code", of: ({ codeSize }) => codeSize },
  ],
  gate: [GAS, EXECUTION, each("gas a proof")],
  derived: [GAS, EXECUTION],
  freshRounds: ROUND,
  wrappedRounds: ROUND,
  accounts: [GAS, EXECUTION],
  governance: [GAS, EXECUTION],
  vault: [GAS, EXECUTION],
  deployment: [GAS],
};

/** The tables of docs/GAS.md. */
export function gasTables(report: GasReport): string {
  const { hardfork, solc, optimiserRuns, constraints } = report;
  const names = Object.keys(TITLES) as SectionName[];
  const under = `Hard fork ${hardfork}, solc ${solc}, optimiser at ${number(optimiserRuns)} runs.`;
  const { statement, hashOfSignals } = constraints;
  const circuits = `Constraints: ${number(statement)} of the statement; ${number(hashOfSignals)} of a Poseidon chain over its signals.`;
  return [`${under}\n${circuits}`, ...names.map((name) => sectionTable(report, name))].join("\n\n");
}

/**
 * A page with the tables of this report in the place of those it has.
 * @throws Error if there is no place for them
 */
export function withTables(page: string, report: GasReport): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/GAS.md: expected "${BEGIN}" and "${END}", got a page without`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${gasTables(report)}\n\n${page.slice(end)}`;
}

function sectionTable(report: GasReport, name: SectionName): string {
  const columns = COLUMNS[name];
  const rows = Object.entries(report.sections[name]).map(([row, found]) => [
    row,
    ...columns.map((column) => cell(name, row, column, found)),
  ]);
  const head = ["", ...columns.map(({ title }) => title)];
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  const lines = [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `### ${TITLES[name]}\n\n${lines.join("\n").replaceAll("|  |", "| |")}`;
}

function cell(section: SectionName, row: string, { of, limited }: Column, found: Figure): string {
  const value = of(found);
  if (value === undefined) return "";
  const limit = LIMITS.find(
    (known) => known.section === section && known.row === row && known.of === limited,
  );
  return limit === undefined ? number(value) : `${number(value)} (≤ ${number(limit.most)})`;
}

/** 1234567 as 1 234 567, with spaces that do not break. */
function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}
