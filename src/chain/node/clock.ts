import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** Where time and chance come from. */
export interface NodeClock {
  /** Milliseconds since whatever moment. */
  now(): number;
  /** Ends early once `signal` is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

const CHANCES = 2 ** 20;

/** Real time, which no change of the system's date moves, and real chance. */
export const SYSTEM_CLOCK: NodeClock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  },
  random: () => randomInt(CHANCES) / CHANCES,
};
