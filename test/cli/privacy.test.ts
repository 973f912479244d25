import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { deriveSalt, parseSecret } from "../../src/book/salt.js";
import { contents, KEYS, needsKeys, SECRET, workFolder, write, zk, zkOk } from "./support.js";

const CSV = `asset,spot,perp,entry price,entry funding
USDC,7310042.135791,,,
LINK,0,-48151.62342,31.41592653,0.27182818
`;
/**
 * The amounts as people and as circuits write them, and what opens the commitment; all so long that no key or proof
 * holds one by chance.
 */
const CANARIES = [
  ...["7310042.135791", "7310042135791", "48151.62342", "4815162342", "31.41592653", "0.27182818"],
  ...[SECRET, String(deriveSalt(parseSecret(SECRET), "canary", 3))],
];

describe("cli: privacy", () => {
  needsKeys();
  const work = workFolder();
  const { TMPDIR } = process.env;
  const cwd = process.cwd();
  beforeEach(() => {
    mkdirSync(work.at("tmp"));
    process.env.TMPDIR = work.at("tmp");
    mkdirSync(work.at("cwd"));
    process.chdir(work.at("cwd"));
  });
  afterEach(() => {
    process.chdir(cwd);
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });

  // shows: P22, T19
  it("writes what a book holds to the files its owner asked for, and nowhere else", async () => {
    const csv = write(work.at("book.csv"), CSV);
    const secret = write(work.at("secret"), SECRET);
    const [book, market, bundle, folder] = ["book.json", "market.json", "proof.json", "snarkjs"].map(
      work.at,
    ) as [string, string, string, string];
    const keysBefore = readdirSync(KEYS, { recursive: true });
    await zkOk(["book", "import", csv, "--account", "canary", "--sequence", "3", "--out", book]);
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const shown = await zkOk(["book", "show", book]);
    for (const amount of ["7310042.135791", "-48151.62342", "31.41592653", "0.27182818"])
      assert.ok(shown.includes(amount), "the canaries are where their owner looks for them");
    await zkOk(["health", book, "--market", market]);

    // What may be shown to others names neither amounts nor the secret.
    const prove = ["prove", book, "--market", market, "--secret", secret, "--home", KEYS, "--out", bundle];
    const said = [
      await zkOk(["book", "commit", book, "--secret", secret]),
      await zkOk(prove),
      await zkOk([...prove, "--json"]),
      await zkOk(["verify", bundle, "--export", folder]),
      await zkOk(["verify", bundle, "--json"]),
    ];
    // Of the archive, the disclosure and the auditor's key are files that their owners asked for.
    const [archive, key, disclosure] = ["desk.archive", "auditor.key", "disclosure"].map(work.at) as [
      string,
      string,
      string,
    ];
    await zkOk(["archive", "init", archive, "--secret", secret]);
    const { publicKey } = JSON.parse(await zkOk(["archive", "keygen", "--out", key, "--json"]));
    const { privateKey } = JSON.parse(readFileSync(key, "utf8"));
    const grant = ["--to", publicKey, "--account", "canary", "--from", "1", "--through", "9"];
    said.push(
      await zkOk(["book", "commit", book, "--secret", secret, "--archive", archive]),
      await zkOk([...prove, "--archive", archive, "--json"]),
      await zkOk(["archive", "grant", archive, "--secret", secret, ...grant]),
      await zkOk(["archive", "list", archive, "--key", key]),
      await zkOk(["archive", "list", archive, "--secret", secret, "--json"]),
      await zkOk(["archive", "export", archive, "--key", key, "--out", disclosure, "--json"]),
      await zkOk(["archive", "verify", archive, "--key", key]),
    );
    for (const amount of ["7310042135791", "4815162342"])
      assert.ok(readFileSync(disclosure, "utf8").includes(amount), "the canaries are in what was disclosed");
    const refused = await zk([...prove, "--theta", "65535", "--envelope", "10000"]);
    assert.equal(refused.code, 4);
    said.push(refused.err);
    for (const text of said)
      for (const canary of [...CANARIES, privateKey]) assert.ok(!text.includes(canary), `${canary}: ${text}`);

    const owners = [csv, book, secret, key, disclosure];
    const files = contents(work.path);
    assert.ok(Object.keys(files).length >= 8);
    for (const [path, text] of Object.entries(files)) {
      if (owners.includes(path)) continue;
      for (const canary of [...CANARIES, privateKey])
        assert.ok(!text.includes(canary), `${path} holds ${canary}`);
    }
    // tsx, which runs these tests, keeps what it has compiled there.
    const temporary = readdirSync(work.at("tmp")).filter((name) => !/^tsx-\d+$/.test(name));
    assert.deepEqual(temporary, []);
    assert.deepEqual(readdirSync(work.at("cwd")), []);
    assert.deepEqual(readdirSync(KEYS, { recursive: true }), keysBefore);
  });

  // shows: A56
  it("gives the book file to its owner alone even where a file with wider rights is replaced", async () => {
    const csv = write(work.at("book.csv"), CSV);
    const book = write(work.at("book.json"), "old");
    await zkOk(["book", "import", csv, "--account", "canary", "--sequence", "3", "--out", book]);
    assert.equal(statSync(book).mode & 0o077, 0);
    assert.ok(readFileSync(book, "utf8").includes("48151"));
  });
});
