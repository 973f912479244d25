import { FIELD_R } from "../../../../../src/protocol/bounds.js";
import { bindWords } from "../../../../../src/protocol/boundWords.js";
import type { Note } from "../../../../../src/protocol/note.js";
import { keyOf, keyRoot, scalarOf } from "../../../../../src/protocol/sealedBook.js";
import { type Moves, makeTransition } from "../../../../../src/protocol/transition.js";
import type { Random } from "../../../../support/cases.js";
import { bound, randomSecret, randomTerms, revealedWords } from "../../../../support/clearing.js";
import { eightTimes } from "../../deletion/clearingBases.js";
import { inverse } from "../../engine/field.js";
import * as specimens from "../../specimens/clearing.js";
import type { Signals, Specimen } from "../../specimens/specimen.js";
import type { Subject, Verdict } from "../subject.js";
import { element } from "../values.js";

/**
 * The templates of the clearing house. What they mean stands with the specimens of the mutation, written again from their
 * headers; here it is asked of any inputs, and of a prover who lies.
 */

const power = (bits: number) => 1n << BigInt(bits);

/** A template whose meaning is its outputs, with samples as the mutation has them. */
function ofSpecimen({ name, inputs, sample, meaning }: Specimen, arrays: readonly string[] = []): Subject {
  const [, file = "", parameters = ""] = /^([^(]+)\(([^)]*)\)$/.exec(name) ?? [];
  return {
    file,
    parameters: parameters === "" ? [] : parameters.split(", ").map(Number),
    inputs,
    arrays,
    cases: (random) => {
      const sampled = sample(random);
      const said = meaning(sampled);
      return said === "unclaimed" ? [] : [{ inputs: sampled, verdict: verdictOf(said) }];
    },
  };
}

function verdictOf(said: Signals | "refused"): Verdict {
  if (said === "refused") return { accepted: false };
  const named = Object.entries(said).flatMap(([name, values]) =>
    values.map((value, i): [string, bigint] => [values.length === 1 ? name : `${name}[${i}]`, value]),
  );
  return { accepted: true, signals: Object.fromEntries(named) };
}

/** The prover says one value for all places. */
export const oneHot = (n: number): Subject => ({
  ...ofSpecimen(specimens.oneHot(n)),
  attacks: () => {
    const share = inverse(BigInt(n));
    const first = Object.fromEntries(Array.from({ length: n }, (_, i) => [`at[${i}]`, i === 0 ? 1n : 0n]));
    return [
      // Equal parts of 1 stand half way between the first place and the last.
      {
        inputs: { index: [element(BigInt((n * (n - 1)) / 2) * share)] },
        verdict: { accepted: false },
        choices: { "at[i]": share },
      },
      { inputs: { index: [0n] }, verdict: { accepted: true, signals: first }, choices: { "at[i]": 0n } },
    ];
  },
});

const agreement = specimens.keyAgreement();
export const keyAgreement: Subject = {
  ...ofSpecimen(agreement, ["digits", "ephemeral", "any.point", "shared"]),
  cases: (random) => {
    const honest = agreement.sample(random);
    const [x = 0n, y = 0n] = keyRootOf(random);
    const [keyX = 0n, keyY = 0n] = eightTimes(x, y);
    const scalar = [scalarOf(random.bits(246))];
    return [
      honest,
      // No scalar: 0, an even one, and one beyond each end.
      { ...honest, scalar: [0n] },
      { ...honest, scalar: [(scalar[0] ?? 0n) - 1n] },
      { ...honest, scalar: [1n + 2n * random.bits(245)] },
      { ...honest, scalar: [3n * power(246) + 1n + 2n * random.bits(240)] },
      { key: [0n, 1n], root: [0n, 1n], scalar },
      // Another root of the curve; the key with one coordinate of the other sign; a root off the curve, with eight times it.
      { ...honest, root: [x, y] },
      { key: [keyX, element(-keyY)], root: [x, y], scalar },
      { key: [element(-keyX), keyY], root: [x, y], scalar },
      { key: eightTimes(x + 1n, y), root: [x + 1n, y], scalar },
    ].map((inputs) => ({ inputs, verdict: verdictOf(saidOf(agreement, inputs)) }));
  },
};

function keyRootOf(random: Random): bigint[] {
  const { x, y } = keyRoot(keyOf(randomSecret(random)));
  return [x, y];
}

function saidOf({ meaning }: Specimen, inputs: Signals): Signals | "refused" {
  const said = meaning(inputs);
  return said === "unclaimed" ? "refused" : said;
}

export const signedDigits = (n: number) => ofSpecimen(specimens.signedDigits(n));
export const signedLadder = (n: number) =>
  ofSpecimen(specimens.signedLadder(n), ["base.in", "twice.in", "edwards.in", "multiple"]);

export const clearedBook = (assets: number) => ofSpecimen(specimens.clearedBook(assets));

/** Samples, and beside each a note with one number just beyond its range. */
export const applyNote = (assets: number) =>
  withEdges(specimens.applyNote(assets), (random) => {
    const note = {
      ...{ adds: [1n], takes: [0n], asset: [BigInt(random.integer(0, assets - 1))] },
      ...{ size: [random.bits(40)], quote: [random.bits(40)], blind: [random.bits(248)] },
    };
    const sign = random.pick([1n, -1n]);
    return [
      { ...note, size: [power(63) + random.bits(62)] },
      { ...note, quote: [element(sign * (power(65) + 1n + random.bits(60)))] },
      { ...note, asset: [BigInt(assets)] },
      { ...note, adds: [2n] },
      { ...note, adds: [0n], takes: [random.pick([2n, element(-1n)])] },
    ];
  });

export const holdReduction = (assets: number) => ofSpecimen(specimens.holdReduction(assets));

/** Samples, and beside each prices with one number just beyond its range. */
export const packPrices = () =>
  withEdges(specimens.packPrices(), (random) => [
    { box: [power(random.pick([132, 133])) + random.bits(132)], tearPrice: [5n] },
    { box: [5n], tearPrice: [element(random.pick([1n, -1n]) * (power(67) + 1n + random.bits(60)))] },
  ]);

function withEdges(specimen: Specimen, edges: (random: Random) => readonly Signals[]): Subject {
  const subject = ofSpecimen(specimen);
  return {
    ...subject,
    cases: (random) => [
      ...subject.cases(random),
      ...edges(random).map((inputs) => ({ inputs, verdict: verdictOf(saidOf(specimen, inputs)) })),
    ],
  };
}

export const encryptBook = (assets: number) =>
  ofSpecimen(specimens.encryptBook(assets), ["agreement.root", "agreement.key", "ephemeral"]);
export const bindWordsOf = (n: number, m: number) => ofSpecimen(specimens.bindWordsOf(n, m), ["chain.in"]);
export const bindTransition = (assets: number) => ofSpecimen(specimens.bindTransition(assets));

/** A whole circuit: it takes the hash and the sum of the words that its inputs mean, and no other. */
function ofStatement(
  { name, inputs, meaning }: Specimen,
  arrays: readonly string[],
  boundOf: (inputs: Signals) => Signals,
  sampled: (random: Random) => readonly Signals[],
): Subject {
  const [, file = "", assets] = /^([^(]+)\((\d+)\)$/.exec(name) ?? [];
  return {
    file,
    parameters: [Number(assets)],
    inputs: [...inputs, "hash", "sum"],
    arrays,
    cases: (random) =>
      sampled(random).flatMap((sample) => {
        const given = boundOf(sample);
        const accepted = meaning(given) !== "refused";
        const verdict: Verdict = accepted ? { accepted, signals: {} } : { accepted };
        // The words of one, the hash or the sum of another.
        const other = random.pick(["hash", "sum"] as const);
        const forged = { ...given, [other]: [element((given[other]?.[0] ?? 0n) + 1n)] };
        return [
          { inputs: given, verdict },
          ...(accepted && random.chance(0.2)
            ? [{ inputs: forged, verdict: { accepted: false } as const }]
            : []),
        ];
      }),
  };
}

export const revealBook = (assets: number) => {
  const specimen = specimens.revealBook(assets);
  const boundOf = (inputs: Signals): Signals => {
    const { hash, challenge, sum } = bindWords(revealedWords(inputs));
    return { ...inputs, hash: [hash], challenge: [challenge], sum: [sum] };
  };
  return ofStatement(specimen, ["book.perp", "bind.hashed"], boundOf, (random) => [specimen.sample(random)]);
};

/** Transitions of every kind, and for each rule of the statement one that breaks it alone. */
export const bookTransition = (assets: number) =>
  ofStatement(
    specimens.bookTransition(assets),
    [
      "new.perp",
      "sealed.perp",
      "sealed.key",
      "sealed.root",
      "bind.key",
      "bind.ephemeral",
      "bind.deltaPerp",
      "bind.tearPrice",
      "bind.box",
      "bind.prices",
      "bind.cipher",
    ],
    bound,
    (random) => [...transitions(random, assets), specimens.sampleTransition(random, assets)],
  );

function transitions(random: Random, assets: number): Signals[] {
  const terms = randomTerms(random);
  const salt = 1n + random.bits(247);
  const made = (moves: Moves, perp: readonly bigint[], basis: bigint): Signals =>
    makeTransition({ perp, basis, salt: random.bits(247) }, moves, terms, {
      salt,
      scalar: () => scalarOf(random.bits(246)),
    }).inputs;
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  const amount = () => random.pick([1n, -1n]) * (1n + random.bits(50));
  const note = (asset = random.integer(0, assets - 1)): Note => ({
    ...{ asset, size: 1n + random.bits(40), quote: amount(), blind: random.bits(248) },
  });
  const sides = (count: number) =>
    Array.from({ length: count }, () => ({ note: note(), side: random.pick(["buy", "sell"] as const) }));
  const held = each(amount);
  const torn = random.integer(0, assets - 1);
  const box = each(() => ({ low: -power(51), high: power(51) }));

  const rich = made(
    {
      ...{ sides: sides(4), deltaPerp: each(amount), deltaBasis: amount() },
      tearUps: each((u) => (u === torn ? amount() : undefined)),
    },
    held,
    amount(),
  );
  const born = made(
    { birth: true, sides: sides(1), deltaBasis: power(100) },
    each(() => 0n),
    0n,
  );
  const asset = random.integer(0, assets - 1);
  const line = held[asset] ?? 1n;
  const size = (line < 0n ? -line : line) >> 1n;
  const side = line > 0n ? ("sell" as const) : ("buy" as const);
  const reducing = made(
    { reduces: true, sides: [{ note: { ...note(asset), size }, side }], box },
    held,
    amount(),
  );

  const put = (inputs: Signals, name: string, i: number, value: bigint): Signals => ({
    ...inputs,
    [name]: (inputs[name] ?? []).with(i, element(value)),
  });
  const value = (inputs: Signals, name: string, i = 0): bigint => {
    const x = inputs[name]?.[i] ?? 0n;
    return x > FIELD_R >> 1n ? x - FIELD_R : x;
  };
  const k = random.integer(0, 3);
  const u = random.integer(0, assets - 1);
  const beyond = (bits: number) => power(bits) + random.bits(bits - 2);
  const opposite = (name: "adds" | "takes") => (name === "adds" ? "takes" : "adds");
  const used = value(rich, "adds", k) === 1n ? "adds" : "takes";
  const bought = value(reducing, "adds") === 1n ? "adds" : "takes";
  /** Moves a quantity or the basis out of its range in the old book, and back into it by the delta. */
  const throughDelta = (old: string, delta: string, i: number, by: bigint) =>
    put(put(put(rich, "torn", i, 0n), old, i, by), delta, i, -by);
  return [
    rich,
    born,
    reducing,
    // Flags that are no bits, and those that say what is not so.
    put(rich, "birth", 0, 1n),
    put(born, "birth", 0, 2n),
    put(born, "oldBasis", 0, amount()),
    put(born, "oldPerp", u, amount()),
    put(put(rich, "torn", u, 2n), "oldPerp", u, 5n),
    put(put(rich, used, k, 2n), "size", k, 3n),
    put(put(rich, used, k, -1n), "size", k, 3n),
    put(rich, opposite(used), k, 1n),
    put(rich, "reduces", 0, 1n),
    put(reducing, "reduces", 0, 2n),
    // Numbers beyond their range: in the old book, in the new one, in a note.
    throughDelta("oldPerp", "deltaPerp", u, random.pick([1n, -1n]) * beyond(63)),
    put(rich, "deltaPerp", u, random.pick([1n, -1n]) * beyond(63)),
    throughDelta("oldBasis", "deltaBasis", 0, random.pick([1n, -1n]) * beyond(127)),
    put(rich, "deltaBasis", 0, random.pick([1n, -1n]) * beyond(127)),
    put(put(rich, "size", k, beyond(63)), "quote", k, 1n),
    put(put(rich, "quote", k, random.pick([1n, -1n]) * beyond(65)), "size", k, 1n),
    put(rich, "asset", k, BigInt(assets)),
    // Salt, scalar and key.
    put(rich, "newSalt", 0, value(rich, "oldSalt")),
    put(rich, "newSalt", 0, beyond(248)),
    put(rich, "scalar", 0, 0n),
    put(rich, "scalar", 0, value(rich, "scalar") + 1n),
    put(rich, "scalar", 0, 3n * power(246) + 1n),
    { ...rich, key: [0n, 1n], root: [0n, 1n] },
    put(rich, "root", 0, amount()),
    // What does not reduce: another note, none, a delta, away from zero or through it, a quote outside the box.
    put(reducing, "adds", 1 + random.integer(0, 2), 1n),
    put(reducing, bought, 0, 0n),
    put(put(reducing, bought, 0, 0n), bought, 1, 1n),
    put(reducing, "deltaBasis", 0, amount()),
    put(reducing, "deltaPerp", u, random.pick([1n, -1n])),
    put(put(reducing, bought, 0, 0n), opposite(bought), 0, 1n),
    put(reducing, "size", 0, (line < 0n ? -line : line) + 1n),
    // Torn up, and opened again to less than it was.
    put(put(put(reducing, "torn", asset, 1n), bought, 0, 0n), opposite(bought), 0, 1n),
    put(reducing, "quote", 0, power(51) + 1n),
    put(reducing, "quote", 0, -power(51) - 1n),
    put(put(reducing, "torn", asset, 1n), "tearPrice", asset, amount()),
    put(reducing, "box", asset, power(132)),
    // Prices beyond their range, even where nobody needs them.
    put(rich, "tearPrice", u, random.pick([1n, -1n]) * beyond(67)),
    put(rich, "box", u, beyond(200)),
    // No rule is broken: a price of nothing that is torn up, and the round's for who does not reduce.
    put(put(rich, "torn", torn, 0n), "tearPrice", u, amount()),
    put(rich, "box", u, random.bits(132)),
  ];
}
