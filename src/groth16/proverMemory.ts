import { WORD } from "./field.js";
import { batchesRoom } from "./kernel/batches.js";
import { ELEMENT } from "./kernel/fieldCode.js";
import { KERNEL_ROOM, KERNEL_SCRATCH, PAGE } from "./kernel/kernel.js";
import { ENTRY } from "./kernel/transformCode.js";
import { type PointTable, planTable } from "./pointTable.js";
import { COEFFICIENT, type ProvingKey } from "./provingKey.js";
import type { QuotientPlan } from "./quotient.js";
import { MOST_BITS, windowsOf } from "./signedScalar.js";

/** The sums a proof is made of. C runs over the private wires and, as its last scalars, H over the quotient. */
export type Sum = "A" | "B1" | "B2" | "C";

/** Where everything is in the memory that the threads of a prover share. */
export interface ProverPlan {
  readonly quotient: QuotientPlan;
  readonly tables: Readonly<Record<Sum, PointTable>>;
  /** The first wire of each sum. */
  readonly firstWire: Readonly<Record<Sum, number>>;
  /** Each thread's own: for its kernel, for one element and the number 1, and for its additions. */
  readonly own: readonly { readonly kernel: number; readonly elements: number; readonly batches: number }[];
  readonly batchesBytes: number;
  readonly pages: number;
  /** What a proof is made in, to be emptied after it. */
  readonly privateRooms: readonly { readonly address: number; readonly bytes: number }[];
}

/** A sum without tables chooses the cheapest width of digits, so it takes no more additions than with this one. */
const PLAIN_WIDTH = 8;
/** Additions that a sum takes for its buckets, beyond those for digits: far fewer than this. Room that is not used is no memory in use. */
const BUCKET_SUMS = 2 ** 18;

const SUMS: readonly Sum[] = ["A", "B1", "B2", "C"];

/** The points of a sum as the key's file has them. */
export function pointsOf(key: ProvingKey, sum: Sum): Uint8Array {
  const { queries } = key;
  if (sum !== "C") return queries[sum];
  const points = new Uint8Array(queries.C.length + queries.H.length);
  points.set(queries.C);
  points.set(queries.H, queries.C.length);
  return points;
}

/**
 * Plans the memory for a key.
 * @param withTables whether points stand there with their multiples
 */
export function planMemory(key: ProvingKey, threads: number, withTables: boolean): ProverPlan {
  let end = 0;
  const take = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64;
    return address;
  };
  // Address 0 would be the reference to infinity.
  take(64);
  const { wires, domain, publicCount } = key;
  const counts = [0, 0] as [number, number];
  const view = new DataView(
    key.coefficients.buffer,
    key.coefficients.byteOffset,
    key.coefficients.byteLength,
  );
  for (let at = 0; at < view.byteLength; at += COEFFICIENT) counts[view.getUint32(at, true) as 0 | 1]++;
  const entries = counts.map((count) => ({ address: take(count * ENTRY), count })) as [
    { address: number; count: number },
    { address: number; count: number },
  ];
  const [roots, inverseRoots] = [take((domain / 2) * ELEMENT), take((domain / 2) * ELEMENT)];
  const shifts = take(domain * ELEMENT);

  const bits = withTables ? bitsOf(key) : new Uint8Array();
  // Only C's sum, much the largest, is divided.
  const partsOf = (sum: Sum) => (sum === "C" ? threads : 1);
  const firstWire = { A: 0, B1: 0, B2: 0, C: publicCount + 1 };
  const tables = Object.fromEntries(
    SUMS.map((sum) => {
      const isLong = (index: number) => bits[index + firstWire[sum]] !== 1;
      const group = sum === "B2" ? "g2" : "g1";
      return [
        sum,
        planTable(group, pointsOf(key, sum), withTables ? isLong : () => false, partsOf(sum), take),
      ];
    }),
  ) as Record<Sum, PointTable>;

  const startOfPrivate = end;
  const witness = take(0);
  end += wires * WORD;
  const quotient = end;
  take(domain * WORD);
  const wireElements = take(wires * ELEMENT);
  const vectors = [0, 1, 2].map(() => take(domain * ELEMENT)) as [number, number, number];
  const privateBytes = end - startOfPrivate;

  const mostSums = Math.max(
    ...SUMS.map((sum) => {
      const { count, width } = tables[sum];
      const digits = windowsOf(MOST_BITS, width || PLAIN_WIDTH);
      return Math.ceil(count / partsOf(sum)) * digits + BUCKET_SUMS;
    }),
  );
  const batchesBytes = batchesRoom(mostSums);
  const own = Array.from({ length: threads }, () => ({
    kernel: take(KERNEL_ROOM),
    elements: take(2 * ELEMENT),
    batches: take(batchesBytes),
  }));
  const privateRooms = [
    { address: startOfPrivate, bytes: privateBytes },
    ...own.flatMap(({ kernel, elements }) => [
      { address: kernel, bytes: KERNEL_SCRATCH },
      { address: elements, bytes: 2 * ELEMENT },
    ]),
  ];
  return {
    quotient: {
      ...{ domain, wires, entries, roots, inverseRoots, shifts },
      ...{ witness, wireElements, vectors, quotient },
    },
    ...{ tables, firstWire, own, batchesBytes, privateRooms },
    pages: Math.ceil(end / PAGE),
  };
}

/** 1 for each wire w that a constraint w·(w − 1) = 0 holds to a bit, as the matrices show; its points need no multiples. */
function bitsOf(key: ProvingKey): Uint8Array {
  const bits = new Uint8Array(key.wires);
  const view = new DataView(
    key.coefficients.buffer,
    key.coefficients.byteOffset,
    key.coefficients.byteLength,
  );
  const rows = [new Map<number, number[]>(), new Map<number, number[]>()] as const;
  for (let at = 0; at < view.byteLength; at += COEFFICIENT) {
    const row = rows[view.getUint32(at, true) as 0 | 1];
    const constraint = view.getUint32(at + 4, true);
    const wires = row.get(constraint);
    if (wires === undefined) row.set(constraint, [view.getUint32(at + 8, true)]);
    else wires.push(view.getUint32(at + 8, true));
  }
  for (const [constraint, a] of rows[0]) {
    const b = rows[1].get(constraint) ?? [];
    const [one, two] = a.length < b.length ? [a, b] : [b, a];
    const [wire = 0] = one;
    if (one.length === 1 && two.length === 2 && wire !== 0 && two.includes(0) && two.includes(wire))
      bits[wire] = 1;
  }
  return bits;
}
