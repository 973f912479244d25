import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shippedHistory } from "../../src/cli/files.js";
import {
  DuplicateFieldError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../../src/errors.js";
import { offsetOf } from "../../src/market/date.js";
import { parseHistory } from "../../src/market/history.js";
import { type PriceSource } from "../../src/market/pricedAsset.js";
import { type JoinOptions, joinedCsv, joinPrices } from "../../src/market/priceFiles.js";
import { readDailyPrices, readPriceTable } from "../../src/market/priceTables.js";
import { DEFAULT_ASSETS, parseListing } from "../../src/protocol/listingFile.js";
import { errorOf, ROOT, workFolder, write, zk, zkJson, zkOk } from "../cli/support.js";
import { assertFails } from "../support/failure.js";

const UNIT = 10n ** 18n;
const OWN_FILE = join(ROOT, "examples/own-assets/listing.json");
const OWN = parseListing(readFileSync(OWN_FILE, "utf8"));
const file = (text: string, asset?: string, path = "file.csv"): PriceSource => ({
  path,
  text,
  ...(asset !== undefined && { asset }),
});
const joined = (sources: readonly PriceSource[], change: Partial<JoinOptions> = {}) =>
  joinPrices(sources, { listing: DEFAULT_ASSETS, step: "day", ...change });

describe("joined price files", () => {
  it("follow each other, and say which days no file has", () => {
    const july = file("date,close\n2024-07-30,1\n2024-07-31,2\n", "BTC");
    const august = file("date,close\n2024-08-03,4\n2024-07-31,2\n", "BTC");
    const { rows, gaps, dropped } = joined([july, august]);
    assert.deepEqual(
      rows.map(({ closes }) => closes),
      [[UNIT], [2n * UNIT], [4n * UNIT]],
    );
    assert.deepEqual(gaps, [{ asset: "BTC", from: "2024-08-01", to: "2024-08-02", count: 2 }]);
    assert.equal(dropped.repeated, 1);
    const other = file("date,close\n2024-07-31,3\n2024-08-01,4\n", "BTC", "other.csv");
    const error = assertFails(() => joined([july, other]), DuplicateFieldError, "other.csv.line2.close");
    assert.match(error.message, /another than at file\.csv\.line3\.close/);
  });

  it("are of the assets that their names say, in whatever words", () => {
    const header = "date,XBT,eth-usd,SOLUSDT,DOGE/USDT:USDT,BTC volume,PEPE,EURUSD";
    const { assets, ignored } = joined([
      file(`${header}\n2024-08-01,1,2,3,4,5,6,7\n2024-08-02,1,2,3,4,5,6,7\n`),
    ]);
    assert.deepEqual(assets, ["BTC", "ETH", "SOL", "DOGE"]);
    assert.deepEqual(ignored, ["BTC volume", "PEPE", "EURUSD"]);
    for (const [path, asset] of [
      ["in/BTCUSDT-1d-2024-08.csv", "BTC"],
      ["BTC-USD.csv", "BTC"],
      ["LINK.csv", "LINK"],
    ] as const)
      assert.deepEqual(joined([file("date,close\n2024-08-01,1\n", undefined, path)]).assets, [asset]);
    for (const path of ["BTC-EUR.csv", "btc-old.csv", "ETHBTC-1d-2024-08.csv", "prices.csv"])
      assertFails(
        () => joined([file("date,close\n2024-08-01,1\n", undefined, path)]),
        UnknownAssetError,
        path,
      );
    assertFails(() => joined([file("date,close\n2024-08-01,1\n", "PEPE")]), UnknownAssetError, "file.csv");
    assertFails(
      () => joined([file("date,symbol,close\n2024-08-01,ETH,1\n", "BTC")]),
      FormatError,
      "file.csv",
    );
    assertFails(() => joined([file("date,BTC,ETH\n2024-08-01,1,2\n", "BTC")]), FormatError, "file.csv");
    assertFails(
      () => joined([file("date,close\n2024-08-01,1\n", "BTC", "ETHUSDT-1d-2024-08.csv")]),
      FormatError,
      "ETHUSDT-1d-2024-08.csv",
    );
  });

  it("are in dollars, whatever asset they are given as", () => {
    const close = "date,close\n2024-08-01,1\n";
    for (const path of [
      "BTC-EUR.csv",
      "btc-eur-max.csv",
      "BTCEUR.csv",
      "BTC (EUR).csv",
      "BTCETH-1d-2024-08.csv",
    ])
      assertFails(() => joined([file(close, "BTC", path)]), UnknownAssetError, path);
    for (const path of ["btc-usd-max.csv", "BTC-USD.csv", "BTCUSDT.csv", "bitcoin.csv", "euro.csv"])
      assert.deepEqual(joined([file(close, "BTC", path)]).assets, ["BTC"]);
    for (const symbol of ["BTC-EUR", "BTCETH"])
      assertFails(
        () => joined([file(`date,symbol,close\n2024-08-01,${symbol},1\n`, "BTC")]),
        UnknownAssetError,
        "file.csv",
      );
    for (const column of ["quote", "Quote Currency", "currency"]) {
      const table = (quote: string) => file(`date,symbol,${column},close\n2024-08-01,BTC,${quote},1\n`);
      assert.deepEqual(joined([table("USDT")]).assets, ["BTC"]);
      const field = column.toLowerCase().replace(" ", "");
      assertFails(() => joined([table("EUR")]), FormatError, `file.csv.line2.${field}`);
    }
    assert.deepEqual(joined([file("date,currency,close\n2024-08-01,BTC,1\n", "BTC")]).assets, ["BTC"]);
    const rate = file(close, "ETH/BTC", "ETHBTC.csv");
    assert.deepEqual(joined([rate, file(close, "BTC")]).assets, ["BTC", "ETH"]);
  });

  it("have points between semicolons that can be decimal ones alone", () => {
    const table = (...closes: readonly string[]) =>
      file(`date;close\n${closes.map((close, i) => `2024-08-0${i + 1};${close}`).join("\n")}\n`, "BTC");
    assertFails(() => joined([table("64.000", "65.250")]), FormatError, "file.csv.line2");
    assert.equal(joined([table("64.000", "65.25")]).rows[0]?.closes[0], 64n * UNIT);
    assert.equal(joined([table("64000.125", "65.250")]).rows.length, 2);
  });

  it("multiply a rate with the price of the other asset at the same time", () => {
    const prices = file("date,ETH\n2024-08-01,3000.5\n2024-08-02,3100\n");
    const rates = file("date,WSTETH/ETH\n2024-08-01,1.175000000000000001\n2024-08-03,1.2\n");
    const { assets, rows } = joined([prices, rates], { listing: OWN });
    assert.deepEqual(assets, ["WETH", "WSTETH"]);
    // 3 000.5 times 1.175000000000000001 is 3 525.5875000000000030005.
    assert.equal(rows[0]?.closes[1], 3_525_587_500_000_000_003_001n);
    assert.deepEqual([rows[1]?.closes[1], rows[2]], [null, undefined]);
    assertFails(() => joined([rates], { listing: OWN }), MissingFieldError, "prices.WETH");
    const own = file("date,WSTETH\n2024-08-01,3500\n");
    assertFails(() => joined([prices, rates, own], { listing: OWN }), DuplicateFieldError, "prices.WSTETH");
    const stated = joined([rates], { listing: OWN, stated: new Map([["WETH", 2n * UNIT]]) });
    assert.deepEqual(stated.rows[1]?.closes, [(24n * UNIT) / 10n, 2n * UNIT]);
  });

  it("take a stated price of what no file has, and refuse one of what a file has", () => {
    const prices = [file("date,BTC\n2024-08-01,1\n2024-08-02,2\n")];
    const { assets, rows } = joined(prices, { stated: new Map([["USDC", UNIT]]) });
    assert.deepEqual(
      [assets, rows[1]?.closes],
      [
        ["BTC", "USDC"],
        [2n * UNIT, UNIT],
      ],
    );
    assertFails(
      () => joined(prices, { stated: new Map([["BTC", UNIT]]) }),
      DuplicateFieldError,
      "prices.BTC",
    );
  });

  it("are in UTC, unless a time or the caller says otherwise", () => {
    const days = "date,close\n2024-08-01 02:00,1\n2024-08-02 02:00,2\n";
    assertFails(() => joined([file(days, "BTC")]), FormatError, "file.csv.line2.close");
    const { rows } = joined([file(days, "BTC")], { zone: offsetOf("+02:00", "zone") });
    assert.equal(rows[0]?.begin, Date.UTC(2024, 7, 1) / 1_000);
    assertFails(
      () => joined([file("date,close\n2024-08-01,1\n", "BTC")], { zone: 3_600 }),
      FormatError,
      "file.csv.line2.date",
    );
    for (const zone of ["Europe/Zurich", "+2", "2", ""])
      assertFails(() => offsetOf(zone, "zone"), FormatError, "zone");
    assertFails(() => offsetOf("+15:00", "zone"), OutOfRangeError, "zone");
  });

  it("are hours where every file has them", () => {
    const hours = (asset: string) =>
      file(
        ["time,close", ...[0, 1, 2, 3].map((h) => `${1_722_470_400 + h * 3_600},${h + 1}`), ""].join("\n"),
        asset,
      );
    const options: JoinOptions = { listing: DEFAULT_ASSETS, step: "finest" };
    const { table } = readPriceTable([hours("BTC"), hours("ETH")], options);
    assert.deepEqual(table.times.slice(0, 2), ["2024-08-01T00:00Z", "2024-08-01T01:00Z"]);
    assert.deepEqual(table.closes[3], [4, 4]);
    assert.equal(joined([hours("BTC")], { step: "hour" }).step, "hour");
    assertFails(
      () => readPriceTable([hours("BTC")], { ...options, step: "day" }),
      FormatError,
      "file.csv.line2.close",
    );
  });

  it("are the history that their joined file is", () => {
    const sources = [
      file("date,close\n2024-08-02,2\n2024-08-01,1.50\n", "ETH"),
      file("Date,BTC\n2024-08-01,7\n"),
    ];
    const options = { listing: DEFAULT_ASSETS };
    const { history } = readDailyPrices(sources, options);
    const text = joinedCsv(joined(sources));
    assert.equal(text, "date,BTC,ETH\n2024-08-01,7,1.5\n2024-08-02,,2\n");
    assert.deepEqual(readDailyPrices([file(text)], options).history, history);
    assert.deepEqual(parseHistory(text), history);
  });

  it("leave a plain file's own text and error as they are", () => {
    const options = { listing: DEFAULT_ASSETS };
    const shipped = readFileSync(shippedHistory(), "utf8");
    assert.deepEqual(readDailyPrices([file(shipped)], options).history, parseHistory(shipped));
    assertFails(
      () => readDailyPrices([file("date,BTC\n2024-08-01,1\n2024-08-02,0\n")], options),
      OutOfRangeError,
      "history.line3.BTC",
    );
  });
});

describe("cli: prices", () => {
  const work = workFolder();

  it("chooses the shipped history by the date", async () => {
    const out = ["--out", work.at("market.json")];
    const told = await zkJson(["market", "build", "--date", "2024-08-05", ...out]);
    assert.deepEqual(told.leftOut, ["USDC"]);
    const words = await zkOk(["market", "build", "--date", "2024-08-05", ...out]);
    assert.match(words, /left out +USDC: .*--price USDC=… states a price/);
    const stated = await zkJson(["market", "build", "--date", "2024-08-05", "--price", "USDC=1", ...out]);
    assert.deepEqual([stated.leftOut, stated.prices.stated], [[], { USDC: "1" }]);
    const neither = errorOf(await zk(["market", "build", "--date", "2022-08-05", ...out, "--json"]));
    assert.match(neither.message, /2019-10-01 to 2021-07-06 or 2024-02-19 to 2024-12-21, or of your own/);
    for (const [file, from, to] of [
      [shippedHistory(), "2019-10-01", "2021-07-06"],
      [shippedHistory({ "--date": "2024-08-05" }), "2024-02-19", "2024-12-21"],
    ] as const) {
      const { days } = parseHistory(readFileSync(file, "utf8"));
      assert.deepEqual([days[0]?.date, days.at(-1)?.date], [from, to]);
    }
  });

  it("makes a listing of price files, and joins them", async () => {
    const prices = write(work.at("own.csv"), "date,USDX,TOKEN\n2024-08-01,1,0.02\n2024-08-02,1,0.0205\n");
    const listing = work.at("listing.json");
    const told = await zkJson(["listing", "new", "--prices", prices, "--pegged", "USDX", "--out", listing]);
    assert.deepEqual(
      told.assets.map(({ symbol, decimals, pegged }: Record<string, unknown>) => [symbol, decimals, pegged]),
      [
        ["USDX", 6, true],
        ["TOKEN", 4, false],
      ],
    );
    assert.equal((await zkJson(["listing", "show", listing])).digest, told.digest);
    const out = work.at("joined.csv");
    const united = await zkJson(["market", "prices", "--listing", listing, "--prices", prices, "--out", out]);
    assert.deepEqual([united.assets, united.rows], [["USDX", "TOKEN"], 2]);
    const wrong = errorOf(
      await zk(["listing", "new", "--prices", prices, "--pegged", "X", "--out", listing, "--json"]),
    );
    assert.match(wrong.message, /--pegged: expected an asset of the prices \(USDX, TOKEN\)/);
  });

  it("takes the listing from the environment too", async () => {
    process.env["ZKMARGIN_LISTING"] = OWN_FILE;
    try {
      const build = [
        "market",
        "build",
        "--date",
        "2024-08-05",
        "--price",
        "USDC=1",
        "--out",
        work.at("none.json"),
      ];
      assert.match(
        errorOf(await zk([...build, "--json"])).message,
        /does not know TBILL, WBTC, WETH, WSTETH/,
      );
    } finally {
      delete process.env["ZKMARGIN_LISTING"];
    }
  });

  it("refuses prices and zones that are none, before any work", async () => {
    const build = ["market", "build", "--date", "2021-05-17", "--out", work.at("none.json"), "--json"];
    for (const wrong of [
      ["--price", "USDC"],
      ["--price", "USDC=0"],
      ["--price", "USDC=one"],
      ["--price", "USDC=1", "--price", "USDC=2"],
      ["--time-zone", "Europe/Zurich"],
    ])
      assert.equal((await zk([...build, ...wrong])).code, 2, wrong.join(" "));
    assert.equal(errorOf(await zk([...build, "--price", "PEPE=1"])).name, "UnknownAssetError");
  });
});
