import { join } from "node:path";
import { Command } from "commander";
import { type Opening, openBook } from "../../book/opening.js";
import { type Health, healthOf } from "../../margin/health.js";
import { DEFAULT_WINDOW } from "../../market/build.js";
import { denseMarket } from "../../market/dense.js";
import type { MarketFile } from "../../market/file.js";
import { packageRoot } from "../../prove/artefacts/packageRoot.js";
import { type Bundle, serialiseBundle } from "../../prove/bundle.js";
import { ProvingSession } from "../../prove/session.js";
import { setup } from "../../prove/setup/setup.js";
import { DEFAULT_HOME, DEFAULT_THETA, defaultTier } from "../arguments.js";
import { readBookFile } from "../files.js";
import { dollars, factor, json, percent, table } from "../format.js";
import { type Io, makeFolder, save } from "../io.js";
import { buildMarketFile } from "../markets.js";
import { progressOn } from "../progress.js";

/** Before the fall, and the day of it. */
const DATES = ["2021-05-17", "2021-05-19"] as const;

/** The example books, each under the regime such an account is margined in. */
const DESKS = [
  {
    book: "cash-and-carry",
    profile: "portfolio-margin",
    who: "a hedged cash-and-carry desk: long spot BTC, short the perpetual",
  },
  {
    book: "leveraged-long",
    profile: "portfolio-margin",
    who: "a leveraged long in BTC and ETH perpetuals on USDC",
  },
  { book: "isolated-perp", profile: "rate-perps", who: "an isolated SOL perpetual" },
  { book: "aave-borrower", profile: "collateralised-debt", who: "a borrower of USDC against BTC and ETH" },
] as const;

/** Envelopes are claimed from a small published grid, basis points: a claim made to fit tells a story. */
const ENVELOPES = [0, 50, 100, 200, 500, 1_000, 2_000] as const;

/** Everybody knows this secret, so everybody can open the demo's commitments. */
const DEMO_SECRET = Buffer.from("zkmargin demo: a secret that is none", "ascii");

interface Outcome {
  readonly desk: string;
  readonly date: string;
  readonly profile: string;
  readonly healthFactor: string;
  readonly proven: "healthy" | "unhealthy" | "nothing";
  readonly envelope: number;
  readonly why: string;
  readonly proveMs: number;
  readonly verifyMs: number;
  readonly bundle: string | null;
}

/** `zkmargin demo`: the main job, on real prices. */
export function demoCommand(io: Io): Command {
  return new Command("demo")
    .description("Prove four example books at real prices, before and on 19 May 2021.")
    .option("--home <folder>", "where circuits and keys are kept", DEFAULT_HOME)
    .option("--out <folder>", "where proof bundles are written", "build/demo")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin demo")
    .action(async (options) => {
      const say = (text: string) => (options.json ? undefined : io.out(text));
      say(`zkmargin demo, tier ${defaultTier.name}\n\nCircuit and keys\n`);
      const { artefacts, reused } = await setup({
        home: options.home,
        tier: defaultTier,
        onProgress: progressOn(io),
      });
      say(`  ${reused ? "reused what is in" : "made"} ${artefacts.directory}\n`);
      say(
        `  ${artefacts.manifest.constraints} constraints, ${artefacts.manifest.publicSignals} public signals\n`,
      );
      say("  DEVELOPMENT KEY: anybody can forge proofs with it\n");
      await makeFolder(options.out);

      const session = await ProvingSession.open(artefacts);
      const outcomes: Outcome[] = [];
      try {
        for (const date of DATES) {
          say(`\n${date}\n`);
          for (const desk of DESKS) {
            const outcome = await runDesk(io, session, desk, date, options.out);
            outcomes.push(outcome);
            say(describe(outcome, desk.who));
          }
        }
      } finally {
        await session.close();
      }
      if (options.json) return io.out(json({ tier: defaultTier.name, reused, outcomes }));
      io.out(summary(outcomes, io.invocation));
    });
}

async function runDesk(
  io: Io,
  session: ProvingSession,
  desk: (typeof DESKS)[number],
  date: string,
  folder: string,
): Promise<Outcome> {
  const { market } = await buildMarketFile(io, { date, window: DEFAULT_WINDOW, profile: desk.profile });
  const file = await readBookFile(
    io,
    join(packageRoot(), "examples", "books", `${desk.book}.json`),
    market.listing,
  );
  // A new sequence for each date: a salt serves one commitment.
  const sequenced = { ...file, sequence: file.sequence + DATES.indexOf(date as (typeof DATES)[number]) };
  const opening = openBook(sequenced, DEMO_SECRET, market.listing, session.tier);
  const health = healthOf(opening.book, denseMarket(market, session.tier), DEFAULT_THETA);
  const base = {
    desk: desk.book,
    date,
    profile: desk.profile,
    healthFactor: factor(health.healthFactor),
    why: why(health, market),
  };
  if (!health.healthy && !health.unhealthy)
    return { ...base, proven: "nothing", envelope: 0, proveMs: 0, verifyMs: 0, bundle: null };

  const envelope = Math.max(...ENVELOPES.filter((e) => e <= (health.largestEnvelope ?? 0)));
  const { bundle, proveMs, verifyMs } = await proveAndVerify(
    session,
    opening,
    market,
    health.healthy,
    envelope,
  );
  const path = join(folder, `${desk.book}.${date}.proof.json`);
  await save(path, serialiseBundle(bundle));
  return {
    ...base,
    proven: health.healthy ? "healthy" : "unhealthy",
    envelope,
    proveMs,
    verifyMs,
    bundle: path,
  };
}

async function proveAndVerify(
  session: ProvingSession,
  opening: Opening,
  market: MarketFile,
  healthy: boolean,
  envelope: number,
): Promise<{ bundle: Bundle; proveMs: number; verifyMs: number }> {
  const start = performance.now();
  const bundle = await session.prove({ opening, market, theta: DEFAULT_THETA, envelope, healthy });
  const proven = performance.now();
  session.verifier.verify(bundle, market);
  return { bundle, proveMs: proven - start, verifyMs: performance.now() - proven };
}

/** What health comes to, in one line for the account's owner. */
function why({ assessment: { A, D, N, M, worstScenario } }: Health, market: MarketFile): string {
  const scenario =
    worstScenario === null
      ? ""
      : ` ${dollars(M)} in the scenario "${market.profile.scenarios[worstScenario]?.name}",`;
  return `collateral counts ${dollars(A)} against${scenario} ${dollars(N)} of margin and charges and ${dollars(D)} of debt and losses`;
}

function describe(outcome: Outcome, who: string): string {
  const { healthFactor, proven, envelope, proveMs, verifyMs } = outcome;
  const proof =
    proven === "nothing"
      ? "within the spread of low and high: neither verdict can be proven"
      : proven === "healthy"
        ? `proven above 1.0000${envelope === 0 ? "" : `, also after moves of ${percent(envelope)}`}`
        : "cannot be proven healthy; proven not above 1.0000";
  const times =
    proven === "nothing" ? "" : `  (proof ${proveMs.toFixed(0)} ms, verified in ${verifyMs.toFixed(1)} ms)`;
  return `  ${outcome.desk}: ${who}\n    HF ${healthFactor}: ${outcome.why}\n    ${proof}${times}\n`;
}

function summary(outcomes: readonly Outcome[], invocation: string): string {
  const rows = outcomes.map(({ desk, date, profile, healthFactor, proven, envelope, bundle }) => [
    desk,
    date,
    profile,
    healthFactor,
    proven,
    proven === "healthy" ? percent(envelope) : "",
    bundle ?? "",
  ]);
  const example = outcomes.find(({ proven }) => proven === "healthy")?.bundle;
  return [
    "\n",
    table(["desk", "date", "regime", "HF", "proven", "envelope", "bundle"], rows, { text: [0, 1, 2, 4, 6] }),
    example ? `\nA counterparty checks one with\n  ${invocation} verify ${example}\n` : "",
  ].join("");
}
