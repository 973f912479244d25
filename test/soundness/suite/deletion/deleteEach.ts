import { Subject } from "../engine/subject.js";
import { type Targets, targetsOf } from "../mutation/edits.js";
import { Simplified } from "../mutation/simplified.js";
import { solveHints } from "../mutation/solveHints.js";
import type { Signals, Specimen } from "../specimens/specimen.js";
import type { Recipe } from "./recipes.js";

/** How a statement is attacked: the witnesses that an attacker begins with, and what to put into each. */
export interface Attacks<Base extends { readonly inputs: Signals }> {
  readonly bases: readonly Base[];
  readonly recipes: (rule: number, base: Base, subject: Subject, targets: Targets) => Iterable<Recipe>;
  /** Which rules of the unsimplified circuit to take away, by a signal's name and a number; absent, all. */
  readonly only?: (signal: string, rule: number) => boolean;
}

export interface DeletionReport {
  /** Constraints of the circuit as it is shipped. */
  readonly constraints: number;
  /** Those without which a false statement is accepted, each with what the forged witness says that is not so. */
  readonly forged: ReadonlyMap<number, string>;
  /** The others, each by the signals it mentions. */
  readonly unforged: ReadonlyMap<number, string>;
  /** Rules of the unsimplified circuit that were taken away, and those among them that nothing was forged without. */
  readonly tried: number;
  readonly open: readonly string[];
}

/**
 * Takes every constraint of a tier's circuit away in turn, and forges a witness of a false statement that violates no other.
 * The forgery is made in the unsimplified circuit, and counts where of the simplified one it violates exactly one constraint.
 */
export async function deleteEach<Base extends { readonly inputs: Signals }>(
  specimen: Specimen,
  { bases, recipes, only = () => true }: Attacks<Base>,
  onProgress: (share: number) => void,
): Promise<DeletionReport> {
  const subject = await Subject.of(specimen);
  const { solver, system } = subject;
  const simplified = new Simplified(await specimen.compile(["--O2"]), subject);
  const targets = targetsOf(subject);
  const constraints = simplified.system.rules.length;
  const forged = new Map<number, string>();
  const named = (wires: readonly number[]) => wires.map((wire) => system.names[wire] ?? "");
  const open = new Set(
    system.rules.flatMap(({ a, wires }, rule) =>
      a.wires.length > 0 && only(named(wires)[0] ?? "", rule) ? [rule] : [],
    ),
  );
  const total = open.size;

  const forge = (rule: number, base: Base): boolean => {
    for (const { pins, solve } of recipes(rule, base, subject, targets)) {
      const edits = new Map(pins);
      const accepted =
        solver.attempt(edits, { without: rule }).length === 0 ||
        (solve !== undefined && solveHints(subject, solve, edits, rule));
      const falsehood = accepted ? subject.falsehood() : null;
      const violated = falsehood === null ? [] : simplified.violations();
      solver.undo();
      const [lost] = violated;
      if (falsehood === null || lost === undefined || violated.length > 1) continue;
      forged.set(lost, falsehood);
      return true;
    }
    return false;
  };
  for (const base of bases) {
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
  const left = [...open].map((rule) => named(system.rules[rule]?.wires ?? []).join(" "));
  return { constraints, forged, unforged, tried: total, open: left };
}
