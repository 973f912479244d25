import type { CircuitInputs } from "../../../../src/protocol/signals.js";
import type { Random } from "../../../support/cases.js";

/**
 * What the specification says of some inputs: that they are refused; or that they are accepted, and what every signal
 * named here then is, as an element of the field.
 */
export type Verdict = { readonly accepted: false } | { readonly accepted: true; readonly signals: Signals };
export type Signals = Readonly<Record<string, bigint>>;

/** Inputs, and what is to come of them. */
export interface Case {
  readonly inputs: CircuitInputs;
  readonly verdict: Verdict;
}

/** A case with values that the prover chooses for assignments of the main template, by left-hand side. */
export interface Attack extends Case {
  readonly choices: Readonly<Record<string, bigint>>;
}

/** A template at fixed parameters, and its specification. */
export interface Subject {
  /** File below circuits/, without its ending; the template has the file's name. */
  readonly file: string;
  readonly parameters: readonly number[];
  /** Input signals that stay inputs of the constraint system; where absent, all are. */
  readonly inputs: readonly string[];
  /** Left-hand sides that take whole arrays, which {@link Attack} cannot overrule. */
  readonly arrays?: readonly string[];
  /** A tier's name, where the circuit is to be the shipped one, with its own public signals. */
  readonly tier?: string;
  /** Some cases that belong together. */
  cases(random: Random): readonly Case[];
  /** Cases in which the prover lies about hints in ways that hold together, as somebody who knows the template would. */
  attacks?(random: Random): readonly Attack[];
}

export function nameOf({ file, parameters }: Subject): string {
  return `${file}(${parameters.join(",")})`;
}
