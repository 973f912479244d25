import * as z from "zod/mini";
import { parseDecimal, percentInBps } from "../../encoding/decimal.js";
import { document, integer, printable, readBy, shaped } from "../../encoding/shape.js";
import { isJsonObject, kindOf, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError, OutOfRangeError, UnknownAssetError } from "../../errors.js";
import type { AuctionTerms } from "../../protocol/auction.js";
import { BPS, MAX_DECIMALS, USD_DECIMALS } from "../../protocol/bounds.js";
import {
  DEFAULT_BLOCK_TIME,
  DEFAULT_TERMS,
  DEFAULT_TIMING,
  DEFAULT_VAULT,
} from "../../protocol/deploymentTerms.js";
import { DEFAULT_LISTING, isSymbol } from "../../protocol/listing.js";
import { findPreset } from "../presets.js";

/**
 * Ways to liquidate. The first five are this project's rules, under different conditions:
 *
 * * `attester`: an attester proves a breach in the round that shows it, and the collateral goes to Dutch auctions;
 * * `grace`: nobody proves a breach, so an account is liquidatable when the grace of its lapsed proof is over;
 * * `few-bidders`: as `attester`, with two bidders, each of whom is there one minute in ten;
 * * `amm`: as `attester`, and auctions are taken by flash swaps alone, for what the market pays at that moment;
 * * `adl`: a venue takes breached accounts over and trades them away; its fund pays, and then auto-deleveraging.
 *
 * The other two are rules of other protocols, to hold the simulation to what happened to them: `english` is rising bids for lots
 * (Maker in 2020), `fixed` a sale at the oracle's price with a bonus (Aave v2).
 */
export const ENGINES = ["attester", "grace", "few-bidders", "amm", "adl", "english", "fixed"] as const;
/** A way to liquidate. */
export type EngineName = (typeof ENGINES)[number];
/** The engines that a comparison runs where none is named. */
export const COMPARED: readonly EngineName[] = ["attester", "grace", "few-bidders", "amm", "adl"];

/** Figures of a run that may be compared with public ones; dollars but where `UNITS` says another unit. */
export const FIGURES = [
  "badDebt",
  "badDebtUnits",
  "liquidated",
  "repaid",
  "zeroBids",
  "failedAuctions",
  "auctions",
  "accounts",
  "fundUsed",
  "haircut",
  "deleveraged",
  "deleverageMinutes",
  "overshoot",
  "fall",
  "amplification",
  "basis",
  "minutes",
  "trigger",
  "coverTwo",
] as const;
/** The name of a figure. */
export type FigureName = (typeof FIGURES)[number];

/** A percentage as people write it, in basis points: "12.5%". */
function percentage(min: number, max: number) {
  return readBy((text, path): number => {
    const bps = percentInBps(text);
    if (bps === undefined) throw new FormatError(path, 'a percentage such as "12.5%"', "other text");
    if (bps < min || bps > max)
      throw new OutOfRangeError(path, `${min / 100} % to ${max / 100} %`, `${bps / 100} %`);
    return bps;
  });
}

/** A positive decimal as text, as the double nearest to it. */
function positive(max: number) {
  return readBy((text, path): number => {
    parseDecimal(text, USD_DECIMALS, path);
    const value = Number(text);
    if (!(value > 0 && value <= max))
      throw new OutOfRangeError(path, `above 0 and at most ${max}`, "another");
    return value;
  });
}

/** A decimal as text, of either sign. */
const decimal = readBy((text, path): number => {
  parseDecimal(text, USD_DECIMALS, path);
  return Number(text);
});

/** Values by the symbols of assets. */
function bySymbol<T>(value: z.ZodMiniType<T>) {
  return readBy((given: unknown, path): ReadonlyMap<string, T> => {
    if (!isJsonObject(given)) throw new FormatError(path, "an object", kindOf(given));
    return new Map(
      Object.entries(given).map(([symbol, item]) => {
        if (!isSymbol(symbol)) throw new UnknownAssetError(path, "the symbol of an asset", "other text");
        return [symbol, shaped(value, item, { path: `${path}.${symbol}` })];
      }),
    );
  }, z.unknown());
}

const FULL = Number(BPS);
const DOLLARS = integer(0, 1e15);
const MINUTES = integer(1, 100_000);
const anyPercent = percentage(-FULL, 10 * FULL);
const upTo = (max: number) => percentage(0, max);

const marketSchema = z.union([
  z.strictObject({
    /** Dollars that are traded in a day. */
    volume: integer(1, 1e15),
    /** Volatility of a day, for the square-root rule. */
    volatility: upTo(FULL),
    /** Minutes in which half of a trade's pressure is gone. */
    halfLife: MINUTES,
    /** Share of the volume that is left after a fall of 10 % within an hour. */
    stressed: percentage(1, FULL),
  }),
  z.strictObject({
    /** Dollars on each side of the pool. */
    pool: integer(1, 1e15),
    /** Virtual over real reserves: 1 is a constant product over all prices, 10 a range of some 20 % each way. */
    concentration: integer(1, 1_000),
    /** Of each trade. */
    fee: upTo(1_000),
    /** Share of the distance to the market elsewhere that arbitrage closes in a minute. */
    arbitrage: upTo(FULL),
    stressed: percentage(1, FULL),
  }),
]);
/** What a trade does to a price. */
export type ImpactModel = z.infer<typeof marketSchema>;

const assetSchema = z.strictObject({
  symbol: z.string().check(z.refine(isSymbol, "the symbol of an asset")),
  /** Dollars a unit at the start; of a path that has prices, theirs by default. */
  price: z.optional(positive(1e9)),
  decimals: z.optional(integer(0, MAX_DECIMALS)),
  collateralFactor: z.optional(upTo(FULL)),
  debtFactor: z.optional(percentage(FULL, 3 * FULL)),
  perpMargin: z.optional(upTo(FULL)),
  liquidity: z.optional(upTo(FULL)),
  /** Absent of what is paid in. */
  market: z.optional(marketSchema),
});

const volatility = z.optional(upTo(FULL));
const pathSchema = z.union([
  z.strictObject({
    kind: z.literal("knots"),
    /** Volatility of a day between the knots. */
    volatility,
    points: z
      .array(
        z.strictObject({
          minute: integer(0, 100_000),
          prices: bySymbol(positive(1e9)),
        }),
      )
      .check(z.refine((points) => points.length >= 2, "at least two points")),
  }),
  z.strictObject({ kind: z.literal("day"), date: z.string(), volatility }),
  z.strictObject({ kind: z.literal("hours"), from: z.string(), volatility }),
  z.strictObject({ kind: z.literal("file"), file: z.string() }),
  z.strictObject({
    kind: z.literal("jump"),
    /** Minute at which it begins, and how long it takes. */
    at: integer(0, 100_000),
    over: MINUTES,
    moves: bySymbol(percentage(1 - FULL, 10 * FULL)),
    /** Share of the move that comes back, and within how many minutes. */
    recovers: upTo(FULL),
    within: MINUTES,
    volatility,
  }),
  z.strictObject({
    kind: z.literal("garch"),
    /** Of a day, by asset. */
    volatility: bySymbol(upTo(FULL)),
    /** Of every two assets. */
    correlation: upTo(FULL),
    /** Weight of the last minute's square, and of its variance. */
    alpha: upTo(FULL),
    beta: upTo(FULL),
    /** Joint jumps: expected number a day, in percent, and their size. */
    jumps: z.optional(z.strictObject({ perDay: percentage(0, 100 * FULL), size: anyPercent })),
  }),
]);
/** Where prices come from. */
export type PathModel = z.infer<typeof pathSchema>;

const quantiles = z
  .array(positive(1e15))
  .check(
    z.refine(
      (values) => values.length > 0 && values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0)),
      "rising values at even shares of the accounts, from the least to the greatest",
    ),
  );
const groupSchema = z.strictObject({
  type: z.enum(["borrower", "long", "short", "carry"]),
  count: integer(1, 1_000_000),
  /** Shares of what is held, or traded as perpetuals. */
  assets: bySymbol(percentage(1, FULL)),
  /** Dollars held or traded by an account. */
  size: quantiles,
  /** Dollars that all of them hold or trade together; sizes are scaled to it. */
  total: z.optional(DOLLARS),
  /** Health factors at the start. */
  health: z.optional(quantiles),
  /** Of perpetuals instead: notional over margin. */
  leverage: z.optional(quantiles),
  /** Owners who answer: their share, after how many minutes, and the health factor that they restore. */
  owners: z.optional(
    z.strictObject({ answer: upTo(FULL), after: integer(0, 100_000), health: positive(1_000) }),
  ),
});
/** Accounts of one kind. */
export type AccountGroup = z.infer<typeof groupSchema>;

const seconds = integer(1, 10 * 365 * 86_400);
const bps = upTo(FULL);
const scenarioSchema = document("zkmargin/simulation@1", {
  name: printable(64),
  description: printable(2000),
  /** Minutes that are simulated. */
  minutes: MINUTES,
  /** The first asset is what bidders hold and are paid in. */
  assets: z.array(assetSchema).check(z.refine(({ length }) => length >= 2 && length <= 16, "2 to 16 assets")),
  /** A shipped profile, whose parameters and scenarios hold; else the assets' own, and no scenarios. */
  profile: z.optional(z.string()),
  path: pathSchema,
  accounts: z.array(groupSchema),
  bidders: z.strictObject({
    count: integer(0, 10_000),
    /** Dollars of each. */
    capital: DOLLARS,
    /** Share of the minutes in which a bidder is there. */
    participation: bps,
    /** How far below the market a bidder buys. */
    discount: bps,
    /** Minutes in which it sells again what it bought; 0 is at once. */
    resale: integer(0, 100_000),
    /** Participation after a fall of that much within an hour. */
    stressed: z.optional(z.strictObject({ fall: bps, participation: bps })),
  }),
  venue: z.strictObject({
    engine: z.enum(ENGINES),
    settlement: z.optional(z.string()),
    /** Whether the oracle says the price on the market that is sold on, or the index elsewhere. */
    oracle: z.optional(z.enum(["market", "index"])),
    /** Minutes by which the oracle is late. */
    oracleDelay: z.optional(integer(0, 10_000)),
    confidence: z.optional(upTo(5_000)),
    /** Dollars in the insurance fund at the start. */
    fund: z.optional(DOLLARS),
    timing: z.optional(
      z.strictObject({
        twapWindow: seconds,
        minInterval: seconds,
        provingWindow: seconds,
        maxRoundAge: seconds,
      }),
    ),
    gate: z.optional(
      z.strictObject({
        maxProofAge: seconds,
        gracePeriod: seconds,
        callPeriod: seconds,
        callMargin: percentage(FULL, 6 * FULL),
      }),
    ),
    vault: z.optional(
      z.strictObject({
        penalty: bps,
        incentive: bps,
        closeFactor: percentage(1, FULL),
        premium: bps,
        floor: percentage(1, FULL),
        auctionPeriod: seconds,
        reliefPeriod: seconds,
        blockTime: integer(1, 65_535),
        minimumClose: DOLLARS,
      }),
    ),
    /** Of `english`: units of collateral in a lot, and minutes without a higher bid that end it. */
    english: z.optional(z.strictObject({ lot: integer(1, 1e9), bidPeriod: MINUTES })),
    /** Of `fixed`: what a buyer gets above the oracle's price. */
    bonus: z.optional(bps),
    /** Of `adl`: share of a minute's volume that the venue trades away. */
    pace: z.optional(percentage(1, 100 * FULL)),
  }),
  /** What happened, to compare with. */
  publicFigures: z.optional(
    z.array(
      z.strictObject({
        figure: z.enum(FIGURES),
        /** Least and most that is said to have happened, in the figure's unit. */
        least: decimal,
        most: decimal,
        source: printable(500),
      }),
    ),
  ),
});

/** A scenario as its file has it: percentages in basis points, dollars as numbers. */
export type ScenarioFile = z.infer<typeof scenarioSchema>;

/** The vault's terms: basis points, seconds and settlement units. */
export interface SimulatedVault extends AuctionTerms {
  readonly penalty: number;
  readonly incentive: number;
  readonly reliefPeriod: number;
}

/** What a venue of this project is deployed with where a scenario says nothing else: the plan in examples/deploy-plan.json. */
export const DEFAULT_VENUE = {
  timing: DEFAULT_TIMING,
  gate: DEFAULT_TERMS,
  vault: { ...DEFAULT_VAULT, blockTime: DEFAULT_BLOCK_TIME, minimumClose: 1_000 },
} as const;

/**
 * Parses a scenario of `zkmargin risk simulate`, `zkmargin/simulation@1`.
 * @throws MalformedError, FormatError, MissingFieldError, UnknownFieldError, OutOfRangeError, UnknownAssetError
 *
 * @example
 * ```ts
 * import { parseScenario } from "zkmargin/risk";
 *
 * console.log(parseScenario(scenarioText).venue.engine); // attester
 * ```
 */
export function parseScenario(text: string, path = "scenario"): ScenarioFile {
  const file: ScenarioFile = shaped(scenarioSchema, parseStrictJson(text, path), { path });
  const symbols = file.assets.map(({ symbol }) => symbol);
  const listed = (symbol: string, at: string) => {
    if (!symbols.includes(symbol))
      throw new UnknownAssetError(`${path}.${at}`, `one of ${symbols.join(", ")}`, JSON.stringify(symbol));
  };
  file.assets.forEach(({ symbol, market }, u) => {
    if (symbols.indexOf(symbol) !== u)
      throw new FormatError(`${path}.assets[${u}].symbol`, "each asset once", JSON.stringify(symbol));
    if (u > 0 && market === undefined)
      throw new MissingFieldError(`${path}.assets[${u}].market`, "what a trade does to the price", "none");
  });
  file.accounts.forEach((group, i) => {
    for (const symbol of group.assets.keys()) listed(symbol, `accounts[${i}].assets`);
    const shares = [...group.assets.values()].reduce((sum, share) => sum + share, 0);
    if (shares !== FULL)
      throw new OutOfRangeError(
        `${path}.accounts[${i}].assets`,
        "shares of 100 % together",
        `${shares / 100} %`,
      );
    const perpetual = group.type === "long" || group.type === "short";
    const wanted = perpetual ? "leverage" : "health";
    if (group[wanted] === undefined)
      throw new MissingFieldError(`${path}.accounts[${i}].${wanted}`, `${wanted} of a ${group.type}`, "none");
  });
  if (file.venue.settlement !== undefined) listed(file.venue.settlement, "venue.settlement");
  checkEngine(file, file.venue.engine, path);
  if (file.profile !== undefined) {
    if (findPreset(file.profile) === undefined)
      throw new FormatError(`${path}.profile`, "a shipped profile", JSON.stringify(file.profile));
    for (const symbol of symbols)
      if (!DEFAULT_LISTING.some((asset) => asset.symbol === symbol))
        throw new UnknownAssetError(
          `${path}.assets`,
          "assets of the built-in listing, which the profile is of",
          JSON.stringify(symbol),
        );
  }
  return file;
}

/**
 * That an engine can liquidate what a scenario's accounts hold.
 * @throws FormatError where auctions would have to sell perpetuals, or rising bids are not paid in the first asset
 */
export function checkEngine(file: ScenarioFile, engine: EngineName, path = "scenario"): void {
  const perpetual = file.accounts.findIndex(({ type }) => type === "long" || type === "short");
  if (engine !== "adl" && perpetual !== -1)
    throw new FormatError(
      `${path}.accounts[${perpetual}].type`,
      `a borrower or carry with the engine ${engine}, as auctions sell coins (adl trades perpetuals)`,
      file.accounts[perpetual]?.type ?? "another",
    );
  const [first] = file.assets;
  if (engine === "english" && (file.venue.settlement ?? first?.symbol) !== first?.symbol)
    throw new FormatError(`${path}.venue.settlement`, `${first?.symbol} with the engine english`, "another");
}
