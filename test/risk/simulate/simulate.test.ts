import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { checkProfile } from "../../../src/protocol/profile.js";
import { type RunResult, simulate, simulateRuns } from "../../../src/risk/simulate/runs.js";
import { DEFAULT_VENUE, ENGINES } from "../../../src/risk/simulate/scenario.js";
import { sweep, sweptProfile } from "../../../src/risk/simulate/sweep.js";
import { PERPETUALS, scene } from "./scenes.js";

const LENDING = ENGINES.filter((engine) => engine !== "adl");

function conserved({ payers, figures }: RunResult): void {
  assert.equal(
    Object.values(payers).reduce((sum, gain) => sum + BigInt(gain), 0n),
    0n,
  );
  for (const [name, value] of Object.entries(figures))
    assert.ok(value === null || Number.isFinite(value), `${name}: ${value}`);
}

describe("a sweep", () => {
  const few = { bidders: { count: 1, capital: 50_000_000, participation: "5%", discount: "2%", resale: 20 } };

  it("finds that a low floor costs creditors, and takes the lowest that hardly does", async () => {
    const { rows, answer } = await sweep(scene(few), "floor", {
      engine: "attester",
      seeds: [1, 2, 3],
      values: [4_000, 6_000, 9_000],
    });
    const [low, middle, high] = rows.map(({ summary }) => summary.figures.badDebt.median ?? 0);
    assert.ok((low ?? 0) > (middle ?? 0) && (middle ?? 0) > (high ?? 0), `${low} ${middle} ${high}`);
    assert.equal(answer, 9_000);
  });

  it("makes a profile of its collateral factors, and none without a profile to begin with", async () => {
    const options = { engine: "attester", seeds: [1], values: [5_000, 8_500] } as const;
    const simulation = scene({ ...few, profile: "collateralised-debt" });
    const found = await sweep(simulation, "collateralFactor", options);
    const profile = sweptProfile(simulation.file, found);
    checkProfile(profile, DEFAULT_LISTING);
    const ether = profile.assets.find(({ asset }) => asset === "ETH");
    assert.equal(ether?.collateralFactor, Math.min(8_250, found.answer));
    assert.equal(profile.assets.find(({ asset }) => asset === "BTC")?.collateralFactor, 7_500);
    assert.throws(() => sweptProfile(scene().file, found), { name: "FormatError" });
  });

  it("begins with the terms of the shipped plan", () => {
    const plan = JSON.parse(
      readFileSync(new URL("../../../examples/deploy-plan.json", import.meta.url), "utf8"),
    );
    const { timing, gate, vault } = DEFAULT_VENUE;
    assert.deepEqual([plan.timing, plan.terms], [timing, gate]);
    for (const [name, value] of Object.entries(vault))
      if (name !== "minimumClose") assert.equal(plan.vault[name], value, name);
    assert.equal(BigInt(plan.vault.minimumClose), BigInt(vault.minimumClose) * 10n ** 6n);
  });
});

describe("a simulated venue", () => {
  for (const engine of ENGINES)
    it(`has a payee for every payer, with ${engine}, whatever the scenario`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 1_000_000 }),
          fc.integer({ min: 0, max: 6 }),
          fc.integer({ min: -90, max: 40 }),
          fc.integer({ min: 0, max: 100 }),
          fc.boolean(),
          (seed, count, move, participation, pool) => {
            const market = pool
              ? {
                  pool: 3_000_000,
                  concentration: 1 + (seed % 9),
                  fee: "0.3%",
                  arbitrage: "10%",
                  stressed: "40%",
                }
              : { volume: 50_000_000, volatility: "6%", halfLife: 30, stressed: "30%" };
            const perpetual = engine === "adl" && seed % 2 === 0;
            const base = perpetual ? PERPETUALS : {};
            const simulation = scene({
              ...base,
              minutes: 240,
              assets: [
                { symbol: "USDC" },
                { symbol: "ETH", price: "2000", collateralFactor: "80%", perpMargin: "3%", market },
              ],
              path: {
                kind: "jump",
                at: 10,
                over: 60,
                moves: { ETH: `${move}%` },
                recovers: "30%",
                within: 100,
                volatility: "10%",
              },
              bidders: {
                count,
                capital: 200_000,
                participation: `${participation}%`,
                discount: "2%",
                resale: seed % 3 === 0 ? 0 : 20,
              },
              venue: { ...(perpetual ? PERPETUALS.venue : {}), engine, fund: 5_000 },
            });
            const run = simulate(simulation, engine, seed);
            conserved(run);
            const { badDebt, haircut } = run.figures;
            if (engine !== "adl") assert.ok(Math.abs((haircut ?? 0) - (badDebt ?? 0)) < 1e-3);
          },
        ),
        { seed: 17, numRuns: 12 },
      );
    });

  it("is the same again from the same seed, in threads or without them, and another from another", async () => {
    const simulation = scene();
    const options = { engines: ["attester", "grace"], seeds: [1, 2] } as const;
    const alone = await simulateRuns(simulation, { ...options, threads: 1 });
    assert.deepEqual(await simulateRuns(simulation, { ...options, threads: 2 }), alone);
    assert.notDeepEqual(alone[0]?.figures, alone[1]?.figures);
    assert.deepEqual(alone[0]?.index, alone[2]?.index, "engines are compared on the same prices");
  });

  it("makes no run again that is done", async () => {
    const simulation = scene();
    const first = simulate(simulation, "attester", 1);
    const marked = { ...first, reviews: -1 };
    const made: number[] = [];
    const runs = await simulateRuns(simulation, {
      engines: ["attester"],
      seeds: [1, 2],
      done: [marked],
      threads: 1,
      onRun: ({ seed }) => {
        made.push(seed);
      },
    });
    assert.deepEqual(made, [2]);
    assert.equal(runs[0]?.reviews, -1);
  });

  it("liquidates as much where accounts sleep behind their proofs as where all are looked at in every minute", () => {
    // Without calls: those begin when an attester looks, and accounts asleep are not looked at.
    const gate = { maxProofAge: 86_400, gracePeriod: 14_400, callPeriod: 43_200, callMargin: "100%" };
    for (const engine of LENDING)
      for (const seed of [1, 2, 3]) {
        const simulation = scene({ venue: { engine, fund: 20_000, gate } });
        const [asleep, awake] = [false, true].map((vigilant) =>
          simulate(simulation, engine, seed, { vigilant }),
        );
        assert.ok((asleep?.reviews ?? 0) * 3 < (awake?.reviews ?? 0));
        if (engine !== "grace") assert.deepEqual(asleep?.figures, awake?.figures, `${engine} ${seed}`);
      }
  });

  it("costs creditors what the floor leaves, where one bidder waits for it", () => {
    // $1 000 000 of ether, HF 1.0526 at LT 80 %: $760 000 owed. It falls by 10 % to $900 000 and stays.
    const only = {
      minutes: 300,
      path: {
        kind: "knots",
        points: [0, 10].map((minute) => ({ minute, prices: { ETH: minute === 0 ? "2000" : "1800" } })),
      },
      accounts: [
        { type: "borrower", count: 1, assets: { ETH: "100%" }, size: ["1000000"], health: ["1.052632"] },
      ],
      assets: [
        { symbol: "USDC" },
        {
          symbol: "ETH",
          price: "2000",
          collateralFactor: "80%",
          market: { volume: 1_000_000_000_000, volatility: "0.01%", halfLife: 1, stressed: "100%" },
        },
      ],
    };
    const bidders = { count: 1, capital: 10_000_000, participation: "100%", discount: "45%", resale: 0 };
    const vault = {
      ...{ penalty: "5%", incentive: "20%", closeFactor: "100%", premium: "5%", auctionPeriod: 3_600 },
      ...{ reliefPeriod: 3_600, blockTime: 12, minimumClose: 1_000 },
    };
    const low = simulate(
      scene({ ...only, bidders, venue: { engine: "attester", vault: { ...vault, floor: "50%" } } }),
      "attester",
      1,
    );
    const high = simulate(
      scene({ ...only, bidders, venue: { engine: "attester", vault: { ...vault, floor: "85%" } } }),
      "attester",
      1,
    );
    // The bidder buys all for 55 % of $900 000, less a minute's fall of the price. The debt's part repays, and four fifths of the
    // penalty are in the fund, which pays them.
    const [paid, repaid] = [900_000 * 0.55, (900_000 * 0.55) / 1.05];
    const lost = 760_000 - repaid - 0.8 * (paid - repaid);
    assert.ok(Math.abs((low.figures.badDebt ?? 0) - lost) < 6_000, `${low.figures.badDebt}, not ${lost}`);
    assert.equal(high.figures.badDebt, 0, "nobody buys at the higher floor, and no debt is lost yet");
    assert.equal(high.figures.liquidated, 0);
    assert.ok((high.figures.failedAuctions ?? 0) >= 3);
    // What an account falls short of is what the fund and the creditors pay together.
    const funded = simulate(
      scene({
        ...only,
        bidders,
        venue: { engine: "attester", fund: 100_000, vault: { ...vault, floor: "50%" } },
      }),
      "attester",
      1,
    );
    const { fundUsed, badDebt, coverTwo } = funded.figures;
    const short = (fundUsed ?? 0) + (badDebt ?? 0);
    assert.ok((fundUsed ?? 0) > 100_000 && (badDebt ?? 0) > 0);
    assert.ok(Math.abs((coverTwo ?? 0) * short - 100_000) < 500, `${coverTwo} of ${short}`);
  });

  it("gives lots away where one bidder is alone, and sells them where two are there", () => {
    const english = { engine: "english", english: { lot: 50, bidPeriod: 10 } };
    const run = (count: number) =>
      simulate(
        scene({
          bidders: { count, capital: 50_000_000, participation: "100%", discount: "2%", resale: 20 },
          venue: english,
        }),
        "english",
        1,
      ).figures;
    const [alone, two] = [run(1), run(2)];
    assert.ok((alone.zeroBids ?? 0) > 0 && (alone.badDebt ?? 0) > 0);
    assert.equal(two.zeroBids, 0);
    assert.ok((two.badDebt ?? 0) < (alone.badDebt ?? 0) / 10);
  });

  it("charges creditors with what accounts are still short of at the end", () => {
    // Nobody bids, so nothing is written off.
    const bidders = { count: 0, capital: 0, participation: "0%", discount: "2%", resale: 20 };
    const run = simulate(scene({ bidders }), "attester", 1);
    conserved(run);
    const { figures, payers } = run;
    assert.equal(figures.liquidated, 0);
    assert.ok((figures.badDebt ?? 0) > 0);
    assert.equal(figures.haircut, figures.badDebt);
    assert.ok(Math.abs(Number(payers.creditors) / -1e18 - (figures.badDebt ?? 0)) < 1e-3);
  });

  it("closes winners' positions once the fund is gone, and none while it lasts", () => {
    const adl = (fund: number) =>
      simulate(scene({ ...PERPETUALS, venue: { ...PERPETUALS.venue, fund } }), "adl", 1);
    const [poor, rich] = [adl(0), adl(100_000_000)];
    conserved(poor);
    assert.ok((poor.figures.deleveraged ?? 0) > 0 && (poor.figures.haircut ?? 0) > 0);
    assert.equal(rich.figures.deleveraged, 0);
    assert.equal(rich.figures.badDebt, 0);
    assert.ok((rich.figures.fundUsed ?? 0) > 0);
  });
});
