import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zkOk } from "./support.js";

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

  for (const regime of ["derive-pmrm-2", "derive-pmrm-1", "deribit", "span"])
    it(`shows the margin under ${regime}: at least the worst of its scenarios`, async () => {
      const args = ["sleeve", "margin", SLEEVE, "--surface", SURFACE, "--regime", regime];
      assert.equal((await zkOk(args)).match(/ worst$/gm)?.length, 2);
      const { underlyings } = JSON.parse(await zkOk([...args, "--json"]));
      for (const { scenarios, figures } of underlyings) {
        const worst = Math.min(...scenarios.map(({ change }: { change: number }) => change));
        const asked = figures.at(-1).amount;
        assert.ok(worst < 0 && asked >= -worst - 1e-6, `${asked} of ${worst}`);
      }
    });

  it("makes the surface of the examples from Deribit's summary", async () => {
    const out = join(folder, "surface.json");
    await zkOk(["sleeve", "surface", "examples/options/deribit-summary.json", "--out", out]);
    assert.equal(await readFile(out, "utf8"), await readFile(SURFACE, "utf8"));
  });
});
