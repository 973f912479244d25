import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Task, TaskResult, ThreadData } from "./thread.js";

interface Job {
  readonly task: Task;
  readonly resolve: (sum: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** A fixed number of threads that take tasks from one queue, in order. */
export class ThreadPool {
  readonly #workers: Worker[];
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Job>();
  readonly #queue: Job[] = [];
  #closed = false;

  private constructor(workers: Worker[]) {
    this.#workers = workers;
    for (const worker of workers) {
      worker.on("message", (result: TaskResult) => this.#finish(worker, result));
      worker.on("error", (error) => this.#fail(error));
      worker.on("exit", () => this.#fail(new Error("a prover thread ended")));
      this.#rest(worker);
    }
  }

  /** Starts `size` threads and waits until each is ready. */
  static async open(size: number, data: Omit<ThreadData, "thread">): Promise<ThreadPool> {
    const workers = Array.from({ length: size }, (_, thread) =>
      startThread(new URL("./thread.js", import.meta.url), { ...data, thread } satisfies ThreadData),
    );
    try {
      await Promise.all(workers.map((worker) => once(worker, "message")));
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw error;
    }
    return new ThreadPool(workers);
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Does a task once a thread is idle; an urgent one before all that wait. */
  run(task: Task, isUrgent = false): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error("the prover is closed"));
    return new Promise((resolve, reject) => {
      const job = { task, resolve, reject };
      if (isUrgent) this.#queue.unshift(job);
      else this.#queue.push(job);
      this.#dispatch();
    });
  }

  /** Ends all threads; tasks under way are rejected. */
  async close(): Promise<void> {
    this.#fail(new Error("the prover is closed"));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const worker = this.#idle.shift() as Worker;
      const job = this.#queue.shift() as Job;
      this.#running.set(worker, job);
      worker.ref();
      worker.postMessage(job.task);
    }
  }

  #finish(worker: Worker, { sum, failure }: TaskResult): void {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    this.#rest(worker);
    if (failure === undefined) job?.resolve(sum);
    else job?.reject(new Error(`prover thread: ${failure}`));
    this.#dispatch();
  }

  /** An idle thread does not keep the process alive. */
  #rest(worker: Worker): void {
    worker.unref();
    this.#idle.push(worker);
  }

  #fail(error: Error): void {
    this.#closed = true;
    for (const { reject } of [...this.#running.values(), ...this.#queue]) reject(error);
    this.#running.clear();
    this.#queue.length = 0;
  }
}

/**
 * Starts a thread from a file of this package. Run from its TypeScript source (tests, scripts), it needs the loader that runs this
 * very module, which worker threads of Node 20 do not inherit.
 */
export function startThread(url: URL, workerData: unknown): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(url, { workerData });
  // Found from this module: code that is evaluated would look for it from the working folder.
  const loader = createRequire(import.meta.url)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs");
  const source = `import("${pathToFileURL(loader)}").then(({ register }) => { register(); return import("${url}"); })`;
  return new Worker(source, { workerData, eval: true });
}
