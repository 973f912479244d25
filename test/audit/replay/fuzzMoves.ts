import { RevertedError } from "../../../src/errors.js";
import type { FuzzedChain } from "./fuzzChain.js";
import {
  besideBetter,
  book,
  breach,
  breachOfChange,
  call,
  endSleeve,
  prove,
  voidSleeve,
} from "./fuzzClaims.js";
import { breakBook, expire, govern, pause, revoke, rotate, tighten } from "./fuzzGovernance.js";
import { deadline, edge, HOUR, note, passKept, round } from "./fuzzTime.js";
import { borrow, cover, deposit, liquidate, repay, withdraw } from "./fuzzVault.js";

type Move = (fuzzed: FuzzedChain, account: string) => Promise<void>;

/** What can happen to a desk, and how often it does. Most of it is refused now and then, which is part of it. */
const MOVES: Readonly<Record<string, { readonly weight: number; readonly move: Move }>> = {
  time: { weight: 5, move: (fuzzed) => fuzzed.pass(fuzzed.pick([1, 60, 300, 1_200, 1_800])) },
  hours: { weight: 3, move: (fuzzed) => passKept(fuzzed, fuzzed.pick([1, 2, 3]) * HOUR) },
  outage: { weight: 1, move: (fuzzed) => fuzzed.pass(2_401 + fuzzed.below(3 * HOUR)) },
  round: { weight: 12, move: round },
  price: { weight: 3, move: (fuzzed) => fuzzed.price(BigInt(8_200 + fuzzed.below(3_000))) },
  book: { weight: 8, move: (fuzzed, account) => book(fuzzed, account) },
  proof: { weight: 26, move: (fuzzed, account) => prove(fuzzed, [account]) },
  batch: { weight: 3, move: (fuzzed) => prove(fuzzed, fuzzed.accounts) },
  endSleeve: { weight: 5, move: endSleeve },
  besideBetter: { weight: 3, move: besideBetter },
  breach: { weight: 4, move: (fuzzed, account) => breach(fuzzed, account) },
  call: { weight: 7, move: call },
  breachOfChange: { weight: 6, move: breachOfChange },
  void: { weight: 3, move: voidSleeve },
  note: { weight: 6, move: (fuzzed, account) => note(fuzzed, account) },
  deadline: { weight: 4, move: (fuzzed, account) => deadline(fuzzed, account) },
  edge: { weight: 6, move: edge },
  rotate: { weight: 6, move: rotate },
  revoke: { weight: 2, move: revoke },
  breakBook: { weight: 2, move: breakBook },
  tighten: { weight: 2, move: (fuzzed) => tighten(fuzzed) },
  pause: { weight: 2, move: (fuzzed) => pause(fuzzed) },
  govern: { weight: 6, move: (fuzzed) => govern(fuzzed) },
  expire: { weight: 3, move: (fuzzed) => expire(fuzzed) },
  deposit: { weight: 3, move: deposit },
  withdraw: { weight: 3, move: withdraw },
  borrow: { weight: 5, move: borrow },
  repay: { weight: 2, move: repay },
  liquidate: { weight: 12, move: liquidate },
  cover: { weight: 1, move: cover },
};
const BAG = Object.entries(MOVES).flatMap(([kind, { weight }]) => Array.from({ length: weight }, () => kind));

/** Does one thing. Returns what, or that it was refused. */
export async function step(fuzzed: FuzzedChain): Promise<string> {
  const kind = fuzzed.draw(BAG);
  const account = fuzzed.pick(fuzzed.accounts);
  let done = kind;
  try {
    await MOVES[kind]?.move(fuzzed, account);
  } catch (error) {
    if (!(error instanceof RevertedError)) throw error;
    done = `no ${kind}`;
  }
  await fuzzed.advance();
  await fuzzed.keepRecords();
  return done;
}
