import { Command } from "commander";
import type { BookFile } from "../../book/bookFile.js";
import { denseBook } from "../../book/opening.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { MissingFieldError, UsageError } from "../../errors.js";
import { denseMarket, type MarketFile, marketDigest } from "../../market/file.js";
import type { Listing } from "../../protocol/listing.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import type { NamedJump } from "../../risk/jumps.js";
import {
  joinShock,
  movesIfAny,
  movesOn,
  NAMED_DAYS,
  parseShocks,
  readShocks,
  type Shock,
} from "../../risk/shocks.js";
import {
  type Cascade,
  type Crossing,
  type PathPoint,
  type Stress,
  stress,
  THRESHOLDS,
} from "../../risk/stress.js";
import { acceptJumpOption, type PriceOptions, tierOption, withListing, withPrices } from "../arguments.js";
import { checkExport, type Exported, writeExport } from "../export.js";
import {
  priceNotes,
  readBookFile,
  readDailyHistory,
  readListingFile,
  readMarketFile,
  SHIPPED_WORDS,
  statedNotes,
} from "../files.js";
import {
  dollars,
  factor,
  json,
  pairs,
  percent,
  plainDollars,
  plainFactor,
  shortPercent,
  table,
} from "../format.js";
import { type Io, readInput } from "../io.js";

interface StressOptions extends PriceOptions {
  readonly day?: string;
  readonly shock?: string;
  readonly shocks?: string;
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
    .addOption(acceptJumpOption())
    .option("--csv <file>", "write a row for each day as CSV too")
    .option("--html <file>", "write a page too, which loads nothing and prints")
    .addOption(tierOption())
    .option("--json", "print JSON: amounts in 10^-26 dollars, moves, factors and points in basis points")
    .addHelpText(
      "after",
      `
With neither a day nor shocks it shows the named days of the shipped history, one by one:
${NAMED_DAYS.map(({ date, name }) => `  ${date}  ${name}`).join("\n")}

Prices move in a straight line from the market's to the shocked ones. The point at which each threshold is first crossed is
exact, in hundredths of a percent. Parameters and funding stay fixed, and nothing is traded on the way.

The command does not test a day if an asset of the book had no price on that day or the day before. The output counts such
days and says why; --shock gives an asset its own move. Assets that --listing calls pegged may stand still.

The output shows the book's holdings: keep it as private as the book. The exit code is 0 whatever breaks, and 3 if no day was
tested.

Examples:
  $ zkmargin risk stress desk.json --market market.json
  $ zkmargin risk stress desk.json --market market.json --day 2020-03-12
  $ zkmargin risk stress desk.json --market market.json --day 2024-08-05
  $ zkmargin risk stress desk.json --market market.json --shock BTC=-30%,ETH=-35%`,
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
    return { shocks: [joinShock(own.name, listing, null, own.shocks)], notes: [] };
  const assets = await readListingFile(io, options.listing);
  const { history, report } = await readDailyHistory(io, options, assets, [options.day]);
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
      own?.shocks ?? {},
    );
  });
  return { shocks, notes: [...priceNotes(report, assets), ...statedNotes(options)] };
}

async function ownShocks(io: Io, { shock, shocks }: StressOptions, listing: Listing) {
  if (shock !== undefined) return { name: "shocks given", shocks: parseShocks(shock, listing) };
  if (shocks === undefined) return null;
  return readShocks(parseStrictJson(await readInput(io, shocks, "shocks"), "shocks"), listing);
}

/** Stresses for people: one in full, several as a table. */
function stressText(report: StressReport): string {
  const { file, market, notes, stresses } = report;
  const [only] = stresses;
  const head = `${file.account}, sequence ${file.sequence}, on ${market.source.date} under ${market.profile.name}\n`;
  return [
    head,
    ...(stresses.length === 1 && only?.cascade
      ? inFull(only.shock, only.cascade, report)
      : [overview(report), daysTested(report)]),
    ...(notes.length === 0 ? [] : [pairs(notes)]),
    "  As private as the book: it tells what the book holds.\n",
  ].join("\n");
}

function overview({ stresses }: StressReport): string {
  return `  health factor, equity, and where on the way to the day's prices each threshold is crossed\n${table(
    ["day", ...OUTCOMES],
    stresses.map(outcomeRow),
  )}`;
}

const OUTCOMES: readonly string[] = ["before", "after", "equity after", ...THRESHOLDS.map(title)];

/** A stress by name, with its {@link OUTCOMES}. */
function outcomeRow({ shock, cascade }: StressReport["stresses"][number]): string[] {
  if (cascade === null) return [shock.name, "not tested", "", "", ...THRESHOLDS.map(() => "")];
  const { before, after, crossings } = cascade;
  return [
    shock.name,
    factor(before.healthFactor),
    factor(after.healthFactor),
    dollars(after.equity),
    ...crossings.map(place),
  ];
}

/** How many days were tested, and what kept the others from it. */
function daysTested({ stresses }: StressReport): string {
  const left = stresses.filter(({ cascade }) => cascade === null);
  if (left.length === 0)
    return `  ${stresses.length} of ${stresses.length} days tested
`;
  const why = ({ shock, unpriced }: Stress) =>
    `    ${shock.name}: no price of ${unpriced.join(", ")} on that day or the day before; --shock gives a move\n`;
  return `  ${stresses.length - left.length} of ${stresses.length} days tested; not tested:\n${left.map(why).join("")}`;
}

function inFull(shock: Shock, { before, after, crossings }: Cascade, report: StressReport): string[] {
  return [
    `  ${shock.name}\n${moves(shock, after, report)}`,
    figures(before, after, report),
    path(crossings, shock, report),
    ...reached(crossings, after, report),
  ];
}

/** Moves of what the book holds and of what was given. */
function moves({ moves, given }: Shock, point: PathPoint, { market: { listing } }: StressReport): string {
  const held = heldSlots(point);
  const said = listing.flatMap(({ symbol }, slot) => {
    if (!held.includes(slot) && !given.includes(symbol)) return [];
    return [`${symbol} ${shortPercent(moves[slot] ?? 0)} %${held.includes(slot) ? "" : " (not held)"}`];
  });
  const nothing = held.length === 0 ? ["the book holds nothing"] : [];
  return `  ${[...nothing, ...said].join(", ")}\n`;
}

/** Slots in which the book has a position, rising. */
function heldSlots({ losses }: PathPoint): number[] {
  return [...new Set(losses.map(({ slot }) => slot))].toSorted((a, b) => a - b);
}

function figures(before: PathPoint, after: PathPoint, { market: { profile } }: StressReport): string {
  const worst = ({ worstScenario }: PathPoint) =>
    worstScenario === null ? "none" : (profile.scenarios[worstScenario]?.name ?? "none");
  const amounts: [string, (point: PathPoint) => bigint][] = [
    ["A  risk-weighted collateral", ({ collateral }) => collateral],
    ["D  debt", ({ debt }) => debt],
    ["N  margin and charges", ({ addOns }) => addOns],
    ["M  worst scenario loss", ({ scenarioLoss }) => scenarioLoss],
    ["R  debt and maintenance margin", ({ requirement }) => requirement],
    ["equity, all closed at the market", ({ equity }) => equity],
  ];
  return table(
    ["", "before", "after"],
    [
      ["health factor", factor(before.healthFactor), factor(after.healthFactor)],
      ...amounts.map(([name, of]) => [name, dollars(of(before)), dollars(of(after))]),
      ["worst scenario", worst(before), worst(after)],
    ],
  );
}

function path(
  crossings: readonly Crossing[],
  { moves }: Shock,
  { market: { listing } }: StressReport,
): string {
  const then = (point: PathPoint) =>
    heldSlots(point)
      .filter((slot) => moves[slot] !== 0)
      .map((slot) => {
        const soFar = Math.round(((moves[slot] ?? 0) * point.at) / 10_000);
        return `${listing[slot]?.symbol} ${shortPercent(soFar)} %`;
      })
      .join(", ");
  return `  thresholds along the way, 100 % being the whole move\n${table(
    ["threshold", "crossed at", "health factor", "equity", "prices have moved by"],
    crossings.map((crossing) => [
      title(crossing.threshold),
      place(crossing),
      crossing.point ? factor(crossing.point.healthFactor) : "",
      crossing.point ? dollars(crossing.point.equity) : "",
      crossing.point ? then(crossing.point) : "",
    ]),
    { text: [0, 4] },
  )}`;
}

/** What each position has lost where maintenance margin is crossed, or at the end. */
function reached(crossings: readonly Crossing[], after: PathPoint, { market }: StressReport): string[] {
  const broken = crossings.find(({ threshold, point }) => threshold.theta === 10_000 && point !== null);
  const { losses } = broken?.point ?? after;
  if (losses.length === 0) return [];
  return [
    `  lost by each position ${broken ? "where maintenance margin is crossed" : "in the whole move"}, the largest loss first\n${table(
      ["position", "loss"],
      losses.map(({ slot, kind, loss }) => [
        `${market.listing[slot]?.symbol} ${kind === "perp" ? "perpetual" : "spot"}`,
        dollars(loss),
      ]),
    )}`,
  ];
}

function title({ name, theta }: { readonly name: string; readonly theta: number | null }): string {
  return theta === null ? name : `${name} ${shortFactor(theta)}`;
}

function place({ point }: Crossing): string {
  if (point === null) return "holds";
  return point.at === 0 ? "before it" : percent(point.at);
}

/** 12 500 → "1.25". */
function shortFactor(theta: number): string {
  return factor(theta).replace(/0+$/, "").replace(/\.$/, ".0");
}

/** What `zkmargin risk stress` reports on. */
interface StressReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  /** What the reading of the prices left out. */
  readonly notes: readonly [string, string][];
  readonly stresses: readonly Stress[];
}

/** Stresses as files: a row for each day. Amounts in dollars, factors as ratios, points in percent of the way. */
function stressExport({ file, market, stresses }: StressReport): Exported {
  const crossed = ({ point }: Crossing) => (point === null ? null : point.at / 100);
  const plain = ({ shock, cascade }: Stress) => {
    if (cascade === null) return [shock.name, null, null, null, null, ...THRESHOLDS.map(() => null)];
    const { before, after, crossings } = cascade;
    return [
      shock.name,
      plainFactor(before.healthFactor),
      plainFactor(after.healthFactor),
      plainDollars(before.equity),
      plainDollars(after.equity),
      ...crossings.map(crossed),
    ];
  };
  const hundredth = (bps: bigint | null | undefined) => (bps == null ? null : Number(bps) / 10_000);
  return {
    csv: {
      header: [
        ...["account", "sequence", "date", "profile", "stress", "health_before", "health_after"],
        ...["equity_before", "equity_after", ...THRESHOLDS.map((it) => `crossed ${title(it)}`)],
      ],
      rows: stresses.map((it) => [
        ...[file.account, file.sequence, market.source.date, market.profile.name],
        ...plain(it),
      ]),
    },
    title: `Stress of ${file.account}, book ${file.sequence}`,
    facts: [
      ["prices", market.source.date],
      ["profile", market.profile.name],
      ["market", marketDigest(market)],
      ["tested", `${stresses.filter(({ cascade }) => cascade !== null).length} of ${stresses.length}`],
    ],
    charts: [
      {
        title: "Health factor before and after",
        description: "The health factor of the book before and after each stress",
        axis: "health factor",
        rows: stresses.map(({ shock }) => shock.name),
        series: [
          { name: "before", values: stresses.map(({ cascade }) => hundredth(cascade?.before.healthFactor)) },
          { name: "after", values: stresses.map(({ cascade }) => hundredth(cascade?.after.healthFactor)) },
        ],
      },
    ],
    sheets: [
      {
        title: "What breaks, and where on the way",
        header: ["stress", ...OUTCOMES],
        rows: stresses.map(outcomeRow),
      },
    ],
  };
}

/** Stresses for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. As private as the book. */
function stressJson({ file, market, notes, stresses }: StressReport) {
  const { profile, listing, source } = market;
  const pointJson = ({ worstScenario, losses, ...rest }: PathPoint) => ({
    ...rest,
    worstScenario: worstScenario === null ? null : (profile.scenarios[worstScenario]?.name ?? null),
    losses: losses.map(({ slot, kind, loss }) => ({ asset: listing[slot]?.symbol, kind, loss })),
  });
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    ...(notes.length > 0 && { prices: notes.map(([what, said]) => `${what} ${said}`) }),
    tested: stresses.filter(({ cascade }) => cascade !== null).length,
    notTested: stresses.filter(({ cascade }) => cascade === null).length,
    stresses: stresses.map(({ shock, cascade, unpriced }) => ({
      name: shock.name,
      moves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.moves[u] ?? null])),
      tested: cascade !== null,
      unpriced,
      ...(cascade && {
        before: pointJson(cascade.before),
        after: pointJson(cascade.after),
        crossings: cascade.crossings.map(({ threshold, point: at }) => ({
          ...threshold,
          standing: at && pointJson(at),
        })),
      }),
    })),
  };
}
