import assert from "node:assert/strict";
import { importBookCsv } from "../../src/book/import/importBook.js";
import type { Position } from "../../src/book/position.js";
import { FormatError, type ZkMarginError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { assertFails } from "../support/failure.js";
import { aside, attempt, header, held, type Options, open, read, USDT } from "../support/imports.js";

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

  it("checks account and sequence", () => {
    const load = (change: object) => importBookCsv(HEADER, { ...header, ...change }, DEFAULT_LISTING);
    assert.equal(load({ sequence: 0 }).sequence, 0);
    assertFails(() => load({ account: "" }), FormatError, "book.account");
    for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN])
      assertFails(() => load({ sequence }), FormatError, "book.sequence");
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
