import { minus, over, plus, times, ZERO } from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { type BookDraft } from "./bookDraft.js";
import { Fields, hasKeys, listsKeys, objects } from "./fields.js";
import { agreedTotal, contradicts, unknownInstrument, type VenueReader } from "./venue.js";
import { agree, THOUSANDTH } from "./venueFigures.js";

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
  read: (json, path, draft) => {
    if (hasKeys(json, "testnet") && json["testnet"] === true)
      throw new FormatError(`${path}.testnet`, "an answer of Deribit itself", "one of its test network");
    if (hasKeys(json, "error")) throw new FormatError(`${path}.error`, "an answer without an error", "one");
    const result = deribitResult(json);
    const at = hasKeys(json, "result") ? `${path}.result` : path;
    if (Array.isArray(result)) return deribitPositions(objects(result, at), draft);
    const one = Fields.of(result, at);
    for (const row of one.has("summaries") ? one.list("summaries") : [one]) deribitSummary(row, draft);
  },
};

function deribitResult(json: JsonValue): JsonValue | undefined {
  return hasKeys(json, "jsonrpc", "result") ? json["result"] : json;
}

/**
 * Deribit pays the profit of a session into the balance each day, after which a position counts from the price of that
 * settlement. So its cost is what is left of its value once the session's floating profit is taken off.
 */
function deribitPositions(rows: readonly Fields[], draft: BookDraft): void {
  for (const row of rows) {
    const size = row.number("size");
    if (size.n === 0n) continue;
    const name = row.text("instrument_name").toUpperCase();
    if (row.word("kind").startsWith("option") || /-[CP]$/.test(name)) {
      draft.option(row.path);
      continue;
    }
    const match = /^([A-Z0-9]+?)(?:_(USD[CT]))?-PERPETUAL$/.exec(name);
    if (match === null) {
      if (!/^[A-Z0-9]+(_USD[CT])?-[0-9]{1,2}[A-Z]{3}[0-9]{2}$/.test(name))
        throw unknownInstrument(row.at("instrument_name"));
      draft.option(row.path, "a dated future");
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
    draft.profits.settled(quote ?? base, floating, quote === undefined ? coins : cost);
    if (quote === undefined)
      draft.inverse(row.path, "Deribit", { instrument: name, base, notional: size, entry });
    else draft.linear(row.path, "Deribit", { instrument: name, base, quote, size: coins, entry });
  }
}

function deribitSummary(row: Fields, draft: BookDraft): void {
  const coin = row.text("currency");
  const realised = row.optional("futures_session_rpl") ?? row.number("session_rpl");
  const floating = row.optional("futures_session_upl") ?? row.number("session_upl");
  draft.profits.expects(row.path, coin, floating);
  const options = row.nonZero("options_value");
  if (options !== undefined) draft.option(row.at("options_value"), "an option");
  const held = plus(row.number("balance"), realised);
  const read = plus(plus(held, floating), options ?? ZERO);
  const stated = row.number("equity");
  draft.spot(row.path, "Deribit", coin, held);
  const total = { name: "equity of a coin, with options", unit: coin, read, stated };
  const expected = "balance, the session's profit and the value of options";
  agreedTotal(draft, row.at("equity"), total, stated, expected, { n: 1n, d: 100_000n });
}
