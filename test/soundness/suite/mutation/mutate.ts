import { Random } from "../../../support/cases.js";
import { Subject } from "../engine/subject.js";
import type { Specimen } from "../specimens/specimen.js";
import { componentOf, describePins, editOf, type Kind, pickKind, type Targets, targetsOf } from "./edits.js";
import { hostileValue } from "./hostileValue.js";
import { repair } from "./repair.js";
import { Simplified } from "./simplified.js";
import { solveHints } from "./solveHints.js";

export interface MutationOptions {
  readonly seed: number;
  /** Edits at least; one of every signal comes first, and does not count. */
  readonly cases: number;
  /** Edits of one witness before there is another. */
  readonly perBase?: number;
  readonly onProgress?: (share: number) => void;
}

export interface MutationReport {
  /** Edits tried, the sweep over every signal and the edits of simplified wires included. */
  readonly cases: number;
  readonly signals: number;
  /** Edits that were accepted, and mean what the template says of its inputs. */
  readonly harmless: number;
  readonly wires: number;
}

/** A witness that the circuit accepts, and that means what the template does not. */
export class ForgeryFoundError extends Error {
  override readonly name = "ForgeryFoundError";
}

const REPAIRS = 5;
const HONEST_TRIES = 200;

/**
 * Edits witnesses of a template as an attacker would: hints first, with all that hangs on them worked out again. Every edit that
 * the constraints accept is judged by the reference; first each signal once, then edits of every kind, drawn from the seed.
 * One edit in ten is made to the wires of the simplified circuit, as it is shipped, and nothing worked out again.
 * @throws ForgeryFoundError where one is accepted with another meaning, or an honest witness is refused
 */
export async function mutate(specimen: Specimen, options: MutationOptions): Promise<MutationReport> {
  const { seed, cases, perBase = 200, onProgress } = options;
  const random = new Random(seed);
  const subject = await Subject.of(specimen);
  const simplified = new Simplified(await specimen.compile(["--O2"]), subject);
  const targets = targetsOf(subject);
  const sweep = [...targets.inner, ...targets.inputs];
  const total = sweep.length + cases;
  let harmless = 0;
  let wires = 0;
  for (let i = 0; i < total; i++) {
    if (i % perBase === 0) {
      // Now and then a witness whose inputs are to be refused: what must not be accepted, however it is edited.
      beginSomewhere(subject, simplified, random, random.chance(0.3));
      onProgress?.(i / total);
    }
    const wire = sweep[i];
    if (wire !== undefined) {
      const pins = new Map([[wire, hostileValue(random, subject.solver.values[wire] ?? 0n)]]);
      harmless += tryPins(pins, "signal", subject, targets, random);
    } else if (simplified.ready && random.chance(0.1)) {
      harmless += tryWires(subject, simplified, random);
      wires++;
    } else {
      const kind = pickKind(random);
      harmless += tryPins(editOf(kind, subject, targets, random), kind, subject, targets, random);
    }
  }
  return { cases: total, signals: sweep.length, harmless, wires };
}

/** 1 if the edit is accepted and harmless, 0 if it is refused. */
function tryPins(
  pins: Map<number, bigint>,
  kind: Kind,
  subject: Subject,
  targets: Targets,
  random: Random,
): number {
  const { solver } = subject;
  let violated = solver.attempt(pins);
  if (kind === "hints" && violated.length > 0) {
    const [wire = 0] = pins.keys();
    const group = targets.said.get(componentOf(subject.system.names[wire] ?? ""));
    if (group && solveHints(subject, group, pins)) violated = [];
  }
  for (let left = kind === "repair" ? REPAIRS : 0; left > 0 && violated.length > 0; left--) {
    const repaired = repair(violated[0] ?? 0, subject, targets, pins, random);
    solver.undo();
    if (!repaired) return 0;
    violated = solver.attempt(pins);
  }
  const falsehood = violated.length === 0 ? subject.falsehood() : null;
  solver.undo();
  if (falsehood !== null) throw forgery(subject, falsehood, describePins(pins, subject));
  return violated.length === 0 ? 1 : 0;
}

/** The same for one to three wires of the simplified circuit. */
function tryWires(subject: Subject, simplified: Simplified, random: Random): number {
  const edits = new Map<number, bigint>();
  for (let i = random.pick([1, 1, 2, 3]); i > 0; i--) {
    const wire = random.integer(1, simplified.system.wires - 1);
    edits.set(wire, hostileValue(random, simplified.value(wire)));
  }
  if (!simplified.accepts(edits)) return 0;
  const pins = new Map([...edits].map(([wire, value]) => [simplified.origin[wire] ?? 0, value]));
  const refused = subject.solver.attempt(pins).length > 0;
  const falsehood = refused ? "what the unsimplified circuit refuses" : subject.falsehood();
  subject.solver.undo();
  if (falsehood !== null) throw forgery(subject, falsehood, `simplified, ${describePins(pins, subject)}`);
  return 1;
}

/** Begins at sampled inputs: those of a true meaning, or if `hostile` such as are to be refused, where there are any. */
function beginSomewhere(subject: Subject, simplified: Simplified, random: Random, hostile: boolean): void {
  for (let tries = 0; ; tries++) {
    const accepted = subject.begin(subject.specimen.sample(random)).length === 0;
    const meaning = subject.meaning();
    if (accepted) {
      const falsehood = subject.falsehood();
      if (falsehood !== null) throw forgery(subject, falsehood, "nothing at all");
    } else if (typeof meaning === "object")
      throw forgery(subject, "a refusal of inputs that have a meaning", "nothing");
    if (tries < HONEST_TRIES && (hostile ? meaning !== "refused" : !accepted || meaning === "unclaimed"))
      continue;
    simplified.ready = accepted;
    const violated = accepted ? simplified.begin() : [];
    if (violated.length > 0) throw forgery(subject, "a refusal by the simplified circuit alone", "nothing");
    return;
  }
}

function forgery(subject: Subject, falsehood: string, edit: string): ForgeryFoundError {
  return new ForgeryFoundError(`${subject.specimen.name} accepts ${falsehood}, with ${edit}`);
}
