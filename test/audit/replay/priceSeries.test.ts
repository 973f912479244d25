import assert from "node:assert/strict";
import { addPrices, newSeries, type PriceStretch } from "../../../src/audit/replay/bounded.js";
import { Recording } from "./recording.js";

describe("prices through a record", () => {
  const quotes = (round: number) => [
    { low: 100n, high: 100n },
    { low: BigInt(1_000 + ((round * 37) % 101)), high: BigInt(1_010 + ((round * 53) % 97)) },
  ];

  it("are kept in a bounded number of stretches, each with its exact least and greatest", () => {
    for (const rounds of [1, 256, 257, 1_000, 5_003]) {
      const series = newSeries<PriceStretch>();
      for (let i = 1; i <= rounds; i++) addPrices(series, { number: i, time: 60 * i }, quotes(i));
      const { stretches } = series;
      assert.ok(stretches.length <= 256 && stretches.length >= Math.min(rounds, 128), `${stretches.length}`);
      let next = 1;
      for (const { fromRound, toRound, fromTime, toTime, least, greatest } of stretches) {
        assert.deepEqual([fromRound, fromTime, toTime], [next, 60 * fromRound, 60 * toRound]);
        const all = Array.from({ length: toRound - fromRound + 1 }, (_, i) => quotes(fromRound + i));
        const of = (u: number, side: "low" | "high") => all.map((each) => Number(each[u]?.[side]));
        assert.deepEqual(
          least.map(Number),
          [0, 1].map((u) => Math.min(...of(u, "low"))),
        );
        assert.deepEqual(
          greatest.map(Number),
          [0, 1].map((u) => Math.max(...of(u, "high"))),
        );
        next = toRound + 1;
      }
      assert.equal(next, rounds + 1);
    }
  });

  it("come of a real record in dollars a unit, and its tokens with symbol and decimals", async () => {
    const { prices, deployment, coverage, accounts } = await new Recording().replay();
    assert.equal(prices.length, coverage.rounds);
    const btc = deployment.assets.indexOf("BTC");
    const dollars = prices.map(({ least }) => Number(least[btc]) / 1e18);
    assert.ok(Math.min(...dollars) > 30_000 && Math.max(...dollars) < 70_000, "BTC in the spring of 2021");
    const usdc = deployment.tokens.find(({ token }) => token === deployment.settlement);
    assert.equal(usdc?.symbol, "USDC");
    assert.ok((usdc?.decimals ?? 0) > 0);
    const held = accounts.flatMap(({ vault }) => vault?.balances ?? []);
    assert.ok(
      held.length > 0 && held.every(({ token }) => deployment.tokens.some((each) => each.token === token)),
    );
  });
});
