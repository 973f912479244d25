import assert from "node:assert/strict";
import { InputError } from "../../src/errors.js";
import { formatDate } from "../../src/market/date.js";
import { joinPrices } from "../../src/market/priceFiles.js";
import { DEFAULT_ASSETS } from "../../src/protocol/listingFile.js";

/** One close as every layout has it: the begin of its day, Unix seconds as text, and four prices. */
interface Row {
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
}

const DAY = 86_400;
const FIRST = Date.UTC(2024, 7, 1) / 1_000;
const CLOSES = ["65354.02", "61498.33", "60697.99", "58161", "54018.81"];
const row = (day: number, close: string): Row => ({
  time: String(FIRST + day * DAY),
  open: "60000.1",
  high: "70000.25",
  low: "50000.5",
  close,
});
const ROWS: readonly Row[] = CLOSES.map((close, day) => row(day, close));

/** Closes by date, attodollars; what a reader must make of a file. */
type Expected = Readonly<Record<string, string>>;
const expected = (closes: readonly (string | null)[]): Expected =>
  Object.fromEntries(
    closes.flatMap((close, day) => (close === null ? [] : [[formatDate(FIRST + day * DAY), close]])),
  );
const SAME = expected(CLOSES);
const REFUSED = "refused";
type Outcome = Expected | typeof REFUSED;

/** What a reader makes of a text. */
function read(text: string, now?: number): Outcome {
  try {
    const { rows, assets } = joinPrices([{ path: "file", text, asset: "BTC" }], {
      listing: DEFAULT_ASSETS,
      step: "day",
      ...(now !== undefined && { now }),
    });
    assert.deepEqual(assets, ["BTC"]);
    return Object.fromEntries(
      rows.flatMap(({ begin, closes: [close] }) =>
        close == null ? [] : [[formatDate(begin), plain(close)]],
      ),
    );
  } catch (error) {
    assert.ok(error instanceof InputError, `${error instanceof Error ? error.stack : error}`);
    assert.match(error.message, /expected .+, got /);
    return REFUSED;
  }
}

function plain(close: bigint): string {
  const digits = close.toString().padStart(19, "0");
  return `${digits.slice(0, -18)}.${digits.slice(-18)}`.replace(/\.?0+$/, "");
}

interface Reader {
  readonly name: string;
  readonly kind: "csv" | "json";
  /** Whether a row has a span, an instant, or a date. */
  readonly times: "candle" | "point" | "date";
  readonly ohlc: boolean;
  readonly write: (rows: readonly Row[]) => string;
}

const lines = (header: string | null, rows: readonly Row[], cells: (row: Row) => readonly string[]) =>
  [...(header === null ? [] : [header]), ...rows.map((one) => cells(one).join(",")), ""].join("\n");
const ms = (time: string) => (/^\d{9,10}$/.test(time) ? `${time}000` : time);
const ends = (time: string) => {
  const unit = time.length > 13 ? 1_000_000 : time.length > 10 ? 1_000 : 1;
  return /^\d{9,16}$/.test(time) ? String(Number(time) + DAY * unit - 1) : time;
};
const date = (time: string) => (/^\d{9,10}$/.test(time) ? formatDate(Number(time)) : time);
const json = (cell: string) => (cell === "" ? "null" : cell);
const kline = (one: Row) => [
  ...[ms(one.time), one.open, one.high, one.low, one.close, "12.5", ends(ms(one.time))],
  ...["1000.5", "42", "6.1", "500.2", "0"],
];

const READERS: readonly Reader[] = [
  {
    name: "Binance CSV",
    kind: "csv",
    times: "candle",
    ohlc: true,
    write: (rows) => lines(null, rows, kline),
  },
  {
    name: "Binance CSV with a header",
    kind: "csv",
    times: "candle",
    ohlc: true,
    write: (rows) =>
      lines(
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore",
        rows,
        kline,
      ),
  },
  {
    name: "Binance JSON",
    kind: "json",
    times: "candle",
    ohlc: true,
    write: (rows) =>
      `[${rows
        .map((one) => {
          const [open, ...cells] = kline(one);
          const texts = cells.map((cell, i) =>
            i === 5 || i === 7 ? cell : cell === "" ? "null" : JSON.stringify(cell),
          );
          return `[${[json(open ?? ""), ...texts].join(",")}]`;
        })
        .join(",")}]`,
  },
  {
    name: "CoinGecko",
    kind: "json",
    times: "point",
    ohlc: false,
    // The close of a day is the price at its end, the next day's 00:00.
    write: (rows) =>
      `{"prices":[${rows
        .map(({ time, close }) => {
          const at = /^\d{9,10}$/.test(time) ? `${Number(time) + DAY}000` : time;
          return `[${json(at)},${json(close)}]`;
        })
        .join(",")}],"market_caps":[[1722470400000,1.2e12]],"total_volumes":[]}`,
  },
  {
    name: "CCXT",
    kind: "json",
    times: "candle",
    ohlc: true,
    write: (rows) =>
      `[${rows.map((one) => `[${[ms(one.time), one.open, one.high, one.low, one.close, "8.25"].map(json).join(",")}]`).join(",")}]`,
  },
  {
    name: "Yahoo CSV",
    kind: "csv",
    times: "date",
    ohlc: true,
    write: (rows) =>
      lines("Date,Open,High,Low,Close,Adj Close,Volume", rows, (one) => [
        ...[date(one.time), one.open, one.high, one.low, one.close, "1.5", "31617116160"],
      ]),
  },
  {
    name: "wide CSV",
    kind: "csv",
    times: "date",
    ohlc: false,
    write: (rows) => lines("Date,BTC-USD", rows, (one) => [date(one.time), one.close]),
  },
  {
    name: "long CSV",
    kind: "csv",
    times: "date",
    ohlc: false,
    write: (rows) =>
      lines("symbol,volume,date,close", rows, (one) => ["BTCUSDT", "17.5", date(one.time), one.close]),
  },
];

interface Case {
  readonly name: string;
  readonly text: string;
  readonly outcome: Outcome;
  readonly now?: number;
}

/** The rows with another close on the third day. */
const withClose = (close: string): Row[] => ROWS.map((one, day) => (day === 2 ? { ...one, close } : one));
const withTime = (time: string): Row[] => ROWS.map((one, day) => (day === 2 ? { ...one, time } : one));
const closesWith = (close: string | null) => expected(CLOSES.map((one, day) => (day === 2 ? close : one)));
/** Rows of so many seconds each, from 1 August on; every close is its number from 55 000. */
const spans = (seconds: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    ...row(0, String(55_000 + i)),
    time: String(FIRST + i * seconds),
  }));

function casesOf(reader: Reader): Case[] {
  const base = reader.write(ROWS);
  const found: Case[] = [];
  const add = (name: string, text: string, outcome: Outcome, now?: number) =>
    found.push({ name, text, outcome, ...(now !== undefined && { now }) });
  const rows = (name: string, given: readonly Row[], outcome: Outcome, now?: number) =>
    add(name, reader.write(given), outcome, now);
  const isCsv = reader.kind === "csv";

  rows("as it is", ROWS, SAME);
  rows("the newest first", ROWS.toReversed(), SAME);
  rows(
    "in no order",
    [3, 0, 4, 1, 2].map((i) => ROWS[i] as Row),
    SAME,
  );
  rows("a row twice", [...ROWS, ROWS[2] as Row], SAME);
  rows("a day with two closes", [...ROWS, row(2, "60698")], REFUSED);
  rows(
    "a day missing",
    ROWS.filter((_, day) => day !== 2),
    closesWith(null),
  );
  rows("no rows", [], REFUSED);
  rows("trailing zeros", withClose("60697.990000"), SAME);
  rows("an exponent", withClose("6.069799e4"), SAME);
  rows("18 decimals", withClose("60697.990000000000000001"), closesWith("60697.990000000000000001"));
  rows("20 decimals", withClose("60697.99000000000000000149"), closesWith("60697.990000000000000001"));
  rows("a blank", withClose(""), closesWith(null));
  for (const close of ["0", "0.000", "-60697.99", "1e400", "1e-30", "6".repeat(90)])
    rows(`a close of ${close.slice(0, 12)}`, withClose(close), REFUSED);
  // What is no JSON number is no JSON outside of quotation marks.
  for (const close of [
    "abc",
    "Infinity",
    "0xED19",
    "60.697,99",
    "60 697.99",
    "60'697.99",
    "60_697.99",
    "6.06.9",
    "--6",
  ])
    rows(`a close of ${close}`, withClose(close.includes(",") && isCsv ? `"${close}"` : close), REFUSED);
  for (const close of ["+60697.99", "60697.99-", "60697.99 USD", "６０６９７", "60697.99%", "1/2"])
    rows(`a close of ${close}`, withClose(close), REFUSED);
  for (const time of [
    "0",
    "-1722643200",
    "17226432",
    "1722643200000000000",
    "9999999999999",
    "noon",
    "1722643200.5",
  ])
    rows(`a time of ${time}`, withTime(time), REFUSED);
  rows("no time", withTime(""), REFUSED);
  if (reader.times === "candle") {
    rows(
      "microseconds",
      ROWS.map((one) => ({ ...one, time: `${one.time}000000` })),
      SAME,
    );
    rows(
      "some microseconds",
      ROWS.map((one, i) => (i > 2 ? { ...one, time: `${one.time}000000` } : one)),
      SAME,
    );
    rows("an unfinished candle", ROWS, expected([...CLOSES.slice(0, 4), null]), FIRST + 5 * DAY - 1);
    rows("all finished", ROWS, SAME, FIRST + 5 * DAY);
    rows(
      "days from 08:00",
      ROWS.map((one) => ({ ...one, time: String(Number(one.time) + 28_800) })),
      REFUSED,
    );
  }
  if (reader.name === "CCXT" || reader.name === "Yahoo CSV") {
    rows(
      "weeks",
      [0, 7, 14, 21].map((day) => row(day, "60000")),
      REFUSED,
    );
  }
  if (reader.name === "CCXT") {
    rows("one row", ROWS.slice(0, 1), REFUSED);
    rows("hours", spans(3_600, 48), expected(["55023", "55047"]));
    rows("quarters of an hour", spans(900, 192), expected(["55095", "55191"]));
    rows("seven hours", spans(25_200, 24), REFUSED);
  } else rows("one row", ROWS.slice(0, 1), expected(CLOSES.slice(0, 1)));
  if (reader.times === "point") {
    rows(
      "hours",
      spans(3_600, 49).map(({ time, close }) => ({ ...row(0, close), time: `${time}000` })),
      {
        "2024-07-31": "55000",
        "2024-08-01": "55024",
        "2024-08-02": "55048",
      },
    );
    rows(
      "near midnight",
      ROWS.map((one) => ({ ...one, time: `${Number(one.time) + DAY + 37}000` })),
      SAME,
    );
    rows("now as well", [...ROWS, { ...row(5, "1"), time: "1722950000000" }], SAME);
    rows(
      "noons",
      ROWS.map((one) => ({ ...one, time: `${Number(one.time) + 43_200}000` })),
      REFUSED,
    );
  }
  if (reader.ohlc) {
    rows("a close above high", withClose("70000.26"), REFUSED);
    rows("a close below low", withClose("50000.49"), REFUSED);
    rows(
      "high and low exchanged",
      ROWS.map((one) => ({ ...one, high: one.low, low: one.high })),
      REFUSED,
    );
  }
  if (reader.times === "date") {
    rows("a day that is none", withTime("2024-02-30"), REFUSED);
    rows("a date of another order", withTime("03/08/2024"), REFUSED);
    rows("a date in words", withTime("Aug 3 2024"), REFUSED);
    rows("a time among dates", withTime("2024-08-03T00:00Z"), REFUSED);
    const at = (clock: string) => ROWS.map((one) => ({ ...one, time: `${date(one.time)}${clock}` }));
    for (const clock of [" 00:00:00", "T00:00:00Z", " 00:00:00+00:00", "T00:00:00.000Z", " 00:00 UTC"])
      rows(`times as${clock}`, at(clock), SAME);
    rows("an offset", at("T02:00:00+02:00"), SAME);
    rows("an hour of 24", at(" 24:00:00"), REFUSED);
    rows("days from 08:00", at("T08:00Z"), REFUSED);
  }
  if (isCsv) {
    const header = base.split("\n")[0] ?? "";
    add("CR LF", base.replaceAll("\n", "\r\n"), SAME);
    add("a byte-order mark", `\uFEFF${base}`, SAME);
    add("no last line end", base.trimEnd(), SAME);
    add("blank lines", base.replaceAll("\n", "\n\n"), SAME);
    add("lines of commas", `${base}${header.replace(/[^,]/g, "")}\n`, SAME);
    add("semicolons", base.replaceAll(",", ";"), SAME);
    add("tabs", base.replaceAll(",", "\t"), SAME);
    add("bars", base.replaceAll(",", "|"), SAME);
    add("quotation marks", base.replace(/[^,\n]+/g, '"$&"'), SAME);
    add("spaces around cells", base.replaceAll(",", " , "), SAME);
    rows("thousands separated", withClose('"60,697.99"'), SAME);
    rows("thousands, or decimals", withClose('"60,697"'), REFUSED);
    rows("a dollar sign", withClose("$60697.99"), SAME);
    for (const blank of ["null", "NaN", "N/A", "-"])
      rows(`a blank ${blank}`, withClose(blank), closesWith(null));
    add("cut off", base.slice(0, base.lastIndexOf(",")), REFUSED);
    add("an open quotation mark", base.replace("60697.99", '"60697.99'), REFUSED);
    add("a quotation mark inside", base.replace("60697.99", '606"97.99'), REFUSED);
    add("a cell more", base.replace("60697.99", "60697.99,1"), REFUSED);
    add("a cell less", base.replace(/,60697.99/, ""), REFUSED);
    add("a zero byte", base.replace("60697.99", "60697.99\0"), REFUSED);
    if (/[a-z]/i.test(header)) {
      add("capitals", base.replace(header, header.toUpperCase()), SAME);
      add(
        "no header",
        base.split("\n").slice(1).join("\n"),
        reader.name.startsWith("Binance") ? SAME : REFUSED,
      );
      add("the header twice", `${header}\n${base}`, REFUSED);
      add("no name of a time", base.replace(/date|open_time/i, "when"), REFUSED);
      add("only the header", `${header}\n`, REFUSED);
      add("a title above", `${reader.name}\n${base}`, REFUSED);
    }
    if (reader.name === "Yahoo CSV") {
      add("an adjusted close alone", base.replace("Close,Adj Close", "Last,Adj Close"), REFUSED);
      add("a price and a close", base.replace("Volume", "Price"), REFUSED);
      add("a date and a time", base.replace("Volume", "Time"), REFUSED);
    }
    if (reader.name === "long CSV") {
      add("another asset too", `${base}ETHUSDT,1,2024-08-01,3000\n`, REFUSED);
      add("another asset", base.replaceAll("BTCUSDT", "ETHUSDT"), REFUSED);
      add("no symbol", base.replace("BTCUSDT", ""), REFUSED);
    }
  } else {
    add("spread over lines", JSON.stringify(JSON.parse(base), null, 2), SAME);
    add("a byte-order mark", `\uFEFF${base}`, SAME);
    add("numbers as texts", base.replace(/(?<=[[,])(\d[\d.]*)(?=[\],])/g, '"$1"'), SAME);
    add("white space around", `\n  ${base}\n\n`, SAME);
    add("a comma at the end", base.replace(/\](?=[^\]]*$)/, ",]"), REFUSED);
    add("cut off", base.slice(0, -9), REFUSED);
    add("a comment", `/* prices */${base}`, REFUSED);
    add("two documents", `${base}${base}`, REFUSED);
    add("one value more", base.replace(/\],\[/, ",7],["), REFUSED);
    add("one value less", base.replace(/,[^,\]]*\],\[/, "],["), REFUSED);
    add("a list in a list", base.replace("60697.99", "[60697.99]"), REFUSED);
    add("true for a price", base.replace(/"?60697.99"?/, "true"), REFUSED);
    add("an object for a price", base.replace(/"?60697.99"?/, '{"usd":60697.99}'), REFUSED);
    add("a price as text of words", base.replace(/"?60697.99"?/, '"sixty"'), REFUSED);
    add("an empty text", base.replace(/"?60697.99"?/, '""'), closesWith(null));
    add("null", base.replace(/"?60697.99"?/, "null"), closesWith(null));
    add("deep nesting", `${"[".repeat(99)}${"]".repeat(99)}`, REFUSED);
  }
  add("nothing", "", REFUSED);
  add("white space", " \n\n", REFUSED);
  add("an HTML page", "<!doctype html><html><body>451</body></html>", REFUSED);
  add("an exchange's error", '{"code":-1121,"msg":"Invalid symbol."}', REFUSED);
  add("an empty object", "{}", REFUSED);
  add("an empty list", "[]", REFUSED);
  add("a number", "60697.99", REFUSED);
  add("candles of five values", "[[1722470400000,1,2,1,2],[1722556800000,1,2,1,2]]", REFUSED);
  return found;
}

describe("price readers", () => {
  for (const reader of READERS) {
    const cases = casesOf(reader);
    it(`${reader.name}: ${cases.length} odd and hostile files, none misread`, () => {
      assert.ok(cases.length >= 40, String(cases.length));
      const wrong = cases.flatMap(({ name, text, outcome, now }) => {
        const got = read(text, now);
        try {
          assert.deepEqual(got, outcome);
          return [];
        } catch {
          return [
            `${name}: expected ${JSON.stringify(outcome)}, got ${JSON.stringify(got)}\n${text.slice(0, 300)}`,
          ];
        }
      });
      assert.deepEqual(wrong, []);
    });
  }
});
