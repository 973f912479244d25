import assert from "node:assert/strict";
import fc from "fast-check";
import type { BookFile } from "../../src/book/bookFile.js";
import { denseBook } from "../../src/book/opening.js";
import type { Position } from "../../src/book/position.js";
import { formatDecimal } from "../../src/encoding/decimal.js";
import {
  DuplicateAssetError,
  NotIsolatedError,
  OutOfRangeError,
  TooManyError,
  UnknownAssetError,
} from "../../src/errors.js";
import { DEFAULT_LISTING, type Listing } from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";

const file = (positions: Position[], isolated = false): BookFile => ({
  account: "a",
  sequence: 0,
  isolated,
  positions,
});
const dense = (positions: Position[], isolated = false) =>
  denseBook(file(positions, isolated), DEFAULT_LISTING, 16);
const hold = (asset: string, spot: string): Position => ({ asset, spot, perp: "0" });
const trade = (asset: string, perp: string, entryPrice: string, entryFunding = "0"): Position => ({
  asset,
  spot: "0",
  perp,
  entryPrice,
  entryFunding,
});

describe("denseBook", () => {
  it("puts every amount into its slot, in quanta", () => {
    const book = dense([hold("ETH", "-1.000000001"), { ...trade("BTC", "-12.5", "60000"), spot: "12.5" }]);
    assert.deepEqual(book.spot.slice(0, 4), [0n, 1_250_000_000n, -1_000_000_001n, 0n]);
    assert.deepEqual(book.perp.slice(0, 3), [0n, -1_250_000_000n, 0n]);
    // −(−12.5 × 60 000 USD) in attodollars.
    assert.equal(book.basis, 750_000n * 10n ** 18n);
    assert.equal(denseBook(file([]), DEFAULT_LISTING, 32).perp.length, 32);
  });

  // shows: P8
  it("adds entry funding and floors the sum once, against the account", () => {
    // 2 × (1.5 − 100) = −197 USD
    assert.equal(dense([trade("ETH", "2", "100", "1.5")]).basis, -197n * 10n ** 18n);
    // One satoshi at one attodollar a unit: −10^-8 attodollars floors to −1, +10^-8 to 0.
    const atto = "0.000000000000000001";
    assert.equal(dense([trade("BTC", "0.00000001", atto)]).basis, -1n);
    assert.equal(dense([trade("BTC", "-0.00000001", atto)]).basis, 0n);
    // The least that a basis can be below 0, of an asset with the most decimals.
    assert.equal(dense([trade("DOT", "0.0000000001", atto)]).basis, -1n);
    // Two halves make a whole only if they are summed before the floor.
    const half = (asset: string) => trade(asset, "0.5", atto);
    assert.equal(dense([half("BTC"), half("ETH")]).basis, -1n);
    assert.equal(dense([half("BTC"), half("ETH"), half("DOT")]).basis, -2n);
  });

  // shows: P9
  it("does not depend on the order of positions", () => {
    const positions = [
      hold("USDC", "5"),
      trade("BTC", "1", "2.5"),
      trade("DOT", "-0.0000000001", "3", "0.1"),
    ];
    assert.deepEqual(dense(positions), dense([...positions].reverse()));
  });

  it("holds amounts and basis to their bounds", () => {
    const top = formatDecimal(2n ** 64n - 1n, 8);
    assert.equal(dense([hold("BTC", top)]).spot[1], 2n ** 64n - 1n);
    assert.equal(dense([hold("BTC", `-${top}`)]).spot[1], 1n - 2n ** 64n);
    const over = formatDecimal(2n ** 64n, 8);
    assertFails(() => dense([hold("BTC", over)]), OutOfRangeError, "book.positions[0].spot", [over, "BTC"]);
    // One unit at 2^127 attodollars is the most that a basis holds, and only as a loss.
    const price = formatDecimal(2n ** 127n, 18);
    assert.equal(dense([trade("BTC", "1", price)]).basis, -(2n ** 127n));
    assertFails(() => dense([trade("BTC", "-1", price)]), OutOfRangeError, "book.basis", [price]);
    const more = formatDecimal(2n ** 127n + 1n, 18);
    assertFails(() => dense([trade("BTC", "1", more)]), OutOfRangeError, "book.basis", [more]);
  });

  it("refuses more assets than the tier has", () => {
    const listing: Listing = Array.from({ length: 32 }, (_, u) => ({ symbol: `A${u}`, decimals: 0 }));
    const positions = listing.map(({ symbol }) => hold(symbol, "1"));
    assert.equal(denseBook(file(positions), listing, 32).spot[31], 1n);
    assertFails(() => denseBook(file(positions.slice(0, 17)), listing, 16), TooManyError, "book.positions", [
      "17",
      "A16",
    ]);
    assertFails(() => denseBook(file(positions.slice(0, 1)), listing, 16), TooManyError, "listing");
  });

  // shows: T6
  it("refuses unlisted assets and assets twice", () => {
    assertFails(() => dense([hold("SHIB", "1")]), UnknownAssetError, "book.positions[0].asset", ["SHIB"]);
    assertFails(
      () => dense([hold("BTC", "1"), hold("BTC", "1")]),
      DuplicateAssetError,
      "book.positions[1].asset",
      ["BTC"],
    );
  });

  it("holds an isolated book to one perpetual and one collateral asset", () => {
    const two = [trade("BTC", "1", "1"), trade("ETH", "1", "1")];
    const collateral = [hold("USDC", "1"), hold("BTC", "1")];
    assertFails(() => dense(two, true), NotIsolatedError, "book.perp", ["BTC"]);
    assertFails(() => dense(collateral, true), NotIsolatedError, "book.spot", ["BTC"]);
    dense([hold("USDC", "1"), hold("ETH", "-1"), trade("BTC", "1", "1")], true);
    dense([...two.slice(1), ...collateral], false);
  });

  // shows: P8
  it("is exact: amounts survive the way to quanta and back", () => {
    const quantity = fc.bigInt(1n - 2n ** 64n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(fc.array(quantity, { minLength: 16, maxLength: 16 }), (quantities) => {
        const positions = DEFAULT_LISTING.map(({ symbol, decimals }, u) =>
          hold(symbol, formatDecimal(quantities[u] ?? 0n, decimals)),
        );
        assert.deepEqual(dense(positions).spot, quantities);
      }),
      { seed: 20210519 },
    );
  });
});
