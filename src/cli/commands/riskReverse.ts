import { Command } from "commander";
import { denseBook } from "../../book/opening.js";
import { denseMarket, marketDigest } from "../../market/file.js";
import type { Listing } from "../../protocol/listing.js";
import { pricesUntil } from "../../risk/returns.js";
import { type Moves, movesOf, type Reversal, type ReverseMove, reverseStress } from "../../risk/reverse.js";
import {
  DEFAULT_THETA,
  healthFactor,
  type PriceOptions,
  tierOption,
  withListing,
  withPrices,
} from "../arguments.js";
import { checkExport, type ResultFileOptions, type ResultFiles, writeExport } from "../export.js";
import {
  priceNotes,
  readBookFile,
  readListingFile,
  readMarketFile,
  readTable,
  SHIPPED_WORDS,
} from "../files.js";
import { json, pairs, table } from "../format.js";
import type { Io } from "../io.js";

interface ReverseOptions extends PriceOptions, ResultFileOptions {
  readonly market: string;
  readonly theta: number;
  readonly json?: boolean;
}

/** `zkmargin risk reverse`: what would have to happen. */
export function reverseCommand(io: Io): Command {
  const command = new Command("reverse").description(
    "Find the least move of prices that breaks a book, by asset and of all together, in standard deviations of a day.",
  );
  return withListing(withPrices(command, SHIPPED_WORDS))
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option(
      "--theta <bps>",
      "health factor to fall to, basis points, or as a ratio such as 1.1; 10000 is maintenance margin",
      healthFactor,
      DEFAULT_THETA,
    )
    .option("--csv <file>", "write a row for each threshold and asset as CSV too")
    .option("--html <file>", "write a page with a drawing too, which loads nothing and prints")
    .addOption(tierOption())
    .option("--json", "print JSON: moves as shares of the price, distances in standard deviations of a day")
    .addHelpText(
      "after",
      `
Of all moves of the prices that bring the book to the health factor, or its equity to 0, the command shows the likeliest: the one
with the least Mahalanobis distance. Daily moves up to the market's date say how likely. Their covariance is shrunk as Ledoit and
Wolf do. An asset alone moves while the others stand still. Prices move in the statement's own way; nobody trades on the way.

A distance of 3 is a move of three standard deviations in one day, or of two over two days. Real tails are longer than normal ones.

The output shows the book's holdings: keep it as private as the book.

Examples:
  $ zkmargin risk reverse desk.json --market market.json
  $ zkmargin risk reverse desk.json --market market.json --theta 1.25 --html reverse.html`,
    )
    .action(async (bookPath: string, options) => {
      await checkExport(options);
      const market = await readMarketFile(io, options.market);
      const assets = await readListingFile(io, options.listing);
      const { table: prices, report } = await readTable(io, { ...options, daily: true }, assets, {
        "market.source.date": market.source.date,
      });
      const file = await readBookFile(io, bookPath, market.listing);
      const book = denseBook(file, market.listing, options.tier.assets);
      const moves = movesOf(book, market.listing, pricesUntil(prices, market.source.date));
      const found = reverseStress(book, denseMarket(market, options.tier), moves, options.theta);
      const about = { account: file.account, date: market.source.date, profile: market.profile.name };
      await writeExport(io, options, reverseExport(found, market.listing, about));
      if (options.json)
        return io.out(
          json({
            ...about,
            market: marketDigest(market),
            days: moves.days,
            ...reverseJson(found, market.listing),
          }),
        );
      io.out(reverseText(found, market.listing, moves, about, priceNotes(report, assets)));
    });
}

interface About {
  readonly account: string;
  readonly date: string;
  readonly profile: string;
}

function reverseText(
  found: readonly Reversal[],
  listing: Listing,
  { days }: Moves,
  { account, date, profile }: About,
  notes: readonly (readonly [string, string])[],
): string {
  const symbol = (slot: number) => listing[slot]?.symbol ?? "";
  const words = found.map(({ name, joint }) => {
    if (joint === null) return `  ${name}: no move of what it holds reaches it.\n`;
    if (joint.distance === 0) return `  ${name}: the book is there already.\n`;
    const moves = joint.slots.map((slot, i) => `${symbol(slot)} ${percentOf(joint.moves[i] ?? 0)}`);
    const lines = moves.reduce<string[]>((rows, move, i) => {
      const last = rows.at(-1) ?? "";
      if (i > 0 && last.length + move.length < 70) rows[rows.length - 1] = `${last}, ${move}`;
      else rows.push(`    ${move}`);
      return rows;
    }, []);
    return `  ${name}: ${joint.distance.toFixed(2)} standard deviations of a day away, by\n${lines.join("\n")}\n`;
  });
  const slots = found[0]?.alone.map(({ slot }) => slot) ?? [];
  const alone = (move: ReverseMove | null | undefined) =>
    move == null ? ["cannot", ""] : [percentOf(move.moves[0] ?? 0), move.distance.toFixed(2)];
  return [
    `${account}, on ${date} under ${profile}\n`,
    words.join(""),
    `  one asset alone: its move, and how many standard deviations that is\n${table(
      ["asset", ...found.flatMap(({ name }) => [`to ${name}`, "st. dev."])],
      slots.map((slot, i) => [symbol(slot), ...found.flatMap(({ alone: each }) => alone(each[i]?.move))]),
    )}`,
    pairs([["covariance", `${days} days of closes up to ${date}`], ...notes]),
    "  As private as the book: it tells what the book holds.\n",
  ].join("\n");
}

/** A relative move as people read it: −12.3 %. */
function percentOf(move: number): string {
  return `${move < 0 ? "−" : "+"}${Math.abs(move * 100).toFixed(1)} %`;
}

function reverseJson(found: readonly Reversal[], listing: Listing) {
  const plain = (move: ReverseMove | null) =>
    move && {
      distance: move.distance,
      moves: Object.fromEntries(move.slots.map((slot, i) => [listing[slot]?.symbol, move.moves[i]])),
    };
  return {
    thresholds: found.map(({ name, joint, alone }) => ({
      name,
      joint: plain(joint),
      alone: Object.fromEntries(alone.map(({ slot, move }) => [listing[slot]?.symbol, plain(move)])),
    })),
  };
}

function reverseExport(
  found: readonly Reversal[],
  listing: Listing,
  { account, date, profile }: About,
): ResultFiles {
  const rows = found.flatMap(({ name, joint, alone }) => [
    ...(joint?.slots ?? []).map(
      (slot, i) =>
        [
          name,
          "together",
          listing[slot]?.symbol ?? "",
          joint?.moves[i] ?? null,
          joint?.distance ?? null,
        ] as const,
    ),
    ...alone.map(
      ({ slot, move }) =>
        [name, "alone", listing[slot]?.symbol ?? "", move?.moves[0] ?? null, move?.distance ?? null] as const,
    ),
  ]);
  const header = ["threshold", "assets", "asset", "move", "standard_deviations"];
  const slots = found[0]?.alone.map(({ slot }) => slot) ?? [];
  return {
    csv: {
      header,
      rows: rows.map((row) => row.map((value) => (typeof value === "number" ? value.toFixed(6) : value))),
    },
    title: `What would break ${account}`,
    facts: [
      ["prices", date],
      ["profile", profile],
    ],
    charts: [
      {
        title: "How far the thresholds are",
        description:
          "Standard deviations of a day to each threshold: of all held assets together, and of each alone",
        axis: "standard deviations of a day, on a scale of square roots",
        roots: true,
        rows: ["all together", ...slots.map((slot) => `${listing[slot]?.symbol} alone`)],
        series: found.map(({ name, joint, alone }) => ({
          name,
          values: [joint?.distance ?? null, ...alone.map(({ move }) => move?.distance ?? null)],
        })),
      },
    ],
    sheets: [
      {
        title: "Moves",
        header: ["threshold", "assets", "asset", "move", "standard deviations"],
        text: [1, 2],
        rows: rows.map(([name, kind, asset, move, distance]) => [
          name,
          kind,
          asset,
          move === null ? "cannot" : percentOf(move),
          distance === null ? "" : distance.toFixed(2),
        ]),
      },
    ],
  };
}
