import { Random } from "../../../support/cases.js";
import type { SubjectCircuit } from "./circuit.js";
import { type Attack, type Case, nameOf, type Subject } from "./subject.js";
import { element, hostileElement, hostileInteger } from "./values.js";

/** What a comparison tried. */
export interface Compared {
  cases: number;
  accepted: number;
  /** Witnesses of a prover who lies about a signal; how many of them were accepted, with the true meaning. */
  lies: number;
  trueLies: number;
  /** Cases that went through the shipped witness generator as well. */
  generated: number;
}

export interface Effort {
  /** How many cases at least. */
  readonly cases: number;
  /** Share of the cases that the shipped witness generator is asked about too. */
  readonly generated: number;
  /** Lies for each case, on average. */
  readonly lies: number;
}

/** Thrown where circuit and specification differ. */
export class DifferenceError extends Error {
  override name = "DifferenceError";
}

/**
 * Compares a circuit with its specification, and throws at the first difference: accepted or refused, and every signal
 * that the specification knows. Each group of cases has a seed of its own, which the error names.
 * @throws DifferenceError
 */
export function compare(
  subject: Subject,
  circuit: SubjectCircuit,
  seed: number,
  effort: Effort,
  progress: (share: number) => void = () => {},
): Compared {
  const done: Compared = { cases: 0, accepted: 0, lies: 0, trueLies: 0, generated: 0 };
  for (let group = 0; done.cases < effort.cases; group++) {
    compareGroup(subject, circuit, groupSeed(seed, group), effort, done);
    progress(done.cases / effort.cases);
  }
  return done;
}

/** Seeds of groups stay exact numbers, whatever the seed of the task. */
function groupSeed(seed: number, group: number): number {
  return (seed % 2 ** 31) * 2 ** 21 + (group % 2 ** 21);
}

/** One group alone: what `replay.ts` runs. */
export function compareGroup(
  subject: Subject,
  circuit: SubjectCircuit,
  seed: number,
  effort: Omit<Effort, "cases">,
  done: Compared,
): void {
  const random = new Random(seed);
  const fail = (index: string, what: string): never => {
    throw new DifferenceError(
      `${nameOf(subject)}, group ${seed}, ${index}: ${what}\n` +
        `alone: npx tsx test/soundness/suite/differential/replay.ts '${nameOf(subject)}' ${seed} ${effort.lies}`,
    );
  };

  subject.cases(random).forEach((one, i) => {
    const accepted = circuit.accepts(one.inputs);
    if (accepted !== one.verdict.accepted)
      fail(`case ${i}`, `expected it to be ${said(one.verdict.accepted)}, got it ${said(accepted)}`);
    if (accepted) sameSignals(circuit, one, (what) => fail(`case ${i}`, what));
    done.cases++;
    if (accepted) done.accepted++;
    if (random.chance(effort.generated)) {
      if (circuit.generates(one.inputs) !== accepted)
        fail(`case ${i}`, `expected a witness to be ${accepted ? "made" : "refused"}, got the opposite`);
      done.generated++;
    }
    for (let lies = whole(random, effort.lies); lies > 0; lies--)
      tell({ ...one, choices: oneLie(random, circuit) }, `case ${i}`);
  });
  if (effort.lies > 0) for (const attack of subject.attacks?.(random) ?? []) tell(attack, "attack");

  function tell(attack: Attack, index: string): void {
    done.lies++;
    if (!circuit.accepts(attack.inputs, attack.choices)) return;
    const lie = `with ${Object.keys(attack.choices).join(", ")} chosen`;
    if (!attack.verdict.accepted) fail(index, `expected it to be refused, got it accepted ${lie}`);
    sameSignals(circuit, attack, (what) => fail(index, `${what} ${lie}`));
    done.trueLies++;
  }
}

function sameSignals(circuit: SubjectCircuit, { verdict }: Case, fail: (what: string) => never): void {
  if (!verdict.accepted) return;
  for (const [name, expected] of Object.entries(verdict.signals)) {
    const value = circuit.signal(name);
    if (value !== expected) fail(`expected ${name} to be ${expected}, got ${value}`);
  }
}

/** Another value for one assignment: next to the honest one, or anything hostile. */
function oneLie(random: Random, circuit: SubjectCircuit): Record<string, bigint> {
  if (circuit.choices.length === 0) return {};
  const left = random.pick(circuit.choices);
  const honest = random.chance(0.5) ? circuit.find(left) : undefined;
  const lie = honest === undefined ? hostileElement(random) : element(honest + hostileInteger(random, 66));
  return { [left]: lie };
}

function whole(random: Random, expected: number): number {
  return Math.floor(expected) + (random.chance(expected % 1) ? 1 : 0);
}

const said = (accepted: boolean) => (accepted ? "accepted" : "refused");
