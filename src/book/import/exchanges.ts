import {
  compare,
  type Exact,
  minus,
  negative,
  ONE,
  over,
  plus,
  sum,
  times,
  ZERO,
} from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { Fields, hasKeys, listsKeys, objects, sided } from "./fields.js";
import { agree, HUNDREDTH, type Intake, THOUSANDTH } from "./intake.js";

/** Reads the files of one venue. */
export interface VenueReader {
  /** As `--from` names it. */
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** Whether a document has the shape of one of the venue's answers. */
  recognises(json: JsonValue): boolean;
  /** Hands what the document says to the intake. @throws InputError */
  read(json: JsonValue, path: string, intake: Intake): void;
}

/** A perpetual that pays dollars, with what its venue says of it. */
export interface StatedPosition {
  readonly instrument: string;
  readonly base: string;
  readonly quote: string;
  readonly size: Exact;
  readonly entry: Exact;
  readonly mark?: Exact | undefined;
  readonly profit?: Exact | undefined;
  /** Value at the mark price, of either sign. */
  readonly notional?: Exact | undefined;
}

const FIVE = { n: 5n, d: 1_000n };

/** Counts a linear perpetual once its size, price and profit agree with each other; returns the profit that they give. */
export function statedLinear(path: string, venue: string, stated: StatedPosition, intake: Intake): Exact {
  const { size, entry, mark, profit, notional } = stated;
  intake.linear(path, venue, stated);
  if (venue !== "CCXT") intake.settled(stated.quote, profit);
  if (mark === undefined || size.n === 0n) return ZERO;
  const value = times(size, mark);
  if (notional !== undefined)
    agree(path, absolute(value), absolute(notional), value, HUNDREDTH, "size times mark price");
  const read = minus(value, times(size, entry));
  if (profit !== undefined)
    agree(path, read, profit, value, FIVE, "the profit that size, entry and mark price give");
  return read;
}

export function absolute(value: Exact): Exact {
  return value.n < 0n ? negative(value) : value;
}

/** The profit of an inverse perpetual in coins. */
export function inverseProfit(notional: Exact, entry: Exact, mark: Exact): Exact {
  return times(notional, minus(over(ONE, entry), over(ONE, mark)));
}

function profitTotal(intake: Intake, title: string, read: readonly Exact[], stated: readonly Exact[]): void {
  if (stated.length === 0) return;
  intake.total({
    name: `${title}: unrealised profit of perpetuals`,
    unit: "$",
    read: sum(read),
    stated: sum(stated),
  });
}

// ---- Binance -----------------------------------------------------------------------------------------

/** Binance USDⓈ-M: `positionRisk`, `balance` and `account`; COIN-M `positionRisk` where contract sizes are said. */
export const BINANCE: VenueReader = {
  name: "binance",
  title: "Binance",
  recognises: (json) =>
    listsKeys(json, "symbol", "positionAmt", "entryPrice") ||
    listsKeys(json, "asset", "balance", "crossWalletBalance") ||
    (hasKeys(json, "assets", "positions") && listsKeys(json["assets"], "asset", "walletBalance")),
  read: (json, path, intake) => {
    if (hasKeys(json, "assets", "positions")) return binanceAccount(Fields.of(json, path), intake);
    const rows = objects(json, path);
    if (rows.every((row) => row.has("positionAmt"))) return binancePositions(rows, intake);
    if (rows.every((row) => row.has("crossWalletBalance"))) return binanceBalances(rows, "balance", intake);
    throw new FormatError(path, "Binance's positions, balances or account", "another answer");
  },
};

function binancePositions(rows: readonly Fields[], intake: Intake): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  for (const row of rows) {
    const amount = row.number("positionAmt");
    if (amount.n === 0n) continue;
    const symbol = row.text("symbol").toUpperCase();
    const side = row.word("positionSide").toUpperCase();
    if (side === "LONG" && amount.n < 0n) throw contradicts(row.at("positionAmt"));
    if (side === "SHORT" && amount.n > 0n) throw contradicts(row.at("positionAmt"));
    if (/_[0-9]{6}$/.test(symbol)) {
      intake.option(row.path, "a dated future");
      continue;
    }
    if (binanceIsolated(row)) {
      intake.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    const entry = row.number("entryPrice");
    const coin = /^([A-Z0-9]+)USD_PERP$/.exec(symbol)?.[1];
    if (coin !== undefined) {
      const notional = times(amount, intake.contract(row.at("positionAmt"), symbol));
      const position = { instrument: symbol, base: coin, notional, entry };
      statedInverse(row, "Binance", position, "markPrice", "unRealizedProfit", intake);
      continue;
    }
    const names = intake.split(symbol);
    if (names === undefined) throw unknownInstrument(row.at("symbol"));
    const profit = row.optional("unRealizedProfit") ?? row.optional("unrealizedProfit");
    const position = { instrument: symbol, ...names, size: amount, entry };
    const notional = row.optional("notional");
    // Binance gives its notional the sign of the position.
    if (notional !== undefined && notional.n !== 0n && notional.n > 0n !== amount.n > 0n)
      throw contradicts(row.at("notional"));
    profits.push(
      statedLinear(
        row.path,
        "Binance",
        { ...position, mark: row.optional("markPrice"), profit, notional },
        intake,
      ),
    );
    if (profit !== undefined && row.has("markPrice")) stated.push(profit);
  }
  profitTotal(intake, "Binance", profits, stated);
}

function binanceIsolated(row: Fields): boolean {
  return (
    row.word("marginType").toLowerCase() === "isolated" ||
    row.value("isolated") === true ||
    row.nonZero("isolatedWallet") !== undefined ||
    row.nonZero("isolatedMargin") !== undefined
  );
}

function binanceBalances(rows: readonly Fields[], field: string, intake: Intake): void {
  const withoutIsolated = intake.options.setAside?.includes("isolated");
  for (const row of rows) {
    const profit = row.optional("crossUnPnl") ?? row.optional("unrealizedProfit");
    if (profit !== undefined) intake.expects(row.path, row.text("asset"), profit);
    const whole = row.number(field);
    const cross = row.optional("crossWalletBalance") ?? whole;
    if (compare(cross, whole) !== 0)
      intake.setAside(
        row.at("crossWalletBalance"),
        "isolated",
        "a wallet that is margin of isolated positions in part",
      );
    intake.spot(row.path, "Binance", row.text("asset"), withoutIsolated ? cross : whole);
  }
}

/** A whole account. Its positions lack entry prices in the newer version: they are then those of another file. */
function binanceAccount(account: Fields, intake: Intake): void {
  binanceBalances(account.list("assets"), "walletBalance", intake);
  for (const row of account.list("assets")) {
    const [wallet, profit, margin] = ["walletBalance", "unrealizedProfit", "marginBalance"].map((field) =>
      row.optional(field),
    );
    if (wallet !== undefined && profit !== undefined && margin !== undefined)
      agree(
        row.at("marginBalance"),
        plus(wallet, profit),
        margin,
        margin,
        THOUSANDTH,
        "wallet balance and unrealised profit",
      );
  }
  const open = account.list("positions").filter((row) => row.number("positionAmt").n !== 0n);
  if (open.every((row) => row.has("entryPrice"))) return binancePositions(open, intake);
  for (const row of open)
    intake.promise({
      path: row.path,
      name: `Binance ${row.text("symbol").toUpperCase()}`,
      size: row.number("positionAmt"),
      todo: "give the answer of GET /fapi/v3/positionRisk as another file: this one has no entry prices",
    });
}

/** Counts an inverse perpetual once its size, price and profit agree with each other. */
function statedInverse(
  row: Fields,
  venue: string,
  position: { instrument: string; base: string; notional: Exact; entry: Exact },
  mark: string,
  profit: string,
  intake: Intake,
): void {
  intake.inverse(row.path, venue, position);
  intake.settled(position.base, row.optional(profit));
  checkInverse(row, position.notional, position.entry, mark, profit);
}

function checkInverse(row: Fields, notional: Exact, entry: Exact, mark: string, profit: string): void {
  const [price, stated] = [row.optional(mark), row.optional(profit)];
  if (price === undefined || price.n <= 0n || stated === undefined) return;
  const read = inverseProfit(notional, entry, price);
  agree(
    row.at(profit),
    read,
    stated,
    over(notional, price),
    FIVE,
    "the profit that size, entry and mark price give",
  );
}

function contradicts(path: string): FormatError {
  return new FormatError(path, "a size that agrees with its side", "the other sign");
}

export function unknownInstrument(path: string): FormatError {
  return new FormatError(path, "the name of a perpetual, such as BTCUSDT", "another name");
}

// ---- Bybit -------------------------------------------------------------------------------------------

/** Bybit v5: `position/list` and `account/wallet-balance`. */
export const BYBIT: VenueReader = {
  name: "bybit",
  title: "Bybit",
  recognises: (json) => {
    const list = bybitList(json);
    return listsKeys(list, "symbol", "side", "size", "avgPrice") || listsKeys(list, "accountType", "coin");
  },
  read: (json, path, intake) => {
    const [at, result] = hasKeys(json, "result") ? [`${path}.result`, json["result"]] : [path, json];
    if (hasKeys(json, "retCode") && json["retCode"] !== "0")
      throw new FormatError(`${path}.retCode`, "0, as of an answer without an error", "another");
    const answer = Fields.of(result, at);
    const rows = answer.list("list");
    if (rows.length > 0 && rows.every((row) => row.has("accountType"))) return bybitWallet(rows, intake);
    const full = rows.length >= BYBIT_PAGE && rows.length % 10 === 0;
    intake.page(answer.at("nextPageCursor"), full && answer.word("nextPageCursor") !== "");
    bybitPositions(rows, answer.word("category"), intake);
  },
};

const BYBIT_PAGE = 20;
const HALF = { n: 1n, d: 2n };

function bybitList(json: JsonValue): JsonValue | undefined {
  const result = hasKeys(json, "retCode", "result") ? json["result"] : json;
  return hasKeys(result, "list") ? result["list"] : undefined;
}

function bybitPositions(rows: readonly Fields[], category: string, intake: Intake): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  for (const row of rows) {
    const size = row.optional("size") ?? ZERO;
    if (size.n === 0n) continue;
    const symbol = row.text("symbol").toUpperCase();
    if (category === "option" || /-[CP](-USDT)?$/.test(symbol)) {
      intake.option(row.path);
      continue;
    }
    if (/-[0-9]{1,2}[A-Z]{3}[0-9]{2}$|[FHJKMNQUVXZ][0-9]{2}$/.test(symbol)) {
      intake.option(row.path, "a dated future");
      continue;
    }
    if (row.word("tradeMode") === "1")
      throw new FormatError(
        row.at("tradeMode"),
        "a position in the shared margin",
        "one with isolated margin; import it from a table as a book of its own",
      );
    const side = { Buy: "long", Sell: "short" }[row.text("side")] as "long" | "short" | undefined;
    if (side === undefined) throw new FormatError(row.at("side"), "Buy or Sell", "other text");
    if (size.n < 0n) throw contradicts(row.at("size"));
    const signed = sided(size, side, row.at("size"));
    const entry = row.optional("sessionAvgPrice") ?? row.number("avgPrice");
    const coin = /^([A-Z0-9]+)USD$/.exec(symbol)?.[1];
    const value = row.optional("positionValue");
    // At the entry price or the mark price, so only a misread size is far from it.
    if (value !== undefined && entry.n > 0n)
      agree(
        row.at("positionValue"),
        coin === undefined ? times(size, entry) : over(size, entry),
        value,
        value,
        HALF,
        "size at the entry price",
      );
    if (coin !== undefined) {
      if (category !== "" && category !== "inverse") throw unknownInstrument(row.at("symbol"));
      const position = { instrument: symbol, base: coin, notional: signed, entry };
      statedInverse(row, "Bybit", position, "markPrice", "unrealisedPnl", intake);
      continue;
    }
    const perp = /^([A-Z0-9]+)PERP$/.exec(symbol)?.[1];
    const names = perp === undefined ? intake.split(symbol) : { base: perp, quote: "USDC" };
    if (names === undefined || (category !== "" && category !== "linear"))
      throw unknownInstrument(row.at("symbol"));
    const [mark, profit] = [row.optional("markPrice"), row.optional("unrealisedPnl")];
    profits.push(
      statedLinear(
        row.path,
        "Bybit",
        { instrument: symbol, ...names, size: signed, entry, mark, profit },
        intake,
      ),
    );
    if (profit !== undefined && mark !== undefined) stated.push(profit);
  }
  profitTotal(intake, "Bybit", profits, stated);
}

function bybitWallet(rows: readonly Fields[], intake: Intake): void {
  for (const account of rows)
    for (const row of account.list("coin")) {
      const coin = row.text("coin");
      const held = minus(row.number("walletBalance"), row.optional("spotBorrow") ?? ZERO);
      intake.spot(row.path, "Bybit", coin, held);
      const [equity, profit] = [row.optional("equity"), row.optional("unrealisedPnl")];
      if (profit !== undefined) intake.expects(row.at("unrealisedPnl"), coin, profit);
      if (equity === undefined || profit === undefined) continue;
      equityTotal(intake, row.at("equity"), coin, plus(held, profit), equity);
    }
}

/** That balance and profit come to the equity that is stated; what is missing is the value of options. */
function equityTotal(intake: Intake, path: string, coin: string, read: Exact, stated: Exact): void {
  if (read.n === 0n && stated.n === 0n) return;
  intake.total({ name: "equity of a coin, without options", unit: coin, read, stated });
  if (intake.options.setAside?.includes("options")) return;
  agree(
    path,
    read,
    stated,
    stated,
    THOUSANDTH,
    "balance and unrealised profit; if the rest are options, say --set-aside options",
  );
}

// ---- OKX ---------------------------------------------------------------------------------------------

/** OKX v5: `account/positions`, `account/balance`, and `public/instruments` for the sizes of contracts. */
export const OKX: VenueReader = {
  name: "okx",
  title: "OKX",
  recognises: (json) => {
    const data = okxData(json);
    return (
      listsKeys(data, "instId", "pos", "avgPx") ||
      listsKeys(data, "instId", "ctVal", "ctValCcy") ||
      (Array.isArray(data) &&
        data.length === 1 &&
        hasKeys(data[0], "details") &&
        listsKeys(data[0]["details"], "ccy", "cashBal"))
    );
  },
  read: (json, path, intake) => {
    if (hasKeys(json, "code") && json["code"] !== "0")
      throw new FormatError(`${path}.code`, "0, as of an answer without an error", "another");
    const rows = objects(okxData(json), hasKeys(json, "data") ? `${path}.data` : path);
    for (const row of rows) if (row.has("ctVal")) okxInstrument(row, intake);
    for (const row of rows)
      if (row.has("details")) for (const coin of row.list("details")) okxCoin(coin, intake);
    const positions = rows.filter((row) => row.has("pos"));
    intake.later(() => okxPositions(positions, intake));
  },
};

function okxData(json: JsonValue): JsonValue | undefined {
  return hasKeys(json, "code", "data") ? json["data"] : json;
}

function okxInstrument(row: Fields, intake: Intake): void {
  if (!/^(SWAP|FUTURES)$/.test(row.word("instType"))) return;
  const size = times(row.number("ctVal"), row.optional("ctMult") ?? ONE);
  intake.setContract(row.at("ctVal"), row.text("instId"), size);
}

function okxCoin(row: Fields, intake: Intake): void {
  const coin = row.text("ccy");
  const held = minus(row.number("cashBal"), row.optional("interest") ?? ZERO);
  for (const field of ["isoEq", "stgyEq", "smtSyncEq", "spotCopyTradingEq", "spotIsoBal"])
    if (row.nonZero(field))
      intake.setAside(row.at(field), "isolated", "funds of isolated positions, bots or copied trades");
  intake.spot(row.path, "OKX", coin, held);
  const [equity, profit] = [row.optional("eq"), row.optional("upl")];
  if (profit !== undefined) intake.expects(row.at("upl"), coin, profit);
  if (equity === undefined || profit === undefined) return;
  const apart = sum(["isoEq", "stgyEq"].map((field) => row.optional(field) ?? ZERO));
  equityTotal(intake, row.at("eq"), coin, plus(plus(held, profit), apart), equity);
}

function okxPositions(rows: readonly Fields[], intake: Intake): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  for (const row of rows) {
    const pos = row.optional("pos") ?? ZERO;
    if (pos.n === 0n) continue;
    const [type, name] = [row.word("instType"), row.text("instId").toUpperCase()];
    if (type === "OPTION" || /-[CP]$/.test(name)) {
      intake.option(row.path);
      continue;
    }
    if (type === "FUTURES" || /-[0-9]{6}$/.test(name)) {
      intake.option(row.path, "a dated future");
      continue;
    }
    const match = /^([A-Z0-9]+)-([A-Z]+)-SWAP$/.exec(name);
    if (match === null)
      throw new FormatError(
        row.at("instId"),
        "a perpetual, such as BTC-USDT-SWAP",
        "another instrument; a margin position is to be written into a table by hand",
      );
    const [, base = "", quote = ""] = match;
    if (row.word("mgnMode") === "isolated") {
      intake.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    const side = row.word("posSide");
    if (side !== "net" && side !== "long" && side !== "short")
      throw new FormatError(row.at("posSide"), "net, long or short", "other text");
    if (side !== "net" && pos.n < 0n) throw contradicts(row.at("pos"));
    const contracts = side === "short" ? negative(pos) : pos;
    const amount = times(contracts, intake.contract(row.at("pos"), name));
    const entry = row.number("avgPx");
    const [mark, profit, notional] = ["markPx", "upl", "notionalUsd"].map((field) => row.optional(field));
    if (quote === "USD") {
      statedInverse(row, "OKX", { instrument: name, base, notional: amount, entry }, "markPx", "upl", intake);
      if (notional !== undefined)
        agree(
          row.at("notionalUsd"),
          absolute(amount),
          absolute(notional),
          amount,
          TWO_HUNDREDTHS,
          "contracts times their size",
        );
      continue;
    }
    const position = { instrument: name, base, quote, size: amount, entry, mark, profit };
    if (mark !== undefined && notional !== undefined)
      agree(
        row.at("notionalUsd"),
        absolute(times(amount, mark)),
        absolute(notional),
        times(amount, mark),
        TWO_HUNDREDTHS,
        "contracts times their size and mark price",
      );
    profits.push(statedLinear(row.path, "OKX", position, intake));
    if (profit !== undefined && mark !== undefined) stated.push(profit);
  }
  profitTotal(intake, "OKX", profits, stated);
}

/** OKX's figures in dollars count USDT at its price, which may be off a dollar. */
const TWO_HUNDREDTHS = { n: 2n, d: 100n };

// ---- Deribit -----------------------------------------------------------------------------------------

/** Deribit v2: `private/get_positions`, `private/get_account_summary` and `…_summaries`. */
export const DERIBIT: VenueReader = {
  name: "deribit",
  title: "Deribit",
  recognises: (json) => {
    const result = deribitResult(json);
    return (
      listsKeys(result, "instrument_name", "size", "direction", "average_price") ||
      hasKeys(result, "currency", "balance", "equity", "session_upl") ||
      (hasKeys(result, "summaries") && listsKeys(result["summaries"], "currency", "balance", "equity"))
    );
  },
  read: (json, path, intake) => {
    if (hasKeys(json, "testnet") && json["testnet"] === true)
      throw new FormatError(`${path}.testnet`, "an answer of Deribit itself", "one of its test network");
    if (hasKeys(json, "error")) throw new FormatError(`${path}.error`, "an answer without an error", "one");
    const result = deribitResult(json);
    const at = hasKeys(json, "result") ? `${path}.result` : path;
    if (Array.isArray(result)) return deribitPositions(objects(result, at), intake);
    const one = Fields.of(result, at);
    for (const row of one.has("summaries") ? one.list("summaries") : [one]) deribitSummary(row, intake);
  },
};

function deribitResult(json: JsonValue): JsonValue | undefined {
  return hasKeys(json, "jsonrpc", "result") ? json["result"] : json;
}

/**
 * Deribit pays the profit of a session into the balance each day, after which a position counts from the price of that
 * settlement. So its cost is what is left of its value once the session's floating profit is taken off.
 */
function deribitPositions(rows: readonly Fields[], intake: Intake): void {
  for (const row of rows) {
    const size = row.number("size");
    if (size.n === 0n) continue;
    const name = row.text("instrument_name").toUpperCase();
    if (row.word("kind").startsWith("option") || /-[CP]$/.test(name)) {
      intake.option(row.path);
      continue;
    }
    const match = /^([A-Z0-9]+?)(?:_(USD[CT]))?-PERPETUAL$/.exec(name);
    if (match === null) {
      if (!/^[A-Z0-9]+(_USD[CT])?-[0-9]{1,2}[A-Z]{3}[0-9]{2}$/.test(name))
        throw unknownInstrument(row.at("instrument_name"));
      intake.option(row.path, "a dated future");
      continue;
    }
    const [, base = "", quote] = match;
    const direction = row.text("direction");
    if ((direction === "buy") !== size.n > 0n || !/^(buy|sell)$/.test(direction))
      throw contradicts(row.at("size"));
    const [mark, floating] = [row.number("mark_price"), row.number("floating_profit_loss")];
    if (mark.n <= 0n) throw new FormatError(row.at("mark_price"), "a price above 0", "0 or less");
    const coins = quote === undefined ? plus(floating, over(size, mark)) : size;
    const cost = quote === undefined ? size : minus(times(size, mark), floating);
    if (coins.n === 0n || coins.n > 0n !== size.n > 0n || cost.n > 0n !== size.n > 0n)
      throw new FormatError(
        row.at("floating_profit_loss"),
        "a profit below the position's value",
        "a larger one",
      );
    const stated = row.optional("size_currency");
    if (stated !== undefined)
      agree(
        row.at("size_currency"),
        quote === undefined ? over(size, mark) : size,
        stated,
        stated,
        THOUSANDTH,
        "the size in coins",
      );
    const entry = over(cost, coins);
    intake.settled(quote ?? base, floating);
    if (quote === undefined)
      intake.inverse(row.path, "Deribit", { instrument: name, base, notional: size, entry });
    else intake.linear(row.path, "Deribit", { instrument: name, base, quote, size: coins, entry });
  }
}

function deribitSummary(row: Fields, intake: Intake): void {
  const coin = row.text("currency");
  const realised = row.optional("futures_session_rpl") ?? row.number("session_rpl");
  const floating = row.optional("futures_session_upl") ?? row.number("session_upl");
  intake.expects(row.path, coin, floating);
  const options = row.nonZero("options_value");
  if (options !== undefined) intake.option(row.at("options_value"), "an option");
  const held = plus(row.number("balance"), realised);
  const read = plus(plus(held, floating), options ?? ZERO);
  const stated = row.number("equity");
  intake.spot(row.path, "Deribit", coin, held);
  intake.total({ name: "equity of a coin, with options", unit: coin, read, stated });
  agree(
    row.at("equity"),
    read,
    stated,
    stated,
    { n: 1n, d: 100_000n },
    "balance, the session's profit and the value of options",
  );
}
