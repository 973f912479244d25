type Snarkjs = typeof import("snarkjs");

/** A file of snarkjs that lives in memory; `data` is filled when it is written. */
export interface MemoryFile {
  readonly type: "mem";
  readonly data?: Uint8Array;
}

/** Works under way; whether the threads were somebody else's before the first of them. */
const threads = { works: 0, before: false };

/**
 * Runs stock snarkjs, and ends the worker threads that it started, unless they were there before. Starting them takes a
 * second, so several tasks are done within one.
 */
export async function withSnarkjs<T>(work: (snarkjs: Snarkjs) => Promise<T>): Promise<T> {
  const snarkjs = await import("snarkjs"); // a tenth of a second that most commands do without
  if (threads.works === 0) threads.before = Boolean(globalThis.curve_bn128);
  threads.works++;
  try {
    return await work(snarkjs);
  } finally {
    threads.works--;
    if (threads.works === 0 && !threads.before) await globalThis.curve_bn128?.terminate();
  }
}
