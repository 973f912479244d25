/** Where a value stands on an axis, in pixels. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

const STEPS = [1, 2, 5, 10] as const;

/** Some four to eight round numbers from `low` to at least `high`. */
export function roundTicks(low: number, high: number): number[] {
  const span = high - low > 0 ? high - low : 1;
  let unit = 1;
  while (unit * 10 <= span / 4) unit *= 10;
  while (unit > span / 4) unit /= 10;
  const step = unit * (STEPS.find((factor) => span / (unit * factor) <= 6) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  // Multiples, not sums: a sum of tenths drifts.
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => rounded((first + i) * step));
}

/** A straight scale over whole ticks, `from` and `to` in pixels. */
export function linear(low: number, high: number, from: number, to: number): Scale {
  const ticks = roundTicks(low, high);
  const start = ticks[0] ?? 0;
  const end = ticks.at(-1) ?? 1;
  return { ticks, at: (value) => from + ((value - start) / (end - start)) * (to - from) };
}

/** A scale from 0 by square roots, on which small values keep apart beside large ones. */
export function squareRoot(high: number, from: number, to: number): Scale {
  const candidates = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const above = candidates.findIndex((tick) => tick >= high);
  const ticks = above === -1 ? [...candidates, Math.ceil(high)] : candidates.slice(0, Math.max(above, 1) + 1);
  const end = Math.sqrt(ticks.at(-1) ?? 1);
  return { ticks, at: (value) => from + (Math.sqrt(Math.max(0, value)) / end) * (to - from) };
}

function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
