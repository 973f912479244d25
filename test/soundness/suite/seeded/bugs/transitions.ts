import { bindWords } from "../../../../../src/protocol/boundWords.js";
import { makeTransition } from "../../../../../src/protocol/transition.js";
import { randomTerms, wordsOf } from "../../../../support/clearing.js";
import type { Subject } from "../../differential/subject.js";
import { bookTransition } from "../../differential/subjects/clearing.js";
import type { Bug } from "../bug.js";

const TRANSITION = { file: "clearing/BookTransition.circom", subject: bookTransition(2) };

/** A line that is torn up and opened again, to less than it was: said to reduce, it is refused. */
const REOPENED: Subject = {
  ...TRANSITION.subject,
  cases: (random) => {
    const [salt, line] = [1n + random.bits(247), 2n + random.bits(50)];
    const note = { asset: 0, size: line >> 1n, quote: random.bits(40), blind: random.bits(248) };
    const box = [0, 1].map(() => ({ low: -(1n << 51n), high: 1n << 51n }));
    const { inputs } = makeTransition(
      { perp: [line, 0n], basis: random.bits(60), salt: salt + 1n },
      { reduces: true, sides: [{ note, side: "sell" }], box },
      randomTerms(random),
      { salt, scalar: () => 1n + random.bits(245) },
    );
    const { adds = [], takes = [] } = inputs;
    const sample = { ...inputs, adds: takes, takes: adds, torn: [1n, 0n], tearPrice: [random.bits(50), 0n] };
    const { hash, challenge, sum } = bindWords(wordsOf(sample));
    const given = { ...sample, hash: [hash], challenge: [challenge], sum: [sum] };
    return [{ inputs: given, verdict: { accepted: false } }];
  },
};

/** Of the old book and the new one, of what moves it, and of words and seal. */
export const TRANSITIONS: readonly Bug[] = [
  {
    ...TRANSITION,
    id: "transition-birth-is-no-bit",
    kind: "selector that is no bit",
    passage: "birth * (birth - 1) === 0;",
    replacement: "",
    effect: "the old commitment is a multiple of one, and flags carry over",
  },
  {
    ...TRANSITION,
    id: "transition-born-with-cash",
    kind: "missing verdict",
    passage: "birth * oldBasis === 0;",
    replacement: "",
    effect: "money from nothing, at birth",
  },
  {
    ...TRANSITION,
    id: "transition-born-with-positions",
    kind: "missing verdict",
    passage: "birth * oldPerp[u] === 0;",
    replacement: "",
    effect: "positions that nobody has the other side of",
  },
  {
    ...TRANSITION,
    id: "transition-old-not-opened",
    kind: "unconstrained hint",
    passage: "signal oldCommitment <== (1 - birth) * opened;",
    replacement: "signal oldCommitment <-- (1 - birth) * opened;",
    effect: "any old book",
  },
  {
    ...TRANSITION,
    id: "transition-old-under-the-new-salt",
    kind: "wrong wire",
    passage: "ClearedBook(U)(listing, oldPerp, oldBasis, oldSalt);",
    replacement: "ClearedBook(U)(listing, oldPerp, oldBasis, newSalt);",
    effect: "no book of the house can change",
  },
  {
    ...TRANSITION,
    id: "transition-torn-is-no-bit",
    kind: "selector that is no bit",
    passage: "torn[u] * (torn[u] - 1) === 0;",
    replacement: "",
    effect: "a line is torn up many times",
  },
  {
    ...TRANSITION,
    id: "transition-torn-stays-open",
    kind: "term left out",
    passage: "kept[u] <== oldPerp[u] - tornPerp[u];",
    replacement: "kept[u] <== oldPerp[u];",
    effect: "a line is paid, and kept",
  },
  {
    ...TRANSITION,
    id: "transition-paid-without-tear-up",
    kind: "wrong wire",
    passage: "tornBasis[u] <== tornPerp[u] * tearPrice[u];",
    replacement: "tornBasis[u] <== oldPerp[u] * tearPrice[u];",
    effect: "a line is paid, and kept",
  },
  {
    ...TRANSITION,
    id: "transition-torn-not-paid",
    kind: "term left out",
    passage: "basis += tornBasis[u];",
    replacement: "basis += 0;",
    effect: "a line is taken for nothing",
  },
  {
    ...TRANSITION,
    id: "transition-delta-of-the-other-sign",
    kind: "wrong sign",
    passage: "var basis = oldBasis + deltaBasis;",
    replacement: "var basis = oldBasis - deltaBasis;",
    effect: "who withdraws gains what is paid out",
  },
  {
    ...TRANSITION,
    id: "transition-delta-not-moved",
    kind: "term left out",
    passage: "moved[u] = kept[u] + deltaPerp[u];",
    replacement: "moved[u] = kept[u];",
    effect: "a takeover pays without taking over",
  },
  {
    ...TRANSITION,
    id: "transition-salt-not-in-range",
    kind: "missing range check",
    passage: "RangeCheck(SALT_BITS())(newSalt);",
    replacement: "",
    effect: "a salt that no book's file holds",
  },
  {
    ...TRANSITION,
    id: "transition-salt-again",
    kind: "missing verdict",
    passage: "NonZeroWhere()(always, newSalt - oldSalt);",
    replacement: "",
    effect: "an old commitment returns, and equal books are seen to be equal",
  },
  {
    ...TRANSITION,
    id: "transition-new-under-the-old-salt",
    kind: "wrong wire",
    passage: "new.salt <== newSalt;",
    replacement: "new.salt <== oldSalt;",
    effect: "the same, and the seal opens nothing",
  },
  {
    ...TRANSITION,
    id: "transition-first-side-for-all",
    kind: "loop that skips",
    passage: "note[k].takes <== takes[k];",
    replacement: "note[k].takes <== takes[0];",
    effect: "sides that the flags do not show",
  },
  {
    ...TRANSITION,
    id: "transition-notes-not-paid",
    kind: "term left out",
    passage: "basis += note[k].basis;",
    replacement: "basis += 0;",
    effect: "positions for nothing",
  },
  {
    ...TRANSITION,
    id: "transition-first-note-alone",
    kind: "loop that skips",
    passage: "moved[u] += note[k].perp[u];",
    replacement: "moved[u] += k == 0 ? note[k].perp[u] : 0;",
    effect: "notes are paid, and nothing is delivered",
  },
  {
    ...TRANSITION,
    id: "transition-reduces-is-no-bit",
    kind: "selector that is no bit",
    passage: "reduces * (reduces - 1) === 0;",
    replacement: "",
    effect: "the flag carries over into a side's bit",
  },
  {
    ...TRANSITION,
    id: "transition-reduces-with-others",
    kind: "term left out",
    passage: "others += k == 0 ? 0 : note[k].used;",
    replacement: "others += 0;",
    effect: "an increase beside a reduction, at maintenance margin",
  },
  {
    ...TRANSITION,
    id: "transition-reduces-without-note",
    kind: "missing verdict",
    passage: "reduces * (1 - note[0].used + others) === 0;",
    replacement: "reduces * others === 0;",
    effect: "a transition that changes nothing counts as a reduction",
  },
  {
    ...TRANSITION,
    id: "transition-reduces-with-cash",
    kind: "missing verdict",
    passage: "reduces * deltaBasis === 0;",
    replacement: "",
    effect: "a withdrawal as a reduction",
  },
  {
    ...TRANSITION,
    id: "transition-reduces-with-delta",
    kind: "missing verdict",
    passage: "reduces * deltaPerp[u] === 0;",
    replacement: "",
    effect: "a takeover as a reduction",
  },
  {
    ...TRANSITION,
    id: "reduction-of-another-quote",
    kind: "wrong wire",
    passage: "new.perp, quote[0], box);",
    replacement: "new.perp, quote[1], box);",
    effect: "a reduction at any price",
  },
  {
    ...TRANSITION,
    subject: REOPENED,
    id: "reduction-from-the-torn",
    kind: "wrong wire",
    passage: "(reducing, note[0].at, kept, new.perp,",
    replacement: "(reducing, note[0].at, oldPerp, new.perp,",
    effect: "a torn-up line that is opened again counts as a reduction",
  },
  {
    ...TRANSITION,
    id: "transition-reduction-not-told",
    kind: "term left out",
    passage: "var flags = birth + 2 * reduces;",
    replacement: "var flags = birth;",
    effect: "no proof with the flag",
  },
  {
    ...TRANSITION,
    id: "transition-torn-told-of-another",
    kind: "off by one",
    passage: "2 ** (2 + 2 * K + u);",
    replacement: "2 ** (1 + 2 * K + u);",
    effect: "a sale of the last note reads as a tear-up",
  },
  {
    ...TRANSITION,
    id: "transition-anywhere",
    kind: "unused signal",
    passage: "bind.word[1] <== place;",
    replacement: "bind.word[1] <== 0;",
    effect: "a transition of another house or account",
  },
  {
    ...TRANSITION,
    id: "transition-at-any-time",
    kind: "unused signal",
    passage: "bind.word[2] <== terms;",
    replacement: "bind.word[2] <== 0;",
    effect: "a half of a trade that never lapses",
  },
  {
    ...TRANSITION,
    id: "transition-new-is-the-old",
    kind: "wrong wire",
    passage: "bind.word[6] <== new.commitment;",
    replacement: "bind.word[6] <== oldCommitment;",
    effect: "the book stays, and the money is paid",
  },
  {
    ...TRANSITION,
    id: "transition-first-digest-for-all",
    kind: "loop that skips",
    passage: "bind.word[12 + k] <== note[k].digest;",
    replacement: "bind.word[12 + k] <== note[0].digest;",
    effect: "three notes that nobody has the other side of",
  },
  {
    ...TRANSITION,
    id: "transition-prices-not-told",
    kind: "term left out",
    passage: "bind.word[fixed + 2 * U + u] <== box[u];",
    replacement: "bind.word[fixed + 2 * U + u] <== 0;",
    effect: "a reduction at prices of the prover's own",
  },
  {
    ...TRANSITION,
    id: "transition-seals-the-old-book",
    kind: "wrong wire",
    passage: "sealed.perp <== moved;",
    replacement: "sealed.perp <== oldPerp;",
    effect: "the liquidators open a book that is no more",
  },
  {
    ...TRANSITION,
    id: "transition-seals-no-salt",
    kind: "term left out",
    passage: "sealed.salt <== newSalt;",
    replacement: "sealed.salt <== 0;",
    effect: "what the liquidators read cannot be proven",
  },
  {
    ...TRANSITION,
    id: "transition-hash-not-held",
    kind: "missing verdict",
    passage: "hash === bind.hash;",
    replacement: "",
    effect: "the hash fixes no word: any statement",
  },
  {
    ...TRANSITION,
    id: "transition-sum-not-held",
    kind: "missing verdict",
    passage: "sum === bind.sum;",
    replacement: "",
    effect: "the words are the caller's choice",
  },
];
