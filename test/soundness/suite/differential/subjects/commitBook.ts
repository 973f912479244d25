import { OutOfRangeError } from "../../../../../src/errors.js";
import {
  BOOK_DOMAIN,
  poseidonChain,
  commitBook as reference,
} from "../../../../../src/protocol/commitment.js";
import type { SleeveNumbers } from "../../../../../src/protocol/types.js";
import { type Random, randomBook, randomSleeve } from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";
import { packedSleeve } from "./sleeve.js";

interface Opening {
  readonly listing: bigint;
  readonly spot: readonly bigint[];
  readonly perp: readonly bigint[];
  readonly basis: bigint;
  /** Packed, four words. */
  readonly words: readonly bigint[];
  readonly detail: bigint;
  readonly salt: bigint;
}

/** The library's commitment of what it commits to; beyond its bounds the layout of docs/STATEMENT.md, in the field. */
export function commitBook(assets: number): Subject {
  const quantity = (random: Random) =>
    random.chance(0.8) ? aboutBound(random, 64) : centred(hostileElement(random));
  return {
    file: "margin/CommitBook",
    parameters: [assets],
    inputs: ["listing", "spot", "perp", "basis", "sleeve", "detail", "salt"],
    cases: (random) => {
      const { spot, perp } = random.chance(0.5)
        ? randomBook(random, { name: "", assets, scenarios: 1, power: 0 })
        : { spot: each(assets, () => quantity(random)), perp: each(assets, () => quantity(random)) };
      const basis = random.chance(0.8) ? aboutBound(random, 127) : centred(hostileElement(random));
      const listing = random.chance(0.8) ? random.bits(248) : hostileElement(random);
      const salt = random.chance(0.8) ? random.bits(248) : hostileElement(random);
      const sleeve = random.chance(0.5) ? randomSleeve(random) : undefined;
      const words = sleeve
        ? packedSleeve(sleeve)
        : each(4, () => (random.chance(0.3) ? 0n : hostileElement(random)));
      const detail = sleeve?.detail ?? (random.chance(0.3) ? 0n : hostileElement(random));
      const opening = { listing, spot, perp, basis, words, detail, salt };
      const inputs = {
        listing: [listing],
        spot: spot.map(element),
        perp: perp.map(element),
        basis: [element(basis)],
        sleeve: words,
        detail: [detail],
        salt: [salt],
      };
      return [{ inputs, verdict: verdictOf(opening, sleeve) }];
    },
  };
}

function verdictOf(opening: Opening, sleeve: SleeveNumbers | undefined): Verdict {
  const { listing, spot, perp, basis, salt } = opening;
  const limit = 1n << 127n;
  if (basis < -limit || basis >= limit) return { accepted: false };
  if (!sleeve) return { accepted: true, signals: { commitment: layout(opening) } };
  try {
    return {
      accepted: true,
      signals: { commitment: reference({ spot, perp, basis, sleeve }, salt, listing) },
    };
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    return { accepted: true, signals: { commitment: layout(opening) } };
  }
}

/** The commitment of anything, as a prover without the library computes it. */
export function layout({ listing, spot, perp, basis, words: sleeve, detail, salt }: Opening): bigint {
  const words: bigint[] = [];
  [...spot, ...perp].forEach((q, i) => {
    const word = Math.floor(i / 3);
    words[word] = (words[word] ?? 0n) + (q + 2n ** 65n) * 2n ** (66n * BigInt(i % 3));
  });
  return poseidonChain(
    [BOOK_DOMAIN, listing, ...words, basis + 2n ** 127n, ...sleeve, detail, salt].map(element),
  );
}

function each(n: number, value: () => bigint): bigint[] {
  return Array.from({ length: n }, value);
}
