import { Command } from "commander";
import { profileToJson, serialiseProfile } from "../../market/profile.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import { type CoverProfile, coverProfile, DEFAULT_COVER } from "../../risk/coverProfile.js";
import { acceptJumpOption, wholeNumber, withListing, withPrices } from "../arguments.js";
import { priceNotes, readDailyHistory, readListingFile, SHIPPED_WORDS, statedNotes } from "../files.js";
import { json, pairs, percent, shortPercent, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";

/** `zkmargin risk cover`: the stress profile that caps of a default fund are proven under. */
export function coverCommand(io: Io): Command {
  const defaults = DEFAULT_COVER;
  const command = new Command("cover").description(
    "Make the stress profile of a default fund: the worst days of a history at full size.",
  );
  return withListing(withPrices(command, SHIPPED_WORDS))
    .option("--days <n>", "days that a default takes", wholeNumber, defaults.horizonDays)
    .option(
      "--offset-limit <bps>",
      "share of a position's own worst move that no offset takes away, basis points",
      wholeNumber,
      defaults.offsetLimit,
    )
    .addOption(acceptJumpOption())
    .option("--name <name>", "name of the profile", "cover")
    .requiredOption("--out <file>", "profile file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The profile has the worst falls of all assets at once, the best rises at once, the lowest and the highest day, and days unlike those.
Nothing is weighed down, and all factors are 1. An asset without a price on a day moves as the mean of the others; the command
names it. Put a derived market under this profile beside a deployment's own; the gate on it verifies caps.

Examples:
  $ zkmargin risk cover --out stress.json
  $ zkmargin risk cover --days 5 --listing listing.json --history closes.csv --out stress.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const assets = await readListingFile(io, options.listing);
      const { history, report } = await readDailyHistory(io, options, assets);
      const listing = assets.filter(({ symbol }) => history.assets.includes(symbol));
      const made = coverProfile({
        ...defaults,
        name: options.name,
        listing,
        prices: history,
        horizonDays: options.days,
        offsetLimit: options.offsetLimit,
        pegged: peggedAssets(assets),
        acceptJumps: options.acceptJump ?? [],
      });
      await save(io, options.out, serialiseProfile(made.profile), "profile");
      const notes = [...priceNotes(report, assets), ...statedNotes(options)];
      io.out(
        options.json
          ? json({ file: options.out, ...made, profile: profileToJson(made.profile) })
          : `Wrote ${options.out}\n\n${coverText(made)}${notes.length === 0 ? "" : `\n${pairs(notes)}`}`,
      );
    });
}

function coverText({ profile, from, to, days, scenarios }: CoverProfile): string {
  const symbols = profile.assets.map(({ asset }) => asset);
  const perp = profile.assets[0]?.perpMargin ?? 0;
  return [
    `${profile.name}, from ${days} horizons of ${from} to ${to}; perpetuals ${percent(perp)} of gross\n`,
    table(
      ["scenario, %", ...symbols],
      profile.scenarios.map(({ name, shocks }) => [
        name,
        ...symbols.map((symbol) => shortPercent(shocks[symbol] ?? 0)),
      ]),
    ),
    table(
      ["net exposure, %", ...symbols],
      [["charge", ...profile.assets.map(({ liquidity }) => shortPercent(liquidity))]],
    ),
    pairs(
      scenarios.map(({ name, why, filled }): [string, string] => [
        name,
        filled.length === 0 ? why : `${why}; not priced then: ${filled.join(", ")}`,
      ]),
    ),
  ].join("\n");
}
