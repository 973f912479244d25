import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import * as z from "zod/mini";
import type { DeepReadonly } from "../../encoding/shape.js";
import { startThread } from "../../groth16/threadPool.js";
import type { Book } from "../../protocol/types.js";
import { attodollars, gains, worthOf } from "./holders.js";
import { SimulatedLedger } from "./ledger.js";
import { SimulatedMarket } from "./market.js";
import { drawAccounts, listingOf, riskOf } from "./population.js";
import { drawPath, type Knots, Random } from "./prices.js";
import {
  checkEngine,
  DEFAULT_VENUE,
  ENGINES,
  type EngineName,
  FIGURES,
  type FigureName,
  type ScenarioFile,
} from "./scenario.js";
import { RisingBids, Takeover } from "./takeover.js";
import { SimulatedVault } from "./vault.js";
import { Venue } from "./venue.js";

/** What a run is made of, whatever its seed: a scenario, the prices that it is held to, and books that are opened beside. */
export interface Simulation {
  readonly file: ScenarioFile;
  readonly knots: Knots;
  readonly own: readonly Book[];
}

/** What a run is kept as. */
export const runShape = z.strictObject({
  engine: z.enum(ENGINES),
  seed: z.int(),
  /** In the units of UNITS; null where there is none, as of a ratio to nothing. */
  figures: z.record(z.enum(FIGURES), z.nullable(z.number())),
  /** Of the first asset with a market, dollars, at even times from the start to the end. */
  price: z.array(z.number()),
  /** The same without the venue. */
  index: z.array(z.number()),
  /** Dollars liquidated until each of these times since the one before. */
  liquidated: z.array(z.number()),
  /** What everybody gained over keeping what they had, attodollars at the last prices, decimal. It adds up to 0. */
  payers: z.record(z.string(), z.string().check(z.regex(/^-?\d+$/))),
  /** Assessments that the run took. */
  reviews: z.int(),
});

/** One run. Public unless own books took part. */
export type RunResult = DeepReadonly<z.infer<typeof runShape>>;

/** A run that a line of an earlier command holds; undefined if it holds none, as where a kill cut it off. */
export function keptRun(line: string): RunResult | undefined {
  try {
    return runShape.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Points of a run's series, besides the first. */
const POINTS = 144;
/** Unix seconds of minute 0. */
const START = 1_600_000_000;
/** Streams of random numbers: engines are compared on the same prices and accounts. */
const STREAM = { prices: 1, accounts: 2, bidders: 3 } as const;
/** Who bids with `few-bidders`: that many, each in one minute of ten. */
const FEW = { count: 2, participation: 1_000 } as const;

/**
 * Runs a scenario once, minute by minute: prices move, the ledger takes a round where its rules allow it, keepers and attesters
 * prove what they can, the venue liquidates, and what is sold moves prices again.
 *
 * @example
 * ```ts
 * import { knotsOf, parseScenario, simulate } from "zkmargin/risk";
 *
 * const file = parseScenario(scenarioText);
 * const { payers } = simulate({ file, knots: knotsOf(file, null), own: [] }, "attester", 1);
 * console.log(Object.values(payers).reduce((sum, gain) => sum + BigInt(gain), 0n)); // 0n
 * ```
 */
export function simulate(
  { file, knots, own }: Simulation,
  engine: EngineName,
  seed: number,
  {
    vigilant = false,
  }: {
    /** Whether every account is looked at in every minute, asleep or not. */ readonly vigilant?: boolean;
  } = {},
): RunResult {
  checkEngine(file, engine);
  const venue = venueOf({ file, knots, own }, engine, seed);
  const { market, ledger, tally, listing } = venue;
  const before = venue.holdings();
  const sale = saleOf(venue, engine);
  const oracle = file.venue.oracle === "index" ? market.index : market.prices;
  const delay = file.venue.oracleDelay ?? 0;
  const seen: (readonly bigint[])[] = [];
  const price = new Float64Array(file.minutes + 1);
  const index = new Float64Array(file.minutes + 1);
  let basis = 0;
  for (let minute = 0; minute <= file.minutes; minute++) {
    venue.minute = minute;
    venue.time = START + minute * 60;
    venue.block = Math.floor((minute * 60) / venue.vault.blockTime);
    market.step(minute);
    seen.push(venue.marks(oracle));
    if (minute > delay) seen.shift();
    ledger.poke(venue.time, seen[0] ?? []);
    venue.reviewAll(vigilant);
    sale.step();
    venue.bidders.resell();
    price[minute] = venue.price(1);
    index[minute] = market.index[1] ?? 0;
    basis = Math.min(basis, (price[minute] ?? 0) / (index[minute] ?? 1) - 1);
  }
  sale.end?.();
  const marks = listing.map(({ decimals }, u) => attodollars(market.prices[u] ?? 0, decimals));
  // Nobody pays more than an account has: what it is short of is lost by those to whom it owes.
  const underwater = venue.accounts.reduce((sum, account) => {
    const worth = worthOf(account, marks);
    return worth < 0n ? sum - worth : sum;
  }, 0n);
  const payers = gains(before, venue.holdings(), marks, underwater);
  return {
    engine,
    seed,
    figures: figuresOf(venue, engine, { price, index, basis, marks, underwater }),
    price: sampled(price),
    index: sampled(index),
    liquidated: summed(tally.soldAt),
    payers: Object.fromEntries(Object.entries(payers).map(([name, gain]) => [name, gain.toString()])),
    reviews: tally.reviews,
  };
}

/** What liquidates, minute by minute. */
interface Sale {
  step(): void;
  end?(): void;
}

function saleOf(venue: Venue, engine: EngineName): Sale {
  const { venue: terms } = venue.file;
  switch (engine) {
    case "adl":
      return new Takeover(venue, (terms.pace ?? 1_000) / 10_000);
    case "english":
      return new RisingBids(venue, terms.english ?? { lot: 50, bidPeriod: 10 });
    case "fixed":
      return new SimulatedVault(venue, "fixed", terms.bonus ?? 500);
    case "amm":
      return new SimulatedVault(venue, "flash", 0);
    default:
      return new SimulatedVault(venue, "dutch", 0);
  }
}

function venueOf({ file, knots, own }: Simulation, engine: EngineName, seed: number): Venue {
  const { venue: stated } = file;
  const listing = listingOf(file);
  const risk = riskOf(file);
  const settlement = Math.max(
    listing.findIndex(({ symbol }) => symbol === stated.settlement),
    0,
  );
  const paths = drawPath(file, knots, new Random(seed, STREAM.prices));
  const first = paths.map((path) => path[0] ?? 0);
  const accounts = drawAccounts(file, risk, first, settlement, new Random(seed, STREAM.accounts), own);
  const ledger = new SimulatedLedger(
    risk,
    stated.timing ?? DEFAULT_VENUE.timing,
    stated.gate ?? DEFAULT_VENUE.gate,
    stated.confidence ?? 0,
  );
  const market = new SimulatedMarket(
    paths,
    file.assets.map((asset) => asset.market ?? null),
  );
  const terms = stated.vault ?? DEFAULT_VENUE.vault;
  // Dollars of a scenario as units of what is owed.
  const unit = 1e6 / (first[settlement] ?? 1);
  const minimum =
    (BigInt(Math.round(terms.minimumClose * unit)) * 10n ** BigInt(listing[settlement]?.decimals ?? 0)) /
    10n ** 6n;
  const venue = new Venue(
    file,
    listing,
    ledger,
    market,
    accounts,
    new Random(seed, STREAM.bidders),
    { ...terms, minimumClose: minimum.toString() },
    settlement,
    engine !== "grace",
    engine === "few-bidders"
      ? { ...file.bidders, ...FEW, count: Math.min(FEW.count, file.bidders.count) }
      : file.bidders,
    START,
  );
  venue.holders.fund.spot[settlement] =
    (BigInt(Math.round((stated.fund ?? 0) * unit)) * 10n ** BigInt(listing[settlement]?.decimals ?? 0)) /
    10n ** 6n;
  return venue;
}

interface Course {
  readonly price: Float64Array;
  readonly index: Float64Array;
  readonly basis: number;
  readonly marks: readonly bigint[];
  /** What accounts are short of at the end, attodollars. */
  readonly underwater: bigint;
}

function figuresOf(
  venue: Venue,
  engine: EngineName,
  { price, index, basis, marks, underwater }: Course,
): Record<FigureName, number | null> {
  const { tally, settlement, file, holders } = venue;
  const each = venue.price(settlement);
  const dollars = (quanta: bigint) => venue.units(settlement, quanta) * each;
  const badDebt = dollars(tally.writtenOff) + Number(underwater) / 1e18;
  const fundAtStart = file.venue.fund ?? 0;
  const fundAtEnd = Number(worthOf(holders.fund, marks)) / 1e18;
  const owed = dollars(holders.creditors.spot[settlement] ?? 0n) + dollars(tally.writtenOff);
  const [worst = 0, second = 0] = [...tally.shortfalls.values()].sort((a, b) => b - a);
  const fallOf = (path: Float64Array) =>
    1 - path.reduce((least, p) => Math.min(least, p), Infinity) / (path[0] ?? 1);
  const [fall, without] = [fallOf(price), fallOf(index)];
  return {
    badDebt,
    badDebtUnits: badDebt / each,
    liquidated: tally.soldDollars,
    repaid: dollars(tally.repaid),
    zeroBids: tally.zeroBidDollars,
    failedAuctions: tally.failedAuctions,
    auctions: tally.auctions,
    accounts: tally.liquidated.size,
    fundUsed: dollars(tally.fundPaid) + Math.max(0, engine === "adl" ? fundAtStart - fundAtEnd : 0),
    haircut: tally.haircutDollars + (owed > 0 ? dollars(tally.writtenOff) : 0) + Number(underwater) / 1e18,
    deleveraged: tally.deleveragedDollars,
    deleverageMinutes: tally.deleveragedMinutes,
    overshoot: tally.overshootDollars,
    fall: fall * 100,
    amplification: without > 0 ? fall / without : null,
    basis: basis * 100,
    minutes: tally.first === -1 ? 0 : tally.last - tally.first,
    trigger: tally.first === -1 ? null : tally.trigger,
    coverTwo: worst + second > 0 ? fundAtStart / (worst + second) : null,
  };
}

function sampled(series: Float64Array): number[] {
  const last = series.length - 1;
  return Array.from({ length: POINTS + 1 }, (_, i) => series[Math.round((i * last) / POINTS)] ?? 0);
}

function summed(series: Float64Array): number[] {
  const last = series.length - 1;
  const at = (i: number) => Math.round((i * last) / POINTS);
  return Array.from({ length: POINTS + 1 }, (_, i) =>
    Math.round(series.slice(i === 0 ? 0 : at(i - 1) + 1, at(i) + 1).reduce((sum, value) => sum + value, 0)),
  );
}

/** A run that is to be made. */
export interface RunTask {
  readonly engine: EngineName;
  readonly seed: number;
}

/** How runs are made. */
export interface RunsOptions {
  readonly engines: readonly EngineName[];
  readonly seeds: readonly number[];
  /** Runs that were made before, and are not made again. */
  readonly done?: readonly RunResult[];
  /** Threads; as many as there are cores by default, and none for a single run. */
  readonly threads?: number;
  /** Called with each run as it ends, in no order. */
  readonly onRun?: (run: RunResult, share: number) => void | Promise<void>;
}

/**
 * Runs a scenario with several engines and seeds, on all cores. The order of the results does not depend on the threads.
 *
 * @example
 * ```ts
 * import { knotsOf, parseScenario, simulateRuns } from "zkmargin/risk";
 *
 * const file = parseScenario(scenarioText);
 * const runs = await simulateRuns({ file, knots: knotsOf(file, null), own: [] }, { engines: ["attester"], seeds: [1] });
 * console.log(runs.length); // 1
 * ```
 */
export async function simulateRuns(simulation: Simulation, options: RunsOptions): Promise<RunResult[]> {
  const { engines, seeds, done = [], onRun } = options;
  const all = engines.flatMap((engine) => seeds.map((seed): RunTask => ({ engine, seed })));
  const key = ({ engine, seed }: RunTask) => `${engine} ${seed}`;
  const found = new Map(done.map((run) => [key(run), run]));
  const tasks = all.filter((task) => !found.has(key(task)));
  const threads = Math.min(options.threads ?? availableParallelism(), tasks.length);
  const finish = async (run: RunResult) => {
    found.set(key(run), run);
    await onRun?.(run, all.filter((task) => found.has(key(task))).length / all.length);
  };
  for (const { engine } of tasks) checkEngine(simulation.file, engine);
  if (threads <= 1) {
    for (const { engine, seed } of tasks) await finish(simulate(simulation, engine, seed));
  } else await inThreads(simulation, tasks, threads, finish);
  return all.flatMap((task) => found.get(key(task)) ?? []);
}

/** What a thread answers. */
export type RunAnswer = { readonly run: RunResult } | { readonly failure: string };

async function inThreads(
  simulation: Simulation,
  tasks: readonly RunTask[],
  threads: number,
  finish: (run: RunResult) => Promise<void>,
): Promise<void> {
  let next = 0;
  const workers: Worker[] = [];
  const serve = async () => {
    const worker = startThread(new URL("./thread.js", import.meta.url), simulation);
    workers.push(worker);
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) {
      const answered = once(worker, "message");
      worker.postMessage(task);
      const [answer] = (await answered) as [RunAnswer];
      if ("failure" in answer) throw new Error(`a run failed: ${answer.failure}`);
      await finish(answer.run);
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, serve));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
