import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  type ImportedBook,
  type ImportRequest,
  importBook,
  importBookCsv,
} from "../../src/book/import/importBook.js";
import { denseBook } from "../../src/book/opening.js";
import type { Position } from "../../src/book/position.js";
import { FormatError, ZkMarginError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";

const header = { account: "desk", sequence: 1, isolated: false };
type Options = Partial<ImportRequest>;

const fixture = (name: string): string => readFileSync(`examples/imports/${name}`, "utf8");
const read = (files: readonly (readonly [string, string])[], options: Options = {}): ImportedBook =>
  importBook({
    files: files.map(([path, text]) => ({ path, text })),
    header,
    listing: DEFAULT_LISTING,
    ...options,
  });
const fixtures = (names: readonly string[], options: Options = {}) =>
  read(
    names.map((name) => [name, fixture(name)] as const),
    options,
  );
const held = (asset: string, spot: string): Position => ({ asset, spot, perp: "0" });
const open = (asset: string, spot: string, perp: string, entryPrice: string): Position => ({
  asset,
  spot,
  perp,
  entryPrice,
  entryFunding: "0",
});

const USDT = { as: { USDT: "USDC" } };
const WETH = { as: { WETH: "ETH" } };
const aside = (...setAside: NonNullable<Options["setAside"]>): Options => ({ setAside });

/** What the files of each venue are read as, worked out by hand. */
const VENUES: Readonly<
  Record<string, { files: readonly string[]; options: Options; positions: readonly Position[] }>
> = {
  binance: {
    files: ["binance-positions.json", "binance-balances.json"],
    options: USDT,
    positions: [
      held("USDC", "122607.351379"),
      open("BTC", "0", "-1.25", "43127.4"),
      held("BNB", "12.5"),
      open("DOGE", "0", "150000", "0.08512"),
    ],
  },
  bybit: {
    files: ["bybit-positions.json", "bybit-balances.json"],
    options: USDT,
    positions: [
      held("USDC", "80000.25"),
      // 2 long at 42000.5 and 0.5 short at 43500 are 1.5 long at (84001 − 21750) / 1.5, no cheaper than that.
      open("BTC", "1.75", "1.5", "41500.666666666666666667"),
      // The session's price, not the average: the profit since then alone is not in the wallet yet.
      open("ETH", "0", "-10", "2500"),
    ],
  },
  okx: {
    files: ["okx-positions.json", "okx-balances.json", "okx-instruments.json"],
    options: USDT,
    positions: [
      held("USDC", "50000"),
      // 150 contracts of 0.01 short at 43250.1, and 200 of $100 long at 40000, which are 0.5 coins.
      open("BTC", "3", "-1", "44875.15"),
      held("ETH", "-4.002"),
    ],
  },
  deribit: {
    files: ["deribit-positions.json"],
    options: { ...aside("options"), round: true },
    // 136 / 1191.14 − 0.000232514 = 0.1139438214…, and 136 dollars for 0.113943821.
    positions: [open("ETH", "0", "0.113943821", "1193.570645660548806767")],
  },
  "deribit account": {
    files: ["deribit-account.json"],
    options: aside("options"),
    positions: [held("BTC", "302.5680766")],
  },
  dydx: {
    files: ["dydx.json"],
    options: {},
    positions: [
      // −5153.25 + 1.5 · 42000.123456 − 10 · 2600.
      held("USDC", "31846.935184"),
      open("BTC", "0", "1.5", "42000.123456"),
      open("ETH", "0", "-10", "2600"),
    ],
  },
  hyperliquid: {
    files: ["hyperliquid.json"],
    options: {},
    positions: [
      // 13090.486852 + 0.0335 · 2986.3 − 1000 · 0.0861.
      held("USDC", "13104.427902"),
      open("ETH", "0", "0.0335", "2986.3"),
      open("DOGE", "0", "-1000", "0.0861"),
    ],
  },
  ccxt: {
    files: ["ccxt-positions.json", "ccxt-balance.json"],
    options: { ...USDT, totals: "equity" },
    positions: [
      held("USDC", "20000"),
      open("BTC", "0.2", "0.5", "42000.5"),
      open("ETH", "0", "-3", "2555.25"),
    ],
  },
  aave: {
    files: ["aave.json"],
    options: WETH,
    positions: [held("USDC", "-31250.123457"), held("ETH", "25")],
  },
  aavekit: {
    files: ["aavekit.json"],
    options: WETH,
    positions: [held("USDC", "-31250.123457"), held("ETH", "25")],
  },
};

/** Runs a hostile import; what is refused must not quote what the file holds. */
function attempt(work: () => ImportedBook, secrets: readonly string[]): readonly Position[] | string {
  try {
    const { book } = work();
    denseBook(book, DEFAULT_LISTING, DEFAULT_LISTING.length);
    return book.positions;
  } catch (error) {
    assert.ok(error instanceof ZkMarginError, String(error));
    for (const secret of secrets)
      assert.ok(!error.message.includes(secret), `${error.message} quotes ${secret}`);
    return error.message;
  }
}

type Path = readonly (string | number)[];

/** The paths of all numbers of these fields in a document. */
function pathsOf(json: unknown, fields: readonly string[], at: Path = []): Path[] {
  if (Array.isArray(json)) return json.flatMap((item, i) => pathsOf(item, fields, [...at, i]));
  if (json === null || typeof json !== "object") return [];
  return Object.entries(json).flatMap(([key, value]) => [
    ...(fields.includes(key) && (typeof value === "string" || typeof value === "number")
      ? [[...at, key]]
      : []),
    ...pathsOf(value, fields, [...at, key]),
  ]);
}

function changed(json: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const copy = structuredClone(json);
  let parent = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as typeof parent;
  const last = path.at(-1) ?? "";
  const value = change(parent[last]);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Every object of a document with its keys the other way round, and with keys of tomorrow's version. */
function reordered(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(reordered);
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(
    Object.entries(json)
      .reverse()
      .map(([key, value]) => [key, reordered(value)]),
  );
}
const numbersAsTexts = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(numbersAsTexts)
    : json !== null && typeof json === "object"
      ? Object.fromEntries(Object.entries(json).map(([key, value]) => [key, numbersAsTexts(value)]))
      : typeof json === "number"
        ? String(json)
        : json;

/** Fields that make up the book, by reader. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  binance: ["positionAmt", "entryPrice", "balance"],
  bybit: ["size", "side", "sessionAvgPrice", "walletBalance", "spotBorrow"],
  okx: ["pos", "posSide", "avgPx", "cashBal", "interest", "ctVal"],
  deribit: ["size", "direction", "mark_price", "floating_profit_loss"],
  "deribit account": ["balance", "futures_session_rpl"],
  dydx: ["size", "side", "entryPrice"],
  hyperliquid: ["szi", "entryPx", "totalRawUsd"],
  ccxt: ["contracts", "contractSize", "side", "entryPrice"],
  aave: ["decimals", "currentATokenBalance", "currentVariableDebt"],
  aavekit: ["raw", "decimals"],
};
/** Numbers of those names that say nothing about the book. */
const IRRELEVANT =
  /^(data\.\d+\.interest|marginSummary\.|data\.\w+\.\d+\.(currency|apy)\.|result\.1\.(mark_price|direction|floating))/;
/** Fields that another figure of the same file vouches for. */
const VOUCHED: Readonly<Record<string, readonly string[]>> = {
  binance: ["positionAmt"],
  bybit: ["size", "walletBalance"],
  okx: ["pos", "cashBal", "ctVal"],
  deribit: ["size", "mark_price"],
  "deribit account": ["balance"],
  dydx: ["size"],
  hyperliquid: ["szi", "totalRawUsd"],
  ccxt: ["contracts", "contractSize"],
  aave: [],
  aavekit: ["raw", "decimals"],
};
/** Texts and values that no number or word is. */
const JUNK: readonly unknown[] = [
  ...[
    "",
    " 1",
    "1 ",
    "1,5",
    "1.234,5",
    "1'000",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "--1",
    "1e400",
    "1.2.3",
  ],
  ...[
    "1_000",
    "\u0661",
    "true",
    "null",
    "USD",
    "1BTC",
    "$5",
    "%",
    "\u00a01",
    "9".repeat(90),
    null,
    true,
    {},
    [],
    [1],
  ],
];
/** Of optional fields an empty one may be absent, and the book is then another that says the same by the rest. */
const OPTIONAL = [
  "sessionAvgPrice",
  "spotBorrow",
  "interest",
  "futures_session_rpl",
  "size",
  "pos",
  "contracts",
];

describe("importBook", () => {
  for (const [name, { files, options, positions }] of Object.entries(VENUES)) {
    it(`reads what ${name} answers`, () => {
      const imported = fixtures(files, options);
      assert.deepEqual(imported.book, { ...header, positions });
      assert.equal(imported.sources.length, files.length);
      assert.ok(imported.sources.every(({ source }) => source === imported.sources[0]?.source));
      for (const { read, stated, name } of imported.totals) {
        const apart = Number(read.n) / Number(read.d) - Number(stated.n) / Number(stated.d);
        assert.ok(Math.abs(apart) < 1e-6, `${name}: ${apart}`);
      }
      denseBook(imported.book, DEFAULT_LISTING, DEFAULT_LISTING.length);
      // In any order, and named.
      const from = imported.sources[0]?.source.toLowerCase() ?? "";
      assert.deepEqual(fixtures([...files].reverse(), { ...options, from }).book, imported.book);
    });

    it(`misreads no odd or hostile answer of ${name}`, () => {
      const texts = files.map((file) => [file, fixture(file)] as const);
      const secrets = positions.flatMap(({ spot, perp, entryPrice }) =>
        [spot, perp, entryPrice ?? ""].filter((text) => text.length > 4),
      );
      let tried = 0;
      const run = (at: number, text: string) => {
        tried++;
        return attempt(
          () =>
            read(
              texts.map((file, i) => [file[0], i === at ? text : file[1]]),
              options,
            ),
          secrets,
        );
      };
      texts.forEach(([file, text], at) => {
        const json = JSON.parse(text);
        const same: readonly string[] = [
          `\uFEFF${text}`,
          text.replaceAll("\n", "\r\n"),
          JSON.stringify(json),
          JSON.stringify(reordered(json)),
          JSON.stringify(numbersAsTexts(json), null, "\t"),
          `\n\n  ${text}\n\n`,
        ];
        for (const odd of same)
          assert.deepEqual(run(at, odd), positions, `${file}: the same otherwise written`);
        const broken: readonly string[] = [
          ...[0.1, 0.5, 0.9].map((share) => text.slice(0, Math.floor(text.length * share))),
          text.trimEnd().slice(0, -1),
          `${text},`,
          text + text,
          text.replace(":", ": //\n"),
          text.replaceAll('"', "'"),
          text.replace(/,\n/, ",,\n"),
          text.replace(/"([a-zA-Z_]+)": ("?[^,{["]*"?),/, '"$1": $2, "$1": $2,'),
          `[${text}]`,
          "{}",
          "[]",
          "[{}]",
          "null",
          "42",
          '"x"',
          '{"error":{"code":10009,"message":"not_enough_funds"}}',
          "[".repeat(100_000),
        ];
        for (const [i, odd] of broken.entries())
          assert.equal(typeof run(at, odd), "string", `${file}: broken in way ${i}`);
        const relevant = (fields: readonly string[]) =>
          pathsOf(json, fields).filter((path) => !IRRELEVANT.test(path.join(".")));
        for (const path of relevant(VOUCHED[name] ?? []))
          for (const factor of [10, 0.1, 1000, -1]) {
            const times = (value: unknown) => String(Number((Number(value) * factor).toPrecision(12)));
            // dYdX's sizes may have a sign or none, as the side says it; Deribit's second position is an option.
            if ((factor === -1 && name === "dydx") || (name === "deribit" && path[1] === 1)) continue;
            if (Number(path.reduce((at, step) => (at as never)[step], json)) === 0) continue;
            const got = run(at, JSON.stringify(changed(json, path, times)));
            assert.equal(typeof got, "string", `${file}: ${path.join(".")} times ${factor}`);
          }
        const telling = relevant(TELLING[name] ?? []);
        for (const path of telling)
          for (const junk of [undefined, ...JUNK]) {
            const got = run(at, JSON.stringify(changed(json, path, () => junk)));
            const absent = junk === undefined || junk === "" || junk === null;
            if (absent && OPTIONAL.includes(String(path.at(-1)))) continue;
            assert.equal(typeof got, "string", `${file}: ${path.join(".")} as ${JSON.stringify(junk)}`);
          }
      });
      assert.ok(tried >= 40, String(tried));
    });
  }
});

const HEADER = "asset,spot,perp,entry price,entry funding";
const table = (text: string, options: Options = {}) => read([["book", text]], options);

/** One table written in many ways, of which each reads as the same book. */
const BOOK: readonly Position[] = [held("USDC", "1250000.5"), open("BTC", "12.5", "-3", "43127.25")];
const SAME: Readonly<Record<string, readonly [text: string, options?: Options]>> = {
  plain: [`${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,-3,43127.25,0\n`],
  "without a last newline": [`${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,-3,43127.25,0`],
  "CR LF": [`${HEADER}\r\nUSDC,1250000.5,,,\r\nBTC,12.5,-3,43127.25,0\r\n`],
  "CR alone": [`${HEADER}\rUSDC,1250000.5,,,\rBTC,12.5,-3,43127.25,0\r`],
  "a byte-order mark": [`\uFEFF${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,-3,43127.25,\n`],
  "another order": ["perp,entry price,spot,asset\n-3,43127.25,12.5,BTC\n,,1250000.5,USDC\n"],
  "another case": ["ASSET,Spot,PERP,Entry Price\nusdc,1250000.5,,\nbtc,12.5,-3,43127.25\n"],
  "names with marks and units": [
    "Asset;Spot, units;perp (units);entry_price, $\nUSDC;1250000.5;;\nBTC;12.5;-3;43127.25\n",
  ],
  "columns beside them": [`note,${HEADER},updated\nx,USDC,1250000.5,,,,today\n,BTC,12.5,-3,43127.25,0,\n`],
  "quoted cells": [
    `"asset","spot","perp","entry price"\n"USDC","1250000.5","",""\n"BTC","12.5","-3","43127.25"\n`,
  ],
  "quoted thousands": [`asset,spot,perp,entry price\nUSDC,"1,250,000.5",,\nBTC,12.5,-3,"43,127.25"\n`],
  "spaced thousands": ["asset;spot;perp;entry price\nUSDC;1 250 000.5;;\nBTC;12.5;-3;43\u00a0127.25\n"],
  "thousands with apostrophes": [
    "asset;spot;perp;entry price\nUSDC;1'250'000.5;;\nBTC;12.5;-3;43\u2019127.25\n",
  ],
  semicolons: ["asset;spot;perp;entry price\nUSDC;1250000.5;;\nBTC;12.5;-3;43127.25\n"],
  tabs: ["asset\tspot\tperp\tentry price\nUSDC\t1250000.5\t\t\nBTC\t12.5\t-3\t43127.25\n"],
  bars: ["asset|spot|perp|entry price\nUSDC|1250000.5||\nBTC|12.5|-3|43127.25\n"],
  "sep=": ["sep=;\nasset;spot;perp;entry price\nUSDC;1250000.5;;\nBTC;12.5;-3;43127.25\n"],
  German: ["asset;spot;perp;entry price\nUSDC;1.250.000,5;;\nBTC;12,5;-3;43.127,25\n", { locale: "de" }],
  French: ["asset;spot;perp;entry price\nUSDC;1 250 000,5;;\nBTC;12,5;-3;43\u202f127,25\n", { locale: "fr" }],
  Swiss: ["asset;spot;perp;entry price\nUSDC;1’250’000.5;;\nBTC;12.5;-3;43'127.25\n", { locale: "de-CH" }],
  Indian: [
    'asset,spot,perp,entry price\nUSDC,"12,50,000.5",,\nBTC,12.5,-3,"43,127.25"\n',
    { locale: "en-IN" },
  ],
  "English said": [
    'asset,spot,perp,entry price\nUSDC,"1,250,000.5",,\nBTC,12.5,-3,"43,127.25"\n',
    { locale: "en" },
  ],
  "blank lines": [`\n\n${HEADER}\n\nUSDC,1250000.5,,,\n,,,,\n   \nBTC,12.5,-3,43127.25,0\n\n`],
  "lines of totals": [
    `${HEADER}\nUSDC,1250000.5,,,\nSubtotal,1250000.5,,,\nBTC,12.5,-3,43127.25,0\nTotal:,9,9,9,9\n`,
  ],
  "a title above": [
    `Positions of desk 1\nas of,today\n\n${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,-3,43127.25,0\n`,
  ],
  "white space": ["asset , spot, perp ,entry price\nUSDC , 1250000.5 ,,\n BTC,\t12.5,-3 , 43127.25\n"],
  "units in the names": [
    "Asset;Balance (units);Perp;Entry Price, $\nUSDC;1250000.5;;\nBTC;12.5;-3;43127.25\n",
  ],
  "two accounts to be added up": [
    `account,${HEADER}\none,USDC,1250000.5,,,\ntwo,BTC,12.5,-3,43127.25,0\n`,
    { add: true },
  ],
  "a true minus sign": ["asset,spot,perp,entry price\nUSDC,1250000.5,,\nBTC,12.5,\u22123,43127.25\n"],
  parentheses: ["asset,spot,perp,entry price\nUSDC,1250000.5,,\nBTC,12.5,(3),$43127.25\n"],
  "a side": ["asset,spot,perp,side,entry price\nUSDC,1250000.5,,,\nBTC,12.5,3,Short,43127.25\n"],
  "a side and a sign": ["asset,spot,perp,side,entry price\nUSDC,1250000.5,,,\nBTC,12.5,-3,SELL,43127.25\n"],
  "debts of their own": ["asset,spot,debt,perp,entry price\nUSDC,1250001,0.5,,\nBTC,12.5,,-3,43127.25\n"],
  "debts with a sign": ["asset,spot,debt,perp,entry price\nUSDC,1250001,-0.5,,\nBTC,12.5,0,-3,43127.25\n"],
  "two lines of one asset": [`${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,,,\nBTC,,-3,43127.25,0\n`],
  "long and short": [`${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,1,43127.25,\nBTC,,-4,43127.25,0\n`],
  "a perpetual by its name": [`${HEADER}\nUSDC,1250000.5,,,\nBTC,12.5,,,\nBTCUSDT,,-3,43127.25,0\n`],
  "a perpetual by another name": [
    `${HEADER}\nUSDC,1250000.5,,,\nXBT,12.5,,,\nBTC-USDT-SWAP,,-3,43127.25,0\n`,
  ],
  "exponents of programs": [`${HEADER}\nUSDC,1.2500005e6,,,\nBTC,125e-1,-3,4.312725e4,0\n`],
  "mapped names": [
    "Coin,Total,Qty,Px\nUSDC,1250000.5,,\nBTC,12.5,-3,43127.25\n",
    {
      map: [
        { column: "asset", name: "coin" },
        { column: "spot", name: "Total" },
        { column: "perp", name: "#3" },
        { column: "entry price", name: "PX" },
      ],
    },
  ],
  "ignored names": [
    `${HEADER},side\nUSDC,1250000.5,,,,x\nBTC,12.5,-3,43127.25,0,y\n`,
    { map: [{ column: "ignore", name: "side" }] },
  ],
  "zeros of what is not listed": [
    `${HEADER}\nUSDC,1250000.5,,,\nSHIB,0,,,\nBTC,12.5,-3,43127.25,0\nPEPE,0.00,0,,\n`,
  ],
  "what is not listed set aside": [
    `${HEADER}\nUSDC,1250000.5,,,\nSHIB,5000,,,\nBTC,12.5,-3,43127.25,0\n`,
    aside("unlisted"),
  ],
  "options set aside": [
    `${HEADER}\nUSDC,1250000.5,,,\nBTC-27JUN25-100000-C,,-20,0.05,\nBTC,12.5,-3,43127.25,0\n`,
    aside("options"),
  ],
  "one coin as another": [`${HEADER}\nUSDT,1250000.5,,,\nBTC,12.5,-3,43127.25,0\n`, USDT],
};

/** Tables of which none may be read. */
const REFUSED: Readonly<Record<string, readonly [text: string, options?: Options]>> = {
  nothing: [""],
  "a header alone of others": ["name,size\nBTC,987654\n"],
  "an amount without a name": ["asset,amount\nBTC,987654\n"],
  "two assets": ["asset,symbol,spot\nBTC,ETH,987654\n"],
  "two columns of one name": ["asset,spot,spot\nBTC,987654,987655\n"],
  "a side that is not mapped": ["asset,perp,entry price,Position Direction\nBTC,987654,1,Short\n"],
  "a loan that is not mapped": ["asset,spot,Loan amount\nBTC,987654,1\n"],
  "collateral that is not mapped": ["asset,spot,Collateral\nUSDC,5,987654\n"],
  "a deposit that is not mapped": ["asset,spot,Deposit amount\nBTC,5,987654\n"],
  "a supply that is not mapped": ["asset,spot,Supplied\nBTC,5,987654\n"],
  "what is staked and not mapped": ["asset,spot,Staked\nETH,5,987654\n"],
  "what is lent and not mapped": ["asset,spot,Lent out\nBTC,5,987654\n"],
  "contract sizes": ["asset,perp,entry price,contract size\nBTC,987654,1,0.01\n"],
  "one group": [`asset;spot\nBTC;987,654\n`],
  "one quoted group": [`asset,spot\nBTC,"987,654"\n`],
  "a point between semicolons": ["asset;spot\nBTC;987.654\n"],
  "a decimal comma": ["asset;spot\nBTC;98765,4\n"],
  "groups of two": [`asset;spot\nBTC;98,76,54\n`],
  "groups of points": ["asset;spot\nBTC;9.876.543\n"],
  "both marks, the wrong way": ["asset;spot\nBTC;9.876,54\n"],
  "a point in German": ["asset;spot\nBTC;98.76\n", { locale: "de" }],
  "two commas in German": ["asset;spot\nBTC;9,876,54\n", { locale: "de" }],
  "no such language": ["asset;spot\nBTC;987654\n", { locale: "klingon" }],
  "thousands split by commas": [`${HEADER}\nBTC,987,654,,\n`],
  "thousands split, without a perpetual": ["asset,spot,note\nBTC,987,654\n"],
  "a cell too many": ["asset,spot\nBTC,987654,\n"],
  "a cell too few": ["asset,spot,note\nBTC,987654\n"],
  "a quotation mark that stays open": ['asset,spot\n"BTC,987654\n'],
  "a quotation mark inside": ['asset,spot\nB"TC,987654\n'],
  hexadecimal: ["asset,spot\nBTC,0x987654\n"],
  "leading zeros": ["asset,spot\nBTC,00987654\n"],
  NaN: ["asset,spot\nBTC,NaN\n"],
  "a dash": ["asset,spot\nBTC,-\n"],
  "an error of a spreadsheet": ["asset,spot\nBTC,#REF!\n"],
  "a formula": ["asset,spot\nBTC,=987654\n"],
  "a shortened number": ["asset,spot\nBTC,9.87654E+11\n"],
  "a percentage": ["asset,spot\nBTC,98.7654%\n"],
  "a unit": ["asset,spot\nBTC,987654 BTC\n"],
  "an odd sign": ["asset,spot\nBTC,--987654\n"],
  "a sign in parentheses": ["asset,spot\nBTC,(-987654)\n"],
  "a sign behind": ["asset,spot\nBTC,987654-\n"],
  "a bare point": ["asset,spot\nBTC,987654.\n"],
  "Arabic digits": ["asset,spot\nBTC,\u0669\u0668\u0667\n"],
  "more decimals than the quantum": ["asset,spot\nBTC,0.987654321\n"],
  "2^64 quanta": ["asset,spot\nBTC,184467440737.09551616\n"],
  "90 digits": [`asset,spot\nBTC,${"9".repeat(90)}\n`],
  "no asset": ["asset,spot,note\n,987654,x\n"],
  "an asset without an amount": ["asset,spot,note\nBTC,,x\n"],
  "an unlisted asset": ["asset,spot\nSHIB,987654\n"],
  "an unlisted debt, set aside": ["asset,spot\nSHIB,-987654\n", aside("unlisted")],
  "an unlisted perpetual, set aside": [`${HEADER}\nSHIB,,987654,1,\n`, aside("unlisted")],
  "an asset twice": ["asset,spot\nBTC,987654\nBTC,1\n"],
  "an asset under two names": ["asset,spot\nBTC,987654\nXBT,1\n"],
  "a perpetual twice": [`${HEADER}\nBTC,,987654,1,\nBTC,,987654,1,\n`],
  "a perpetual without entry price": [`${HEADER}\nBTC,0,987654,,\n`],
  "an entry price of 0": [`${HEADER}\nBTC,0,987654,0,\n`],
  "an entry price below 0": [`${HEADER}\nBTC,0,987654,-1,\n`],
  "an entry price without perpetual": [`${HEADER}\nBTC,1,,987654,\n`],
  "an entry funding without perpetual": [`${HEADER}\nBTC,1,,,987654\n`],
  "an entry price of 19 decimals": [`${HEADER}\nBTC,,1,0.9876540000000000001,\n`],
  "long of a negative size": ["asset,perp,entry price,side\nBTC,-987654,1,long\n"],
  "a side of another word": ["asset,perp,entry price,side\nBTC,987654,1,up\n"],
  "a debt as a holding below 0 and in a column": ["asset,spot,debt\nUSDC,-987654,987654\n"],
  "a holding in dollars": ["asset,Balance (USD)\nBTC,987654\n"],
  "a holding in thousands": ["asset,Balance [thousands]\nBTC,987654\n"],
  "an amount of dollars": ["asset,spot\nBTC,$987654\n"],
  "a position in contracts": ["asset,Position (contracts),entry price\nBTC,987654,1\n"],
  "an entry price in euros": ["asset,perp,Entry Price (EUR)\nBTC,987654,1\n"],
  "a quote in euros": ["asset,perp,entry price,quote\nBTC,987654,1,EUR\n"],
  "a holding with the side of a debt": ["asset,side,spot\nBTC,Short,987654\n"],
  "a row that is a loan": ["asset,spot,type\nUSDC,987654,Loan\n"],
  "a row that is closed": ["asset,perp,entry price,status\nBTC,987654,1,CLOSED\n"],
  "a row with a margin of its own": ["asset,perp,entry price,mode\nBTC,987654,1,Isolated\n"],
  "debts in German": ["asset,spot,Schulden\nUSDC,987654,1\n"],
  "a unit in a column": ["asset,spot,unit\nBTC,987654,lots\n"],
  "two accounts": ["account,asset,spot\none,BTC,987654\ntwo,ETH,987654\n"],
  "another table above": ["coin,free,locked\nBTC,987654,2\n\nasset,perp,entry price\nETH,987654,1\n"],
  "a debt twice": ["asset,spot,debt\nBTC,-987654,1\nUSDC,-5,-5\n"],
  "an option": [`${HEADER}\nBTC-27JUN25-100000-C,,-987654,1,\n`],
  "a dated future": [`${HEADER}\nBTC-27JUN25,,-987654,1,\n`],
  "an inverse contract": [`${HEADER}\nBTC-PERPETUAL,,987654,1,\n`],
  "a perpetual in euros": [`${HEADER}\nBTCEUR,,987654,1,\n`],
  "long and short with a profit alone": [`${HEADER}\nBTC,,987654,1,\nBTC,,-987654,2,\n`],
  "long and short with a larger profit": [`${HEADER}\nBTC,,10,1000,\nBTC,,-9,2000,\n`],
  "a column mapped twice": [
    `${HEADER}\nBTC,987654,,,\n`,
    {
      map: [
        { column: "spot", name: "perp" },
        { column: "perp", name: "perp" },
      ],
    },
  ],
  "a mapped column that is not there": [
    `${HEADER}\nBTC,987654,,,\n`,
    { map: [{ column: "spot", name: "Total" }] },
  ],
  "an HTML page": ["<html><table><tr><td>BTC</td><td>987654</td></tr></table></html>"],
  "JSON of another kind": ['{"BTC":"987654"}'],
};

describe("importBook, of tables", () => {
  for (const [name, [text, options]] of Object.entries(SAME))
    it(`reads ${name}`, () => assert.deepEqual(table(text, options).book.positions, BOOK));
  for (const [name, [text, options]] of Object.entries(REFUSED))
    it(`refuses ${name}`, () => {
      const got = attempt(() => table(text, options), ["987", "BTC", "SHIB", "1844674"]);
      assert.equal(typeof got, "string", JSON.stringify(got));
    });
});

describe("importBook, of columns that are not read", () => {
  const text = "asset,spot,Collateral,Vault\nUSDC,5,7,1\n";

  it("takes a column that is refused once it is mapped, or ignored", () => {
    const amount = (options: Options) => table(text, options).book.positions;
    assert.deepEqual(
      amount({
        map: [
          { column: "spot", name: "Collateral" },
          { column: "ignore", name: "spot" },
        ],
      }),
      [held("USDC", "7")],
    );
    assert.deepEqual(amount({ map: [{ column: "ignore", name: "Collateral" }] }), [held("USDC", "5")]);
  });

  it("names the columns that are not read, and not what they hold", () => {
    const { notes } = table("asset,spot,Vault,updated\nUSDC,5,987654,today\n");
    assert.deepEqual(
      notes.filter((note) => /not read/.test(note)),
      ["book: not read: Vault, updated; if one is a part of the book, say which by --map"],
    );
  });
});

describe("importBook, of what is special", () => {
  const balance = (asset: string, amount: string, cross = amount) => ({
    asset,
    balance: amount,
    crossWalletBalance: cross,
  });
  const position = (symbol: string, positionAmt: string, entryPrice: string, more: object = {}) => ({
    symbol,
    positionAmt,
    entryPrice,
    ...more,
  });
  const of = (documents: readonly unknown[], options: Options = {}) =>
    read(
      documents.map((json, i) => [`file${i + 1}`, JSON.stringify(json)] as const),
      options,
    );
  const refused = (documents: readonly unknown[], options: Options, words: RegExp) =>
    assert.throws(
      () => of(documents, options),
      (error) => error instanceof ZkMarginError && words.test(error.message),
    );

  it("counts contracts of many units of an asset", () => {
    const names = ["1000XRPUSDT", "XRP1000USDT", "1000000XRPUSDC", "1MXRPUSDT"];
    const sizes = names.map((name) => of([[position(name, "-2", "600")]]).book.positions[0]);
    assert.deepEqual(
      sizes.map((one) => [one?.perp, one?.entryPrice]),
      [
        ["-2000", "0.6"],
        ["-2000", "0.6"],
        ["-2000000", "0.0006"],
        ["-2000000", "0.0006"],
      ],
    );
    refused([[position("1000SHIBUSDT", "-2", "600")]], {}, /listed asset/);
    refused([[position("BTCEUR", "-2", "600")]], {}, /quoted in USD, USDC or USDT/);
    assert.equal(
      of([[position("BTCFDUSD", "1", "600")]], { as: { FDUSD: "USDC" } }).book.positions[0]?.perp,
      "1",
    );
  });

  it("counts inverse contracts so that they are worth the same at every price, or less by a quantum at most", () => {
    const inverse = (amt: string, entry: string, options: Options) =>
      of([[position("BTCUSD_PERP", amt, entry)]], { contracts: { BTCUSD_PERP: "100" }, ...options }).book
        .positions[0];
    assert.deepEqual(inverse("200", "40000", {}), open("BTC", "0", "0.5", "40000"));
    refused(
      [[position("BTCUSD_PERP", "200", "41000")]],
      { contracts: { BTCUSD_PERP: "100" } },
      /decimals.*--round/,
    );
    refused([[position("BTCUSD_PERP", "200", "41000")]], {}, /size of one contract.*--contract/);
    for (const contracts of ["200", "-200"]) {
      const { perp = "", entryPrice = "" } = inverse(contracts, "41000", { round: true }) ?? {};
      const scale = (text: string, decimals: number) => {
        const [whole = "", fraction = ""] = text.split(".");
        return BigInt(whole + fraction.padEnd(decimals, "0"));
      };
      const [size, price, notional] = [scale(perp, 8), scale(entryPrice, 18), BigInt(contracts) * 100n];
      assert.equal(size, contracts === "200" ? 48780487n : -48780488n);
      // size · price is no lower than the notional, and by less than the last digit of the price times the size.
      const over = size * price - notional * 10n ** 26n;
      assert.ok(over >= 0n && over < (size < 0n ? -size : size), String(over));
    }
  });

  it("takes isolated positions for accounts of their own", () => {
    const positions = [
      position("BTCUSDT", "1", "40000", { isolatedWallet: "5000" }),
      position("ETHUSDT", "2", "2500"),
    ];
    const wallets = [balance("USDC", "20000", "15000")];
    refused([positions], {}, /isolated margin.*--set-aside isolated/);
    refused([wallets], {}, /isolated positions in part.*--set-aside isolated/);
    const { book, setAside } = of([positions, wallets], aside("isolated"));
    assert.deepEqual(book.positions, [held("USDC", "15000"), open("ETH", "0", "2", "2500")]);
    assert.deepEqual(
      setAside.map(({ path }) => path),
      ["file1[0]", "file2[0].crossWalletBalance"],
    );
  });

  it("wants entry prices of a Binance account from its positions", () => {
    const account = {
      assets: [{ asset: "USDC", walletBalance: "100", unrealizedProfit: "5", marginBalance: "105" }],
      positions: [
        { symbol: "BTCUSDC", positionAmt: "0.5" },
        { symbol: "ETHUSDT", positionAmt: "0" },
      ],
    };
    refused(
      [account],
      {},
      /file1\.positions\[0\]: expected an entry price, got none; give the answer of GET/,
    );
    refused([account, [position("BTCUSDC", "0.6", "40000")]], {}, /an entry price/);
    const { positions } = of([account, [position("BTCUSDC", "0.5", "40000")]]).book;
    assert.deepEqual(positions, [held("USDC", "100"), open("BTC", "0", "0.5", "40000")]);
  });

  it("misses positions of which the balances state a profit, and pages of a list", () => {
    refused(
      [JSON.parse(fixture("binance-balances.json"))],
      USDT,
      /the positions whose unrealised profit this is/,
    );
    refused(
      [JSON.parse(fixture("bybit-balances.json"))],
      USDT,
      /the positions whose unrealised profit this is/,
    );
    refused(
      [JSON.parse(fixture("okx-balances.json"))],
      USDT,
      /the positions whose unrealised profit this is/,
    );
    const { totals } = fixtures(["binance-positions.json", "binance-balances.json"], USDT);
    assert.ok(totals.some(({ name, unit }) => /beside that of balances/.test(name) && unit === "USDT"));

    const page = (count: number, nextPageCursor: string) => {
      const answer = JSON.parse(fixture("bybit-positions.json"));
      const one = { ...answer.result.list[0], side: "Buy" };
      const list = Array.from({ length: count }, (_, i) => ({
        ...one,
        symbol: i === 0 ? "BTCUSDC" : "ETHUSDT",
        size: i === 0 ? "2" : "0",
      }));
      return { ...answer, result: { ...answer.result, list, nextPageCursor } };
    };
    refused([page(20, "x")], {}, /nextPageCursor: expected all pages/);
    assert.equal(of([page(20, "x"), page(3, "y")], { add: true }).book.positions[0]?.perp, "4");
    assert.equal(of([page(20, "")]).book.positions[0]?.perp, "2");
  });

  it("misses some of the positions, where the balances state the profit of more", () => {
    const wallet = (crossUnPnl: string) => [{ ...balance("USDC", "20000"), crossUnPnl }];
    const one = [position("BTCUSDC", "1", "40000", { markPrice: "41000", unRealizedProfit: "1000" })];
    refused([one, wallet("-9000")], {}, /file2\[0\]: expected the positions.*ones with another profit/);
    // Prices move between two requests.
    assert.equal(of([one, wallet("1400")]).book.positions.length, 2);
    assert.match([...of([one]).notes].join(), /no holding and no debt was read/);
    assert.doesNotMatch([...of([one, wallet("1400")]).notes].join(), /no holding/);
  });

  it("wants all pages of each list of Bybit, not of one", () => {
    const answer = JSON.parse(fixture("bybit-positions.json"));
    const [linear] = answer.result.list;
    const page = (symbol: string, count: number) => ({
      ...answer,
      result: {
        category: "linear",
        nextPageCursor: "x",
        list: Array.from({ length: count }, () => ({ ...linear, symbol, size: "0" })),
      },
    });
    refused([page("BTCUSDT", 20), page("BTCPERP", 3)], {}, /nextPageCursor: expected all pages/);
    assert.deepEqual(of([page("BTCUSDT", 20), page("ETHUSDT", 3)]).book.positions, []);
  });

  it("refuses rows of another answer that is named as a venue's", () => {
    const list = [{ symbol: "BTCUSDT", side: "Buy", qty: "5" }];
    refused(
      [{ retCode: 0, result: { category: "linear", list } }],
      { from: "bybit" },
      /size: expected a position/,
    );
    refused([{ code: "0", data: [{ ccy: "BTC", bal: "5" }] }], { from: "okx" }, /a row of another answer/);
    refused([{ data: { supplies: [] } }], { from: "aave" }, /userSupplies or userBorrows/);
  });

  it("checks the size of a contract of COIN-M by its value in coins", () => {
    const row = position("BTCUSD_PERP", "10", "40000", { markPrice: "40000", notionalValue: "0.025" });
    refused(
      [[row]],
      { contracts: { BTCUSD_PERP: "10" } },
      /notionalValue: expected contracts times their size/,
    );
    assert.equal(of([[row]], { contracts: { BTCUSD_PERP: "100" } }).book.positions[0]?.perp, "0.025");
  });

  it("refuses to add up the balances of a unified account of Hyperliquid", () => {
    const perps = JSON.parse(fixture("hyperliquid.json"));
    const spot = (hold: string) => ({
      balances: [{ coin: "USDC", token: 0, total: "250", hold, entryNtl: "0" }],
      tokenToAvailableAfterMaintenance: [[0, "180"]],
    });
    const expected = /tokenToAvailableAfterMaintenance: expected an account whose balances/;
    refused([spot("0"), perps], { round: true }, expected);
    refused([spot("70")], {}, expected);
    assert.deepEqual(of([spot("0")]).book.positions, [held("USDC", "250")]);
  });

  it("checks account and sequence", () => {
    const load = (change: object) => importBookCsv(HEADER, { ...header, ...change }, DEFAULT_LISTING);
    assert.equal(load({ sequence: 0 }).sequence, 0);
    assertFails(() => load({ account: "" }), FormatError, "book.account");
    for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN])
      assertFails(() => load({ sequence }), FormatError, "book.sequence");
  });

  it("names the line and the field of a table", () => {
    const at = (line: string) => {
      try {
        table(`note,${HEADER}\n\nx,USDC,1,,,\n${line}\n`);
      } catch (error) {
        return (error as ZkMarginError).message.split(":")[0];
      }
      return undefined;
    };
    assert.equal(at("x,SHIB,1,,,"), "book.line4.asset");
    assert.equal(at("x,BTC,?,,,"), "book.line4.spot");
    assert.equal(at("x,BTC,0.123456789,,,"), "book.line4.spot");
    assert.equal(at("x,BTC,,0.123456789,1,"), "book.line4.perp");
    assert.equal(at("x,BTC,,1,,"), "book.line4.entryPrice");
    assert.equal(at("x,BTC,,1,1,x"), "book.line4.entryFunding");
    assert.equal(at("x,BTC,1"), "book.line4");
  });

  it("counts nothing twice unless it is told to add up", () => {
    const wallets = [balance("USDC", "20000")];
    refused(
      [wallets, wallets],
      {},
      /file2\[0\]: expected each holding .* once, got one that file1\[0\] has too/,
    );
    assert.deepEqual(of([wallets, wallets], { add: true }).book.positions, [held("USDC", "40000")]);
    const other = JSON.parse(fixture("aave.json"));
    refused([wallets, other], WETH, /one account at Binance, got one of Aave.*--add/);
    assert.equal(of([wallets, other], { ...WETH, add: true }).book.positions[0]?.spot, "-11250.123457");
  });

  it("sets the funding index of the export as the one at entry, times the size", () => {
    const funding = { BTC: { n: 25n, d: 2n }, ETH: { n: -1n, d: 3n } };
    const positions = [position("BTCUSDT", "-1", "40000"), position("ETHUSDT", "2", "2500")];
    assert.deepEqual(
      of([positions], { funding }).book.positions.map(({ entryFunding }) => entryFunding),
      // Not a third: what is left over is against the account, which is long.
      ["12.5", "-0.333333333333333334"],
    );
  });

  it("refuses what is only like an answer", () => {
    const error = { retCode: 10003, retMsg: "API key is invalid.", result: { list: [] } };
    refused([error], { from: "bybit" }, /retCode: expected 0/);
    refused([{ code: "50113", msg: "Invalid Sign", data: [] }], { from: "okx" }, /code: expected 0/);
    refused(
      [{ ...JSON.parse(fixture("deribit-positions.json")), testnet: true }],
      { round: true },
      /test network/,
    );
    refused([{ data: { userReserves: [] } }], {}, /as old as the account's last transaction/);
    refused([[]], {}, /name it with --from/);
    assert.deepEqual(of([[]], { from: "binance" }).book.positions, []);
    refused([JSON.parse(fixture("okx-positions.json"))], {}, /size of one contract.*instruments/);
    refused(
      [JSON.parse(fixture("ccxt-positions.json")), JSON.parse(fixture("ccxt-balance.json"))],
      USDT,
      /--totals/,
    );
    refused([JSON.parse(fixture("deribit-positions.json"))], { round: true }, /sleeve.*--set-aside options/);
  });

  it("reads the venue's own answer in a balance of CCXT", () => {
    const info = JSON.parse(fixture("okx-balances.json"));
    for (const row of info.data[0].details)
      Object.assign(row, { upl: "0", eq: `${row.cashBal - row.interest}` });
    const total = { USDT: 50375.15, BTC: 3.0348837, ETH: -4.002 };
    const { book } = of([{ info, total, free: {}, used: {} }], USDT);
    assert.deepEqual(book.positions, [held("USDC", "50000"), held("BTC", "3"), held("ETH", "-4.002")]);
  });

  it("counts the positions in a balance of CCXT once, and misses none of them", () => {
    const row = { positionSide: "BOTH", unrealizedProfit: "1000", isolated: false };
    const assets = [
      { asset: "USDT", walletBalance: "1000", unrealizedProfit: "1000", marginBalance: "2000" },
    ];
    const info = (rest: object) => ({
      assets,
      positions: [{ ...row, symbol: "BTCUSDT", positionAmt: "1", ...rest }],
    });
    const balance = (rest: object) => ({ info: info(rest), total: { USDT: 2000 }, free: {}, used: {} });
    const fetched = {
      ...{ symbol: "BTC/USDT:USDT", side: "long", contracts: 1, contractSize: 1, entryPrice: 40000 },
      ...{ markPrice: 41000, unrealizedPnl: 1000, notional: 41000 },
    };
    const positions = [held("USDC", "1000"), open("BTC", "0", "1", "40000")];
    for (const rest of [{ entryPrice: "40000" }, {}]) {
      assert.deepEqual(of([[fetched], balance(rest)], USDT).book.positions, positions);
      assert.deepEqual(of([balance(rest), [fetched]], USDT).book.positions, positions);
    }
    assert.deepEqual(of([balance({ entryPrice: "40000" })], USDT).book.positions, positions);
    refused([[fetched], balance({ symbol: "ETHUSDT" })], USDT, /an entry price, got none; give what fetch/);
    refused([[{ ...fetched, contracts: null }]], USDT, /contracts: expected the number of contracts/);
  });

  it("passes over no total of CCXT that is not stated", () => {
    const sole = (change: object) => [{ info: {}, total: {}, free: {}, used: {}, ...change }];
    refused(sole({ free: { USDC: 5 } }), {}, /the total of an asset, got free or used alone/);
    refused(sole({ total: { USDC: null }, used: { USDC: 5 } }), {}, /free or used alone/);
    refused(
      sole({ total: { USDC: 5 }, USDC: { total: 6 } }),
      {},
      /one total of an asset, got two that differ/,
    );
    const { positions } = of(sole({ total: { USDC: 5 }, USDC: { total: 5, debt: 7 } })).book;
    assert.deepEqual(positions, [held("USDC", "-2")]);
    assert.deepEqual(of(sole({ ETH: { total: 3 }, timestamp: 1 })).book.positions, [held("ETH", "3")]);
  });
});
