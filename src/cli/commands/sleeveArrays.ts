import { Command } from "commander";
import { serialiseBook } from "../../book/bookFile.js";
import { denseBook } from "../../book/opening.js";
import { type SleeveArrays, type SleeveBand, serialiseSleeveArrays } from "../../book/sleeveFile.js";
import { FindingsError, MissingFieldError } from "../../errors.js";
import { parseSleeve, type Sleeve } from "../../risk/options/sleeve.js";
import { saltedArrays, sleeveSalt } from "../../risk/options/sleeveDetail.js";
import { explainSleeve, type ScenarioChange } from "../../risk/options/sleeveExplain.js";
import { reviewSleeve } from "../../risk/options/sleeveReview.js";
import { sleeveEnd } from "../../risk/options/sleeveValues.js";
import { arbitrageIn, parseSurface, type Surface } from "../../risk/options/surface.js";
import { wholeNumber } from "../arguments.js";
import { readBookFile, readMarketFile, readSecretFile } from "../files.js";
import { dollars, json, pairs, shortPercent, table } from "../format.js";
import { checkOutput, type Io, readInput, save } from "../io.js";
import {
  type BandOptions,
  bandOptions,
  DEFAULT_HOURS,
  movesOf,
  type RuleOptions,
  ruleOf,
  ruleOptions,
} from "../sleeveOptions.js";

const HOUR = 3600;
/** `zkmargin sleeve arrays`: what a sleeve is to a proof. */
export function arraysCommand(io: Io): Command {
  return bandOptions(ruled(new Command("arrays")))
    .description("Make the tangent and the arrays of a sleeve, for a book and a market.")
    .requiredOption("--book <file>", "the rest of the account's book")
    .requiredOption("--secret <file>", "the institution's secret, from which the detail's salt is derived")
    .option(
      "--funding-weight <n>",
      "how many times funding counts in the band; 0 if it is not to move",
      wholeNumber,
      10,
    )
    .option(
      "--until <seconds>",
      `unix seconds; ${DEFAULT_HOURS} hours on, or the first settlement, by default`,
      wholeNumber,
    )
    .requiredOption("--out <file>", "file of arrays to write; an existing one is replaced")
    .option("--book-out <file>", "book to write: the same book with these arrays as its sleeve")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The arrays bound the sleeve until its end, at every price within the band of the market's low and high. They bound it through
the stated moves of volatility, basis and funding too. Volatilities stay with their strikes. Amounts are cents, rounded against
the account. With --book-out they go into a copy of the book, which can then be committed and proven. Both files also hold what the
arrays were made from: positions, surface and market, for an archive and an auditor. Keep them as private as the book.

With calibrated, the scenarios are the market's own, each with volatility up, as it is and down, at every price on the way. A
venue's rule needs a market with its scenarios: zkmargin sleeve profile.

Examples:
  $ zkmargin sleeve arrays sleeve.csv --surface surface.json --market market.json --book desk.json --secret desk.secret --out desk.arrays.json --book-out desk.full.json
  $ zkmargin sleeve arrays sleeve.csv --surface surface.json --market market.json --book desk.json --secret desk.secret --band 50 --volatility-band 100 --out desk.arrays.json`,
    )
    .action(async (path: string, options) => {
      await checkOutput(options.out);
      if (options.bookOut !== undefined) await checkOutput(options.bookOut);
      const { sleeve, surface, market, rule, warnings } = await readRequest(io, path, options);
      const file = await readBookFile(io, options.book, market.listing);
      const { sleeve: _, ...linear } = file;
      const book = denseBook(linear, market.listing, market.listing.length);
      const band = bandOf(options, sleeve, surface);
      const request = { sleeve, surface, market, rule, band };
      const salt = sleeveSalt(await readSecretFile(io, options.secret), file.account, file.sequence);
      const made = saltedArrays({ ...request, book }, salt);
      if (options.bookOut !== undefined) {
        const whole = { ...file, sleeve: made };
        denseBook(whole, market.listing, market.listing.length);
        await save(io, options.bookOut, serialiseBook(whole), "book");
      }
      await save(io, options.out, serialiseSleeveArrays(made), "sleeveArrays");
      const { sources: _sources, ...arrays } = made;
      if (options.json) return io.out(json({ file: options.out, ...arrays, warnings }));
      for (const warning of warnings) io.err(`warning: ${warning}\n`);
      io.out(
        `Wrote ${options.out}\n${arraysText(
          arrays,
          market.profile.scenarios.map(({ name }) => name),
        )}`,
      );
    });
}

/** `zkmargin sleeve check`: computes a book's sleeve again. */
export function checkCommand(io: Io): Command {
  return ruled(new Command("check"))
    .description(
      "Compute a book's sleeve again from positions, surface and market, and say where it differs.",
    )
    .requiredOption("--book <file>", "the book with its sleeve")
    .option("--secret <file>", "the institution's secret, to check the detail too")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
For attesters before they sign, with their own records of the positions, and for auditors. A number that is better for the account than
it should be is "too kind". A field that positions, prices or terms contradict is "another". Numbers that are worse for the
account are no finding. The command names fields and no amount. It exits with code 9 if it finds something.

Example:
  $ zkmargin sleeve check sleeve.csv --surface surface.json --market market.json --book desk.full.json --secret desk.secret`,
    )
    .action(async (path: string, options) => {
      const { sleeve, surface, market, rule } = await readRequest(io, path, options);
      const file = await readBookFile(io, options.book, market.listing);
      const { sleeve: arrays, ...linear } = file;
      if (arrays === undefined)
        throw new MissingFieldError(
          "book.sleeve",
          "a book with a sleeve (zkmargin sleeve arrays --book-out)",
          "none",
        );
      const book = denseBook(linear, market.listing, market.listing.length);
      const secret = options.secret === undefined ? undefined : await readSecretFile(io, options.secret);
      const salt = secret && sleeveSalt(secret, file.account, file.sequence);
      const findings = reviewSleeve(arrays, { sleeve, surface, market, rule, book }, salt);
      if (options.json) io.out(json({ findings }));
      else if (findings.length === 0)
        io.out(
          `The sleeve is what its positions give${salt === undefined ? "; without --secret its detail was not checked" : ""}.\n`,
        );
      else
        io.out(
          table(
            ["field", "is"],
            findings.map(({ field, fault }) => [field, FAULTS[fault]]),
            { text: [0, 1] },
          ),
        );
      if (findings.length > 0)
        throw new FindingsError(`${findings.length} of the sleeve's fields are not what its positions give`);
    });
}

const FAULTS = { kind: "too kind", other: "another" } as const;

/** `zkmargin sleeve explain`: where each scenario hurts. */
export function explainCommand(io: Io): Command {
  return ruled(new Command("explain"))
    .description("Show the worst place of each scenario, and what each position changes by there.")
    .option("--scenario <name>", "show the positions of this scenario alone")
    .option("--json", "print JSON: every position in every scenario")
    .addHelpText(
      "after",
      `
At the surface's prices and time, without the band that arrays add. "price" is where on its way a scenario is the worst for
the positions, and "volatility" how it moves there. A venue's haircuts and contingencies are left out. zkmargin sleeve price
has the greeks. Keep the output as private as the sleeve.

Examples:
  $ zkmargin sleeve explain sleeve.csv --surface surface.json --market market.json
  $ zkmargin sleeve explain sleeve.csv --surface surface.json --market market.json --scenario crash`,
    )
    .action(async (path: string, options) => {
      const { sleeve, surface, market, rule, warnings } = await readRequest(io, path, options);
      const changes = explainSleeve(sleeve, { surface, market, rule });
      const shown =
        options.scenario === undefined
          ? changes
          : changes.filter(({ scenario }) => scenario === options.scenario);
      if (options.json) return io.out(json({ rule: rule.name, scenarios: shown, warnings }));
      for (const warning of warnings) io.err(`warning: ${warning}\n`);
      io.out(explainText(shown, options.scenario !== undefined));
    });
}

function ruled(command: Command): Command {
  return ruleOptions(
    command
      .argument("<sleeve>", "positions: CSV or zkmargin/sleeve@1; - for standard input")
      .requiredOption("--surface <file>", "surface file (zkmargin sleeve surface)")
      .requiredOption("--market <file>", "market file (zkmargin market build)"),
    "calibrated",
  );
}

async function readRequest(
  io: Io,
  path: string,
  options: RuleOptions & { readonly surface: string; readonly market: string },
) {
  const surface = parseSurface(await readInput(io, options.surface, "surface"));
  const market = await readMarketFile(io, options.market);
  const sleeve = parseSleeve(await readInput(io, path, "sleeve"));
  return { sleeve, surface, market, rule: ruleOf(options), warnings: arbitrageIn(surface) };
}

function bandOf(
  options: BandOptions & { readonly fundingWeight: number; readonly until?: number },
  sleeve: Sleeve,
  surface: Surface,
): SleeveBand {
  return {
    ...movesOf(options),
    fundingWeight: options.fundingWeight === 0 ? null : options.fundingWeight,
    until: options.until ?? sleeveEnd(sleeve, surface, surface.time + DEFAULT_HOURS * HOUR),
  };
}

/** Cents as dollars, for people. */
const cash = (cents: bigint) => dollars(cents * 10n ** 24n);
const ofDouble = (x: number) => cash(BigInt(Math.round(x * 100)));

function arraysText(arrays: SleeveArrays, names: readonly string[]): string {
  const { band, tangents, value, gains, charge, slack } = arrays;
  const tangentRows = tangents.map(({ asset, perp, basis }) => [
    asset,
    String(perp),
    cash(basis / 10n ** 16n),
  ]);
  return [
    pairs([
      ["rule", arrays.rule],
      ["prices", `within ${shortPercent(band.price)} % of the market's low and high`],
      ["until", new Date(band.until * 1000).toISOString()],
    ]),
    table(["tangent", "perp, quanta", "basis"], tangentRows),
    pairs([
      ["least value", cash(value)],
      ["charge", cash(charge)],
      ["slack", cash(slack)],
    ]),
    table(
      ["scenario", "least gain"],
      gains.map((gain, s) => [names[s] ?? "", cash(gain)]),
    ),
  ].join("\n");
}

function explainText(changes: readonly ScenarioChange[], byPosition: boolean): string {
  const symbols = [...new Set(changes.map(({ symbol }) => symbol))];
  return symbols
    .map((symbol) => {
      const own = changes.filter((each) => each.symbol === symbol);
      const rows = own.map(({ scenario, factor, volatility, change }) => [
        scenario,
        `${shortPercent(Math.round((factor - 1) * 10_000))} %`,
        volatility,
        ofDouble(change),
      ]);
      const head = `${symbol}\n${table(["scenario", "price", "volatility", "change"], rows, { text: [0, 2] })}`;
      if (!byPosition) return head;
      const positions = own
        .flatMap((each) => each.positions)
        .map(({ name, change }) => [name, ofDouble(change)]);
      return `${head}\n${table(["position", "change"], positions)}`;
    })
    .join("\n");
}
