/** What a price file prices: what was said, what its columns are called, and what its name says. */
import { FormatError, UnknownAssetError } from "../errors.js";
import { isSymbol } from "../protocol/listing.js";
import { type AssetTerms, assetNamed, type ListingFile } from "../protocol/listingFile.js";
import type { ReadSeries } from "./priceText.js";

/** A price file and what it was said to hold. */
export interface PriceSource {
  /** What errors and reports call it. */
  readonly path: string;
  readonly text: string;
  /** The asset that it prices, as in `BTC=btc.json`, or `WSTETH/ETH` for a rate; what the file says by default. */
  readonly asset?: string;
}

/** Which assets price files are searched for. */
export interface NamingOptions {
  /** Assets that are looked for. Everything else in the files is passed over, and reported. */
  readonly listing: ListingFile;
  /** Whether a column that names no listed asset, and has the form of a symbol, is an asset of its own. */
  readonly open?: boolean;
}

/** Dollar tokens that exchanges quote prices in. What a price in them is taken for is dollars. */
const DOLLARS = "USDT|USDC|FDUSD|BUSD";

/** An asset that a file prices, and the asset that the price is in; null for dollars. */
export interface Priced {
  readonly asset: string;
  readonly base: string | null;
}

export function symbols(listing: ListingFile): string {
  return listing.map(({ symbol }) => symbol).join(", ");
}

/** What a series prices: what its source was said to hold, else what its own name says, else what the file's name does. */
export function pricedBy(
  source: PriceSource,
  series: ReadSeries,
  count: number,
  options: NamingOptions,
): Priced | undefined {
  if (source.asset === undefined) {
    const name = series.name ?? nameOfFile(source.path);
    const found = pairOf(name, options);
    const other = otherCurrency(name, options.listing);
    if (found === undefined && series.name === null && other !== undefined)
      throw inAnother(source.path, other);
    if (found === undefined && series.name === null)
      throw new UnknownAssetError(
        source.path,
        `the asset before it, as in ${(options.listing.find(({ pegged }) => !pegged) ?? options.listing[0])?.symbol ?? "BTC"}=${source.path}`,
        "a file that does not say what it prices",
      );
    return found;
  }
  const said = pairOf(source.asset, options);
  if (said === undefined)
    throw new UnknownAssetError(
      source.path,
      `a listed asset before "=" (listed are ${symbols(options.listing)}), or a rate such as WSTETH/ETH`,
      JSON.stringify(source.asset),
    );
  if (count > 1)
    throw new FormatError(source.path, `one asset in a file that is given as ${source.asset}`, `${count}`);
  const name = series.name ?? nameOfFile(source.path);
  const other = said.base === null ? otherCurrency(name, options.listing) : undefined;
  if (other !== undefined) throw inAnother(source.path, other);
  const own = pairOf(name, series.name === null ? { ...options, open: false } : options);
  if (own !== undefined && own.asset !== said.asset)
    throw new FormatError(
      source.path,
      `closes of ${said.asset}, as given`,
      series.name === null
        ? `a file whose name says ${own.asset}; if ${said.asset} is meant, rename it`
        : `closes of ${own.asset}`,
    );
  return said;
}

/** Currencies in which venues and vendors quote, beside dollars. */
const CURRENCIES =
  "EUR GBP JPY CHF KRW TRY BRL AUD CAD NZD INR CNY HKD SGD TWD THB IDR PHP VND MXN ARS ZAR NGN RUB UAH PLN CZK SEK NOK DKK AED".split(
    " ",
  );

/** What a name such as `BTC-EUR`, `btc-eur-max` or `ETHBTC` says that its prices are in, if that is another asset than a dollar. */
function otherCurrency(name: string, listing: ListingFile): string | undefined {
  const coins = listing.filter(({ pegged }) => !pegged).map(({ symbol }) => symbol);
  return [...CURRENCIES, ...coins].find((quote) => {
    const base = new RegExp(`^(.+?)[-_/. (]*${quote}\\)?(?:[-_ .:].*)?$`, "i").exec(name)?.[1];
    return base !== undefined && assetNamed(listing, base) !== undefined;
  });
}

function inAnother(path: string, currency: string): UnknownAssetError {
  return new UnknownAssetError(
    path,
    "prices in dollars",
    `a name that says ${currency}; give a rate as ASSET/${currency}=FILE beside the prices of a listed ${currency}`,
  );
}

/** The file's name up to what Binance adds to it: BTCUSDT-1d-2024-08.csv is of BTCUSDT. */
function nameOfFile(path: string): string {
  const file = path.replace(/^.*[\\/]/, "").replace(/\.[A-Za-z]+$/, "");
  return /^([A-Z0-9]+)-\d{1,2}(?:s|m|h|d|w|mo)(?:-\d{4}-\d{2}(?:-\d{2})?)?$/.exec(file)?.[1] ?? file;
}

/** `BTC`, `XBT`, `BTC-USD`, `BTCUSDT` and `BTC/USDT:USDT` are prices in dollars; `WSTETH/ETH` is a rate in another asset. */
function pairOf(name: string, { listing, open }: NamingOptions): Priced | undefined {
  const listed = (text: string): string | undefined => {
    const found: AssetTerms | undefined = assetNamed(listing, text);
    return found?.symbol ?? (open && isSymbol(text) ? text : undefined);
  };
  const known = assetNamed(listing, name);
  if (known !== undefined) return { asset: known.symbol, base: null };
  const unsettled = name.replace(/:[A-Z]+$/, "");
  const joined = new RegExp(`^(.+?)(?:${DOLLARS})$`, "i").exec(unsettled)?.[1];
  const separate = new RegExp(`^(.+?)[-_/](?:USD|${DOLLARS})$`, "i").exec(unsettled)?.[1];
  const inDollars =
    separate ?? (joined === undefined || assetNamed(listing, joined) === undefined ? undefined : joined);
  if (inDollars !== undefined) {
    const asset = listed(inDollars);
    return asset === undefined ? undefined : { asset, base: null };
  }
  const [left = "", right, more] = unsettled.split("/");
  const [asset, base] = [listed(left), listed(right ?? "")];
  if (
    right !== undefined &&
    more === undefined &&
    asset !== undefined &&
    base !== undefined &&
    asset !== base
  )
    return { asset, base };
  const alone = right === undefined ? listed(name) : undefined;
  return alone === undefined ? undefined : { asset: alone, base: null };
}
