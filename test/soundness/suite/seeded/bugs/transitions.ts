import { bookTransition } from "../../differential/subjects/clearing.js";
import type { Bug } from "../bug.js";

const TRANSITION = { file: "clearing/BookTransition.circom", subject: bookTransition(2) };

/** Of the old book and the new one, of what moves it, and of words and seal. */
export const TRANSITIONS: readonly Bug[] = [
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
