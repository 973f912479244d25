import { Command } from "commander";
import { denseBook } from "../../../book/opening.js";
import { parseStrictJson } from "../../../encoding/strictJson.js";
import { MissingFieldError, UsageError } from "../../../errors.js";
import { denseMarket } from "../../../market/file.js";
import { parseHistory } from "../../../market/history.js";
import type { Listing } from "../../../protocol/listing.js";
import type { NamedJump } from "../../../risk/jumps.js";
import {
  joinShock,
  movesIfAny,
  movesOn,
  NAMED_DAYS,
  parseShocks,
  readShocks,
  type Shock,
} from "../../../risk/shocks.js";
import { type Stress, stress } from "../../../risk/stress.js";
import { tierOption } from "../../arguments.js";
import { readBookFile, readMarketFile } from "../../files.js";
import { json } from "../../format.js";
import { type Io, readInput } from "../../io.js";
import { shippedHistory } from "../../markets.js";
import { acceptJumpOption } from "./calibrationOptions.js";
import { type StressReport, stressJson } from "./stress/json.js";
import { stressText } from "./stress/text.js";

interface StressOptions {
  readonly day?: string;
  readonly shock?: string;
  readonly shocks?: string;
  readonly history?: string;
  readonly acceptJump?: readonly NamedJump[];
}

/** `zkmargin risk stress`: a book on a bad day. */
export function stressCommand(io: Io): Command {
  return new Command("stress")
    .description(
      "Put a book through a day of the past, or shocks of your own, and show what breaks and where.",
    )
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option("--day <yyyy-mm-dd>", "a day of the price history: every price moves as it did on that day")
    .option(
      "--shock <moves>",
      "moves in basis points, such as BTC=-3000,ETH=-3500; they come before those of a day",
    )
    .option("--shocks <file>", "instead: a shocks file")
    .option("--history <csv>", "daily closes; the shipped history by default")
    .addOption(acceptJumpOption())
    .addOption(tierOption())
    .option("--json", "print JSON: amounts in 10^-26 dollars, moves, factors and points in basis points")
    .addHelpText(
      "after",
      `
With neither a day nor shocks it shows the named days of the shipped history, one by one:
${NAMED_DAYS.map(({ date, name }) => `  ${date}  ${name}`).join("\n")}

Prices go in a straight line from the market's to the shocked ones. For each threshold the first point of this path, in
hundredths of a percent, is exact. Parameters and funding stay as they are, and nothing is traded on the way.

A day on which an asset that the book holds had no price, or the day before, is not tested: nothing stands in for a price. The
output says how many days were tested and why the others were not; --shock gives an asset a move.

The output tells what the book holds: keep it as private as the book. The exit code is 0 whatever breaks, and 3 if no day was tested.

Examples:
  $ zkmargin risk stress desk.json --market market.json
  $ zkmargin risk stress desk.json --market market.json --day 2020-03-12
  $ zkmargin risk stress desk.json --market market.json --shock BTC=-3000,ETH=-3500`,
    )
    .action(async (bookPath: string, options) => {
      if (options.shock !== undefined && options.shocks !== undefined)
        throw new UsageError("expected --shock or --shocks, got both; keep one");
      const market = await readMarketFile(io, options.market);
      const shocks = await chosenShocks(io, options, market.listing);
      const file = await readBookFile(io, bookPath, market.listing);
      const book = denseBook(file, market.listing, options.tier.assets);
      const dense = denseMarket(market, options.tier);
      const report: StressReport = {
        file,
        market,
        stresses: shocks.map((shock) => stress(book, dense, market.listing, shock)),
      };
      if (report.stresses.every(({ cascade }) => cascade === null))
        throw notTested(report.stresses, market.listing, options.day);
      io.out(options.json ? json(stressJson(report)) : stressText(report));
    });
}

/** Names what the public history lacks of what the market lists, not what the book holds of it. */
function notTested(
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

async function chosenShocks(io: Io, options: StressOptions, listing: Listing): Promise<Shock[]> {
  const own = await ownShocks(io, options, listing);
  if (options.day === undefined && own !== null) return [joinShock(own.name, listing, null, own.shocks)];
  const history = parseHistory(await readInput(io, options.history ?? shippedHistory(), "prices"));
  const days =
    options.day === undefined
      ? NAMED_DAYS
      : [NAMED_DAYS.find(({ date }) => date === options.day) ?? { date: options.day, name: options.day }];
  if (options.day === undefined && !history.days.some((day) => days.some(({ date }) => date === day.date)))
    throw new UsageError("expected --day: this history has none of the named days");
  const movesOf = options.day === undefined ? movesIfAny : movesOn;
  return days.map(({ date, name }) => {
    const title = name === date ? date : `${date}, ${name}`;
    return joinShock(
      own === null ? title : `${title}, with ${own.name}`,
      listing,
      movesOf(history, listing, date, options.acceptJump),
      own?.shocks ?? {},
    );
  });
}

async function ownShocks(io: Io, { shock, shocks }: StressOptions, listing: Listing) {
  if (shock !== undefined) return { name: "shocks given", shocks: parseShocks(shock, listing) };
  if (shocks === undefined) return null;
  return readShocks(parseStrictJson(await readInput(io, shocks, "shocks"), "shocks"), listing);
}
