import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds that a service which is asked to end waits for what it is sending. What was sent is journalled. */
export const LAST_WAIT = 10_000;

/**
 * What `work` comes to; undefined `grace` milliseconds after `signal` is aborted. So a node in trouble holds up nobody
 * who wants to end.
 * @param signal none: only the work counts
 * @param grace milliseconds; 0 by default
 */
export async function orAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  grace = 0,
): Promise<T | undefined> {
  if (signal === undefined) return work;
  // Nobody is left to hear of what comes later.
  work.catch(() => undefined);
  const over = new AbortController();
  let abort = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => {
      if (grace === 0) resolve(undefined);
      else void pause(grace, over.signal).then(() => resolve(undefined));
    };
  });
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([...(signal.aborted && grace === 0 ? [] : [work]), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    over.abort();
  }
}

/** Waits, at most until `signal` is aborted. @param milliseconds from now */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
