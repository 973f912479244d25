import { Command } from "commander";
import { UnknownAssetError } from "../../errors.js";
import { checkListing, listingDigest } from "../../protocol/listing.js";
import {
  type AssetTerms,
  assetNamed,
  committedListing,
  DEFAULT_ASSETS,
  type ListingFile,
  parseListing,
  serialiseListing,
} from "../../protocol/listingFile.js";
import { suitedDecimals } from "../../risk/backtest/history.js";
import { type PriceOptions, withPrices } from "../arguments.js";
import { joinedPrices, priceNotes, readListingFile, statedNotes } from "../files.js";
import { json, pairs, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";

/** `zkmargin listing`: which assets there are, and what commands need to know of them. */
export function listingCommand(io: Io): Command {
  return new Command("listing")
    .description("Make and check a listing: the assets of books, markets and deployments.")
    .addCommand(newCommand(io))
    .addCommand(showCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin listing new --prices closes.csv --pegged USDC --out listing.json
  $ zkmargin listing show listing.json`,
    );
}

/** `zkmargin listing new`: a listing of the assets that price files hold. */
function newCommand(io: Io): Command {
  const command = new Command("new").description("Make a listing of the assets that price files hold.");
  return withPrices(command, "the shipped history")
    .option(
      "--pegged <symbol>",
      "an asset that holds its value, such as USDC; repeat it for several",
      several,
    )
    .requiredOption("--out <file>", "listing to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
An asset's quantum is the smallest of 10^-10 units and more that was worth a millionth of a dollar at the last close. Edit the
file to state what prices do not tell: each asset's depth (what calibration needs), token, feed, and names in exports.

A listing is final once a book is committed to: symbols, quanta and their order are part of every commitment.

Examples:
  $ zkmargin listing new --prices closes.csv --pegged USDC --pegged TBILL --out listing.json
  $ zkmargin listing new --prices BTC=BTCUSDT-1d-2024-08.csv --prices ETH=eth.json --price USDC=1 --pegged USDC --out listing.json`,
    )
    .action(async (options: PriceOptions & { pegged?: readonly string[]; out: string; json?: boolean }) => {
      await checkOutput(options.out);
      const { price, ...files } = options;
      const joined = await joinedPrices(io, files, DEFAULT_ASSETS, { open: true });
      const last = new Map(
        joined.assets.map((asset, u) => [
          asset,
          joined.rows.findLast(({ closes }) => closes[u] != null)?.closes[u] ?? 0n,
        ]),
      );
      for (const [asset, value] of price ?? []) last.set(asset, value);
      for (const symbol of options.pegged ?? [])
        if (!last.has(symbol))
          throw new UnknownAssetError(
            "--pegged",
            `an asset of the prices (${[...last.keys()].join(", ")})`,
            JSON.stringify(symbol),
          );
      const assets = [...last].map(
        ([symbol, close]): AssetTerms => ({
          symbol,
          decimals: assetNamed(DEFAULT_ASSETS, symbol)?.decimals ?? suitedDecimals(close),
          pegged: options.pegged?.includes(symbol) ?? false,
          names: assetNamed(DEFAULT_ASSETS, symbol)?.names ?? [],
        }),
      );
      // Pegged assets first, as in the built-in listing.
      const listing = assets.toSorted((a, b) => Number(b.pegged) - Number(a.pegged));
      checkListing(listing);
      const text = serialiseListing(listing);
      parseListing(text);
      await save(io, options.out, text, "listing");
      if (options.json)
        return io.out(json({ file: options.out, ...listingJson(listing), ignored: joined.ignored }));
      io.out(`Wrote ${options.out}\n\n${listingText(listing)}\n`);
      io.out(
        pairs([
          ["digest", String(listingDigest(listing))],
          ...priceNotes(joined, listing),
          ...statedNotes(options),
        ]),
      );
    });
}

/** `zkmargin listing show`: what a listing says. */
function showCommand(io: Io): Command {
  return new Command("show")
    .description("Check a listing and show it.")
    .argument("[listing]", "listing file, or - for standard input; the built-in listing by default")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The digest is what proofs and contracts have of a listing: symbols, quanta and their order.

Examples:
  $ zkmargin listing show
  $ zkmargin listing show listing.json`,
    )
    .action(async (path: string | undefined, options) => {
      const listing = await readListingFile(io, path);
      if (options.json) return io.out(json(listingJson(listing)));
      io.out(`${listingText(listing)}\n${pairs([["digest", String(listingDigest(listing))]])}`);
    });
}

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function listingJson(listing: ListingFile) {
  return { digest: listingDigest(committedListing(listing)), assets: listing };
}

function listingText(listing: ListingFile): string {
  return table(
    ["slot", "asset", "decimals", "pegged", "depth, $m", "spread, bps", "feed", "token", "names"],
    listing.map(({ symbol, decimals, pegged, depth, feed, token = "", oracle, names }, u) => [
      String(u),
      symbol,
      String(decimals),
      pegged ? "yes" : "",
      depth === undefined ? "" : String(depth.millions),
      depth === undefined ? "" : String(depth.spread),
      feed === undefined ? "" : (oracle ?? "yes"),
      token,
      names.join(", "),
    ]),
    { text: [1, 3, 6, 7, 8] },
  );
}
