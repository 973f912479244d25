/**
 * `npm run mutate`: writes small faults into TypeScript and contracts, one at a time, and looks whether a test fails.
 * Results are kept in build/mutate as they come, so that a run that was stopped goes on where it was. Fails if a mutant
 * survives that is not explained in test/snapshots/mutants.json. docs/MUTATION.md says what to make of it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { AREAS } from "./mutate/areas.js";
import { filesOf } from "./mutate/files.js";
import { hashOf } from "./mutate/hash.js";
import type { NumberedMutant } from "./mutate/mutant.js";
import { SEED, shuffled } from "./mutate/order.js";
import { withResults } from "./mutate/page.js";
import {
  areaRecord,
  explainedNames,
  RECORD_FILE,
  readRecord,
  stale,
  stillNeeded,
  unexplained,
} from "./mutate/record.js";
import { isDead, type Result, Results, resultsFile } from "./mutate/results.js";
import { CONTRACT_SOURCES, contractMutants, runContracts } from "./mutate/solidity/run.js";
import { runTypescript, typescriptMutants } from "./mutate/typescript/run.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGE = join(root, "docs/MUTATION.md");

interface Options {
  readonly only?: string;
  readonly file?: string;
  readonly sample?: number;
  readonly contractSample?: number;
  readonly survivors?: boolean;
  readonly fresh?: boolean;
  readonly known?: boolean;
  readonly list?: boolean;
  readonly record?: boolean;
}

const options = new Command("mutate")
  .description("Mutation testing: which small faults do the tests notice?")
  .option("--only <language>", '"typescript" or "contracts"', oneOf("typescript", "contracts"))
  .option("--file <text>", "only files whose path has this text in it")
  .option("--sample <n>", "only so many mutants of TypeScript, by the fixed seed", count)
  .option("--contract-sample <n>", "only so many mutants of contracts, by the fixed seed", count)
  .option("--survivors", "only those that survived when they were tried last, after new tests")
  .option("--fresh", "forget the results of earlier runs")
  .option("--known", "try nothing: only what is known from earlier runs")
  .option("--list", "name the mutants and try none")
  .option("--record", `write ${RECORD_FILE} and docs/MUTATION.md`)
  .addHelpText(
    "after",
    `
Examples:
  npm run mutate                                     # everything; hours, and it goes on where it was stopped
  npm run mutate -- --file src/encoding/decimal.ts       # after a change of one file
  npm run mutate -- --known --record                 # write what is known into the page`,
  )
  .parse()
  .opts<Options>();

const isWanted = (file: string) => options.file === undefined || file.includes(options.file);
if (options.fresh)
  for (const name of ["typescript", "contracts"]) rmSync(resultsFile(root, name), { force: true });
const survivors = new Set(
  ["typescript", "contracts"].flatMap((name) => [...new Results(resultsFile(root, name)).survivors()]),
);
const typescript = options.only === "contracts" ? [] : typescriptMutants(root, isWanted);
const contracts = options.only === "typescript" ? [] : contractMutants(root, isWanted);

if (options.list) {
  for (const { name } of [...typescript, ...contracts]) console.log(name);
} else {
  const results = [
    ...(await runTypescript(root, sampled(typescript.filter(isMeant), options.sample), options.known)),
    ...(contracts.length === 0
      ? []
      : await runContracts(root, contracts, options.contractSample ?? contracts.length, options.known)),
  ];
  report(results);
}

function isMeant({ name }: NumberedMutant): boolean {
  return !options.survivors || survivors.has(name);
}

function sampled(mutants: readonly NumberedMutant[], most: number | undefined): NumberedMutant[] {
  return most === undefined ? [...mutants] : shuffled(mutants, SEED).slice(0, most);
}

function report(results: readonly Result[]): void {
  const record = readRecord(root);
  const explained = explainedNames(record);
  const open = unexplained(results, explained);
  const dead = results.filter(({ outcome }) => isDead(outcome)).length;
  for (const name of open) console.log(`survives: ${name}`);
  console.log(`${dead} of ${results.length} dead, ${open.length} neither dead nor explained`);

  if (options.record) {
    if (options.file !== undefined || options.survivors)
      throw new Error("--record: expected a run of whole areas, got --file or --survivors");
    const groups = [
      ...AREAS.map(({ name, sources }) => ({ name, files: filesOf(root, sources, ".ts"), all: typescript })),
      { name: "contracts", files: filesOf(root, CONTRACT_SOURCES, ".sol"), all: contracts },
    ];
    const areas = groups.map(({ name, files, all }) =>
      areaRecord(
        record,
        name,
        hashOf(root, files),
        all.filter(({ file }) => files.includes(file)),
        results,
        explained,
      ),
    );
    const tried = new Set(results.map(({ name }) => name));
    const exist = new Set([...typescript, ...contracts].map(({ name }) => name));
    const stays = (name: string) => !tried.has(name) && (exist.has(name) || options.only !== undefined);
    const next = {
      areas,
      unexplained: [...record.unexplained.filter(stays), ...open].sort(),
      explained: stillNeeded(record.explained, results),
    };
    writeFileSync(join(root, RECORD_FILE), `${JSON.stringify(next, null, 2)}\n`);
    writeFileSync(PAGE, withResults(readFileSync(PAGE, "utf8"), next));
  }

  const accepted = new Set(record.unexplained);
  const news = open.filter((name) => !accepted.has(name));
  if (news.length > 0 && !options.record) {
    console.error(
      `expected every survivor explained in ${RECORD_FILE}, got ${news.length} that are new; write a test, or explain them`,
    );
    process.exitCode = 1;
  }
  if (options.file !== undefined || options.only !== undefined || options.survivors) return;
  for (const name of stale(record, [...typescript, ...contracts])) {
    console.error(`${RECORD_FILE}: expected the name of a mutant, got ${name}; its code has been changed`);
    process.exitCode = 1;
  }
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError("expected a number from 1 on");
  return Number(text);
}

function oneOf(...words: string[]): (text: string) => string {
  return (text) => {
    if (!words.includes(text)) throw new InvalidArgumentError(`expected ${words.join(" or ")}`);
    return text;
  };
}
