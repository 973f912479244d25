import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  DuplicateAssetError,
  DuplicateFieldError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  TooManyError,
  UnknownFieldError,
} from "../../src/errors.js";
import { DEFAULT_LISTING, listingDigest } from "../../src/protocol/listing.js";
import {
  assetNamed,
  committedListing,
  DEFAULT_ASSETS,
  parseListing,
  peggedAssets,
  serialiseListing,
  statedDepths,
} from "../../src/protocol/listingFile.js";
import { assertFails } from "../support/failure.js";

const OWN = readFileSync(new URL("../../examples/own-assets/listing.json", import.meta.url), "utf8");
const asset = (change: object) => ({ symbol: "WBTC", decimals: 8, ...change });
const file = (...assets: object[]) => JSON.stringify({ format: "zkmargin/listing@1", assets });

describe("a listing file", () => {
  it("comes back as it was written", () => {
    const listing = parseListing(OWN);
    assert.deepEqual(parseListing(serialiseListing(listing)), listing);
    assert.deepEqual(
      listing.map(({ symbol }) => symbol),
      ["USDC", "TBILL", "WBTC", "WETH", "WSTETH"],
    );
    assert.deepEqual(peggedAssets(listing), ["USDC", "TBILL"]);
    assert.equal(statedDepths(listing).length, 5);
  });

  it("commits to symbols, quanta and their order, and to nothing else", () => {
    const listing = parseListing(OWN);
    assert.equal(listingDigest(listing), listingDigest(committedListing(listing)));
    assert.equal(listingDigest(DEFAULT_ASSETS), listingDigest(DEFAULT_LISTING));
    const bare = parseListing(file(...committedListing(listing)));
    assert.equal(listingDigest(bare), listingDigest(listing));
  });

  it("finds an asset by its symbol or a name, in capitals or not", () => {
    const listing = parseListing(OWN);
    for (const name of ["WBTC", "wbtc", "BTC", "xbt"])
      assert.equal(assetNamed(listing, name)?.symbol, "WBTC");
    assert.equal(assetNamed(listing, "DOGE"), undefined);
  });

  for (const [name, text, Class, path] of [
    ["no asset", file(), MissingFieldError, "listing.assets"],
    ["an asset twice", file(asset({}), asset({})), DuplicateAssetError, "listing.assets[1].symbol"],
    [
      "a name of two",
      file(asset({ names: ["BTC"] }), asset({ symbol: "TBTC", names: ["btc"] })),
      DuplicateFieldError,
      "listing.assets[1].names",
    ],
    [
      "a name that is a symbol",
      file(asset({}), asset({ symbol: "TBTC", names: ["wbtc"] })),
      DuplicateFieldError,
      "listing.assets[1].names",
    ],
    ["a small symbol", file(asset({ symbol: "wbtc" })), FormatError, "listing.assets[0].symbol"],
    ["18 decimals", file(asset({ decimals: 18 })), OutOfRangeError, "listing.assets[0].decimals"],
    ["a peg in words", file(asset({ pegged: "yes" })), FormatError, "listing.assets[0].pegged"],
    ["a token that is no address", file(asset({ token: "0x12" })), FormatError, "listing.assets[0].token"],
    [
      "a depth of nothing",
      file(asset({ depth: { millions: 0, spread: 1 } })),
      OutOfRangeError,
      "listing.assets[0].depth.millions",
    ],
    ["a field that is none", file(asset({ color: "gold" })), UnknownFieldError, "listing.assets[0].color"],
    [
      "a name with spaces around",
      file(asset({ names: [" BTC"] })),
      FormatError,
      "listing.assets[0].names[0]",
    ],
    [
      "33 assets",
      file(...Array.from({ length: 33 }, (_, u) => asset({ symbol: `A${u}` }))),
      TooManyError,
      "listing.assets",
    ],
    ["another format", OWN.replace("listing@1", "listing@2"), FormatError, "listing.format"],
  ] as const)
    it(`refuses ${name}`, () => {
      assertFails(() => parseListing(text), Class, path);
    });

  it("names the assets without a depth", () => {
    const error = assertFails(
      () =>
        statedDepths(
          parseListing(file(asset({}), asset({ symbol: "X", depth: { millions: 1, spread: 0 } }))),
        ),
      MissingFieldError,
      "listing.WBTC.depth",
    );
    assert.match(error.message, /none of WBTC/);
  });
});
