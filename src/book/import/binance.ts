import { compare, type Exact, magnitude, over, plus, times } from "../../encoding/exact.js";
import { FormatError } from "../../errors.js";
import { type BookDraft, type PerpEntry } from "./bookDraft.js";
import { Fields, hasKeys, listsKeys, objects } from "./fields.js";
import { splitInstrument } from "./symbols.js";
import {
  contradicts,
  profitTotal,
  statedInverse,
  statedLinear,
  unknownInstrument,
  type VenueReader,
} from "./venue.js";
import { agree, HUNDREDTH, THOUSANDTH } from "./venueFigures.js";

/** Binance USDⓈ-M: `positionRisk`, `balance` and `account`; COIN-M `positionRisk` where contract sizes are said. */
export const BINANCE: VenueReader = {
  name: "binance",
  title: "Binance",
  recognises: (json) =>
    listsKeys(json, "symbol", "positionAmt", "entryPrice") ||
    listsKeys(json, "asset", "balance", "crossWalletBalance") ||
    (hasKeys(json, "assets", "positions") && listsKeys(json["assets"], "asset", "walletBalance")),
  read: (json, path, draft) => {
    if (hasKeys(json, "assets", "positions")) return binanceAccount(Fields.of(json, path), draft);
    const rows = objects(json, path);
    if (rows.every((row) => row.has("positionAmt"))) return binancePositions(rows, draft);
    if (rows.every((row) => row.has("crossWalletBalance"))) return binanceBalances(rows, "balance", draft);
    throw new FormatError(path, "Binance's positions, balances or account", "another answer");
  },
};

function binancePositions(rows: readonly Fields[], draft: BookDraft): void {
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
      draft.option(row.path, "a dated future");
      continue;
    }
    if (binanceIsolated(row)) {
      draft.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    const entry = row.number("entryPrice");
    const coin = /^([A-Z0-9]+)USD_PERP$/.exec(symbol)?.[1];
    if (coin !== undefined) {
      const notional = times(amount, draft.contract(row.at("positionAmt"), symbol));
      const position = { instrument: symbol, base: coin, notional, entry };
      statedInverse(row, "Binance", position, "markPrice", "unRealizedProfit", draft);
      const [mark, coins] = [row.optional("markPrice"), row.nonZero("notionalValue")];
      if (mark !== undefined && mark.n > 0n && coins !== undefined)
        agree(
          row.at("notionalValue"),
          magnitude(over(notional, mark)),
          magnitude(coins),
          coins,
          HUNDREDTH,
          "contracts times their size",
        );
      continue;
    }
    const names = splitInstrument(symbol);
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
        draft,
      ),
    );
    if (profit !== undefined && row.has("markPrice")) stated.push(profit);
  }
  profitTotal(draft, "Binance", profits, stated);
}

function binanceIsolated(row: Fields): boolean {
  return (
    row.word("marginType").toLowerCase() === "isolated" ||
    row.value("isolated") === true ||
    row.nonZero("isolatedWallet") !== undefined ||
    row.nonZero("isolatedMargin") !== undefined
  );
}

function binanceBalances(rows: readonly Fields[], field: string, draft: BookDraft): void {
  const withoutIsolated = draft.options.setAside?.includes("isolated");
  for (const row of rows) {
    const profit = row.optional("crossUnPnl") ?? row.optional("unrealizedProfit");
    if (profit !== undefined) draft.profits.expects(row.path, row.text("asset"), profit);
    const whole = row.number(field);
    const cross = row.optional("crossWalletBalance") ?? whole;
    if (compare(cross, whole) !== 0)
      draft.setAside(
        row.at("crossWalletBalance"),
        "isolated",
        "a wallet that is margin of isolated positions in part",
      );
    draft.spot(row.path, "Binance", row.text("asset"), withoutIsolated ? cross : whole);
  }
}

function isBinancePosition(symbol: string, size: Exact): (perp: PerpEntry) => boolean {
  return ({ name, stated }) => name === `Binance ${symbol}` && compare(stated, size) === 0;
}

/**
 * Binance's account in a balance of CCXT. Its positions are those that fetchPositions returns with prices of entry: they
 * are counted once, and none of them may be missing there.
 */
export function binanceHoldings(account: Fields, draft: BookDraft): void {
  binanceAccount(account, draft, false);
  for (const row of account.list("positions")) {
    const amount = row.number("positionAmt");
    const symbol = row.text("symbol").toUpperCase();
    const kind = /_[0-9]{6}$/.test(symbol) ? "options" : binanceIsolated(row) ? "isolated" : undefined;
    if (amount.n === 0n || (kind !== undefined && draft.options.setAside?.includes(kind))) continue;
    draft.promise({
      path: row.path,
      found: ({ name, size }) =>
        /^CCXT ([^:]+)/.exec(name)?.[1]?.replace("/", "") === symbol.replace(/_PERP$/, "") &&
        size.n > 0n === amount.n > 0n,
      todo: "give what fetchPositions returns of the whole account",
    });
  }
}

/** A whole account. Its positions lack entry prices in the newer version: they are then those of another file. */
function binanceAccount(account: Fields, draft: BookDraft, withPositions = true): void {
  binanceBalances(account.list("assets"), "walletBalance", draft);
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
  if (!withPositions) return;
  const open = account.list("positions").filter((row) => row.number("positionAmt").n !== 0n);
  if (open.every((row) => row.has("entryPrice"))) return binancePositions(open, draft);
  for (const row of open)
    draft.promise({
      path: row.path,
      found: isBinancePosition(row.text("symbol").toUpperCase(), row.number("positionAmt")),
      todo: "give the answer of GET /fapi/v3/positionRisk as another file: this one has no entry prices",
    });
}
