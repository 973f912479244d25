import assert from "node:assert/strict";
import { dotChart, lineChart } from "../../src/charts/charts.js";
import { fanChart, waterfall } from "../../src/charts/fanChart.js";
import { linear, roundTicks, squareRoot } from "../../src/charts/svg.js";
import { checkSvg } from "./checkSvg.js";

const LINES = {
  title: 'Margin & loss <of> a "book"',
  description: "Some",
  dates: ["2021-01-31", "2021-02-01", "2021-02-02"],
  unit: "dollars",
  lines: [{ name: "margin", values: [1, null, 3] }],
};

describe("plots", () => {
  it("are well-formed, with a title and a description, and escape what they say", () => {
    const svg = lineChart({
      ...LINES,
      bars: { name: "loss", values: [-1, 2, 0] },
      marks: { name: "loss above margin", at: [{ index: 1, remark: "a<b" }] },
    });
    checkSvg(svg);
    assert.ok(svg.includes("Margin &amp; loss &lt;of&gt; a &quot;book&quot;"));
    assert.ok(svg.includes("<title>a&lt;b</title>"));
    checkSvg(
      dotChart({
        title: "Dots",
        description: "Some",
        axis: "percent",
        rows: ["a", "b"],
        series: [{ name: "s", values: [1, null] }],
        band: { from: 0, to: 1, name: "good" },
        roots: true,
      }),
    );
  });

  it("stand on nothing at all", () => {
    checkSvg(lineChart({ ...LINES, dates: [], lines: [{ name: "margin", values: [] }] }));
    checkSvg(dotChart({ title: "none", description: "none", axis: "", rows: [], series: [] }));
  });

  it("show a band for each group of runs, and who pays in turn", () => {
    const fan = { name: "a<b", low: [1, 2, 1], middle: [2, 3, 2], high: [3, 4, 5] };
    const chart = { title: "Fan", description: "Some", unit: "dollars", hours: 24, band: "5 % to 95 %" };
    const svg = fanChart({ ...chart, groups: [fan, { ...fan, name: "c" }], fromZero: true });
    checkSvg(svg);
    assert.equal(svg.match(/fill-opacity/g)?.length, 2);
    assert.ok(svg.includes("a&lt;b") && svg.includes(">20<"), "hours on the axis");
    checkSvg(fanChart({ ...chart, groups: [], fromZero: false }));
    const steps = [
      { name: "fund", amount: 3 },
      { name: "creditors", amount: 5 },
    ];
    const bars = waterfall({ title: "Who", description: "Some", axis: "$", groups: [{ name: "x", steps }] });
    checkSvg(bars);
    // The second bar begins where the first one ends.
    const [first, second] = [
      ...bars.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="16"/g),
    ].map(([, x, width]) => [Number(x), Number(width)] as const);
    assert.ok(Math.abs((first?.[0] ?? 0) + (first?.[1] ?? 0) - (second?.[0] ?? 0)) < 0.02);
    checkSvg(waterfall({ title: "none", description: "none", axis: "", groups: [] }));
  });

  it("leave a gap where there is no value", () => {
    assert.match(lineChart(LINES), /d="M[\d. ]+M[\d. ]+"/);
  });

  it("have few and round ticks that hold all values", () => {
    for (const [low, high] of [
      [0, 1],
      [-3, 17],
      [0, 0],
      [0, 0.004],
      [-250_000, 1_000_000],
    ] as const) {
      const ticks = roundTicks(low, high);
      assert.ok(ticks.length >= 2 && ticks.length <= 9, `${ticks}`);
      assert.ok((ticks[0] ?? 1) <= low && (ticks.at(-1) ?? 0) >= high, `${ticks}`);
    }
    assert.deepEqual(roundTicks(0, 0.4), [0, 0.1, 0.2, 0.3, 0.4]);
    assert.equal(linear(0, 10, 0, 100).at(5), 50);
    assert.deepEqual(squareRoot(30, 0, 100).ticks, [0, 1, 2, 5, 10, 20, 50]);
    assert.equal(squareRoot(100, 0, 100).at(25), 50);
  });
});
