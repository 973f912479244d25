import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArtefactMissingError, CeremonyError, OutOfRangeError } from "../../../../src/errors.js";
import { BOB } from "../rehearsal.js";
import { type CeremonyCopy, useCopies } from "./copy.js";
import { exactly } from "./faulty.js";

describe("ceremony, tampered with: the folder", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });

  // shows: A34
  it("writes and removes nothing through a link that a stranger put there", async () => {
    await copy.cut(1);
    const outside = join(copy.folder.path, "..", "outside");
    for (const path of [copy.folder.keysPath, copy.folder.contributionsPath]) {
      await rename(path, outside);
      await symlink(outside, path);
      await writeFile(join(outside, ".mine.tmp"), "private");
      const before = await readdir(outside);
      await assert.rejects(copy.rehearsal.contribute("Bob", BOB), exactly(ArtefactMissingError), path);
      assert.deepEqual(await readdir(outside), before);
      await rm(path);
      await rm(join(outside, ".mine.tmp"));
      await rename(outside, path);
    }
  });

  // shows: A34
  it("does not wait for a pipe in the place of a file", async () => {
    for (const path of [copy.folder.attestationPath(2), copy.folder.termsPath]) {
      await rm(path);
      execFileSync("mkfifo", [path]);
      await assert.rejects(copy.verify(), exactly(ArtefactMissingError), path);
      await rm(path);
      await mkdir(path);
      await assert.rejects(copy.verify(), exactly(ArtefactMissingError), path);
    }
  }).timeout(20_000);

  // shows: A34
  it("is not read where a text is far too large", async () => {
    await writeFile(copy.folder.attestationPath(2), " ".repeat(2 ** 20 + 1));
    await assert.rejects(copy.verify(), exactly(OutOfRangeError));
    await writeFile(copy.folder.termsPath, " ".repeat(2 ** 20 + 1));
    await assert.rejects(copy.verify(), exactly(OutOfRangeError));
  });

  // shows: A34
  it("has no name that steers a terminal which an error shows it on", async () => {
    await writeFile(join(copy.folder.contributionsPath, "\u001b[2J\u202e.json"), "{}");
    await assert.rejects(copy.verify(), (error: Error) => {
      assert.equal(error.constructor, CeremonyError);
      assert.match(error.message, /got \\u\{1b\}\[2J\\u\{202e\}\.json; ask/);
      return true;
    });
  });
});
