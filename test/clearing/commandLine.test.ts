import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { getAddress, Interface, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { erc20Mock, marginVault } from "../../src/chain/generated/index.js";
import { serialiseLiquidatorsKey } from "../../src/clearing/liquidators/ceremony.js";
import { ChainDesk } from "../support/chainDesk.js";
import { generated } from "../support/liquidators.js";

const HOUR = 3_600;
const VAULT = new Interface(marginVault.abi);
const TOKEN = new Interface(erc20Mock.abi);

/** Two members who never meet: each has its own secret and store, and what passes between them are files. */
describe("zkmargin clearing", function () {
  this.timeout(600_000);
  let desk: ChainDesk;
  let maker = "";
  let taker = "";
  const clearing = () => ["--clearing", desk.file("clearing.json"), ...desk.at];
  const books = (name: string) => [
    ...["--secret", desk.file(`${name}.secret`), "--store", desk.file(`${name}.books`)],
    ...clearing(),
  ];
  const of = { maker: "ZKM_OWNER", taker: "ZKM_BIDDER" } as const;
  const proofs = (name: keyof typeof of) => [...books(name), ...desk.by(of[name]), "--envelope", "0"];

  before(async () => {
    desk = await ChainDesk.start();
    await desk.ok(...desk.deployArguments(), "--derived", "stress=portfolio-margin");
    await writeFile(desk.file("maker.secret"), `${"ab12".repeat(16)}\n`);
    await writeFile(desk.file("taker.secret"), `${"cd34".repeat(16)}\n`);
    const { members } = await generated(4, 3, 1);
    const key = members[0]?.share?.key;
    assert.ok(key);
    await writeFile(desk.file("key.json"), serialiseLiquidatorsKey(key));
    const { contracts, marginVault: vault } = JSON.parse(
      await readFile(desk.file("deployment.json"), "utf8"),
    );
    const { provider, close } = await desk.anvil.connect();
    const data = VAULT.encodeFunctionData("settlement");
    const settlement = getAddress(`0x${(await provider.call({ to: vault.address, data })).slice(-40)}`);
    const deployer = new Wallet(ANVIL_KEYS[0], provider);
    for (const key of [ANVIL_KEYS[1], ANVIL_KEYS[4]]) {
      const minted = TOKEN.encodeFunctionData("mint", [new Wallet(key).address, 1_000_000n * 10n ** 18n]);
      await (await deployer.sendTransaction({ to: settlement, data: minted })).wait();
    }
    close();
    assert.ok(contracts.marginGate);
    const plan = {
      format: "zkmargin/clearing-plan@1",
      stress: "stress",
      settlement,
      initialMargin: 11_000,
      horizon: 48 * HOUR,
      gate: { maxProofAge: 6 * HOUR, gracePeriod: 3 * HOUR, callPeriod: 6 * HOUR, callMargin: 11_000 },
      fund: {
        ...{ alpha: 1_000, share: 500, assessment: 10_000, horizon: 49 * HOUR, window: HOUR },
        ...{ memoryPeriod: 30 * 24 * HOUR, grace: HOUR, assessmentPeriod: HOUR, floor: 0, leastCap: 100_000 },
      },
      defaults: {
        ...{ revealPeriod: HOUR, auctionPeriod: HOUR, settlePeriod: HOUR, closePeriod: 6 * HOUR },
        ...{ claimPeriod: 6 * HOUR, premium: 200, discount: 1_000 },
      },
    };
    await writeFile(desk.file("house.json"), JSON.stringify(plan));
    await desk.ok("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
  });
  after(() => desk?.close());

  it("deploys a house, and opens accounts of two owners", async () => {
    await desk.ok(
      ...["clearing", "deploy", "--plan", desk.file("house.json"), "--liquidators", desk.file("key.json")],
      ...[...desk.at, ...desk.by("ZKM_DEPLOYER"), "--out", desk.file("clearing.json")],
    );
    const open = async (name: keyof typeof of) =>
      (await desk.json("clearing", "open", "desk-1", ...clearing(), ...desk.by(of[name]))).account;
    [maker, taker] = [await open("maker"), await open("taker")];
    assert.notEqual(maker, taker);
    const again = await desk.json("clearing", "open", "desk-1", ...clearing(), ...desk.by("ZKM_OWNER"));
    assert.equal(again.account, maker);
  });

  it("pays in, offers, accepts and settles over files", async () => {
    for (const [name, account] of [
      ["maker", maker],
      ["taker", taker],
    ] as const)
      assert.equal(
        (await desk.json("clearing", "deposit", account, "250000", ...proofs(name))).outcome,
        "done",
      );
    await desk.ok(
      ...["clearing", "offer", maker, "--buy", "1.5", "--asset", "BTC", "--price", "43000"],
      ...[...clearing(), "--out", desk.file("offer.json")],
    );
    await desk.ok(
      ...["clearing", "accept", desk.file("offer.json"), "--account", taker],
      ...[...proofs("taker"), "--deadline", "600", "--out", desk.file("half.json")],
    );
    const settle = [
      "clearing",
      "settle",
      desk.file("offer.json"),
      desk.file("half.json"),
      ...proofs("maker"),
    ];
    assert.equal((await desk.json(...settle, "--deadline", "600")).outcome, "done");
    const { perpetuals } = JSON.parse(await desk.ok("clearing", "book", maker, ...books("maker")));
    assert.deepEqual(perpetuals, [{ asset: "BTC", quantity: "1.5" }]);
    // Settled again, it is found done: the half is good for one trade.
    assert.equal((await desk.run(...settle, "--deadline", "600")).code, 0);
    assert.deepEqual(
      JSON.parse(await desk.ok("clearing", "book", maker, ...books("maker"))).perpetuals,
      perpetuals,
    );
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
});
