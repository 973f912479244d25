import assert from "node:assert/strict";
import { WitnessCalculatorBuilder } from "circom_runtime";
import { NotProvableError } from "../../src/errors.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import type { CircuitInputs } from "../../src/protocol/signals.js";
import type { TestCircuit } from "./circuit.js";

type Calculate = (inputs: CircuitInputs) => Promise<bigint[]>;
const calculators = new WeakMap<TestCircuit, Promise<Calculate>>();

function calculator(circuit: TestCircuit): Promise<Calculate> {
  const known =
    calculators.get(circuit) ??
    WitnessCalculatorBuilder(circuit.wasm).then(
      (runtime) => (inputs) => runtime.calculateWitness({ ...inputs }),
    );
  calculators.set(circuit, known);
  return known;
}

/** The witness of satisfying inputs. */
export async function witnessOf(circuit: TestCircuit, inputs: CircuitInputs): Promise<bigint[]> {
  return (await calculator(circuit))(inputs);
}

/** Whether the circuit accepts the inputs, and if not, the innermost template whose constraint failed. */
export async function outcome(circuit: TestCircuit, inputs: CircuitInputs): Promise<"accepted" | string> {
  const calculate = await calculator(circuit);
  const { error } = console;
  console.error = () => {}; // the runtime prints what it is about to throw
  try {
    await calculate(inputs);
    return "accepted";
  } catch (failure) {
    calculators.delete(circuit); // the runtime never forgets an error's text
    const found = /Error in template (\w+?)_\d+ line/.exec(String(failure));
    if (!found?.[1]) throw failure;
    return found[1];
  } finally {
    console.error = error;
  }
}

/** Asserts that the inputs are refused, by a constraint of `template`. */
export async function refuses(circuit: TestCircuit, inputs: CircuitInputs, template: string): Promise<void> {
  assert.equal(await outcome(circuit, inputs), template);
}

const products = new WeakMap<TestCircuit, WitnessCalculator>();

/** Whether the library's own calculator finds the inputs satisfying. Faster than {@link outcome}. */
export function accepts(circuit: TestCircuit, inputs: CircuitInputs): boolean {
  const calculator = products.get(circuit) ?? new WitnessCalculator(circuit.wasm);
  products.set(circuit, calculator);
  try {
    calculator.calculate(inputs);
    return true;
  } catch (error) {
    if (error instanceof NotProvableError) return false;
    throw error;
  }
}
