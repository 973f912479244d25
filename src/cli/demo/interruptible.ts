import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs work that has processes of its own. A signal ends this process as it would any (130 for SIGINT, 143 for SIGTERM),
 * but in the way in which what was started ends with it.
 * @param undo takes back what a failure or a signal leaves half done; at once, as the process ends
 */
export async function interruptible<T>(work: () => Promise<T>, undo: () => void): Promise<T> {
  const end = (signal: NodeJS.Signals) => {
    undo();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    return await work();
  } catch (error) {
    undo();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  }
}
