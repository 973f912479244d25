import assert from "node:assert/strict";
import {
  alignPoints,
  amounts,
  dollars,
  factor,
  json,
  paint,
  pairs,
  percent,
  setView,
  shortPercent,
  table,
} from "../../src/cli/format.js";

/** A dollar in the unit of the reference model: attodollars × 10^8. */
const DOLLAR = 10n ** 26n;

describe("cli: formats", () => {
  it("round dollars to the cent, and show no negative zero", () => {
    assert.equal(dollars(0n), "$0.00");
    assert.equal(dollars(1234567n * DOLLAR + (DOLLAR * 5n) / 1000n), "$1,234,567.01");
    assert.equal(dollars(-999n * DOLLAR), "−$999.00");
    assert.equal(dollars(-1n), "$0.00");
  });

  it("show basis points as factors and percentages", () => {
    assert.equal(factor(9731), "0.9731");
    assert.equal(factor(null), "∞");
    assert.equal(percent(-150), "−1.50 %");
    assert.equal(percent(5), "0.05 %");
    assert.deepEqual([0, 50, -2050, 4000, 5].map(shortPercent), ["0", "0.5", "−20.5", "40", "0.05"]);
  });

  it("align text to the left, numbers to the right and points under points", () => {
    assert.deepEqual(alignPoints(["1.25", "10", ""]), ["1.25", "10   ", "   "]);
    assert.equal(
      table(["asset", "n", "file"], [["BTC", "10", "a"]], { text: [0, 2] }),
      "  asset   n  file\n  ─────  ──  ────\n  BTC    10  a\n",
    );
    assert.equal(
      amounts([
        ["A", DOLLAR],
        ["long", 100n * DOLLAR, "why"],
      ]),
      "  A       $1.00\n  long  $100.00  why\n",
    );
  });

  it("give programs whole numbers as strings", () => {
    assert.equal(json({ a: 2n ** 64n }), '{\n  "a": "18446744073709551616"\n}\n');
  });

  describe("on a terminal", () => {
    afterEach(() => setView({}));
    const HEADER = ["asset", "amount", "remark", "id"];
    const ROWS = [
      [
        "BTC",
        "12.5",
        "closed at the market, less what its funding has cost until now",
        `0x${"ab".repeat(32)}`,
      ],
      ["ETH", "1", "", ""],
    ];
    const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

    it("wrap text before they drop a column, and name what they drop", () => {
      const layout = { text: [0, 2, 3], drop: [2, 1] };
      const whole = table(HEADER, ROWS, layout);
      assert.ok(widest(whole) > 140);
      assert.equal(whole.split("\n").length, 5);
      for (const columns of [40, 60, 80, 120]) {
        setView({ columns });
        const fitted = table(HEADER, ROWS, layout);
        assert.ok(widest(fitted) <= columns, `${columns}: ${fitted}`);
        const dropped = /not shown at this width: (.*?);/.exec(fitted)?.[1];
        assert.equal(dropped, columns === 40 ? "remark" : undefined, fitted);
        // All of an id is there, whatever lines it takes.
        assert.equal(fitted.replaceAll(/[^0-9a-fx]/g, "").match(/ab/g)?.length ?? 0, 32, fitted);
      }
      setView({ columns: 30 });
      assert.match(table(["a", "b", "c"], [["x".repeat(20), "1".repeat(9), "2".repeat(9)]]), /not shown .*c/);
    });

    it("wrap values between words, and cut no word", () => {
      setView({ columns: 40 });
      assert.equal(
        pairs([
          ["name", "one two three four five six se eight nine"],
          ["n", `0x${"1".repeat(40)}`],
        ]),
        `  name  one two three four five six se\n        eight nine\n  n     0x${"1".repeat(40)}\n`,
      );
    });

    it("have colour where it is wanted alone, and the same width with it", () => {
      assert.equal(paint("bad", "liquidatable"), "liquidatable");
      setView({ colour: true });
      assert.equal(paint("bad", "x"), "\u001b[31mx\u001b[0m");
      const coloured = table(["a", "b"], [[paint("good", "healthy"), "1"]]);
      setView({});
      const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
      assert.equal(coloured.replaceAll(escapes, ""), table(["a", "b"], [["healthy", "1"]]));
    });
  });
});
