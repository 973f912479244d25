import { OutOfRangeError } from "../../errors.js";
import { type NoteSide, noteDigest } from "../../protocol/note.js";
import { type ReadTransition, readTransition } from "../../protocol/readTransition.js";
import { applyMoves, type NetBox, placeWord } from "../../protocol/transition.js";
import { type About, countOf, type Report } from "../replay/context.js";
import { usableRounds } from "./clearedMarket.js";
import { type Account, type HouseState, SLOTS, type TearUpPrices, WHOLE } from "./houseState.js";
import type { LoggedContext } from "./replay.js";

/** What the replay of a clearing house holds each change of a book to. */

/** What no quote is inside. */
const NO_BOX: NetBox = { low: 0n, high: -1n };

/** The account of an event; undefined, and reported, if nobody has opened it. */
export function accountOf(
  { accounts }: HouseState,
  account: string,
  { report }: LoggedContext,
): Account | undefined {
  const known = accounts.get(account);
  if (known === undefined)
    report("event-impossible", { account }, "an account that was opened", "one that was not");
  return known;
}

/** What the words of a change say; undefined, and reported, for words of something else. */
export function readWords(
  words: readonly bigint[],
  about: About,
  report: Report,
): ReadTransition | undefined {
  try {
    return readTransition(words);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report("clearing-words", about, "the words of a transition", "others");
    return undefined;
  }
}

/** What the house puts among the words itself, it must have put there. */
export function checkWords(
  state: HouseState,
  known: Account,
  account: string,
  sequence: bigint,
  read: ReadTransition,
  { report, transaction }: LoggedContext,
): void {
  const about = { account, sequence: countOf(sequence) };
  const { house, chainId, keyX, keyY, listing } = state;
  const expect = (what: string, expected: bigint, got: bigint) => {
    if (expected !== got) report("clearing-words", about, `${what} ${expected}`, `${got}`);
  };
  expect("place", placeWord({ chainId, house, account }), read.place);
  expect("sequence", known.sequence + 1n, sequence);
  expect("sequence among the words", sequence, read.sequence);
  expect("old commitment", known.commitment, read.oldCommitment);
  expect("birth", known.commitment === 0n ? 1n : 0n, read.birth ? 1n : 0n);
  expect("key's x", keyX, read.key.x);
  expect("key's y", keyY, read.key.y);
  expect("listing", listing, read.listing);
  if (BigInt(transaction.time) > read.deadline)
    report("clearing-words", about, `a deadline from ${transaction.time} on`, `${read.deadline}`);
  if (known.stage !== "open")
    report("clearing-frozen", about, "an account that is open", `one that is ${known.stage}`);
}

/** A book closes the first tear-up of each asset since its last change, and no other line. */
export function checkTearUps(
  state: HouseState,
  known: Account,
  read: ReadTransition,
  about: About,
  report: Report,
): void {
  const pending = pendingTearUps(state.tearUps, known.tearUps);
  known.tearUps = state.tearUps.length;
  const wrong = read.tearUps.findIndex((price, u) => price !== pending[u]);
  if (wrong >= 0)
    report("clearing-torn", about, `asset ${wrong} closed as it was torn up, if it was`, "otherwise");
}

/** The first tear-up of each asset that a book has not applied yet. */
export function pendingTearUps(tearUps: readonly TearUpPrices[], applied: number): TearUpPrices {
  const since = tearUps.slice(applied);
  return Array.from({ length: SLOTS }, (_, u) => since.find((prices) => prices[u] !== undefined)?.[u]);
}

/** A book that reduces is held to the prices of a round that can be used, the same for all of a trade; no other has any. */
export function checkBox(
  state: HouseState,
  read: ReadTransition,
  about: About,
  context: LoggedContext,
): void {
  const { report, transaction } = context;
  if (!read.reduces) {
    if (read.box.some((box) => box !== undefined))
      report("clearing-prices", about, "no prices where nothing is reduced", "some");
    return;
  }
  state.counts.reductions++;
  const rounds = usableRounds(state.market, transaction.time)
    .filter(({ box }) => sameBoxes(box, read.box))
    .map(({ number }) => number);
  const earlier = state.boxRounds;
  state.boxRounds = earlier === undefined ? rounds : rounds.filter((number) => earlier.includes(number));
  if (state.boxRounds.length === 0)
    report("clearing-prices", about, "the prices of one round that can be used", "others");
}

function sameBoxes(round: readonly NetBox[], words: ReadTransition["box"]): boolean {
  return words.every((box, u) => box?.low === round[u]?.low && box?.high === round[u]?.high);
}

/** What an account's payment is worth now, smallest units. As HouseAccounts._worth. */
export function worthOfAsked({ index, era, asked }: HouseState, { asked: own }: Account): bigint {
  if (own.era !== era) return 0n;
  const worth = (own.shares * index) / WHOLE;
  return worth < asked ? worth : asked;
}

/** Takes back what an account has asked for. @returns what it was worth, smallest units */
export function takeAsked(state: HouseState, known: Account): bigint {
  const worth = worthOfAsked(state, known);
  state.asked -= worth;
  known.asked = { shares: 0n, due: 0n, era: state.era };
  return worth;
}

/** Holds a disclosed book to the one before it: exactly what tear-ups, deltas and its notes make of that. */
export function checkOpening(
  state: HouseState,
  known: Account,
  account: string,
  read: ReadTransition,
  about: About,
  report: Report,
): void {
  const before = known.opening;
  const book = state.books.get(`${account.toLowerCase()} ${read.newCommitment}`);
  known.opening = book?.opening;
  if (book === undefined) {
    if (state.disclosing.has(account.toLowerCase()))
      report("clearing-unopened", about, "an opening of this book", "none");
    return;
  }
  state.counts.opened++;
  if (before === undefined) return;
  const sides: NoteSide[] = [];
  for (const used of read.notes) {
    if (used === null) continue;
    const note = book.notes.find((one) => noteDigest(one) === used.digest);
    if (note === undefined)
      return report("clearing-unopened", about, "the notes that the book took", "others");
    sides.push({ note, side: used.side });
  }
  const { deltaPerp, deltaBasis, tearUps, reduces } = read;
  const box = read.box.map((prices) => prices ?? NO_BOX);
  try {
    const after = applyMoves(before, { sides, deltaPerp, deltaBasis, tearUps, reduces, box });
    const same = after.basis === book.opening.basis && after.perp.every((q, u) => q === book.opening.perp[u]);
    if (!same) report("clearing-opening", about, "the book that its notes and payments make", "another");
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    report("clearing-opening", about, "a book within its bounds", "another");
  }
}
