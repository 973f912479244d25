import { Command, Option } from "commander";
import { FormatError, UsageError } from "../../errors.js";
import { surfaceFromDeribit } from "../../risk/options/deribitSummary.js";
import { type OptionRegime, optionMargin } from "../../risk/options/optionMargin.js";
import { DERIBIT_PORTFOLIO_MARGIN, DERIVE_PMRM_1, DERIVE_PMRM_2 } from "../../risk/options/regimes.js";
import { parseSleeve, serialiseSleeve } from "../../risk/options/sleeve.js";
import { sleeveFromDeribit, surfaceFromCsv } from "../../risk/options/sleeveImports.js";
import { SPAN_EXTREMES } from "../../risk/options/sleeveRules.js";
import { priceSleeve, type UnderlyingSleeve } from "../../risk/options/sleeveValues.js";
import {
  optionsSold,
  type SpanParameters,
  spanFutureArray,
  spanRequirement,
  spanRiskArray,
  spanScenarios,
} from "../../risk/options/span.js";
import { arbitrageIn, parseSurface, type Surface, serialiseSurface } from "../../risk/options/surface.js";
import { basisPoints, cents, wholeNumber } from "../arguments.js";
import { dollars, json, pairs, shortPercent, table } from "../format.js";
import { checkOutput, type Io, readInput, save } from "../io.js";
import { SHORT_MINIMUM, shortMinimumOf } from "../sleeveOptions.js";
import { arraysCommand, checkCommand, explainCommand } from "./sleeveArrays.js";
import { movesCommand, profileCommand } from "./sleeveProfile.js";

const REGIMES: Readonly<Record<string, OptionRegime>> = {
  "derive-pmrm-2": DERIVE_PMRM_2,
  "derive-pmrm-1": DERIVE_PMRM_1,
  deribit: DERIBIT_PORTFOLIO_MARGIN,
};
/** How near each comes to what its venue asks, and whose publication it is. */
const HOW_NEAR: Readonly<Record<string, string>> = {
  "derive-pmrm-2":
    "exact: as Derive's published cases, with the numbers for ETH (github.com/derivexyz/v2-core)",
  "derive-pmrm-1": "exact: as Derive's published portfolios (github.com/derivexyz/v2-core)",
  deribit: "without contingencies between futures, and held to no published case (support.deribit.com)",
  span: "exact for the scan ranges given: as McMillan's arrays (Options as a Strategic Investment)",
};
/** `zkmargin sleeve`: options and dated futures, priced and margined before they enter a book. */
export function sleeveCommand(io: Io): Command {
  return new Command("sleeve")
    .description(
      "Price options, dated futures and payoffs, show their margin, and make the arrays of a proof.",
    )
    .addCommand(priceCommand(io))
    .addCommand(marginCommand(io))
    .addCommand(surfaceCommand(io))
    .addCommand(importCommand(io))
    .addCommand(arraysCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(explainCommand(io))
    .addCommand(profileCommand(io))
    .addCommand(movesCommand(io))
    .addHelpText(
      "after",
      `
A sleeve and its arrays are private; a surface is public.

Examples:
  $ zkmargin sleeve import positions.json --out sleeve.json
  $ zkmargin sleeve surface deribit-summary.json --out surface.json
  $ zkmargin sleeve price sleeve.csv --surface surface.json
  $ zkmargin sleeve margin sleeve.csv --surface surface.json --regime deribit
  $ zkmargin sleeve explain sleeve.csv --surface surface.json --market market.json`,
    );
}

function priceCommand(io: Io): Command {
  return sleeveArguments(new Command("price"))
    .description("Price a sleeve: value and greeks of each position, and of each underlying.")
    .addHelpText(
      "after",
      `
Delta is in coins, gamma in coins for each dollar, vega in dollars for each point of volatility, theta in dollars for each
day. Keep the output as private as the sleeve. A surface that allows a riskless profit is warned of and used.

Examples:
  $ zkmargin sleeve price examples/options/sleeve.csv --surface examples/options/surface.json
  $ zkmargin sleeve price - --surface examples/options/surface.json --json < examples/options/sleeve.csv`,
    )
    .action(async (path: string, options) => {
      const { sleeves, warnings } = await readSleeve(io, path, options.surface);
      if (options.json) return io.out(json({ underlyings: sleeves.map(priceJson), warnings }));
      for (const warning of warnings) io.err(`warning: ${warning}\n`);
      io.out(sleeves.map(priceText).join("\n"));
    });
}

function marginCommand(io: Io): Command {
  return sleeveArguments(new Command("margin"))
    .description("Show what a sleeve loses in each scenario of a regime, and the margin that follows.")
    .addOption(
      new Option("--regime <name>", "whose rule")
        .choices([...Object.keys(REGIMES), "span"])
        .default("derive-pmrm-2"),
    )
    .option("--scan <bps>", "with span: price scan range, basis points of the forward", basisPoints, 1600)
    .option("--volatility-scan <bps>", "with span: volatility scan range, basis points", basisPoints, 1500)
    .option(SHORT_MINIMUM, "with span: least margin of each option sold", cents)
    .addHelpText(
      "after",
      `
Each underlying is margined alone. derive-pmrm-2 is Derive's portfolio margin of 2025, and derive-pmrm-1 the one before it.
deribit is Deribit's for BTC, and span has SPAN's sixteen scenarios with the scan ranges given. docs/OPTIONS.md has
their sources. Dated futures count as perpetuals do in these regimes.

Examples:
  $ zkmargin sleeve margin examples/options/sleeve.csv --surface examples/options/surface.json
  $ zkmargin sleeve margin examples/options/sleeve.csv --surface examples/options/surface.json --regime span --scan 1200`,
    )
    .action(async (path: string, options) => {
      const { sleeves, warnings } = await readSleeve(io, path, options.surface);
      if (sleeves.some(({ hasPayoffs }) => hasPayoffs))
        throw new FormatError(
          "sleeve.payoffs",
          "none: no venue margins a payoff (see sleeve explain)",
          "some",
        );
      const margins = sleeves.map((sleeve) => marginOf(sleeve, options));
      if (options.json)
        return io.out(
          json({ regime: options.regime, howNear: HOW_NEAR[options.regime], underlyings: margins, warnings }),
        );
      for (const warning of warnings) io.err(`warning: ${warning}\n`);
      io.out(`${margins.map(marginText).join("\n")}\n${options.regime}: ${HOW_NEAR[options.regime]}\n`);
    });
}

function surfaceCommand(io: Io): Command {
  return new Command("surface")
    .description("Make a surface from Deribit's public book summary of options, or from CSV.")
    .argument(
      "<summary>",
      "answer of public/get_book_summary_by_currency?kind=option, or CSV; - for standard input",
    )
    .option("--time <seconds>", "with CSV: when it was observed, unix seconds", wholeNumber)
    .requiredOption("--out <file>", "surface file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Of Deribit's answer it takes each expiry's forward and rate, and at each strike the volatility of the option out of the
money. A CSV has the columns underlying, spot, expiry, forward, rate, strike and volatility, a row for each point; 0.6 is
60 %. Warns of a surface that allows a riskless profit.

Examples:
  $ zkmargin sleeve surface examples/options/deribit-summary.json --out surface.json
  $ zkmargin sleeve surface quotes.csv --time 1621252800 --out surface.json`,
    )
    .action(async (path: string, options) => {
      await checkOutput(options.out);
      const text = await readInput(io, path, "surface");
      const surface = surfaceOf(text, options.time);
      const warnings = arbitrageIn(surface);
      await save(io, options.out, serialiseSurface(surface), "surface");
      const expiries = [...surface.underlyings].map(
        ([symbol, { expiries }]) => [symbol, expiries.length] as const,
      );
      if (options.json)
        return io.out(
          json({ file: options.out, time: surface.time, expiries: Object.fromEntries(expiries), warnings }),
        );
      for (const warning of warnings) io.err(`warning: ${warning}\n`);
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["time", new Date(surface.time * 1000).toISOString()],
          ...expiries.map(([symbol, count]) => [symbol, `${count} expiries`] as const),
        ]),
      );
    });
}

function surfaceOf(text: string, time: number | undefined): Surface {
  if (/^\s*\{/.test(text)) return surfaceFromDeribit(text);
  if (time === undefined)
    throw new UsageError("expected --time, when the CSV's quotes were observed, got none");
  return surfaceFromCsv(text, time);
}

function importCommand(io: Io): Command {
  return new Command("import")
    .description("Make a sleeve from Deribit's answer of open positions.")
    .argument("<summary>", "answer of private/get_positions, or - for standard input")
    .requiredOption("--out <file>", "sleeve file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Takes options and dated futures. Perpetuals belong into a book: zkmargin book import. Spot and combinations are left out, and
the command says how many.

Example:
  $ zkmargin sleeve import positions.json --out sleeve.json`,
    )
    .action(async (path: string, options) => {
      await checkOutput(options.out);
      const { sleeve, leftOut } = sleeveFromDeribit(await readInput(io, path, "positions"));
      await save(io, options.out, serialiseSleeve(sleeve), "sleeve");
      const left = Object.fromEntries(leftOut);
      if (options.json)
        return io.out(json({ file: options.out, positions: sleeve.positions.length, leftOut: left }));
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["positions", String(sleeve.positions.length)],
          ...[...leftOut].map(([kind, count]) => ["left out", `${count} of kind ${kind}`] as const),
        ]),
      );
    });
}

function sleeveArguments(command: Command): Command {
  return command
    .argument(
      "<sleeve>",
      "positions: CSV with instrument, amount and entry, or zkmargin/sleeve@1; - for standard input",
    )
    .requiredOption("--surface <file>", "surface file (zkmargin sleeve surface)")
    .option("--json", "print JSON");
}

async function readSleeve(
  io: Io,
  path: string,
  surfacePath: string,
): Promise<{ readonly sleeves: UnderlyingSleeve[]; readonly warnings: readonly string[] }> {
  const surface: Surface = parseSurface(await readInput(io, surfacePath, "surface"));
  const sleeves = priceSleeve(parseSleeve(await readInput(io, path, "sleeve")), surface);
  if (sleeves.length === 0) throw new FormatError("sleeve", "at least one position", "none");
  return { sleeves, warnings: arbitrageIn(surface) };
}

/** Dollars and cents of a double. */
function cash(x: number): string {
  return dollars(BigInt(Math.round(x * 100)) * 10n ** 24n);
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

function priceJson({ symbol, spot, positions }: UnderlyingSleeve) {
  return {
    symbol,
    spot,
    value: total(positions.map(({ value }) => value)),
    positions: positions.map(({ name, ...rest }) => ({ instrument: name, ...rest })),
  };
}

function priceText({ symbol, spot, positions }: UnderlyingSleeve): string {
  const row = (
    name: string,
    each: { value: number; delta: number; gamma: number; vega: number; theta: number },
  ) => [
    name,
    cash(each.value),
    signed(each.delta, 4),
    signed(each.gamma, 6),
    cash(each.vega / 100),
    cash(each.theta / 365),
  ];
  const sum = {
    value: total(positions.map(({ value }) => value)),
    delta: total(positions.map(({ delta }) => delta)),
    gamma: total(positions.map(({ gamma }) => gamma)),
    vega: total(positions.map(({ vega }) => vega)),
    theta: total(positions.map(({ theta }) => theta)),
  };
  const rows = positions.map((each) => row(each.name, each));
  const head = ["instrument", "value", "delta", "gamma", "vega", "theta"];
  return `${symbol} at ${cash(spot)}\n${table(head, [...rows, row("all", sum)])}`;
}

interface MarginOptions {
  readonly regime: string;
  readonly scan: number;
  readonly volatilityScan: number;
  /** Cents. */
  readonly shortMinimum?: bigint;
}

interface SleeveMargin {
  readonly symbol: string;
  readonly scenarios: readonly { readonly name: string; readonly change: number }[];
  readonly figures: readonly { readonly name: string; readonly amount: number }[];
}

function marginOf(sleeve: UnderlyingSleeve, options: MarginOptions): SleeveMargin {
  const regime = REGIMES[options.regime];
  return regime === undefined ? spanOf(sleeve, options) : regimeOf(sleeve, regime);
}

function regimeOf(
  { symbol, spot, expiries, futuresValue, futuresExposure }: UnderlyingSleeve,
  regime: OptionRegime,
): SleeveMargin {
  const margin = optionMargin(
    {
      spot,
      spotConfidence: 1,
      stable: 1,
      cash: 0,
      perp: { amount: futuresExposure / spot, price: spot, confidence: 1, unsettled: futuresValue },
      collaterals: [],
      expiries: expiries.map((book) => ({ ...book, confidence: 1 })),
    },
    regime,
  );
  const scenarios = regime.scenarios.map(({ spot, volatility, dampening }, s) => ({
    name: `${move(spot - 1)}, volatility ${volatility}${dampening === 1 ? "" : `, ${(dampening * 100).toFixed(1)} % of it`}`,
    change: margin.changes[s] ?? 0,
  }));
  return {
    symbol,
    scenarios,
    figures: [
      { name: "value", amount: margin.portfolioValue },
      { name: "basis contingency", amount: margin.basisContingency },
      { name: "maintenance margin", amount: margin.portfolioValue - margin.maintenance },
      { name: "initial margin", amount: margin.portfolioValue - margin.initial },
    ],
  };
}

function spanOf(
  { symbol, spot, expiries, futuresValue, futuresExposure, positions }: UnderlyingSleeve,
  options: MarginOptions,
): SleeveMargin {
  const parameters: SpanParameters = {
    priceScan: options.scan / 10_000,
    volatilityScan: options.volatilityScan / 10_000,
    ...SPAN_EXTREMES,
  };
  const arrays = [
    spanFutureArray(futuresExposure / spot, spot, parameters),
    ...expiries.map((book) => spanRiskArray(book, parameters)),
  ];
  const minimum =
    shortMinimumOf(options) * total(expiries.map(({ options: positions }) => optionsSold(positions)));
  const { scanRisk, requirement } = spanRequirement(arrays, minimum);
  return {
    symbol,
    scenarios: spanScenarios(parameters).map(([price, volatility], s) => ({
      name: `${move(price * parameters.priceScan)}, volatility ${move(volatility * parameters.volatilityScan)}`,
      change: total(arrays.map((array) => array[s] ?? 0)),
    })),
    figures: [
      {
        name: "value",
        amount:
          futuresValue +
          total(positions.filter(({ volatility }) => volatility !== null).map(({ value }) => value)),
      },
      { name: "scan risk", amount: scanRisk },
      { name: "short-option minimum", amount: minimum },
      { name: "requirement", amount: requirement },
    ],
  };
}

/** A share as a signed percentage. */
function move(share: number): string {
  const bps = Math.round(share * 10_000);
  return `${bps > 0 ? "+" : ""}${shortPercent(bps)} %`;
}

function signed(x: number, decimals: number): string {
  return x.toFixed(decimals).replace("-", "−");
}

function marginText({ symbol, scenarios, figures }: SleeveMargin): string {
  const worst = Math.min(...scenarios.map(({ change }) => change));
  const rows = scenarios.map(({ name, change }) => [
    name,
    cash(change),
    change === worst && worst < 0 ? "worst" : "",
  ]);
  return `${symbol}\n${table(["scenario", "change", ""], rows, { text: [0, 2] })}${pairs(
    figures.map(({ name, amount }) => [name, cash(amount)]),
  )}`;
}
