import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorOf, zk, zkOk } from "./support.js";

const SLEEVE = "examples/options/sleeve.csv";
const SURFACE = "examples/options/surface.json";

describe("cli: sleeve", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-sleeve-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("prices every position, and sums them by underlying", async () => {
    const text = await zkOk(["sleeve", "price", SLEEVE, "--surface", SURFACE]);
    for (const words of ["BTC at $43,537.51", "BTC-28MAY21-48000-C", "ETH-25JUN21 ", "theta"])
      assert.ok(text.includes(words), words);
    const { underlyings, warnings } = JSON.parse(
      await zkOk(["sleeve", "price", SLEEVE, "--surface", SURFACE, "--json"]),
    );
    assert.deepEqual(warnings, []);
    for (const { value, positions } of underlyings) {
      const sum = positions.reduce((total: number, each: { value: number }) => total + each.value, 0);
      assert.ok(Math.abs(value - sum) < 1e-6);
    }
  });

  for (const [regime, near] of [
    ["derive-pmrm-2", /exact: .*github/],
    ["derive-pmrm-1", /exact: .*github/],
    ["deribit", /without contingencies .*no published case/],
    ["span", /exact for the scan ranges .*McMillan/],
  ] as const)
    it(`shows the margin under ${regime}: at least the worst of its scenarios, and how near that is`, async () => {
      const args = ["sleeve", "margin", SLEEVE, "--surface", SURFACE, "--regime", regime];
      const text = await zkOk(args);
      assert.equal(text.match(/ worst$/gm)?.length, 2);
      assert.match(text.trimEnd().split("\n").at(-1) ?? "", new RegExp(`^${regime}: ${near.source}`));
      const { underlyings } = JSON.parse(await zkOk([...args, "--json"]));
      for (const { scenarios, figures } of underlyings) {
        const worst = Math.min(...scenarios.map(({ change }: { change: number }) => change));
        const asked = figures.at(-1).amount;
        assert.ok(worst < 0 && asked >= -worst - 1e-6, `${asked} of ${worst}`);
      }
    });

  it("asks SPAN's minimum of every option sold, which is not below 0", async () => {
    const args = ["sleeve", "margin", SLEEVE, "--surface", SURFACE, "--regime", "span", "--json"];
    const figures = async (dollars: string) => {
      const { underlyings } = JSON.parse(await zkOk([...args, "--short-minimum", dollars]));
      return underlyings[0].figures.slice(1).map(({ amount }: { amount: number }) => amount);
    };
    const [scan, none, asked] = await figures("0");
    assert.deepEqual([none, asked], [0, scan]);
    const [, minimum, more] = await figures("100000.5");
    assert.ok(minimum > scan && minimum % 100_000.5 === 0);
    assert.equal(more, minimum);
    assert.match(errorOf(await zk([...args, "--short-minimum", "-1"])).message, /--short-minimum: expected/);
  });

  it("makes the surface of the examples from Deribit's summary", async () => {
    const out = join(folder, "surface.json");
    await zkOk(["sleeve", "surface", "examples/options/deribit-summary.json", "--out", out]);
    assert.equal(await readFile(out, "utf8"), await readFile(SURFACE, "utf8"));
  });

  it("measures the moves of volatility that the calibrated rule rounds up", async () => {
    const moves = JSON.parse(await zkOk(["sleeve", "moves", "--date", "2021-05-17", "--json"]));
    assert.deepEqual(moves, { volatilityUp: 3651, volatilityDown: 2675 });
    for (const [option, value] of [
      ["--half-life", "0"],
      ["--confidence", "10000"],
    ] as const) {
      const { name, message } = errorOf(await zk(["sleeve", "moves", option, value, "--json"]));
      assert.match(`${name} ${message}`, new RegExp(`^OutOfRangeError ${option}: `));
    }
  });

  const row = (instrument_name: string, kind: string, size: number, mark_price: number) => ({
    ...{ instrument_name, kind, direction: size < 0 ? "sell" : "buy", size, mark_price },
    ...{ average_price: mark_price, settlement_price: mark_price, floating_profit_loss: 0 },
    size_currency: kind === "option" ? size : size / mark_price,
  });
  const importing = async (rows: readonly object[], ...options: readonly string[]) => {
    const positions = join(folder, "positions.json");
    await writeFile(positions, JSON.stringify({ jsonrpc: "2.0", result: rows }), { mode: 0o600 });
    const book = ["book", "import", positions, "--account", "desk-1", "--sequence", "1", "--round"];
    return zk([...book, "--out", join(folder, "book.json"), ...options]);
  };
  const sleeveOut = () => ["--sleeve-out", join(folder, "sleeve.json")];

  it("comes out of a book's import: options and dated futures there, the perpetual in the book", async () => {
    const rows = [
      row("BTC-28MAY21-48000-C", "option", -2, 0.03),
      row("BTC-25JUN21", "future", 20_000, 40_000),
      row("BTC-PERPETUAL", "future", 20_000, 40_000),
    ];
    const ran = await importing(rows, ...sleeveOut());
    assert.equal(ran.code, 0, ran.err);
    const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
    const { positions } = await read("sleeve.json");
    assert.deepEqual(positions, [
      { instrument: "BTC-28MAY21-48000-C", amount: "-2" },
      { instrument: "BTC-25JUN21", amount: "20000", entry: "40000" },
    ]);
    assert.deepEqual(
      (await read("book.json")).positions.map(({ asset, perp }: { asset: string; perp: string }) => [
        asset,
        perp,
      ]),
      [["BTC", "0.5"]],
    );
  });

  it("is not made of nothing", async () => {
    const ran = await importing([row("BTC-PERPETUAL", "future", 20_000, 40_000)], ...sleeveOut());
    assert.equal(ran.code, 3);
    assert.match(
      ran.err,
      /--sleeve-out: expected options and dated futures of Deribit's get_positions, got none/,
    );
    const dry = await zk([
      ...["book", "import", "x.json", "--account", "a", "--sequence", "1"],
      "--dry-run",
      ...sleeveOut(),
    ]);
    assert.equal(dry.code, 2);
  });
});
