import { nearestNumber, parseInteger } from "../encoding/decimal.js";
import { FormatError, OutOfRangeError } from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { type ClosesRow, parseCloses } from "./closes.js";
import { type PriceHistory, parseHistory } from "./history.js";

/** Closing prices as statistics take them: doubles, dollars per unit. The risk engine's PriceTable. */
export interface ClosesTable {
  readonly assets: readonly string[];
  /** Days (`2021-05-17`) or hours (`2024-01-14T05:00Z`). */
  readonly times: readonly string[];
  /** `[time][asset]`; null where there is none. */
  readonly closes: readonly (readonly (number | null)[])[];
}

const HOUR_SECONDS = 3_600;
/** 9999-12-31, after which dates have more digits. */
const TIME_MAX = 253_402_214_400;

/** A daily history as a table; each price is the double nearest to it. */
export function dailyTable({ assets, days }: PriceHistory): ClosesTable {
  return tableOf(
    assets,
    days.map(({ date, closes }) => ({ time: date, closes })),
  );
}

/**
 * Parses daily prices (a first column `date`, ISO dates) or hourly ones (a first column `time`, Unix seconds on the
 * hour), whichever the text is.
 * @throws as parseCloses
 */
export function parsePriceTable(text: string, path = "history"): ClosesTable {
  if (!/^\uFEFF?time(,|\r?\n|$)/.test(text)) return dailyTable(parseHistory(text, path));
  const { assets, rows } = parseCloses(text, path, { name: "time", unit: "hour", read: parseHour });
  return tableOf(
    assets,
    rows.map(({ time, closes }) => ({ time: hourLabel(Number(time)), closes })),
  );
}

function parseHour(text: string, path: string): number {
  const seconds = Number(parseInteger(text, path));
  if (seconds < 0 || seconds > TIME_MAX) throw new OutOfRangeError(path, `0 to ${TIME_MAX} seconds`, text);
  if (seconds % HOUR_SECONDS !== 0)
    throw new FormatError(path, "Unix seconds of a full hour", "a time within an hour");
  return seconds;
}

function hourLabel(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
}

function tableOf(assets: readonly string[], rows: readonly ClosesRow[]): ClosesTable {
  return {
    assets,
    times: rows.map(({ time }) => time),
    closes: rows.map(({ closes }) =>
      closes.map((close) => (close === null ? null : nearestNumber(close, USD_DECIMALS))),
    ),
  };
}
