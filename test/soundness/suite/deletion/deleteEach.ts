import type { Tier } from "../../../../src/protocol/tiers.js";
import { Subject } from "../engine/subject.js";
import { targetsOf } from "../mutation/edits.js";
import { Simplified } from "../mutation/simplified.js";
import { solveHints } from "../mutation/solveHints.js";
import type { Specimen } from "../specimens/specimen.js";
import { bases } from "./bases.js";
import { recipes } from "./recipes.js";

export interface DeletionReport {
  /** Constraints of the circuit as it is shipped. */
  readonly constraints: number;
  /** Those without which a false statement is accepted, each with what the forged witness says that is not so. */
  readonly forged: ReadonlyMap<number, string>;
  /** The others, each by the signals it mentions. */
  readonly unforged: ReadonlyMap<number, string>;
}

/**
 * Takes every constraint of a tier's circuit away in turn, and forges a witness of a false statement that violates no other.
 * The forgery is made in the unsimplified circuit, and counts where of the simplified one it violates exactly one constraint.
 */
export async function deleteEach(
  specimen: Specimen,
  tier: Tier,
  onProgress: (share: number) => void,
): Promise<DeletionReport> {
  const subject = await Subject.of(specimen);
  const { solver, system } = subject;
  const simplified = new Simplified(await specimen.compile(["--O2"]), subject);
  const targets = targetsOf(subject);
  const constraints = simplified.system.rules.length;
  const forged = new Map<number, string>();
  const open = new Set(system.rules.flatMap(({ a }, rule) => (a.wires.length > 0 ? [rule] : [])));
  const total = open.size;

  const forge = (rule: number, base: ReturnType<typeof bases>[number]): boolean => {
    for (const { pins, solve } of recipes(rule, base, subject, targets)) {
      const edits = new Map(pins);
      const accepted =
        solver.attempt(edits, { without: rule }).length === 0 ||
        (solve !== undefined && solveHints(subject, solve, edits, rule));
      const falsehood = accepted ? subject.falsehood() : null;
      const violated = falsehood === null ? [] : simplified.violations();
      solver.undo();
      const [only] = violated;
      if (falsehood === null || only === undefined || violated.length > 1) continue;
      forged.set(only, falsehood);
      return true;
    }
    return false;
  };
  for (const base of bases(tier)) {
    subject.begin(base.inputs);
    simplified.begin();
    for (const rule of open) {
      if (forge(rule, base)) open.delete(rule);
      onProgress((total - open.size) / total);
    }
  }
  const unforged = new Map<number, string>();
  simplified.system.rules.forEach(({ wires }, rule) => {
    if (!forged.has(rule)) unforged.set(rule, wires.map((wire) => simplified.system.names[wire]).join(" "));
  });
  return { constraints, forged, unforged };
}
