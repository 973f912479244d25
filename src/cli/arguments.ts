import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDecimal, percentInBps } from "../encoding/decimal.js";
import { parseForeignDecimal } from "../encoding/sheet.js";
import {
  FormatError,
  InputError,
  KeyMismatchError,
  OutOfRangeError,
  UnknownAssetError,
  UsageError,
} from "../errors.js";
import { defaultHome } from "../groth16/artefacts/layout.js";
import { externalProver } from "../groth16/externalProver.js";
import { fastProver } from "../groth16/fastProver.js";
import { offsetOf } from "../market/date.js";
import { BPS, THETA_BITS, USD_DECIMALS } from "../protocol/bounds.js";
import { isSymbol } from "../protocol/listing.js";
import { DEFAULT_TIER, findTier, TIERS, type Tier } from "../protocol/tiers.js";
import { type Artefacts, loadArtefacts } from "../prove/artefacts.js";
import type { SessionOptions } from "../prove/session.js";
import { DEFAULT_CALIBRATION } from "../risk/calibration/options.js";
import type { NamedJump } from "../risk/jumps.js";
import { DEFAULT_MACRO } from "../risk/macro.js";

/** A whole number from 0 written canonically, for commander. */
export function wholeNumber(text: string): number {
  if (/^-\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number of 0 or more.");
  if (!/^(0|[1-9]\d*)$/.test(text)) throw new InvalidArgumentError("Expected a whole number such as 10000.");
  if (!Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError(`Expected a whole number of at most ${Number.MAX_SAFE_INTEGER}.`);
  return Number(text);
}

/** Threads of a prover, for commander: 1 to 64. */
export function threadCount(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > 64) throw new InvalidArgumentError("Expected 1 to 64 threads.");
  return count;
}

const LARGEST_THETA = 2 ** THETA_BITS - 1;

/**
 * A health factor, for commander: basis points in whole digits, a ratio with a decimal point, or a percentage with its sign, so
 * that 12500, 1.25 and 125% are the same.
 */
export function healthFactor(text: string): number {
  const ratio = /^(0|[1-9]\d{0,4})\.(\d{1,4})$/.exec(text);
  const bps = text.endsWith("%")
    ? (percentInBps(text) ?? Number.NaN)
    : ratio === null
      ? /^(0|[1-9]\d{0,15})$/.test(text)
        ? Number(text)
        : Number.NaN
      : Number(`${ratio[1]}${ratio[2]?.padEnd(4, "0")}`);
  if (!(bps >= 1 && bps <= LARGEST_THETA))
    throw new InvalidArgumentError(
      `Expected basis points from 1 to ${LARGEST_THETA}, such as 12500, or the ratio, such as 1.25.`,
    );
  return bps;
}

/**
 * Basis points, for commander: whole digits, or a percentage with its sign, so that 250 and 2.5% are the same. A number with a
 * decimal point and no percent sign is refused, since it might be either.
 */
export function basisPoints(text: string): number {
  if (text.endsWith("%")) {
    const bps = percentInBps(text);
    if (bps !== undefined && bps >= 0) return bps;
    throw new InvalidArgumentError("Expected a percentage of at most two decimals, such as 2.5%.");
  }
  if (text.includes("."))
    throw new InvalidArgumentError(
      "Expected basis points such as 250, or a percentage such as 2.5%; a number with a decimal point might be either.",
    );
  return wholeNumber(text);
}

/** As {@link basisPoints}, at most a whole. */
export function fractionOfWhole(text: string): number {
  const bps = basisPoints(text);
  if (bps > Number(BPS)) throw new InvalidArgumentError(`Expected basis points from 0 to ${BPS}.`);
  return bps;
}

/** Dollars of at most two decimals as cents, for commander; negative where so written. */
export function cents(text: string): bigint {
  try {
    return parseDecimal(text, 2, "");
  } catch {
    throw new InvalidArgumentError("Expected dollars such as 250000, -250000 or 1234.56.");
  }
}

/** Seconds of a time such as 90m, 6h or 1d12h. @throws UsageError */
export function duration(text: string, at: string): number {
  const match = /^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (match === null || text === "")
    throw new UsageError(`${at}: expected a time such as +6h, +90m or +1d12h, got other text`);
  const [days, hours, minutes, seconds] = match.slice(1).map((part = "0") => Number(part));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}

/** Unix seconds, for commander: in whole digits, or as a time in ISO 8601 with its zone. */
export function unixTime(text: string): number {
  if (/^\d+$/.test(text)) return wholeNumber(text);
  const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const milliseconds = isIso ? Date.parse(text) : Number.NaN;
  if (!(milliseconds >= 0))
    throw new InvalidArgumentError(
      "Expected Unix seconds, or a time with its zone such as 2021-05-19T12:00Z.",
    );
  return Math.floor(milliseconds / 1_000);
}

/** As {@link basisPoints}, but it may be negative. */
export function signedNumber(text: string): number {
  const percent = percentInBps(text);
  if (percent !== undefined) return percent;
  if (text === "-0")
    throw new InvalidArgumentError("Expected a whole number such as -3, and 0 without a sign.");
  return text.startsWith("-") ? -wholeNumber(text.slice(1)) : wholeNumber(text);
}

/** A tier by its name, for commander. */
export function tierNamed(text: string): Tier {
  const tier = findTier(text);
  if (!tier) throw new InvalidArgumentError(`Expected one of ${TIERS.map(({ name }) => name).join(", ")}.`);
  return tier;
}

/** The tier that commands take where none is named. */
export const defaultTier: Tier = tierNamed(DEFAULT_TIER);

/** The option --tier, the same in every command. */
export function tierOption(): Option {
  return new Option(
    "--tier <name>",
    `circuit size: ${TIERS.map(({ name }) => name).join(" or ")} (assets x scenarios)`,
  )
    .argParser(tierNamed)
    .default(defaultTier, defaultTier.name);
}

/** Where compiled circuits and keys are kept by default. */
export const DEFAULT_HOME = defaultHome(process.cwd());

/** The option --home of a command that needs circuits or keys. */
export function homeOption(description: string): Option {
  return new Option("--home <folder>", description).default(DEFAULT_HOME, "keys in your data folder");
}

/** The option --prover of a command that makes proofs. */
export function proverOption(): Option {
  return new Option(
    "--prover <program|url>",
    "make proofs with rapidsnark: its binary, or its server such as http://127.0.0.1:9080/16x16",
  );
}

/**
 * The circuit of a tier and its keys.
 * @param hash of the deployment's verification key
 * @throws KeyMismatchError where the folder has another key, ArtefactMissingError where it has none
 */
export async function artefactsUnder(hash: string, home: string, tier: Tier): Promise<Artefacts> {
  const artefacts = await loadArtefacts(home, tier);
  if (artefacts.verificationKeyHash === hash) return artefacts;
  throw new KeyMismatchError(
    home,
    `the key ${hash} of the deployment`,
    artefacts.verificationKeyHash,
    "give the folder of its key with --home",
  );
}

/** What a binary's process learns of this one's environment. */
const ENVIRONMENT = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OMP_NUM_THREADS"];

/** The prover that --prover names, or this package's, with tables for a process that makes many proofs. */
export function chosenProver(
  options: { readonly prover?: string },
  { tables = false, threads }: { readonly tables?: boolean; readonly threads?: number | undefined } = {},
): Pick<SessionOptions, "prover"> {
  const { prover } = options;
  if (prover !== undefined && threads !== undefined)
    throw new UsageError(
      "--threads: expected it without --prover, got both; set OMP_NUM_THREADS for rapidsnark",
    );
  const own = { tables, ...(threads === undefined ? {} : { threads }) };
  if (prover === undefined)
    return tables || threads !== undefined ? { prover: (zkey) => fastProver(zkey, own) } : {};
  const environment = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
  return { prover: (zkey) => externalProver(zkey, { prover, environment }) };
}

/** Maintenance margin: the θ that is claimed by default. */
export const DEFAULT_THETA = 10_000;

/** The option --confidence, the same wherever a profile is calibrated. */
export function confidenceOption(): Option {
  return new Option("--confidence <bps>", "probability that a loss stays within the margin, basis points")
    .argParser(basisPoints)
    .default(DEFAULT_CALIBRATION.confidence);
}

/** The longest horizon of a calibration, days. */
export const MOST_DAYS = 30;

/** The option --horizon, likewise: days, or the deployment plan that they follow from. */
export function horizonOption(words: string): Option {
  return new Option("--horizon <days|plan>", `${words}; or a deployment plan, whose timing says how many`)
    .argParser((text: string): number | string => {
      if (/^\d+$/.test(text)) return wholeNumber(text);
      if (/^[-+.\d]*$|^nan$/i.test(text))
        throw new InvalidArgumentError(`Expected 1 to ${MOST_DAYS} days, or a deployment plan.`);
      return text;
    })
    .default(DEFAULT_CALIBRATION.horizonDays);
}

/** The option --half-life, likewise. */
export function halfLifeOption(): Option {
  return new Option("--half-life <days>", "days after which a return weighs half in the volatility")
    .argParser(wholeNumber)
    .default(DEFAULT_CALIBRATION.halfLife);
}

/** The choices of a calibration that each have an option, as the options give them. */
export interface MethodOptions {
  readonly offsetLimit: number;
  readonly floor: number;
  readonly buffer: number;
  readonly stressWeight: number;
  readonly basis: number;
  readonly funding: number;
  readonly depeg: number;
  readonly ownToken?: readonly string[];
}

/** Adds the options of {@link MethodOptions}, the same wherever a profile is calibrated. */
export function withMethod(command: Command): Command {
  const { offsetLimit, floor, buffer, stressWeight, basis, funding, depeg } = DEFAULT_CALIBRATION;
  const shares: readonly (readonly [flags: string, words: string, byDefault: number])[] = [
    ["--offset-limit <bps>", "share of a position's own worst move that no offset takes away", offsetLimit],
    ["--floor <bps>", "share of the whole history's volatility below which none falls", floor],
    ["--buffer <bps>", "margin above need in a calm, used up as volatility rises", buffer],
    ["--stress-weight <bps>", "weight of the whole history's worst days, at full size", stressWeight],
    ["--basis <bps>", "stressed basis of perpetuals, charged at the stress weight", basis],
    ["--funding <bps>", "stressed funding of a day, charged likewise", funding],
    ["--depeg <bps>", "fall of a pegged asset that loses its peg", depeg],
  ];
  for (const [flags, words, byDefault] of shares) command.option(flags, words, basisPoints, byDefault);
  return command.option(
    "--own-token <symbol>",
    "a token of the venue or of who owes to it: no collateral, and nothing left in a crash; repeat it for several",
    (symbol: string, before: readonly string[] = []) => [...before, symbol],
  );
}

/** What the options of {@link withMethod} say to a calibration. */
export function methodOf(options: MethodOptions) {
  const { offsetLimit, floor, buffer, stressWeight, basis, funding, depeg, ownToken = [] } = options;
  return { offsetLimit, floor, buffer, stressWeight, basis, funding, depeg, ownTokens: ownToken };
}

/** The options that state fields of a calibration, a backtest or a proposal. */
const OPTIONS: Readonly<Record<string, string>> = {
  confidence: "--confidence",
  horizonDays: "--horizon",
  halfLife: "--half-life",
  offsetLimit: "--offset-limit",
  floor: "--floor",
  buffer: "--buffer",
  stressWeight: "--stress-weight",
  basis: "--basis",
  funding: "--funding",
  depeg: "--depeg",
  ownTokens: "--own-token",
  every: "--every",
  from: "--from",
  to: "--to",
  "max-step": "--max-step",
};

/**
 * Runs what takes its fields from options. An error that names such a field names its option instead.
 * @throws OutOfRangeError, UnknownAssetError, FormatError naming the option; any other error as it is
 */
export function namingOptions<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const option = error instanceof InputError ? OPTIONS[error.path] : undefined;
    const Kind = [OutOfRangeError, UnknownAssetError, FormatError].find((Class) => error instanceof Class);
    if (option === undefined || Kind === undefined) throw error;
    const { expected, got } = error as InputError;
    throw new Kind(option, expected, got);
  }
}

/** The option --macro, the same wherever a profile is calibrated. */
export function macroOption(): Option {
  const { volatility, fall, days, addOn, halfLife } = DEFAULT_MACRO;
  return new Option(
    "--macro <csv>",
    `date,SP500,VIX: where the VIX is ${volatility} or more, or the S&P 500 falls by ${fall / 100} % in ${days} days, volatilities rise by ${addOn / 100} %; halved every ${halfLife} business days after`,
  );
}

/** The option --accept-jump, the same wherever a price history is read. */
export function acceptJumpOption(): Option {
  return new Option(
    "--accept-jump <asset=time>",
    "accept a true close that looks like a redenomination or a bad print; repeat it for several",
  ).argParser((text: string, before: readonly NamedJump[] = []): NamedJump[] => [...before, namedJump(text)]);
}

function namedJump(text: string): NamedJump {
  const match = /^([^=]+)=(\d{4}-\d{2}-\d{2}(?:T\d{2}:00Z)?)$/.exec(text);
  const [, asset, time] = match ?? [];
  if (asset === undefined || time === undefined || !isSymbol(asset))
    throw new InvalidArgumentError("Expected an asset and a time of the history such as DOGE=2021-01-28.");
  return { asset, time };
}

/** Where prices come from, as options say it. */
export interface PriceOptions {
  /** Files, each perhaps with its asset: `BTC=btc.json`. */
  readonly history?: readonly string[];
  readonly prices?: readonly string[];
  /** Stated prices, attodollars per unit by symbol. */
  readonly price?: ReadonlyMap<string, bigint>;
  /** Seconds east of UTC. */
  readonly timeZone?: number;
  readonly listing?: string;
}

/** The asset and the path of a price file: `BTC=btc.json`, `WSTETH/ETH=rate.csv`, or a path alone. */
export function priceSource(text: string): { readonly asset?: string; readonly path: string } {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?)=(.+)$/.exec(text);
  return match === null ? { path: text } : { asset: match[1] ?? "", path: match[2] ?? "" };
}

/** Adds the options that say where prices come from. `--history` is read by each; `--prices` is another name for it. */
export function withPrices(command: Command, words: string): Command {
  const several = (text: string, before: readonly string[] = []) => [...before, text];
  return command
    .addOption(
      new Option(
        "--prices <asset=file>",
        `price file: Binance, CoinGecko, CCXT, Yahoo or plain CSV; repeat it for several (BTC=btc.json); ${words} by default`,
      ).argParser(several),
    )
    .addOption(new Option("--history <asset=file>", "the same").argParser(several))
    .addOption(
      new Option(
        "--price <asset=dollars>",
        "price of an asset that no file has, the same on each day, such as USDC=1; repeat it for several",
      ).argParser(statedPrice),
    )
    .addOption(
      new Option(
        "--time-zone <offset>",
        "zone of times that do not say it, such as +05:30; UTC by default",
      ).argParser((text) =>
        checkedBy(() => offsetOf(text, "--time-zone"), "UTC or an offset such as +05:30"),
      ),
    );
}

/** Adds the option that names the listing. */
export function withListing(command: Command): Command {
  return command.option("--listing <file>", "listing of your own assets; the built-in listing by default");
}

function statedPrice(text: string, before: ReadonlyMap<string, bigint> = new Map()): Map<string, bigint> {
  const [, asset = "", price = ""] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const value = checkedBy(
    () => parseForeignDecimal(price, USD_DECIMALS, "--price"),
    "an asset and dollars a unit, such as USDC=1 or TBILL=1.0731",
  );
  if (!isSymbol(asset) || value <= 0n || before.has(asset))
    throw new InvalidArgumentError("Expected each asset once and a price above 0, such as USDC=1.");
  return new Map([...before, [asset, value]]);
}

/** What `read` returns; commander's error where it throws. */
function checkedBy<T>(read: () => T, expected: string): T {
  try {
    return read();
  } catch {
    throw new InvalidArgumentError(`Expected ${expected}.`);
  }
}
