/** Wall times in milliseconds, by name, of things that were done several times. */
export class Stopwatch {
  readonly #times = new Map<string, number[]>();
  readonly #started = new Map<string, number>();

  start(name: string): void {
    this.#started.set(name, performance.now());
  }

  end(name: string): void {
    const started = this.#started.get(name) ?? performance.now();
    this.#times.set(name, [...(this.#times.get(name) ?? []), performance.now() - started]);
  }

  /** For listeners of phases. */
  readonly phase =
    (prefix: string) =>
    (phase: string, state: "start" | "end"): void =>
      this[state](`${prefix}${phase}`);

  async time<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    this.start(name);
    const result = await work();
    this.end(name);
    return result;
  }

  /** Forgets everything, after warming up. */
  reset(): void {
    this.#times.clear();
  }

  median(name: string): number {
    const times = [...(this.#times.get(name) ?? [])].sort((a, b) => a - b);
    const middle = times.length >> 1;
    const upper = times[middle] ?? Number.NaN;
    return times.length % 2 === 1 ? upper : (upper + (times[middle - 1] ?? upper)) / 2;
  }

  medians(): Record<string, number> {
    return Object.fromEntries([...this.#times.keys()].map((name) => [name, round(this.median(name))]));
  }
}

export function round(value: number, decimals = 1): number {
  return Number(value.toFixed(decimals));
}
