import {
  compare,
  type Exact,
  exact,
  magnitude,
  minus,
  over,
  sum,
  times,
  ZERO,
} from "../../encoding/exact.js";
import { isJsonObject } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError } from "../../errors.js";
import { BINANCE, binanceHoldings } from "./binance.js";
import { type BookDraft } from "./bookDraft.js";
import { BYBIT } from "./bybit.js";
import { DERIBIT } from "./deribit.js";
import { Fields, hasKeys, listsKeys, objects, sided } from "./fields.js";
import { OKX } from "./okx.js";
import { inverseProfit, statedLinear, type VenueReader } from "./venue.js";
import { agree } from "./venueFigures.js";

/** Venues whose own answer stands in the `info` of a balance, where it says more than the unified totals. */
const NATIVE: readonly VenueReader[] = [BINANCE, BYBIT, OKX, DERIBIT];

/** CCXT: what `fetchPositions` and `fetchBalance` return, as JSON. */
export const CCXT: VenueReader = {
  name: "ccxt",
  title: "CCXT",
  recognises: (json) =>
    listsKeys(json, "symbol", "contracts", "side", "entryPrice") ||
    (hasKeys(json, "total", "free", "used") && isJsonObject(json["total"])),
  read: (json, path, draft) => {
    if (Array.isArray(json)) return ccxtPositions(objects(json, path), draft);
    const balance = Fields.of(json, path);
    const info = balance.value("info") ?? null;
    const native = NATIVE.find((reader) => reader.recognises(info));
    if (native === undefined) return draft.later(() => ccxtBalance(balance, draft));
    draft.notes.add(`CCXT: balances are those of ${native.title}'s own answer, in info`);
    if (hasKeys(info, "assets", "positions"))
      return draft.later(() => {
        const again = draft.perps.some(({ name }) => name.startsWith("CCXT "));
        if (again) binanceHoldings(Fields.of(info, `${path}.info`), draft);
        else native.read(info, `${path}.info`, draft);
      });
    native.read(info, `${path}.info`, draft);
  },
};

/** base/quote:settle of a perpetual; a date, or a date and an option, may follow. */
const SYMBOL = /^([A-Za-z0-9]+)\/([A-Z0-9]+):([A-Z0-9]+)(-[0-9]{6})?(-[0-9.]+-[CP])?$/;

/** Fields that only an open position states. */
const STATED = ["entryPrice", "notional", "unrealizedPnl", "initialMargin", "collateral"] as const;

function ccxtPositions(rows: readonly Fields[], draft: BookDraft): void {
  for (const row of rows) {
    if (!row.has("contracts") && (row.word("side") !== "" || STATED.some((field) => row.nonZero(field))))
      throw new MissingFieldError(row.at("contracts"), "the number of contracts of a position", "none");
    const contracts = row.optional("contracts") ?? ZERO;
    if (contracts.n === 0n) continue;
    const symbol = row.text("symbol");
    const match = SYMBOL.exec(symbol);
    if (match === null)
      throw new FormatError(
        row.at("symbol"),
        "a perpetual such as BTC/USDT:USDT",
        "another symbol; a margin position is to be written into a table by hand",
      );
    const [, base = "", quote = "", settle = "", date, option] = match;
    if (option !== undefined || date !== undefined) {
      draft.option(row.path, option === undefined ? "a dated future" : "an option");
      continue;
    }
    if (row.word("marginMode") === "isolated") {
      draft.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    const side = row.text("side");
    if (side !== "long" && side !== "short")
      throw new FormatError(row.at("side"), "long or short", "other text");
    if (contracts.n < 0n)
      throw new FormatError(row.at("contracts"), "contracts above 0, with their side", "a negative number");
    const each = row.has("contractSize")
      ? row.number("contractSize")
      : draft.contract(row.at("contractSize"), symbol);
    if (each.n <= 0n) throw new FormatError(row.at("contractSize"), "a size above 0", "0 or less");
    const size = sided(times(contracts, each), side, row.at("contracts"));
    ccxtPosition(row, { symbol, base, quote, settle, size }, draft);
  }
}

/** The size of a contract is not the same thing at every venue: it counts only where the notional or the profit agrees. */
function ccxtPosition(
  row: Fields,
  {
    symbol,
    base,
    quote,
    settle,
    size,
  }: { symbol: string; base: string; quote: string; settle: string; size: Exact },
  draft: BookDraft,
): void {
  const entry = row.number("entryPrice");
  const [mark, profit, notional] = ["markPrice", "unrealizedPnl", "notional"].map((field) =>
    row.optional(field),
  );
  if (notional === undefined && (mark === undefined || profit === undefined))
    throw new MissingFieldError(
      row.at("notional"),
      "a notional, or mark price and profit, that the contract's size agrees with",
      "neither",
    );
  const price = mark ?? entry;
  if (price.n <= 0n || entry.n <= 0n)
    throw new FormatError(row.at("entryPrice"), "prices above 0", "0 or less");
  if (settle !== quote) {
    if (settle.toUpperCase() !== base.toUpperCase() || quote !== "USD")
      throw new FormatError(
        row.at("symbol"),
        "a contract that pays its quote, or its base for dollars",
        "one that pays another coin",
      );
    draft.inverse(row.path, "CCXT", { instrument: symbol, base, notional: size, entry });
    draft.profits.settled(settle, profit, over(size, entry));
    const coins = times(magnitude(size), { n: price.d, d: price.n });
    if (notional !== undefined) {
      const near = [magnitude(size), coins].some((value) => within(value, magnitude(notional)));
      if (!near)
        throw new FormatError(
          row.at("notional"),
          "contracts times their size",
          "another figure; the contract's size is not in dollars",
        );
    }
    if (mark !== undefined && profit !== undefined)
      agree(
        row.at("unrealizedPnl"),
        inverseProfit(size, entry, mark),
        profit,
        coins,
        exact(5n, 1_000n),
        "the profit that size, entry and mark price give",
      );
    return;
  }
  draft.profits.settled(settle, profit, times(size, entry));
  if (notional !== undefined && mark === undefined)
    agree(
      row.at("notional"),
      magnitude(times(size, entry)),
      magnitude(notional),
      notional,
      exact(1n, 2n),
      "contracts times their size and a price",
    );
  const read = statedLinear(
    row.path,
    "CCXT",
    { instrument: symbol, base, quote, size, entry, mark, profit, notional },
    draft,
  );
  if (mark !== undefined && profit !== undefined)
    draft.total({ name: "CCXT: unrealised profit of a perpetual", unit: "$", read, stated: profit });
}

function within(value: Exact, stated: Exact): boolean {
  const [low, high] = [times(value, exact(99n, 100n)), times(value, exact(101n, 100n))];
  return minus(stated, low).n >= 0n && minus(high, stated).n >= 0n;
}

/** Maps of a balance by asset. */
const MAPS = ["total", "free", "used", "debt"] as const;

/** Totals of venues that CCXT alone knows: some count unrealised profit in, others do not. */
function ccxtBalance(balance: Fields, draft: BookDraft): void {
  const path = balance.at("total");
  balance.below("total");
  const own = Object.entries(balance.object).flatMap(([key, value]) =>
    !["info", ...MAPS].includes(key) && MAPS.some((map) => hasKeys(value, map)) ? [key] : [],
  );
  const coins = new Set([
    ...MAPS.flatMap((map) => (balance.has(map) ? Object.keys(balance.below(map).object) : [])),
    ...own,
  ]);
  [...coins].forEach((coin, index) => ccxtHolding(balance, coin, `${path}{key ${index + 1}}`, draft));
}

function ccxtHolding(balance: Fields, coin: string, path: string, draft: BookDraft): void {
  /** As the map of a kind has it, or the asset's own entry. */
  const stated = (kind: (typeof MAPS)[number]): Exact | undefined => {
    const maps = [
      ...(balance.has(kind) ? [quiet(balance.below(kind), coin, path)] : []),
      ...(hasKeys(balance.value(coin), kind)
        ? [quiet(Fields.of(balance.value(coin), path), kind, path)]
        : []),
    ].filter((value) => value !== undefined);
    if (maps.some((value) => compare(value, maps[0] ?? value) !== 0))
      throw new FormatError(path, `one ${kind} of an asset`, "two that differ");
    return maps[0];
  };
  const [total, free, used] = [stated("total"), stated("free"), stated("used")];
  if (total === undefined && [free, used].some((value) => value !== undefined && value.n !== 0n))
    throw new MissingFieldError(path, "the total of an asset", "free or used alone");
  const owed = stated("debt") ?? ZERO;
  if (owed.n < 0n) throw new FormatError(path, "a debt of 0 or more", "a negative one");
  let held = minus(total ?? ZERO, owed);
  const profits = draft.profits.of(coin);
  if (profits.length > 0) {
    if (draft.options.totals === undefined)
      throw new FormatError(
        path,
        "a total of which is known whether unrealised profit is in it",
        "one of either kind; say --totals wallet or --totals equity",
      );
    if (draft.options.totals === "equity")
      held = minus(held, sum(profits.map((profit) => known(profit, path))));
  }
  draft.spot(path, "CCXT", coin, held);
}

function known(profit: Exact | undefined, path: string): Exact {
  if (profit === undefined)
    throw new MissingFieldError(
      path,
      "the unrealised profit of every position that pays this coin",
      "one without it",
    );
  return profit;
}

/** A number of a map whose keys are assets, which errors do not name. */
function quiet(map: Fields, key: string, path: string): Exact | undefined {
  try {
    return map.optional(key);
  } catch {
    throw new FormatError(path, "a number", "something else");
  }
}
