#!/usr/bin/env node
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Anvil, LogTape, serialiseDeployment } from "zkmargin/chain";
import { DEFAULT_TIER, findTier, UnwritableError, UsageError, ZkMarginError } from "zkmargin/protocol";
import { type Artefacts, defaultHome, ProvingSession, setup } from "zkmargin/prove";
import { parseHistory } from "zkmargin/risk";
import { serialiseBundle } from "zkmargin/verify";
import { twoChains } from "./chains.js";
import { clearing } from "./clearing.js";
import { DemoChain } from "./demoChain.js";
import { type Ending, ending } from "./ending.js";
import { type Day, daysBeforeFall, type Fall, fall } from "./fall.js";
import { type Narrator, narratorOf, type Performed, type Story, showStep } from "./narrator.js";
import { type Opening, opening, type Release, releases, replay } from "./opening.js";
import { type OptionsDesk, optionsDesk } from "./options.js";
import * as report from "./report.js";
import { type RoundFigures, Simulation } from "./simulation.js";

const HELP = `Usage: zkmargin-demo [options] [story]

Plays a story on local chains that it starts and ends.

Stories:
  spring           the spring of 2021 at real prices: deploy, attest, prove, lend, and liquidate on 19 May (default)
  clearing         a clearing house on 19 May: no attester, hidden trades, two defaults, a loss beyond its fund
  chains           collateral on one chain and a loan on another: lock, borrow, repay, withdraw, and an audit

Options:
  --home <folder>  where circuits and keys are kept (default: keys in your data folder)
  --out <folder>   where deployments, proofs and logs are written (default: "build/demo" for spring, "build/demo-<story>" for others)
  --json           print JSON
`;

/** Stories by their argument. */
const STORIES: Readonly<Record<string, Story>> = { spring, chains: twoChains, clearing };
const DEFAULT_STORY = "spring";

const PRICES = createRequire(import.meta.url).resolve("zkmargin/examples/prices/daily-close.csv");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Everything that happened in the spring. */
interface Spring {
  readonly rounds: readonly RoundFigures[];
  readonly opening: Opening;
  readonly releases: readonly Release[];
  readonly days: readonly Day[];
  readonly desk: OptionsDesk;
  readonly fall: Fall;
  readonly ending: Ending;
}

/** Plays the spring from its first round to its end, chapter by chapter. */
async function play(simulation: Simulation, { say, chapter }: Narrator): Promise<Spring> {
  const rounds = await chapter("three weeks of daily rounds", (onShare) => replay(simulation, onShare));
  say(report.replayText(rounds));
  const opened = await chapter("four accounts, attested and proven", () => opening(simulation));
  say(report.openingText(opened));
  const released = await chapter("loans and withdrawals", () => releases(simulation));
  say(report.releasesText(released));
  const days = await chapter("eight days of books and proofs", (onShare) =>
    daysBeforeFall(simulation, onShare),
  );
  say(report.daysText(days));
  const desk = await chapter("an options desk", () => optionsDesk(simulation));
  say(report.deskText(desk));
  const fallen = await chapter("the fall", () => fall(simulation));
  say(report.fallText(fallen));
  const ended = await chapter("the newest proofs once more, off line", () => ending(simulation));
  const all = [...rounds, ...days.map(({ figures }) => figures), fallen.close.figures, fallen.settled];
  say(report.endingText(ended, fallen, all, simulation.chain.gas));
  return { rounds, opening: opened, releases: released, days, desk, fall: fallen, ending: ended };
}

/** The spring of 2021: starts a chain, plays on it and ends it. */
async function spring(artefacts: Artefacts, narrator: Narrator): Promise<Performed> {
  const history = parseHistory(readFileSync(PRICES, "utf8"));
  const start = performance.now();
  const chain = await narrator.chapter("a local chain and its contracts", () =>
    DemoChain.start(artefacts, history),
  );
  try {
    const seconds = (performance.now() - start) / 1000;
    narrator.say(report.chainText(chain, seconds));
    const session = await ProvingSession.open(artefacts);
    try {
      const tape = await LogTape.start(chain.open);
      const simulation = new Simulation(chain, session, history, tape);
      const played = await play(simulation, narrator);
      await tape.advance();
      const deployment = { contracts: chain.steps.length, gas: chain.gas, seconds };
      return {
        told: { deployment, ...played },
        files: { ...filesOf(simulation), "event-log.ndjson": tape.text() },
        farewell: report.caveats,
      };
    } finally {
      await session.close();
    }
  } finally {
    await chain.close();
  }
}

/** The deployment, and of each account the newest proof of either verdict. */
function filesOf(simulation: Simulation): Record<string, string> {
  const files: Record<string, string> = {
    "deployment.json": serialiseDeployment(simulation.chain.open.deployment),
  };
  for (const { account, bundle, claim } of simulation.proofs) {
    const name = simulation.nameOf(account);
    files[`${name}${claim.healthy ? "" : ".unhealthy"}.proof.json`] = serialiseBundle(bundle);
  }
  return files;
}

/**
 * Runs work that starts a process of its own. A signal ends this process as it would any (130 for SIGINT, 143 for
 * SIGTERM), and what was started ends with it.
 * @param undo takes back what a failure or a signal leaves half done; at once, as the process ends
 */
async function interruptible<T>(work: () => Promise<T>, undo: () => void): Promise<T> {
  const end = (signal: NodeJS.Signals) => {
    undo();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    return await work();
  } catch (error) {
    undo();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  }
}

/** Turns a failure of the file system into an error that names the path. */
function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = "an unknown error" } = error as NodeJS.ErrnoException;
    throw new UnwritableError(path, "a path that can be written", code);
  }
}

function optionsOf(args: string[]) {
  try {
    const options = {
      home: { type: "string", default: defaultHome(process.cwd()) },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [name = DEFAULT_STORY, ...more] = positionals;
    const story = Object.hasOwn(STORIES, name) ? STORIES[name] : undefined;
    if (story === undefined || more.length > 0)
      throw new Error(
        `expected one story of ${Object.keys(STORIES).join(", ")}, got ${positionals.join(" ")}`,
      );
    const { out = name === DEFAULT_STORY ? "build/demo" : `build/demo-${name}` } = values;
    return { ...values, out, story };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { home, out, json, help, story } = optionsOf(process.argv.slice(2));
  if (help) return void process.stdout.write(HELP);
  Anvil.check(); // before keys are made, which takes most of the time
  const say = (text: string) => void (json || process.stdout.write(text));
  const show = (step: Parameters<typeof showStep>[0]) => json || showStep(step);
  const tier = findTier(DEFAULT_TIER);
  if (tier === undefined) throw new RangeError(`no tier ${DEFAULT_TIER}`);
  say(`zkmargin demo, tier ${tier.name}\n\nCircuit and keys\n`);
  const { artefacts, reused } = await setup({ home, tier, onProgress: show });
  const { constraints, publicSignals } = artefacts.manifest;
  say(`  ${reused ? "reused what is in" : "made"} ${artefacts.directory}\n`);
  say(`  ${constraints} constraints, ${publicSignals} public signals\n`);
  say("  DEVELOPMENT KEY: anybody can forge proofs with it\n");

  const made = writing(out, () => mkdirSync(out, { recursive: true }));
  const { told, farewell } = await interruptible(
    async () => {
      const performed = await story(artefacts, narratorOf(show, say));
      for (const [name, text] of Object.entries(performed.files)) {
        const path = join(out, name);
        writing(path, () => writeFileSync(path, text, { mode: 0o600 }));
      }
      return performed;
    },
    () => made && rmSync(made, { recursive: true, force: true }),
  );
  if (json) {
    const all = { tier: tier.name, reused, ...told };
    const text = JSON.stringify(all, (_, value) => (typeof value === "bigint" ? `${value}` : value), 2);
    process.stdout.write(`${text}\n`);
  }
  // In a checkout the command line is not on the path: package.json has a script for it.
  const inCheckout = process.env["npm_lifecycle_event"] === "demo";
  say(farewell(inCheckout ? "npm run -s zkmargin --" : "npx zkmargin", out));
}

// A reader that closes early, such as `head`, is no error.
process.stdout.on("error", () => undefined);
await main().catch((error) => {
  if (!(error instanceof ZkMarginError)) throw error;
  process.stderr.write(`zkmargin-demo: ${error.message}\n`);
  process.exitCode = error.exitCode;
});
