import { performance } from "node:perf_hooks";

/** A step of the set-up: told when it starts, and again, with its seconds, when it is done. */
export interface SetupStep {
  readonly label: string;
  /** Of the whole set-up done when the step starts, 0 to 1; roughly. */
  readonly fraction?: number;
  readonly seconds?: number;
}

/** Told of every step of a set-up or a ceremony. */
export type ProgressListener = (step: SetupStep) => void;

/**
 * A function that runs one step of a set-up or a ceremony and reports it. A terminal can then show which step takes
 * long.
 * @param onProgress nobody is told without it
 */
export function timedStep(
  onProgress: ProgressListener = () => {},
): <T>(label: string, fraction: number, work: () => T | Promise<T>) => Promise<T> {
  return async (label, fraction, work) => {
    onProgress({ label, fraction });
    const start = performance.now();
    const result = await work();
    onProgress({ label, fraction, seconds: (performance.now() - start) / 1000 });
    return result;
  };
}
