import assert from "node:assert/strict";
import { checkBook } from "../../../src/protocol/checks.js";
import { assess, exceeds, SCALE } from "../../../src/protocol/statement.js";
import type { Book, Market } from "../../../src/protocol/types.js";
import { leastAmount, remedies } from "../../../src/risk/remedy/remedies.js";
import type { Remedy, Situation } from "../../../src/risk/remedy/situation.js";
import { Random, randomBook, randomMarket } from "../../support/cases.js";
import { SIMPLE_MARKET } from "../../support/simpleMarket.js";

const SEED = 20_210_519;
const TIER = { name: "4x4", assets: 4, scenarios: 4, power: 13 };
const HERE = { healthy: true, envelope: 0 } as const;

const above = (book: Book, market: Market, target: number) => exceeds(assess(book, market, HERE), target);
const at = (values: readonly bigint[], u: number) => values[u] ?? 0n;

/** Cost of trading, attodollars × 10⁸, computed independently: notional × rate × 10⁴ + impact × quanta². */
function cost({ market, tradingCost }: Situation, u: number, quanta: bigint, price: bigint): bigint {
  const size = quanta < 0n ? -quanta : quanta;
  const [liquidity, margin] = [at(market.liquidity, u), at(market.perpMargin, u)];
  const spread = liquidity < margin ? liquidity : margin;
  const rate = spread > BigInt(tradingCost) ? spread : BigInt(tradingCost);
  return size * price * rate * 10_000n + size * size * at(market.impact, u);
}

/** The book after a remedy of `less` quanta fewer, from the documentation's words alone. */
function bookAfter(situation: Situation, remedy: Remedy, less = 0n): Book {
  const { book, market } = situation;
  const [first, second] = remedy.changes;
  assert.ok(first);
  const size = (first.quanta < 0n ? -first.quanta : first.quanta) - less;
  const quanta = first.quanta < 0n ? -size : size;
  const move = (values: readonly bigint[], u: number, by: bigint) => values.with(u, at(values, u) + by);
  if (first.part === "perp") {
    assert.equal(second, undefined);
    const price = at(quanta > 0n ? market.high : market.low, first.slot);
    const paid = (cost(situation, first.slot, quanta, price) + SCALE - 1n) / SCALE;
    const basis = book.basis - quanta * (price - at(market.funding, first.slot)) - paid;
    return { ...book, perp: move(book.perp, first.slot, quanta), basis };
  }
  const moved = move(book.spot, first.slot, quanta);
  if (second === undefined) return { ...book, spot: moved };
  const low = at(market.low, first.slot);
  const high = at(market.high, second.slot);
  const budget = size * low * SCALE - cost(situation, first.slot, size, low);
  const owed = at(book.spot, second.slot) < 0n ? -at(book.spot, second.slot) : 0n;
  const limit = second.slot === situation.cash && !situation.isolated ? 1n << 66n : owed;
  let [bought, beyond] = [0n, limit + 1n];
  while (beyond - bought > 1n) {
    const middle = (bought + beyond) / 2n;
    if (middle * high * SCALE + cost(situation, second.slot, middle, high) <= budget) bought = middle;
    else beyond = middle;
  }
  return { ...book, spot: move(moved, second.slot, bought) };
}

/** A book with a basis that is short of the target by a share of the largest exposure, where a basis decides at all. */
function nearThreshold(random: Random, book: Book, market: Market, target: number): Book {
  let [no, yes] = [-(1n << 126n), 1n << 126n];
  if (above({ ...book, basis: no }, market, target) || !above({ ...book, basis: yes }, market, target))
    return book;
  while (yes - no > 1n) {
    const middle = (yes + no) >> 1n;
    if (above({ ...book, basis: middle }, market, target)) yes = middle;
    else no = middle;
  }
  const exposures = book.perp.map((perp, u) => (perp < 0n ? -perp : perp) * at(market.low, u));
  const largest = exposures.reduce((most, value) => (value > most ? value : most), 1n);
  return { ...book, basis: no - (largest * BigInt(random.integer(0, 2_000))) / 10_000n };
}

function randomSituation(random: Random): Situation {
  const isolated = random.chance(0.3);
  const market = randomMarket(random, TIER);
  const target = random.pick([1, 9_999, 10_000, 11_000, 12_500, 65_535]);
  return {
    book: nearThreshold(random, randomBook(random, TIER, isolated), market, target),
    market,
    target,
    isolated,
    listed: random.pick([TIER.assets, TIER.assets - 1]),
    cash: random.pick([0, null]),
    tradingCost: random.pick([0, 10, 500]),
  };
}

describe("remedies", () => {
  // shows: P54
  it(`are each enough, and not with one quantum less (seed ${SEED})`, () => {
    const random = new Random(SEED);
    const seen = new Map<string, number>();
    for (let run = 0; run < 400; run++) {
      const situation = randomSituation(random);
      const { book, market, target, isolated, listed } = situation;
      const found = remedies(situation);
      if (above(book, market, target)) assert.deepEqual(found, []);
      found.forEach((remedy, i) => {
        seen.set(remedy.kind, (seen.get(remedy.kind) ?? 0) + 1);
        assert.deepEqual(remedy.book, bookAfter(situation, remedy));
        checkBook(remedy.book, { isolated });
        assert.ok(above(remedy.book, market, target));
        assert.ok(!above(bookAfter(situation, remedy, 1n), market, target), `${remedy.kind} could be less`);
        assert.ok(remedy.changes.every(({ slot }) => slot < listed));
        assert.ok(i === 0 || (found[i - 1]?.cost ?? 0n) <= remedy.cost, "the cheapest first");
      });
    }
    for (const kind of ["deposit", "repay", "close", "sell", "hedge"])
      assert.ok((seen.get(kind) ?? 0) > 20, `${kind}: only ${seen.get(kind)}`);
  });

  it("do what their kind says", () => {
    const random = new Random(SEED + 1);
    for (let run = 0; run < 200; run++) {
      const situation = randomSituation(random);
      const { spot, perp } = situation.book;
      const size = (x: bigint) => (x < 0n ? -x : x);
      for (const { kind, changes, book } of remedies(situation)) {
        const [{ slot, quanta } = { slot: -1, quanta: 0n }, second] = changes;
        const exposure = at(spot, slot) + at(perp, slot);
        if (kind === "deposit") assert.ok(quanta > 0n && at(book.spot, slot) > 0n);
        if (kind === "repay") assert.ok(quanta > 0n && at(book.spot, slot) <= 0n);
        if (kind === "close") assert.equal(size(at(book.perp, slot)), size(at(perp, slot)) - size(quanta));
        if (kind === "hedge") {
          assert.ok(size(at(book.spot, slot) + at(book.perp, slot)) < size(exposure));
          assert.notEqual(slot, situation.cash);
        }
        if (kind === "sell")
          assert.ok(quanta < 0n && at(book.spot, slot) >= 0n && (second?.quanta ?? 0n) > 0n);
      }
    }
  });

  it("are the least of all amounts, by trying them all", () => {
    const random = new Random(SEED + 2);
    let compared = 0;
    for (let run = 0; run < 300; run++) {
      // Few quanta, each worth a lot.
      const market = { ...randomMarket(random, TIER) };
      const quantity = () => BigInt(random.integer(-150, 150));
      const drawn = { ...randomSituation(random), market, isolated: false };
      const few: Book = { spot: market.low.map(quantity), perp: market.low.map(quantity), basis: 0n };
      const book = nearThreshold(random, few, market, drawn.target);
      const situation = { ...drawn, book };
      if (above(book, market, situation.target)) continue;
      const found = remedies(situation);
      for (let slot = 0; slot < situation.listed; slot++) {
        const held = at(book.perp, slot);
        const size = held < 0n ? -held : held;
        let least: bigint | null = null;
        for (let n = 1n; n <= size && least === null; n++) {
          const quanta = held > 0n ? -n : n;
          const trial = { kind: "close", changes: [{ slot, part: "perp", quanta }] } as unknown as Remedy;
          if (above(bookAfter(situation, trial), market, situation.target)) least = n;
        }
        const remedy = found.find(({ kind, changes }) => kind === "close" && changes[0]?.slot === slot);
        const got = remedy?.changes[0]?.quanta;
        assert.equal(got === undefined ? null : got < 0n ? -got : got, least);
        if (least !== null) compared++;
      }
    }
    assert.ok(compared > 20, `${compared} compared`);
  });

  it("give an isolated book no second perpetual and no second collateral asset", () => {
    const random = new Random(SEED + 3);
    let proposed = 0;
    for (let run = 0; run < 300; run++) {
      const situation = { ...randomSituation(random), isolated: true, book: randomBook(random, TIER, true) };
      for (const { book } of remedies(situation)) {
        proposed++;
        assert.ok(book.perp.filter((q) => q !== 0n).length <= 1);
        assert.ok(book.spot.filter((q) => q > 0n).length <= 1);
      }
    }
    assert.ok(proposed > 50);
  });

  it("agree with a calculation by hand", () => {
    // 10 ETH at $2,000 and a threshold of 80 % carry $16,000; $17,000 is owed at a debt factor of 1.
    const price = 2_000n * 10n ** 9n; // attodollars per 10^-9 ETH
    const dollar = 10n ** 12n; // per 10^-6 USDC
    const market: Market = {
      ...SIMPLE_MARKET,
      pnlFactor: 0n,
      low: [dollar, price],
      high: [dollar, price],
      collateralFactor: [10_000n, 8_000n],
    };
    const book = { spot: [-17_000_000_000n, 10_000_000_000n], perp: [0n, 0n], basis: 0n };
    const situation = { book, market, target: 10_000, isolated: false, listed: 2, cash: 0, tradingCost: 0 };
    const found = remedies(situation);
    const amounts = Object.fromEntries(found.map(({ kind, changes }) => [kind, changes[0]?.quanta]));
    assert.deepEqual(amounts, {
      // 16,000 > 17,000 − x: $1,000 and a quantum.
      repay: 1_000_000_001n,
      // 1,600·(10 + x) > 17,000: 0.625 ETH and a quantum.
      deposit: 625_000_001n,
      // 1,600·(10 − x) > 17,000 − 2,000·x: 2.5 ETH, and what brings a quantum of USDC more.
      sell: -2_500_000_001n,
    });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["sell", "repay", "deposit"],
    );
    assert.equal(found[0]?.cost, 0n);
    assert.equal(found[1]?.cost, 1_000_000_001n * dollar * SCALE);
  });
});

describe("leastAmount", () => {
  it("finds a narrow peak far from any grid, and none where there is none", () => {
    const most = 1n << 64n;
    const peak = 12_345_678_901_234_567n;
    const gain = (height: bigint) => (n: bigint) => height - (n > peak ? n - peak : peak - n);
    assert.equal(leastAmount(most, [], gain(3n)), peak - 2n);
    assert.equal(leastAmount(most, [], gain(0n)), null);
    // Two peaks, parted by a kink: the first that is high enough counts.
    const two = (n: bigint) => (n <= 1_000n ? 5n - (n > 500n ? n - 500n : 500n - n) : gain(3n)(n));
    assert.equal(leastAmount(most, [1_000n], two), 496n);
    assert.equal(
      leastAmount(0n, [], () => 1n),
      null,
    );
  });
});
