import assert from "node:assert/strict";
import { ZkMarginError } from "../../src/errors.js";
import { aside, fixture, fixtures, held, type Options, open, read, USDT, WETH } from "../support/imports.js";

describe("importBook, of answers with something special", () => {
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
