import assert from "node:assert/strict";
import {
  ArtefactAlteredError,
  FormatError,
  MissingFieldError,
  NotProvableError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import { FIELD_R } from "../../src/protocol/bounds.js";
import type { CircuitInputs } from "../../src/protocol/signals.js";
import { compileText, compileWasm } from "../support/circuit.js";

/** c = a·b[0] + b[1], held to be anything but 7; logs a value, as a circuit under development might. */
const CIRCUIT = `pragma circom 2.1.6;
template Probe() {
  signal input a;
  signal input b[2];
  signal output c;
  c <== a * b[0] + b[1];
  log("secret", a);
  signal inverse;
  inverse <-- 1 / (c - 7);
  inverse * (c - 7) === 1;
}
component main = Probe();
`;
const SECRET = 123456789n;

function fails<E extends Error>(action: () => unknown, Class: abstract new (...args: never[]) => E): E {
  try {
    action();
  } catch (error) {
    assert.equal((error as Error).constructor, Class, String(error));
    assert.doesNotMatch(String(error), new RegExp(SECRET.toString()));
    return error as E;
  }
  assert.fail(`expected ${Class.name}`);
}

describe("WitnessCalculator", () => {
  let calculator: WitnessCalculator;
  before(async () => {
    calculator = new WitnessCalculator((await compileText("Probe", CIRCUIT)).wasm);
  });
  const wire = (witness: Uint8Array, i: number) =>
    BigInt(
      `0x${Buffer.from(witness.subarray(32 * i, 32 * (i + 1)))
        .reverse()
        .toString("hex")}`,
    );
  const refuses = <E extends Error>(inputs: unknown, Class: abstract new (...args: never[]) => E): E =>
    fails(() => calculator.calculate(inputs as CircuitInputs), Class);

  it("calculates the constant, the outputs and the inputs", () => {
    const witness = calculator.calculate({ a: [3n], b: [5n, FIELD_R - 1n] });
    assert.equal(witness.length, calculator.wires * 32);
    assert.equal(wire(witness, 0), 1n);
    assert.equal(wire(witness, 1), 14n);
  });

  it("can be used again, after a failure too", () => {
    refuses({ a: [2n], b: [3n, 1n] }, NotProvableError);
    assert.equal(wire(calculator.calculate({ a: [2n], b: [3n, 2n] }), 1), 8n);
    assert.equal(wire(calculator.calculate({ b: [3n, 2n], a: [0n] }), 1), 2n);
  });

  // shows: T19
  it("prints nothing, neither a circuit's log nor an error's text", () => {
    const { log, error, warn } = console;
    const printed: unknown[] = [];
    console.log = console.error = console.warn = (...args) => printed.push(args);
    try {
      calculator.calculate({ a: [SECRET], b: [1n, 1n] });
      refuses({ a: [SECRET], b: [0n, 7n] }, NotProvableError);
    } finally {
      Object.assign(console, { log, error, warn });
    }
    assert.deepEqual(printed, []);
  });

  // shows: P12, T17
  it("refuses a value that is not a canonical field element", () => {
    assert.equal(refuses({ a: [FIELD_R], b: [1n, 1n] }, OutOfRangeError).path, "inputs.a[0]");
    assert.equal(refuses({ a: [1n], b: [1n, -SECRET] }, OutOfRangeError).path, "inputs.b[1]");
    for (const value of [123456789, "123456789", "0x1", "", true, null, undefined, [1n], 1.5])
      assert.equal(refuses({ a: [value], b: [1n, 1n] }, FormatError).path, "inputs.a[0]");
  });

  // shows: T17
  it("refuses an unknown name, a missing one, and a wrong number of values", () => {
    assert.equal(refuses({ a: [1n], b: [1n, 1n], d: [SECRET] }, UnknownFieldError).path, "inputs.d");
    assert.equal(refuses({ a: [1n] }, MissingFieldError).path, "inputs");
    assert.equal(refuses({ a: [1n], b: [SECRET] }, FormatError).path, "inputs.b");
    assert.equal(refuses({ a: [1n], b: [1n, 2n, SECRET] }, FormatError).path, "inputs.b");
    assert.equal(refuses({ a: [], b: [1n, 2n] }, FormatError).path, "inputs.a");
  });

  it("refuses a circuit over another field", () => {
    const other = compileWasm("ProbeOtherField", CIRCUIT, ["--prime", "bls12381"]);
    fails(() => new WitnessCalculator(other), ArtefactAlteredError);
  });

  it("refuses a file that is no circuit", () => {
    fails(() => new WitnessCalculator(new Uint8Array(100)), ArtefactAlteredError);
    const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    fails(() => new WitnessCalculator(emptyModule), ArtefactAlteredError);
  });
});
