import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { serialiseProfile } from "../../src/market/profile.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { withParameter } from "../support/profiles.js";
import { errorOf, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: risk propose", () => {
  const work = workFolder();

  it("writes steps whose last is the target, and shows what changes", async () => {
    const target = withParameter(withParameter(PORTFOLIO_MARGIN, "perpMargin", 1, 400), "liquidity", 2, -40);
    const to = write(work.at("to.json"), serialiseProfile({ ...target, name: "new" }));
    const out = work.at("proposal.json");
    const args = ["risk", "propose", "--live", "portfolio-margin", "--to", to, "--out", out];
    const said = await zkOk([...args, "--max-step", "30"]);
    assert.match(said, /BTC +1→5 ▲/);
    assert.match(said, /ETH +5\.6→5\.2 ▼/);
    assert.match(said, /^ +1 +guardian +1 +0 +0 +at once$/m);
    assert.match(said, /^ +3 +governor +0 +1 +0 +after the delay$/m);
    const file = JSON.parse(readFileSync(out, "utf8"));
    assert.deepEqual(
      file.steps.map(({ kind, changes }: { kind: string; changes: unknown[] }) => [kind, changes.length]),
      [
        ["tighten", 1],
        ["set", 1],
        ["set", 1],
      ],
    );
    assert.deepEqual(file.steps.at(-1).profile, JSON.parse(serialiseProfile({ ...target, name: "new" })));
    assert.deepEqual(await zkJson([...args, "--max-step", "30"]), file);
    const none = await zkOk([...args.with(5, "portfolio-margin"), "--max-step", "30"]);
    assert.match(none, /nothing differs/);
  });

  it("shows a proposal and writes none in a dry run", async () => {
    const out = work.at("dry.json");
    const propose = ["risk", "propose", "--live", "portfolio-margin", "--to", "calibrated", "--out", out];
    const said = await zkOk([...propose, "--dry-run"]);
    assert.ok(said.startsWith(`Would write ${out}\n`), said);
    assert.ok(!existsSync(out));
    assert.equal(said.replace("Would write", "Wrote"), await zkOk(propose));
  });

  it("refuses what makes no sense, and writes nothing then", async () => {
    const out = work.at("proposal.json");
    const args = ["risk", "propose", "--to", "rate-perps", "--out", out, "--json"];
    assert.equal(errorOf(await zk(args)).name, "UsageError");
    const live = [...args, "--live", "portfolio-margin"];
    assert.equal(errorOf(await zk([...live, "--deployment", "d.json"])).name, "UsageError");
    assert.equal(errorOf(await zk([...live, "--expires-in", "60"])).name, "UsageError");
    for (const [option, value] of [
      ["--max-step", "0"],
      ["--interval", "0"],
    ] as const) {
      const { name, message } = errorOf(await zk([...live, option, value]));
      assert.match(`${name} ${message}`, new RegExp(`^OutOfRangeError ${option}: `));
    }
    assert.equal(errorOf(await zk([...live.slice(0, -2), "--live", "none"])).name, "UnreadableError");
    const fewer = { ...PORTFOLIO_MARGIN, assets: PORTFOLIO_MARGIN.assets.slice(0, 3) };
    const scenarios = fewer.scenarios.map(({ name, shocks: { USDC = 0, BTC = 0, ETH = 0 } }) => ({
      name,
      shocks: { USDC, BTC, ETH },
    }));
    const narrow = write(work.at("narrow.json"), serialiseProfile({ ...fewer, scenarios }));
    const told = errorOf(await zk([...live.with(3, narrow)]));
    assert.equal(told.name, "MissingFieldError", told.message);
    assert.ok(!existsSync(out));
    // The other way round the shipped profile is cut to the three.
    await zkOk(["risk", "propose", "--live", narrow, "--to", "portfolio-margin", "--out", out]);
  });
});
