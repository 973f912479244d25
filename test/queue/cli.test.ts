import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

/** Of the example books and the secrets here. */
const PRIVATE = /ab12ab12|salt|spot|perp|1\.\d{4}/;

describe("queue, from the command line", function () {
  this.timeout(300_000);
  const account = { id: "", name: "desk-1/cross" };
  const home = ["--home", join(ROOT, "build/keys")];
  let desk: ChainDesk;
  let folder: readonly string[];
  before(async () => {
    desk = await ChainDesk.start();
    folder = ["--queue-folder", desk.file("queue")];
    await desk.json(...desk.deployArguments());
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    const book = await desk.attestBook("cash-and-carry", account, 1);
    const [archive, secret] = [desk.file("desk.archive"), ["--secret", desk.file("desk.secret")]];
    await desk.ok("archive", "init", archive, ...secret);
    await desk.ok("book", "commit", book, ...secret, "--archive", archive);
    const made = JSON.parse(await desk.ok("archive", "keygen", "--out", desk.file("worker.key")));
    const scope = ["--account", account.name, "--from", "1", "--through", "9"];
    await desk.ok("archive", "grant", archive, ...secret, "--to", made.publicKey, ...scope);
  });
  after(() => desk?.close());

  const work = () => ["worker", ...desk.at, ...home, ...folder, "--archive", desk.file("desk.archive")];

  it("keeps an account proven by a keeper without a book and a worker without a signing key", async () => {
    // Of ten thousand accounts a list is given: by id, by name, with remarks.
    await writeFile(
      desk.file("accounts.txt"),
      `# zkmargin/accounts@1\n# desk 1\n\n ${desk.owner}:${account.name} \r\n`,
    );
    const keeping = desk.run(
      ...[
        "keep",
        "--accounts",
        desk.file("accounts.txt"),
        ...desk.at,
        ...home,
        ...folder,
        ...desk.by("ZKM_KEEPER"),
      ],
      ...["--poke-after", "600", "--interval", "100", "--json"],
    );
    // The keeper makes the queue.
    for (;;) {
      const { code } = await desk.run("queue", "status", ...folder, "--json");
      if (code === 0) break;
      await sleep(200);
    }
    const working = desk.run(...work(), "--key", desk.file("worker.key"), "--threads", "1", "--json");
    for (;;) {
      const { accounts } = await desk.json("status", ...desk.at, account.id);
      if (accounts[0]?.status === "healthy") break;
      await sleep(200);
    }
    const status = JSON.parse(await desk.ok("queue", "status", ...folder));
    assert.deepEqual(
      [status.waiting, status.active, status.failed, status.done, status.draining],
      [0, 0, 0, 1, false],
    );
    assert.match(status.keeper, /^0x/);
    const second = await desk.run(
      "keep",
      account.id,
      ...desk.at,
      ...home,
      ...folder,
      ...desk.by("ZKM_KEEPER"),
    );
    assert.equal(second.code, 6, second.err);
    assert.equal(JSON.parse(await desk.ok("queue", "drain", ...folder)).draining, true);
    assert.equal(JSON.parse(await desk.ok("queue", "drain", "--off", ...folder)).draining, false);
    assert.deepEqual(JSON.parse(await desk.ok("queue", "retry", ...folder)), { retried: 0 });
    assert.match((await desk.run("queue", "status", ...folder)).out, /proofs to submit +0\n/);

    process.emit("SIGTERM");
    const [kept, worked] = await Promise.all([keeping, working]);
    assert.equal(kept.code, 0, kept.err);
    assert.equal(worked.code, 0, worked.err);
    assert.match(worked.out, /"event":"proven"/);
    assert.match(kept.out, /"event":"submitted"/);
    for (const { out, err } of [worked]) assert.doesNotMatch(out + err, PRIVATE);
    assert.doesNotMatch(kept.err, PRIVATE);
  });

  // shows: A78
  it("says what is wrong with a queue's options, and quotes no password", async () => {
    const at = [...desk.at, ...home, ...desk.by("ZKM_KEEPER")];
    const url = "postgres://desk:hunter2secret@127.0.0.1:1/desk";
    await writeFile(desk.file("bad.txt"), `# zkmargin/accounts@1\n${account.id}\nnobody\n`);
    await writeFile(desk.file("twice.txt"), `# zkmargin/accounts@1\n${account.id}\n${account.id}\n`);
    for (const [code, expected, ...args] of [
      [
        2,
        /bad.txt: line 3: expected an account/,
        "keep",
        "--accounts",
        desk.file("bad.txt"),
        ...at,
        ...folder,
      ],
      [
        3,
        /expected a list of accounts, got a secret/,
        "keep",
        "--accounts",
        desk.file("desk.secret"),
        ...at,
        ...folder,
      ],
      [2, /each account once/, "keep", "--accounts", desk.file("twice.txt"), ...at, ...folder],
      [2, /--accounts: expected it with --queue/, "keep", "--accounts", desk.file("twice.txt"), ...at],
      [2, /expected an account, or with --queue a list/, "keep", ...at, ...folder],
      [2, /1 to 64 threads/, ...work(), "--key", desk.file("worker.key"), "--threads", "0"],
      [2, /without --prover/, ...work(), "--key", desk.file("worker.key"), "--threads", "2", "--prover", "x"],
      [2, /without a password/, "keep", account.id, ...at, "--queue", url],
      [
        2,
        /without a password/,
        "queue",
        "status",
        "--queue",
        "postgres://127.0.0.1:1/d?password=hunter2secret",
      ],
      [2, /a URL such as/, "queue", "status", "--queue", "hunter2secret"],
      [2, /--once/, "keep", account.id, ...at, ...folder, "--once"],
      [2, /--secret/, "keep", `${account.id}=${desk.file("desk-1.json")}`, ...at],
      [2, /got both/, "queue", "status", ...folder, "--queue", "postgres://127.0.0.1:1/desk"],
      [8, /no answer/, "queue", "status", "--queue", "postgres://desk@127.0.0.1:1/desk"],
      [
        8,
        /expected a queue in this folder, got none/,
        "queue",
        "status",
        "--queue-folder",
        desk.file("none"),
      ],
      [8, /expected a keeper that has the queue/, ...work(), "--key", desk.file("worker.key")],
      [
        2,
        /environment variable/,
        "queue",
        "status",
        "--queue-password-env",
        "a b",
        "--queue",
        "postgres://h/d",
      ],
    ] as const) {
      const { message } = await desk.fails(code, ...args);
      assert.match(message, expected);
      assert.doesNotMatch(message, /hunter2/);
    }
  });

  it("gives a key that opens nothing no book", async () => {
    await desk.ok("archive", "keygen", "--out", desk.file("other.key"));
    const { message } = await desk.fails(6, ...work(), "--key", desk.file("other.key"));
    assert.match(message, /expected a grant/);
    assert.doesNotMatch(message, new RegExp((await readFile(desk.file("other.key"), "utf8")).slice(60, 80)));
  });
});
