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

/** Where a time stands, and which times are named. */
export interface TimeAxis {
  readonly ticks: readonly { readonly time: number; readonly label: string }[];
  /** Pixels; times outside are drawn at the nearer end. */
  at(time: number): number;
}

const HOUR = 3_600;
const DAY = 86_400;
const TIME_STEPS = [
  60,
  300,
  900,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  10 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
];

/**
 * An axis of unix seconds, `left` to `right` in pixels, with at most `mostTicks` whole times on it, mostly half as many or more.
 * @param written a time as "YYYY-MM-DD HH:MM:SS"; a tick takes the part of it that its step needs
 */
export function timeAxis(
  from: number,
  to: number,
  left: number,
  right: number,
  mostTicks: number,
  written: (seconds: number) => string,
): TimeAxis {
  const end = Math.max(to, from + 1);
  const span = end - from;
  const step =
    TIME_STEPS.find((size) => span / size <= mostTicks) ??
    365 * DAY * Math.ceil(span / (mostTicks * 365 * DAY));
  const first = Math.ceil(from / step) * step;
  const count = Math.floor((end - first) / step) + 1;
  const ticks = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
  return {
    ticks: ticks.map((time) => ({ time, label: label(written(time), time, step) })),
    at: (time) => left + ((Math.min(Math.max(time, from), end) - from) / span) * (right - left),
  };
}

/** As much of the date and time as its step needs; midnight is named by its day. */
function label(text: string, time: number, step: number): string {
  if (step >= 30 * DAY) return text.slice(0, 10);
  return step < DAY && time % DAY !== 0 ? text.slice(11, 16) : text.slice(5, 10);
}
