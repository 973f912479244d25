import { Worker } from "node:worker_threads";

/** Nothing that is read here may take longer, milliseconds: the slowest takes a thousandth of it. */
const PATIENCE = 20_000;

/**
 * Ends this process, saying which case it was, where a case takes for ever. A thread of its own looks, as a reader that
 * hangs lets nothing else run.
 */
export class Watchdog {
  readonly #count = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor(what: string) {
    const source = `
      const { workerData: { count, what, patience } } = require("node:worker_threads");
      let seen = -1;
      setInterval(() => {
        const now = Atomics.load(count, 0);
        if (now === seen) {
          require("node:fs").writeSync(2, what + ": case " + now + " took more than " + patience + " ms\\n");
          process.kill(process.pid, "SIGKILL");
        }
        seen = now;
      }, patience);`;
    const workerData = { count: this.#count, what, patience: PATIENCE };
    this.#worker = new Worker(source, { eval: true, workerData });
    this.#worker.unref();
  }

  /** Says that the next case begins. */
  next(): void {
    Atomics.add(this.#count, 0, 1);
  }

  stop(): Promise<number> {
    return this.#worker.terminate();
  }
}
