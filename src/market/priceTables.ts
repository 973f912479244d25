/** Price files as the history and the table that markets and statistics are made from: plain ones as they are, others joined. */

import { nearestNumber } from "../encoding/decimal.js";
import { sha256OfText } from "../encoding/strictJson.js";
import { InputError } from "../errors.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { assetNamed } from "../protocol/listingFile.js";
import { formatDate } from "./date.js";
import { type PriceHistory, type PriceTable, parseHistory, parsePriceTable } from "./history.js";
import { type PriceSource } from "./pricedAsset.js";
import {
  gapsOf,
  type JoinedPrices,
  type JoinOptions,
  type JoinReport,
  joinedCsv,
  joinPrices,
  labelOf,
  type PriceGap,
} from "./priceFiles.js";

/** Daily closes of one or more price files, and how they were read. */
export interface DailyRead {
  readonly history: PriceHistory;
  readonly report: JoinReport;
}

/**
 * Reads daily closes. One plain file, as the package ships it, is read as it is, and its SHA-256 is that of its own text. Any
 * other, and any several, are joined; the SHA-256 is that of {@link joinedCsv}.
 * @throws as {@link joinPrices}; of a file that begins as a plain one, what parseHistory throws
 *
 * @example
 * ```ts
 * import { DEFAULT_ASSETS } from "zkmargin/protocol";
 * import { readDailyPrices } from "zkmargin/risk";
 *
 * const read = readDailyPrices([{ path: "prices.csv", text: historyText }], { listing: DEFAULT_ASSETS });
 * console.log(Object.keys(read).length > 0); // true
 * ```
 */
export function readDailyPrices(
  sources: readonly PriceSource[],
  options: Omit<JoinOptions, "step">,
): DailyRead {
  const { found: plain, fault } = readPlain(sources, options, "date", parseHistory);
  if (plain !== undefined) {
    const { assets } = plain;
    const dates = plain.days.map(({ date }) => Date.parse(date) / 1_000);
    return {
      history: plain,
      report: plainReport(sources, assets, options, (u) =>
        gapsOf(
          assets[u] ?? "",
          dates.filter((_, row) => plain.days[row]?.closes[u] != null),
          "day",
        ),
      ),
    };
  }
  const joined = joinInstead(sources, { ...options, step: "day" }, fault);
  const days = joined.rows.map(({ begin, closes }) => ({ date: formatDate(begin), closes }));
  return {
    history: { sha256: sha256OfText(joinedCsv(joined)), assets: joined.assets, days },
    report: joined,
  };
}

/**
 * As {@link readDailyPrices}, for statistics: hourly closes if every file has them, unless `step` is a day.
 *
 * @example
 * ```ts
 * import { DEFAULT_ASSETS } from "zkmargin/protocol";
 * import { readPriceTable } from "zkmargin/risk";
 *
 * const read = readPriceTable([{ path: "prices.csv", text: historyText }], { listing: DEFAULT_ASSETS, step: "day" });
 * console.log(read.table.assets.includes("BTC")); // true
 * ```
 */
export function readPriceTable(
  sources: readonly PriceSource[],
  options: JoinOptions,
): { readonly table: PriceTable; readonly report: JoinReport } {
  const kinds = options.step === "day" ? "date" : "date|time";
  const { found: table, fault } = readPlain(sources, options, kinds, parsePriceTable);
  if (table !== undefined) return { table, report: plainReport(sources, table.assets, options, () => []) };
  const joined = joinInstead(sources, options, fault);
  const joinedTable: PriceTable = {
    assets: joined.assets,
    times: joined.rows.map(({ begin }) => labelOf(begin, joined.step)),
    closes: joined.rows.map(({ closes }) =>
      closes.map((close) => (close === null ? null : nearestNumber(close, USD_DECIMALS))),
    ),
  };
  return { table: joinedTable, report: joined };
}

/** What a strict reader makes of one plain file; undefined where it is none. */
function readPlain<T extends { readonly assets: readonly string[] }>(
  sources: readonly PriceSource[],
  { stated, listing }: Pick<JoinOptions, "stated" | "listing">,
  first: string,
  read: (text: string, path: string) => T,
): { readonly found?: T; readonly fault?: InputError } {
  const [only] = sources;
  if (only === undefined || sources.length > 1 || only.asset !== undefined || (stated?.size ?? 0) > 0)
    return {};
  const header = new RegExp(`^\\uFEFF?(?:${first})(?:,[A-Z0-9][A-Z0-9._-]{0,15})+\\r?(?:\\n|$)`).exec(
    only.text,
  )?.[0];
  // A header such as date,CLOSE is of another layout.
  if (header === undefined || /,(CLOSE|PRICE|SYMBOL|ASSET)\b/.test(header)) return {};
  try {
    const found = read(only.text, "history");
    const named = found.assets.map((name) => assetNamed(listing, name)?.symbol ?? name);
    return new Set(named).size === named.length ? { found: { ...found, assets: named } } : {};
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { fault: error };
  }
}

/** Joins what is no plain file. Rows in another order and quotation marks are no fault; what is one is named as the strict reader does. */
function joinInstead(
  sources: readonly PriceSource[],
  options: JoinOptions,
  fault: InputError | undefined,
): JoinedPrices {
  try {
    return joinPrices(sources, options);
  } catch (error) {
    throw error instanceof InputError && fault !== undefined ? fault : error;
  }
}

function plainReport(
  sources: readonly PriceSource[],
  assets: readonly string[],
  { listing }: Pick<JoinOptions, "listing">,
  gaps: (u: number) => PriceGap[],
): JoinReport {
  const ignored = assets.filter((name) => assetNamed(listing, name) === undefined);
  return {
    files: sources.map(({ path }) => ({ path, layout: "plain CSV", assets })),
    ignored,
    gaps: assets.flatMap((_, u) => gaps(u)),
    dropped: { unfinished: 0, between: 0, repeated: 0 },
  };
}
