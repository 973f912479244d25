import { FIELD_R } from "../../src/protocol/bounds.js";
import { bindWords } from "../../src/protocol/boundWords.js";
import { BOOK_DOMAIN, poseidonChain, poseidonSponge } from "../../src/protocol/commitment.js";
import type { Point } from "../../src/protocol/folding.js";
import type { Note } from "../../src/protocol/note.js";
import {
  type ClearedOpening,
  keyOf,
  SUBGROUP_ORDER,
  scalarOf,
  sharedPoint,
} from "../../src/protocol/sealedBook.js";
import type { CircuitInputs } from "../../src/protocol/signals.js";
import {
  type Moves,
  makeTransition,
  type NetBox,
  type Transition,
  type TransitionTerms,
} from "../../src/protocol/transition.js";
import type { Random } from "./cases.js";
import { field } from "./field.js";

/** A signed number with a magnitude below 2^bits, often at a limit. */
export function signedBits(random: Random, bits: number): bigint {
  const limit = 1n << BigInt(bits);
  return random.chance(0.2) ? random.pick([0n, 1n, -1n, limit - 1n, 1n - limit]) : random.signed(limit - 1n);
}

/** A scalar of the curve's subgroup. */
export function randomSecret(random: Random): bigint {
  return 1n + (random.bits(252) % (SUBGROUP_ORDER - 1n));
}

export function randomOpening(random: Random, assets: number, bits = 62): ClearedOpening {
  return {
    perp: Array.from({ length: assets }, () => (random.chance(0.3) ? 0n : signedBits(random, bits))),
    basis: signedBits(random, 120),
    salt: 1n + random.bits(247),
  };
}

export function randomTerms(random: Random): TransitionTerms & { readonly secret: bigint } {
  const secret = randomSecret(random);
  const [place, terms, listing] = [random.bits(248), random.bits(128), random.bits(248)];
  return { place, terms, listing, key: keyOf(secret), secret };
}

/** Moves that a book of quantities below 2^60 and a basis below 2^120 admits, of every kind. */
export function randomMoves(random: Random, old: ClearedOpening): Moves {
  const assets = old.perp.length;
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  const note = (): Note => ({
    asset: random.integer(0, assets - 1),
    size: random.bits(random.integer(1, 58)),
    quote: signedBits(random, 50),
    blind: random.bits(248),
  });
  const tearUps = random.chance(0.3)
    ? each(() => (random.chance(0.5) ? signedBits(random, 50) : undefined))
    : [];
  const kept = old.perp.map((quantity, u) => (tearUps[u] === undefined ? quantity : 0n));
  const open = kept.flatMap((quantity, u) => (quantity === 0n ? [] : [u]));
  if (open.length > 0 && random.chance(0.4)) {
    const asset = random.pick(open);
    const held = kept[asset] as bigint;
    const most = held < 0n ? -held : held;
    const size = random.pick([most, 0n, 1n, most / 2n]);
    const box = each((): NetBox => {
      const low = signedBits(random, 50);
      return { low, high: low + random.bits(random.integer(1, 40)) };
    });
    const { low, high } = box[asset] as NetBox;
    const quote = random.pick([low, high, (low + high) / 2n]);
    const reducing = { asset, size, quote: quote < low ? low : quote, blind: random.bits(248) };
    return { reduces: true, sides: [{ note: reducing, side: held > 0n ? "sell" : "buy" }], tearUps, box };
  }
  return {
    birth: old.basis === 0n && old.perp.every((quantity) => quantity === 0n) && random.chance(0.7),
    sides: Array.from({ length: random.integer(0, 4) }, () => ({
      note: note(),
      side: random.pick(["buy", "sell"] as const),
    })),
    tearUps,
    ...(random.chance(0.5) ? { deltaBasis: signedBits(random, 110) } : {}),
    ...(random.chance(0.3) ? { deltaPerp: each(() => signedBits(random, 60)) } : {}),
  };
}

/** A transition that its circuit accepts. */
export function randomTransition(
  random: Random,
  assets: number,
): Transition & { readonly old: ClearedOpening } {
  const empty = { perp: new Array<bigint>(assets).fill(0n), basis: 0n, salt: 0n };
  const old = random.chance(0.15) ? empty : randomOpening(random, assets, 60);
  const terms = randomTerms(random);
  const made = makeTransition(old, randomMoves(random, old), terms, {
    salt: 1n + random.bits(247),
    scalar: () => scalarOf(random.bits(246)),
  });
  return { ...made, old };
}

/** What the inputs of a transition make of its book, in the field, whatever they are: numbers nearest to 0. */
export function movedBook(inputs: CircuitInputs): {
  readonly kept: readonly bigint[];
  readonly perp: readonly bigint[];
  readonly basis: bigint;
} {
  const at = (name: string, i: number) => signedElement(inputs[name]?.[i] ?? 0n);
  const oldPerp = (inputs.oldPerp ?? []).map(signedElement);
  const kept = oldPerp.map((q, u) => q - at("torn", u) * q);
  const perp = kept.map((q, u) => q + at("deltaPerp", u));
  let basis = at("oldBasis", 0) + at("deltaBasis", 0);
  oldPerp.forEach((q, u) => {
    basis += at("torn", u) * q * at("tearPrice", u);
  });
  (inputs.asset ?? []).forEach((slot, k) => {
    const sized = (at("adds", k) - at("takes", k)) * at("size", k);
    if (slot < BigInt(perp.length)) perp[Number(slot)] = (perp[Number(slot)] ?? 0n) + sized;
    basis -= sized * at("quote", k);
  });
  const near = (x: bigint) => signedElement(field(x));
  return { kept: kept.map(near), perp: perp.map(near), basis: near(basis) };
}

/** The words of a transition with these inputs: docs/CLEARING.md, written again without a bound in it. */
export function wordsOf(inputs: CircuitInputs): bigint[] {
  const all = (name: string) => (inputs[name] ?? []).map(signedElement);
  const one = (name: string) => all(name)[0] ?? 0n;
  const [torn, adds, takes, size, quote] = [
    all("torn"),
    all("adds"),
    all("takes"),
    all("size"),
    all("quote"),
  ];
  const { perp, basis } = movedBook(inputs);
  let flags = one("birth") + 2n * one("reduces");
  const digests = all("asset").map((slot, k) => {
    flags += ((adds[k] ?? 0n) + 2n * (takes[k] ?? 0n)) * 4n ** BigInt(k + 1);
    const used = (adds[k] ?? 0n) + (takes[k] ?? 0n);
    if (used === 0n) return 0n;
    const packed = slot + 2n ** 8n * ((size[k] ?? 0n) + 2n ** 63n * ((quote[k] ?? 0n) + 2n ** 65n));
    return used * poseidonChain([asciiWord("zkmargin/note@1"), field(packed), inputs.blind?.[k] ?? 0n]);
  });
  torn.forEach((bit, u) => {
    flags += bit * 2n ** BigInt(10 + u);
  });
  const key = { x: inputs.key?.[0] ?? 0n, y: inputs.key?.[1] ?? 0n };
  const { ephemeral, cipher } = sealedWords(
    perp,
    basis,
    inputs.newSalt?.[0] ?? 0n,
    key,
    inputs.scalar?.[0] ?? 0n,
  );
  const opened = (quantities: readonly bigint[], amount: bigint, salt: bigint) =>
    clearedLayout({ quantities, amount, salt, listing: inputs.listing?.[0] ?? 0n });
  return [
    asciiWord("zkmargin/transition@1"),
    ...[one("place"), one("terms"), key.x, key.y],
    one("birth") === 1n ? 0n : (1n - one("birth")) * opened(all("oldPerp"), one("oldBasis"), one("oldSalt")),
    opened(perp, basis, one("newSalt")),
    ...[one("listing"), flags, one("deltaBasis"), ephemeral.x, ephemeral.y],
    ...digests,
    ...[...all("deltaPerp"), ...all("tearPrice"), ...all("box")],
    ...cipher,
  ].map(field);
}

/** The words that are hashed as they are: docs/CLEARING.md, written again. */
export const HASHED_WORDS: readonly number[] = [0, 1, 2, 3, 5, 6, 8, 10, 12, 13, 14, 15];

/** What the circuit hashes of these words, written again without a bound in it. */
export function hashedOf(words: readonly bigint[], assets: number): bigint[] {
  const at = (i: number) => words[i] ?? 0n;
  const prices = Array.from({ length: assets }, (_, u) => {
    const [tearPrice, box] = [signedElement(at(16 + assets + u)), at(16 + 2 * assets + u)];
    return field(box + 2n ** 132n * (tearPrice + 2n ** 67n));
  });
  return [...HASHED_WORDS.map(at), ...prices];
}

/** The seal of any numbers, as elements. */
export function sealedWords(
  perp: readonly bigint[],
  basis: bigint,
  salt: bigint,
  key: Point,
  scalar: bigint,
): { readonly ephemeral: Point; readonly cipher: bigint[] } {
  const { ephemeral, shared } = agreed(key, scalar);
  const plain = [...chunks(perp), basis + 2n ** 127n, salt];
  const rate = plain.map((_, i) => [shared.x, shared.y, asciiWord("zkmargin/cipher@1")][i] ?? 0n);
  const stream = poseidonSponge(rate);
  return { ephemeral, cipher: plain.map((word, i) => field(word + (stream[i] ?? 0n))) };
}

/** The words of a reveal with these inputs, written again without a bound in it. */
export function revealedWords(inputs: CircuitInputs): bigint[] {
  const [perp, one] = [inputs.perp ?? [], (name: string) => inputs[name]?.[0] ?? 0n];
  const book = { quantities: perp.map(signedElement), amount: signedElement(one("basis")) };
  const commitment = clearedLayout({ ...book, salt: one("salt"), listing: one("listing") });
  return [
    asciiWord("zkmargin/reveal@1"),
    ...[one("place"), one("terms"), commitment, one("listing"), one("basis")],
    ...perp,
  ];
}

/** The inputs with the hash, the challenge and the sum that a prover of them would be given. */
export function bound(inputs: CircuitInputs): CircuitInputs {
  const words = wordsOf(inputs);
  const { hash, challenge, sum } = bindWords(words, hashedOf(words, inputs.oldPerp?.length ?? 0));
  return { ...inputs, hash: [hash], challenge: [challenge], sum: [sum] };
}

/** The number nearest to 0 that an element stands for. */
export function signedElement(x: bigint): bigint {
  return x > FIELD_R >> 1n ? x - FIELD_R : x;
}

/** ASCII text as a number, the first letter highest. */
export function asciiWord(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, "ascii").toString("hex")}`);
}

/** Quantities as q + 2^63, three to a word of 64-bit lanes. */
function chunks(perp: readonly bigint[]): bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i < perp.length; i += 3)
    words.push(
      perp.slice(i, i + 3).reduce((word, q, lane) => word + (q + 2n ** 63n) * 2n ** BigInt(64 * lane), 0n),
    );
  return words;
}

/** The commitment of CommitBook with no spot and no sleeve, for any numbers. */
export function clearedLayout(book: {
  readonly quantities: readonly bigint[];
  readonly amount: bigint;
  readonly salt: bigint;
  readonly listing: bigint;
}): bigint {
  const all = [...book.quantities.map(() => 0n), ...book.quantities];
  const words: bigint[] = [];
  for (let i = 0; i < all.length; i += 3)
    words.push(
      all.slice(i, i + 3).reduce((word, q, lane) => word + (q + 2n ** 65n) * 2n ** BigInt(66 * lane), 0n),
    );
  return poseidonChain(
    [BOOK_DOMAIN, book.listing, ...words, book.amount + 2n ** 127n, 0n, 0n, 0n, 0n, 0n, book.salt].map(field),
  );
}

/** scalar·B and scalar·key; for what is no key or no scalar, what does not matter, since it is refused. */
export function agreed(key: Point, scalar: bigint): { readonly ephemeral: Point; readonly shared: Point } {
  try {
    return { ephemeral: keyOf(scalar % SUBGROUP_ORDER), shared: sharedPoint(scalar % SUBGROUP_ORDER, key) };
  } catch {
    return { ephemeral: { x: 0n, y: 1n }, shared: { x: 0n, y: 1n } };
  }
}
