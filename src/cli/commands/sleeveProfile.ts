import { Command } from "commander";
import { serialiseProfile } from "../../market/profile.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import { DEFAULT_CALIBRATION } from "../../risk/calibration/options.js";
import { ruleProfile } from "../../risk/options/sleeveRules.js";
import { historicalMoves } from "../../risk/options/volatilityHistory.js";
import { pricesUntil } from "../../risk/returns.js";
import { confidenceOption, halfLifeOption, wholeNumber, withListing, withPrices } from "../arguments.js";
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
