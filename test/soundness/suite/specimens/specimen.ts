import type { CircuitInputs } from "../../../../src/protocol/signals.js";
import type { Random } from "../../../support/cases.js";
import { compileTemplate, type TestCircuit } from "../../../support/circuit.js";

/** Values by signal, flat, each a canonical field element. */
export type Signals = CircuitInputs;

/**
 * What a template says of its inputs: its outputs, as a function of them; or that it refuses them; or nothing, where they
 * break a precondition that its header leaves to the caller.
 */
export type Meaning = Signals | "refused" | "unclaimed";

/** A template at some parameters, and what it means: the reference that an accepted witness is judged by. */
export interface Specimen {
  /** Such as `lib/NettedPair(64)`. */
  readonly name: string;
  readonly compile: (flags: readonly string[]) => Promise<TestCircuit>;
  /** The inputs that a prover chooses: all but those that follow from the others, such as a public commitment. */
  readonly inputs: readonly string[];
  /** The inputs that are public in `compile`. */
  readonly open: readonly string[];
  /** Values of all inputs, some of them at limits or beyond; those that follow are not looked at. */
  readonly sample: (random: Random) => Signals;
  readonly meaning: (inputs: Signals) => Meaning;
  /** Whether an edit takes so long to follow that witnesses are edited in the long run alone. */
  readonly heavy?: boolean;
  /** Whether it is left to the long run, as a smaller instance says the same. */
  readonly large?: boolean;
  /** Whether the compiler computes some of its quotients, so that it cannot be compared with its simplification. */
  readonly folds?: boolean;
}

/** A template of circuits/, all of its inputs public, so that no simplification takes them away. */
export function template(
  file: string,
  parameters: readonly number[],
  inputs: readonly string[],
  { sample, meaning }: Pick<Specimen, "sample" | "meaning">,
): Specimen {
  return {
    name: `${file}(${parameters.join(", ")})`,
    compile: (flags) => compileTemplate(file, parameters, inputs, flags),
    inputs,
    open: inputs,
    sample,
    meaning,
  };
}
