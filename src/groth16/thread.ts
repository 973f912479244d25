import { parentPort, workerData } from "node:worker_threads";
import { Bn254 } from "./bn254.js";
import { BucketSum } from "./bucketSum.js";
import { PointBatches } from "./kernel/batches.js";
import { Kernel } from "./kernel/kernel.js";
import { fillTable } from "./pointTable.js";
import { type ProverPlan, pointsOf, type Sum } from "./proverMemory.js";
import { parseProvingKey } from "./provingKey.js";
import { Quotient } from "./quotient.js";

/** What a thread starts with: the key, the memory shared with the others, and which of them it is. */
export interface ThreadData {
  readonly zkey: Uint8Array;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly plan: ProverPlan;
  readonly thread: number;
}

/** One step of loading a key or of making a proof. */
export type Task =
  | { readonly kind: "loadPoints"; readonly sum: Sum; readonly part: number; readonly parts: number }
  | { readonly kind: "loadMatrices" }
  | { readonly kind: "evaluate" }
  | { readonly kind: "toCoset"; readonly vector: 0 | 1 | 2 }
  | { readonly kind: "join" }
  | { readonly kind: "sum"; readonly sum: Sum; readonly part: number; readonly parts: number };

/** The sum, Jacobian; empty for other tasks. `failure` says what went wrong, without values. */
export interface TaskResult {
  readonly sum: Uint8Array;
  readonly failure?: string;
}

/** A thread of the fast prover: does one task after another in the memory that all share. */
function serve({ zkey, memory, module, plan, thread }: ThreadData): (task: Task) => Uint8Array {
  const curve = new Bn254();
  const own = plan.own[thread];
  if (own === undefined) throw new RangeError("a thread too many");
  const kernel = new Kernel(memory, own.kernel, module);
  const quotient = new Quotient(kernel, plan.quotient, own.elements);
  const sums = new BucketSum(curve);
  const batches = {
    g1: new PointBatches(kernel, kernel.g1, own.batches, plan.batchesBytes),
    g2: new PointBatches(kernel, kernel.g2, own.batches, plan.batchesBytes),
  };
  const key = parseProvingKey(zkey);
  const nothing = new Uint8Array();
  return (task) => {
    switch (task.kind) {
      case "loadPoints": {
        const table = plan.tables[task.sum];
        const limit = (part: number) => Math.floor((table.count * part) / task.parts);
        const points = pointsOf(key, task.sum);
        fillTable(batches[table.group], table, points, limit(task.part), limit(task.part + 1));
        return nothing;
      }
      case "loadMatrices":
        quotient.load(key);
        return nothing;
      case "evaluate":
        quotient.evaluate();
        return nothing;
      case "toCoset":
        quotient.toCoset(task.vector);
        return nothing;
      case "join":
        quotient.join();
        return nothing;
      case "sum": {
        const table = plan.tables[task.sum];
        const first = plan.quotient.witness / 4 + plan.firstWire[task.sum] * 8;
        const scalars = new Uint32Array(memory.buffer, 4 * first, table.count * 8);
        return sums.sum(batches[table.group], table, scalars, task.part, task.parts);
      }
    }
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
