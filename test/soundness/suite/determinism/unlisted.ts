import { Subject } from "../engine/subject.js";
import type { Specimen } from "../specimens/specimen.js";
import { FINGERPRINTS, FREE } from "./listed.js";
import { determination } from "./undetermined.js";

export interface Unlisted {
  readonly signals: number;
  /** Signals that the inputs do not determine and that are listed, with the reason. */
  readonly listed: number;
  /** Signals that the inputs do not determine, as far as the rules reach, without being listed. */
  readonly undetermined: readonly string[];
  /** Signals that are listed, and determined after all. */
  readonly stale: readonly string[];
  /** Components that look like a lemma's template and are another circuit: `template fingerprint`. */
  readonly foreign: readonly string[];
}

/** Holds what a circuit's inputs do not determine to the list. */
export async function unlisted(specimen: Specimen): Promise<Unlisted> {
  const subject = await Subject.of(specimen);
  const { system } = subject;
  const inputs = specimen.inputs.flatMap((name) => subject.wires(name));
  const found = determination(system, inputs, ({ fingerprint }) => FINGERPRINTS.has(fingerprint));
  const listed = new Set<number>();
  for (const { lemma, given } of found.applied) {
    const component = (system.names[given[0] ?? 0] ?? "").replace(/\.[^.]*$/, "");
    const free = FREE[lemma.template];
    system.names.forEach((name, wire) => {
      if (free && name.startsWith(`${component}.`) && free.signals.test(name.slice(component.length + 1)))
        listed.add(wire);
    });
  }
  const undetermined = new Set(found.undetermined);
  const named = (wires: readonly number[]) => wires.map((wire) => system.names[wire] ?? "");
  return {
    signals: system.wires - 1,
    listed: listed.size,
    undetermined: named(found.undetermined.filter((wire) => !listed.has(wire))),
    stale: named([...listed].filter((wire) => !undetermined.has(wire))),
    foreign: found.foreign.map(({ lemma, fingerprint }) => `${lemma.template} ${fingerprint}`),
  };
}
