import { FormatError, OutOfRangeError } from "../errors.js";

export const HOUR_SECONDS = 3_600;
export const DAY_SECONDS = 86_400;

/**
 * Unix time of 00:00 UTC at the start of an ISO date, seconds.
 * @throws FormatError for anything but an existing day as YYYY-MM-DD.
 */
export function parseDate(text: string, path: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || formatDate(time / 1000) !== text)
    throw new FormatError(path, "a date as YYYY-MM-DD", "other text");
  return time / 1000;
}

/** The ISO date of a Unix time in seconds. */
export function formatDate(time: number): string {
  return new Date(time * 1000).toISOString().slice(0, 10);
}

/** Days of the calendar from one ISO date to another. */
export function daysBetween(date: string, later: string): number {
  return (Date.parse(`${later}T00:00:00Z`) - Date.parse(`${date}T00:00:00Z`)) / (DAY_SECONDS * 1_000);
}

/** Whether one ISO date is the day after the other. */
export function isNextDay(date: string, next: string): boolean {
  return daysBetween(date, next) === 1;
}

/**
 * What the time of a close says. `candle`: when the span that it closes began. `point`: when the price was taken. `day`: the
 * date alone, whose close it is.
 */
export type TimeMeaning = "candle" | "point" | "day";

export const MS = 1_000;
/** 2009 to 2099 in seconds: the ranges of seconds, milliseconds and microseconds are far apart. */
const EPOCH = { min: 1_230_768_000, end: 4_102_444_800 } as const;
const UNITS = [
  { perMs: 1 / MS, factor: 1 },
  { perMs: 1, factor: MS },
  { perMs: MS, factor: MS * MS },
] as const;

function unitOf(value: number) {
  return UNITS.find(({ factor }) => value >= EPOCH.min * factor && value < EPOCH.end * factor);
}

/** Whether a cell is a Unix time in seconds, milliseconds or microseconds. */
export function isEpoch(text: string): boolean {
  return /^\d{9,16}(\.0+)?$/.test(text) && unitOf(Number(text)) !== undefined;
}

/**
 * A Unix time in seconds, milliseconds or microseconds, as milliseconds.
 * @param end `up` for the last instant of a span: the end is what follows it
 */
export function epoch(text: string, path: string, end?: "up"): number {
  const unit = /^\d{9,16}(\.0+)?$/.test(text) ? unitOf(Number(text)) : undefined;
  if (unit === undefined)
    throw new FormatError(
      path,
      "a Unix time from 2009 on in seconds, milliseconds or microseconds",
      "something else",
    );
  const ms = Number(text) / unit.perMs;
  return end === "up" ? Math.ceil((Number(text) + 1) / unit.perMs) : Math.floor(ms);
}

const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?)?$/;

/** A time cell: a date, a date and a time of the day, or a Unix time. */
export function timeOf(
  text: string,
  path: string,
  zone: number,
): { readonly time: number; readonly meaning: TimeMeaning } {
  if (/^\d+(\.0+)?$/.test(text)) return { time: epoch(text, path), meaning: "candle" };
  const match = TIME.exec(text);
  const [, date = "", hours, minutes = "", seconds = "0", stated] = match ?? [];
  if (match === null)
    throw new FormatError(
      path,
      "a date such as 2024-08-05, a time such as 2024-08-05T16:00Z, or a Unix time",
      "something else",
    );
  const day = parseDate(date, path) * MS;
  if (hours === undefined) {
    if (zone !== 0)
      throw new FormatError(path, "times of the day, where --time-zone is given", "a date alone");
    return { time: day, meaning: "day" };
  }
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59)
    throw new OutOfRangeError(path, "a time of the day", "more");
  const clock = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return {
    time: day + (clock - (stated === undefined ? zone : offsetOf(stated, path))) * MS,
    meaning: "candle",
  };
}

/** Seconds east of UTC: `Z`, `UTC`, `+05:30`. @throws FormatError, OutOfRangeError */
export function offsetOf(text: string, path: string): number {
  if (text === "Z" || text === "UTC") return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (match === null) throw new FormatError(path, "UTC or an offset such as +05:30", "something else");
  const offset = Number(match[2]) * 3_600 + Number(match[3]) * 60;
  if (Number(match[3]) > 59 || offset > 14 * 3_600)
    throw new OutOfRangeError(path, "an offset of at most 14:00", "more");
  return match[1] === "-" ? -offset : offset;
}

/** Days that a span of seconds is, for errors. */
export function spanWords(seconds: number): string {
  if (seconds % DAY_SECONDS === 0) return `${seconds / DAY_SECONDS} days`;
  return seconds % 3_600 === 0 ? `${seconds / 3_600} hours` : `${seconds} seconds`;
}
