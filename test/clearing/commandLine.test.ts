import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { serialiseLiquidatorsKey } from "../../src/clearing/liquidators/ceremony.js";
import type { ChainDesk } from "../support/chainDesk.js";
import { ClearingDesk, type MemberName } from "../support/clearingDesk.js";
import { generated } from "../support/liquidators.js";

/** Two members who never meet: each has its own secret and store, and what passes between them are files. */
describe("zkmargin clearing", function () {
  this.timeout(600_000);
  let house: ClearingDesk;
  let desk: ChainDesk;
  let maker = "";
  let taker = "";
  const clearing = () => house.house;
  const books = (name: MemberName) => house.books(name);
  const proofs = (name: MemberName) => house.proofs(name);

  before(async () => {
    house = await ClearingDesk.start();
    desk = house.desk;
  });
  after(() => house?.close());

  it("deploys a house, and opens accounts of two owners", async () => {
    const { members } = await generated(4, 3, 1);
    await house.deploy(serialiseLiquidatorsKey(members[0]?.share?.key ?? assert.fail()));
    await house.open();
    ({ maker, taker } = house.accounts);
    assert.notEqual(maker, taker);
    const again = await desk.json("clearing", "open", "desk-1", ...clearing(), ...desk.by("ZKM_OWNER"));
    assert.equal(again.account, maker);
  });

  it("pays in, offers, accepts and settles over files", async () => {
    await house.deposit(250_000);
    await house.trade("1.5", "43000");
    const perpetuals = await house.perpetuals("maker");
    assert.deepEqual(perpetuals, [{ asset: "BTC", quantity: "1.5" }]);
    // Settled again, it is found done: the half is good for one trade. And there is nothing left to accept.
    assert.equal((await desk.json(...house.settles())).outcome, "done");
    const accepted = await desk.json(...house.accepts());
    assert.equal(accepted.outcome, "already");
    assert.deepEqual(await house.perpetuals("maker"), perpetuals);
  });

  it("shows a stranger no position, and an owner who lost the store every book", async () => {
    const shown = await desk.ok("clearing", "status", maker, taker, ...clearing());
    const [first] = JSON.parse(shown);
    assert.deepEqual([first.stage, first.status, first.changes, first.notes], ["open", "healthy", 2, 1]);
    await rm(desk.file("taker.books"));
    const recovered = JSON.parse(await desk.ok("clearing", "recover", taker, ...books("taker")));
    assert.deepEqual(recovered, [{ account: taker, books: 2 }]);
    const { perpetuals } = JSON.parse(await desk.ok("clearing", "book", taker, ...books("taker")));
    assert.deepEqual(perpetuals, [{ asset: "BTC", quantity: "-1.5" }]);
    const stolen = ["clearing", "book", maker, ...books("taker")];
    const refused = await desk.run(...stolen);
    assert.equal(refused.code, 6);
    assert.match(refused.err, /a seal that this secret opens/);
  });

  it("renews, asks for a payment, and refuses one that is not due", async () => {
    assert.equal(
      (await desk.json("clearing", "renew", maker, "--fresh", ...proofs("maker"))).outcome,
      "done",
    );
    await desk.ok("clearing", "withdraw", maker, "1000", ...proofs("maker"));
    const early = await desk.run("clearing", "pay", maker, ...clearing(), ...desk.by("ZKM_OWNER"));
    assert.equal(early.code, 8);
    assert.match(early.err, /PaymentNotDue/);
  });

  it("audits the house from the chain, from a log, and with a member's books", async () => {
    const log = desk.file("house.ndjson");
    const audit = ["clearing", "audit", ...clearing()];
    const whole = JSON.parse(await desk.ok(...audit, "--save-log", log));
    assert.deepEqual([whole.findings.total, whole.coverage.proofs], [0, whole.coverage.changes]);
    await desk.ok("clearing", "disclose", maker, ...books("maker"), "--out", desk.file("maker.cleared.json"));
    const disclosed = ["--disclosure", desk.file("maker.cleared.json")];
    const with_ = JSON.parse(await desk.ok(...audit, "--log", log, ...disclosed));
    assert.deepEqual([with_.findings.total, with_.coverage.opened], [0, 4]);
    const text = await readFile(log, "utf8");
    const cut = desk.file("cut.ndjson");
    await writeFile(cut, text.split("\n").toSpliced(3, 1).join("\n"));
    assert.equal((await desk.run(...audit, "--log", cut)).code, 9);
  });

  it("has the claims that it passes on verified by the audit of the stress market, too", async () => {
    const replay = await desk.run("audit", "replay", ...desk.at, "--derived", "stress", "--json");
    assert.equal(replay.code, 0, replay.err);
    const { findings, coverage } = JSON.parse(replay.out);
    assert.ok(coverage.proofs > 4);
    assert.equal(coverage.proofsVerified, coverage.proofs);
    // The house signs inside its own call: the chain's word is all there is.
    assert.equal(coverage.contractSignatures, coverage.books);
    assert.equal(findings.total, 0);
  });

  it("says what is wrong of files that do not belong together", async () => {
    const offer = JSON.parse(await readFile(desk.file("offer.json"), "utf8"));
    const other = desk.file("other.json");
    await writeFile(other, JSON.stringify({ ...offer, chainId: 1 }));
    const accept = ["clearing", "accept", other, "--account", taker, ...proofs("taker")];
    const refused = await desk.run(...accept, "--out", desk.file("never.json"));
    assert.equal(refused.code, 6);
    assert.match(refused.err, /offer.chainId: expected 31337/);
    const half = await desk.run(
      "clearing",
      "accept",
      desk.file("half.json"),
      "--account",
      taker,
      ...proofs("taker"),
      "--out",
      desk.file("never.json"),
    );
    assert.equal(half.code, 3);
    assert.match(half.err, /expected an offer/);
  });

  it("puts an owner into a group by the role's delay, and pays a contribution back after its notice", async () => {
    const owner = [...clearing(), ...desk.by("ZKM_OWNER")];
    const group = ["clearing", "group", desk.owner, "1", ...clearing(), ...desk.by("ZKM_DEPLOYER")];
    const refused = async (line: readonly string[], expected: RegExp) => {
      const { code, err } = await desk.run(...line);
      assert.equal(code, 8);
      assert.match(err, expected);
    };
    await refused(["clearing", "contribute", "5000", ...owner], /NotMember/);
    const scheduled = await desk.json(...group);
    assert.equal(scheduled.outcome, "done");
    await refused(group, /expected the delay over, got one until 20/);
    await desk.pass(72 * 3_600);
    assert.equal((await desk.json(...group)).outcome, "done");
    assert.equal((await desk.json(...group)).outcome, "already");

    const decimals = 10n ** 18n;
    const put = JSON.parse(await desk.ok("clearing", "contribute", "5000", ...owner));
    assert.equal(put.contribution, String(5_000n * decimals));
    const reclaim = ["clearing", "reclaim"];
    const asked = JSON.parse(await desk.ok(...reclaim, "2000", ...owner));
    assert.equal(BigInt(asked.until) - BigInt(asked.from), 3_600n);
    await refused([...reclaim, ...owner], /OutsideWindow/);
    await desk.pass(49 * 3_600);
    const paid = JSON.parse(await desk.ok(...reclaim, ...owner));
    assert.deepEqual([paid.paid, paid.contribution], [String(2_000n * decimals), String(3_000n * decimals)]);
    assert.equal((await desk.json(...reclaim, "1000", ...owner)).outcome, "done");
    assert.equal((await desk.json(...reclaim, "0", ...owner)).outcome, "done");
    await desk.pass(49 * 3_600);
    await refused([...reclaim, ...owner], /AmountZero/);
  });
});
