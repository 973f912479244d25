import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { FIELD_R } from "../encoding/field.js";
import { FormatError } from "../errors.js";
import { Bn254, PointArithmetic } from "./bn254.js";
import { fromWord, WORD } from "./field.js";
import { kernelModule } from "./kernel/kernel.js";
import type { Groth16Proof, ProvenSignals, Prover } from "./proof.js";
import { type ProverPlan, planMemory, type Sum } from "./proverMemory.js";
import { type ProvingKey, parseProvingKey } from "./provingKey.js";
import { ThreadPool } from "./threadPool.js";

/** More threads than sums to divide between them only cost memory. */
const MOST_THREADS = 8;

export interface FastProverOptions {
  /** Fresh uniform scalars in [1, r); by default from the system's source of randomness. */
  readonly randomScalar?: () => bigint;
  /** Default: one per available core, at most 8. */
  readonly threads?: number;
  /**
   * Whether the key's points stand in memory with their multiples; default false. A proof then takes less, loading the key more: for a process that
   * makes hundreds of proofs.
   */
  readonly tables?: boolean;
  /** Told of the start and the end of each sum; they overlap. */
  readonly onPhase?: (phase: string, state: "start" | "end") => void;
}

/**
 * The package's own prover. It keeps the key in the memory of its threads, and spends less time on small values: most
 * wires of a circuit that compares numbers are bits.
 * @throws ArtefactAlteredError if `zkey` is no Groth16 proving key over BN254
 *
 * @example
 * ```ts
 * import { fastProver } from "zkmargin/prove";
 *
 * const prover = await fastProver(artefacts.zkey);
 * await prover.close();
 * ```
 */
export async function fastProver(zkey: Uint8Array, options: FastProverOptions = {}): Promise<Prover> {
  const key = parseProvingKey(zkey);
  const threads = options.threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const zkeyRoom = new Uint8Array(new SharedArrayBuffer(zkey.length));
  zkeyRoom.set(zkey);
  const plan = planMemory(key, threads, options.tables ?? false);
  const memory = new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  const { witness: witnessAt } = plan.quotient;
  const pool = await ThreadPool.open(threads, { zkey: zkeyRoom, memory, module: kernelModule(), plan });
  await loadKey(pool, plan);
  const finish = new ProofAssembly(key);
  // The memory holds one witness at a time.
  let last: Promise<unknown> = Promise.resolve();

  const proveNow = async (witness: Uint8Array): Promise<ProvenSignals> => {
    bytes.set(witness, witnessAt);
    try {
      const timed = async <T>(phase: string, work: Promise<T>): Promise<T> => {
        options.onPhase?.(phase, "start");
        const result = await work;
        options.onPhase?.(phase, "end");
        return result;
      };
      const sum = (name: Sum, part = 0, parts = 1) => pool.run({ kind: "sum", sum: name, part, parts });
      const quotient = async () => {
        await pool.run({ kind: "evaluate" }, true);
        await Promise.all(VECTORS.map((vector) => pool.run({ kind: "toCoset", vector }, true)));
        await pool.run({ kind: "join" }, true);
      };
      const cParts = async () => {
        await timed("quotient", quotient());
        const parts = Array.from({ length: pool.size }, (_, part) =>
          pool.run({ kind: "sum", sum: "C", part, parts: pool.size }, true),
        );
        return timed("sums C and H", Promise.all(parts));
      };
      const [c, b2, a, b1] = await Promise.all([
        cParts(),
        timed("sum B2", sum("B2")),
        timed("sum A", sum("A")),
        timed("sum B1", sum("B1")),
      ]);
      const random = options.randomScalar ?? randomScalar;
      const proof = finish.proof({ a, b1, b2, c }, random(), random());
      return { proof, publicSignals: publicWords(witness, key.publicCount) };
    } finally {
      for (const { address, bytes: length } of plan.privateRooms) bytes.fill(0, address, address + length);
    }
  };

  return {
    name: "zkmargin",
    prove(witness) {
      if (witness.length !== key.wires * WORD)
        return Promise.reject(new FormatError("witness", `${key.wires} wires`, `${witness.length / WORD}`));
      const proof = last.then(() => proveNow(witness));
      last = proof.catch(() => undefined);
      return proof;
    },
    close: () => pool.close(),
  };
}

const VECTORS = [0, 1, 2] as const;

/** Has the threads put the key into their memory, points with their multiples. */
async function loadKey(pool: ThreadPool, { tables }: ProverPlan): Promise<void> {
  /** So many points at a time: their doublings share inversions. */
  const POINTS = 2048;
  const names = Object.keys(tables) as Sum[];
  await Promise.all([
    pool.run({ kind: "loadMatrices" }),
    ...names.flatMap((sum) => {
      const parts = Math.max(1, Math.ceil(tables[sum].count / POINTS));
      return Array.from({ length: parts }, (_, part) => pool.run({ kind: "loadPoints", sum, part, parts }));
    }),
  ]);
}

interface Sums {
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
  /** Parts of the sums C and H together. */
  readonly c: readonly Uint8Array[];
}

/** The last step of Groth16 (eprint 2016/260, section 3.2): blinds the sums with r and s. */
class ProofAssembly {
  readonly #g1: PointArithmetic;
  readonly #g2: PointArithmetic;
  readonly #key: Record<"alpha1" | "beta1" | "beta2" | "delta1" | "delta2", Uint8Array>;

  constructor(key: ProvingKey) {
    const curve = new Bn254();
    const g1 = new PointArithmetic(curve, curve.g1);
    const g2 = new PointArithmetic(curve, curve.g2);
    this.#g1 = g1;
    this.#g2 = g2;
    this.#key = {
      alpha1: g1.fromAffine(key.alpha1),
      beta1: g1.fromAffine(key.beta1),
      beta2: g2.fromAffine(key.beta2),
      delta1: g1.fromAffine(key.delta1),
      delta2: g2.fromAffine(key.delta2),
    };
  }

  proof(sums: Sums, r: bigint, s: bigint): Groth16Proof {
    const { alpha1, beta1, beta2, delta1, delta2 } = this.#key;
    const g1 = this.#g1;
    const sum1 = (...points: Uint8Array[]) => points.reduce((total, point) => g1.add(total, point));
    const a = sum1(alpha1, sums.a, g1.times(delta1, r));
    const b1 = sum1(beta1, sums.b1, g1.times(delta1, s));
    const b2 = this.#g2.add(this.#g2.add(beta2, sums.b2), this.#g2.times(delta2, s));
    const minusRs = FIELD_R - ((r * s) % FIELD_R);
    const c = sum1(...sums.c, g1.times(a, s), g1.times(b1, r), g1.times(delta1, minusRs));

    const [ax, ay] = decimals(g1.toCoordinates(a));
    const [cx, cy] = decimals(g1.toCoordinates(c));
    const [bx0, bx1, by0, by1] = decimals(this.#g2.toCoordinates(b2));
    return {
      pi_a: [ax, ay, "1"],
      pi_b: [
        [bx0, bx1],
        [by0, by1],
        ["1", "0"],
      ],
      pi_c: [cx, cy, "1"],
      protocol: "groth16",
      curve: "bn128",
    };
  }
}

function decimals(coordinates: readonly bigint[]): [string, string, string, string] {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = coordinates;
  return [a.toString(), b.toString(), c.toString(), d.toString()];
}

/** Wire 0 is the constant 1; the public signals follow it. */
function publicWords(witness: Uint8Array, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => fromWord(witness.subarray((i + 1) * WORD, (i + 2) * WORD)));
}

/** A uniform scalar in [1, r) from the system's source of randomness; what blinds a proof. */
export function randomScalar(): bigint {
  for (;;) {
    // r has 254 bits: two of the 256 are cleared, and about one draw in four is above r.
    const bytes = randomBytes(32);
    bytes[0] = (bytes[0] as number) & 0x3f;
    const scalar = BigInt(`0x${bytes.toString("hex")}`);
    if (scalar > 0n && scalar < FIELD_R) return scalar;
  }
}
