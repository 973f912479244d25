import { parentPort, workerData } from "node:worker_threads";
import { Bn254, type Group } from "./bn254.js";
import { limbsOf, multiExp, type Points, pointsAt } from "./multiExp.js";
import { parseProvingKey, type Query } from "./provingKey.js";
import { Quotient } from "./quotient.js";

/** What a thread starts with: the key, and room shared with the others for the scalars of a proof. */
export interface ThreadData {
  readonly zkey: Uint8Array;
  readonly witness: Uint8Array;
  readonly quotient: Uint8Array;
}

/** Computes the quotient into the shared room, or part of the sum over one of the key's queries. */
export type Task =
  | { readonly kind: "quotient" }
  | { readonly kind: "sum"; readonly query: Query; readonly part: number; readonly parts: number };

/** The sum, Jacobian; empty for the quotient. `failure` says what went wrong, without values. */
export interface TaskResult {
  readonly sum: Uint8Array;
  readonly failure?: string;
}

/** A thread of the fast prover: keeps the key in the memory of its own curve and does one task after another. */
function serve(data: ThreadData): (task: Task) => Uint8Array {
  const curve = new Bn254();
  const key = parseProvingKey(data.zkey);
  const quotient = new Quotient(curve, key);
  const load = (query: Query, group: Group): Points => {
    const bytes = key.queries[query];
    return pointsAt(group, curve.store(bytes), bytes.length / group.affine);
  };
  const points: Record<Query, Points> = {
    A: load("A", curve.g1),
    B1: load("B1", curve.g1),
    B2: load("B2", curve.g2),
    C: load("C", curve.g1),
    H: load("H", curve.g1),
  };
  const witness = limbsOf(data.witness);
  const scalars: Record<Query, Uint32Array> = {
    A: witness,
    B1: witness,
    B2: witness,
    // The public wires have no points in C: the verifier adds them.
    C: witness.subarray((key.publicCount + 1) * 8),
    H: limbsOf(data.quotient),
  };
  return (task) => {
    if (task.kind === "sum")
      return multiExp(curve, points[task.query], scalars[task.query], task.part, task.parts);
    data.quotient.set(quotient.scalars(data.witness));
    return new Uint8Array();
  };
}

const port = parentPort;
if (port !== null) {
  const run = serve(workerData as ThreadData);
  port.on("message", (task: Task) => {
    try {
      port.postMessage({ sum: run(task) } satisfies TaskResult);
    } catch (error) {
      const failure = error instanceof Error ? error.message : "unknown failure";
      port.postMessage({ sum: new Uint8Array(), failure } satisfies TaskResult);
    }
  });
  port.postMessage({ sum: new Uint8Array() } satisfies TaskResult);
}
