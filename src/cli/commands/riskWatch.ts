import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import * as z from "zod/mini";
import { serialiseProposal } from "../../chain/proposal/file.js";
import { type DeepReadonly, document, printable, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import {
  InputError,
  PriceJumpError,
  StalePricesError,
  UnknownAssetError,
  UnreadableError,
  ZkMarginError,
} from "../../errors.js";
import { DAY_SECONDS, parseDate } from "../../market/date.js";
import { profileSchema, profileToJson } from "../../market/profile.js";
import { type Listing, slotOf } from "../../protocol/listing.js";
import { type ListingFile, peggedAssets } from "../../protocol/listingFile.js";
import { checkProfile, type RiskProfile } from "../../protocol/profile.js";
import { calibrate } from "../../risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION, listingTerms } from "../../risk/calibration/options.js";
import type { NamedJump } from "../../risk/jumps.js";
import { DEFAULT_MACRO, type MacroState, macroStateOn, parseMacro } from "../../risk/macro.js";
import {
  DEFAULT_POLICY,
  type Decision,
  type Drift,
  decide,
  quantumPrices,
  referenceBooks,
  type WatchPolicy,
} from "../../risk/propose/drift.js";
import {
  acceptJumpOption,
  basisPoints,
  confidenceOption,
  halfLifeOption,
  horizonOption,
  type MethodOptions,
  macroOption,
  methodOf,
  namingOptions,
  type PriceOptions,
  wholeNumber,
  withListing,
  withMethod,
  withPrices,
} from "../arguments.js";
import { readHorizon, readListingFile, readTable, SHIPPED_WORDS } from "../files.js";
import { percent } from "../format.js";
import { checkOutput, type Io, makeFolder, readInput, readKept, save, untilInterrupt } from "../io.js";
import { withRpc } from "../onChain.js";
import {
  checkProposalOptions,
  type LiveOptions,
  makeProposal,
  type ProposalOptions,
  withLive,
  withProposalOptions,
} from "./riskPropose.js";

/** Seconds between two looks at the history. */
const DEFAULT_EVERY = 3_600;

/** `zkmargin risk watch`: propose when the market has moved away from the live profile. */
export function watchCommand(io: Io): Command {
  const { band, loosenBand, coolDown } = DEFAULT_POLICY;
  const command = new Command("watch")
    .description(
      "Calibrate again as a price history grows, and propose when the live profile has drifted too far.",
    )
    .option(
      "--live <name|file>",
      "the live profile: a shipped one's name or a file; read again at each check",
    )
    .option(
      "--deployment <file>",
      "instead: read it from the chain of this manifest, and encode the transactions",
    );
  return withMethod(withProposalOptions(withRpc(withListing(withPrices(command, SHIPPED_WORDS)))))
    .addOption(horizonOption("days over which a loss is measured"))
    .requiredOption("--out <folder>", "where proposals are written")
    .option("--state <file>", "state of the watch; watch.json in the --out folder by default")
    .option("--band <bps>", "rise of a reference margin beyond which to tighten", basisPoints, band)
    .option("--loosen-band <bps>", "fall of one beyond which to loosen", basisPoints, loosenBand)
    .option(
      "--cool-down <days>",
      "after a proposal, days in which nothing is loosened",
      wholeNumber,
      coolDown,
    )
    .addOption(confidenceOption())
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .addOption(macroOption())
    .option("--every <seconds>", "time between two checks of the history", wholeNumber, DEFAULT_EVERY)
    .option("--once", "check once and end")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Drift is the largest relative change of margin over reference books: each asset held, owed, long and short, the whole
market long and short, and each asset against the first. The command sends nothing: a proposal is a file, for the holders of
the roles to sign. You can end and start the watch at any moment.

With --macro a trigger of the stock market raises the calibration's volatilities at once, and lowers them slowly.

If a price stands still, or jumps as after a redenomination, the watch reports it once and proposes nothing until you correct
the history. With --once it exits with code 3. It reports other trouble once too, and tries again.

Examples:
  $ zkmargin risk watch --history closes.csv --live portfolio-margin --out proposals --once
  $ zkmargin risk watch --history closes.csv --deployment deployment.json --expires-in 2592000 --bridge --out proposals

Exit codes: 0 ended by an interrupt, or with --once; 2 and 3 wrong options or files; 8 chain.`,
    )
    .action(async (options) => {
      checkProposalOptions(options);
      await makeFolder(options.out);
      const { days: horizon } = await readHorizon(io, options.horizon);
      const watch = { ...options, horizon, state: options.state ?? join(options.out, "watch.json") };
      const tell = (told: WatchResult | Trouble) =>
        io.out(options.json ? `${JSON.stringify(told)}\n` : words(told));
      if (options.once) return tell(await watchOnce(io, watch));
      await untilInterrupt(async (signal) => {
        // What is wrong from the start is an error, but for prices that a history may mend; what goes wrong later may pass.
        let last = await watchOnce(io, watch).catch(pricesTroubleOf);
        tell(last);
        while (!signal.aborted) {
          await sleep(options.every * 1_000, undefined, { signal }).catch(() => undefined);
          if (signal.aborted) break;
          const next = await watchOnce(io, watch).catch(troubleOf);
          if (!isSameTrouble(last, next)) tell(next);
          last = next;
        }
      });
    });
}

/** What kept a look from coming to anything, such as a row that is half written or a node that is away. */
interface Trouble {
  readonly kind: "trouble";
  readonly name: string;
  readonly message: string;
  /** What it is about, where the message may grow with the history. */
  readonly path?: string;
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ZkMarginError)) throw error;
  const { name, message } = error;
  return { kind: "trouble", name, message, ...(error instanceof InputError && { path: error.path }) };
}

function pricesTroubleOf(error: unknown): Trouble {
  if (error instanceof StalePricesError || error instanceof PriceJumpError) return troubleOf(error);
  throw error;
}

/** Trouble is told once, not at each look. */
function isSameTrouble(last: WatchResult | Trouble, next: WatchResult | Trouble): boolean {
  if (last.kind !== "trouble" || next.kind !== "trouble" || last.name !== next.name) return false;
  return next.path === undefined ? last.message === next.message : last.path === next.path;
}

function words(told: WatchResult | Trouble): string {
  switch (told.kind) {
    case "nothing new":
      return `${told.time}: nothing new\n`;
    case "held":
      return `${told.time}: ${driftWords(told.drift)}; no proposal, ${told.why}${macroWords(told)}${ignoredWords(told)}\n`;
    case "proposed":
      return `${told.time}: ${driftWords(told.drift)}; wrote ${told.file}, to ${told.direction} in ${told.steps} ${told.steps === 1 ? "step" : "steps"}${macroWords(told)}${ignoredWords(told)}\n`;
    case "trouble":
      return `${told.name}: ${told.message}; looking again\n`;
  }
}

function macroWords({ macro }: { readonly macro: MacroState | null }): string {
  return macro === null || macro.addOn === 0
    ? ""
    : `; ${percent(macro.addOn)} on volatilities, as the stock market's trigger fired on ${macro.firedOn}`;
}

function ignoredWords({ ignored }: { readonly ignored: readonly string[] }): string {
  return ignored.length === 0 ? "" : `; ignored ${ignored.join(", ")}: not listed`;
}

function driftWords({ tighter, tighterIn, looser, looserIn }: Drift): string {
  const up =
    tighterIn === null ? "no margin rises" : `margin rises by up to ${percent(tighter)} (${tighterIn})`;
  const down = looserIn === null ? "none falls" : `falls by up to ${percent(looser)} (${looserIn})`;
  return `${up}, ${down}`;
}

/** Everything that a look goes by. */
interface WatchOptions extends LiveOptions, ProposalOptions, WatchPolicy, PriceOptions, MethodOptions {
  /** Folder of proposals. */
  readonly out: string;
  readonly state: string;
  readonly confidence: number;
  readonly halfLife: number;
  readonly horizon: number;
  readonly acceptJump?: readonly NamedJump[];
  readonly macro?: string;
}

/** What one look at the history came to. */
type WatchResult =
  | { readonly kind: "nothing new"; readonly time: string }
  | {
      readonly kind: "held";
      readonly time: string;
      readonly drift: Drift;
      readonly why: string;
      readonly ignored: readonly string[];
      /** What the stock market adds; null where it is not watched. */
      readonly macro: MacroState | null;
    }
  | {
      readonly kind: "proposed";
      readonly time: string;
      readonly drift: Drift;
      readonly direction: "tighten" | "loosen";
      readonly file: string;
      readonly steps: number;
      /** Assets of the history that are not listed. */
      readonly ignored: readonly string[];
      readonly macro: MacroState | null;
    };

/**
 * Looks at the history once: calibrates on all of it, measures the drift from the live profile, and writes a proposal if that
 * is worth one. The proposal comes before the state, and the same history gives the same proposal, so a look that was cut
 * short is made again.
 * @throws InputError, ChainError
 */
function watchOnce(io: Io, options: WatchOptions): Promise<WatchResult> {
  return withLive(io, options, async (live) => {
    const { listing } = live;
    const assets = await readListingFile(io, options.listing);
    const own = options.listing !== undefined;
    if (own) checkSameAssets(assets, listing);
    const { table: prices, report: read } = await readTable(io, options, assets);
    const { ignored } = read;
    const time = prices.times.at(-1) ?? "";
    const state = await readState(io, options.state, listing);
    if (state?.time === time) return { kind: "nothing new", time };

    const last = state?.proposal ?? null;
    const macro =
      options.macro === undefined
        ? null
        : macroStateOn(
            parseMacro(await readInput(io, options.macro, "macro")),
            time.slice(0, 10),
            DEFAULT_MACRO,
          );
    const { profile } = namingOptions(() =>
      calibrate({
        ...DEFAULT_CALIBRATION,
        name: `calibrated ${time}`,
        listing,
        prices,
        confidence: options.confidence,
        halfLife: options.halfLife,
        horizonDays: options.horizon,
        liquidationDays: Math.max(options.horizon, DEFAULT_CALIBRATION.liquidationDays),
        ...methodOf(options),
        acceptJumps: options.acceptJump ?? [],
        addOn: macro?.addOn ?? 0,
        ...listingTerms(
          assets.filter(({ symbol }) => slotOf(listing, symbol) !== undefined),
          { own },
        ),
        previous: last?.target ?? live.profile,
      }),
    );
    const closes = listing.map(({ symbol }) => prices.closes.at(-1)?.[prices.assets.indexOf(symbol)] ?? 0);
    const quanta = quantumPrices(closes, listing);
    const books = referenceBooks(
      listing.map(({ symbol }) => symbol),
      quanta,
      slotOf(listing, peggedAssets(assets)[0] ?? "") ?? null,
    );
    const { decision, drift } = decide(
      {
        live: live.profile,
        calibrated: profile,
        prices: quanta,
        books,
        last: last === null ? null : { target: last.target, age: daysBetween(last.time, time) },
      },
      options,
    );
    if (decision.kind === "hold") {
      await saveState(io, options.state, { time, proposal: last });
      return { kind: "held", time, drift, why: decision.why, ignored, macro };
    }
    const target = { ...decision.target, ...titleOf(decision.kind, profile, time) };
    const proposal = await makeProposal(io, live, target, options);
    const file = join(options.out, `proposal-${time.replaceAll(":", "")}.json`);
    await checkOutput(file);
    await save(io, file, serialiseProposal(proposal), "proposal");
    await saveState(io, options.state, { time, proposal: { time, kind: decision.kind, file, target } });
    return {
      kind: "proposed",
      time,
      drift,
      direction: decision.kind,
      file,
      steps: proposal.steps.length,
      ignored,
      macro,
    };
  });
}

/** That a listing file has the assets of the live profile. @throws UnknownAssetError naming the first that it lacks */
function checkSameAssets(assets: ListingFile, live: Listing): void {
  for (const { symbol, decimals } of live) {
    const known = assets[slotOf(assets, symbol) ?? -1];
    if (known?.decimals !== decimals)
      throw new UnknownAssetError(
        "--listing",
        `${symbol} with ${decimals} decimals, as the live profile has it`,
        known === undefined ? "none" : `${known.decimals} decimals`,
      );
  }
}

function titleOf(kind: Exclude<Decision["kind"], "hold">, { name, description }: RiskProfile, time: string) {
  return kind === "loosen"
    ? { name, description }
    : {
        name: `tightened ${time}`,
        description: `The shocks of the calibration of ${time}, and parameter by parameter the tighter of it and the profile that was live.`,
      };
}

/** Whole days from one time of a history to another. */
function daysBetween(from: string, to: string): number {
  const day = (time: string) => parseDate(time.slice(0, 10), "state.time");
  return (day(to) - day(from)) / DAY_SECONDS;
}

const FORMAT = "zkmargin/watch@1";

const proposed = z.strictObject({
  time: printable(32),
  kind: z.enum(["tighten", "loosen"]),
  /** Name of its file. */
  file: printable(256),
  target: profileSchema,
});
const stateSchema = document(FORMAT, {
  /** Last time of the history that was looked at. */
  time: printable(32),
  /** The newest proposal; null before the first. */
  proposal: z.nullable(proposed),
});

/** What a watch remembers from one look to the next, `zkmargin/watch@1`. */
type WatchState = DeepReadonly<z.infer<typeof stateSchema>>;

/** The state of a watch; null where there is none yet. @throws InputError */
export async function readState(io: Io, path: string, listing: Listing): Promise<WatchState | null> {
  const text = await readKept(io, path, "watch").catch((error) => {
    if (error instanceof UnreadableError && error.got === "no such file") return null;
    throw error;
  });
  if (text === null) return null;
  const state = shaped(stateSchema, parseStrictJson(text, path), { path });
  if (state.proposal !== null) checkProfile(state.proposal.target, listing, `${path}.proposal.target`);
  return state;
}

/** Writes the state whole or not at all. */
function saveState(io: Io, path: string, state: WatchState): Promise<void> {
  return save(io, path, stateText(state), "watch");
}

/** The text of a state file. */
export function stateText({ time, proposal }: WatchState): string {
  const told = proposal === null ? null : { ...proposal, target: profileToJson(proposal.target) };
  return `${JSON.stringify({ format: FORMAT, time, proposal: told }, null, 2)}\n`;
}
