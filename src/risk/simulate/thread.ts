import { parentPort, workerData } from "node:worker_threads";
import { type RunAnswer, type RunTask, type Simulation, simulate } from "./runs.js";

/**
 * A thread of the simulation: it gets the scenario as it starts, and makes one run after another. A failure is told in words, and
 * without the values of a book.
 */
function serve(simulation: Simulation): (task: RunTask) => RunAnswer {
  return ({ engine, seed }) => {
    try {
      return { run: simulate(simulation, engine, seed) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : "unknown" };
    }
  };
}

const port = parentPort;
if (port !== null) {
  const run = serve(workerData as Simulation);
  port.on("message", (task: RunTask) => {
    port.postMessage(run(task));
  });
}
