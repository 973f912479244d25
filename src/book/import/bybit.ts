import { type Exact, minus, over, plus, times, ZERO } from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError } from "../../errors.js";
import { type BookDraft } from "./bookDraft.js";
import { Fields, hasKeys, listsKeys, sided } from "./fields.js";
import { splitInstrument } from "./symbols.js";
import {
  contradicts,
  equityTotal,
  profitTotal,
  statedInverse,
  statedLinear,
  unknownInstrument,
  type VenueReader,
} from "./venue.js";
import { agree } from "./venueFigures.js";

/** Bybit v5: `position/list` and `account/wallet-balance`. */
export const BYBIT: VenueReader = {
  name: "bybit",
  title: "Bybit",
  recognises: (json) => {
    const list = bybitList(json);
    return listsKeys(list, "symbol", "side", "size", "avgPrice") || listsKeys(list, "accountType", "coin");
  },
  read: (json, path, draft) => {
    const [at, result] = hasKeys(json, "result") ? [`${path}.result`, json["result"]] : [path, json];
    if (hasKeys(json, "retCode") && json["retCode"] !== "0")
      throw new FormatError(`${path}.retCode`, "0, as of an answer without an error", "another");
    const answer = Fields.of(result, at);
    const rows = answer.list("list");
    if (rows.length > 0 && rows.every((row) => row.has("accountType"))) return bybitWallet(rows, draft);
    const full = rows.length >= BYBIT_PAGE && rows.length % 10 === 0;
    const category = answer.word("category");
    // Each category is a list of its own, and so are the linear ones of each coin.
    const coin = /(USDC|PERP|USDT|USD)/.exec(rows[0]?.word("symbol") ?? "")?.[1]?.replace("PERP", "USDC");
    draft.page(
      answer.at("nextPageCursor"),
      `${category} ${coin}`,
      full && answer.word("nextPageCursor") !== "",
    );
    bybitPositions(rows, category, draft);
  },
};

const BYBIT_PAGE = 20;
const HALF = { n: 1n, d: 2n };

function bybitList(json: JsonValue): JsonValue | undefined {
  const result = hasKeys(json, "retCode", "result") ? json["result"] : json;
  return hasKeys(result, "list") ? result["list"] : undefined;
}

function bybitPositions(rows: readonly Fields[], category: string, draft: BookDraft): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  for (const row of rows) {
    if (row.value("size") === undefined)
      throw new MissingFieldError(row.at("size"), "a position", "another row");
    const size = row.optional("size") ?? ZERO;
    if (size.n === 0n) continue;
    const symbol = row.text("symbol").toUpperCase();
    if (category === "option" || /-[CP](-USDT)?$/.test(symbol)) {
      draft.option(row.path);
      continue;
    }
    if (/-[0-9]{1,2}[A-Z]{3}[0-9]{2}$|[FHJKMNQUVXZ][0-9]{2}$/.test(symbol)) {
      draft.option(row.path, "a dated future");
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
      statedInverse(row, "Bybit", position, "markPrice", "unrealisedPnl", draft);
      continue;
    }
    const perp = /^([A-Z0-9]+)PERP$/.exec(symbol)?.[1];
    const names = perp === undefined ? splitInstrument(symbol) : { base: perp, quote: "USDC" };
    if (names === undefined || (category !== "" && category !== "linear"))
      throw unknownInstrument(row.at("symbol"));
    const [mark, profit] = [row.optional("markPrice"), row.optional("unrealisedPnl")];
    profits.push(
      statedLinear(
        row.path,
        "Bybit",
        { instrument: symbol, ...names, size: signed, entry, mark, profit },
        draft,
      ),
    );
    if (profit !== undefined && mark !== undefined) stated.push(profit);
  }
  profitTotal(draft, "Bybit", profits, stated);
}

function bybitWallet(rows: readonly Fields[], draft: BookDraft): void {
  for (const account of rows)
    for (const row of account.list("coin")) {
      const coin = row.text("coin");
      const held = minus(row.number("walletBalance"), row.optional("spotBorrow") ?? ZERO);
      draft.spot(row.path, "Bybit", coin, held);
      const [equity, profit] = [row.optional("equity"), row.optional("unrealisedPnl")];
      if (profit !== undefined) draft.profits.expects(row.at("unrealisedPnl"), coin, profit);
      if (equity === undefined || profit === undefined) continue;
      equityTotal(draft, row.at("equity"), coin, plus(held, profit), equity);
    }
}
