import { Command, InvalidArgumentError } from "commander";
import { isPrintable } from "../../../encoding/objectReader.js";
import { OutOfRangeError, TooLittleHistoryError } from "../../../errors.js";
import { parseDepths } from "../../../market/assetTables.js";
import { parseDate } from "../../../market/date.js";
import { type PriceTable, parsePriceTable } from "../../../market/history.js";
import { profileToJson, serialiseProfile } from "../../../market/profile.js";
import { DEFAULT_LISTING } from "../../../protocol/listing.js";
import { calibrate, DEFAULT_CALIBRATION } from "../../../risk/calibrate.js";
import { calibratable } from "../../../risk/calibrationData.js";
import { dailyCloses, pricesUntil } from "../../../risk/returns.js";
import { wholeNumber } from "../../arguments.js";
import { json } from "../../format.js";
import { checkOutput, type Io, readInput, save } from "../../io.js";
import { shippedHistory } from "../../markets.js";
import { acceptJumpOption, confidenceOption, halfLifeOption } from "./calibrationOptions.js";
import { calibrationText } from "./calibrationText.js";

/** `zkmargin risk calibrate`: a risk profile from price history. */
export function calibrateCommand(io: Io): Command {
  const defaults = DEFAULT_CALIBRATION;
  return new Command("calibrate")
    .description("Derive a risk profile from price history up to a date.")
    .option("--history <csv>", "daily or hourly closes; the shipped daily history by default")
    .option("--date <yyyy-mm-dd>", "last day to learn from; the last of the history by default")
    .option("--daily", "of an hourly history take the last close of each day, instead of scaling hours")
    .addOption(confidenceOption())
    .option("--horizon <days>", "days over which a loss is measured", wholeNumber, defaults.horizonDays)
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .option(
      "--depths <csv>",
      "what can be traded in a day: asset,millions,spread; the shipped assumptions by default",
    )
    .option("--name <name>", "name of the profile", profileName, "calibrated")
    .requiredOption("--out <file>", "profile file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Only prices up to the date are used. An asset of the built-in listing with fewer than ${defaults.minimumReturns} returns by then is left out
of the profile; the report names it. Exit code 3 names a price that stands still, or jumps as after a redenomination or by a bad print. An hourly history has a first column "time" in Unix seconds.

Examples:
  $ zkmargin risk calibrate --date 2021-05-17 --out calibrated.json
  $ zkmargin risk calibrate --confidence 9950 --horizon 2 --name two-days --out two-days.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const file = parsePriceTable(await readInput(io, options.history ?? shippedHistory(), "prices"));
      const table = options.daily ? dailyCloses(file) : file;
      const prices = options.date === undefined ? table : pricesOn(table, options.date);
      const { listing, leftOut } = calibratable(DEFAULT_LISTING, prices, defaults.minimumReturns);
      if (listing.length === 0)
        throw new TooLittleHistoryError(
          "history",
          `an asset with ${defaults.minimumReturns} returns`,
          leftOut.map(({ asset, why }) => `${asset}: ${why}`).join("; "),
        );
      const { profile, report } = calibrate({
        ...defaults,
        name: options.name,
        listing,
        prices,
        confidence: options.confidence,
        horizonDays: options.horizon,
        liquidationDays: Math.max(options.horizon, defaults.liquidationDays),
        halfLife: options.halfLife,
        acceptJumps: options.acceptJump ?? [],
        ...(options.depths && {
          depths: parseDepths(await readInput(io, options.depths, "depths"), listing),
        }),
      });
      const text = serialiseProfile(profile);
      await save(io, options.out, text, "profile");
      io.out(
        options.json
          ? json({ file: options.out, profile: profileToJson(profile), report, leftOut })
          : `Wrote ${options.out}\n\n${calibrationText(profile, report, leftOut)}`,
      );
    });
}

/** 1 to 64 printable characters, as profile files have them, for commander. */
function profileName(text: string): string {
  if (text.length > 64 || !isPrintable(text))
    throw new InvalidArgumentError("Expected 1 to 64 printable characters such as calibrated.");
  return text;
}

/** The rows up to the end of a day that the table has. */
function pricesOn(table: PriceTable, date: string): PriceTable {
  parseDate(date, "date");
  if (!table.times.some((time) => time.slice(0, 10) === date)) {
    const [first, last] = [table.times[0], table.times.at(-1)];
    throw new OutOfRangeError("date", `a day of the price history, ${first} to ${last}`, date);
  }
  return pricesUntil(table, date);
}
