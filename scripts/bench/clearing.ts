import { performance } from "node:perf_hooks";
import type { CircuitArtefacts } from "../../src/groth16/artefacts/load.js";
import { fastProver } from "../../src/groth16/fastProver.js";
import { fromWord, WORD } from "../../src/groth16/field.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import { denseMarket } from "../../src/market/file.js";
import { FIELD_R, SCALAR_BITS } from "../../src/protocol/bounds.js";
import { listingDigest } from "../../src/protocol/listing.js";
import { scalarOf } from "../../src/protocol/sealedBook.js";
import { type CircuitInputs, circuitInputs } from "../../src/protocol/signals.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { makeTransition } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { Random } from "../../test/support/cases.js";
import { randomMoves, randomOpening, randomTerms } from "../../test/support/clearing.js";
import { artefactsOf, exampleBook, marketOn } from "../../test/support/desk.js";
import { benchStatement } from "./statement.js";

/**
 * A transition's proof beside margin proofs of 16 slots, and the three proofs of one side of a trade one after the other and side
 * by side: all in turn within one run, `npm run bench:clearing`. Processor time is that of all threads, and moves less with other load. Then a
 * round's claims of health under stress, one of each member, and where the time of each proof goes. RUNS is the number of turns, 15 by default.
 */
const RUNS = Number(process.env.RUNS ?? 15);
/** Longer numbers cost a sum of points as much as hashes do. */
const LONG = 150;
const [TIER] = TIERS;
/** Members whose caps are proven again in a round, and cents between two caps: claims of health with a support. */
const [MEMBERS, CAP_STEP] = [100, 10_000_00n];
const HOME = new URL("../../build/keys", import.meta.url).pathname;

const margin = await ProvingSession.open(await artefactsOf(TIER));
const transitionArtefacts = await clearingArtefacts(HOME, clearingCircuit("transition", 16), ({ label }) =>
  process.stderr.write(`${label}\n`),
);
const transition = await ClearingSession.open(transitionArtefacts);
const random = new Random(7);
const old = randomOpening(random, 16, 60);
const { inputs } = makeTransition(old, randomMoves(random, old), randomTerms(random), {
  salt: 77n,
  scalar: () => scalarOf(random.bits(SCALAR_BITS)),
});
/** A book in every slot, and one with three positions. */
const full = benchStatement(TIER);
const sparse = { opening: exampleBook("cash-and-carry"), market: marketOn("2021-05-19"), theta: 10_000 };

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  "margin proof, 16 positions": () => margin.prove(full),
  "margin proof, 3 positions": () => margin.prove(sparse),
  "transition proof": () => transition.prove(inputs),
  "a trade's three proofs, one by one": async () => {
    await transition.prove(inputs);
    await margin.prove(full);
    await margin.prove(full);
  },
  "the same, side by side": () =>
    Promise.all([transition.prove(inputs), margin.prove(full), margin.prove(full)]),
};
const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const times = new Map(Object.keys(works).map((name) => [name, { wall: [], cpu: [] } as Times]));
interface Times {
  readonly wall: number[];
  readonly cpu: number[];
}
for (let run = -2; run < RUNS; run++)
  for (const [name, work] of Object.entries(works)) {
    const [cpu, wall] = [processorTime(), performance.now()];
    await work();
    // The first two warm up.
    if (run < 0) continue;
    times.get(name)?.wall.push(performance.now() - wall);
    times.get(name)?.cpu.push(processorTime() - cpu);
  }
const caps = performance.now();
for (let member = 1; member <= MEMBERS; member++)
  await margin.prove({ ...full, support: BigInt(member) * CAP_STEP });
const seconds = (performance.now() - caps) / 1000;
await Promise.all([margin.close(), transition.close()]);

const least = (of: readonly number[]) => Math.min(...of);
const median = (of: readonly number[]) => [...of].sort((a, b) => a - b)[of.length >> 1] ?? 0;
const base = times.get("margin proof, 16 positions") ?? { wall: [], cpu: [] };
console.log(`least and median of ${RUNS}; the ratio is to the first row`);
for (const [name, { wall, cpu }] of times) {
  const row = (kind: keyof Times, of: readonly number[]) => {
    const ratio = (pick: (of: readonly number[]) => number) => (pick(of) / pick(base[kind])).toFixed(2);
    return `${least(of).toFixed(0)}, ${median(of).toFixed(0)} ms (${ratio(least)}, ${ratio(median)})`;
  };
  console.log(`${name}: wall ${row("wall", wall)}; processor ${row("cpu", cpu)}`);
}
console.log(`caps of ${MEMBERS} members, proven again in a round: ${seconds.toFixed(1)} s`);
await phases("margin proof, 16 positions", await artefactsOf(TIER), statementInputs());
await phases("transition proof", transitionArtefacts, inputs);

/** Processor milliseconds of each part of a proof on one thread, the least of several; and how long its witness' numbers are. */
async function phases(
  name: string,
  { wasm, zkey }: Pick<CircuitArtefacts, "wasm" | "zkey">,
  given: CircuitInputs,
): Promise<void> {
  const calculator = new WitnessCalculator(wasm);
  const spent = new Map<string, number[]>();
  let last = 0;
  const mark = (phase: string) => {
    const now = processorTime();
    spent.set(phase, [...(spent.get(phase) ?? []), now - last]);
    last = now;
  };
  const prover = await fastProver(zkey, {
    threads: 1,
    onPhase: (phase, state) => (state === "end" ? mark(`… ${phase}`) : undefined),
  });
  let witness: Uint8Array = new Uint8Array();
  for (let run = 0; run < Math.max(3, RUNS); run++) {
    last = processorTime();
    witness = calculator.calculate(given);
    mark("witness");
    await prover.prove(witness, given);
    mark("… the end");
  }
  await prover.close();
  const lengths = Array.from({ length: witness.length / WORD }, (_, wire) => {
    const value = fromWord(witness.subarray(wire * WORD, (wire + 1) * WORD));
    return (value > FIELD_R >> 1n ? FIELD_R - value : value).toString(2).length;
  });
  const long = lengths.filter((length) => length > LONG).length;
  const parts = [...spent].map(([phase, of]) => `${phase} ${least(of).toFixed(1)}`);
  console.log(`${name}, one thread, processor ms: ${parts.join(", ")}`);
  console.log(`  of ${lengths.length} numbers of its witness ${long} are longer than ${LONG} bits`);
}

function statementInputs(): CircuitInputs {
  const { opening, market, theta, envelope = 0 } = full;
  const claim = { theta, envelope, healthy: true, isolated: false };
  const statement = { commitment: opening.commitment, claim, listing: listingDigest(market.listing) };
  return circuitInputs({ ...statement, market: denseMarket(market, TIER) }, opening);
}
