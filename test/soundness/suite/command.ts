import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import type { Part } from "./part.js";
import { type Running, runSuite, type TaskResult } from "./runSuite.js";

/** CI tries the same cases every time; a long run, new ones. */
const CI_SEED = 20_210_519;
const QUIET_PROGRESS_MS = 20_000;

/** A suite that an npm script runs. */
export interface Suite {
  /** Name of the npm script. */
  readonly script: string;
  /** One sentence for the help. */
  readonly about: string;
  /** An example of `--part` and `--task`. */
  readonly example: string;
  readonly parts: readonly Part[];
  /** URL of the module that exports `parts`: every process loads it for itself. */
  readonly module: string;
}

interface Options {
  readonly long: boolean;
  readonly seed?: number;
  readonly part?: readonly string[];
  readonly task?: readonly string[];
  readonly jobs: number;
  readonly list: boolean;
}

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new InvalidArgumentError(`expected a whole number of at least ${least}`);
  return value;
};
/**
 * Runs a suite as its command line asks: chosen parts and tasks, or all; what CI runs, or the whole. Sets the exit code.
 */
export async function runCommand({ script, about, example, parts, module }: Suite): Promise<void> {
  const command = new Command(`npm run ${script} --`)
    .description(about)
    .option("--long", "the whole suite, hours long, with a new seed; without it, what CI runs", false)
    .option("--seed <number>", "try exactly the cases of that seed", whole(0))
    .option("--part <names...>", "these parts only")
    .option("--task <names...>", "tasks of exactly these names only")
    .option("--jobs <number>", "processes at a time", whole(1), availableParallelism() + 1)
    .option("--list", "name parts and tasks, and run nothing", false)
    .addHelpText(
      "after",
      `\nExamples:\n  npm run ${script}\n  npm run ${script} -- --long\n  npm run ${script} -- ${example} --seed 7\n`,
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const options = command.opts<Options>();

  const unknown = options.part?.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined)
    command.error(`expected parts among ${parts.map(({ name }) => name).join(", ")}, got ${unknown}`);
  const chosen = parts.filter(({ name }) => options.part?.includes(name) ?? true);
  const wanted = (name: string) => options.task?.includes(name) ?? true;
  if (!chosen.some((part) => part.tasks(options.long).some(({ name }) => wanted(name))))
    command.error("expected the name of a task, got none that there is; --list names them");

  if (options.list) {
    for (const part of chosen) {
      console.log(`${part.name}: ${part.about}`);
      for (const { name } of part.tasks(options.long)) if (wanted(name)) console.log(`  ${name}`);
    }
    process.exit();
  }

  const seed = options.seed ?? (options.long ? Date.now() : CI_SEED);
  console.log(`${script}, ${options.long ? "the whole" : "as CI runs it"}, seed ${seed}\n`);
  const begun = performance.now();
  const results = await runSuite(chosen, {
    module,
    seed,
    long: options.long,
    jobs: options.jobs,
    select: (_, { name }) => wanted(name),
    onProgress: process.stderr.isTTY ? rewriteLine : sayNowAndThen(),
    onEnd: (result) => say(result, script, seed),
  });

  const failed = results.filter(({ failure }) => failure !== null);
  const cases = results.reduce((sum, result) => sum + result.cases, 0);
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  console.log(
    `\n${results.length} tasks, ${count(cases)} cases, ${failed.length} failures, ${minutes} minutes; seed ${seed}`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function say(result: TaskResult, script: string, seed: number): void {
  const { part, task, cases, seconds, says, failure, long } = result;
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const place = `${failure === null ? "✔" : "✘"} ${part.padEnd(12)} ${task}`;
  if (failure === null) {
    console.log(`${place}: ${count(cases)} cases, ${seconds.toFixed(1)} s${says ? `; ${says}` : ""}`);
    return;
  }
  const alone = `--part ${part} --task '${task}' --seed ${seed}${long ? " --long" : ""}`;
  console.log(`${place}\n${failure.replace(/^/gm, "    ")}\n    alone: npm run ${script} -- ${alone}`);
}

function line(running: readonly Running[]): string {
  return running.map(({ part, task, share }) => `${part} ${task} ${Math.floor(share * 100)} %`).join(", ");
}

function rewriteLine(running: readonly Running[]): void {
  process.stderr.write(`\r\x1b[K… ${line(running)}`);
}

function sayNowAndThen(): (running: readonly Running[]) => void {
  let told = performance.now();
  return (running) => {
    if (performance.now() - told < QUIET_PROGRESS_MS) return;
    told = performance.now();
    console.log(`… ${line(running)}`);
  };
}

function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, " ");
}
