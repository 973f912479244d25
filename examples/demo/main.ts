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
import { DemoChain } from "./demoChain.js";
import { type Ending, ending } from "./ending.js";
import { type Day, daysBeforeFall, type Fall, fall } from "./fall.js";
import { type Opening, opening, type Release, releases, replay } from "./opening.js";
import { type OptionsDesk, optionsDesk } from "./options.js";
import * as report from "./report.js";
import { type RoundFigures, Simulation } from "./simulation.js";

const HELP = `Usage: zkmargin-demo [options]

Plays the spring of 2021 on a local chain, at real prices: deploy, attest, prove, lend, and liquidate on 19 May.

Options:
  --home <folder>  where circuits and keys are kept (default: keys in your data folder)
  --out <folder>   where the deployment, the proofs and the event log are written (default: "build/demo")
  --json           print JSON
`;

const PRICES = createRequire(import.meta.url).resolve("zkmargin/examples/prices/daily-close.csv");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Everything that happened: what `--json` prints. */
interface Story {
  readonly rounds: readonly RoundFigures[];
  readonly opening: Opening;
  readonly releases: readonly Release[];
  readonly days: readonly Day[];
  readonly desk: OptionsDesk;
  readonly fall: Fall;
  readonly ending: Ending;
}

/** How the story is told while it happens. */
interface Narrator {
  /** Prints text on standard output. */
  say(text: string): void;
  /** Runs a chapter, and shows on standard error that it is under way. */
  chapter<T>(label: string, work: (onShare: (share: number) => void) => Promise<T>): Promise<T>;
}

/** Plays the story from its first round to its end, chapter by chapter. */
async function play(simulation: Simulation, { say, chapter }: Narrator): Promise<Story> {
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

/** Starts a chain, plays on it and ends it. */
async function perform(artefacts: Artefacts, narrator: Narrator) {
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
      const story = await play(simulation, narrator);
      await tape.advance();
      const deployment = { contracts: chain.steps.length, gas: chain.gas, seconds };
      return { story, deployment, files: { ...filesOf(simulation), "event-log.ndjson": tape.text() } };
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

/** What setup and chapters tell of themselves; `fraction` of the whole is done as a step starts. */
interface Step {
  readonly label: string;
  readonly fraction?: number;
  readonly seconds?: number;
}

/** Shows steps on standard error: a line that redraws itself on a terminal, a line at each start and end elsewhere. */
function showStep({ label, fraction, seconds }: Step): void {
  const isTerminal = process.stderr.isTTY === true;
  const clear = isTerminal ? "\r\u001b[K" : "";
  const done = Math.floor((fraction ?? 0) * 100);
  if (seconds !== undefined) process.stderr.write(`${clear}  ${label}: ${seconds.toFixed(1)} s\n`);
  else if (fraction === undefined) process.stderr.write(`${clear}  ${label}\n`);
  else process.stderr.write(`${clear}  ${label} …${done > 0 ? ` (${done} %)` : ""}${isTerminal ? "" : "\n"}`);
}

function narratorOf(show: (step: Step) => void, say: (text: string) => void): Narrator {
  return {
    say,
    chapter: async (label, work) => {
      const start = performance.now();
      show({ label, fraction: 0 });
      // Elsewhere than on a terminal each share would be a line.
      const result = await work((fraction) => process.stderr.isTTY && show({ label, fraction }));
      show({ label, seconds: (performance.now() - start) / 1000 });
      return result;
    },
  };
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
      out: { type: "string", default: "build/demo" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { home, out, json, help } = optionsOf(process.argv.slice(2));
  if (help) return void process.stdout.write(HELP);
  Anvil.check(); // before keys are made, which takes most of the time
  const say = (text: string) => void (json || process.stdout.write(text));
  const show = (step: Step) => json || showStep(step);
  const tier = findTier(DEFAULT_TIER);
  if (tier === undefined) throw new RangeError(`no tier ${DEFAULT_TIER}`);
  say(`zkmargin demo, tier ${tier.name}\n\nCircuit and keys\n`);
  const { artefacts, reused } = await setup({ home, tier, onProgress: show });
  const { constraints, publicSignals } = artefacts.manifest;
  say(`  ${reused ? "reused what is in" : "made"} ${artefacts.directory}\n`);
  say(`  ${constraints} constraints, ${publicSignals} public signals\n`);
  say("  DEVELOPMENT KEY: anybody can forge proofs with it\n");

  const made = writing(out, () => mkdirSync(out, { recursive: true }));
  const { story, deployment } = await interruptible(
    async () => {
      const performed = await perform(artefacts, narratorOf(show, say));
      for (const [name, text] of Object.entries(performed.files)) {
        const path = join(out, name);
        writing(path, () => writeFileSync(path, text));
      }
      return performed;
    },
    () => made && rmSync(made, { recursive: true, force: true }),
  );
  if (json) {
    const all = { tier: tier.name, reused, deployment, ...story };
    const text = JSON.stringify(all, (_, value) => (typeof value === "bigint" ? `${value}` : value), 2);
    process.stdout.write(`${text}\n`);
  }
  // In a checkout the command line is not on the path: package.json has a script for it.
  const inCheckout = process.env["npm_lifecycle_event"] === "demo";
  say(report.caveats(inCheckout ? "npm run -s zkmargin --" : "npx zkmargin", out));
}

// A reader that closes early, such as `head`, is no error.
process.stdout.on("error", () => undefined);
await main().catch((error) => {
  if (!(error instanceof ZkMarginError)) throw error;
  process.stderr.write(`zkmargin-demo: ${error.message}\n`);
  process.exitCode = error.exitCode;
});
