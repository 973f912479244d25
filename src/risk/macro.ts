import { cell, parseCsv } from "../encoding/sheet.js";
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import { daysBetween, parseDate } from "../market/date.js";
import { BPS } from "../protocol/bounds.js";
import { decayOf } from "./statistics/volatility.js";

/** One business day of the stock market. */
export interface MacroDay {
  /** ISO date; its close is before that of a crypto day of the same date. */
  readonly date: string;
  /** Close of a stock index, such as the S&P 500. */
  readonly index: number;
  /** Close of an index of implied volatility, such as the VIX; percent a year. */
  readonly volatility: number;
}

/** When an add-on is raised, by how much, and how slowly it is lowered. */
export interface MacroPolicy {
  /** The volatility index at which the trigger fires. */
  readonly volatility: number;
  /** Fall of the stock index over `days` business days at which it fires too, basis points. */
  readonly fall: number;
  readonly days: number;
  /** On every volatility of a calibration, basis points of it. */
  readonly addOn: number;
  /** Business days in which the add-on halves, once nothing fires any more. */
  readonly halfLife: number;
}

/** Round numbers, stated before any of them was tried; docs/RISK.md says what they are worth. */
export const DEFAULT_MACRO: MacroPolicy = { volatility: 30, fall: 500, days: 5, addOn: 2_500, halfLife: 10 };

/** Days after which the last business day is too old to say anything: a long weekend is four. */
const STALE_DAYS = 7;
const HEADER = "date,SP500,VIX";

/**
 * Parses a macro history: a CSV `date,SP500,VIX`, business days in rising order.
 * @throws MalformedError, FormatError, OutOfRangeError naming the line
 *
 * @example
 * ```ts
 * import { parseMacro } from "zkmargin/risk";
 *
 * console.log(parseMacro("date,SP500,VIX\n2020-03-12,2480.64,75.47\n").length); // 1
 * ```
 */
export function parseMacro(text: string, path = "macro"): MacroDay[] {
  const { header, rows } = parseCsv(text, path);
  if (header.join() !== HEADER) throw new FormatError(`${path}.line1`, `the columns ${HEADER}`, "others");
  if (rows.length === 0) throw new MalformedError(path, "at least one day", "none");
  const days = rows.map((row): MacroDay => {
    const [date, index, volatility] = [cell(row, 0), Number(cell(row, 1)), Number(cell(row, 2))];
    parseDate(date, `${row.path}.date`);
    for (const [name, value] of [
      ["SP500", index],
      ["VIX", volatility],
    ] as const)
      if (!(Number.isFinite(value) && value > 0))
        throw new OutOfRangeError(`${row.path}.${name}`, "a number above 0", "another");
    return { date, index, volatility };
  });
  days.forEach(({ date }, t) => {
    const before = days[t - 1];
    if (before !== undefined && date <= before.date)
      throw new OutOfRangeError(`${path}.line${t + 2}.date`, `a day after ${before.date}`, date);
  });
  return days;
}

/** What the stock market says of a day. */
export interface MacroState {
  /** The last business day up to it. */
  readonly asOf: string;
  /** Basis points on every volatility. */
  readonly addOn: number;
  /** The last business day on which the trigger fired; null if none did. */
  readonly firedOn: string | null;
}

/**
 * The add-on that holds at the close of a date, of the days until then alone. On a business day on which the trigger fires it is the whole
 * add-on; on every other it is as much less as the half-life says, rounded up to whole basis points.
 * @throws OutOfRangeError if the macro history has no day within a week before the date
 *
 * @example
 * ```ts
 * import { DEFAULT_MACRO, macroStateOn, parseMacro } from "zkmargin/risk";
 *
 * const days = parseMacro("date,SP500,VIX\n2020-03-12,2480.64,75.47\n");
 * console.log(macroStateOn(days, "2020-03-12", DEFAULT_MACRO).addOn); // 2500
 * ```
 */
export function macroStateOn(days: readonly MacroDay[], date: string, policy: MacroPolicy): MacroState {
  const known = days.filter((day) => day.date <= date);
  const last = known.at(-1);
  if (last === undefined || daysBetween(last.date, date) > STALE_DAYS)
    throw new OutOfRangeError(
      "macro",
      `a business day within ${STALE_DAYS} days before ${date}`,
      last?.date ?? "none",
    );
  const decay = decayOf(policy.halfLife);
  let level = 0;
  let firedOn: string | null = null;
  known.forEach((day, t) => {
    if (fires(known, t, policy)) {
      level = policy.addOn;
      firedOn = day.date;
    } else level *= decay;
  });
  // Below one basis point it is over.
  return { asOf: last.date, addOn: level < 1 ? 0 : Math.ceil(level), firedOn };
}

/** Whether the trigger fires on a business day. */
export function fires(days: readonly MacroDay[], t: number, policy: MacroPolicy): boolean {
  const [day, before] = [days[t], days[t - policy.days]];
  if (day === undefined) return false;
  const fall = before === undefined ? 0 : (1 - day.index / before.index) * Number(BPS);
  return day.volatility >= policy.volatility || fall >= policy.fall;
}

/** How an asset moved in one state of the stock market. */
export interface ConditionalMoves {
  /** Returns that it is made from: from one business day's close to the next. */
  readonly count: number;
  /** Root mean square of the asset's returns, a fraction a business day. */
  readonly volatility: number;
  /** Correlation with the stock index. */
  readonly correlation: number;
}

/** An asset while half of the trigger's add-on or more stands, and while it does not. */
export interface RegimeComparison {
  readonly raised: ConditionalMoves;
  readonly calm: ConditionalMoves;
}

/**
 * Volatility of an asset and its correlation with the stock index on business days, where half of the add-on or more stood on the business
 * day before and where it did not; so each state is known before its return.
 * @param closes of the asset by ISO date
 *
 * @example
 * ```ts
 * import { compareRegimes, DEFAULT_MACRO, parseMacro } from "zkmargin/risk";
 *
 * const days = parseMacro("date,SP500,VIX\n2020-03-12,2480.64,75.47\n2020-03-13,2711.02,57.83\n");
 * const closes = new Map([["2020-03-12", 4970], ["2020-03-13", 5563]]);
 * console.log(compareRegimes(days, closes, DEFAULT_MACRO).raised.count); // 1
 * ```
 */
export function compareRegimes(
  days: readonly MacroDay[],
  closes: ReadonlyMap<string, number>,
  policy: MacroPolicy,
): RegimeComparison {
  const pairs = { raised: [] as [number, number][], calm: [] as [number, number][] };
  let level = 0;
  const decay = decayOf(policy.halfLife);
  days.forEach((day, t) => {
    const before = days[t - 1];
    const [from, to] = [before && closes.get(before.date), closes.get(day.date)];
    if (before !== undefined && from !== undefined && to !== undefined)
      pairs[level >= policy.addOn / 2 ? "raised" : "calm"].push([
        to / from - 1,
        day.index / before.index - 1,
      ]);
    level = fires(days, t, policy) ? policy.addOn : level * decay;
  });
  return { raised: movesOf(pairs.raised), calm: movesOf(pairs.calm) };
}

function movesOf(pairs: readonly (readonly [number, number])[]): ConditionalMoves {
  const mean = (product: (pair: readonly [number, number]) => number) =>
    pairs.length === 0 ? 0 : pairs.reduce((sum, pair) => sum + product(pair), 0) / pairs.length;
  const [x, y] = [mean(([a]) => a), mean(([, b]) => b)];
  const size = Math.sqrt(mean(([a]) => (a - x) * (a - x)) * mean(([, b]) => (b - y) * (b - y)));
  return {
    count: pairs.length,
    volatility: Math.sqrt(mean(([a]) => a * a)),
    correlation: size === 0 ? 0 : mean(([a, b]) => (a - x) * (b - y)) / size,
  };
}
