import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("zkmargin risk reverse", () => {
  const work = workFolder();
  const book = "examples/books/leveraged-long.json";

  it("says in words, in a table and in a drawing what would break a book", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--window", "1", "--out", market]);
    const page = work.at("reverse.html");
    const out = await zkOk(["risk", "reverse", book, "--market", market, "--html", page]);
    assert.match(
      out,
      /health factor 1: \d\.\d\d standard deviations of a day away, by\n {4}.*BTC −\d+\.\d %/,
    );
    for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
    assert.ok(readFileSync(page, "utf8").includes("standard deviations of a day"));
    const { thresholds, days } = await zkJson(["risk", "reverse", book, "--market", market]);
    assert.equal(days, 594);
    assert.ok(thresholds[0].joint.distance < thresholds[1].joint.distance);
  });

  it("takes shocks in percent from a file", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--window", "1", "--out", market]);
    const shocks = (BTC: unknown) =>
      write(work.at("shocks.json"), {
        format: "zkmargin/shocks@1",
        name: "mine",
        shocks: { BTC, ETH: -3_500 },
      });
    const stress = ["risk", "stress", book, "--market", market, "--shocks"];
    const { stresses } = await zkJson([...stress, shocks("-30%")]);
    assert.deepEqual([stresses[0].moves.BTC, stresses[0].moves.ETH], [-3_000, -3_500]);
    const { code, err } = await zk([...stress, shocks("-0.3")]);
    assert.equal(code, 3);
    assert.match(err, /a percentage such as "-30%"/);
  });
});
