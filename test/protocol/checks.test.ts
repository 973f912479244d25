import { CrossedPricesError, NotIsolatedError, OutOfRangeError, TooManyError } from "../../src/errors.js";
import { checkBook, checkMarket, checkRiskParameters } from "../../src/protocol/checks.js";
import type { Market } from "../../src/protocol/types.js";
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

describe("checkRiskParameters", () => {
  const risk: Market = { ...SIMPLE_MARKET, shockCap: 2_000n, shock: [[0n, 0n]] };

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

  it("takes a share of gains and a cap of shocks from 0 to 1", () => {
    for (const field of ["pnlFactor", "shockCap"]) {
      for (const value of [0n, 10_000n]) checkRiskParameters({ ...risk, [field]: value });
      for (const value of [-1n, 10_001n])
        assertFails(
          () => checkRiskParameters({ ...risk, [field]: value }),
          OutOfRangeError,
          `profile.${field}`,
        );
    }
  });

  it("takes shocks to their cap, up and down, one for each asset", () => {
    const shocks = (...row: bigint[]) => checkRiskParameters({ ...risk, shock: [[0n, 0n], row] });
    for (const shock of [2_000n, -2_000n]) shocks(0n, shock);
    for (const shock of [2_001n, -2_001n])
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
