import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileJournal } from "../../src/chain/journal.js";
import { JournalError } from "../../src/errors.js";
import { assertChainFails } from "../support/chainFailure.js";

describe("chain/journal", () => {
  const owner = { sender: "0x00000000000000000000000000000000000000AA", chainId: 31_337n };
  const entry = { key: "a", nonce: 3, attempts: [{ hash: "0x1", raw: "0x2" }], state: "pending" } as const;
  const refused = (path: string, text: RegExp, by = owner) =>
    assertChainFails(fileJournal(path, by), { Class: JournalError, text });
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-journal-"));
  });
  after(() => rm(folder, { recursive: true }));

  // shows: A58
  it("keeps the last of each key, and drops a line that a crash cut short", async () => {
    const path = join(folder, "torn");
    const journal = await fileJournal(path, owner);
    await journal.put(entry);
    await journal.put({ ...entry, state: "done" });
    await writeFile(path, '{"key":"b","nonce":4,"att', { flag: "a" });
    const again = await fileJournal(path, owner);
    assert.deepEqual(again.entries(), [{ ...entry, state: "done" }]);
    await again.put({ ...entry, key: "c" });
    assert.equal((await fileJournal(path, owner)).entries().length, 2);
  });

  // shows: P28
  it("takes back the part of a line that a full disk lets in, and goes on once there is room", async () => {
    const path = join(folder, "full");
    const journal = await fileJournal(path, owner);
    await journal.put(entry);
    const handle = await open(path);
    const handles = Object.getPrototypeOf(handle) as { appendFile(data: string): Promise<void> };
    await handle.close();
    const { appendFile } = handles;
    handles.appendFile = async function (data) {
      await appendFile.call(this, data.slice(0, 20));
      throw Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" });
    };
    const before = await readFile(path, "utf8");
    try {
      await assert.rejects(journal.put({ ...entry, key: "b" }), { code: "ENOSPC", path });
    } finally {
      handles.appendFile = appendFile;
    }
    assert.equal(await readFile(path, "utf8"), before);
    assert.equal(journal.get("b"), undefined, "what is not written down must not be sent");
    await journal.put({ ...entry, key: "c" });
    assert.deepEqual(
      (await fileJournal(path, owner)).entries().map(({ key }) => key),
      ["a", "c"],
    );
  });

  // shows: A56
  it("is readable by its owner alone", async () => {
    const path = join(folder, "mode");
    await fileJournal(path, owner);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it("is the journal of one account on one chain", async () => {
    const path = join(folder, "owner");
    await fileJournal(path, owner);
    const other = { ...owner, sender: "0x00000000000000000000000000000000000000Bb" };
    await refused(path, /: expected the journal of 0x0{38}AA on chain 1, got another$/, {
      ...owner,
      chainId: 1n,
    });
    await refused(path, /: expected the journal of 0x0{38}Bb on chain 31337, got another$/, other);
    assert.match(await readFile(path, "utf8"), /^\{"format":"zkmargin\/journal@1"/);
  });

  // shows: A57
  it("leaves a file that is no journal as it is, and carries on with a header that a crash cut short", async () => {
    const path = join(folder, "keystore.json");
    await writeFile(path, '{"version":3,"crypto":{}}');
    await refused(path, /keystore\.json: expected a journal, got another file; it was left as it is$/);
    assert.equal(await readFile(path, "utf8"), '{"version":3,"crypto":{}}');
    const torn = join(folder, "header");
    await fileJournal(torn, owner);
    const header = await readFile(torn, "utf8");
    await writeFile(torn, header.slice(0, 20));
    await fileJournal(torn, owner);
    assert.equal(await readFile(torn, "utf8"), header);
  });

  it("is not read where it is too large to be one", async () => {
    const path = join(folder, "large");
    await writeFile(path, "");
    await truncate(path, 2 ** 30);
    await refused(
      path,
      /large: expected a journal of at most \d+ bytes, got 1073741824 bytes; name another journal$/,
    );
  });

  it("takes no file that holds something for a lock that was left behind", async () => {
    const path = join(folder, "locked");
    const journal = await fileJournal(path, owner);
    await writeFile(`${path}.lock`, "a secret");
    await assertChainFails(
      journal.exclusively(async () => {}),
      {
        Class: JournalError,
        text: /locked\.lock: expected a lock, got another file; name another journal$/,
      },
    );
    assert.equal(await readFile(`${path}.lock`, "utf8"), "a secret");
  });

  it("read only, writes nothing", async () => {
    const path = join(folder, "none");
    const journal = await fileJournal(path, owner, { readOnly: true });
    await journal.put(entry);
    await assert.rejects(readFile(path), { code: "ENOENT" });
  });

  it("refuses a file that is something else, and names the line that is", async () => {
    const path = join(folder, "other");
    await writeFile(path, "hello\n");
    await refused(path, /other: expected the journal of .*, got another$/);
    await refused(folder, /: expected a journal, got EISDIR$/);
    const lines = ['{"key":1}', "null", "{", JSON.stringify({ ...entry, state: "lost" })];
    for (const [i, line] of lines.entries()) {
      const damaged = join(folder, `damaged${i}`);
      await (await fileJournal(damaged, owner)).put(entry);
      await writeFile(damaged, `${line}\n`, { flag: "a" });
      await refused(damaged, /damaged\d:3: expected an entry, got other text$/);
    }
  });
});
