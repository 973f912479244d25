import { babyjubjub } from "@noble/curves/misc";
import { FIELD_R } from "../../../../src/protocol/bounds.js";
import { sumAt } from "../../../../src/protocol/boundWords.js";
import { poseidonChain } from "../../../../src/protocol/commitment.js";
import { keyOf, keyRoot, scalarOf, sharedPoint } from "../../../../src/protocol/sealedBook.js";
import type { ClearingCircuit } from "../../../../src/protocol/tiers.js";
import { makeReveal } from "../../../../src/protocol/transition.js";
import type { Random } from "../../../support/cases.js";
import { compileTemplate, compileTier } from "../../../support/circuit.js";
import {
  agreed,
  asciiWord,
  clearedLayout,
  HASHED_WORDS,
  hashedOf,
  movedBook,
  randomOpening,
  randomSecret,
  randomTerms,
  randomTransition,
  revealedWords,
  sealedWords,
  wordsOf,
} from "../../../support/clearing.js";
import { field } from "../../../support/field.js";
import { signed } from "../engine/field.js";
import { about, hostile, list } from "./hostile.js";
import { type Meaning, type Signals, type Specimen, template } from "./specimen.js";

const power = (bits: number) => 1n << BigInt(bits);
const within = (x: bigint, bits: number) => x >= -power(bits) && x < power(bits);
const isBit = (x: bigint): boolean => x === 0n || x === 1n;
const all = (inputs: Signals, name: string) => inputs[name] ?? [];
const one = (inputs: Signals, name: string) => inputs[name]?.[0] ?? 0n;
const numbers = (inputs: Signals, name: string) => all(inputs, name).map(signed);
const OPEN = ["hash", "challenge", "sum"];

export function oneHot(n: number) {
  return template("lib/OneHot", [n], ["index"], {
    sample: (random) => ({
      index: [random.chance(0.2) ? hostile(random) : BigInt(random.integer(0, n))],
    }),
    meaning: (inputs) => {
      const index = one(inputs, "index");
      return index < BigInt(n) ? { at: list(n, (i) => (BigInt(i) === index ? 1n : 0n)) } : "refused";
    },
  });
}

/** Whether a circuit takes the key: its root is on the curve, eight times the root is the key, and the key is not neutral. */
export function takesKey(inputs: Signals): boolean {
  const [[x = 0n, y = 0n], [rootX = 0n, rootY = 0n]] = [all(inputs, "key"), all(inputs, "root")];
  const [xx, yy] = [(rootX * rootX) % FIELD_R, (rootY * rootY) % FIELD_R];
  if ((168_700n * xx + yy - 1n - 168_696n * xx * yy) % FIELD_R !== 0n) return false;
  const eight = babyjubjub.ExtendedPoint.fromAffine({ x: rootX, y: rootY }).multiplyUnsafe(8n).toAffine();
  return eight.x === x && eight.y === y && x !== 0n;
}

export const takesScalar = (scalar: bigint) =>
  scalar % 2n === 1n && scalar > power(246) && scalar < 3n * power(246);

/** A key and its root; now and then something else. */
function sampleKey(random: Random): Signals {
  const key = keyOf(randomSecret(random));
  const root = keyRoot(key);
  if (random.chance(0.9)) return { key: [key.x, key.y], root: [root.x, root.y] };
  return { key: [key.x, key.y], root: [hostile(random), root.y] };
}

function sampleScalar(random: Random): bigint[] {
  return [random.chance(0.1) ? hostile(random) : scalarOf(random.bits(246))];
}

export function signedDigits(n: number) {
  const least = power(n) + 1n;
  return template("lib/SignedDigits", [n], ["number"], {
    sample: (random) => ({
      number: [
        random.chance(0.5) ? least + 2n * random.bits(n) : random.pick([hostile(random), random.bits(n + 2)]),
      ],
    }),
    meaning: (inputs) => {
      const twice = one(inputs, "number") - least;
      if (twice < 0n || twice % 2n !== 0n || twice >= power(n + 1)) return "refused";
      return { digits: list(n, (i) => (twice >> BigInt(i + 1)) & 1n) };
    },
  });
}

export function signedLadder(n: number): Specimen {
  return {
    ...template("lib/SignedLadder", [n], ["digits", "point"], {
      sample: (random) => {
        const { x, y } = keyOf(randomSecret(random));
        return { digits: list(n, () => random.bits(1)), point: [x, y] };
      },
      meaning: (inputs) => {
        const [digits, [x = 0n, y = 0n]] = [all(inputs, "digits"), all(inputs, "point")];
        if (!digits.every(isBit)) return "unclaimed";
        const bits = digits.reduce((sum, digit, i) => sum + (digit << BigInt(i)), 0n);
        try {
          const multiple = sharedPoint(power(n) + 1n + 2n * bits, { x, y });
          return { multiple: [multiple.x, multiple.y] };
        } catch {
          return "unclaimed";
        }
      },
    }),
    folds: true,
  };
}

export function keyAgreement(): Specimen {
  return {
    ...template("lib/KeyAgreement", [], ["scalar", "root", "key"], {
      sample: (random) => ({ ...sampleKey(random), scalar: sampleScalar(random) }),
      meaning: (inputs) => {
        const scalar = one(inputs, "scalar");
        if (!takesKey(inputs) || !takesScalar(scalar)) return "refused";
        const [x = 0n, y = 0n] = all(inputs, "key");
        const { ephemeral, shared } = agreed({ x, y }, scalar);
        return { ephemeral: [ephemeral.x, ephemeral.y], shared: [shared.x, shared.y] };
      },
    }),
    heavy: true,
    folds: true,
  };
}

export function clearedBook(assets: number) {
  return template("clearing/ClearedBook", [assets], ["listing", "perp", "basis", "salt"], {
    sample: (random) => ({
      listing: [hostile(random)],
      perp: list(assets, () => about(random, 63)),
      basis: [about(random, 127)],
      salt: [hostile(random)],
    }),
    meaning: (inputs) => {
      const [quantities, [amount = 0n]] = [numbers(inputs, "perp"), numbers(inputs, "basis")];
      if (!within(amount, 127) || !quantities.every((q) => within(q, 63))) return "refused";
      const [listing, salt] = [one(inputs, "listing"), one(inputs, "salt")];
      return { commitment: [clearedLayout({ quantities, amount, listing, salt })] };
    },
  });
}

export function applyNote(assets: number) {
  const names = ["adds", "takes", "asset", "size", "quote", "blind"];
  return template("clearing/ApplyNote", [assets], names, {
    sample: (random) => ({
      adds: [random.chance(0.05) ? hostile(random) : random.bits(1)],
      takes: [random.chance(0.05) ? hostile(random) : random.chance(0.3) ? 1n : 0n],
      asset: [BigInt(random.integer(0, random.chance(0.1) ? assets : assets - 1))],
      size: [random.chance(0.1) ? about(random, 63) : random.bits(63)],
      quote: [about(random, 65)],
      blind: [hostile(random)],
    }),
    meaning: (inputs) => {
      const [adds, takes, asset] = [one(inputs, "adds"), one(inputs, "takes"), one(inputs, "asset")];
      const [size, quote] = [one(inputs, "size"), signed(one(inputs, "quote"))];
      if (!isBit(adds) || !isBit(takes) || adds * takes === 1n || asset >= BigInt(assets)) return "refused";
      if (size >= power(63) || !within(quote, 65)) return "refused";
      const [used, sized] = [adds + takes, (adds - takes) * size];
      const packed = asset + power(8) * (size + power(63) * (quote + power(65)));
      const digest = poseidonChain([asciiWord("zkmargin/note@1"), packed, one(inputs, "blind")]);
      const at = list(assets, (u) => (BigInt(u) === asset ? 1n : 0n));
      return {
        used: [used],
        at,
        perp: at.map((bit) => field(bit * sized)),
        basis: [field(-sized * quote)],
        digest: [used * digest],
      };
    },
  });
}

/** Whether a reduction holds: of bits and numbers in range, as the callers hold them. */
function reductionHolds(old: bigint, now: bigint, quote: bigint, low: bigint, high: bigint): boolean {
  return now * (old - now) >= 0n && quote >= low && quote <= high;
}

export function holdReduction(assets: number) {
  const names = ["reduces", "at", "old", "new", "quote", "low", "high"];
  return template("clearing/HoldReduction", [assets], names, {
    sample: (random) => {
      const asset = random.integer(0, assets - 1);
      const old = list(assets, () => signed(about(random, 62)));
      const held = old[asset] ?? 0n;
      const closer = random.pick([0n, held, held / 2n, held + 1n, held - 1n, -held, 1n]);
      const low = random.signed(power(60));
      const high = low + random.bits(40);
      return {
        reduces: [random.chance(0.7) ? 1n : 0n],
        at: list(assets, (u) => (u === asset ? 1n : 0n)),
        old: old.map(field),
        new: old.with(asset, closer).map(field),
        quote: [field(random.pick([low, high, low - 1n, high + 1n, (low + high) / 2n]))],
        low: list(assets, () => low + power(65)),
        high: list(assets, () => high + power(65)),
      };
    },
    meaning: (inputs) => {
      const [reduces, at] = [one(inputs, "reduces"), all(inputs, "at")];
      const [old, now, quote] = [
        numbers(inputs, "old"),
        numbers(inputs, "new"),
        signed(one(inputs, "quote")),
      ];
      if (!isBit(reduces) || !at.every(isBit) || at.reduce((sum, bit) => sum + bit, 0n) !== 1n)
        return "unclaimed";
      if (![...old, ...now].every((q) => within(q, 63)) || !within(quote, 65)) return "unclaimed";
      const prices = [...all(inputs, "low"), ...all(inputs, "high")];
      if (prices.some((price) => price >= power(66))) return "unclaimed";
      const asset = at.indexOf(1n);
      const [low = 0n, high = 0n] = ["low", "high"].map(
        (name) => (all(inputs, name)[asset] ?? 0n) - power(65),
      );
      const holds = reductionHolds(old[asset] ?? 0n, now[asset] ?? 0n, quote, low, high);
      return reduces === 0n || holds ? {} : "refused";
    },
  });
}

export function packPrices() {
  return template("clearing/PackPrices", [], ["box", "tearPrice"], {
    sample: (random) => ({
      box: [random.chance(0.2) ? about(random, 132) : random.bits(132)],
      tearPrice: [about(random, 67)],
    }),
    meaning: (inputs) => {
      const [box, tearPrice] = [one(inputs, "box"), signed(one(inputs, "tearPrice"))];
      if (box >= power(132) || !within(tearPrice, 67)) return "refused";
      return {
        low: [box % power(66)],
        high: [box >> 66n],
        packed: [box + power(132) * (tearPrice + power(67))],
      };
    },
  });
}

export function encryptBook(assets: number): Specimen {
  return {
    ...template("clearing/EncryptBook", [assets], ["perp", "basis", "salt", "key", "root", "scalar"], {
      sample: (random) => ({
        ...sampleKey(random),
        perp: list(assets, () => field(random.signed(power(63) - 1n))),
        basis: [field(random.signed(power(127) - 1n))],
        salt: [hostile(random)],
        scalar: sampleScalar(random),
      }),
      meaning: (inputs) => {
        const scalar = one(inputs, "scalar");
        if (!takesKey(inputs) || !takesScalar(scalar)) return "refused";
        const [x = 0n, y = 0n] = all(inputs, "key");
        const [perp, basis] = [numbers(inputs, "perp"), signed(one(inputs, "basis"))];
        const { ephemeral, cipher } = sealedWords(perp, basis, one(inputs, "salt"), { x, y }, scalar);
        return { ephemeral: [ephemeral.x, ephemeral.y], cipher };
      },
    }),
    heavy: true,
    folds: true,
  };
}

export function bindWordsOf(n: number, m: number) {
  return template("clearing/BindWords", [n, m], ["word", "hashed", "challenge"], {
    sample: (random) => ({
      word: list(n, () => hostile(random)),
      hashed: list(m, () => hostile(random)),
      challenge: [hostile(random)],
    }),
    meaning: (inputs) => saidOf(all(inputs, "word"), all(inputs, "hashed"), inputs),
  });
}

export function bindTransition(assets: number) {
  const names = [
    ...["challenge", "place", "terms", "key", "oldCommitment", "newCommitment", "listing", "flags"],
    ...["deltaBasis", "ephemeral", "digest", "deltaPerp", "tearPrice", "box", "prices", "cipher"],
  ];
  const sizes: Readonly<Record<string, number>> = {
    ...{ key: 2, ephemeral: 2, digest: 4, deltaPerp: assets, tearPrice: assets, box: assets },
    ...{ prices: assets, cipher: Math.ceil(assets / 3) + 2 },
  };
  return template("clearing/BindTransition", [assets], names, {
    sample: (random) =>
      Object.fromEntries(names.map((name) => [name, list(sizes[name] ?? 1, () => hostile(random))])),
    meaning: (inputs) => {
      const [, ...rest] = names.filter((name) => name !== "prices").map((name) => all(inputs, name));
      const words = [asciiWord("zkmargin/transition@1"), ...rest.flat()];
      const hashed = HASHED_WORDS.map((i) => words[i] ?? 0n);
      return saidOf(words, [...hashed, ...all(inputs, "prices")], inputs);
    },
  });
}

/** What is said of words once the circuit has taken the inputs. */
function saidOf(words: readonly bigint[], hashed: readonly bigint[], inputs: Signals): Signals {
  return { hash: [poseidonChain(hashed)], sum: [sumAt(words, one(inputs, "challenge"))] };
}

const REVEAL = ["challenge", "place", "terms", "listing", "perp", "basis", "salt"];

/** A reveal at a size of its own, or the shipped circuit by its name. */
export function revealBook(assets: number, name?: string): Specimen {
  return {
    name: name ?? `clearing/RevealBook(${assets})`,
    compile: (flags) =>
      name === undefined
        ? compileTemplate("clearing/RevealBook", [assets], OPEN, flags)
        : compileTier(name, flags),
    inputs: REVEAL,
    open: OPEN,
    sample: (random) => {
      const { inputs } = makeReveal(randomOpening(random, assets), randomTerms(random));
      if (random.chance(0.6)) return inputs;
      const u = random.integer(0, assets - 1);
      return random.pick([
        { ...inputs, perp: all(inputs, "perp").with(u, about(random, 63)) },
        { ...inputs, basis: [about(random, 127)] },
        { ...inputs, salt: [hostile(random)] },
      ]);
    },
    meaning: (inputs) => {
      const held = numbers(inputs, "perp").every((q) => within(q, 63));
      const words = revealedWords(inputs);
      return held && within(signed(one(inputs, "basis")), 127) ? saidOf(words, words, inputs) : "refused";
    },
  };
}

const TRANSITION = [
  ...["challenge", "place", "terms", "key", "listing", "birth", "reduces", "adds", "takes", "torn"],
  ...["deltaBasis", "deltaPerp", "tearPrice", "box", "oldPerp", "oldBasis", "oldSalt", "newSalt"],
  ...["asset", "size", "quote", "blind", "root", "scalar"],
];

/** A transition at a size of its own, or the shipped circuit by its name. */
export function bookTransition(assets: number, name?: string): Specimen {
  return {
    name: name ?? `clearing/BookTransition(${assets})`,
    compile: (flags) =>
      name === undefined
        ? compileTemplate("clearing/BookTransition", [assets], OPEN, flags)
        : compileTier(name, flags),
    inputs: TRANSITION,
    open: OPEN,
    sample: (random) => sampleTransition(random, assets),
    meaning: (inputs): Meaning => {
      const words = wordsOf(inputs);
      return transitionHolds(inputs, assets) ? saidOf(words, hashedOf(words, assets), inputs) : "refused";
    },
    heavy: true,
    folds: true,
  };
}

/** An honest transition, or one with an input that is at a limit or beyond it. */
export function sampleTransition(random: Random, assets: number): Signals {
  const { inputs } = randomTransition(random, assets);
  if (random.chance(0.5)) return inputs;
  const name = random.pick(TRANSITION.filter((input) => !["challenge", "key", "root"].includes(input)));
  const bits: Readonly<Record<string, number>> = {
    ...{ oldPerp: 63, deltaPerp: 64, oldBasis: 127, deltaBasis: 128, size: 63, quote: 65 },
    ...{ newSalt: 248, scalar: 248, tearPrice: 67 },
  };
  const values = all(inputs, name);
  const i = random.integer(0, values.length - 1);
  const width = bits[name];
  const value =
    width !== undefined
      ? about(random, width)
      : random.chance(0.3)
        ? hostile(random)
        : random.pick([0n, 1n, 2n, field(-1), (values[i] ?? 0n) + 1n]);
  return { ...inputs, [name]: values.with(i, value) };
}

/** Whether the circuit is to take these inputs: every rule of its header, in the field's numbers. */
export function transitionHolds(inputs: Signals, assets: number): boolean {
  const [birth, reduces, salt] = [one(inputs, "birth"), one(inputs, "reduces"), one(inputs, "newSalt")];
  const [adds, takes, torn] = [all(inputs, "adds"), all(inputs, "takes"), all(inputs, "torn")];
  if (![birth, reduces, ...adds, ...takes, ...torn].every(isBit)) return false;
  if (adds.some((bit, k) => bit * (takes[k] ?? 0n) === 1n)) return false;
  const old = { perp: numbers(inputs, "oldPerp"), basis: signed(one(inputs, "oldBasis")) };
  const { kept, perp, basis } = movedBook(inputs);
  if (![...old.perp, ...perp].every((q) => within(q, 63))) return false;
  if (!within(old.basis, 127) || !within(basis, 127)) return false;
  if (birth === 1n && (old.basis !== 0n || old.perp.some((q) => q !== 0n))) return false;
  if (salt >= power(248) || salt === one(inputs, "oldSalt")) return false;
  if (all(inputs, "asset").some((slot) => slot >= BigInt(assets))) return false;
  if (all(inputs, "size").some((size) => size >= power(63))) return false;
  if (numbers(inputs, "quote").some((quote) => !within(quote, 65))) return false;
  if (!takesKey(inputs) || !takesScalar(one(inputs, "scalar"))) return false;
  if (all(inputs, "box").some((box) => box >= power(132))) return false;
  if (numbers(inputs, "tearPrice").some((price) => !within(price, 67))) return false;
  if (reduces === 0n) return true;
  const used = adds.map((bit, k) => bit + (takes[k] ?? 0n));
  if (used[0] !== 1n || used.slice(1).some((bit) => bit === 1n)) return false;
  if ([...all(inputs, "deltaPerp"), ...all(inputs, "deltaBasis")].some((delta) => delta !== 0n)) return false;
  const quote = signed(all(inputs, "quote")[0] ?? 0n);
  const asset = Number(all(inputs, "asset")[0] ?? 0n);
  const box = all(inputs, "box")[asset] ?? 0n;
  const [low, high] = [(box % power(66)) - power(65), (box >> 66n) - power(65)];
  return reductionHolds(kept[asset] ?? 0n, perp[asset] ?? 0n, quote, low, high);
}

/** A circuit of the clearing house as it is shipped. */
export function shippedClearing({ statement, assets, name }: ClearingCircuit): Specimen {
  const specimen = statement === "transition" ? bookTransition(assets, name) : revealBook(assets, name);
  return { ...specimen, heavy: true, large: true };
}
