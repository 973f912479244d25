import { BASIS_BITS } from "../../../../src/protocol/bounds.js";
import { assess, exceeds } from "../../../../src/protocol/statement.js";
import type { Tier } from "../../../../src/protocol/tiers.js";
import type { Book, Market } from "../../../../src/protocol/types.js";
import { statementInputs } from "../../../support/statement.js";
import { list } from "../specimens/hostile.js";
import type { Signals } from "../specimens/specimen.js";

/** A statement that an attacker begins with: false by one attodollar, or true and about to be edited. */
export interface Base {
  readonly kind: "false" | "gains" | "worst" | "isolated" | "envelope" | "worthless";
  readonly inputs: Signals;
  /** Of kind "worst": the scenario that is. */
  readonly scenario?: number;
}

const THETA = 10_000;
/** Has all small divisors, so that a quantity can be shared out wrongly without a remainder. */
const ROUND = 720_720n;

/** How spot and perpetual of every asset stand to each other: which of |spot|, |perp| and |spot + perp| is the largest. */
const RELATIONS = ["sum", "spot", "perp"] as const;
type Relation = (typeof RELATIONS)[number];

/** Statements from which every constraint of the circuit can be attacked. */
export function bases(tier: Tier): Base[] {
  const all: Base[] = [worthless(tier)];
  for (const relation of RELATIONS)
    for (const healthy of [true, false]) {
      const market = everythingCounts(tier);
      all.push({ kind: "false", inputs: falseByOne(everywhere(tier, relation), market, healthy) });
    }
  const book = everywhere(tier, "sum");
  const shocked = (scenario: number, by: bigint, rest: bigint) =>
    list(tier.scenarios, (s) => book.spot.map((q) => (q > 0n ? 1n : -1n) * (s === scenario ? by : rest)));
  const gains = { ...everythingCounts(tier), shock: shocked(0, 300n, 500n) };
  all.push({ kind: "gains", inputs: falseByOne(book, gains, true) });
  for (let scenario = 0; scenario < tier.scenarios; scenario++) {
    const market = { ...everythingCounts(tier), shock: shocked(scenario, -4_000n, -100n) };
    all.push({ kind: "worst", inputs: falseByOne(book, market, true), scenario });
  }
  all.push(notIsolated(tier), envelopeOfIllHealth(tier));
  return all;
}

/** A market in which every figure of the formula enters. */
function everythingCounts(tier: Tier): Market {
  const each = (of: (u: number) => bigint) => list(tier.assets, of);
  return {
    pnlFactor: 5_000n,
    low: each((u) => 1_000_000n + BigInt(u)),
    high: each((u) => 1_010_000n + BigInt(2 * u)),
    funding: each((u) => BigInt(100 + u)),
    collateralFactor: each(() => 8_000n),
    debtFactor: each(() => 11_000n),
    perpMargin: each(() => 300n),
    liquidity: each(() => 100n),
    impact: each(() => 1_000n),
    shock: list(tier.scenarios, (s) => each((u) => BigInt(((s * 7 + u * 3) % 11) - 5) * 300n)),
  };
}

function everywhere(tier: Tier, relation: Relation): Book {
  const sign = (u: number) => (u % 2 === 0 ? 1n : -1n);
  const part = { sum: [3n, 2n], spot: [5n, -2n], perp: [2n, -5n] }[relation] as [bigint, bigint];
  const of = (which: 0 | 1) => list(tier.assets, (u) => sign(u) * part[which] * ROUND * BigInt(u + 1));
  return { spot: of(0), perp: of(1), basis: 0n };
}

/** The claim with the basis at which it is false, and would be true with one attodollar more, or of ill health less. */
function falseByOne(book: Book, market: Market, healthy: boolean): Signals {
  const leaning = { healthy, envelope: healthy ? 100 : 0 };
  const above = (basis: bigint) => exceeds(assess({ ...book, basis }, market, leaning), THETA);
  let [no, yes] = [-(1n << BigInt(BASIS_BITS)), (1n << BigInt(BASIS_BITS)) - 1n];
  if (above(no) || !above(yes)) throw new Error("expected a threshold within the bounds of the basis");
  while (yes - no > 1n) {
    const middle = (yes + no) >> 1n;
    if (above(middle)) yes = middle;
    else no = middle;
  }
  return statementInputs({ ...book, basis: healthy ? no : yes }, market, { ...leaning, theta: THETA });
}

/** A true claim in a market where nothing has a price, so that quantities may be anything; the basis is a gain. */
function worthless(tier: Tier): Base {
  return { kind: "worthless", inputs: statementInputs(oneAsset(tier), nothingCounts(tier), healthyClaim) };
}

const healthyClaim = { theta: THETA, healthy: true, envelope: 0 };

function oneAsset(tier: Tier): Book {
  const none = list(tier.assets, () => 0n);
  return { spot: none.with(0, 5n), perp: none, basis: 1n << 60n };
}

function nothingCounts(tier: Tier): Market {
  const none = list(tier.assets, () => 0n);
  const market = everythingCounts(tier);
  return { ...market, low: none, high: none, funding: none, impact: none };
}

/** True but for the words "at most one collateral". */
function notIsolated(tier: Tier): Base {
  const book = {
    ...oneAsset(tier),
    spot: list(tier.assets, (u) => BigInt(u + 1)),
    perp: list(tier.assets, (u) => BigInt(u)),
  };
  return {
    kind: "isolated",
    inputs: statementInputs(book, nothingCounts(tier), { ...healthyClaim, isolated: true }),
  };
}

/** A claim of ill health that is true, but for its envelope. */
function envelopeOfIllHealth(tier: Tier): Base {
  const inputs = statementInputs({ ...oneAsset(tier), basis: -1n }, nothingCounts(tier), {
    ...healthyClaim,
    healthy: false,
  });
  return { kind: "envelope", inputs: { ...inputs, claim: [(inputs.claim?.[0] ?? 0n) + (1n << 16n)] } };
}
