import { Command } from "commander";
import type { BookFile } from "../../book/bookFile.js";
import { denseBook } from "../../book/opening.js";
import { UsageError } from "../../errors.js";
import { denseMarket } from "../../market/file.js";
import { checkClaim } from "../../protocol/claim.js";
import { healthOf } from "../../protocol/health.js";
import type { Book } from "../../protocol/types.js";
import { basisPoints, DEFAULT_THETA, healthFactor, tierOption, wholeNumber } from "../arguments.js";
import { eachBook, endWithWorst, namedBooks } from "../books.js";
import { checkExport, writeExport } from "../export.js";
import { readBookFile, readMarketFile } from "../files.js";
import { json } from "../format.js";
import type { Io } from "../io.js";
import {
  type HealthReport,
  healthExport,
  healthJson,
  healthsExport,
  healthsJson,
  healthsText,
  healthText,
  weakestFirst,
} from "./healthReport.js";
import { DEFAULT_TRADING_COST, deadlineText, fixJson, fixOf, fixText } from "./marginCall.js";

/** `zkmargin health`: the what-if of a book in a market. */
export function healthCommand(io: Io): Command {
  return new Command("health")
    .description(
      "Show a book's health in a market: the full breakdown, what can be proven, and which price moves would end it. Of several, one table.",
    )
    .argument("<book...>", "book files, folders of them, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points, or as a ratio such as 1.25; 10000 is maintenance margin",
      healthFactor,
      DEFAULT_THETA,
    )
    .option(
      "--fix",
      "write a margin call: the single steps that bring the book above the target, cheapest first",
    )
    .option("--target <bps>", "with --fix: health factor to exceed; theta by default", healthFactor)
    .option("--by <words>", "with --fix: the deadline, as the account's terms say", deadlineText)
    .option(
      "--cash <asset>",
      "with --fix: asset that proceeds are paid in; USDC by default, and to be named where USDC is not listed",
    )
    .option(
      "--trading-cost <bps>",
      `with --fix: lowest cost of a trade, where the profile's liquidity or perpetual margin is lower; ${DEFAULT_TRADING_COST} by default`,
      basisPoints,
    )
    .option("--csv <file>", "write a row for each asset as CSV too")
    .option("--html <file>", "write a page too, which loads nothing and prints")
    .addOption(tierOption())
    .option("--json", "print JSON: amounts in 10^-26 dollars, moves and factors in basis points")
    .addHelpText(
      "after",
      `
The output shows what each position contributes: keep it as private as the book. The exit code is 0 even if the book is
unhealthy; zkmargin prove then exits with 4.

"perp value" is the perpetuals at market less cumulative funding. A fall of "none" means that health survives a fall to zero.
A rise of "none" means that it survives a rise to eleven times the price.

Several books or a folder give one table, the weakest first. A book that is refused is told below it; the exit code is then the
worst of the refused ones. Of a folder the command takes each *.json that is a book.

Examples:
  $ zkmargin health desk.json --market market.json
  $ zkmargin health desk.json --market market.json --theta 12500     # initial margin of 1.25
  $ zkmargin health books --market market.json                       # a folder of books
  $ zkmargin health desk.json --market market.json --fix --target 12500 --by "12:00 UTC"
  $ zkmargin health desk.json --market market.json --csv health.csv --html health.html
  $ zkmargin health - --market market.json --json < desk.json`,
    )
    .action(async (named: readonly string[], options) => {
      const { market: marketPath, theta, tier } = options;
      checkClaim({ theta, envelope: 0, healthy: true, isolated: false });
      const { paths, several } = await namedBooks(io, named);
      if (several && options.fix) throw new UsageError("--fix: expected one book, got several; name one");
      await checkExport(options);
      const market = await readMarketFile(io, marketPath);
      const dense = denseMarket(market, tier);
      const reportOf = (file: BookFile): { book: Book; report: HealthReport } => {
        const book = denseBook(file, market.listing, tier.assets);
        return {
          book,
          report: { file, market, theta, basis: book.basis, health: healthOf(book, dense, theta) },
        };
      };
      if (several) {
        const each = await eachBook(io, paths, market.listing, async (file, path) => ({
          path,
          report: reportOf(file).report,
        }));
        const books = { ...each, done: weakestFirst(each.done) };
        await writeExport(io, options, healthsExport(books, market, theta));
        io.out(options.json ? json(healthsJson(books, market, theta)) : healthsText(books, market, theta));
        return endWithWorst(books);
      }
      const { book, report } = reportOf(await readBookFile(io, paths[0] ?? "", market.listing));
      const fix = fixOf(book, dense, report, options);
      await writeExport(io, options, healthExport(report));
      if (options.json)
        return io.out(json({ ...healthJson(report), ...(fix && { fix: fixJson(market, fix) }) }));
      io.out(fix === undefined ? healthText(report) : healthText(report) + fixText(report, fix));
    });
}
