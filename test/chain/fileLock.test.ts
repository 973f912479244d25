import assert from "node:assert/strict";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "../../src/chain/lineFile.js";
import { JournalError } from "../../src/errors.js";

describe("chain/journal: the lock", () => {
  let folder: string;
  let lock: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-lock-"));
    lock = join(folder, "journal.lock");
  });
  after(() => rm(folder, { recursive: true }));

  it("lets one at a time in, and leaves no file behind", async () => {
    let inside = 0;
    const most: number[] = [];
    const done = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        withFileLock(lock, async () => {
          most.push(++inside);
          await sleep(5);
          inside--;
          return i;
        }),
      ),
    );
    assert.deepEqual(done, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(Math.max(...most), 1);
    await assert.rejects(access(lock), { code: "ENOENT" });
  });

  it("is free again after work that fails", async () => {
    await assert.rejects(
      withFileLock(lock, () => Promise.reject(new Error("it fails"))),
      /it fails/,
    );
    assert.equal(await withFileLock(lock, () => Promise.resolve("next")), "next");
  });

  it("takes over from a holder that was killed, and not from one that lives, however long that takes", async () => {
    // A killed process leaves its file, which nobody touches any more.
    const left = join(folder, "left.lock");
    await writeFile(left, "");
    const begun = Date.now();
    const order: string[] = [];
    const first = withFileLock(lock, async () => {
      // Longer than a dead holder is waited for.
      await sleep(12_000);
      order.push("first");
    });
    await sleep(100);
    const second = withFileLock(lock, () => Promise.resolve(order.push("second")));
    await withFileLock(left, () => Promise.resolve());
    assert.ok(Date.now() - begun >= 9_900);
    assert.deepEqual(order, []);
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first", "second"]);
  });

  it("never takes another file for a lock", async () => {
    const other = join(folder, "book.json");
    await writeFile(other, "{}");
    await assert.rejects(
      withFileLock(other, () => Promise.resolve()),
      (error: Error) =>
        error instanceof JournalError && /expected a lock, got another file/.test(error.message),
    );
    assert.equal(await readFile(other, "utf8"), "{}");
  });
});
