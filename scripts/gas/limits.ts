import type { Figure, GasReport, SectionName } from "./figures.js";

/** What something may cost at most. */
export interface Limit {
  readonly section: SectionName;
  readonly row: string;
  readonly of: "gas" | "execution" | "each";
  readonly most: number;
}

/** Room in a block, and what a profile's change must fit into whatever else is in it. */
export const BLOCK = 30_000_000;

/** The limits that the contracts are held to. */
export const LIMITS: readonly Limit[] = [
  { section: "verification", row: "one proof, folded", of: "each", most: 200_000 },
  { section: "verification", row: "16 proofs of one round", of: "each", most: 62_000 },
  { section: "verification", row: "64 proofs of one round", of: "each", most: 54_000 },
  { section: "gate", row: "submit, a later one", of: "gas", most: 258_000 },
  { section: "derived", row: "submit, a later one", of: "gas", most: 285_000 },
  { section: "freshRounds", row: "prices, averages and funding move", of: "each", most: 7_200 },
  { section: "wrappedRounds", row: "prices, averages and funding move", of: "each", most: 7_200 },
  { section: "governance", row: "setProfile, every parameter, with a fallback", of: "gas", most: BLOCK },
];

/** What the limit is of, as it was measured. @throws RangeError if it was not */
export function measured(report: GasReport, { section, row, of }: Limit): number {
  const found: Figure | undefined = report.sections[section][row];
  const value = found?.[of];
  if (value === undefined) throw new RangeError(`${section}: expected ${of} of "${row}", got none`);
  return value;
}
