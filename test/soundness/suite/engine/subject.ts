import type { Meaning, Signals, Specimen } from "../specimens/specimen.js";
import { planOf } from "./plan.js";
import { Solver } from "./solver.js";
import { type System, systemOf } from "./system.js";

/** Without simplification every signal of the sources is a wire that can be edited. */
export const UNSIMPLIFIED = ["--O0"];

/** A specimen under attack: its circuit, a solver for it, and the judgement of what is accepted. */
export class Subject {
  readonly solver: Solver;
  private readonly wiresByName = new Map<string, readonly number[]>();

  private constructor(
    readonly specimen: Specimen,
    readonly system: System,
  ) {
    this.solver = new Solver(
      system,
      planOf(
        system,
        specimen.inputs.flatMap((name) => this.wires(name)),
      ),
    );
  }

  static async of(specimen: Specimen): Promise<Subject> {
    const { constraints } = await specimen.compile(UNSIMPLIFIED);
    return new Subject(specimen, systemOf(constraints));
  }

  /** The wires of an input or output of the template, flat. */
  wires(name: string): readonly number[] {
    const known = this.wiresByName.get(name);
    if (known) return known;
    const found = this.system.names.flatMap((signal, wire) =>
      signal === `main.${name}` || signal.startsWith(`main.${name}[`) ? [wire] : [],
    );
    if (found.length === 0) throw new Error(`${this.specimen.name} has no signal ${name}`);
    this.wiresByName.set(name, found);
    return found;
  }

  /** Makes the witness of these inputs the base of attacks. Returns the rules that it violates. */
  begin(inputs: Signals): readonly number[] {
    const values = this.specimen.inputs.flatMap((name) => {
      const wires = this.wires(name);
      if (wires.length !== inputs[name]?.length)
        throw new Error(`expected ${wires.length} values of ${name}`);
      return wires.map((wire, i) => [wire, inputs[name]?.[i] ?? 0n] as const);
    });
    return this.solver.begin(new Map(values));
  }

  /** What the template says of the inputs that the witness now has. */
  meaning(): Meaning {
    return this.specimen.meaning(
      Object.fromEntries(this.specimen.inputs.map((name) => [name, this.read(name)])),
    );
  }

  /** Of an accepted witness: what it says that is not so, or null. */
  falsehood(): string | null {
    const meaning = this.meaning();
    if (meaning === "unclaimed") return null;
    if (meaning === "refused") return "inputs that must be refused";
    for (const [name, expected] of Object.entries(meaning))
      if (this.read(name).some((value, i) => value !== expected[i])) return `another ${name}`;
    return null;
  }

  private read(name: string): bigint[] {
    return this.wires(name).map((wire) => this.solver.values[wire] as bigint);
  }
}
