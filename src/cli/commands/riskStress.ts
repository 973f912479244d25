import { Command } from "commander";
import { denseBook } from "../../book/opening.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { MissingFieldError, UsageError } from "../../errors.js";
import { denseMarket } from "../../market/file.js";
import { rowOf } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import type { NamedJump } from "../../risk/jumps.js";
import {
  joinShock,
  movesIfAny,
  movesOn,
  NAMED_BASES,
  NAMED_DAYS,
  parseShocks,
  readShocks,
  type Shock,
} from "../../risk/shocks.js";
import { type Stress, stress } from "../../risk/stress.js";
import { acceptJumpOption, type PriceOptions, tierOption, withListing, withPrices } from "../arguments.js";
import { checkExport, writeExport } from "../export.js";
import {
  priceNotes,
  readBookFile,
  readDailyHistory,
  readListingFile,
  readMarketFile,
  SHIPPED_WORDS,
  statedNotes,
} from "../files.js";
import { json } from "../format.js";
import { type Io, readInput } from "../io.js";
import { type StressReport, stressExport, stressJson, stressText } from "./riskStressReport.js";

interface StressOptions extends PriceOptions {
  readonly day?: string;
  readonly shock?: string;
  readonly shocks?: string;
  readonly basis?: string;
  readonly funding?: string;
  readonly acceptJump?: readonly NamedJump[];
}

/** `zkmargin risk stress`: a book on a bad day. */
export function stressCommand(io: Io): Command {
  const command = new Command("stress").description(
    "Put a book through a day of the past, or shocks of your own, and show what breaks and where.",
  );
  return withListing(withPrices(command, SHIPPED_WORDS))
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option("--day <yyyy-mm-dd>", "a day of the price history: every price moves as it did on that day")
    .option(
      "--shock <moves>",
      "moves in basis points or percent, such as BTC=-3000,ETH=-35%; they replace those of a day",
    )
    .option("--shocks <file>", "instead: a shocks file")
    .option(
      "--basis <moves>",
      "where perpetuals end beside their index: BTC=-10%, or all=-10% for every asset",
    )
    .option("--funding <moves>", "what longs pay shorts in funding, of the price at the start: all=0.9%")
    .addOption(acceptJumpOption())
    .option("--csv <file>", "write a row for each day as CSV too")
    .option("--html <file>", "write a page too, which loads nothing and prints")
    .addOption(tierOption())
    .option("--json", "print JSON: amounts in 10^-26 dollars, moves, factors and points in basis points")
    .addHelpText(
      "after",
      `
With neither a day nor shocks it shows the named days of the shipped history and the named bases of perpetuals, one by one:
${NAMED_DAYS.map(({ date, name }) => `  ${date}  ${name}`).join("\n")}
${NAMED_BASES.map(({ name, basis }) => `  basis ${basis / 100} %  ${name}`).join("\n")}

Prices move in a straight line from the market's to the shocked ones. The point at which each threshold is first crossed is
exact, in hundredths of a percent. Parameters stay fixed, and nothing is traded on the way. A perpetual ends at its index, or
beside it where --basis says so: its holder gains or loses that as well. A file of shocks may state all three in percent.

The command does not test a day if an asset of the book had no price on that day or the day before. The output counts such
days and says why; --shock gives an asset its own move. Assets that --listing calls pegged may stand still.

The output shows the book's holdings: keep it as private as the book. The exit code is 0 whatever breaks, and 3 if no day was
tested.

Examples:
  $ zkmargin risk stress desk.json --market market.json
  $ zkmargin risk stress desk.json --market market.json --day 2020-03-12
  $ zkmargin risk stress desk.json --market market.json --day 2024-08-05
  $ zkmargin risk stress desk.json --market market.json --shock BTC=-30%,ETH=-35%
  $ zkmargin risk stress desk.json --market market.json --basis BTC=-10% --funding all=0.9%`,
    )
    .action(async (bookPath: string, options) => {
      if (options.shock !== undefined && options.shocks !== undefined)
        throw new UsageError("expected --shock or --shocks, got both; keep one");
      await checkExport(options);
      const market = await readMarketFile(io, options.market);
      const { shocks, notes } = await chosenShocks(io, options, market.listing);
      const file = await readBookFile(io, bookPath, market.listing);
      const book = denseBook(file, market.listing, options.tier.assets);
      const dense = denseMarket(market, options.tier);
      const report: StressReport = {
        file,
        market,
        notes,
        stresses: shocks.map((shock) => stress(book, dense, market.listing, shock)),
      };
      if (report.stresses.every(({ cascade }) => cascade === null))
        throw nothingTested(report.stresses, market.listing, options.day);
      await writeExport(io, options, stressExport(report));
      io.out(options.json ? json(stressJson(report)) : stressText(report));
    });
}

/** Names what the public history lacks of what the market lists, not what the book holds of it. */
function nothingTested(
  stresses: readonly Stress[],
  listing: Listing,
  day: string | undefined,
): MissingFieldError {
  const unpriced = listing.filter((_, u) => stresses.every(({ shock }) => (shock.moves[u] ?? null) === null));
  return new MissingFieldError(
    day === undefined ? "history" : `history.${day}`,
    "a close of each asset that the book holds, on the day and on the day before as well (--shock gives a move instead)",
    `none of some; of the listed assets without one: ${unpriced.map(({ symbol }) => symbol).join(", ") || "others each day"}`,
  );
}

/** The shocks, and what the reading of the prices behind them left out. */
async function chosenShocks(
  io: Io,
  options: StressOptions,
  listing: Listing,
): Promise<{ readonly shocks: readonly Shock[]; readonly notes: readonly [string, string][] }> {
  const own = await ownShocks(io, options, listing);
  if (options.day === undefined && own !== null)
    return { shocks: [joinShock(own.name, listing, null, own)], notes: [] };
  const assets = await readListingFile(io, options.listing);
  const { history, report } = await readDailyHistory(io, options, assets, { "--day": options.day });
  if (options.day !== undefined) rowOf(history, options.day, "--day");
  const days =
    options.day === undefined
      ? NAMED_DAYS
      : [NAMED_DAYS.find(({ date }) => date === options.day) ?? { date: options.day, name: options.day }];
  if (options.day === undefined && !history.days.some((day) => days.some(({ date }) => date === day.date)))
    throw new UsageError("expected --day: this history has none of the named days");
  const movesOf = options.day === undefined ? movesIfAny : movesOn;
  const shocks = days.map(({ date, name }) => {
    const title = name === date ? date : `${date}, ${name}`;
    return joinShock(
      own === null ? title : `${title}, with ${own.name}`,
      listing,
      movesOf(history, listing, date, options.acceptJump, peggedAssets(assets)),
      own ?? {},
    );
  });
  const bases = (options.day === undefined ? NAMED_BASES : []).map(({ name, basis }) =>
    joinShock(`basis ${basis / 100} %, ${name}`.replace("-", "−"), listing, null, {
      basis: Object.fromEntries(listing.map(({ symbol }) => [symbol, basis])),
    }),
  );
  return { shocks: [...shocks, ...bases], notes: [...priceNotes(report, assets), ...statedNotes(options)] };
}

/** What the options and a file state together; null where they state nothing. An option comes before the file. */
async function ownShocks(io: Io, { shock, shocks, basis, funding }: StressOptions, listing: Listing) {
  const file =
    shocks === undefined
      ? null
      : readShocks(parseStrictJson(await readInput(io, shocks, "shocks"), "shocks"), listing);
  if (file === null && [shock, basis, funding].every((text) => text === undefined)) return null;
  const stated = (name: string, text: string | undefined, kind: "price" | "perp") =>
    text === undefined ? {} : parseShocks(text, listing, name, kind);
  return {
    name: file?.name ?? "shocks given",
    shocks: { ...file?.shocks, ...stated("shock", shock, "price") },
    basis: { ...file?.basis, ...stated("basis", basis, "perp") },
    funding: { ...file?.funding, ...stated("funding", funding, "perp") },
  };
}
