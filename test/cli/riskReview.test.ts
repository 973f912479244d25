import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { serialiseProposal } from "../../src/chain/proposal/file.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
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
    assert.match(said, /ETH +0\.6→0\.3 ▼/);
    assert.match(said, /^step 3 of 3, by the governor: new$/m);
    assert.match(said, /ETH +0\.3→0\.2 ▼/);
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
      [["liquidity", "60", "30"]],
    );
    assert.deepEqual([steps[1].standing, standing], [null, null]);
  });

  it("refuses what was edited, by the name of the field", async () => {
    const out = await proposed();
    const file = JSON.parse(readFileSync(out, "utf8"));
    file.steps[1].profile.assets[2].liquidity = 25;
    const asJson = await zk(["risk", "review", write(out, file), "--json"]);
    const told = errorOf(asJson);
    assert.deepEqual([asJson.code, told.name], [6, "StatementMismatchError"]);
    assert.match(
      told.message,
      /^proposal\.steps\[1\]\.profile: expected step 2 of 3 from live to target, got liquidity of ETH 25, not 30; do not sign it/,
    );
    assert.equal((await zk(["risk", "review", write(out, "{}")])).code, 3);
    assert.equal((await zk(["risk", "review"])).code, 2);
    assert.equal(
      (await zk(["risk", "review", await proposed(), "--deployment", work.at("none.json")])).code,
      3,
    );
  });
});
