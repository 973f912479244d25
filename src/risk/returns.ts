import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  OutOfRangeError,
} from "../errors.js";
import { DAY_SECONDS, HOUR_SECONDS } from "../market/date.js";
import type { PriceTable } from "../market/history.js";

/** Something that a calculation did without, and why. */
export interface Omission {
  /** A symbol, or "all" where a whole row is missing. */
  readonly asset: string;
  /** Of what is missing, or of the first of it. */
  readonly time: string;
  readonly why: string;
}

/** Simple returns over one step of the table, a day or an hour. */
export interface Returns {
  readonly assets: readonly string[];
  /** Seconds of one step. */
  readonly step: number;
  /** The later end of every step. */
  readonly times: readonly string[];
  /** `[t][u]`: close over the close before, less 1; null where either is missing. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Late listings, gaps and missing rows: what is not in `values`. Nothing is ever filled in. */
  readonly omitted: readonly Omission[];
}

/** How times are written, and the seconds between two of them. */
const NOTATIONS = [
  { step: DAY_SECONDS, form: /^\d{4}-\d{2}-\d{2}$/, suffix: "T00:00:00.000Z", said: "a day as YYYY-MM-DD" },
  {
    step: HOUR_SECONDS,
    form: /^\d{4}-\d{2}-\d{2}T\d{2}:00Z$/,
    suffix: ":00.000Z",
    said: "an hour as YYYY-MM-DDTHH:00Z",
  },
] as const;

/**
 * Seconds of one step of a table: a day or an hour, as its times are written.
 * @throws FormatError, MalformedError (no time at all)
 */
function stepOf(times: readonly string[], path = "prices"): number {
  const [first] = times;
  if (first === undefined) throw new MalformedError(path, "at least one row", "none");
  const notation = NOTATIONS.find(({ form }) => form.test(first));
  if (!notation)
    throw new FormatError(`${path}.times[0]`, NOTATIONS.map(({ said }) => said).join(" or "), "other text");
  return notation.step;
}

/**
 * Checks a table of prices.
 * @throws FormatError (a time, NaN, an infinity); OutOfRangeError (a price of zero or below, times that do not rise);
 *   DuplicateFieldError (a time twice); DuplicateAssetError; MalformedError (rows of other lengths, none)
 */
export function checkPriceTable({ assets, times, closes }: PriceTable, path = "prices"): void {
  if (assets.length === 0) throw new MalformedError(`${path}.assets`, "at least one asset", "none");
  assets.forEach((asset, u) => {
    if (assets.indexOf(asset) !== u)
      throw new DuplicateAssetError(`${path}.assets[${u}]`, "each asset once", asset);
  });
  const step = stepOf(times, path);
  if (closes.length !== times.length)
    throw new MalformedError(
      `${path}.closes`,
      `${times.length} rows, one for each time`,
      String(closes.length),
    );
  let before = Number.NEGATIVE_INFINITY;
  times.forEach((time, t) => {
    const at = `${path}.times[${t}]`;
    const seconds = secondsOf(time, step, at);
    if (seconds === before) throw new DuplicateFieldError(at, "each time once", time);
    if (seconds < before) throw new OutOfRangeError(at, "a time after the row above", time);
    before = seconds;
  });
  closes.forEach((row, t) => {
    if (row.length !== assets.length)
      throw new MalformedError(`${path}.closes[${t}]`, `${assets.length} cells`, String(row.length));
    row.forEach((close, u) => {
      if (close === null) return;
      const at = `${path}.${times[t]}.${assets[u]}`;
      if (!Number.isFinite(close)) throw new FormatError(at, "a finite price", String(close));
      if (close <= 0) throw new OutOfRangeError(at, "a price above 0", String(close));
    });
  });
}

/**
 * The simple returns of a table. A return is only made of two rows that follow each other directly: over a gap
 * there is none, as it would be the return of another length of time. Nothing is filled in or carried forward.
 * @throws as {@link checkPriceTable}
 */
export function returnsOf(table: PriceTable, path = "prices"): Returns {
  checkPriceTable(table, path);
  const { assets, times, closes } = table;
  const step = stepOf(times, path);
  const seconds = times.map((time) => secondsOf(time, step, path));
  const omitted: Omission[] = [];
  const ends: string[] = [];
  const values: (number | null)[][] = [];
  for (let t = 1; t < times.length; t++) {
    const missing = ((seconds[t] ?? 0) - (seconds[t - 1] ?? 0)) / step - 1;
    if (missing > 0) {
      omitted.push({
        asset: "all",
        time: labelOf((seconds[t - 1] ?? 0) + step, step),
        why: `${missing} ${missing === 1 ? "row" : "rows"} missing; no return across the gap`,
      });
      continue;
    }
    ends.push(times[t] ?? "");
    values.push(assets.map((_, u) => simpleReturn(closes[t - 1]?.[u] ?? null, closes[t]?.[u] ?? null)));
  }
  assets.forEach((_, u) => {
    omitted.push(...blanksOf(table, u));
  });
  return { assets, step, times: ends, values, omitted };
}

/**
 * The rows of a table up to and with a time, or a whole day of hours; what a calibration then may know.
 *
 * @example
 * ```ts
 * import { pricesUntil } from "zkmargin/risk";
 *
 * console.log(pricesUntil(table, "2021-05-17").times.at(-1)); // 2021-05-17
 * ```
 */
export function pricesUntil(table: PriceTable, time: string): PriceTable {
  const rows = table.times.filter((label) => label.slice(0, time.length) <= time).length;
  return { assets: table.assets, times: table.times.slice(0, rows), closes: table.closes.slice(0, rows) };
}

/**
 * Hourly prices as daily ones: the close of a day (UTC) is that of its last hour, 23:00. A day without that row is
 * no row of the result either, as a gap; nothing is taken from an earlier hour. A daily table stays as it is.
 * @throws as {@link stepOf}
 */
export function dailyCloses(table: PriceTable, path = "prices"): PriceTable {
  if (stepOf(table.times, path) === DAY_SECONDS) return table;
  const kept = table.times.flatMap((time, t) => (time.endsWith("T23:00Z") ? [t] : []));
  return {
    assets: table.assets,
    times: kept.map((t) => (table.times[t] ?? "").slice(0, 10)),
    closes: kept.map((t) => table.closes[t] ?? []),
  };
}

/** Late listing, early end and blanks of one asset. */
function blanksOf({ assets, times, closes }: PriceTable, u: number): Omission[] {
  const asset = assets[u] ?? "";
  const omission = (t: number, why: string): Omission => ({ asset, time: times[t] ?? "", why });
  const has = (t: number) => (closes[t]?.[u] ?? null) !== null;
  const first = times.findIndex((_, t) => has(t));
  if (first === -1) return [omission(0, "never priced")];
  const last = times.findLastIndex((_, t) => has(t));
  const found: Omission[] = [];
  if (first > 0) found.push(omission(0, `not priced before ${times[first]}`));
  for (let t = first + 1; t < last; t++) {
    if (has(t) || !has(t - 1)) continue;
    const end = times.findIndex((_, later) => later > t && has(later));
    const blanks = end - t;
    found.push(omission(t, `${blanks} ${blanks === 1 ? "blank" : "blanks"}; no return to, in or from it`));
  }
  if (last < times.length - 1) found.push(omission(last + 1, "not priced any more"));
  return found;
}

function simpleReturn(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after / before - 1;
}

function secondsOf(time: string, step: number, path: string): number {
  const notation = NOTATIONS.find((candidate) => candidate.step === step) ?? NOTATIONS[0];
  const full = time.replace(/Z$/, "") + notation.suffix;
  const milliseconds = notation.form.test(time) ? Date.parse(full) : Number.NaN;
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== full)
    throw new FormatError(path, `${notation.said}, as the rows above`, "other text");
  return milliseconds / 1000;
}

function labelOf(seconds: number, step: number): string {
  const full = new Date(seconds * 1000).toISOString();
  return step === DAY_SECONDS ? full.slice(0, 10) : `${full.slice(0, 16)}Z`;
}
