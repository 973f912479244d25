import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { NotProvableError } from "../../../../src/errors.js";
import type { Source } from "../../../../src/groth16/setup/compile.js";
import { WitnessCalculator } from "../../../../src/groth16/witnessCalculator.js";
import type { CircuitInputs } from "../../../../src/protocol/signals.js";
import { readSymbols } from "../../../support/r1cs.js";
import { type BuildOptions, type Built, build } from "./build.js";
import { centred, Judge } from "./judge.js";
import { CHOOSE, CHOSEN, choosingProver, unconstrained } from "./proverText.js";
import { nameOf, type Subject } from "./subject.js";

const BYTES = 32;

/** A subject's circuit: its constraints as they are shipped, and a prover that gets through with anything. */
export class SubjectCircuit {
  /** Left-hand sides of the assignments that a prover may overrule. */
  readonly choices: readonly string[];
  readonly #judge: Judge;
  readonly #honest: WitnessCalculator | undefined;
  readonly #prover: WitnessCalculator;
  /** Of each wire of the constraint system, the prover's signal. */
  readonly #signalOfWire: Int32Array;
  readonly #signals: ReadonlyMap<string, number>;
  readonly #wires: ReadonlyMap<string, number>;
  #values: Uint8Array = new Uint8Array();

  private constructor(
    judge: Judge,
    honest: WitnessCalculator | undefined,
    prover: WitnessCalculator,
    signals: ReadonlyMap<string, number>,
    wires: ReadonlyMap<string, number>,
    choices: readonly string[],
  ) {
    this.#judge = judge;
    this.#honest = honest;
    this.#prover = prover;
    this.#signals = signals;
    this.#wires = wires;
    this.choices = choices;
    this.#signalOfWire = new Int32Array(judge.wires).fill(-1);
    for (const [name, wire] of wires) {
      const signal = signals.get(name);
      if (wire > 0 && signal !== undefined && this.#signalOfWire[wire] === -1)
        this.#signalOfWire[wire] = signal;
    }
    const lost = this.#signalOfWire.indexOf(-1, 1);
    if (lost >= 0) throw new Error(`expected a signal for every wire, got none for wire ${lost}`);
  }

  /**
   * Compiles the subject over sources that may be edited ones.
   * @param home folder to keep what is compiled in, if it is not to be kept for good
   * @param generator whether {@link generates} will be asked
   */
  static async of(
    subject: Subject,
    sources: readonly Source[],
    { home, generator = true }: { readonly home?: string | undefined; readonly generator?: boolean } = {},
  ): Promise<SubjectCircuit> {
    const template = basename(subject.file);
    let choices: readonly string[] = [];
    const rewritten = sources.map(({ path, text }) => {
      if (path !== `circuits/${subject.file}.circom`) return { path, text: unconstrained(text) };
      const prover = choosingProver(text, template, subject.arrays);
      choices = prover.choices;
      return { path, text: prover.text };
    });
    const circuit = await compileSubject(subject, sources, {
      home,
      outputs: generator ? ["r1cs", "wasm"] : ["r1cs"],
    });
    const prover = await build(`${nameOf(subject)}-prover`, mainOf(subject), rewritten, {
      optimisation: "--O0",
      outputs: ["wasm"],
      home,
    });
    return new SubjectCircuit(
      await Judge.load(circuit.r1cs),
      generator ? new WitnessCalculator(readFileSync(circuit.wasm)) : undefined,
      new WitnessCalculator(readFileSync(prover.wasm)),
      readSymbols(prover.sym),
      readSymbols(circuit.sym),
      choices,
    );
  }

  get constraints(): number {
    return this.#judge.constraints;
  }

  /** Signals among those named, or below them, that no constraint mentions. */
  unused(names: readonly string[]): string[] {
    const of = (name: string) =>
      names.some((one) => name === `main.${one}` || name.startsWith(`main.${one}[`));
    return [...this.#wires]
      .filter(([name, wire]) => of(name) && !this.#judge.uses(wire))
      .map(([name]) => name);
  }

  /** Whether the shipped witness generator finishes with the inputs. */
  generates(inputs: CircuitInputs): boolean {
    if (!this.#honest) throw new Error("expected a circuit with its witness generator, got one without");
    try {
      this.#honest.calculate(inputs);
      return true;
    } catch (error) {
      if (error instanceof NotProvableError) return false;
      throw error;
    }
  }

  /**
   * Whether the constraints accept the prover's witness for the inputs. {@link signal} then reads it.
   * @param chosen values for some of {@link choices}; what follows from them follows
   */
  accepts(inputs: CircuitInputs, chosen: Readonly<Record<string, bigint>> = {}): boolean {
    const choose = this.choices.map((left) => (left in chosen ? 1n : 0n));
    const values = this.choices.map((left) => chosen[left] ?? 0n);
    const added = choose.length === 0 ? {} : { [CHOOSE]: choose, [CHOSEN]: values };
    this.#values = this.#prover.calculate({ ...inputs, ...added });
    const witness = Array.from(this.#signalOfWire, (signal, wire) =>
      wire === 0 ? 1n : centred(this.#read(signal)),
    );
    return this.#judge.violations(witness).size === 0;
  }

  /** What a signal of the last witness is, by its name below `main`: what its wire carries, if it has one. */
  signal(name: string): bigint {
    const value = this.find(name);
    if (value === undefined) throw new Error(`expected a signal ${name}, got none`);
    return value;
  }

  /** The same; undefined where no signal is called so. */
  find(name: string): bigint | undefined {
    const signal = this.#signals.get(`main.${name}`);
    const wire = this.#wires.get(`main.${name}`) ?? -1;
    if (signal === undefined) return undefined;
    return this.#read(wire > 0 ? (this.#signalOfWire[wire] as number) : signal);
  }

  #read(signal: number): bigint {
    const view = new DataView(this.#values.buffer, this.#values.byteOffset + signal * BYTES, BYTES);
    const low = view.getBigUint64(0, true);
    const [second, third, fourth] = [8, 16, 24].map((at) => view.getBigUint64(at, true)) as [
      bigint,
      bigint,
      bigint,
    ];
    if (second === 0n && third === 0n && fourth === 0n) return low;
    return low | (second << 64n) | (third << 128n) | (fourth << 192n);
  }
}

/** The subject's constraint system alone, as {@link SubjectCircuit.of} has it. */
export async function compileSubject(
  subject: Subject,
  sources: readonly Source[],
  options: Omit<BuildOptions, "optimisation">,
): Promise<Built> {
  const shipped = ({ path }: Source) => path === `circuits/main/${subject.tier}.circom`;
  const main = subject.tier === undefined ? mainOf(subject, subject.inputs) : sources.find(shipped)?.text;
  if (main === undefined) throw new Error(`expected tier ${subject.tier} among the sources, got none`);
  return build(nameOf(subject), main, sources, { ...options, optimisation: "--O2" });
}

function mainOf({ file, parameters }: Subject, open: readonly string[] = []): string {
  const publicly = open.length > 0 ? ` {public [${open.join(", ")}]}` : "";
  const call = `${basename(file)}(${parameters.join(", ")})`;
  return `pragma circom 2.1.6;\ninclude "../${file}.circom";\ncomponent main${publicly} = ${call};\n`;
}
