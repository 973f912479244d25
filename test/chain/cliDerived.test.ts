import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serialiseProfile } from "../../src/market/profile.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

describe("a derived market, from the command line", () => {
  const account = { id: "", name: "desk-1/cross" };
  let desk: ChainDesk;
  let market: readonly string[];

  before(async () => {
    desk = await ChainDesk.start();
    market = [...desk.at, "--derived", "initial"];
    const assets = PORTFOLIO_MARGIN.assets.map((asset) => ({
      ...asset,
      collateralFactor: Math.floor((asset.collateralFactor * 9) / 10),
    }));
    const profile = { ...PORTFOLIO_MARGIN, name: "initial", assets };
    await writeFile(desk.file("initial.profile.json"), serialiseProfile(profile));
  });
  after(() => desk?.close());

  const deployWith = (...derived: readonly string[]) => [
    ...desk.deployArguments(),
    ...derived.flatMap((one) => ["--derived", one]),
  ];

  it("refuses a name that is none, a profile that is not given, and a name twice", async () => {
    for (const wrong of ["initial", "initial=", "=pmrm", "In itial=pmrm", "1st=pmrm"])
      assert.equal((await desk.run(...deployWith(wrong))).code, 2, wrong);
    const twice = await desk.fails(2, ...deployWith("initial=pmrm", "initial=rate-perps"));
    assert.equal(twice.message, "--derived: expected each name once, got initial twice");
  });

  it("is deployed with its profile, and told of", async () => {
    const profile = `initial=${desk.file("initial.profile.json")}`;
    const told: { derivedGates?: Record<string, string> } = JSON.parse(
      await desk.ok(...deployWith(profile, "debt=collateralised-debt")),
    );
    const manifest = JSON.parse(await readFile(desk.file("deployment.json"), "utf8"));
    assert.deepEqual(Object.keys(manifest.derived), ["initial", "debt"]);
    assert.deepEqual(told.derivedGates, {
      initial: manifest.derived.initial.marginGate.address,
      debt: manifest.derived.debt.marginGate.address,
    });
  });

  it("proves, submits and shows at its own gate", async () => {
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    const book = await desk.attestBook("cash-and-carry", account, 1);
    assert.equal((await desk.json("poke", ...market, ...desk.by("ZKM_KEEPER"))).round, "1");
    const [round, proof] = [desk.file("round.json"), desk.file("initial.proof.json")];
    await desk.json("round", ...market, "--out", round);
    const keys = ["--secret", desk.file("desk.secret"), "--home", join(ROOT, "build/keys")];
    await desk.json("prove", book, "--market", round, ...keys, "--out", proof);
    const pair = `${account.id}=${proof}`;
    const elsewhere = await desk.fails(6, "submit", ...desk.at, pair, ...desk.by("ZKM_KEEPER"));
    assert.equal(elsewhere.name, "MarketMismatchError");
    const submitted = await desk.json("submit", ...market, pair, ...desk.by("ZKM_KEEPER"));
    assert.equal(submitted.results[0]?.outcome, "accepted");
    const statusAt = async (...at: readonly string[]) =>
      (await desk.json("status", ...at, account.id)).accounts[0]?.status;
    assert.equal(await statusAt(...market), "healthy");
    assert.equal(await statusAt(...desk.at), "unknown");
    assert.equal(await statusAt(...desk.at, "--derived", "debt"), "unknown");
  });

  it("is exported and replayed", async () => {
    const log = desk.file("initial.ndjson");
    await desk.json("audit", "export", ...market, "--out", log);
    const audit = JSON.parse(await desk.ok("audit", "replay", "--log", log));
    assert.deepEqual([audit.findings.total, audit.coverage.proofsVerified], [0, 1]);
    const direct = JSON.parse(await desk.ok("audit", "replay", ...market));
    assert.deepEqual(direct.accounts, audit.accounts);
    const other = await desk.fails(6, "audit", "export", ...desk.at, "--out", log);
    assert.equal(other.name, "StatementMismatchError");
  });

  it("has changes of its profile proposed and reviewed, and no other's", async () => {
    const proposal = desk.file("proposal.json");
    const live: { profile: { pnlFactor: number } } = {
      profile: JSON.parse(await readFile(desk.file("initial.profile.json"), "utf8")),
    };
    const target = { ...live.profile, pnlFactor: live.profile.pnlFactor - 100 };
    await writeFile(desk.file("target.json"), JSON.stringify(target));
    await desk.ok("risk", "propose", ...market, "--to", desk.file("target.json"), "--out", proposal);
    const { derived } = JSON.parse(await readFile(desk.file("deployment.json"), "utf8"));
    const { chain } = JSON.parse(await readFile(proposal, "utf8"));
    assert.equal(chain.riskProfile, derived.initial.riskProfile.address);
    await desk.ok("risk", "review", proposal, ...market);
    const other = await desk.fails(8, "risk", "review", proposal, ...desk.at);
    assert.match(other.message, /^proposal\.chain\.riskProfile: expected 0x/);
  });

  it("is named, or the command ends", async () => {
    const none = await desk.fails(8, "status", ...desk.at, "--derived", "stress");
    assert.equal(none.message, "deployment: expected a derived market of that name, got initial, debt");
  });
});
