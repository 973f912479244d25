import { CrossedPricesError, NotIsolatedError, OutOfRangeError, TooManyError } from "../../src/errors.js";
import { checkBook, checkMarket, checkRiskParameters } from "../../src/protocol/checks.js";
import type { Market, SleeveNumbers } from "../../src/protocol/types.js";
import { assertFails } from "../support/failure.js";
import { SIMPLE_MARKET } from "../support/simpleMarket.js";

describe("checkBook", () => {
  const book = { spot: [0n, 0n], perp: [0n, 0n], basis: 0n };
  const MAX = (1n << 64n) - 1n;

  it("accepts every amount within its bound", () => {
    for (const q of [MAX, -MAX]) checkBook({ ...book, spot: [q, q], perp: [q, q] });
    for (const basis of [-(1n << 127n), (1n << 127n) - 1n]) checkBook({ ...book, basis });
  });

  // shows: P5
  it("refuses what is beyond, naming the field and not the amount", () => {
    for (const q of [MAX + 1n, -MAX - 1n])
      for (const field of ["spot", "perp"] as const)
        assertFails(() => checkBook({ ...book, [field]: [0n, q] }), OutOfRangeError, `book.${field}[1]`, [
          "18446744073709551616",
        ]);
    for (const basis of [-(1n << 127n) - 1n, 1n << 127n])
      assertFails(() => checkBook({ ...book, basis }), OutOfRangeError, "book.basis", ["1701411834"]);
    assertFails(() => checkBook({ ...book, perp: [0n] }), TooManyError, "book.perp");
  });

  it("holds an isolated book to one perpetual, long or short, and one collateral asset, beside any debts", () => {
    const isolated = (change: object) => checkBook({ ...book, ...change }, { isolated: true });
    for (const spot of [
      [1n, 0n],
      [0n, 1n],
      [-1n, 1n],
      [-1n, -1n],
    ])
      for (const perp of [
        [1n, 0n],
        [0n, -1n],
      ])
        isolated({ spot, perp });
    for (const perp of [
      [1n, 1n],
      [1n, -1n],
    ]) {
      checkBook({ ...book, perp });
      assertFails(() => isolated({ perp }), NotIsolatedError, "book.perp");
    }
    checkBook({ ...book, spot: [1n, 1n] });
    assertFails(() => isolated({ spot: [1n, 1n] }), NotIsolatedError, "book.spot");
  });
});

describe("checkBook of a sleeve", () => {
  const none: SleeveNumbers = { value: 0n, gains: Array(16).fill(0n), charge: 0n, slack: 0n, detail: 0n };
  const check = (change: Partial<SleeveNumbers>, isolated = false) =>
    checkBook({ spot: [0n], perp: [0n], basis: 0n, sleeve: { ...none, ...change } }, { isolated });
  const gain = (at: number, value: bigint) => ({ gains: none.gains.with(at, value) });

  it("accepts every number within its bound", () => {
    for (const value of [-(1n << 46n), (1n << 46n) - 1n]) {
      check({ value });
      for (const at of [0, 15]) check(gain(at, value));
    }
    for (const charge of [0n, (1n << 46n) - 1n]) check({ charge });
    for (const slack of [0n, (1n << 40n) - 1n]) check({ slack });
    for (const detail of [0n, (1n << 248n) - 1n]) check({ detail });
  });

  it("refuses what is beyond, naming the field and not the amount", () => {
    const refused = (change: Partial<SleeveNumbers>, field: string) =>
      assertFails(() => check(change), OutOfRangeError, `book.sleeve.${field}`, ["7036874417", "1099511627"]);
    for (const value of [-(1n << 46n) - 1n, 1n << 46n]) {
      refused({ value }, "value");
      for (const at of [0, 15]) refused(gain(at, value), `gains[${at}]`);
    }
    for (const charge of [-1n, 1n << 46n]) refused({ charge }, "charge");
    for (const slack of [-1n, 1n << 40n]) refused({ slack }, "slack");
    for (const detail of [-1n, 1n << 248n]) refused({ detail }, "detail");
    for (const gains of [[], Array(15).fill(0n), Array(17).fill(0n)])
      assertFails(() => check({ gains }), TooManyError, "book.sleeve.gains");
  });

  it("refuses one in an isolated book, even one of zeros", () =>
    assertFails(() => check({}, true), NotIsolatedError, "book.sleeve"));
});

describe("checkRiskParameters", () => {
  const risk: Market = { ...SIMPLE_MARKET, shock: [[0n, 0n]] };

  const limits = {
    collateralFactor: [0n, 10_000n],
    debtFactor: [10_000n, 32_767n],
    perpMargin: [0n, 32_767n],
    liquidity: [0n, 32_767n],
    impact: [0n, (1n << 64n) - 1n],
  } as const;
  for (const [field, [low, high]] of Object.entries(limits))
    it(`takes ${field} from ${low} to ${high}, one for each asset`, () => {
      for (const value of [low, high]) checkRiskParameters({ ...risk, [field]: [high, value] });
      for (const value of [low - 1n, high + 1n])
        assertFails(
          () => checkRiskParameters({ ...risk, [field]: [high, value] }),
          OutOfRangeError,
          `profile.${field}[1]`,
        );
      if (field !== "collateralFactor")
        for (const values of [[high], [high, high, high]])
          assertFails(
            () => checkRiskParameters({ ...risk, [field]: values }),
            TooManyError,
            `profile.${field}`,
          );
    });

  it("takes a share of gains from 0 to 1", () => {
    for (const pnlFactor of [0n, 10_000n]) checkRiskParameters({ ...risk, pnlFactor });
    for (const pnlFactor of [-1n, 10_001n])
      assertFails(() => checkRiskParameters({ ...risk, pnlFactor }), OutOfRangeError, "profile.pnlFactor");
  });

  it("takes shocks of the whole price, up and down, one for each asset", () => {
    const shocks = (...row: bigint[]) => checkRiskParameters({ ...risk, shock: [[0n, 0n], row] });
    for (const shock of [10_000n, -10_000n]) shocks(0n, shock);
    for (const shock of [10_001n, -10_001n])
      assertFails(() => shocks(0n, shock), OutOfRangeError, "profile.shock[1][1]");
    for (const row of [[0n], [0n, 0n, 0n]])
      assertFails(() => shocks(...row), TooManyError, "profile.shock[1]");
  });
});

describe("checkMarket", () => {
  const MOST = (1n << 64n) - 1n;
  const check = (change: Partial<Market>, listed = 2) => checkMarket({ ...SIMPLE_MARKET, ...change }, listed);

  it("takes prices from 1 to their bound, and funding of either sign", () => {
    check({ low: [1n, 1n], high: [1n, MOST], funding: [MOST, -MOST] });
    check({ low: [MOST, 1n], high: [MOST, 1n] });
    assertFails(() => check({ low: [1n, 0n] }), OutOfRangeError, "market.low[1]");
    assertFails(() => check({ high: [1_000_000n, MOST + 1n] }), OutOfRangeError, "market.high[1]");
    for (const funding of [MOST + 1n, -MOST - 1n])
      assertFails(() => check({ funding: [0n, funding] }), OutOfRangeError, "market.funding[1]");
    assertFails(() => check({ low: [1_000_001n, 1n] }), CrossedPricesError, "market.low[0]");
  });

  it("takes nothing but zeros beyond the listing", () => {
    const beyond = { low: [1_000_000n, 0n], high: [1_000_000n, 0n] };
    check(beyond, 1);
    assertFails(() => check({}, 1), OutOfRangeError, "market.low[1]");
    assertFails(() => check({ ...beyond, high: [1_000_000n, 1n] }, 1), OutOfRangeError, "market.high[1]");
    for (const funding of [1n, -1n])
      assertFails(
        () => check({ ...beyond, funding: [0n, funding] }, 1),
        OutOfRangeError,
        "market.funding[1]",
      );
  });

  it("takes one price for each asset, and parameters within their bounds", () => {
    for (const field of ["low", "high", "funding"])
      for (const values of [[1n], [1n, 1n, 1n]])
        assertFails(() => check({ [field]: values }), TooManyError, `market.${field}`);
    assertFails(() => check({ pnlFactor: 10_001n }), OutOfRangeError, "market.profile.pnlFactor");
  });
});
