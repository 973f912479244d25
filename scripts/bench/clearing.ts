import { performance } from "node:perf_hooks";
import { makeTransition } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { Random } from "../../test/support/cases.js";
import { randomMoves, randomOpening, randomTerms } from "../../test/support/clearing.js";
import { defaultArtefacts, exampleBook, marketOn } from "../../test/support/desk.js";

/** A transition's proof beside a margin proof of 16 assets, in turn in one run: `npm run bench:clearing`. */
const RUNS = 15;
const HOME = new URL("../../build/keys", import.meta.url).pathname;

const margin = await ProvingSession.open(await defaultArtefacts());
const transition = await ClearingSession.open(
  await clearingArtefacts(HOME, clearingCircuit("transition", 16), ({ label }) =>
    process.stderr.write(`${label}\n`),
  ),
);
const market = marketOn("2021-05-19");
const opening = exampleBook("cash-and-carry");
const random = new Random(7);
const old = randomOpening(random, 16, 60);
const made = makeTransition(old, randomMoves(random, old), randomTerms(random), {
  salt: 77n,
  scalar: () => random.bits(246),
});
const times: { margin: number[]; transition: number[] } = { margin: [], transition: [] };
for (let run = -1; run < RUNS; run++) {
  const begin = performance.now();
  await margin.prove({ opening, market, theta: 10_000 });
  const middle = performance.now();
  await transition.prove(made.inputs);
  const end = performance.now();
  // The first warms both up.
  if (run < 0) continue;
  times.margin.push(middle - begin);
  times.transition.push(end - middle);
}
await Promise.all([margin.close(), transition.close()]);
const median = (of: readonly number[]) => [...of].sort((a, b) => a - b)[RUNS >> 1] ?? 0;
const [a, b] = [median(times.margin), median(times.transition)];
console.log(
  `margin 16x16 ${a.toFixed(0)} ms, transition-16 ${b.toFixed(0)} ms: ${(b / a).toFixed(2)} times, median of ${RUNS}`,
);
