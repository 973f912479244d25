import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

describe("chain, from the command line", () => {
  const account = { id: "", name: "desk-1/cross" };
  let desk: ChainDesk;
  let book: string;

  before(async () => {
    desk = await ChainDesk.start();
  });
  after(() => desk?.close());

  it("deploys, and carries on where it was: nothing is deployed twice", async () => {
    const first = await desk.json(...desk.deployArguments());
    const manifest = await readFile(desk.file("deployment.json"), "utf8");
    assert.deepEqual(await desk.json(...desk.deployArguments()), first);
    assert.equal(await readFile(desk.file("deployment.json"), "utf8"), manifest);
  });

  it("goes from a book to a healthy account", async () => {
    const named = ["--name", account.name, "--attestor", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    book = await desk.attestBook("cash-and-carry", account, 1);
    assert.equal((await desk.json("poke", ...desk.at, ...desk.by("keystore"))).round, "1");
    const pair = `${account.id}=${await desk.prove(book, "--envelope", "50")}`;
    const submitted = await desk.json("submit", ...desk.at, pair, ...desk.by("ZKM_KEEPER"));
    assert.equal(submitted.results[0]?.outcome, "accepted");
    const again = await desk.json("submit", ...desk.at, pair, ...desk.by("ZKM_KEEPER"));
    assert.equal(again.results[0]?.outcome, "already");

    const { accounts } = await desk.json("status", ...desk.at, account.id);
    assert.equal(accounts[0]?.status, "healthy");
    assert.equal(accounts[0]?.claim.envelope, 50);
    const { code, out } = await desk.run("status", ...desk.at, account.id);
    assert.equal(code, 0);
    assert.match(out, /status +healthy\n/);
    assert.match(out, /proof +above 1\.0000 at round 1, within 0\.50 %/);
    assert.match(await desk.ok("market", "show", desk.file("round.json")), /"round": 1/);
  });

  it("keeps the account, once, and finds nothing more to do", async () => {
    const keep = [
      "keep",
      ...desk.at,
      `${account.id}=${book}`,
      "--secret",
      desk.file("desk.secret"),
      "--once",
    ];
    const secret = ["--secret", desk.file("desk.secret")];
    const archive = desk.file("archive");
    await desk.ok("archive", "init", archive, ...secret);
    const options = [
      "--home",
      join(ROOT, "build/keys"),
      ...desk.by("ZKM_KEEPER"),
      "--poke-after",
      "60",
    ].concat([...["--archive", archive]]);
    await desk.pass(70_000);
    const kinds = (text: string) =>
      text
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).kind);
    assert.deepEqual(kinds(await desk.ok(...keep, ...options)), ["poked", "proven", "submitted"]);
    assert.deepEqual(kinds(await desk.ok(...keep, ...options)), []);
    const { openings, findings } = JSON.parse(await desk.ok("archive", "list", archive, ...secret, "--json"));
    assert.deepEqual([openings.length, openings[0].epoch, openings[0].sequence, findings], [1, "1", "1", []]);
  });

  it("submits an attestor's proof of ill health, and nobody else's: a call, and then a breach", async () => {
    const shaky = await desk.attestBook("leveraged-long", account, 2);
    await desk.pass(120);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const call = `${account.id}=${await desk.prove(shaky, "--unhealthy", "--theta", "10800")}`;
    const refused = await desk.fails(8, "submit", ...desk.at, call, ...desk.by("ZKM_KEEPER"));
    assert.equal(refused.name, "RevertedError");
    assert.match(refused.message, /the contract refused: NotAttestor\(/);
    const submit = ["submit", ...desk.at, call, ...desk.by("ZKM_CUSTODIAN")];
    assert.equal((await desk.json(...submit)).results[0]?.outcome, "accepted");
    assert.equal((await desk.json(...submit)).results[0]?.outcome, "already");
    const [called] = (await desk.json("status", ...desk.at, account.id)).accounts;
    assert.deepEqual([called?.status, called?.callTheta], ["marginCall", 10_800]);
    const { out } = await desk.run("status", ...desk.at, account.id);
    assert.match(out, /status +marginCall, until 20\d\d-/);
    assert.match(out, /margin call +not above 1\.0800 at round 3\n/);
    // The same book is healthy at maintenance, so it cannot be proven in breach.
    const breach = ["prove", shaky, "--market", desk.file("round.json"), "--unhealthy"];
    const rest = ["--secret", desk.file("desk.secret"), "--home", join(ROOT, "build/keys")];
    const found = await desk.fails(4, ...breach, ...rest, "--out", desk.file("none.json"));
    assert.equal(found.name, "NotProvableError");
  });

  it("leaves out and names what the gate would refuse of a batch", async () => {
    const bundle = desk.file("desk.proof.json");
    const pairs = [`${account.id}=${bundle}`, `${account.id}=${bundle}`];
    const told = await desk.run("submit", ...desk.at, ...pairs, ...desk.by("ZKM_CUSTODIAN"));
    assert.equal(told.code, 0, told.err);
    assert.match(told.out, /already/);
    const other = await desk.fails(
      6,
      "submit",
      ...desk.at,
      `0x${"ab".repeat(32)}=${bundle}`,
      ...desk.by("ZKM_KEEPER"),
    );
    assert.equal(other.name, "MarketMismatchError");
  });
});
