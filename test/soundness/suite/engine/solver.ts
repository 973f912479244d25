import { FIELD_R } from "../../../../src/protocol/bounds.js";
import { reduce, signed } from "./field.js";
import type { Plan, Step } from "./plan.js";
import { StepQueue } from "./stepQueue.js";
import { type System, valueOf } from "./system.js";

/** What an attacker puts into a witness: a value for each wire that is not to be worked out. */
export type Pins = ReadonlyMap<number, bigint>;

export interface Attempt {
  /** A rule that the attacker need not keep: one that the system has lost. */
  readonly without?: number;
  /** Go on after the first violation, to learn of all. */
  readonly all?: boolean;
  /** Go on until this rule has been looked at, whatever is violated, and no further. */
  readonly until?: number;
}

const NOTHING: readonly number[] = [];

/**
 * Works out witnesses, and again what hangs on an edited wire: all that the sources derive from it, hints included, as an
 * attacker would. Of what nothing hangs on, nothing is touched; so an edit costs what it changes.
 */
export class Solver {
  /** Of the base witness, and after an attempt of the edited one. */
  readonly values: bigint[];
  private pins: Pins = new Map();
  private without = -1;
  private readonly changed: number[] = [];
  private readonly before: bigint[] = [];
  private readonly queue: StepQueue;
  private readonly violated = new Set<number>();
  /** What the base itself violates. */
  private wrong: readonly number[] = NOTHING;

  constructor(
    readonly system: System,
    readonly plan: Plan,
  ) {
    this.values = new Array<bigint>(system.wires).fill(0n);
    this.values[0] = 1n;
    this.queue = new StepQueue(plan.steps.length);
  }

  /** Makes the witness of these inputs the base. Returns the rules that it violates: none, if the inputs are satisfying. */
  begin(inputs: Pins): readonly number[] {
    for (const [wire, value] of inputs) this.values[wire] = value;
    this.pins = new Map();
    this.without = -1;
    this.violated.clear();
    for (const step of this.plan.steps) this.work(step);
    this.keep();
    this.wrong = [...this.violated];
    return this.wrong;
  }

  private keep(): void {
    this.changed.length = 0;
    this.before.length = 0;
  }

  /** The wires in which the edited witness differs from the base, some of them twice. */
  get edited(): readonly number[] {
    return this.changed;
  }

  /** Goes back to the base. */
  undo(): void {
    for (let i = this.changed.length - 1; i >= 0; i--)
      this.values[this.changed[i] as number] = this.before[i] as bigint;
    this.keep();
  }

  /**
   * Edits the base. Returns the rules that are then violated: the first that is found, unless asked for all; none, if the
   * edited witness is accepted.
   */
  attempt(pins: Pins, { without = -1, all = false, until }: Attempt = {}): readonly number[] {
    const { setBy, steps } = this.plan;
    this.pins = pins;
    this.without = without;
    this.violated.clear();
    this.queue.clear();
    for (const [wire, value] of pins) {
      this.set(wire, value);
      const step = setBy[wire] as number;
      if (step >= 0) this.queue.push(step);
    }
    // A bit that is no longer held to be one may be set again, whatever else is edited.
    for (const wire of this.system.rules[without]?.wires ?? NOTHING) {
      const step = setBy[wire] as number;
      if (step >= 0 && steps[step]?.kind === "bits") this.queue.push(step);
    }
    const last = until === undefined ? steps.length : (this.plan.stepOf[until] as number);
    for (let step = this.queue.pop(); step >= 0 && step <= last; step = this.queue.pop()) {
      this.work(steps[step] as Step);
      if (!all && until === undefined && this.violated.size > 0) break;
    }
    if (all || this.violated.size === 0) for (const rule of this.wrong) this.check(rule);
    return this.violated.size === 0 ? NOTHING : [...this.violated];
  }

  private set(wire: number, value: bigint): void {
    const old = this.values[wire] as bigint;
    if (old === value) return;
    this.changed.push(wire);
    this.before.push(old);
    this.values[wire] = value;
    for (const reader of this.plan.readers[wire] ?? NOTHING) this.queue.push(reader);
  }

  private work(step: Step): void {
    if (step.kind === "check") this.check(step.rule);
    else if (step.kind === "define") this.define(step);
    else if (step.kind === "bits") this.decompose(step);
    else {
      const values = step.solve(step.reads.map((wire) => signed(this.values[wire] as bigint)));
      step.wires.forEach((wire, i) => {
        if (!this.pins.has(wire)) this.set(wire, reduce(values[i] ?? 0n));
      });
    }
  }

  private check(rule: number): void {
    if (rule !== this.without && this.excess(rule) !== 0n) this.violated.add(rule);
  }

  /** a·b − c of a rule, by the values as they are. */
  excess(rule: number): bigint {
    const { a, b, c } = this.system.rules[rule] as System["rules"][number];
    const { values } = this;
    const product = a.wires.length === 0 ? 0n : valueOf(a, values) * valueOf(b, values);
    return (product - valueOf(c, values)) % FIELD_R;
  }

  private define({ rule, wires, factor }: Step & { kind: "define" }): void {
    const [wire] = wires as [number];
    if (this.pins.has(wire)) return this.check(rule);
    const excess = this.excess(rule);
    // What is too much in a·b − c is taken off by the wire's term in c.
    if (excess !== 0n) this.set(wire, reduce((this.values[wire] as bigint) - excess * factor));
  }

  private decompose({ wires, rest, factor }: Step & { kind: "bits" }): void {
    const { values, pins } = this;
    let number = valueOf(rest, values) * factor;
    let taken = 0n;
    wires.forEach((wire, i) => {
      if (!pins.has(wire)) return;
      number -= (values[wire] as bigint) << BigInt(i);
      taken |= 1n << BigInt(i);
    });
    number = reduce(number);
    const fits = number >> BigInt(wires.length) === 0n && (number & taken) === 0n;
    // A bit that nothing holds to be one takes all that the others cannot.
    const loose = fits
      ? -1
      : wires.findIndex((wire) => this.system.bits.get(wire) === this.without && !pins.has(wire));
    if (loose >= 0) {
      let others = number & ((1n << BigInt(wires.length)) - 1n) & ~taken & ~(1n << BigInt(loose));
      this.set(wires[loose] as number, reduce((number - others) * halves(loose)));
      for (let i = 0; i < wires.length; i++, others >>= 1n)
        if (i !== loose && !pins.has(wires[i] as number)) this.set(wires[i] as number, others & 1n);
      return;
    }
    for (let i = 0; i < wires.length; i++) {
      const wire = wires[i] as number;
      if (!pins.has(wire)) this.set(wire, number & 1n);
      number >>= 1n;
    }
  }
}

const HALF = (FIELD_R + 1n) / 2n;
const powersOfHalf: bigint[] = [1n];

/** 2^−n in the field. */
function halves(n: number): bigint {
  for (let i = powersOfHalf.length; i <= n; i++)
    powersOfHalf.push(((powersOfHalf[i - 1] as bigint) * HALF) % FIELD_R);
  return powersOfHalf[n] as bigint;
}
