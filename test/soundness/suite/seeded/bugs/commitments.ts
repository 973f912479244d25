import { commitBook } from "../../differential/subjects/commitBook.js";
import { poseidonChain } from "../../differential/subjects/poseidonChain.js";
import type { Bug } from "../bug.js";

const CHAIN = { file: "lib/PoseidonChain.circom", subject: poseidonChain(17) };
const BOOK = { file: "margin/CommitBook.circom", subject: commitBook(2) };

export const COMMITMENTS: readonly Bug[] = [
  {
    ...CHAIN,
    id: "chain-forgets",
    kind: "wrong wire",
    passage: "hash[b].inputs[0] <== hash[b - 1].out;",
    replacement: "hash[b].inputs[0] <== 0;",
    effect: "only the last words are committed",
  },
  {
    ...CHAIN,
    id: "chain-link-not-tied",
    kind: "unconstrained hint",
    passage: "hash[b].inputs[0] <== hash[b - 1].out;",
    replacement: "hash[b].inputs[0] <-- hash[b - 1].out; // HINT: the digest so far",
    effect: "the first words are the prover's choice",
  },
  {
    ...CHAIN,
    id: "chain-block-repeated",
    kind: "loop that skips",
    passage: "taken += fresh;",
    replacement: "taken += b == 0 ? 0 : fresh;",
    effect: "the first words are hashed again in place of the others",
  },
  {
    ...BOOK,
    id: "book-wrong-domain",
    kind: "wrong domain",
    passage: "chain.in[0] <== BOOK_DOMAIN();",
    replacement: "chain.in[0] <== 0;",
    effect: "a commitment may be a hash of something else",
  },
  {
    ...BOOK,
    id: "book-packed-too-close",
    kind: "packing before range check",
    passage: "PACKED_BITS() * (i % perWord)",
    replacement: "QUANTITY_BITS() * (i % perWord)",
    effect: "quantities overlap: many books behind one commitment",
  },
  {
    ...BOOK,
    id: "book-packed-without-offset",
    kind: "zero or sign not canonical",
    passage: "(quantity + PACKED_OFFSET())",
    replacement: "quantity",
    effect: "a negative quantity borrows from its neighbour",
  },
  {
    ...BOOK,
    id: "book-basis-not-in-range",
    kind: "packing before range check",
    passage: "basisRange.in <== basis + 2 ** BASIS_BITS();",
    replacement: "basisRange.in <== 2 ** BASIS_BITS();",
    effect: "a basis that wraps: profit out of nothing",
  },
  {
    ...BOOK,
    id: "book-basis-one-bit-wide",
    kind: "wrong width",
    passage: "RangeCheck(BASIS_BITS() + 1)",
    replacement: "RangeCheck(BASIS_BITS() + 2)",
    effect: "a basis beyond the bit budget",
  },
  {
    ...BOOK,
    id: "book-without-salt",
    kind: "commitment that hides too little",
    passage: "chain.in[3 + words] <== salt;",
    replacement: "chain.in[3 + words] <== 0;",
    effect: "a small book is found by trying them all",
  },
  {
    ...BOOK,
    id: "book-without-listing",
    kind: "unused signal",
    passage: "chain.in[1] <== listing;",
    replacement: "chain.in[1] <== 0;",
    effect: "a book of one listing is opened in another, where slot 0 is a dearer asset",
  },
  {
    ...BOOK,
    id: "book-spot-packed-twice",
    kind: "double-counted asset",
    passage: "i < U ? spot[i % U] : perp[i % U]",
    replacement: "spot[i % U]",
    effect: "perpetuals are not committed",
  },
  {
    ...BOOK,
    id: "book-last-word-repeated",
    kind: "loop that skips",
    passage: "chain.in[2 + w] <== packed[w];",
    replacement: "chain.in[2 + w] <== packed[0];",
    effect: "only the first word of quantities is committed",
  },
];
