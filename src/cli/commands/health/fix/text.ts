import type { RemedyKind } from "../../../../risk/remedy/situation.js";
import { dollars, factor, table } from "../../../format.js";
import type { Fix } from "../fix.js";
import type { HealthReport } from "../json.js";
import { remedyWords } from "./words.js";

/** Rows of one kind that people are shown; programs get all. */
const SHOWN = 4;

/** A margin call for people: who, what, how much, by when, and what would do. */
export function fixText({ file, market }: HealthReport, fix: Fix): string {
  const { target, by, shortfall } = fix;
  const goal = factor(target);
  if (shortfall === null) return `\n  no margin call: the health factor is above ${goal} already\n`;
  const account = `${file.account}, sequence ${file.sequence}`;
  const now = fix.healthFactor === null ? "none, as nothing is owned or owed" : factor(fix.healthFactor);
  const call = [
    `  MARGIN CALL on ${account}`,
    `  At the prices of ${market.source.date} and under ${market.profile.name} the health factor is ${now}, not above ${goal}.`,
    `  Risk-weighted collateral of more than ${dollars(shortfall)} is missing${by === null ? "" : `, and wanted by ${by}`}.`,
  ];
  if (fix.remedies.length === 0)
    return [
      "",
      ...call,
      "  No single step is enough: take several, or move the positions elsewhere.",
      "",
    ].join("\n");
  const count = new Map<RemedyKind, number>();
  const shown = fix.remedies.filter(({ kind }) => {
    count.set(kind, (count.get(kind) ?? 0) + 1);
    return (count.get(kind) ?? 0) <= SHOWN;
  });
  const left = fix.remedies.length - shown.length;
  const rows = shown.map((remedy) => [
    dollars(remedy.cost),
    remedyWords(remedy, market),
    factor(remedy.healthFactor),
  ]);
  return [
    "",
    ...call,
    "  Any one of these steps is enough, the cheapest first:\n",
    table(["cost", "step", "then"], rows, { indent: "    ", text: [1] }).trimEnd(),
    ...(left === 0 ? [] : [`    and ${left} more (--json)`]),
    "    cost: dollars to bring in; of a trade what it is charged, by the profile's liquidity and impact",
    "",
  ].join("\n");
}
