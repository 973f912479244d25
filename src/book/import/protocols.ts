import {
  type Exact,
  exact,
  magnitude,
  minus,
  negative,
  plus,
  sum,
  times,
  ZERO,
} from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError, MissingFieldError } from "../../errors.js";
import { type BookDraft } from "./bookDraft.js";
import { Fields, hasKeys, listsKeys, objects, sided } from "./fields.js";
import { agreedTotal, statedLinear, unknownInstrument, type VenueReader } from "./venue.js";
import { agree, HUNDREDTH, THOUSANDTH } from "./venueFigures.js";

// ---- dYdX --------------------------------------------------------------------------------------------

/** dYdX v4: the indexer's answer about one subaccount. */
export const DYDX: VenueReader = {
  name: "dydx",
  title: "dYdX",
  recognises: (json) => hasKeys(dydxAccount(json), "openPerpetualPositions", "assetPositions"),
  read: (json, path, draft) => {
    const account = dydxAccount(json);
    if (account === undefined)
      throw new FormatError(
        path,
        "one subaccount of dYdX, as GET /v4/addresses/…/subaccountNumber/… answers",
        "another answer",
      );
    dydxSubaccount(Fields.of(account, path), draft);
  },
};

/** The subaccount of an answer; of a list, the only one that it has. */
function dydxAccount(json: JsonValue): JsonValue | undefined {
  if (hasKeys(json, "subaccount")) return json["subaccount"];
  const list = hasKeys(json, "subaccounts")
    ? json["subaccounts"]
    : hasKeys(json, "childSubaccounts")
      ? json["childSubaccounts"]
      : json;
  return Array.isArray(list) && list.length === 1
    ? list[0]
    : hasKeys(list, "openPerpetualPositions")
      ? list
      : undefined;
}

/**
 * dYdX's USDC has already paid for what is long and been paid for what is short. So the costs of the positions are put back
 * into it, which leaves the sum of both at every price as it was.
 */
function dydxSubaccount(account: Fields, draft: BookDraft): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  const costs: Exact[] = [];
  const gross: Exact[] = [];
  for (const row of account.values("openPerpetualPositions")) {
    if (row.has("status") && row.text("status") !== "OPEN") continue;
    const size = dydxSigned(row);
    if (size.n === 0n) continue;
    const market = row.text("market").toUpperCase();
    const base = /^([A-Z0-9]+)-USD$/.exec(market)?.[1];
    if (base === undefined) throw unknownInstrument(row.at("market"));
    const [entry, profit] = [row.number("entryPrice"), row.optional("unrealizedPnl")];
    statedLinear(row.path, "dYdX", { instrument: market, base, quote: "USD", size, entry }, draft);
    costs.push(times(size, entry));
    gross.push(magnitude(times(size, entry)));
    if (profit !== undefined) profits.push(profit);
    stated.push(size);
  }
  const usdc: Exact[] = [];
  for (const row of account.values("assetPositions")) {
    const size = dydxSigned(row);
    if (row.text("symbol").toUpperCase() !== "USDC") draft.spot(row.path, "dYdX", row.text("symbol"), size);
    else usdc.push(size);
  }
  if (usdc.length > 1) throw new FormatError(account.at("assetPositions"), "USDC once", "more than once");
  const cash = plus(usdc[0] ?? ZERO, sum(costs));
  draft.spot(account.at("assetPositions"), "dYdX", "USDC", cash);
  const equity = account.optional("equity");
  if (equity === undefined || profits.length !== stated.length) return;
  const read = plus(cash, sum(profits));
  const total = { name: "dYdX: equity", unit: "$", read, stated: equity };
  const scale = plus(magnitude(equity), sum(gross));
  agreedTotal(draft, account.at("equity"), total, scale, "collateral and unrealised profit");
}

function dydxSigned(row: Fields): Exact {
  const side = { LONG: "long", SHORT: "short" }[row.text("side")] as "long" | "short" | undefined;
  if (side === undefined) throw new FormatError(row.at("side"), "LONG or SHORT", "other text");
  return sided(row.number("size"), side, row.at("size"));
}

// ---- Hyperliquid -------------------------------------------------------------------------------------

/** Hyperliquid: `clearinghouseState` and `spotClearinghouseState`. */
export const HYPERLIQUID: VenueReader = {
  name: "hyperliquid",
  title: "Hyperliquid",
  recognises: (json) =>
    hasKeys(json, "assetPositions", "marginSummary", "crossMarginSummary") ||
    (hasKeys(json, "balances") && listsKeys(json["balances"], "coin", "token", "hold", "total")),
  read: (json, path, draft) => {
    const state = Fields.of(json, path);
    if (state.has("balances")) return hyperliquidSpot(state, draft);
    hyperliquidPerps(state, draft);
  },
};

function hyperliquidSpot(state: Fields, draft: BookDraft): void {
  // Only answers about unified accounts and those with portfolio margin have the field: their perpetuals draw on these balances.
  if (state.has("tokenToAvailableAfterMaintenance"))
    draft.later(() => {
      const used = state.list("balances").some((row) => row.nonZero("hold"));
      if (used || draft.perps.some(({ name }) => name.startsWith("Hyperliquid ")))
        throw new FormatError(
          state.at("tokenToAvailableAfterMaintenance"),
          "an account whose balances of spot and perpetuals are apart",
          "a unified one, of which both would count the same dollars; write it into a table",
        );
    });
  for (const row of state.list("balances")) {
    for (const field of ["borrowed", "supplied"])
      if (row.nonZero(field))
        throw new FormatError(row.at(field), "no loans", "one; write it into a table by hand");
    // The coin's own collateral for perpetuals is another balance: both belong to the account.
    draft.spot(row.path, "Hyperliquid spot", row.text("coin"), row.number("total"));
  }
}

/** As at dYdX, the raw dollars have paid for the positions, so their costs are put back. */
function hyperliquidPerps(state: Fields, draft: BookDraft): void {
  const profits: Exact[] = [];
  const values: Exact[] = [];
  const costs: Exact[] = [];
  for (const item of state.list("assetPositions")) {
    const row = item.below("position");
    if (item.has("type") && item.text("type") !== "oneWay")
      throw new FormatError(item.at("type"), "oneWay", "other text");
    const size = row.number("szi");
    if (size.n === 0n) continue;
    const coin = row.text("coin");
    if (row.has("leverage") && row.below("leverage").word("type") === "isolated") {
      draft.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    if (coin.includes(":"))
      throw new FormatError(
        row.at("coin"),
        "a perpetual of Hyperliquid itself",
        "one of a builder's exchange, with margin of its own",
      );
    const entry = row.number("entryPx");
    const base = coin;
    const [profit, value] = [row.number("unrealizedPnl"), row.number("positionValue")];
    const signed = size.n < 0n ? negative(magnitude(value)) : magnitude(value);
    statedLinear(row.path, "Hyperliquid", { instrument: coin, base, quote: "USD", size, entry }, draft);
    agree(
      row.at("unrealizedPnl"),
      minus(signed, times(size, entry)),
      profit,
      value,
      THOUSANDTH,
      "the profit that size, entry and value give",
    );
    costs.push(times(size, entry));
    values.push(signed);
    profits.push(profit);
  }
  const summary = state.below("crossMarginSummary");
  const raw = summary.number("totalRawUsd");
  const worth = summary.number("accountValue");
  draft.spot(summary.at("totalRawUsd"), "Hyperliquid", "USDC", plus(raw, sum(costs)));
  const gross = sum(values.map(magnitude));
  const read = plus(raw, sum(values));
  const total = { name: "Hyperliquid: cross account value", unit: "$", read, stated: worth };
  const scale = plus(magnitude(worth), gross);
  const expected = "raw dollars and the values of cross positions";
  agreedTotal(draft, summary.at("accountValue"), total, scale, expected);
}

// ---- Aave --------------------------------------------------------------------------------------------

/** Aave v3: rows of `getUserReserveData` with symbol and decimals, or AaveKit's `userSupplies` and `userBorrows`. */
export const AAVE: VenueReader = {
  name: "aave",
  title: "Aave",
  recognises: (json) => {
    const data = aaveData(json);
    return (
      listsKeys(data, "symbol", "decimals", "currentATokenBalance", "currentVariableDebt") ||
      hasKeys(data, "userReserves") ||
      hasKeys(data, "userSupplies") ||
      hasKeys(data, "userBorrows") ||
      listsKeys(data, "currency", "balance", "isCollateral") ||
      listsKeys(data, "currency", "debt", "market")
    );
  },
  read: (json, path, draft) => {
    const data = aaveData(json);
    const at = hasKeys(json, "data") ? `${path}.data` : path;
    if (hasKeys(data, "userReserves"))
      throw new FormatError(
        `${at}.userReserves`,
        "balances of now, as getUserReserveData or AaveKit answer",
        "those of the subgraph, which are as old as the account's last transaction: debt has grown since",
      );
    if (Array.isArray(data)) return aaveRows(objects(data, at), draft);
    const answer = Fields.of(data, at);
    if (!answer.has("userSupplies") && !answer.has("userBorrows"))
      throw new MissingFieldError(at, "userSupplies or userBorrows", "neither");
    for (const field of ["userSupplies", "userBorrows"])
      if (answer.has(field)) aaveRows(answer.list(field), draft);
  },
};

function aaveData(json: JsonValue): JsonValue | undefined {
  return hasKeys(json, "data") ? json["data"] : json;
}

function aaveRows(rows: readonly Fields[], draft: BookDraft): void {
  for (const row of rows) {
    if (row.has("currency")) {
      const currency = row.below("currency");
      const symbol = currency.text("symbol");
      const amount = row.below(row.has("debt") ? "debt" : "balance").below("amount");
      if (currency.has("decimals") && decimalsOf(currency) !== decimalsOf(amount))
        throw new FormatError(currency.at("decimals"), "the decimals of the amount", "others");
      if (row.has("debt")) draft.spot(row.path, "Aave debt", symbol, negative(aaveAmount(row.below("debt"))));
      else aaveSupply(row, symbol, aaveAmount(row.below("balance")), row.value("isCollateral"), draft);
      continue;
    }
    const units = (field: string) => baseUnits(row, field, decimalsOf(row));
    const symbol = row.text("symbol");
    const debt = plus(
      units("currentVariableDebt"),
      row.has("currentStableDebt") ? units("currentStableDebt") : ZERO,
    );
    draft.spot(row.at("currentVariableDebt"), "Aave debt", symbol, negative(debt));
    aaveSupply(row, symbol, units("currentATokenBalance"), row.value("usageAsCollateralEnabled"), draft);
  }
}

/** What is supplied and not enabled as collateral stands behind no debt, so it is left out, and told. */
function aaveSupply(
  row: Fields,
  symbol: string,
  amount: Exact,
  collateral: JsonValue | undefined,
  draft: BookDraft,
): void {
  if (amount.n === 0n) return;
  if (collateral === true) return draft.spot(row.path, "Aave", symbol, amount);
  if (collateral !== false)
    throw new MissingFieldError(
      row.path,
      "whether the supply is enabled as collateral, true or false",
      "none",
    );
  draft.aside.push({
    path: row.path,
    kind: "unlisted",
    words: "a supply that is not enabled as collateral",
  });
}

function aaveAmount(token: Fields): Exact {
  const amount = token.below("amount");
  const units = baseUnits(amount, "raw", decimalsOf(amount));
  const value = amount.optional("value");
  if (value !== undefined)
    agree(amount.at("value"), units, value, units, HUNDREDTH, "raw units with the decimals of the token");
  return units;
}

function decimalsOf(row: Fields): number {
  const text = row.text("decimals");
  if (!/^([0-9]|[1-2][0-9]|3[0-6])$/.test(text))
    throw new FormatError(row.at("decimals"), "0 to 36", "another number");
  return Number(text);
}

/** An amount in a token's smallest unit. @throws FormatError unless it is a whole number from 0 */
function baseUnits(row: Fields, field: string, decimals: number): Exact {
  const value = row.number(field);
  if (value.d !== 1n || value.n < 0n || !/^[0-9]+$/.test(row.text(field)))
    throw new FormatError(
      row.at(field),
      "a whole number of the token's smallest units, in plain digits",
      "another number",
    );
  return exact(value.n, 10n ** BigInt(decimals));
}
