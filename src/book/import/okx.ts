import { type Exact, magnitude, minus, negative, ONE, plus, sum, times, ZERO } from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { type BookDraft } from "./bookDraft.js";
import { Fields, hasKeys, listsKeys, objects } from "./fields.js";
import {
  contradicts,
  equityTotal,
  profitTotal,
  statedInverse,
  statedLinear,
  type VenueReader,
} from "./venue.js";
import { agree } from "./venueFigures.js";

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
  read: (json, path, draft) => {
    if (hasKeys(json, "code") && json["code"] !== "0")
      throw new FormatError(`${path}.code`, "0, as of an answer without an error", "another");
    const rows = objects(okxData(json), hasKeys(json, "data") ? `${path}.data` : path);
    for (const row of rows) if (row.has("ctVal")) okxInstrument(row, draft);
    for (const row of rows)
      if (row.has("details")) for (const coin of row.list("details")) okxCoin(coin, draft);
    const other = rows.find(
      (row) => !["ctVal", "details", "pos"].some((key) => row.value(key) !== undefined),
    );
    if (other !== undefined)
      throw new FormatError(
        other.path,
        "a position, the balance of an account or an instrument",
        "a row of another answer",
      );
    const positions = rows.filter((row) => row.has("pos"));
    draft.later(() => okxPositions(positions, draft));
  },
};

function okxData(json: JsonValue): JsonValue | undefined {
  return hasKeys(json, "code", "data") ? json["data"] : json;
}

function okxInstrument(row: Fields, draft: BookDraft): void {
  if (!/^(SWAP|FUTURES)$/.test(row.word("instType"))) return;
  const size = times(row.number("ctVal"), row.optional("ctMult") ?? ONE);
  draft.setContract(row.at("ctVal"), row.text("instId"), size);
}

function okxCoin(row: Fields, draft: BookDraft): void {
  const coin = row.text("ccy");
  const held = minus(row.number("cashBal"), row.optional("interest") ?? ZERO);
  for (const field of ["isoEq", "stgyEq", "smtSyncEq", "spotCopyTradingEq", "spotIsoBal"])
    if (row.nonZero(field))
      draft.setAside(row.at(field), "isolated", "funds of isolated positions, bots or copied trades");
  draft.spot(row.path, "OKX", coin, held);
  const [equity, profit] = [row.optional("eq"), row.optional("upl")];
  if (profit !== undefined) draft.profits.expects(row.at("upl"), coin, profit);
  if (equity === undefined || profit === undefined) return;
  const apart = sum(["isoEq", "stgyEq"].map((field) => row.optional(field) ?? ZERO));
  equityTotal(draft, row.at("eq"), coin, plus(plus(held, profit), apart), equity);
}

function okxPositions(rows: readonly Fields[], draft: BookDraft): void {
  const profits: Exact[] = [];
  const stated: Exact[] = [];
  for (const row of rows) {
    const pos = row.optional("pos") ?? ZERO;
    if (pos.n === 0n) continue;
    const [type, name] = [row.word("instType"), row.text("instId").toUpperCase()];
    if (type === "OPTION" || /-[CP]$/.test(name)) {
      draft.option(row.path);
      continue;
    }
    if (type === "FUTURES" || /-[0-9]{6}$/.test(name)) {
      draft.option(row.path, "a dated future");
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
      draft.setAside(row.path, "isolated", "a position with isolated margin");
      continue;
    }
    const side = row.word("posSide");
    if (side !== "net" && side !== "long" && side !== "short")
      throw new FormatError(row.at("posSide"), "net, long or short", "other text");
    if (side !== "net" && pos.n < 0n) throw contradicts(row.at("pos"));
    const contracts = side === "short" ? negative(pos) : pos;
    const amount = times(contracts, draft.contract(row.at("pos"), name));
    const entry = row.number("avgPx");
    const [mark, profit, notional] = ["markPx", "upl", "notionalUsd"].map((field) => row.optional(field));
    if (quote === "USD") {
      statedInverse(row, "OKX", { instrument: name, base, notional: amount, entry }, "markPx", "upl", draft);
      if (notional !== undefined)
        agree(
          row.at("notionalUsd"),
          magnitude(amount),
          magnitude(notional),
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
        magnitude(times(amount, mark)),
        magnitude(notional),
        times(amount, mark),
        TWO_HUNDREDTHS,
        "contracts times their size and mark price",
      );
    profits.push(statedLinear(row.path, "OKX", position, draft));
    if (profit !== undefined && mark !== undefined) stated.push(profit);
  }
  profitTotal(draft, "OKX", profits, stated);
}

/** OKX's figures in dollars count USDT at its price, which may be off a dollar. */
const TWO_HUNDREDTHS = { n: 2n, d: 100n };
