import assert from "node:assert/strict";

export type Json = Record<string, unknown>;
export type Edit = (file: Json) => unknown;
/** Which edit of a valid file leads to which exit code, error class and field. */
export type Case = readonly [name: string, edit: Edit | string, error: string, field: string];

/** A book whose every private word can be told from anything public. */
export const BOOK = {
  format: "zkmargin/book@1",
  account: "canary-desk",
  sequence: 42,
  isolated: false,
  positions: [
    { asset: "USDC", spot: "7310042.135791", perp: "0" },
    { asset: "LINK", spot: "0", perp: "-48151.62342", entryPrice: "31.41592653", entryFunding: "0.27182818" },
  ],
};
const position = (change: Json, index = 1): Edit => {
  return (book) => {
    Object.assign((book.positions as Json[])[index] as Json, change);
    return book;
  };
};
const set = (change: Json): Edit => {
  return (file) => ({ ...file, ...change });
};
/** Puts a value at a path such as `prices.1.low`; undefined removes the field. */
const at = (path: string, value: unknown): Edit => {
  return (file) => {
    const keys = path.split(".");
    const last = keys.pop() as string;
    const holder = keys.reduce((object, key) => object[key] as Json, file);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return file;
  };
};
/** Edits the text of the file, which must hold `from`. */
const text = (from: string | RegExp, to: string): Edit => {
  return (file) => {
    const before = JSON.stringify(file);
    const after = before.replace(from, to);
    assert.notEqual(after, before, `nothing to edit: ${from}`);
    return after;
  };
};
const truncated: Edit = (file) => JSON.stringify(file).slice(0, -20);

export const BOOKS: readonly Case[] = [
  ["unknown asset", position({ asset: "WAGMI" }), "UnknownAssetError", "book.positions[1].asset"],
  ["duplicate asset", position({ asset: "LINK" }, 0), "DuplicateAssetError", "book.positions[1].asset"],
  ["−0", position({ spot: "-0" }), "FormatError", "book.positions[1].spot"],
  ["−0.00", position({ perp: "-0.00" }), "FormatError", "book.positions[1].perp"],
  ["exponent", position({ perp: "48151e2" }), "FormatError", "book.positions[1].perp"],
  ["hex", position({ spot: "0x48151" }), "FormatError", "book.positions[1].spot"],
  ["plus sign", position({ spot: "+7310042" }), "FormatError", "book.positions[1].spot"],
  ["NaN", position({ entryPrice: "NaN" }), "FormatError", "book.positions[1].entryPrice"],
  ["2^64 quanta", position({ spot: "184467440737.09551616" }), "OutOfRangeError", "book.positions[1].spot"],
  [
    "a number above",
    position({ perp: `-${"48151".repeat(9)}` }),
    "OutOfRangeError",
    "book.positions[1].perp",
  ],
  [
    "more decimals than quanta",
    position({ spot: "48151.623421234" }),
    "PrecisionError",
    "book.positions[1].spot",
  ],
  ["empty field", position({ spot: "" }), "FormatError", "book.positions[1].spot"],
  ["JSON number", position({ spot: 7310042 }), "FormatError", "book.positions[1].spot"],
  ["missing spot", at("positions.1.spot", undefined), "MissingFieldError", "book.positions[1].spot"],
  [
    "missing entry price",
    at("positions.1.entryPrice", undefined),
    "MissingFieldError",
    "book.positions[1].entryPrice",
  ],
  ["entry price of 0", position({ entryPrice: "0" }), "OutOfRangeError", "book.positions[1].entryPrice"],
  [
    "misspelled key",
    position({ entyPrice: "31.41592653" }),
    "UnknownFieldError",
    "book.positions[1].entyPrice",
  ],
  ["private key", position({ LINK: "48151" }), "UnknownFieldError", "book.positions[1]{key 6}"],
  [
    "duplicate key",
    text('"spot":"0"', '"spot":"0","spot":"48151"'),
    "DuplicateFieldError",
    "book.positions[1].spot",
  ],
  ["missing account", at("account", undefined), "MissingFieldError", "book.account"],
  ["empty account", set({ account: "" }), "FormatError", "book.account"],
  ["fractional sequence", text('"sequence":42', '"sequence":42.5'), "FormatError", "book.sequence"],
  ["negative sequence", set({ sequence: -1 }), "OutOfRangeError", "book.sequence"],
  ["another format", set({ format: "zkmargin/book@2" }), "FormatError", "book.format"],
  ["truncated", truncated, "MalformedError", "book"],
  ["no JSON", "LINK,48151.62342", "MalformedError", "book"],
  ["comment", text("{", "{ // LINK 48151\n"), "MalformedError", "book"],
  [
    "not isolated",
    (book) => position({ perp: "1", entryPrice: "31.41592653" }, 0)({ ...book, isolated: true }),
    "NotIsolatedError",
    "book.perp",
  ],
];

const CSV_HEADER = "asset,spot,perp,entry price,entry funding\n";
export const CSVS: readonly Case[] = [
  ["another header", "coin of ours,worth\nLINK,48151\n", "FormatError", "book.line1"],
  ["unknown asset", `${CSV_HEADER}WAGMI,48151,,,\n`, "UnknownAssetError", "book.line2.asset"],
  [
    "duplicate asset",
    `${CSV_HEADER}LINK,48151,,,\nLINK,7310042,,,\n`,
    "DuplicateAssetError",
    "book.line3.asset",
  ],
  ["exponent too large", `${CSV_HEADER}LINK,48151E999,,,\n`, "FormatError", "book.line2.spot"],
  ["hex", `${CSV_HEADER}LINK,0,0x48151,31.41592653,\n`, "FormatError", "book.line2.perp"],
  ["NaN", `${CSV_HEADER}LINK,0,48151,nan,\n`, "FormatError", "book.line2.entryPrice"],
  ["2^64 quanta", `${CSV_HEADER}LINK,184467440737.09551616,,,\n`, "OutOfRangeError", "book.line2.spot"],
  [
    "more decimals than quanta",
    `${CSV_HEADER}LINK,48151.623421234,,,\n`,
    "PrecisionError",
    "book.line2.spot",
  ],
  ["empty cells", `${CSV_HEADER}LINK,,,,\n`, "MissingFieldError", "book.line2"],
  ["missing entry price", `${CSV_HEADER}LINK,0,48151,,\n`, "MissingFieldError", "book.line2.entryPrice"],
  ["missing cells", `${CSV_HEADER}LINK,48151\n`, "MalformedError", "book.line2"],
  ["thousands or decimals", `${CSV_HEADER}LINK,"48,151",,,\n`, "FormatError", "book.line2.spot"],
  ["empty file", "", "FormatError", "book.line1"],
];

export const MARKETS: readonly Case[] = [
  ["low above high", at("prices.1.low", "999999999999999999"), "CrossedPricesError", "market.prices[1].low"],
  ["zero price", at("prices.1.low", "0"), "OutOfRangeError", "market.prices[1].low"],
  ["negative price", at("prices.1.low", "-5"), "OutOfRangeError", "market.prices[1].low"],
  ["2^64", at("prices.1.high", String(2n ** 64n)), "OutOfRangeError", "market.prices[1].high"],
  ["exponent", at("prices.1.high", "5e18"), "FormatError", "market.prices[1].high"],
  ["hex", at("prices.1.high", "0x5"), "FormatError", "market.prices[1].high"],
  ["−0", at("prices.1.funding", "-0"), "FormatError", "market.prices[1].funding"],
  ["NaN", at("prices.1.funding", "NaN"), "FormatError", "market.prices[1].funding"],
  ["JSON number", at("prices.1.funding", 0), "FormatError", "market.prices[1].funding"],
  ["empty price", at("prices.1.low", ""), "FormatError", "market.prices[1].low"],
  ["missing price", at("prices.1.low", undefined), "MissingFieldError", "market.prices[1].low"],
  ["unknown asset", at("prices.1.asset", "WAGMI"), "UnknownAssetError", "market.prices[1].asset"],
  ["duplicate asset", at("prices.2.asset", "BTC"), "DuplicateAssetError", "market.prices[2].asset"],
  [
    "shock above the cap",
    at("profile.scenarios.0.shocks.BTC", -4001),
    "OutOfRangeError",
    "market.profile.scenarios[0].shocks.BTC",
  ],
  ["shock cap above 1", at("profile.shockCap", 10_001), "OutOfRangeError", "market.profile.shockCap"],
  ["unknown key", set({ price: "1" }), "UnknownFieldError", "market.price"],
  ["duplicate key", text('"time":', '"time":0,"time":'), "DuplicateFieldError", "market.time"],
  ["another time", set({ time: 1 }), "FormatError", "market.time"],
  ["truncated", truncated, "MalformedError", "market"],
];

export const BUNDLES: readonly Case[] = [
  ["truncated", truncated, "MalformedError", "bundle"],
  ["empty", "", "MalformedError", "bundle"],
  ["unknown key", set({ extra: 1 }), "UnknownFieldError", "bundle.extra"],
  ["duplicate key", text('"tier":', '"tier":"16x16","tier":'), "DuplicateFieldError", "bundle.tier"],
  ["missing proof", at("proof", undefined), "MissingFieldError", "bundle.proof"],
  ["unknown tier", set({ tier: "8x8" }), "TierMismatchError", "bundle.tier"],
  ["another tier", set({ tier: "32x16" }), "KeyMismatchError", "bundle.verificationKeyHash"],
  [
    "another key",
    set({ verificationKeyHash: "0".repeat(64) }),
    "KeyMismatchError",
    "bundle.verificationKeyHash",
  ],
  ["θ of 0", at("statement.theta", 0), "OutOfRangeError", "bundle.statement.theta"],
  ["envelope above 1", at("statement.envelope", 10_001), "OutOfRangeError", "bundle.statement.envelope"],
  ["edited number", at("statement.theta", 20_000), "StatementMismatchError", "bundle.claim"],
  ["edited words", at("statement.words", "All is well."), "StatementMismatchError", "bundle.statement.words"],
  [
    "edited market",
    at("market.prices.1.high", "999999999999999999"),
    "StatementMismatchError",
    "bundle.marketDigest",
  ],
  ["edited digest", set({ marketDigest: "0".repeat(64) }), "StatementMismatchError", "bundle.marketDigest"],
  ["edited commitment", set({ commitment: "12345" }), "InvalidProofError", "proof"],
  ["another point", at("proof.pi_a", ["1", "2", "1"]), "InvalidProofError", "proof"],
  ["point off the curve", at("proof.pi_a", ["1", "3", "1"]), "InvalidProofError", "proof.pi_a"],
  [
    "coordinate above q",
    at("proof.pi_a", [String(2n ** 255n), "2", "1"]),
    "OutOfRangeError",
    "bundle.proof.pi_a[0]",
  ],
  ["commitment above r", set({ commitment: String(2n ** 255n) }), "OutOfRangeError", "bundle.commitment"],
  [
    "a key that is not called one of development",
    at("key.warning", "Safe."),
    "StatementMismatchError",
    "bundle.key.warning",
  ],
];

export const PROFILES: readonly Case[] = [
  [
    "shock above the cap",
    at("scenarios.1.shocks.BTC", 4001),
    "OutOfRangeError",
    "profile.scenarios[1].shocks.BTC",
  ],
  [
    "shock of no asset",
    at("scenarios.1.shocks.WAGMI", 1),
    "UnknownAssetError",
    "profile.scenarios[1].shocks.WAGMI",
  ],
  [
    "debt factor below the interest",
    at("assets.1.debtFactor", 10_000),
    "OutOfRangeError",
    "profile.assets[1].debtFactor",
  ],
  [
    "collateral factor above 1",
    at("assets.1.collateralFactor", 10_001),
    "OutOfRangeError",
    "profile.assets[1].collateralFactor",
  ],
  ["exponent", text('"shockCap":3280', '"shockCap":328e1'), "FormatError", "profile.shockCap"],
  ["truncated", truncated, "MalformedError", "profile"],
];

export const HISTORIES: readonly Case[] = [
  ["no number", "date,BTC\n2021-05-17,ten\n", "FormatError", "history.line2.BTC"],
  ["hexadecimal", "date,BTC\n2021-05-17,0x9c40\n", "FormatError", "history.line2.BTC"],
  ["zero price", "date,BTC\n2021-05-17,0\n", "OutOfRangeError", "history.line2.BTC"],
  [
    "a date with two closes",
    "date,BTC\n2021-05-17,1\n2021-05-17,2\n",
    "DuplicateFieldError",
    "history.line3.date",
  ],
  ["an asset twice", "date,BTC,BTC\n2021-05-17,1,1\n", "DuplicateAssetError", "history.line1"],
  ["no listed asset", "date,PEPE\n2021-05-17,1\n", "MissingFieldError", "history"],
  ["no rows", "date,BTC\n", "MalformedError", "history"],
];

export const FUNDINGS: readonly Case[] = [
  ["unknown asset", "asset,index\nWAGMI,1\n", "UnknownAssetError", "funding.line2.asset"],
  ["duplicate asset", "asset,index\nBTC,1\nBTC,1\n", "DuplicateAssetError", "funding.line3.asset"],
  ["too precise", "asset,index\nBTC,0.12345678901\n", "PrecisionError", "funding.line2.index"],
  ["missing asset", "asset,index\nBTC,1\n", "MissingFieldError", "funding"],
];
