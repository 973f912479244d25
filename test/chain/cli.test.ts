import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

/** What a line of a keeper with --json has. */
interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly account: string | null;
  readonly state?: string;
}

function linesOf(text: string): Line[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Of the example books and the secrets here. */
const PRIVATE = /ab12ab12|cd34cd34|salt|spot|perp/;

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
    const named = ["--name", account.name, "--attester", desk.custodian];
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

  it("shows what was proven with dollars taken beside the account's health", async () => {
    const pair = `${account.id}=${await desk.prove(book, "--support", "-1000")}`;
    const submitted = await desk.json("submit", ...desk.at, pair, ...desk.by("ZKM_KEEPER"));
    assert.equal(submitted.results[0]?.outcome, "accepted");
    const { accounts } = await desk.json("status", ...desk.at, account.id);
    const { claim, supports } = accounts[0] ?? assert.fail();
    assert.equal(claim.envelope, 50);
    assert.deepEqual(
      [supports.taken?.support, supports.taken?.holds, supports.added],
      ["-100000", true, null],
    );
    const { out } = await desk.run("status", ...desk.at, account.id);
    assert.match(
      out,
      /with more owed +\$1,000\.00: above 1\.0000 at round 1, within 0\.00 %; until 2\d{3}-.* at most\n/,
    );
  });

  // shows: T13
  it("signs a book as of when it was read, and of no other time", async () => {
    const terms = ["--account", account.id, "--commitment", "1", "--sequence", "2"];
    const out = ["--out", desk.file("none.json")];
    const sign = ["attest", "sign", ...desk.at, ...terms, ...desk.by("ZKM_CUSTODIAN"), ...out];
    const none = await desk.fails(2, ...sign);
    assert.match(
      none.message,
      /^expected --as-of, .*you read what the book holds \(`zkmargin vault show --rpc /,
    );
    const read = BigInt((await desk.json("vault", "show", account.id, ...desk.at)).time);
    assert.equal(String(read), await desk.now());
    for (const time of [read + 1n, BigInt(1_621_209_600)]) {
      const other = await desk.fails(3, ...sign, "--as-of", String(time));
      assert.match(
        other.message,
        new RegExp(`^--as-of: expected \\d+ to ${read}: from the last book to the newest`),
      );
    }
    assert.equal((await desk.json(...sign, "--as-of", String(read))).asOf, String(read));
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
    const kinds = (text: string) => linesOf(text).map(({ event }) => event);
    const first = linesOf(await desk.ok(...keep, ...options));
    assert.deepEqual(
      first.map(({ event }) => event),
      ["started", "market", "status", "unprovable", "poked", "market", "status", "proven", "submitted"],
    );
    for (const line of first) {
      assert.deepEqual(Object.keys(line).slice(0, 6), [
        "time",
        "level",
        "event",
        "account",
        "round",
        "message",
      ]);
      assert.match(line.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    assert.deepEqual(kinds(await desk.ok(...keep, ...options)), ["started", "status"]);
    const { openings, findings } = JSON.parse(await desk.ok("archive", "list", archive, ...secret, "--json"));
    assert.deepEqual([openings.length, openings[0].epoch, openings[0].sequence, findings], [1, "1", "1", []]);
  });

  it("says at once what is wrong with an account or its book, and ends with a code that says so", async () => {
    const options = ["--home", join(ROOT, "build/keys"), ...desk.by("ZKM_KEEPER"), "--json"];
    const keep = (id: string, path = book, secret = "desk.secret") =>
      desk.run("keep", ...desk.at, `${id}=${path}`, "--secret", desk.file(secret), ...options, "--once");
    const wrong = (out: string) => {
      const line = linesOf(out).find(({ event }) => event === "book");
      return [line?.level, line?.state, line?.account];
    };
    const nobody = `0x${"ab".repeat(32)}`;
    const unknown = await keep(nobody);
    assert.deepEqual([unknown.code, ...wrong(unknown.out)], [13, "error", "unknown-account", nobody]);
    // Without --once it ends as well, where nothing could ever be done.
    const rest = ["--secret", desk.file("desk.secret"), ...options];
    const running = await desk.run("keep", ...desk.at, `${nobody}=${book}`, ...rest);
    assert.equal(running.code, 6, running.err);
    assert.equal(JSON.parse(running.err).error.name, "BookMismatchError");
    assert.equal(linesOf(running.out).at(-1)?.event, "stopped");

    await writeFile(desk.file("other.secret"), `${"cd34".repeat(16)}\n`);
    const other = await keep(account.id, book, "other.secret");
    assert.deepEqual([other.code, ...wrong(other.out)], [6, "error", "other-book", account.id]);

    const named = ["--name", "desk-2/cross", "--attester", desk.custodian];
    const second = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    const foreign = await keep(second);
    assert.deepEqual([foreign.code, ...wrong(foreign.out)], [13, "error", "other-account", second]);
    const theirs = desk.file("second.json");
    await writeFile(theirs, (await readFile(book, "utf8")).replaceAll(account.name, "desk-2/cross"));
    const missing = await keep(second, theirs);
    assert.deepEqual([missing.code, ...wrong(missing.out)], [13, "warn", "awaited", second]);
    const twice = await desk.fails(
      2,
      "keep",
      ...desk.at,
      `${second}=${theirs}`,
      `${second}=${book}`,
      ...rest,
    );
    assert.match(twice.message, /expected each account once/);
    for (const { out } of [unknown, running, other, foreign, missing]) assert.doesNotMatch(out, PRIVATE);
  });

  it("ends status --check with a code of the worst status, for cron", async () => {
    const check = async (...ids: string[]) => (await desk.run("status", ...desk.at, ...ids, "--check")).code;
    const nobody = `0x${"ab".repeat(32)}`;
    assert.equal(await check(account.id), 0);
    assert.equal(await check(account.id, nobody), 13);
    const told = await desk.run("status", ...desk.at, account.id, nobody, "--check");
    assert.match(told.out, /book +no such account in this deployment/);
    assert.match(told.err, /accounts: expected all to be healthy, got 1 healthy, 1 unknown/);
    assert.equal((await desk.fails(2, "status", ...desk.at, "--check")).name, "UsageError");
  });

  it("submits an attester's proof of ill health, and nobody else's: a call, and then a breach", async () => {
    const shaky = await desk.attestBook("leveraged-long", account, 2);
    assert.equal((await desk.run("status", ...desk.at, account.id, "--check")).code, 10);
    await desk.pass(1_000);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const call = `${account.id}=${await desk.prove(shaky, "--unhealthy", "--theta", "10800")}`;
    const refused = await desk.fails(8, "submit", ...desk.at, call, ...desk.by("ZKM_KEEPER"));
    assert.equal(refused.name, "RevertedError");
    assert.match(refused.message, /the contract refused: NotAttester\(/);
    const submit = ["submit", ...desk.at, call, ...desk.by("ZKM_CUSTODIAN")];
    assert.equal((await desk.json(...submit)).results[0]?.outcome, "accepted");
    assert.equal((await desk.json(...submit)).results[0]?.outcome, "already");
    const [called] = (await desk.json("status", ...desk.at, account.id)).accounts;
    assert.deepEqual([called?.status, called?.callTheta], ["marginCall", 10_800]);
    const { code, out } = await desk.run("status", ...desk.at, account.id, "--check");
    assert.equal(code, 11);
    assert.match(out, /status +margin call, until 20\d\d-/);
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
