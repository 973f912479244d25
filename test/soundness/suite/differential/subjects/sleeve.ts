import type { Random } from "../../../../support/cases.js";
import { sleeveLayout } from "../../../../support/statement.js";
import { centred } from "../judge.js";
import type { Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";

/** A sleeve's numbers as a prover gives them: any integers. */
export interface SleeveInputs {
  readonly value: bigint;
  readonly gains: readonly bigint[];
  readonly charge: bigint;
  readonly slack: bigint;
  readonly detail: bigint;
}

export const NO_SLEEVE: SleeveInputs = { value: 0n, gains: [], charge: 0n, slack: 0n, detail: 0n };
const LIMIT = 1n << 46n;

/** Within the bounds of docs/STATEMENT.md. */
export function sleeveFits({ value, gains, charge, slack }: SleeveInputs): boolean {
  return (
    [value, ...gains].every((number) => number >= -LIMIT && number < LIMIT) &&
    charge >= 0n &&
    charge < LIMIT &&
    slack >= 0n &&
    slack < 1n << 40n
  );
}

/** The packed words as elements of the field. */
export function packedSleeve({ value, gains, charge, slack }: SleeveInputs): bigint[] {
  return sleeveLayout([value, ...gains, charge, slack]).map(element);
}

export function isNoSleeve(sleeve: SleeveInputs): boolean {
  const { value, gains, charge, slack, detail } = sleeve;
  return [value, ...gains, charge, slack, detail].every((number) => number === 0n);
}

/** A sleeve with its numbers at their bounds or anywhere within; none, one alone, or one that is beyond its bound. */
export function hostileSleeve(random: Random, scenarios: number): SleeveInputs {
  const cents = () => random.pick([-LIMIT, LIMIT - 1n, random.signed(LIMIT - 1n)]);
  const natural = (bits: number) => {
    const most = (1n << BigInt(bits)) - 1n;
    return random.pick([0n, most, random.spread(0n, most)]);
  };
  const all: SleeveInputs = {
    value: cents(),
    gains: Array.from({ length: scenarios }, cents),
    charge: natural(46),
    slack: natural(40),
    detail: random.chance(0.7) ? random.bits(248) : hostileElement(random),
  };
  const zeros = { ...NO_SLEEVE, gains: all.gains.map(() => 0n) };
  if (random.chance(0.2)) return zeros;
  // One number alone, or beside all others, that may be beyond its bound.
  if (random.chance(0.6)) {
    const from = random.chance(0.5) ? zeros : all;
    const beyond = (bits: number) => (random.chance(0.5) ? 1n << BigInt(bits) : aboutBound(random, bits));
    const s = random.integer(0, scenarios - 1);
    return random.pick<SleeveInputs>([
      { ...from, value: beyond(46) },
      { ...from, gains: from.gains.with(s, beyond(46)) },
      { ...from, gains: from.gains.with(s, -1n - beyond(46)) },
      { ...from, charge: beyond(46) },
      { ...from, slack: beyond(40) },
      { ...from, detail: all.detail },
    ]);
  }
  // A number that spills into the next.
  if (random.chance(0.15))
    return { ...all, value: all.value + 2n * LIMIT, gains: all.gains.with(0, (all.gains[0] ?? 0n) - 1n) };
  return all;
}

/** The words of a sleeve within its bounds; without the claim's bit, of one that is zero throughout. */
export function sleeve(scenarios: number): Subject {
  return {
    file: "margin/Sleeve",
    parameters: [scenarios],
    inputs: ["present", "value", "gain", "charge", "slack", "detail"],
    arrays: ["words"],
    cases: (random) => {
      const numbers = hostileSleeve(random, scenarios);
      return [0n, 1n].map((present) => ({
        inputs: {
          present: [present],
          value: [element(numbers.value)],
          gain: numbers.gains.map(element),
          charge: [element(numbers.charge)],
          slack: [element(numbers.slack)],
          detail: [element(numbers.detail)],
        },
        verdict: verdictOf(present === 1n, numbers),
      }));
    },
  };
}

function verdictOf(present: boolean, numbers: SleeveInputs): Verdict {
  const { gains, ...rest } = numbers;
  const same = (number: bigint) => centred(element(number));
  const read: SleeveInputs = {
    value: same(rest.value),
    gains: gains.map(same),
    charge: same(rest.charge),
    slack: same(rest.slack),
    detail: same(rest.detail),
  };
  if (!sleeveFits(read)) return { accepted: false };
  if (!present && !isNoSleeve(numbers)) return { accepted: false };
  const words = packedSleeve(read).map((word, w) => [`words[${w}]`, word]);
  return { accepted: true, signals: Object.fromEntries(words) };
}
