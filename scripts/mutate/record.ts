import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NumberedMutant } from "./mutant.js";
import { isDead, type Result } from "./results.js";

/** Survivors that are no gap, with the one reason that holds for all of them. */
export interface Explanation {
  readonly why: string;
  /** By their names. */
  readonly mutants: readonly string[];
}

/** What one part of the sources came to. */
export interface AreaRecord {
  readonly name: string;
  /** How many mutants there are, and how many of them were tried. */
  readonly mutants: number;
  readonly tried: number;
  readonly dead: number;
  /** Of the dead: no test ended in time. */
  readonly timedOut: number;
  readonly explained: number;
  /** SHA-256 of the area's sources when its mutants were tried; records from before it was kept have none. */
  readonly sources?: string;
}

/** test/snapshots/mutants.json: what the last recorded run came to, and why the survivors are none to worry about. */
export interface MutationRecord {
  readonly areas: readonly AreaRecord[];
  /** Survivors that nobody has explained yet: gaps, until somebody has. */
  readonly unexplained: readonly string[];
  readonly explained: readonly Explanation[];
}

const EMPTY: MutationRecord = { areas: [], unexplained: [], explained: [] };

export const RECORD_FILE = "test/snapshots/mutants.json";

export function readRecord(root: string): MutationRecord {
  const file = join(root, RECORD_FILE);
  return existsSync(file) ? { ...EMPTY, ...JSON.parse(readFileSync(file, "utf8")) } : EMPTY;
}

/** The names of all mutants that are explained. */
export function explainedNames(record: MutationRecord): Set<string> {
  return new Set(record.explained.flatMap(({ mutants }) => mutants));
}

/** Sums an area up. One of which no result is known stays as it was recorded. */
export function areaRecord(
  record: MutationRecord,
  name: string,
  sources: string,
  mutants: readonly NumberedMutant[],
  results: readonly Result[],
  explained: ReadonlySet<string>,
): AreaRecord {
  const names = new Set(mutants.map((mutant) => mutant.name));
  const tried = results.filter((result) => names.has(result.name));
  const before = record.areas.find((area) => area.name === name);
  if (tried.length === 0 && before !== undefined) return before;
  return {
    name,
    mutants: mutants.length,
    tried: tried.length,
    dead: tried.filter(({ outcome }) => isDead(outcome)).length,
    timedOut: tried.filter(({ outcome }) => outcome === "timed out").length,
    explained: tried.filter((result) => !isDead(result.outcome) && explained.has(result.name)).length,
    sources,
  };
}

/** Survivors without an explanation, by name, in order. */
export function unexplained(results: readonly Result[], explained: ReadonlySet<string>): string[] {
  return results
    .filter(({ name, outcome }) => !isDead(outcome) && !explained.has(name))
    .map(({ name }) => name)
    .sort();
}

/** The explanations without those mutants that a test notices by now. */
export function stillNeeded(
  explained: readonly Explanation[],
  results: readonly Result[],
): readonly Explanation[] {
  const dead = new Set(results.filter(({ outcome }) => isDead(outcome)).map(({ name }) => name));
  return explained
    .map(({ why, mutants }) => ({ why, mutants: mutants.filter((name) => !dead.has(name)).sort() }))
    .filter(({ mutants }) => mutants.length > 0);
}

/** Explanations of mutants that no longer exist: the code has changed, or the name is misspelt. */
export function stale(record: MutationRecord, mutants: readonly NumberedMutant[]): string[] {
  const names = new Set(mutants.map(({ name }) => name));
  return [...explainedNames(record)].filter((name) => !names.has(name));
}
