import assert from "node:assert/strict";
import { denseBook } from "../../src/book/opening.js";
import type { Position } from "../../src/book/position.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import {
  aside,
  attempt,
  fixture,
  fixtures,
  header,
  held,
  type Options,
  open,
  read,
  USDT,
  WETH,
} from "../support/imports.js";

/** What the files of each venue are read as, worked out by hand. */
const VENUES: Readonly<
  Record<string, { files: readonly string[]; options: Options; positions: readonly Position[] }>
> = {
  binance: {
    files: ["binance-positions.json", "binance-balances.json"],
    options: USDT,
    positions: [
      held("USDC", "122607.351379"),
      open("BTC", "0", "-1.25", "43127.4"),
      held("BNB", "12.5"),
      open("DOGE", "0", "150000", "0.08512"),
    ],
  },
  bybit: {
    files: ["bybit-positions.json", "bybit-balances.json"],
    options: USDT,
    positions: [
      held("USDC", "80000.25"),
      // 2 long at 42000.5 and 0.5 short at 43500 are 1.5 long at (84001 − 21750) / 1.5, no cheaper than that.
      open("BTC", "1.75", "1.5", "41500.666666666666666667"),
      // The session's price, not the average: the profit since then alone is not in the wallet yet.
      open("ETH", "0", "-10", "2500"),
    ],
  },
  okx: {
    files: ["okx-positions.json", "okx-balances.json", "okx-instruments.json"],
    options: USDT,
    positions: [
      held("USDC", "50000"),
      // 150 contracts of 0.01 short at 43250.1, and 200 of $100 long at 40000, which are 0.5 coins.
      open("BTC", "3", "-1", "44875.15"),
      held("ETH", "-4.002"),
    ],
  },
  deribit: {
    files: ["deribit-positions.json"],
    options: { ...aside("options"), round: true },
    // 136 / 1191.14 − 0.000232514 = 0.1139438214…, and 136 dollars for 0.113943821.
    positions: [open("ETH", "0", "0.113943821", "1193.570645660548806767")],
  },
  "deribit account": {
    files: ["deribit-account.json"],
    options: aside("options"),
    positions: [held("BTC", "302.5680766")],
  },
  dydx: {
    files: ["dydx.json"],
    options: {},
    positions: [
      // −5153.25 + 1.5 · 42000.123456 − 10 · 2600.
      held("USDC", "31846.935184"),
      open("BTC", "0", "1.5", "42000.123456"),
      open("ETH", "0", "-10", "2600"),
    ],
  },
  hyperliquid: {
    files: ["hyperliquid.json"],
    options: {},
    positions: [
      // 13090.486852 + 0.0335 · 2986.3 − 1000 · 0.0861.
      held("USDC", "13104.427902"),
      open("ETH", "0", "0.0335", "2986.3"),
      open("DOGE", "0", "-1000", "0.0861"),
    ],
  },
  ccxt: {
    files: ["ccxt-positions.json", "ccxt-balance.json"],
    options: { ...USDT, totals: "equity" },
    positions: [
      held("USDC", "20000"),
      open("BTC", "0.2", "0.5", "42000.5"),
      open("ETH", "0", "-3", "2555.25"),
    ],
  },
  aave: {
    files: ["aave.json"],
    options: WETH,
    positions: [held("USDC", "-31250.123457"), held("ETH", "25")],
  },
  aavekit: {
    files: ["aavekit.json"],
    options: WETH,
    positions: [held("USDC", "-31250.123457"), held("ETH", "25")],
  },
};

type Path = readonly (string | number)[];

/** The paths of all numbers of these fields in a document. */
function pathsOf(json: unknown, fields: readonly string[], at: Path = []): Path[] {
  if (Array.isArray(json)) return json.flatMap((item, i) => pathsOf(item, fields, [...at, i]));
  if (json === null || typeof json !== "object") return [];
  return Object.entries(json).flatMap(([key, value]) => [
    ...(fields.includes(key) && (typeof value === "string" || typeof value === "number")
      ? [[...at, key]]
      : []),
    ...pathsOf(value, fields, [...at, key]),
  ]);
}

function changed(json: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const copy = structuredClone(json);
  let parent = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as typeof parent;
  const last = path.at(-1) ?? "";
  const value = change(parent[last]);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Every object of a document with its keys the other way round, and with keys of tomorrow's version. */
function reordered(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(reordered);
  if (json === null || typeof json !== "object") return json;
  return Object.fromEntries(
    Object.entries(json)
      .reverse()
      .map(([key, value]) => [key, reordered(value)]),
  );
}
const numbersAsTexts = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(numbersAsTexts)
    : json !== null && typeof json === "object"
      ? Object.fromEntries(Object.entries(json).map(([key, value]) => [key, numbersAsTexts(value)]))
      : typeof json === "number"
        ? String(json)
        : json;

/** Fields that make up the book, by reader. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  binance: ["positionAmt", "entryPrice", "balance"],
  bybit: ["size", "side", "sessionAvgPrice", "walletBalance", "spotBorrow"],
  okx: ["pos", "posSide", "avgPx", "cashBal", "interest", "ctVal"],
  deribit: ["size", "direction", "mark_price", "floating_profit_loss"],
  "deribit account": ["balance", "futures_session_rpl"],
  dydx: ["size", "side", "entryPrice"],
  hyperliquid: ["szi", "entryPx", "totalRawUsd"],
  ccxt: ["contracts", "contractSize", "side", "entryPrice"],
  aave: ["decimals", "currentATokenBalance", "currentVariableDebt"],
  aavekit: ["raw", "decimals"],
};
/** Numbers of those names that say nothing about the book. */
const IRRELEVANT =
  /^(data\.\d+\.interest|marginSummary\.|data\.\w+\.\d+\.(currency|apy)\.|result\.1\.(mark_price|direction|floating))/;
/** Fields that another figure of the same file vouches for. */
const VOUCHED: Readonly<Record<string, readonly string[]>> = {
  binance: ["positionAmt"],
  bybit: ["size", "walletBalance"],
  okx: ["pos", "cashBal", "ctVal"],
  deribit: ["size", "mark_price"],
  "deribit account": ["balance"],
  dydx: ["size"],
  hyperliquid: ["szi", "totalRawUsd"],
  ccxt: ["contracts", "contractSize"],
  aave: [],
  aavekit: ["raw", "decimals"],
};
/** Texts and values that no number or word is. */
const JUNK: readonly unknown[] = [
  ...[
    "",
    " 1",
    "1 ",
    "1,5",
    "1.234,5",
    "1'000",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "--1",
    "1e400",
    "1.2.3",
  ],
  ...[
    "1_000",
    "\u0661",
    "true",
    "null",
    "USD",
    "1BTC",
    "$5",
    "%",
    "\u00a01",
    "9".repeat(90),
    null,
    true,
    {},
    [],
    [1],
  ],
];
/** Of optional fields an empty one may be absent, and the book is then another that says the same by the rest. */
const OPTIONAL = [
  "sessionAvgPrice",
  "spotBorrow",
  "interest",
  "futures_session_rpl",
  "size",
  "pos",
  "contracts",
];

describe("importBook", () => {
  for (const [name, { files, options, positions }] of Object.entries(VENUES)) {
    it(`reads what ${name} answers`, () => {
      const imported = fixtures(files, options);
      assert.deepEqual(imported.book, { ...header, positions });
      assert.equal(imported.sources.length, files.length);
      assert.ok(imported.sources.every(({ source }) => source === imported.sources[0]?.source));
      for (const { read, stated, name } of imported.totals) {
        const apart = Number(read.n) / Number(read.d) - Number(stated.n) / Number(stated.d);
        assert.ok(Math.abs(apart) < 1e-6, `${name}: ${apart}`);
      }
      denseBook(imported.book, DEFAULT_LISTING, DEFAULT_LISTING.length);
      // In any order, and named.
      const from = imported.sources[0]?.source.toLowerCase() ?? "";
      assert.deepEqual(fixtures([...files].reverse(), { ...options, from }).book, imported.book);
    });

    it(`misreads no odd or hostile answer of ${name}`, () => {
      const texts = files.map((file) => [file, fixture(file)] as const);
      const secrets = positions.flatMap(({ spot, perp, entryPrice }) =>
        [spot, perp, entryPrice ?? ""].filter((text) => text.length > 4),
      );
      let tried = 0;
      const run = (at: number, text: string) => {
        tried++;
        return attempt(
          () =>
            read(
              texts.map((file, i) => [file[0], i === at ? text : file[1]]),
              options,
            ),
          secrets,
        );
      };
      texts.forEach(([file, text], at) => {
        const json = JSON.parse(text);
        const same: readonly string[] = [
          `\uFEFF${text}`,
          text.replaceAll("\n", "\r\n"),
          JSON.stringify(json),
          JSON.stringify(reordered(json)),
          JSON.stringify(numbersAsTexts(json), null, "\t"),
          `\n\n  ${text}\n\n`,
        ];
        for (const odd of same)
          assert.deepEqual(run(at, odd), positions, `${file}: the same otherwise written`);
        const broken: readonly string[] = [
          ...[0.1, 0.5, 0.9].map((share) => text.slice(0, Math.floor(text.length * share))),
          text.trimEnd().slice(0, -1),
          `${text},`,
          text + text,
          text.replace(":", ": //\n"),
          text.replaceAll('"', "'"),
          text.replace(/,\n/, ",,\n"),
          text.replace(/"([a-zA-Z_]+)": ("?[^,{["]*"?),/, '"$1": $2, "$1": $2,'),
          `[${text}]`,
          "{}",
          "[]",
          "[{}]",
          "null",
          "42",
          '"x"',
          '{"error":{"code":10009,"message":"not_enough_funds"}}',
          "[".repeat(100_000),
        ];
        for (const [i, odd] of broken.entries())
          assert.equal(typeof run(at, odd), "string", `${file}: broken in way ${i}`);
        const relevant = (fields: readonly string[]) =>
          pathsOf(json, fields).filter((path) => !IRRELEVANT.test(path.join(".")));
        for (const path of relevant(VOUCHED[name] ?? []))
          for (const factor of [10, 0.1, 1000, -1]) {
            const times = (value: unknown) => String(Number((Number(value) * factor).toPrecision(12)));
            // dYdX's sizes may have a sign or none, as the side says it; Deribit's second position is an option.
            if ((factor === -1 && name === "dydx") || (name === "deribit" && path[1] === 1)) continue;
            if (Number(path.reduce((at, step) => (at as never)[step], json)) === 0) continue;
            const got = run(at, JSON.stringify(changed(json, path, times)));
            assert.equal(typeof got, "string", `${file}: ${path.join(".")} times ${factor}`);
          }
        const telling = relevant(TELLING[name] ?? []);
        for (const path of telling)
          for (const junk of [undefined, ...JUNK]) {
            const got = run(at, JSON.stringify(changed(json, path, () => junk)));
            const absent = junk === undefined || junk === "" || junk === null;
            if (absent && OPTIONAL.includes(String(path.at(-1)))) continue;
            assert.equal(typeof got, "string", `${file}: ${path.join(".")} as ${JSON.stringify(junk)}`);
          }
      });
      assert.ok(tried >= 40, String(tried));
    });
  }
});
