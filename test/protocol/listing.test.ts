import assert from "node:assert/strict";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../src/errors.js";
import {
  checkAssetOrder,
  checkListing,
  DEFAULT_LISTING,
  listingDigest,
  listingToJson,
  readListing,
} from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";

describe("listing", () => {
  it("has the digest that the specification gives", () => {
    // printf 'zkmargin/listing@1\n[["USDC",6],["BTC",8]]' | sha256sum | head -c 62
    const digest = 0x9991dcfe755dd407065e394a2e1f222b0fdf416e8b8e2d94a80826a54d31c8n;
    const two = DEFAULT_LISTING.slice(0, 2);
    assert.equal(listingDigest(two), digest);
    assert.ok(listingDigest(DEFAULT_LISTING) < 2n ** 248n);
  });

  it("has another digest for another order, symbol or quantum", () => {
    const [a, b] = DEFAULT_LISTING;
    assert.ok(a && b);
    const digests = [[a, b], [b, a], [a], [a, { ...b, decimals: 7 }], [a, { ...b, symbol: "BTD" }]].map(
      listingDigest,
    );
    assert.equal(new Set(digests).size, digests.length);
  });

  it("is read back as it was written", () => {
    assert.deepEqual(readListing(listingToJson(DEFAULT_LISTING), "listing"), DEFAULT_LISTING);
  });

  // shows: T6
  it("refuses bad listings, naming the field", () => {
    checkListing(DEFAULT_LISTING);
    const asset = (symbol: string, decimals: number) => ({ symbol, decimals });
    assertFails(() => checkListing([]), MissingFieldError, "listing");
    for (const symbol of ["", "btc", "-A", "A B", "A".repeat(17), "Ä"])
      assertFails(() => checkListing([asset(symbol, 8)]), FormatError, "listing[0].symbol");
    for (const decimals of [-1, 11, 1.5])
      assertFails(() => checkListing([asset("A", decimals)]), OutOfRangeError, "listing[0].decimals");
    assertFails(() => checkListing([asset("A", 1), asset("A", 2)]), DuplicateAssetError, "listing[1].symbol");
    const whole = [asset("A", 0), asset("B", 10)];
    assert.deepEqual(readListing(whole, "listing"), whole);
    assertFails(() => readListing([asset("A", 11)], "listing"), OutOfRangeError, "listing[0].decimals");
    assertFails(
      () => readListing([{ symbol: "A", decimals: 1, name: "x" }], "listing"),
      UnknownFieldError,
      "listing[0].name",
    );
  });

  // shows: T6
  it("holds public data to the listing's order", () => {
    const listing = DEFAULT_LISTING.slice(0, 3);
    checkAssetOrder(["USDC", "BTC", "ETH"], listing, "x");
    assertFails(() => checkAssetOrder(["USDC", "BTC"], listing, "x"), MissingFieldError, "x[2]");
    assertFails(() => checkAssetOrder(["USDC", "SHIB"], listing, "x"), UnknownAssetError, "x[1].asset");
    assertFails(() => checkAssetOrder(["BTC", "USDC"], listing, "x"), FormatError, "x[0].asset");
    assertFails(
      () => checkAssetOrder(["USDC", "BTC", "ETH", "BTC"], listing, "x"),
      DuplicateAssetError,
      "x[3].asset",
    );
  });
});
