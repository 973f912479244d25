import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FormatError, MalformedError, OutOfRangeError } from "../../src/errors.js";
import { dailyTable } from "../../src/market/history.js";
import { calibrate } from "../../src/risk/calibration/calibrate.js";
import { DEFAULT_CALIBRATION } from "../../src/risk/calibration/options.js";
import { compareRegimes, DEFAULT_MACRO, macroStateOn, parseMacro } from "../../src/risk/macro.js";
import { HISTORY } from "../market/fixtures.js";
import { assertFails } from "../support/failure.js";
import { COINS, walk } from "./walks.js";

const FILE = new URL("../../examples/prices/macro-daily.csv", import.meta.url);
const DAYS = parseMacro(readFileSync(FILE, "utf8"));
const csv = (...rows: string[]) => `date,SP500,VIX\n${rows.map((row) => `${row}\n`).join("")}`;
const on = (text: string, date: string) => macroStateOn(parseMacro(text), date, DEFAULT_MACRO);

describe("the macro trigger", () => {
  it("fires at a VIX of 30, or a fall of 5 % in five business days, and not below", () => {
    const calm = "2020-01-02,100,12";
    assert.equal(on(csv(calm, "2020-01-03,100,29.99"), "2020-01-03").addOn, 0);
    assert.equal(on(csv(calm, "2020-01-03,100,30"), "2020-01-03").addOn, 2_500);
    const week = (last: number) =>
      csv(...["02", "03", "06", "07", "08"].map((day) => `2020-01-${day},100,12`), `2020-01-09,${last},12`);
    assert.equal(on(week(95), "2020-01-09").addOn, 2_500);
    assert.equal(on(week(95.1), "2020-01-09").addOn, 0);
  });

  it("lowers slowly: half in ten business days, and nothing in the end", () => {
    const days = Array.from({ length: 140 }, (_, i) => {
      const date = new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
      return { date, index: 100, volatility: i === 0 ? 40 : 12 };
    });
    const at = (i: number) => macroStateOn(days, days[i]?.date ?? "", DEFAULT_MACRO);
    assert.deepEqual(at(0), { asOf: "2020-01-01", addOn: 2_500, firedOn: "2020-01-01" });
    assert.ok(at(10).addOn === 1_250 || at(10).addOn === 1_251);
    assert.ok(at(9).addOn > at(10).addOn);
    assert.equal(at(130).addOn, 0);
  });

  it("knows nothing of later days", () => {
    const until = DAYS.filter(({ date }) => date <= "2020-03-09");
    assert.deepEqual(
      macroStateOn(DAYS, "2020-03-09", DEFAULT_MACRO),
      macroStateOn(until, "2020-03-09", DEFAULT_MACRO),
    );
  });

  it("holds over a weekend, and refuses to guess after a week", () => {
    const text = csv("2020-03-13,100,60");
    assert.equal(on(text, "2020-03-15").addOn, 2_500);
    assertFails(() => on(text, "2020-03-21"), OutOfRangeError, "macro");
    assertFails(() => on(text, "2020-03-12"), OutOfRangeError, "macro");
  });

  it("had fired before 12 March 2020, and moves bitcoin's volatility and correlation", () => {
    assert.equal(macroStateOn(DAYS, "2020-03-11", DEFAULT_MACRO).addOn, 2_500);
    const table = dailyTable(HISTORY);
    const btc = table.assets.indexOf("BTC");
    const closes = new Map(table.times.map((time, t) => [time, table.closes[t]?.[btc] ?? 0]));
    const { raised, calm } = compareRegimes(
      DAYS.filter(({ date }) => date < "2021-07-06"),
      closes,
      DEFAULT_MACRO,
    );
    assert.ok(raised.count > 50 && calm.count > 50);
    assert.ok(raised.correlation > calm.correlation && raised.correlation < 0.6, `${raised.correlation}`);
  });

  it("reaches every risky shock of a calibration, and no pegged one", () => {
    const options = { ...DEFAULT_CALIBRATION, name: "test", listing: COINS, prices: walk({ rows: 120 }) };
    const crash = (addOn: number) =>
      calibrate({ ...options, addOn }).profile.scenarios.find(({ name }) => name === "crash")?.shocks ?? {};
    assert.ok((crash(2_500).BTC ?? 0) < (crash(0).BTC ?? 0));
    assert.equal(crash(2_500).USDC, crash(0).USDC);
  });
});

describe("a macro file", () => {
  const cases: [name: string, text: string, Class: Parameters<typeof assertFails>[1], path: string][] = [
    ["other columns", "date,VIX,SP500\n2020-01-02,12,100\n", FormatError, "macro.line1"],
    ["no day", csv(), MalformedError, "macro"],
    ["a day that is none", csv("2020-02-30,100,12"), FormatError, "macro.line2.date"],
    ["a day twice", csv("2020-01-02,100,12", "2020-01-02,100,12"), OutOfRangeError, "macro.line3.date"],
    ["no level", csv("2020-01-02,,12"), OutOfRangeError, "macro.line2.SP500"],
  ];
  for (const [name, text, Class, path] of cases)
    it(`is refused for ${name}`, () => {
      assertFails(() => parseMacro(text), Class, path);
    });
});
