import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  TooManyError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../src/errors.js";
import {
  parsePartialProfile,
  parseProfile,
  profileToJson,
  serialiseProfile,
} from "../../src/market/profile.js";
import {
  checkAtPaths,
  checkProfile,
  denseRisk,
  leastDebtFactor,
  restrictProfile,
} from "../../src/protocol/profile.js";
import { assertFails } from "../support/failure.js";
import { PAIR, PAIR_PROFILE } from "./fixtures.js";

type Json = { [key: string]: unknown };
const VERSION_1 = "zkmargin/profile@1";
const valid = () => structuredClone(profileToJson(PAIR_PROFILE)) as Json;
const parse = (profile: unknown) => parseProfile(JSON.stringify(profile), PAIR);
const asset = (u: number, change: Json) => {
  const profile = valid();
  Object.assign((profile.assets as Json[])[u] ?? {}, change);
  return profile;
};
const shocks = (change: Json) => {
  const profile = valid();
  Object.assign((profile.scenarios as Json[])[1]?.shocks ?? {}, change);
  return profile;
};
const without = (object: unknown, field: string) =>
  Object.fromEntries(Object.entries(object as Json).filter(([key]) => key !== field));

describe("risk profile", () => {
  it("of a part of its listing leaves out what is not listed", () => {
    const [first, second] = PAIR;
    for (const [listing, left] of [
      [[first ?? assert.fail()], second],
      [[second ?? assert.fail()], first],
    ] as const) {
      const part = restrictProfile(PAIR_PROFILE, listing);
      assert.deepEqual(
        part.assets.map(({ asset }) => asset),
        listing.map(({ symbol }) => symbol),
      );
      for (const { shocks } of part.scenarios) assert.ok(!Object.hasOwn(shocks, left?.symbol ?? ""));
    }
    assert.deepEqual(restrictProfile(PAIR_PROFILE, PAIR), PAIR_PROFILE);
  });

  // shows: P14
  it("is read back as it was written", () => {
    assert.deepEqual(parseProfile(serialiseProfile(PAIR_PROFILE), PAIR), PAIR_PROFILE);
  });

  it("is read of version 1, whose shock cap is left out", () => {
    assert.deepEqual(parse({ ...valid(), format: VERSION_1, shockCap: 2_000 }), PAIR_PROFILE);
    assert.equal(valid().format, "zkmargin/profile@2");
  });

  it("takes shocks of the whole price, up and down", () => {
    for (const shock of [10_000, -10_000])
      assert.equal(parse(shocks({ BTC: shock })).scenarios[1]?.shocks.BTC, shock);
  });

  it("is written as JSON with two spaces a level", () => {
    assert.equal(serialiseProfile(PAIR_PROFILE), `${JSON.stringify(profileToJson(PAIR_PROFILE), null, 2)}\n`);
  });

  it("takes names and descriptions up to their lengths", () => {
    const scenario = (length: number) => ({
      ...valid(),
      scenarios: [{ ...down, name: "n".repeat(length) }, up],
    });
    for (const [given, edit, field] of [
      [64, (length: number) => ({ ...valid(), name: "n".repeat(length) }), "name"],
      [2000, (length: number) => ({ ...valid(), description: "n".repeat(length) }), "description"],
      [64, scenario, "scenarios[0].name"],
    ] as const) {
      assert.doesNotThrow(() => parse(edit(given)));
      assertFails(() => parse(edit(given + 1)), FormatError, `profile.${field}`);
    }
  });

  describe("of a part of the listing", () => {
    const [first, second] = PAIR;
    const parsePart = (profile: unknown) => parsePartialProfile(JSON.stringify(profile), PAIR);

    it("is read with the part that it names, in the listing's order", () => {
      assert.deepEqual(parsePart(valid()), { profile: PAIR_PROFILE, listing: PAIR });
      for (const asset of [first ?? assert.fail(), second ?? assert.fail()]) {
        const profile = restrictProfile(PAIR_PROFILE, [asset]);
        assert.deepEqual(parsePart(profileToJson(profile)), { profile, listing: [asset] });
      }
    });

    it("is refused as one of the whole where it names nothing that is listed", () => {
      assertFails(() => parsePart({ ...valid(), assets: [] }), MissingFieldError, "profile.assets[0]");
      assertFails(() => parsePart({ ...valid(), assets: { USDC: 1 } }), FormatError, "profile.assets");
      assertFails(() => parsePart({ ...valid(), assets: [null] }), FormatError, "profile.assets[0]");
      assertFails(() => parsePartialProfile("[", PAIR), MalformedError, "profile");
      assertFails(() => parsePartialProfile("[]", PAIR, "given"), FormatError, "given");
    });
  });

  const [usdc, btc] = valid().assets as Json[];
  const [down, up] = valid().scenarios as Json[];
  const cases: [name: string, profile: unknown, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["a shock above 1", shocks({ BTC: 10_001 }), OutOfRangeError, "profile.scenarios[1].shocks.BTC"],
    ["a shock below −1", shocks({ BTC: -10_001 }), OutOfRangeError, "profile.scenarios[1].shocks.BTC"],
    ["a shock as text", shocks({ BTC: "20" }), FormatError, "profile.scenarios[1].shocks.BTC"],
    ["a fractional shock", shocks({ BTC: 0.5 }), FormatError, "profile.scenarios[1].shocks.BTC"],
    [
      "a shock of an unlisted asset",
      shocks({ SHIB: 1 }),
      UnknownAssetError,
      "profile.scenarios[1].shocks.SHIB",
    ],
    [
      "a shock of no asset",
      shocks({ "\u001b[2J": 1 }),
      UnknownAssetError,
      "profile.scenarios[1].shocks{key 3}",
    ],
    [
      "a missing shock",
      { ...valid(), scenarios: [down, { name: "up", shocks: { USDC: 0 } }] },
      MissingFieldError,
      "profile.scenarios[1].shocks.BTC",
    ],
    [
      "a scenario twice",
      { ...valid(), scenarios: [down, up, down] },
      DuplicateFieldError,
      "profile.scenarios[2].name",
    ],
    [
      "a shock cap, which it no longer states",
      { ...valid(), shockCap: 2_000 },
      FormatError,
      "profile.shockCap",
    ],
    [
      "none in version 1, which states it",
      { ...valid(), format: VERSION_1 },
      MissingFieldError,
      "profile.shockCap",
    ],
    ["a gain above par", { ...valid(), pnlFactor: 10_001 }, OutOfRangeError, "profile.pnlFactor"],
    [
      "collateral above par",
      asset(1, { collateralFactor: 10_001 }),
      OutOfRangeError,
      "profile.assets[1].collateralFactor",
    ],
    [
      "negative collateral",
      asset(1, { collateralFactor: -1 }),
      OutOfRangeError,
      "profile.assets[1].collateralFactor",
    ],
    ["debt below par", asset(1, { debtFactor: 9999 }), OutOfRangeError, "profile.assets[1].debtFactor"],
    [
      "debt that outgrows its factor",
      asset(0, { debtFactor: 10_009 }),
      OutOfRangeError,
      "profile.assets[0].debtFactor",
    ],
    ["a factor of 2^15", asset(1, { debtFactor: 32_768 }), OutOfRangeError, "profile.assets[1].debtFactor"],
    ["a margin of 2^15", asset(1, { perpMargin: 32_768 }), OutOfRangeError, "profile.assets[1].perpMargin"],
    [
      "a negative liquidity charge",
      asset(1, { liquidity: -1 }),
      OutOfRangeError,
      "profile.assets[1].liquidity",
    ],
    [
      "an impact of 2^64",
      asset(1, { impact: (2n ** 64n).toString() }),
      OutOfRangeError,
      "profile.assets[1].impact",
    ],
    ["a negative impact", asset(1, { impact: "-1" }), OutOfRangeError, "profile.assets[1].impact"],
    ["an impact as a number", asset(1, { impact: 7 }), FormatError, "profile.assets[1].impact"],
    ["an impact in hexadecimal", asset(1, { impact: "0x7" }), FormatError, "profile.assets[1].impact"],
    ["an unlisted asset", asset(1, { asset: "SHIB" }), UnknownAssetError, "profile.assets[1].asset"],
    [
      "an asset twice",
      { ...valid(), assets: [usdc, btc, btc] },
      DuplicateAssetError,
      "profile.assets[2].asset",
    ],
    ["another order", { ...valid(), assets: [btc, usdc] }, FormatError, "profile.assets[0].asset"],
    ["a missing asset", { ...valid(), assets: [usdc] }, MissingFieldError, "profile.assets[1]"],
    [
      "a missing factor",
      { ...valid(), assets: [usdc, without(btc, "liquidity")] },
      MissingFieldError,
      "profile.assets[1].liquidity",
    ],
    ["an unknown field", { ...valid(), leverage: 1 }, UnknownFieldError, "profile.leverage"],
    ["an unknown field of an asset", asset(0, { ltv: 1 }), UnknownFieldError, "profile.assets[0].ltv"],
    [
      "a borrow rate beyond bounds",
      { ...valid(), maxBorrowRate: 1_000_001 },
      OutOfRangeError,
      "profile.maxBorrowRate",
    ],
    ["a book that never ages", { ...valid(), bookMaxAge: 0 }, OutOfRangeError, "profile.bookMaxAge"],
    ["an empty name", { ...valid(), name: "" }, FormatError, "profile.name"],
    ["a name that steers a terminal", { ...valid(), name: "\u001b[2J" }, FormatError, "profile.name"],
    ["no name", without(valid(), "name"), MissingFieldError, "profile.name"],
    ["another format", { ...valid(), format: "zkmargin/profile@3" }, FormatError, "profile.format"],
  ];
  for (const [name, profile, Class, path] of cases) {
    // shows: T1
    it(`refuses ${name}`, () => {
      assertFails(() => parse(profile), Class, path);
    });
  }

  it("refuses a text cut off anywhere", () => {
    const text = serialiseProfile(PAIR_PROFILE).trimEnd();
    for (let length = 0; length < text.length; length += 7)
      assertFails(() => parseProfile(text.slice(0, length), PAIR), MalformedError, "profile");
  });

  it("passes on what is no error of bounds as it came", () => {
    const failure = new TypeError("another error");
    const check = () => {
      throw failure;
    };
    assert.throws(() => checkAtPaths(check, (path) => path), failure);
  });

  it("rounds the least debt factor up", () => {
    assert.equal(leastDebtFactor({ maxBorrowRate: 3650, bookMaxAge: 86_400 }), 10_010n);
    assert.equal(leastDebtFactor({ maxBorrowRate: 3651, bookMaxAge: 86_400 }), 10_011n);
    assert.equal(leastDebtFactor({ maxBorrowRate: 0, bookMaxAge: 31_536_000 }), 10_000n);
    assert.equal(leastDebtFactor({ maxBorrowRate: 1, bookMaxAge: 1 }), 10_001n);
    for (const [maxBorrowRate, bookMaxAge] of [
      [0, 1],
      [0, 31_536_000],
      [1_000_000, 1],
    ] as const)
      checkProfile({ ...PAIR_PROFILE, maxBorrowRate, bookMaxAge }, PAIR);
    checkProfile(PAIR_PROFILE, PAIR);
    assertFails(
      () => checkProfile({ ...PAIR_PROFILE, bookMaxAge: 86_401 }, PAIR),
      OutOfRangeError,
      "profile.assets[0].debtFactor",
    );
    assertFails(
      () => checkProfile({ ...PAIR_PROFILE, pnlFactor: 0.5 }, PAIR),
      FormatError,
      "profile.pnlFactor",
    );
  });

  it("is padded to a tier with parameters that weigh nothing", () => {
    const risk = denseRisk(PAIR_PROFILE, { assets: 4, scenarios: 3 });
    assert.deepEqual(risk.collateralFactor, [10_000n, 9500n, 0n, 0n]);
    assert.deepEqual(risk.debtFactor, [10_010n, 10_010n, 10_000n, 10_000n]);
    assert.deepEqual(risk.impact, [0n, 7n, 0n, 0n]);
    assert.deepEqual(risk.shock, [
      [0n, -2000n, 0n, 0n],
      [-100n, 2000n, 0n, 0n],
      [0n, 0n, 0n, 0n],
    ]);
    assertFails(() => denseRisk(PAIR_PROFILE, { assets: 1, scenarios: 2 }), TooManyError, "profile.assets");
    assertFails(
      () => denseRisk(PAIR_PROFILE, { assets: 2, scenarios: 1 }),
      TooManyError,
      "profile.scenarios",
    );
  });
});
