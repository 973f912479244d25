/** Price files of any layout, joined into one history of daily or hourly closes. */
import { formatDecimal } from "../encoding/decimal.js";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { DAY_SECONDS, formatDate, HOUR_SECONDS, spanWords } from "./date.js";
import { type NamingOptions, type PriceSource, pricedBy, symbols } from "./pricedAsset.js";
import {
  checkClose,
  type PriceTextOptions,
  type ReadClose,
  type ReadSeries,
  readPriceText,
} from "./priceText.js";

/** How price files are joined. */
export interface JoinOptions extends PriceTextOptions, NamingOptions {
  /** Stated prices, attodollars per unit by symbol, of assets that no file prices: on every day that has a close. */
  readonly stated?: ReadonlyMap<string, bigint>;
  /** Unix seconds after which nothing is a close yet; the last close of a running candle is dropped by it. */
  readonly now?: number;
  readonly step: "day" | "hour" | "finest";
}

/** Days, or hours, of an asset that no file has between its first close and its last. */
export interface PriceGap {
  readonly asset: string;
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** What a join came to, beside the closes. */
export interface JoinReport {
  readonly files: readonly {
    readonly path: string;
    readonly layout: string;
    readonly assets: readonly string[];
  }[];
  /** Names in the files that are not listed. */
  readonly ignored: readonly string[];
  readonly gaps: readonly PriceGap[];
  /** Closes that were left out: of unfinished candles, of instants that end no day (or hour), given twice and equal. */
  readonly dropped: { readonly unfinished: number; readonly between: number; readonly repeated: number };
}

/** Closes of several files, by time. */
export interface JoinedPrices extends JoinReport {
  readonly step: "day" | "hour";
  readonly assets: readonly string[];
  /** Unix seconds at which each day or hour begins, and the closes at its end in the order of the assets. */
  readonly rows: readonly { readonly begin: number; readonly closes: readonly (bigint | null)[] }[];
}

/** A price of a moment counts for the day's or the hour's end within so many seconds of it. */
const NEAR_SECONDS = 600;
/** A column of closes under way: closes by the second at which their day or hour begins. */
type Column = Map<number, { readonly close: bigint; readonly path: string }>;

/**
 * Reads price files and joins them into one table. Files of one asset, such as one a month, follow each other. Rates, such as
 * WSTETH/ETH, are multiplied with the price of the other asset at the same time; the product is rounded to 10^-18 dollars.
 *
 * @throws what readPriceText throws; UnknownAssetError (a file of which nothing is listed), DuplicateAssetError (an asset
 *   twice in a file), DuplicateFieldError (two closes of an asset at one time), FormatError (no daily closes in it), MissingFieldError (a rate without the other asset's price)
 *
 * @example
 * ```ts
 * import { DEFAULT_ASSETS } from "zkmargin/protocol";
 * import { joinPrices } from "zkmargin/risk";
 *
 * const { assets } = joinPrices([{ path: "prices.csv", text: historyText }], { listing: DEFAULT_ASSETS, step: "day" });
 * console.log(assets.includes("BTC")); // true
 * ```
 */
export function joinPrices(sources: readonly PriceSource[], options: JoinOptions): JoinedPrices {
  const read = sources.map((source) => ({ source, ...readPriceText(source.text, source.path, options) }));
  const ignored = new Set<string>();
  const priced = read.map(({ source, series }) => ({
    source,
    series: series.flatMap((one) => {
      const found = pricedBy(source, one, series.length, options);
      if (found === undefined) ignored.add(one.name ?? source.path);
      return found === undefined ? [] : [{ ...found, series: one }];
    }),
  }));
  for (const { source, series } of priced)
    if (series.length === 0)
      throw new UnknownAssetError(
        source.path,
        `a price of a listed asset (listed are ${symbols(options.listing)})`,
        `none: ${[...ignored].slice(0, 5).join(", ")}`,
      );
  for (const { source, series } of priced) {
    const assets = series.map(({ asset }) => asset);
    const twice = assets.find((asset, i) => assets.indexOf(asset) !== i);
    if (twice !== undefined) throw new DuplicateAssetError(source.path, "each asset once in a file", twice);
  }
  const all = priced.flatMap(({ series }) => series);
  const spans = all.map(({ series }) => spanOf(series));
  const step = stepOf(options.step, spans);
  const counts = { unfinished: 0, between: 0, repeated: 0 };
  const columns = new Map<string, Column>();
  all.forEach(({ asset, base, series }, i) => {
    const key = base === null ? asset : `${asset}/${base}`;
    const column = columns.get(key) ?? new Map();
    columns.set(key, column);
    addCloses(column, series, spans[i] ?? null, {
      step,
      counts,
      now: options.now ?? Number.POSITIVE_INFINITY,
    });
  });
  const direct = multiplied(columns, options);
  const order = [...options.listing.map(({ symbol }) => symbol), ...direct.keys()];
  const assets = [...new Set(order)].filter((symbol) => direct.has(symbol));
  const begins = [...new Set(assets.flatMap((asset) => [...(direct.get(asset)?.keys() ?? [])]))].sort(
    (a, b) => a - b,
  );
  if (begins.length === 0)
    throw new FormatError(sources[0]?.path ?? "prices", `closes at the end of a ${step}, UTC`, "none");
  const stated = [...(options.stated ?? [])];
  for (const [asset] of stated)
    if (direct.has(asset))
      throw new DuplicateFieldError(`prices.${asset}`, "a price of a file or a stated one", "both");
  const rows = begins.map((begin) => ({
    begin,
    closes: [
      ...assets.map((asset) => direct.get(asset)?.get(begin)?.close ?? null),
      ...stated.map(([, price]) => price),
    ],
  }));
  return {
    step,
    assets: [...assets, ...stated.map(([asset]) => asset)],
    rows,
    files: read.map(({ source, layout }, i) => ({
      path: source.path,
      layout,
      assets: (priced[i]?.series ?? []).map(({ asset, base }) =>
        base === null ? asset : `${asset}/${base}`,
      ),
    })),
    ignored: [...ignored],
    gaps: assets.flatMap((asset) => gapsOf(asset, [...(direct.get(asset)?.keys() ?? [])], step)),
    dropped: counts,
  };
}

/** Seconds that each candle of a series lasts; null for instants. @throws FormatError */
function spanOf({ meaning, closes, candles }: ReadSeries): number | null {
  if (meaning === "point") return null;
  const first = closes[0];
  const said = closes.find(({ end }) => end !== undefined);
  const times = [...new Set(closes.map(({ time }) => time))].sort((a, b) => a - b);
  const least = times
    .slice(1)
    .reduce((gap, time, i) => Math.min(gap, time - (times[i] ?? 0)), Number.POSITIVE_INFINITY);
  if (meaning === "day") {
    if (candles && Number.isFinite(least) && least !== DAY_SECONDS * 1_000)
      throw new FormatError(
        closes[0]?.path ?? "prices",
        "candles of a day",
        `candles of ${spanWords(least / 1_000)}`,
      );
    return DAY_SECONDS;
  }
  const span = (said?.end === undefined ? least : said.end - said.time) / 1_000;
  const at = first?.path ?? "prices";
  if (span === Number.POSITIVE_INFINITY)
    throw new FormatError(at, "two times or more, which tell days from hours", "one");
  if (!Number.isInteger(span) || span <= 0 || DAY_SECONDS % span !== 0)
    throw new FormatError(at, "closes of spans that divide a day", `spans of ${spanWords(span)}`);
  for (const { time, end, path } of closes) {
    if (end !== undefined && end - time !== span * 1_000)
      throw new FormatError(path, `a candle of ${spanWords(span)}, as the others are`, "another span");
    if ((time - (times[0] ?? 0)) % (span * 1_000) !== 0)
      throw new FormatError(
        path,
        `times that are ${spanWords(span)} apart, or a multiple of that`,
        "another time",
      );
  }
  return span;
}

function stepOf(wanted: JoinOptions["step"], spans: readonly (number | null)[]): "day" | "hour" {
  if (wanted !== "finest") return wanted;
  return spans.every((span) => span !== null && span <= HOUR_SECONDS) ? "hour" : "day";
}

interface Adding {
  readonly step: "day" | "hour";
  readonly counts: { unfinished: number; between: number; repeated: number };
  readonly now: number;
}

/** Puts the closes that end a day, or an hour, into a column. */
function addCloses(
  column: Column,
  series: ReadSeries,
  span: number | null,
  { step, counts, now }: Adding,
): void {
  const length = step === "day" ? DAY_SECONDS : HOUR_SECONDS;
  const nearest = new Map<number, { readonly distance: number; readonly read: ReadClose }>();
  let ended = 0;
  for (const read of series.closes) {
    checkClose(read);
    const end = read.time / 1_000 + (span ?? 0);
    if (end > now) {
      counts.unfinished++;
      continue;
    }
    const boundary = Math.round(end / length) * length;
    const distance = Math.abs(end - boundary);
    if (span === null ? distance > NEAR_SECONDS : distance !== 0) {
      counts.between += span === null ? 1 : 0;
      continue;
    }
    ended++;
    const other = nearest.get(boundary);
    if (span === null) {
      if (other?.read.time === read.time && other.read.close !== read.close)
        throw new DuplicateFieldError(
          read.path,
          "one price of a moment",
          `another than at ${other.read.path}`,
        );
      if (other === undefined || distance < other.distance) nearest.set(boundary, { distance, read });
      if (other !== undefined) counts.between++;
    } else addClose(column, boundary - length, read, counts);
  }
  if (ended === 0 && series.closes.length > 0)
    throw new FormatError(
      series.closes[0]?.path ?? "prices",
      `closes at the end of a ${step}, UTC (give --time-zone if these times are of another zone)`,
      "closes of other times only",
    );
  for (const [boundary, { read }] of nearest) addClose(column, boundary - length, read, counts);
}

function addClose(column: Column, begin: number, { close, path }: ReadClose, counts: Adding["counts"]): void {
  if (close === null) return;
  const before = column.get(begin);
  if (before === undefined) column.set(begin, { close, path });
  else if (before.close === close) counts.repeated++;
  else
    throw new DuplicateFieldError(
      path,
      `one close of ${formatDate(begin)}`,
      `another than at ${before.path}`,
    );
}

/** Prices in dollars: those that are, and rates times the price of the asset that they are in. */
function multiplied(columns: ReadonlyMap<string, Column>, { stated }: JoinOptions): Map<string, Column> {
  const direct = new Map([...columns].filter(([key]) => !key.includes("/")));
  for (const [key, rates] of columns) {
    const [asset = "", base] = key.split("/");
    if (base === undefined) continue;
    if (direct.has(asset))
      throw new DuplicateFieldError(`prices.${asset}`, "a price or a rate", `both, with the rate ${key}`);
    const prices = columns.get(base);
    const constant = stated?.get(base);
    if (prices === undefined && constant === undefined)
      throw new MissingFieldError(
        `prices.${base}`,
        `the price of ${base}, which ${key} is a rate in`,
        "none",
      );
    const product: Column = new Map();
    for (const [begin, { close, path }] of rates) {
      const price = prices?.get(begin)?.close ?? (prices === undefined ? constant : undefined);
      if (price !== undefined) product.set(begin, { close: productOf(close, price, path), path });
    }
    direct.set(asset, product);
  }
  return direct;
}

/** A rate and a price, both in 10^-18, multiplied and rounded to the nearest. */
function productOf(rate: bigint, price: bigint, path: string): bigint {
  const unit = 10n ** BigInt(USD_DECIMALS);
  const product = (2n * rate * price + unit) / (2n * unit);
  if (product === 0n) throw new OutOfRangeError(path, "a rate whose price is above 0", "a smaller one");
  return product;
}

/** The spans without a close between the first and the last of `begins`, Unix seconds of days or hours. */
export function gapsOf(asset: string, begins: readonly number[], step: "day" | "hour"): PriceGap[] {
  const length = step === "day" ? DAY_SECONDS : HOUR_SECONDS;
  const sorted = begins.toSorted((a, b) => a - b);
  return sorted.slice(1).flatMap((begin, i) => {
    const before = sorted[i] ?? begin;
    const count = (begin - before) / length - 1;
    if (count === 0) return [];
    return [{ asset, from: labelOf(before + length, step), to: labelOf(begin - length, step), count }];
  });
}

/** The begin of a day or an hour, Unix seconds, as a table has it. */
export function labelOf(begin: number, step: "day" | "hour"): string {
  return step === "day" ? formatDate(begin) : `${new Date(begin * 1_000).toISOString().slice(0, 16)}Z`;
}

/**
 * The plain CSV of joined prices: what {@link parsePriceTable} reads, and what a market's source is the SHA-256 of.
 *
 * @example
 * ```ts
 * import { DEFAULT_ASSETS } from "zkmargin/protocol";
 * import { joinedCsv, joinPrices, parsePriceTable } from "zkmargin/risk";
 *
 * const joined = joinPrices([{ path: "prices.csv", text: historyText }], { listing: DEFAULT_ASSETS, step: "day" });
 * console.log(parsePriceTable(joinedCsv(joined)).assets.includes("BTC")); // true
 * ```
 */
export function joinedCsv({ step, assets, rows }: JoinedPrices): string {
  const lines = rows.map(({ begin, closes }) =>
    [
      step === "day" ? formatDate(begin) : String(begin),
      ...closes.map((close) => (close === null ? "" : formatDecimal(close, USD_DECIMALS))),
    ].join(","),
  );
  return [[step === "day" ? "date" : "time", ...assets].join(","), ...lines, ""].join("\n");
}
