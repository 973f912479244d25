import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { InputError, PriceJumpError, StalePricesError, ZkMarginError } from "../../../errors.js";
import { DEFAULT_POLICY, type Drift } from "../../../risk/propose/drift.js";
import { wholeNumber } from "../../arguments.js";
import { withRpc } from "../../chain/session.js";
import { percent } from "../../format.js";
import { type Io, makeFolder } from "../../io.js";
import { shippedHistory } from "../../markets.js";
import { acceptJumpOption, confidenceOption, halfLifeOption } from "./calibrationOptions.js";
import { checkProposalOptions, withProposalOptions } from "./propose/options.js";
import { type Look, look } from "./watch/look.js";

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
      "--history <csv>",
      "daily or hourly closes, to which somebody appends; the shipped history by default",
    )
    .option("--live <name|file>", "the live profile: a shipped one's name or a file; read again at each look")
    .option(
      "--deployment <file>",
      "instead: read it from the chain of this manifest, and encode the transactions",
    );
  return withProposalOptions(withRpc(command))
    .requiredOption("--out <folder>", "where proposals are written")
    .option("--state <file>", "what the watch remembers; watch.json in that folder by default")
    .option("--band <bps>", "rise of a reference margin beyond which to tighten", wholeNumber, band)
    .option("--loosen-band <bps>", "fall of one beyond which to loosen", wholeNumber, loosenBand)
    .option(
      "--cool-down <days>",
      "after a proposal, days in which nothing is loosened",
      wholeNumber,
      coolDown,
    )
    .addOption(confidenceOption())
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .option("--every <seconds>", "between two looks at the history", wholeNumber, DEFAULT_EVERY)
    .option("--once", "look once and end")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Drift is the largest relative change of margin over reference books: each asset held, owed, long and short, the whole
market long and short, and each asset against the first. Nothing is sent: a proposal is a file, for the holders of
the roles to sign. It can be ended and started at any moment. A price that stands still, or jumps as after a redenomination or by
a bad print, is told once and keeps it from proposing until the history is mended; with --once the exit code is 3.

Examples:
  $ zkmargin risk watch --history closes.csv --live portfolio-margin --out proposals --once
  $ zkmargin risk watch --history closes.csv --deployment deployment.json --expires-in 2592000 --bridge --out proposals

Exit codes: 0 ended by an interrupt, or with --once; 2 and 3 wrong options or files, 8 chain.`,
    )
    .action(async (options) => {
      checkProposalOptions(options);
      await makeFolder(options.out);
      const history = options.history ?? shippedHistory();
      const watch = { ...options, history, state: options.state ?? join(options.out, "watch.json") };
      const tell = (told: Look | Trouble) => io.out(options.json ? `${JSON.stringify(told)}\n` : words(told));
      if (options.once) return tell(await look(io, watch));
      const stop = new AbortController();
      const end = () => stop.abort();
      process.once("SIGINT", end).once("SIGTERM", end);
      try {
        // What is wrong from the start is an error, but for prices that a history may mend; what goes wrong later may pass.
        let last = await look(io, watch).catch(pricesTroubleOf);
        tell(last);
        while (!stop.signal.aborted) {
          await sleep(options.every * 1_000, undefined, { signal: stop.signal }).catch(() => undefined);
          if (stop.signal.aborted) break;
          const next = await look(io, watch).catch(troubleOf);
          if (!isSameTrouble(last, next)) tell(next);
          last = next;
        }
      } finally {
        process.removeListener("SIGINT", end).removeListener("SIGTERM", end);
      }
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
function isSameTrouble(last: Look | Trouble, next: Look | Trouble): boolean {
  if (last.kind !== "trouble" || next.kind !== "trouble" || last.name !== next.name) return false;
  return next.path === undefined ? last.message === next.message : last.path === next.path;
}

function words(told: Look | Trouble): string {
  switch (told.kind) {
    case "nothing new":
      return `${told.time}: nothing new\n`;
    case "held":
      return `${told.time}: ${driftWords(told.drift)}; no proposal, ${told.why}\n`;
    case "proposed":
      return `${told.time}: ${driftWords(told.drift)}; wrote ${told.file}, to ${told.direction} in ${told.steps} ${told.steps === 1 ? "step" : "steps"}\n`;
    case "trouble":
      return `${told.name}: ${told.message}; looking again\n`;
  }
}

function driftWords({ tighter, tighterIn, looser, looserIn }: Drift): string {
  const up =
    tighterIn === null ? "no margin rises" : `margin rises by up to ${percent(tighter)} (${tighterIn})`;
  const down = looserIn === null ? "none falls" : `falls by up to ${percent(looser)} (${looserIn})`;
  return `${up}, ${down}`;
}
