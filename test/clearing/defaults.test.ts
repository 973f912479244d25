import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChainDesk } from "../support/chainDesk.js";
import { ClearingDesk } from "../support/clearingDesk.js";
import { LiquidatorProcesses } from "../support/liquidatorProcesses.js";

/**
 * Defaults of a house from the command line alone. The maker falls silent: three of five liquidators, each a process of its own, read the
 * freeze from the house and give their parts; the book is revealed, sold in part, and settled. Then the taker falls silent, and nobody
 * reveals its book: the market ends.
 */
describe("a default by commands", function () {
  this.timeout(900_000);
  let house: ClearingDesk;
  let desk: ChainDesk;
  let five: LiquidatorProcesses;
  let maker = "";
  let taker = "";
  const anybody = () => [...house.house, ...desk.by("ZKM_CUSTODIAN")];
  const command = (name: string, ...args: readonly string[]) => ["clearing", "default", name, ...args];
  const status = async () => JSON.parse(await desk.ok(...command("status", ...house.house)));

  before(async () => {
    house = await ClearingDesk.start();
    desk = house.desk;
    mkdirSync(desk.file("liquidators/partials"), { recursive: true });
    five = new LiquidatorProcesses(desk.file("liquidators"));
    await house.deploy(await five.generate());
    await house.open();
    ({ maker, taker } = house.accounts);
    await house.deposit(250_000);
    await house.trade("1.5", "43000");
  });
  after(async () => {
    five?.close();
    await house?.close();
  });

  it("are not started while an account is in time, and say why", async () => {
    const { name, message } = await desk.fails(8, ...command("start", maker, ...anybody()));
    assert.equal(name, "DefaultNotDueError");
    assert.match(
      message,
      /expected one that is liquidatable, or whose cap is overdue, got one that is healthy$/,
    );
    const early = await desk.fails(8, ...command("settle", maker, ...anybody()));
    assert.match(early.message, /expected one in default/);
    assert.deepEqual((await status()).defaults, []);
  });

  it("give three liquidators of five what to decrypt: the account that the house has frozen, and nothing before", async () => {
    const { contracts } = JSON.parse(readFileSync(house.manifest, "utf8"));
    const at = ["--house", contracts.clearingHouse.address, "--rpc", desk.anvil.url];
    for (const n of [1, 3, 5]) five.serve(n, ...at, "--depth", "2", "--interval", "300", "--json");
    await house.pass("+7h");
    const { message } = await desk.fails(8, ...command("start", maker, ...anybody()));
    assert.match(message, /got one that is grace, and is in time until 2021-/);
    await house.pass("+2h30m");
    await desk.ok("clearing", "renew", taker, "--fresh", ...house.proofs("taker"));
    await sleep(2_000);
    assert.equal(five.parts().length, 0);
    const started = await desk.json(...command("start", maker, ...anybody()));
    assert.deepEqual([started.outcome, five.parts().length], ["done", 0]);
    assert.equal((await desk.json(...command("start", maker, ...anybody()))).outcome, "done");
    await desk.ok("local", "time", "+1m", "--no-round", ...desk.at);
    await desk.ok("local", "time", "+1m", "--no-round", ...desk.at);
    await five.until(3);
    five.close();
    assert.deepEqual(
      five
        .parts()
        .map(({ from }) => from)
        .sort(),
      [1, 3, 5],
    );
    const [one] = (await status()).defaults;
    assert.deepEqual(
      [one.default.stage, one.next.step, one.default.auction],
      ["frozen", "closeMarket", null],
    );
  });

  it("are revealed by the liquidators' parts, and anybody sees what is for sale and at which price", async () => {
    const { contracts } = JSON.parse(readFileSync(house.manifest, "utf8"));
    const reveal = ["clearing", "reveal", maker, "--house", contracts.clearingHouse.address, "--depth", "0"];
    const files = ["--key", five.at("key1.json"), "--partials", five.at("partials"), "--rpc", desk.anvil.url];
    await desk.ok(
      ...[...reveal, ...files, "--out", desk.file("reveal.json"), "--submit"],
      ...desk.by("ZKM_CUSTODIAN"),
    );
    const [{ default: of }] = (await status()).defaults;
    assert.deepEqual([of.stage, of.auction.left, BigInt(of.auction.price) > 0n], ["revealed", 100, true]);
    const text = await desk.run(...command("status", maker, ...house.house));
    assert.match(text.out, /100 of 100 parts left, until 2021-/);
    assert.match(text.out, /BTC +1\.5\n/);
    const unknown = await desk.run(...command("status", taker, ...house.house));
    assert.match(unknown.out, /none: it is one that is healthy/);
  });

  // shows: A134
  it("sell parts to a member, by proof, and refuse more than is left or less than it costs", async () => {
    const bid = (parts: string, ...more: readonly string[]) =>
      command("bid", maker, "--account", taker, "--parts", parts, ...more, ...house.proofs("taker"));
    const many = await desk.fails(3, ...bid("101"));
    assert.match(many.message, /hundredths that are left, 1 to 100/);
    const cheap = await desk.fails(3, ...bid("60", "--cash", "-1"));
    assert.match(cheap.message, /at least the price now/);
    const bought = await desk.json(...bid("60"));
    assert.equal(bought.outcome, "done");
    assert.deepEqual(await house.perpetuals("taker"), [{ asset: "BTC", quantity: "-0.6" }]);
    const [{ default: of }] = (await status()).defaults;
    assert.deepEqual([of.auction.left, of.auction.lines[1]], [40, "60000000"]);
    const early = await desk.fails(8, ...command("settle", maker, ...anybody()));
    assert.match(early.message, /it can be settled from 2021-/);
  });

  it("are settled once the auction is over, and owners close what was torn up by their next transition", async () => {
    await house.pass("+1h1m");
    const settled = JSON.parse(await desk.ok(...command("settle", maker, ...anybody())));
    assert.deepEqual([settled.over, settled.steps.length], [true, 1]);
    const again = JSON.parse(await desk.ok(...command("settle", maker, ...anybody())));
    assert.deepEqual([again.over, again.outcome], [true, "already"]);
    assert.deepEqual((await status()).defaults, []);
    assert.deepEqual(await house.perpetuals("taker"), [{ asset: "BTC", quantity: "-0.6" }]);
    await desk.ok("clearing", "renew", taker, ...house.proofs("taker"));
    assert.deepEqual(await house.perpetuals("taker"), []);
    const shown = JSON.parse(await desk.ok("clearing", "status", maker, taker, ...house.house));
    assert.deepEqual(
      shown.map(({ stage }: { stage: string }) => stage),
      ["settled", "open"],
    );
    assert.ok(BigInt(shown[0].asked.amount) > 200_000n * 10n ** 18n);
  });

  it("end the market where nobody reveals, and each owner is paid by its claim", async () => {
    await house.pass("+9h30m");
    await desk.ok(...command("start", taker, ...anybody()));
    const settle = () => desk.run(...command("settle", taker, ...anybody()));
    const early = await settle();
    assert.equal(early.code, 8);
    assert.match(early.err, /the market can be closed from 2021-/);
    await house.pass("+1h1m");
    const closed = await settle();
    assert.equal(closed.code, 0);
    assert.match(closed.out, /Closed the market .*\nNext: the market can be ended from 2021-/);
    await house.pass("+6h1m");
    const ended = await settle();
    assert.equal(ended.code, 0);
    assert.match(ended.out, /Ended the market: \d+ gas\.\nSettled, .*\nThe default of .* is over\.\n/);
    const claim = () => desk.ok(...command("claim", taker, ...house.proofs("taker")));
    const proven = JSON.parse(await claim());
    assert.equal(proven.outcome, "done");
    assert.ok(BigInt(proven.claim) > 200_000n * 10n ** 18n);
    assert.equal(JSON.parse(await claim()).outcome, "already");
    await house.pass("+6h1m");
    const paid = JSON.parse(await claim());
    assert.deepEqual([paid.outcome, BigInt(paid.paid) > 200_000n * 10n ** 18n], ["done", true]);
    const text = await desk.run(...command("status", taker, ...house.house));
    assert.match(text.out, /ended at 2021-.*claims until/);
    const { name } = await desk.fails(8, ...command("start", taker, ...anybody()));
    assert.equal(name, "DefaultNotDueError");
  });
});
