import { FormatError } from "../errors.js";

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
