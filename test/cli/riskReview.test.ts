import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { keccak256 } from "ethers";
import { decodeCall, encodeCall } from "../../src/chain/proposal/calls.js";
import { proposalToJson, serialiseProposal } from "../../src/chain/proposal/file.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { withParameter } from "../support/profiles.js";
import { proposalOf } from "../support/proposalFiles.js";
import { errorOf, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: risk review", () => {
  const work = workFolder();
  const proposed = async () => {
    const target = withParameter(withParameter(PORTFOLIO_MARGIN, "perpMargin", 1, 400), "liquidity", 2, -40);
    const to = write(work.at("to.json"), serialiseProfile({ ...target, name: "new" }));
    const out = work.at("proposal.json");
    const args = ["risk", "propose", "--live", "portfolio-margin", "--to", to, "--out", out];
    await zkOk([...args, "--max-step", "30"]);
    return out;
  };

  it("shows the difference of each step, and that there is nothing to sign without a chain", async () => {
    const said = await zkOk(["risk", "review", await proposed()]);
    assert.match(said, /^from portfolio-margin to new$/m);
    assert.match(said, /^step 1 of 3, by the guardian: new step 1 of 3$/m);
    assert.match(said, /BTC +1→5 ▲/);
    assert.match(said, /ETH +5\.6→5\.3 ▼/);
    assert.match(said, /^step 3 of 3, by the governor: new$/m);
    assert.match(said, /ETH +5\.3→5\.2 ▼/);
    assert.match(said, /nothing to sign: it was proposed without a chain/);
    const none = ["risk", "propose", "--live", "rate-perps", "--to", "rate-perps"];
    await zkOk([...none, "--out", work.at("none.json")]);
    assert.match(await zkOk(["risk", "review", work.at("none.json")]), /nothing differs/);
  });

  it("says who is to sign what and when, in the order of sending", async () => {
    const text = serialiseProposal(proposalOf());
    const said = await zkOk(["risk", "review", "-"], text);
    assert.match(said, /^ {2}guardian +0x4{40}$/m);
    assert.match(said, /^ {2}governor +0x3{40}, after 172800 s$/m);
    assert.match(said, /^ {2}expires at 2021-05-22T00:00:00Z, and falls back by:\n\n {2}asset +liquidity$/m);
    const rows = said.slice(said.indexOf("to sign")).trimEnd().split("\n").slice(2);
    assert.deepEqual(
      rows.map((row) => row.trim().split(/ {2,}/).join("|")),
      [
        "cancel|guardian|at once",
        "tighten|1|guardian|at once",
        "schedule|2|governor|at once|2021-05-17T00:00:00Z",
        "schedule|3|governor|at once|2021-05-18T00:00:00Z",
        "execute|2|governor|2021-05-19T00:00:00Z|2021-05-26T00:00:00Z",
        "execute|3|governor|2021-05-20T00:00:00Z|2021-05-27T00:00:00Z",
      ],
    );
    const { transactions, steps, standing } = await zkJson(["risk", "review", "-"], text);
    const [cancel] = proposalOf().cancel;
    assert.deepEqual(transactions[0], { step: null, by: "guardian", ...cancel });
    assert.equal(transactions[4].notBefore, "1621382400");
    assert.deepEqual(
      steps[1].changes.map(({ parameter, before, after }: Record<string, string>) => [
        parameter,
        before,
        after,
      ]),
      [["liquidity", "560", "530"]],
    );
    assert.deepEqual([steps[1].standing, standing], [null, null]);
  });

  it("shows all that is signed, what is cancelled included, also where nothing else is", async () => {
    const proposal = proposalOf();
    const { target, live } = proposal;
    for (const each of [proposal, { ...proposal, target: live, steps: [], shocks: "unchanged" } as const]) {
      const said = await zkOk(["risk", "review", "-"], serialiseProposal(each));
      assert.match(said, /^cancels a profile for 0x1{40}, scheduled by 0x5{40}: operation 0x[0-9a-f]{64}$/m);
      // Of the profile that was scheduled, against the live one.
      const cancelled = said.slice(said.indexOf("cancels"));
      assert.match(cancelled, /BTC +95→75 ▲/);
      assert.match(cancelled, /pnlFactor +95→0 ▲/);
      for (const { from, to, data } of [
        ...each.cancel,
        ...each.steps.flatMap(({ transactions }) => transactions),
      ])
        assert.match(said, new RegExp(`${from} +${to} +${keccak256(data)}$`, "m"));
      if (each.steps.length === 0) assert.match(said, /nothing differs/);
    }
    assert.notEqual(target, live);
    const { caller, target: of, data } = decodeCall("cancel", proposal.cancel[0]?.data ?? "", "data");
    const odd = {
      ...proposal.cancel[0],
      data: encodeCall("cancel", { caller, target: of, data: `${data}00` }),
    };
    const text = serialiseProposal({ ...proposal, cancel: [odd as (typeof proposal.cancel)[0]] });
    assert.match(await zkOk(["risk", "review", "-"], text), /its call data is not encoded as a profile is/);
  });

  // shows: A54
  it("refuses a file whose steps would be many more than it has, before any is made", async () => {
    const file = { ...proposalToJson(proposalOf()), maxStep: 1 };
    const told = errorOf(await zk(["risk", "review", "-", "--json"], JSON.stringify(file)));
    assert.match(told.message, /^proposal\.steps: expected at least 41 from live to target, got 3; /);
    let looks = 0;
    const counted = new Proxy(PORTFOLIO_MARGIN, {
      get: (profile, key) => {
        looks++;
        return Reflect.get(profile, key);
      },
    });
    const far = withParameter(PORTFOLIO_MARGIN, "liquidity", 2, 20_000);
    const options = { maxStep: 1, bridge: false };
    assert.throws(() => stepsTo(far, counted, DEFAULT_LISTING, options), {
      message: "max-step: expected a step with which 1000 are enough, got one so small that more are needed",
    });
    // A look or two at each parameter: a thousand steps would be a thousand times as many.
    assert.ok(looks < 5_000, String(looks));
  });

  it("refuses what was edited, by the name of the field", async () => {
    const out = await proposed();
    const file = JSON.parse(readFileSync(out, "utf8"));
    file.steps[1].profile.assets[2].liquidity = 525;
    const asJson = await zk(["risk", "review", write(out, file), "--json"]);
    const told = errorOf(asJson);
    assert.deepEqual([asJson.code, told.name], [6, "StatementMismatchError"]);
    assert.match(
      told.message,
      /^proposal\.steps\[1\]\.profile: expected step 2 of 3 from live to target, got liquidity of ETH 525, not 530; do not sign it/,
    );
    assert.equal((await zk(["risk", "review", write(out, "{}")])).code, 3);
    assert.equal((await zk(["risk", "review"])).code, 2);
    assert.equal(
      (await zk(["risk", "review", await proposed(), "--deployment", work.at("none.json")])).code,
      3,
    );
  });
});
