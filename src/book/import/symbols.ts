import { FormatError } from "../../errors.js";
import { type Listing, slotOf } from "../../protocol/listing.js";

/** How venues name assets and instruments, and which asset of a listing is meant. */

/** Quotes that count as dollars. */
export const DOLLARS: readonly string[] = ["USD", "USDC", "USDT"];
/** Quotes that may stand at the end of an instrument's name; a longer one before one that it ends with. */
const QUOTES: readonly string[] = [
  "FDUSD",
  "BUSD",
  "TUSD",
  "USDT",
  "USDC",
  "USDE",
  "DAI",
  "USD",
  "EUR",
  "BTC",
  "ETH",
  "BNB",
];
const SAME: Readonly<Record<string, string>> = { XBT: "BTC" };
const PREFIX = /^(1000000|100000|10000|1000|1M(?=[A-Z]))([A-Z0-9]+)$/;
const SUFFIX = /^([A-Z0-9]*[A-Z])(1000000|100000|10000|1000)$/;

/** A symbol in capitals, by the name that most venues have for it. */
export function canonicalSymbol(symbol: string): string {
  const text = symbol.toUpperCase();
  return SAME[text] ?? text;
}

/**
 * The slot of a listed asset by a venue's symbol; undefined if none is meant.
 * @param as symbols that count as another, one for one
 */
export function slotNamed(
  listing: Listing,
  symbol: string,
  as: Readonly<Record<string, string>> = {},
): number | undefined {
  const text = symbol.toUpperCase();
  const named = as[text] ?? text;
  return slotOf(listing, named) ?? slotOf(listing, SAME[named] ?? named);
}

/** The listed asset of a perpetual's base, and how many of its units are in one: 1000SHIB, SHIB1000, kSHIB. */
export function scaledSlot(
  base: string,
  slotOfSymbol: (symbol: string) => number | undefined,
): { slot: number; multiplier: bigint } | undefined {
  const slot = slotOfSymbol(base);
  if (slot !== undefined) return { slot, multiplier: 1n };
  const kilo = /^k([A-Z0-9]+)$/.exec(base)?.[1];
  const prefix = PREFIX.exec(base.toUpperCase());
  const suffix = SUFFIX.exec(base.toUpperCase());
  const [factor, rest] =
    kilo !== undefined
      ? ["1000", kilo]
      : prefix
        ? [prefix[1], prefix[2]]
        : suffix
          ? [suffix[2], suffix[1]]
          : [];
  const scaled = rest === undefined ? undefined : slotOfSymbol(rest);
  if (scaled === undefined) return undefined;
  return { slot: scaled, multiplier: factor === "1M" ? 1_000_000n : BigInt(factor ?? "1") };
}

/** Base and quote of a name without marks, such as BTCUSDT; undefined where it ends with no known quote. */
export function splitInstrument(name: string): { base: string; quote: string } | undefined {
  const text = name.toUpperCase();
  const quote = QUOTES.find((one) => text.endsWith(one) && text.length > one.length);
  return quote === undefined ? undefined : { base: text.slice(0, -quote.length), quote };
}

/** Base and quote of the names that venues give perpetuals which pay dollars. @throws FormatError for inverse ones */
export function linearName(
  name: string,
  lists: (symbol: string) => boolean,
  path: string,
): { base: string; quote: string } {
  const text = name.toUpperCase();
  const marked =
    /^([A-Z0-9]+)[-_/](USDT|USDC|FDUSD)(?:[:-](?:USDT|USDC|SWAP|PERP|PERPETUAL))?$|^([A-Z0-9]+)_(USDC|USDT)-PERPETUAL$/.exec(
      text,
    );
  if (marked !== null) return { base: marked[1] ?? marked[3] ?? "", quote: marked[2] ?? marked[4] ?? "" };
  const split = splitInstrument(text);
  if (split !== undefined && split.quote !== "USD" && lists(split.base)) return split;
  if (/USD(_PERP)?$|-PERPETUAL$|-USD-SWAP$/.test(text) && split?.quote !== "USDT")
    throw new FormatError(
      path,
      "an asset, or a perpetual that pays USDT or USDC",
      "the name of an inverse contract; write its size in coins under the asset's own symbol",
    );
  return { base: name, quote: "USD" };
}

/** Whether an instrument is named as an option: BTC-27JUN25-100000-C. */
export function isOption(symbol: string): boolean {
  return /[-_ ][0-9]+(?:[.d][0-9]+)?-[CP](-USDT)?$/i.test(symbol);
}

/** Whether an instrument is named as a dated future: BTC-27JUN25, BTCUSDT_250627. */
export function isDated(symbol: string): boolean {
  return /[-_][0-9]{1,2}[A-Z]{3}[0-9]{2}$|[-_][0-9]{6}$/i.test(symbol);
}
