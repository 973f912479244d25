import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";
import { InputError } from "../../src/errors.js";
import {
  contributionOf,
  coverOf,
  type FundState,
  fundMember,
  newDefaultFund,
} from "../../src/protocol/defaultFund.js";
import { capAt, centUnits, type FundRules, fadedPeak, stepFor } from "../../src/protocol/fundCover.js";
import {
  absorbLoss,
  collectAssessments,
  endFundDefault,
  noteFundDefault,
  owedOf,
  payFundAssessment,
} from "../../src/protocol/fundDefaults.js";
import {
  contributeTo,
  putInGroup,
  releaseFundCap,
  requestFrom,
  setFundCap,
  withdrawFrom,
} from "../../src/protocol/fundMembers.js";
import { type TornLine, tearUpPrices } from "../../src/protocol/tearUp.js";
import { Random } from "../support/cases.js";

/** What the forge test has the contract replay: every step, whether it is taken, and the state after it. */
const VECTORS = fileURLToPath(new URL("../vectors/fund.json", import.meta.url));
const SEED = 20_210_519;
const MEMBERS = 5;
const DECIMALS = 6;
const USD = 1_000_000n;
const DAY = 86_400;
const TERMS: FundRules = {
  alpha: 2_500n,
  share: 500n,
  assessment: 7_777n,
  horizon: 7 * DAY,
  window: DAY,
  memoryPeriod: 90 * DAY,
  grace: 4 * 3_600,
  assessmentPeriod: DAY,
  floor: 100_000n,
  leastCap: 100_000n,
};

class Dice extends Random {
  /** A natural number below n. */
  below(n: number): number {
    return this.integer(0, n - 1);
  }
}

type Step = readonly [code: number, a: number, b: bigint, c: number];

/** A step that has a chance to be taken. */
function randomStep(random: Dice, fund: FundState, { time }: { readonly time: number }): Step {
  const waiting = Array.from({ length: MEMBERS }, (_, i) => i).find(
    (i) => fundMember(fund, String(i)).request !== null,
  );
  if (fund.open === 0 && waiting !== undefined && random.below(4) === 0) {
    const from = (fundMember(fund, String(waiting)).request?.at ?? 0) + TERMS.horizon;
    return time < from ? [9, 0, BigInt(from - time), 0] : [11, waiting, 0n, 0];
  }
  const a = random.below(10);
  const code = [0, 1, 1, 1, 2, 3, 3, 3, 3, 4, 5, 5, 6, 6, 6, 7, 8, 8, 9, 10, 11, 12][random.below(22)] ?? 0;
  const amount = BigInt(random.below(200_000_000)) * BigInt(1 + random.below(1_000));
  const held = fund.contributions + fund.capital;
  if (code === 0) return [0, a, BigInt(random.below(12) === 0 ? 0 : 1 + random.below(4)), 0];
  if (code === 3) return [3, a, BigInt(random.below(28)), random.below(3) === 0 ? 1 : 0];
  if (code === 4 || code === 5) {
    const open = [...fund.numberOf.keys()].map(Number);
    if (code === 4 && open.length > 2) return [9, 0, BigInt(random.below(2 * DAY)), 0];
    const account = code === 5 ? (open[random.below(open.length || 1)] ?? a) : a;
    return [code, account, code === 5 ? (held * BigInt(random.below(180))) / 100n : 0n, 0];
  }
  if (code === 6) {
    const owing = [...fund.defaults.values()].filter((entry) => owedOf(entry) > 0n);
    const entry = owing[random.below(owing.length || 1)];
    const [name, owed = 0n] = [...(entry?.owed ?? [])].find(([, value]) => value > 0n) ?? [];
    return [6, Number(name ?? a), random.below(2) === 0 ? owed + 5n : owed / 3n, entry?.number ?? 99];
  }
  if (code === 7 || code === 8) {
    const open = [...fund.numberOf.keys()].map(Number);
    return [code, open[random.below(open.length || 1)] ?? a, 0n, 0];
  }
  if (code === 9) return [9, 0, BigInt(random.below(8 * DAY)), 0];
  if (code === 10) {
    const most = contributionOf(fundMember(fund, String(a % MEMBERS)));
    return [10, a, (most * BigInt(random.below(110))) / 100n, 0];
  }
  return [code, a, amount, 0];
}

/** Takes a step, as the forge test has the contract take it. */
function take(fund: FundState, [code, a, b, c]: Step, clock: { time: number }): void {
  const [who, account, { time }] = [String(a % MEMBERS), String(a), clock];
  const now = { time, decimals: DECIMALS };
  if (code === 0) putInGroup(fund, who, Number(b), time, TERMS);
  else if (code === 1) contributeTo(fund, who, b);
  else if (code === 2) fund.capital += b;
  else if (code === 3)
    setFundCap(fund, { account, owner: who, steps: Number(b), reduces: c === 1 }, TERMS, now);
  else if (code === 4) noteFundDefault(fund, account, who);
  else if (code === 5) absorbLoss(fund, account, b, TERMS, time);
  else if (code === 6) payFundAssessment(fund, c, who, b);
  else if (code === 7) collectAssessments(fund, account, time);
  else if (code === 8) endFundDefault(fund, account, TERMS, time);
  else if (code === 9) clock.time += Number(b);
  else if (code === 10) requestFrom(fund, who, b, time);
  else if (code === 11) withdrawFrom(fund, who, TERMS, now);
  else releaseFundCap(fund, account, TERMS, time);
}

function digest(words: readonly (bigint | number)[]): string {
  const text = words.map((word) => BigInt(word).toString(16).padStart(64, "0")).join("");
  return `0x${bytesToHex(keccak_256(hexToBytes(text)))}`;
}

function stateDigest(fund: FundState, time: number): string {
  const { all, first, second, required, remembered, held } = coverOf(fund, TERMS, time);
  const members = Array.from({ length: MEMBERS }, (_, i) => fundMember(fund, String(i)));
  return digest([
    fund.contributions,
    fund.capital,
    all,
    first,
    second,
    required,
    remembered,
    held / centUnits(DECIMALS),
    fund.open,
    fund.noted,
    ...members.flatMap((member) => [
      member.group,
      member.defaults,
      member.caps,
      contributionOf(member),
      member.owed,
    ]),
  ]);
}

function fundVectors() {
  const random = new Dice(SEED);
  const fund = newDefaultFund();
  const clock = { time: 1_700_000_000 };
  const [steps, taken, states]: [string[], number[], string[]] = [[], [], []];
  const counts = new Map<number, number>();
  for (let i = 0; i < 900; i++) {
    const step = randomStep(random, fund, clock);
    if (step[0] === 2 && step[2] === 0n) continue;
    try {
      take(fund, step, clock);
      counts.set(step[0], (counts.get(step[0]) ?? 0) + 1);
      taken.push(1);
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
      taken.push(0);
    }
    steps.push(...step.map(String));
    states.push(stateDigest(fund, clock.time));
  }
  return { steps, taken, states, counts };
}

function randomLine(random: Dice): TornLine {
  const size = random.below(4) === 0 ? 0n : BigInt(random.below(2 ** 31)) << BigInt(random.below(30));
  return {
    quantity: random.below(2) === 0 ? size : -size,
    price: 1n + (BigInt(random.below(2 ** 31)) << BigInt(random.below(32))),
    cap: BigInt(random.below(10_001)),
  };
}

function tearUpVectors() {
  const random = new Dice(SEED + 1);
  const cases = Array.from({ length: 120 }, () => ({
    lines: Array.from({ length: 4 }, () => randomLine(random)),
    deficit: BigInt(random.below(2 ** 31)) << BigInt(random.below(80)),
  }));
  const lines = cases.flatMap((one) => one.lines);
  return {
    quantities: lines.map(({ quantity }) => quantity.toString()),
    prices: lines.map(({ price }) => price.toString()),
    caps: lines.map(({ cap }) => cap.toString()),
    deficits: cases.map(({ deficit }) => deficit.toString()),
    results: cases.map((one) => {
      const torn = tearUpPrices(one.lines, one.deficit);
      return torn === null ? `0x${"0".repeat(64)}` : digest([torn.lambda, torn.gain, ...torn.prices]);
    }),
  };
}

describe("the default fund's model", () => {
  it("takes and refuses random steps as the contract's vectors say", () => {
    const { counts, ...fund } = fundVectors();
    const text = `${JSON.stringify({ ...fund, tearUps: tearUpVectors() })}\n`;
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(VECTORS, text);
    assert.equal(readFileSync(VECTORS, "utf8"), text);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      assert.ok((counts.get(code) ?? 0) > 2, `step ${code}: ${counts.get(code)}`);
    assert.ok(fund.taken.filter((one) => one === 0).length > 50);
  });

  it("pays each step of the waterfall before the next, to the unit", () => {
    const fund = newDefaultFund();
    for (const [name, group, amount] of [
      ["a", 1, 100n],
      ["b", 2, 200n],
      ["c", 3, 300n],
      ["twin", 1, 70n],
    ] as const) {
      putInGroup(fund, name, group, 0, TERMS);
      contributeTo(fund, name, amount);
    }
    fund.capital = 50n;
    noteFundDefault(fund, "account", "a");
    const { parts, paid, assessed } = absorbLoss(fund, "account", 777n, { ...TERMS, assessment: 10_000n }, 0);
    assert.deepEqual(
      parts.map(({ step, member, amount }) => [step, member, amount]),
      [
        ["defaulter", "a", 100n],
        ["affiliates", "twin", 70n],
        ["capital", null, 50n],
        ["members", "b", 200n],
        ["members", "c", 300n],
      ],
    );
    assert.equal(paid, 720n);
    assert.deepEqual(assessed, [
      ["b", 20n],
      ["c", 30n],
      ["twin", 7n],
    ]);
  });

  it("has a grid of four steps to a doubling, and the step for any amount", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 9].map((step) => capAt(step, 100_000n)),
      [0n, 100_000n, 125_000n, 150_000n, 175_000n, 200_000n, 400_000n],
    );
    for (const cents of [0n, 1n, 100_000n, 100_001n, 987_654_321n]) {
      const step = stepFor(cents, 100_000n);
      assert.ok(capAt(step, 100_000n) >= cents);
      if (step > 0) assert.ok(capAt(step - 1, 100_000n) < cents);
    }
    assert.throws(() => stepFor(1n << 56n, 100_000n), InputError);
    assert.equal(fadedPeak({ required: 90n, at: 10 }, 55, 90), 45n);
  });
});

describe("prices of a tear-up", () => {
  it("move with one lambda, in the book's favour, and bring the deficit", () => {
    const lines = [
      { quantity: 100n, price: 10n ** 18n, cap: 2_000n },
      { quantity: -100n, price: 10n ** 18n, cap: 4_000n },
      { quantity: 0n, price: 10n ** 18n, cap: 9_000n },
    ];
    const torn = tearUpPrices(lines, 50n * 10n ** 18n);
    assert.deepEqual(torn?.prices, [1_166_666_666_666_666_667n, 666_666_666_666_666_666n, 0n]);
    assert.equal(torn.gain, 50n * 10n ** 18n + 100n);
    assert.equal(tearUpPrices(lines, 150n * 10n ** 18n), null);
    assert.equal(tearUpPrices([], 1n), null);
  });

  it("refuse lines and deficits out of bounds, and quote no quantity", () => {
    const line = { quantity: 1n << 63n, price: 1n, cap: 0n };
    assert.throws(() => tearUpPrices([line], 0n), /an int64, got another number/);
    assert.throws(() => tearUpPrices([{ ...line, quantity: 1n, price: 0n }], 0n), InputError);
    assert.throws(() => tearUpPrices([{ ...line, quantity: 1n, cap: 10_001n }], 0n), InputError);
    assert.throws(() => tearUpPrices([], 1n << 128n), InputError);
  });
});
