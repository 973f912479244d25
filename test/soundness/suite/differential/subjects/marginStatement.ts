import { type Claim, packClaim, unpackClaim } from "../../../../../src/protocol/claim.js";
import type { CircuitInputs } from "../../../../../src/protocol/signals.js";
import {
  type Assessment,
  assess,
  exceeds,
  type Leaning,
  largestShocks,
} from "../../../../../src/protocol/statement.js";
import type { Tier } from "../../../../../src/protocol/tiers.js";
import type { Book, Market, SleeveNumbers } from "../../../../../src/protocol/types.js";
import { largestTheta } from "../../../../../src/protocol/whatIf.js";
import {
  type Random,
  randomBook,
  randomMarket,
  randomSupport,
  thresholdCases,
} from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Case, Subject, Verdict } from "../subject.js";
import { aboutBound, element, hostileElement } from "../values.js";
import { layout } from "./commitBook.js";
import { netsWithin } from "./nettedPair.js";
import { hostileClaim } from "./readClaim.js";
import { hostileSleeve, isNoSleeve, NO_SLEEVE, packedSleeve, sleeveFits } from "./sleeve.js";

const PUBLIC = [
  ...["commitment", "claim", "listing", "pnlFactor", "low", "high", "funding"],
  ...["collateralFactor", "debtFactor", "perpMargin", "liquidity", "impact", "shockCap", "shock"],
];
const PRIVATE = [
  ...["spot", "perp", "basis"],
  ...["sleeveValue", "sleeveGain", "sleeveCharge", "sleeveSlack", "detail", "salt"],
];
const ARRAYS = ["scenario.shock", "book.spot", "book.perp", "sleeve.gain", "book.sleeve"];
const BASIS_MIN = -(1n << 127n);
const BASIS_MAX = (1n << 127n) - 1n;

interface Statement {
  /** Its sleeve, if any, has a gain for each scenario of the circuit. */
  readonly book: Book;
  readonly market: Market;
  readonly listing: bigint;
  readonly salt: bigint;
}

/**
 * The whole statement against the reference model, for books and markets at their bounds and at the threshold to the
 * attodollar. All claims of them are tried, words that are no claims, and invalid books.
 */
export function marginStatement(
  tier: Tier | { readonly assets: number; readonly scenarios: number },
): Subject {
  const shape: Tier = { name: "", power: 0, ...tier };
  return {
    file: "margin/MarginStatement",
    parameters: [shape.assets, shape.scenarios],
    inputs: [...PUBLIC, ...PRIVATE],
    arrays: ARRAYS,
    ...(shape.name === "" ? {} : { tier: shape.name }),
    cases: (random) => {
      const statement = hostileStatement(random, shape);
      const { book, salt, listing } = statement;
      const commitment = commitmentTo(statement);
      const claims = claimsAbout(random, statement).map(packClaim);
      const cases = [...claims, hostileClaim(random)].map((claim) => judged(statement, commitment, claim));
      // The same with something else behind the commitment.
      const [claim] = claims as [bigint];
      const other = random.pick([
        judged(statement, element(commitment + 1n), claim),
        judged({ ...statement, salt: element(salt + 1n) }, commitment, claim),
        judged({ ...statement, listing: element(listing - 1n) }, commitment, claim),
        judged({ ...statement, book: overflowing(book) }, commitment, claim),
        judged({ ...statement, book: shifted(random, book) }, commitment, claim),
        judged(
          { ...statement, book: { ...book, sleeve: hostileSleeve(random, shape.scenarios) } },
          commitment,
          claim,
        ),
      ]);
      return [...cases, other];
    },
    // The commitment is opened with one basis or sleeve, and another one valued; or a sleeve's slack is what the prover says.
    attacks: (random) => {
      const statement = hostileStatement(random, shape);
      const { book } = statement;
      const commitment = commitmentTo(statement);
      const basis = aboutBound(random, 127);
      const sleeve = book.sleeve ?? { ...NO_SLEEVE, gains: statement.market.shock.map(() => 0n) };
      const better = hostileSleeve(random, shape.scenarios);
      const [other, choices] = random.pick<readonly [Book, Readonly<Record<string, bigint>>]>([
        [{ ...book, basis }, { "book.basis": book.basis }],
        [{ ...book, sleeve: { ...sleeve, value: better.value } }, { "sleeve.value": sleeve.value }],
        [{ ...book, sleeve: { ...sleeve, charge: better.charge } }, { "sleeve.charge": sleeve.charge }],
        [{ ...book, sleeve: { ...sleeve, slack: better.slack } }, { "sleeve.slack": sleeve.slack }],
        [{ ...book, sleeve: { ...sleeve, detail: better.detail } }, { "book.detail": sleeve.detail }],
        [{ ...book, sleeve }, { slack: better.slack }],
      ]);
      const valued = { ...statement, book: other };
      const claim = packClaim(random.pick(claimsAbout(random, valued)));
      const said = Object.entries(choices).map(([name, value]) => [name, element(value)]);
      return [{ ...judged(valued, commitment, claim), choices: Object.fromEntries(said) }];
    },
  };
}

/** A book and a market: at the threshold, at a bound, beyond one, cancelling, or with a profit of exactly 0. */
function hostileStatement(random: Random, shape: Tier): Statement {
  const listing = random.chance(0.9) ? random.bits(248) : hostileElement(random);
  const salt = random.chance(0.9) ? random.bits(248) : hostileElement(random);
  if (random.chance(shape.assets > 4 ? 0.2 : 0.35)) {
    const { book, market } = random.pick(thresholdCases(random, shape, { sleeves: 0.5 }));
    const { sleeve } = book;
    const fitting = sleeve ? { sleeve: { ...sleeve, gains: sleeve.gains.slice(0, shape.scenarios) } } : {};
    return { book: { ...book, ...fitting }, market, listing, salt };
  }
  const market = tied(random, randomMarket(random, shape));
  const book = randomBook(random, shape, random.chance(0.3));
  const spot = [...book.spot];
  const perp = [...book.perp];
  let { basis } = book;
  const u = random.integer(0, shape.assets - 1);
  const edit = random.integer(0, 5);
  if (edit === 0) perp[u] = -(spot[u] as bigint) + BigInt(random.integer(-1, 1));
  if (edit === 1)
    [spot[u], perp[u]] = [aboutBound(random, 64), random.chance(0.5) ? 0n : aboutBound(random, 64)];
  if (edit === 2) basis = random.chance(0.8) ? aboutBound(random, 127) : centred(hostileElement(random));
  if (edit === 3) {
    // A profit of exactly 0, in one of the two leanings, or of one attodollar.
    const { unrealizedPnl } = assess({ spot, perp, basis: 0n }, market, {
      healthy: random.chance(0.7),
      envelope: 0,
    });
    const none = -unrealizedPnl / 100_000_000n;
    if (none > BASIS_MIN && none < BASIS_MAX) basis = none + BigInt(random.integer(-1, 1));
  }
  const sleeve = random.chance(0.45) ? { sleeve: hostileSleeve(random, shape.scenarios) } : {};
  return { book: { spot, perp, basis, ...sleeve }, market, listing, salt };
}

/** Two scenarios that tie or are each other's opposite, in some markets. */
function tied(random: Random, market: Market): Market {
  const [first] = market.shock;
  if (!first || market.shock.length < 2 || random.chance(0.6)) return market;
  const sign = random.chance(0.5) ? 1n : -1n;
  const copy = random.integer(1, market.shock.length - 1);
  return { ...market, shock: market.shock.map((row, s) => (s === copy ? first.map((x) => sign * x) : row)) };
}

/** Both verdicts, cross and isolated, without and with an envelope, at θ next to the health factor and elsewhere. */
function claimsAbout(random: Random, { book, market }: Statement): Claim[] {
  const envelope = random.pick([1, 100, 9_999, 10_000, random.integer(0, 10_000)]);
  const theta = (leaning: Leaning) => {
    if (random.chance(0.3)) return random.pick([1, 10_000, 65_535, random.integer(1, 65_535)]);
    const largest = largestTheta(assess(book, market, leaning));
    return Math.min(65_535, Math.max(1, largest + random.integer(0, 1)));
  };
  return [
    { healthy: true, envelope: 0 },
    { healthy: true, envelope },
    { healthy: false, envelope: 0 },
  ]
    .map((leaning) => {
      const support = random.chance(0.5) ? randomSupport(random) : 0n;
      const alone = random.chance(isolated(book) ? 0.5 : 0.15);
      return {
        ...leaning,
        support,
        theta: theta({ ...leaning, support }),
        isolated: alone && !random.chance(book.sleeve ? 0.9 : 0),
        sleeve: random.chance(book.sleeve ? 0.9 : 0.2),
      };
    })
    .map((claim) => (claim.isolated ? { ...claim, sleeve: false } : claim));
}

/** Another book with the same packed words, if nothing held its quantities: one that overflows into the next. */
function overflowing(book: Book): Book {
  const spot = [...book.spot];
  const perp = [...book.perp];
  spot[0] = (spot[0] as bigint) + (1n << 66n);
  if (spot.length > 1) spot[1] = (spot[1] as bigint) - 1n;
  else perp[0] = (perp[0] as bigint) - 1n;
  return { ...book, spot, perp };
}

/** The book with one amount off by one. */
function shifted(random: Random, book: Book): Book {
  const more = (values: readonly bigint[], at: number) =>
    values.map((value, u) => (u === at ? value + 1n : value));
  const u = random.integer(0, book.spot.length - 1);
  return random.pick([
    { ...book, spot: more(book.spot, u) },
    { ...book, perp: more(book.perp, u) },
    { ...book, basis: book.basis + 1n },
    ...(book.sleeve ? shiftedSleeves(book, book.sleeve) : []),
  ]);
}

function shiftedSleeves(book: Book, sleeve: SleeveNumbers): Book[] {
  const { value, gains, charge, slack, detail } = sleeve;
  const [first = 0n, second = 0n] = gains;
  return [
    { ...sleeve, value: value + 1n },
    { ...sleeve, gains: gains.with(-1, (gains.at(-1) ?? 0n) + 1n) },
    { ...sleeve, gains: gains.length > 1 ? gains.with(0, second).with(1, first) : [first - 1n] },
    { ...sleeve, charge: charge + 1n },
    { ...sleeve, slack: slack + 1n },
    { ...sleeve, detail: detail + 1n },
  ].map((other) => ({ ...book, sleeve: other }));
}

function commitmentTo({ book, listing, salt }: Statement): bigint {
  const sleeve = book.sleeve ?? NO_SLEEVE;
  return layout({ ...book, words: packedSleeve(sleeve), detail: sleeve.detail, listing, salt });
}

function judged(statement: Statement, commitment: bigint, claim: bigint): Case {
  const { book, market, listing, salt } = statement;
  const sleeve = book.sleeve ?? NO_SLEEVE;
  const inputs: CircuitInputs = {
    commitment: [commitment],
    claim: [claim],
    listing: [listing],
    pnlFactor: [market.pnlFactor],
    low: market.low,
    high: market.high,
    funding: market.funding.map(element),
    collateralFactor: market.collateralFactor,
    debtFactor: market.debtFactor,
    perpMargin: market.perpMargin,
    liquidity: market.liquidity,
    impact: market.impact,
    shockCap: largestShocks(market),
    shock: market.shock.flat().map(element),
    spot: book.spot.map(element),
    perp: book.perp.map(element),
    basis: [element(book.basis)],
    sleeveValue: [element(sleeve.value)],
    sleeveGain: market.shock.map((_, s) => element(sleeve.gains[s] ?? 0n)),
    sleeveCharge: [element(sleeve.charge)],
    sleeveSlack: [element(sleeve.slack)],
    detail: [element(sleeve.detail)],
    salt: [salt],
  };
  return { inputs, verdict: verdictOf(statement, commitment, claim) };
}

/**
 * Accepted exactly where the word is a claim, and the book opens the commitment and is within the circuit's bounds. It has a
 * sleeve only if the claim says that it may. The
 * rule of isolated margin must hold if claimed, and the verdict must be the reference model's. The library's own bound
 * of a quantity, 2^64, excludes quantities that the circuit admits because their net with the other leg is small; they
 * are valued all the same.
 */
function verdictOf(statement: Statement, commitment: bigint, word: bigint): Verdict {
  const { book, market } = statement;
  let claim: Claim;
  try {
    claim = unpackClaim(word);
  } catch {
    return { accepted: false };
  }
  const fits =
    book.spot.every((spot, u) => netsWithin(64, spot, book.perp[u] as bigint)) &&
    book.basis >= BASIS_MIN &&
    book.basis <= BASIS_MAX &&
    sleeveFits(book.sleeve ?? NO_SLEEVE);
  if (!fits || commitmentTo(statement) !== commitment) return { accepted: false };
  if (!claim.sleeve && !isNoSleeve(book.sleeve ?? NO_SLEEVE)) return { accepted: false };
  if (claim.isolated && !isolated(book)) return { accepted: false };
  const assessment = assess(book, market, claim);
  if (exceeds(assessment, claim.theta) !== claim.healthy) return { accepted: false };
  return { accepted: true, signals: figures(assessment) };
}

function isolated({ spot, perp }: Book): boolean {
  return spot.filter((q) => q > 0n).length <= 1 && perp.filter((q) => q !== 0n).length <= 1;
}

/** By the names of the circuit, which are those of the formula; P is split in two, at a coarser scale. */
function figures({
  collateral,
  debt,
  addOns,
  scenarioLoss,
  requirement,
  unrealizedPnl,
}: Assessment): Record<string, bigint> {
  const profit = unrealizedPnl / 10_000n;
  const all = {
    ...{ A: collateral, D: debt, N: addOns, M: scenarioLoss, R: requirement },
    "pnl.positive": profit > 0n ? profit : 0n,
    "pnl.negative": profit < 0n ? -profit : 0n,
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, element(value)]));
}
