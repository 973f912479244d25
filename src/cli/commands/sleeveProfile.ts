import { Command } from "commander";
import { serialiseProfile } from "../../market/profile.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import { checkOptions, DEFAULT_CALIBRATION } from "../../risk/calibration/options.js";
import { ruleProfile } from "../../risk/options/sleeveRules.js";
import { historicalMoves } from "../../risk/options/volatilityHistory.js";
import { pricesUntil } from "../../risk/returns.js";
import { confidenceOption, halfLifeOption, namingOptions, withListing, withPrices } from "../arguments.js";
import { chosenProfile, readListingFile, readTable } from "../files.js";
import { json, pairs, percent, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";
import { ruleOf, ruleOptions } from "../sleeveOptions.js";

/** `zkmargin sleeve profile`: a venue's scenarios as a risk profile. */
export function profileCommand(io: Io): Command {
  return ruleOptions(new Command("profile"), "derive-pmrm-2")
    .description("Make a risk profile with a venue's scenarios, which arrays under its rule need.")
    .option("--base <name|file>", "profile whose factors and charges stay", "portfolio-margin")
    .requiredOption("--out <file>", "profile file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Scenarios that move a perpetual alike are one. All coins move together; a dollar token does not. With calibrated, no profile
is needed: its scenarios are those of any.

Example:
  $ zkmargin sleeve profile --rule deribit --out deribit.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const rule = ruleOf(options);
      const base = await chosenProfile(io, options.base);
      const profile = rule.scenarios === undefined ? base : ruleProfile(rule, base, DEFAULT_LISTING);
      await save(io, options.out, serialiseProfile(profile), "profile");
      const count = profile.scenarios.length;
      if (options.json) return io.out(json({ file: options.out, rule: rule.name, scenarios: count }));
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["rule", rule.name],
          ["scenarios", String(count)],
        ]),
      );
    });
}

/** `zkmargin sleeve moves`: how far volatility moves in a day, by a price history. */
export function movesCommand(io: Io): Command {
  const command = new Command("moves").description(
    "Measure how far volatility moves in a day, from a history of daily closes.",
  );
  return withListing(withPrices(command, "the shipped history"))
    .option("--date <yyyy-mm-dd>", "use closes until this day only")
    .addOption(confidenceOption())
    .addOption(halfLifeOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The rise is the quantile of the daily rises of every coin's volatility, pooled. The fall takes such a rise back. Both are what
the calibrated rule takes as --volatility-up and --volatility-down.

Example:
  $ zkmargin sleeve moves --date 2021-05-17`,
    )
    .action(async (options) => {
      const listing = await readListingFile(io, options.listing);
      const { table } = await readTable(io, { ...options, daily: true }, listing, { "--date": options.date });
      const prices = options.date === undefined ? table : pricesUntil(table, options.date);
      const { confidence, halfLife } = options;
      const chosen = { ...DEFAULT_CALIBRATION, confidence, halfLife };
      namingOptions(() => checkOptions({ ...chosen, listing }));
      const moves = historicalMoves(prices, chosen);
      const bps = (share: number) => Math.round(share * 10_000);
      const [up, down] = [bps(moves.rangeUp), bps(moves.rangeDown)];
      if (options.json) return io.out(json({ volatilityUp: up, volatilityDown: down }));
      io.out(
        pairs([
          ["rise", percent(up)],
          ["fall", percent(down)],
          ["options", `--volatility-up ${up} --volatility-down ${down}`],
        ]),
      );
    });
}
