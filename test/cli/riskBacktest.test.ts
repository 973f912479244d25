import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkSvg } from "../charts/checkSvg.js";
import { errorOf, example, ROOT, workFolder, write, zk, zkJson } from "./support.js";

const SHORT = ["risk", "backtest", "--from", "2021-05-10", "--to", "2021-05-24", "--every", "7"];
const BOOKS = ["--book", "long-btc", "--book", "eth-vs-btc"];

describe("cli: risk backtest", () => {
  const work = workFolder();

  it("prints who held and who did not", async () => {
    const { code, out, err } = await zk([...SHORT, ...BOOKS]);
    assert.deepEqual([code, err], [0, "  walking forward\n"]);
    assert.match(out, /^Margins set from 2021-05-10 to 2021-05-24/);
    assert.match(out, /recalibrated +collateralised-debt +rate-perps +portfolio-margin/);
    assert.match(out, /^ {2}long-btc +15 /m);
    assert.match(out, /seed 20210519/);
  });

  it("measures losses over a horizon, and judges many books at once", async () => {
    const result = await zkJson([...SHORT, ...BOOKS, "--horizon", "2", "--profile", "pmrm"]);
    assert.equal(result.horizon, 2);
    const [{ exceptions }] = result.outcomes;
    for (const { date, lossDate } of exceptions)
      assert.equal((Date.parse(lossDate) - Date.parse(date)) / 86_400_000, 2);
    assert.deepEqual(
      result.power.map(({ multiple }: { multiple: number }) => multiple),
      [1, 2, 3, 5],
    );
    assert.deepEqual(Object.keys(result.regimes[0].afterHolm), ["tooMany", "tooFew"]);
  });

  it("tests an own book, as large as at the last closes, and keeps what it writes private", async () => {
    const out = work.at("own");
    const args = [
      ...SHORT,
      "--book",
      "long-btc",
      "--book",
      example("cash-and-carry.json"),
      "--profile",
      "pmrm",
    ];
    const [, own] = (await zkJson([...args, "--out", out])).outcomes;
    assert.deepEqual([own.book.name, own.book.kind, own.days], ["own-cash-and-carry", "own", 15]);
    // 18 BTC against a perpetual of as many, and what they are financed by: most of it cancels.
    assert.ok(BigInt(own.book.gross) > 1_000_000n);
    assert.equal(own.exceptions.length, 0);
    for (const name of readdirSync(out)) assert.equal(statSync(join(out, name)).mode & 0o777, 0o600, name);
    assert.match((await zk(args)).out, /As private as the book/);
    const [wrong, none] = [
      await zk([...SHORT, "--book", "nosuch"]),
      await zk([...SHORT, "--book", "./nosuch"]),
    ];
    assert.deepEqual([wrong.code, none.code], [2, 3]);
    assert.match(wrong.err, /expected a book file, or one of long-btc/);
  });

  it("takes its horizon from a deployment plan", async () => {
    const plan = JSON.parse(readFileSync(join(ROOT, "examples", "deploy-plan.json"), "utf8"));
    const slow = { ...plan, terms: { ...plan.terms, gracePeriod: 12 * 3_600, callPeriod: 24 * 3_600 } };
    const args = [...SHORT, "--book", "long-btc", "--profile", "pmrm", "--horizon"];
    assert.equal((await zkJson([...args, join(ROOT, "examples", "deploy-plan.json")])).horizon, 1);
    const file = write(work.at("plan.json"), slow);
    assert.equal((await zkJson([...args, file])).horizon, 2);
    const text = (await zk([...args, file])).out;
    assert.match(text, /horizon by the plan +2 days: grace 12 h, call 24 h, auction 1 h, relief 1 h/);
    for (const days of ["0", "31", "-1", "1.5", "NaN"])
      assert.match((await zk([...args, days])).err, /1 to 30 days/);
    const calibrated = [
      "risk",
      "calibrate",
      "--date",
      "2021-05-17",
      "--out",
      work.at("two.json"),
      "--horizon",
      file,
    ];
    assert.match((await zk(calibrated)).out, /horizon by the plan +2 days/);
  });

  it("lets the adversary play where a regime has scenarios", async () => {
    const result = await zkJson([...SHORT, "--book", "adversary-tail"]);
    assert.deepEqual(
      result.outcomes.map(({ regime }: { regime: string }) => regime),
      ["recalibrated", "portfolio-margin"],
    );
  });

  it("prints the same as JSON, without progress", async () => {
    const result = await zkJson([...SHORT, ...BOOKS, "--seed", "7"]);
    assert.equal(result.seed, 7);
    assert.deepEqual(result.calibrations, ["2021-05-10", "2021-05-17", "2021-05-24"]);
    assert.equal(result.outcomes.length, 2 * result.regimes.length);
    const [first] = result.outcomes;
    assert.deepEqual(first.book, { name: "long-btc", kind: "long", gross: "1000000" });
    assert.equal(first.days, 15);
    for (const day of first.exceptions) assert.ok(BigInt(day.loss) > BigInt(day.margin));
    assert.deepEqual(await zkJson([...SHORT, ...BOOKS, "--seed", "7"]), result);
  });

  it("compares with the profiles named, shipped or a file", async () => {
    const file = work.at("own.json");
    await zk(["risk", "calibrate", "--date", "2021-05-01", "--name", "own", "--out", file]);
    const named = ["--profile", "rate-perps", "--profile", file];
    const { regimes } = await zkJson([...SHORT, ...BOOKS, ...named]);
    assert.deepEqual(
      regimes.map(({ regime }: { regime: string }) => regime),
      ["recalibrated", "rate-perps", "own"],
    );
  });

  it("writes drawings, the result and every day into a folder", async () => {
    const folder = work.at("backtest");
    const { out } = await zk([...SHORT, ...BOOKS, "--out", folder]);
    assert.deepEqual(readdirSync(folder).toSorted(), [
      "backtest.json",
      "book-eth-vs-btc.svg",
      "book-long-btc.svg",
      "days.csv",
      "exceptions.svg",
      "margin-over-time.svg",
      "margin.svg",
      "procyclicality.svg",
    ]);
    assert.match(out, /Wrote 8 files into /);
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".svg")))
      checkSvg(readFileSync(join(folder, name), "utf8"));
    const [header, row] = readFileSync(join(folder, "days.csv"), "utf8").split("\n");
    assert.equal(header, "set on,loss on,regime,book,margin,loss");
    assert.match(row ?? "", /^2021-05-10,2021-05-11,recalibrated,long-btc,\d+\.\d\d,-?\d+\.\d\d$/);
  });

  const wrong: [name: string, args: string[], exitCode: number, error: string][] = [
    ["a confidence of 1", ["--confidence", "10000"], 3, "OutOfRangeError"],
    ["a first day before there is history enough", ["--from", "2019-10-02"], 3, "OutOfRangeError"],
    ["a day that is not in the history", ["--to", "2022-01-01"], 3, "OutOfRangeError"],
    ["a last day before the first", ["--from", "2021-05-01", "--to", "2021-04-01"], 3, "OutOfRangeError"],
    ["calibrations every 0 days", ["--every", "0"], 3, "OutOfRangeError"],
    ["a book that is none", ["--book", "tulips"], 2, "UsageError"],
    ["a profile that is none", ["--profile", "tulips"], 3, "UnreadableError"],
    ["a seed that is none", ["--seed", "x"], 2, "UsageError"],
  ];
  for (const [name, args, exitCode, error] of wrong)
    it(`refuses ${name}`, async () => {
      assert.deepEqual(await failed(["risk", "backtest", ...args]), [exitCode, error]);
    });

  it("names the option that is out of its range", async () => {
    for (const [option, value] of [
      ["--half-life", "0"],
      ["--horizon", "0"],
      ["--every", "0"],
      ["--from", "2019-10-02"],
      ["--from", "2022-01-01"],
      ["--to", "2021-02-30"],
    ] as const) {
      const { message } = errorOf(await zk(["risk", "backtest", option, value, "--json"]));
      assert.ok(message.startsWith(`${option}: `), message);
    }
  });

  const csv = readFileSync(join(ROOT, "examples", "prices", "daily-close.csv"), "utf8");
  const [header = "", ...rows] = csv.trimEnd().split("\n");
  const zero = (row: string) => row.replace(/^([^,]*),[^,]*,/, "$1,0,");
  const histories: [name: string, rows: string[], error: string][] = [
    ["too short a history", rows.slice(0, 40), "OutOfRangeError"],
    ["one day of prices, the newest first", [rows[1] ?? "", rows[0] ?? ""], "OutOfRangeError"],
    [
      "a date with two closes",
      [rows[0] ?? "", (rows[0] ?? "").replace(",8343.2767,", ",8343.2768,")],
      "DuplicateFieldError",
    ],
    ["a price of zero", [zero(rows[0] ?? "")], "OutOfRangeError"],
    ["a negative price", [zero(rows[0] ?? "").replace(",0,", ",-1,")], "OutOfRangeError"],
    ["a price that is no number", [zero(rows[0] ?? "").replace(",0,", ",ten,")], "FormatError"],
  ];
  for (const [name, days, error] of histories)
    it(`refuses ${name}`, async () => {
      const file = write(work.at("history.csv"), `${[header, ...days].join("\n")}\n`);
      assert.deepEqual(await failed(["risk", "backtest", "--history", file]), [3, error]);
    });

  it("leaves a day of calibration without prices untested, and says so", async () => {
    const holes = rows.map((row) => (row.startsWith("2020-04-17") ? row.replace(/,[^,]*/g, ",") : row));
    const file = write(work.at("blank.csv"), `${[header, ...holes].join("\n")}\n`);
    const args = ["--history", file, "--from", "2020-04-10", "--to", "2020-04-25", "--book", "long-btc"];
    const { outcomes, calibrations } = await zkJson(["risk", "backtest", ...args]);
    assert.equal(outcomes[0].days, 14);
    assert.deepEqual(calibrations, ["2020-04-10", "2020-04-18", "2020-04-24"]);
    const { out } = await zk(["risk", "backtest", ...args]);
    assert.match(out, /not tested +something on 2 days: see below/);
    assert.match(out, /all books: the day has no closes \(1 times, 2020-04-17/);
  });

  it("names a price that stands still, and one that jumps, before it walks", async () => {
    const changed = (column: number, change: (cell: string) => string) => {
      const some = rows.map((row) =>
        row
          .split(",")
          .map((cell, i) => (i === column && row > "2021-05-01" ? change(cell) : cell))
          .join(","),
      );
      return ["--history", write(work.at("bad.csv"), `${[header, ...some].join("\n")}\n`)];
    };
    assert.deepEqual(await failed(["risk", "backtest", ...changed(9, () => "250")]), [3, "StalePricesError"]);
    assert.deepEqual(
      await failed(["risk", "backtest", ...changed(9, (cell) => String(Number(cell) * 100))]),
      [3, "PriceJumpError"],
    );
  });

  it("tests what a history with missing days leaves, and says what it does not", async () => {
    const some = rows.slice(0, 120).filter((_, i) => i !== 90);
    const file = write(work.at("gap.csv"), `${[header, ...some].join("\n")}\n`);
    const { untested } = await zkJson(["risk", "backtest", "--history", file, "--book", "long-btc"]);
    assert.deepEqual(
      untested.map(({ what, why }: { what: string; why: string }) => [what, why]),
      [["all books", "the next day has no closes"]],
    );
  });
});

/** Exit code and error class of a command line that fails. */
async function failed(args: readonly string[]): Promise<[number, string]> {
  const ran = await zk([...args, "--json"]);
  return [ran.code, errorOf(ran).name];
}
