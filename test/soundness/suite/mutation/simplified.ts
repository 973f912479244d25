import { FIELD_R } from "../../../../src/protocol/bounds.js";
import type { TestCircuit } from "../../../support/circuit.js";
import type { Subject } from "../engine/subject.js";
import { type System, systemOf, valueOf } from "../engine/system.js";

/** The circuit as it is shipped, simplified: what a verifier's key is of. Its wires are some of the subject's. */
export class Simplified {
  readonly system: System;
  private readonly touching: readonly (readonly number[])[];
  /** The subject's wire of each wire. */
  readonly origin: readonly number[];
  /** Wires of the subject that are wires here too. */
  private readonly kept = new Map<number, number>();
  private values: bigint[] = [];
  private wrong: number[] = [];
  /** Whether it holds a satisfying witness. */
  ready = false;

  constructor(
    circuit: TestCircuit,
    private readonly subject: Subject,
  ) {
    this.system = systemOf(circuit.constraints);
    const touching: number[][] = Array.from({ length: this.system.wires }, () => []);
    this.system.rules.forEach(({ wires }, rule) => {
      for (const wire of wires) touching[wire]?.push(rule);
    });
    this.touching = touching;
    this.origin = this.system.names.map((name, wire) =>
      wire === 0 ? 0 : (subject.system.wireOf.get(name) ?? -1),
    );
    this.origin.forEach((origin, wire) => {
      this.kept.set(origin, wire);
    });
    const lost = this.origin.indexOf(-1);
    if (lost >= 0) throw new Error(`${this.system.names[lost]} is no signal of the unsimplified circuit`);
  }

  /** Takes over the subject's witness. Returns the rules it violates. */
  begin(): number[] {
    this.values = this.origin.map((wire) => this.subject.solver.values[wire] ?? 0n);
    this.wrong = this.system.rules.flatMap((_, rule) => (this.holds(rule) ? [] : [rule]));
    return this.wrong;
  }

  /** The rules that the subject's witness violates as it has been edited since. */
  violations(): number[] {
    const edited = new Set<number>();
    for (const origin of this.subject.solver.edited) {
      const wire = this.kept.get(origin);
      if (wire !== undefined) edited.add(wire);
    }
    const before = [...edited].map((wire) => [wire, this.values[wire] ?? 0n] as const);
    for (const wire of edited) this.values[wire] = this.subject.solver.values[this.origin[wire] ?? 0] ?? 0n;
    const touched = new Set([...this.wrong, ...[...edited].flatMap((wire) => this.touching[wire] ?? [])]);
    const violated = [...touched].filter((rule) => !this.holds(rule));
    for (const [wire, value] of before) this.values[wire] = value;
    return violated;
  }

  /** Whether a witness that satisfies every rule still does with these edits. */
  accepts(edits: ReadonlyMap<number, bigint>): boolean {
    const before = [...edits.keys()].map((wire) => [wire, this.values[wire] ?? 0n] as const);
    for (const [wire, value] of edits) this.values[wire] = value;
    const accepted = before.every(([wire]) => (this.touching[wire] ?? []).every((rule) => this.holds(rule)));
    for (const [wire, value] of before) this.values[wire] = value;
    return accepted;
  }

  value(wire: number): bigint {
    return this.values[wire] ?? 0n;
  }

  private holds(rule: number): boolean {
    const { a, b, c } = this.system.rules[rule] as System["rules"][number];
    const product = a.wires.length === 0 ? 0n : valueOf(a, this.values) * valueOf(b, this.values);
    return (product - valueOf(c, this.values)) % FIELD_R === 0n;
  }
}
