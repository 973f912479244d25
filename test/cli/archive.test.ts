import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHIVE_FINDINGS } from "../../src/audit/archive/walk.js";
import { readDisclosure } from "../../src/audit/disclosure.js";
import { example, ROOT, SECRET, workFolder, write, zk, zkOk } from "./support.js";

/** An archive with the example book, and an auditor who was granted its account's sequences 1 to 3. */
async function deskWith(work: { at(name: string): string }) {
  const at = (name: string) => work.at(name);
  const secret = write(at("secret"), SECRET);
  const [archive, key] = [at("archive"), at("auditor.key")];
  await zkOk(["archive", "init", archive, "--secret", secret]);
  const commit = ["book", "commit", example("cash-and-carry.json"), "--secret", secret, "--archive", archive];
  const said = await zkOk([...commit, "--epoch", "7"]);
  const { publicKey } = JSON.parse(await zkOk(["archive", "keygen", "--out", key, "--json"]));
  const grant = (from: number, through: number) =>
    [
      "archive",
      "grant",
      archive,
      "--secret",
      secret,
      "--to",
      publicKey,
      "--account",
      "cash-and-carry",
    ].concat([...["--from", String(from), "--through", String(through)]]);
  return { at, secret, archive, key, commit, said, grant };
}

describe("cli: archive", () => {
  const work = workFolder();

  it("goes from a commitment to a disclosure that opens it", async () => {
    const { at, archive, key, said, grant } = await deskWith(work);
    await zkOk(grant(1, 3));
    const listed = JSON.parse(await zkOk(["archive", "list", archive, "--key", key, "--json"]));
    assert.equal(listed.openings.length, 1);
    const { commitment } = listed.openings[0];
    assert.ok(said.includes(commitment));
    const out = at("disclosure");
    await zkOk(["archive", "export", archive, "--key", key, "--from", "1", "--through", "2", "--out", out]);
    assert.equal(statSync(out).mode & 0o777, 0o600);
    const disclosure = await readDisclosure(readFileSync(out, "utf8").split("\n").slice(0, -1));
    assert.deepEqual(disclosure.scopes, [{ account: "cash-and-carry", first: 1n, last: 2n }]);
    for await (const opening of disclosure.openings) {
      assert.equal(String(opening.commitment), commitment);
      assert.equal(opening.epoch, 7n);
    }
  });

  it("reads records whose line ends version control has changed, with a byte-order mark or without", async () => {
    const { at, secret, archive, key, commit, said, grant } = await deskWith(work);
    await zkOk(grant(1, 3));
    const asked = [
      ["archive", "verify", archive, "--secret", secret],
      ["archive", "list", archive, "--key", key, "--json"],
      ["archive", "export", archive, "--key", key, "--out", at("disclosure"), "--json"],
    ];
    const before = [];
    for (const args of asked) before.push(await zkOk(args));
    for (const mark of ["", "\uFEFF"]) {
      for (const name of readdirSync(archive)) {
        const text = readFileSync(join(archive, name), "utf8").replace(/^\uFEFF/, "");
        writeFileSync(join(archive, name), mark + text.replace(/\r?\n/, "\r\n"));
      }
      for (const [i, args] of asked.entries()) assert.equal(await zkOk(args), before[i]);
      // It also goes on.
      assert.equal(await zkOk(commit), said);
    }
  });

  it("commits twice to one record, and refuses a changed book before its commitment is printed", async () => {
    const { at, secret, archive, commit, said } = await deskWith(work);
    assert.equal(await zkOk(commit), said);
    const book = JSON.parse(readFileSync(example("cash-and-carry.json"), "utf8"));
    book.positions = book.positions.slice(1);
    const changed = write(at("changed.json"), book);
    const refused = await zk(["book", "commit", changed, "--secret", secret, "--archive", archive]);
    assert.equal(refused.code, 6);
    assert.equal(refused.out, "");
    assert.match(refused.err, /archive record 1: .*another one; give a changed book the next sequence/);
    const { records } = JSON.parse(await zkOk(["archive", "verify", archive, "--json"]));
    assert.equal(records, 2);
  });

  it("commits to nothing where it cannot archive", async () => {
    const { at, secret } = await deskWith(work);
    const commit = ["book", "commit", example("cash-and-carry.json"), "--secret", secret];
    const none = await zk([...commit, "--archive", at("none")]);
    assert.deepEqual([none.code, none.out], [3, ""]);
    const other = write(at("other"), SECRET.replaceAll("5", "6"));
    const wrong = ["book", "commit", example("cash-and-carry.json"), "--secret", other, "--archive"];
    const refused = await zk([...wrong, at("archive")]);
    assert.deepEqual([refused.code, refused.out], [6, ""]);
    assert.equal((await zk([...commit, "--epoch", "1"])).code, 2);
  });

  it("tells what is damaged with exit code 9, and exports the rest", async () => {
    const { at, secret, archive, key, grant } = await deskWith(work);
    await zkOk(grant(1, 3));
    const { head } = JSON.parse(await zkOk(["archive", "verify", archive, "--json"]));
    assert.equal(head.number, 2);
    truncateSync(join(archive, "00000001.record"), 10);
    const verified = await zk(["archive", "verify", archive, "--key", key]);
    assert.equal(verified.code, 9);
    assert.match(verified.out, /^NOT SOUND\./);
    assert.match(verified.out, /record 1: record-damaged: /);
    const told = await zk(["archive", "verify", archive, "--json"]);
    assert.deepEqual(
      [told.code, JSON.parse(told.out).findings[0].code, JSON.parse(told.err).error.name],
      [9, "record-damaged", "FindingsError"],
    );
    const out = at("disclosure");
    const exported = await zk(["archive", "export", archive, "--secret", secret, "--out", out]);
    assert.equal(exported.code, 9);
    assert.match(readFileSync(out, "utf8"), /\{"openings":0\}\n$/);
    rmSync(join(archive, "00000002.record"));
    const cut = await zk(["archive", "verify", archive, "--head", `${head.number}:${head.hash}`]);
    assert.match(cut.out, /record 2: head-missing: /);
  });

  it("says what was expected of a request for too much, or for nothing", async () => {
    const { at, secret, archive, key, grant } = await deskWith(work);
    const list = ["archive", "list", archive];
    const cases: [string[], number, RegExp][] = [
      [list, 2, /expected --secret or --key, got neither/],
      [[...list, "--secret", secret, "--key", key], 2, /got both; keep one/],
      [[...list, "--key", key], 6, /expected a grant for this auditor's key, got none/],
      [[...list, "--key", secret], 3, /key/],
      [grant(3, 2), 2, /--through: expected 3 or more/],
      [grant(1, 3).map((word) => (word.length === 64 ? "0".repeat(64) : word)), 3, /small order/],
      [grant(1, 3).map((word) => (word.length === 64 ? "key" : word)), 3, /--to: expected a key of 64/],
      [["archive", "init", archive, "--secret", secret], 3, /expected a new or an empty folder/],
      [["archive", "keygen", "--out", key], 3, /one that exists and is not replaced/],
      [["archive", "verify", archive, "--head", "2"], 2, /Expected a number, a colon and 64 hex digits/],
    ];
    for (const [args, code, message] of cases) {
      const ran = await zk(args);
      assert.equal(ran.code, code, `${args.join(" ")}: ${ran.err}`);
      assert.match(ran.err, message);
    }
    await zkOk(grant(2, 3));
    const out = ["--key", key, "--out", at("disclosure")];
    for (const beyond of [
      ["--through", "1"],
      ["--account", "another"],
    ]) {
      const refused = await zk(["archive", "export", archive, ...out, ...beyond]);
      assert.equal(refused.code, 6);
      assert.match(refused.err, /expected a grant that reaches what is asked for/);
    }
  });

  it("has its findings explained in docs/AUDIT.md, as it tells them", () => {
    const page = readFileSync(join(ROOT, "docs", "AUDIT.md"), "utf8");
    for (const [code, says] of Object.entries(ARCHIVE_FINDINGS))
      assert.ok(page.includes(`| \`${code}\` | ${says} |`), code);
  });
});
