import { timeText } from "../words.js";

/** Where a time stands, and which times are named. */
export interface TimeAxis {
  readonly ticks: readonly { readonly time: number; readonly label: string }[];
  /** Pixels; times outside are drawn at the nearer end. */
  at(time: number): number;
}

const HOUR = 3_600;
const DAY = 86_400;
const STEPS = [
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

/** An axis of unix seconds, `left` to `right` in pixels, with at most `mostTicks` whole times on it, mostly half as many or more. */
export function timeAxis(from: number, to: number, left: number, right: number, mostTicks: number): TimeAxis {
  const end = Math.max(to, from + 1);
  const span = end - from;
  const step =
    STEPS.find((size) => span / size <= mostTicks) ?? 365 * DAY * Math.ceil(span / (mostTicks * 365 * DAY));
  const first = Math.ceil(from / step) * step;
  const count = Math.floor((end - first) / step) + 1;
  const ticks = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
  return {
    ticks: ticks.map((time) => ({ time, label: label(time, step) })),
    at: (time) => left + ((Math.min(Math.max(time, from), end) - from) / span) * (right - left),
  };
}

/** As much of the date and time as its step needs; midnight is named by its day. */
function label(time: number, step: number): string {
  const text = timeText(time);
  if (step >= 30 * DAY) return text.slice(0, 10);
  return step < DAY && time % DAY !== 0 ? text.slice(11, 16) : text.slice(5, 10);
}
