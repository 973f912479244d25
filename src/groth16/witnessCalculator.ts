import { FIELD_R } from "../encoding/field.js";
import {
  ArtefactAlteredError,
  FormatError,
  MissingFieldError,
  NotProvableError,
  OutOfRangeError,
  UnknownFieldError,
} from "../errors.js";

/** 32-bit limbs and bytes of a field element. */
const LIMBS = 8;
const BYTES = 4 * LIMBS;
/** Code by which circom's module says that a constraint or an assertion does not hold. */
const ASSERT_FAILED = 4;

/** What circom 2 exports. Signal names are passed as the two halves of their 64-bit FNV-1a hash. */
interface CircuitExports {
  readonly memory: WebAssembly.Memory;
  getVersion(): number;
  getFieldNumLen32(): number;
  getSharedRWMemoryStart(): number;
  getWitnessSize(): number;
  getInputSize(): number;
  getRawPrime(): void;
  init(sanityCheck: number): void;
  /** 0 or less if there is no such input. */
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, index: number): void;
  getWitness(index: number): void;
}

/** Thrown out of the module, through its own frames. */
class CircuitException extends Error {
  constructor(readonly code: number) {
    super("circuit exception");
  }
}

/**
 * Calculates witnesses with a circuit's compiled module. Every calculation has a memory of its own, which is
 * dropped with it; nothing is printed, whatever the circuit logs, and no error quotes a value.
 */
export class WitnessCalculator {
  readonly #module: WebAssembly.Module;
  /** Number of wires, the constant 1 included. */
  readonly wires: number;

  /** @throws ArtefactAlteredError if `wasm` is no circom 2 circuit over the BN254 scalar field. */
  constructor(wasm: Uint8Array) {
    try {
      this.#module = new WebAssembly.Module(wasm);
      const circuit = this.#instantiate();
      circuit.getRawPrime();
      if (circuit.getVersion() !== 2 || readWord(circuit) !== FIELD_R) throw new Error("another circuit");
      this.wires = circuit.getWitnessSize();
    } catch {
      throw new ArtefactAlteredError(
        "circuit: expected a circom 2 module over BN254, got another file; set it up again",
      );
    }
  }

  /**
   * The witness, one little-endian word of 32 bytes for each wire. Private: it is the positions.
   *
   * @param inputs every input signal of the circuit, flat, each value in [0, r)
   * @throws UnknownFieldError, MissingFieldError, FormatError (a wrong number of values, or no integer),
   *   OutOfRangeError
   * @throws NotProvableError if the inputs do not satisfy the circuit
   */
  calculate(inputs: Readonly<Record<string, readonly bigint[]>>): Uint8Array {
    const circuit = this.#instantiate();
    const known = (name: string) => circuit.getInputSignalSize(...signalHash(name));
    let set = 0;
    for (const [name, values] of Object.entries(inputs)) {
      const size = known(name);
      if (size <= 0) throw new UnknownFieldError(`inputs.${name}`, "an input of the circuit", "another name");
      if (values.length !== size)
        throw new FormatError(`inputs.${name}`, `${size} values`, String(values.length));
      values.forEach((value, i) => checkWord(value, `inputs.${name}[${i}]`));
      set += size;
    }
    if (set !== circuit.getInputSize())
      throw new MissingFieldError("inputs", `${circuit.getInputSize()} values in all`, String(set));

    try {
      circuit.init(1);
      for (const [name, values] of Object.entries(inputs)) {
        const [high, low] = signalHash(name);
        values.forEach((value, i) => {
          writeWord(circuit, value);
          circuit.setInputSignal(high, low, i);
        });
      }
    } catch (error) {
      if (error instanceof CircuitException && error.code === ASSERT_FAILED)
        throw new NotProvableError(
          "the inputs do not satisfy the circuit: no proof of this statement exists",
        );
      throw new ArtefactAlteredError("circuit: the module failed on valid inputs; set it up again");
    }
    return readWitness(circuit, this.wires);
  }

  #instantiate(): CircuitExports {
    const { exports } = new WebAssembly.Instance(this.#module, {
      runtime: {
        exceptionHandler: (code: number) => {
          throw new CircuitException(code);
        },
        // What the circuit has to say may hold values.
        printErrorMessage: () => {},
        writeBufferMessage: () => {},
        showSharedRWMemory: () => {},
      },
    });
    const circuit = exports as unknown as CircuitExports;
    if (circuit.getFieldNumLen32() !== LIMBS) throw new CircuitException(0);
    return circuit;
  }
}

/** The one number that the module and its caller pass each other lies in a place of its own. */
function sharedWord(circuit: CircuitExports): Uint8Array {
  return new Uint8Array(circuit.memory.buffer, circuit.getSharedRWMemoryStart(), BYTES);
}

function readWord(circuit: CircuitExports): bigint {
  return BigInt(`0x${Buffer.from(sharedWord(circuit)).reverse().toString("hex")}`);
}

function writeWord(circuit: CircuitExports, value: bigint): void {
  sharedWord(circuit).set(Buffer.from(value.toString(16).padStart(2 * BYTES, "0"), "hex").reverse());
}

function readWitness(circuit: CircuitExports, wires: number): Uint8Array {
  const witness = new Uint8Array(wires * BYTES);
  const word = sharedWord(circuit);
  for (let wire = 0; wire < wires; wire++) {
    circuit.getWitness(wire);
    witness.set(word, wire * BYTES);
  }
  return witness;
}

/** The module would reduce a larger value in silence, and take a text or a fraction for some number. */
function checkWord(value: unknown, path: string): void {
  if (typeof value !== "bigint") throw new FormatError(path, "an integer", typeof value);
  if (value < 0n || value >= FIELD_R)
    throw new OutOfRangeError(path, "a canonical element of the scalar field", "a number outside it");
}

/** FNV-1a, 64 bits, in two halves. */
function signalHash(name: string): [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name, "utf8"))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}
