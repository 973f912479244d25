import { Command } from "commander";
import { DEFAULT_WINDOW } from "../../../market/build.js";
import { marketDigest, serialiseMarket } from "../../../market/file.js";
import { PRESETS } from "../../../risk/presets.js";
import { signedNumber, wholeNumber } from "../../arguments.js";
import { json, pairs } from "../../format.js";
import { checkOutput, type Io, save } from "../../io.js";
import { buildMarketFile, DEFAULT_PROFILE } from "../../markets.js";
import { acceptJumpOption } from "../risk/calibrationOptions.js";

/** `zkmargin market build`: a market from price history. */
export function buildCommand(io: Io): Command {
  return new Command("build")
    .description("Build a market from price history for one date.")
    .requiredOption("--date <yyyy-mm-dd>", "day whose close is used")
    .option("--history <csv>", "daily closes; the shipped history (2019-10-01 to 2021-07-06) by default")
    .option(
      "--window <days>",
      "days of the time-weighted average, the date included",
      wholeNumber,
      DEFAULT_WINDOW,
    )
    .option(
      "--profile <name|file>",
      `risk profile: ${PRESETS.map(({ name }) => name).join(", ")}, or a profile file`,
      DEFAULT_PROFILE,
    )
    .option("--funding <csv>", "cumulative funding: asset,index in dollars per unit")
    .option(
      "--funding-rate <bps>",
      "instead: basis points of each close a day, accrued from the first day; negative where shorts pay",
      signedNumber,
    )
    .addOption(acceptJumpOption())
    .requiredOption("--out <file>", "market file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
low and high are the smaller and the larger of the day's close and its n-day time-weighted average. An asset that was
not yet priced on the first of these days, or is not in the profile, is left out of the market, which then has a
listing of its own: give such a market to the book commands (--market). Exit code 3 names a close among them that looks like a
redenomination or a bad print.

Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market build --date 2021-05-17 --profile rate-perps --funding-rate 3 --out market.json
  $ zkmargin market build --date 2020-03-12 --profile collateralised-debt --out black-thursday.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const { market, leftOut } = await buildMarketFile(io, options);
      await save(io, options.out, serialiseMarket(market), "market");
      const { profile, source } = market;
      const digest = marketDigest(market);
      if (options.json)
        return io.out(json({ file: options.out, profile: profile.name, date: source.date, digest, leftOut }));
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["market", `${profile.name} on ${source.date}`],
          ["digest", digest],
          ...(leftOut.length === 0
            ? []
            : [["left out", `${leftOut.join(", ")}: not yet priced, or not in the profile`] as const]),
        ]),
      );
    });
}
