import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Part, Task } from "./part.js";
import type { Answer, Order } from "./worker.js";

export interface SuiteOptions {
  /** URL of the module that exports `parts`: every process loads it for itself. */
  readonly module: string;
  readonly seed: number;
  readonly long: boolean;
  /** Processes at a time. */
  readonly jobs: number;
  /** Which tasks to run; all by default. */
  readonly select?: (part: Part, task: Task) => boolean;
  /** Told of each task as it goes on and as it ends. */
  readonly onProgress?: (running: readonly Running[]) => void;
  readonly onEnd?: (result: TaskResult) => void;
}

/** A task that is under way. */
export interface Running {
  readonly part: string;
  readonly task: string;
  share: number;
}

/** How a task ended. */
export interface TaskResult extends Order {
  readonly seconds: number;
  readonly cases: number;
  readonly says: string;
  /** Null where nothing was found wrong. */
  readonly failure: string | null;
}

/**
 * Runs the tasks of the suite in processes of their own, the longest first. A process that dies fails its task only.
 * The seed of a task follows from the suite's seed and the task's name, so that it does the same when it is run alone.
 */
export async function runSuite(parts: readonly Part[], options: SuiteOptions): Promise<TaskResult[]> {
  const { long, onProgress, onEnd, select = () => true } = options;
  const queue = parts
    .flatMap((part) => part.tasks(long).map((task) => ({ part, task })))
    .filter(({ part, task }) => select(part, task))
    .sort((a, b) => b.task.seconds - a.task.seconds);
  const running = new Set<Running>();
  const results: TaskResult[] = [];

  const lane = async () => {
    let child: ChildProcess | undefined;
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (!child?.connected) child = start(options.module);
      const order = {
        part: next.part.name,
        task: next.task.name,
        long,
        seed: taskSeed(options.seed, next.part.name, next.task.name),
      };
      const state: Running = { part: order.part, task: order.task, share: 0 };
      running.add(state);
      const begun = performance.now();
      const end = await execute(child, order, (share) => {
        state.share = share;
        onProgress?.([...running]);
      });
      running.delete(state);
      const result = { ...order, ...end, seconds: (performance.now() - begun) / 1000 };
      results.push(result);
      onEnd?.(result);
    }
    if (child?.connected) child.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, queue.length) }, lane));
  return results;
}

/** The seed of one task, 48 bits. */
export function taskSeed(seed: number, part: string, task: string): number {
  return createHash("sha256").update(`${seed}/${part}/${task}`).digest().readUIntBE(0, 6);
}

function start(module: string): ChildProcess {
  const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
  return fork(worker, [module], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

function execute(
  child: ChildProcess,
  order: Order,
  onShare: (share: number) => void,
): Promise<Pick<TaskResult, "cases" | "says" | "failure">> {
  return new Promise((resolve) => {
    const finish = (end: Pick<TaskResult, "cases" | "says" | "failure">) => {
      child.off("message", onMessage).off("exit", onExit);
      resolve(end);
    };
    const onMessage = (answer: Answer) => {
      if ("share" in answer) onShare(answer.share);
      else if ("failure" in answer) finish({ cases: 0, says: "", failure: answer.failure });
      else finish({ ...answer, failure: null });
    };
    const onExit = (code: number | null, signal: string | null) =>
      finish({
        cases: 0,
        says: "",
        failure: `the task's process ended by itself: ${signal ?? `code ${code}`}`,
      });
    child.on("message", onMessage).on("exit", onExit);
    child.send(order);
  });
}
