import type { OpenMarket } from "../../../src/chain/deployment.js";
import { type FuzzedChain, KEEPER } from "./fuzzChain.js";

export const HOUR = 3_600;
/** Seconds between rounds while hours pass. */
const HOP = 1_500;

export async function round(fuzzed: FuzzedChain): Promise<void> {
  // Most come when the ledger takes one again; some too soon, unless the market has moved.
  const { minInterval } = fuzzed.chain.plan.timing;
  const kind = fuzzed.below(4);
  if (kind !== 0) await fuzzed.pass(kind === 1 ? minInterval : fuzzed.interval);
  await fuzzed.round();
}

/** Lets hours pass with a round now and then, so that the gate has an answer at all times. */
export async function passKept(fuzzed: FuzzedChain, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= HOP) {
    await fuzzed.pass(Math.min(left, HOP));
    if (left >= fuzzed.interval) await fuzzed.round();
  }
}

export async function note(
  fuzzed: FuzzedChain,
  account: string,
  { contracts }: OpenMarket = fuzzed.someMarket(),
): Promise<void> {
  await fuzzed.send(KEEPER, await contracts.marginGate.recordLapse.populateTransaction(account));
}

/** Waits for the deadline of an account, and has what has come to pass written down. */
export async function deadline(
  fuzzed: FuzzedChain,
  account: string,
  market: OpenMarket = fuzzed.someMarket(),
): Promise<void> {
  const at = Number(await market.contracts.marginGate.deadlineOf(account));
  if (at !== 0) await passKept(fuzzed, at + 1 - (await fuzzed.now()));
  await note(fuzzed, account, market);
}

/** Goes to the very second at which something ends of itself, and the one after. */
export async function edge(fuzzed: FuzzedChain, account: string): Promise<void> {
  const { marginGate, marketLedger, bookRegistry, riskProfile } = fuzzed.someMarket().contracts;
  const { plan } = fuzzed.chain;
  const [round, record, book] = await Promise.all([
    marketLedger.latestRound(),
    marginGate.recordOf(account),
    bookRegistry.bookStateOf(account),
  ]);
  const { until } = await marginGate.sleeveOf(account);
  const ends = [
    Number(await marginGate.deadlineOf(account)),
    Number(record.time) + plan.terms.maxProofAge,
    Number(book.expiresAt),
    Number(until),
    Number(book.asOf + (await riskProfile.bookMaxAge())),
    Number(await riskProfile.expiresAt()),
    Number(round.time) + plan.timing.maxRoundAge,
  ];
  const now = await fuzzed.now();
  const near = ends.filter((end) => end > now).sort((a, b) => a - b);
  const end = fuzzed.pick(near.slice(0, 4));
  if (end === undefined) return;
  // The round before it is young enough for the gate to have an answer.
  const { maxRoundAge } = plan.timing;
  for (let left = end - now; left > maxRoundAge; left = end - (await fuzzed.now())) {
    await fuzzed.pass(Math.min(HOP, left - 60));
    await fuzzed.round();
  }
  await fuzzed.passTo(end - 1);
  // Now and then a round is of that very second.
  if (fuzzed.below(3) === 0) await fuzzed.round();
  await fuzzed.passTo(end);
  await fuzzed.passTo(end + 1);
}
