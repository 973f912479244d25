import assert from "node:assert/strict";
import { fork } from "node:child_process";
import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeAtomic } from "../../../src/groth16/artefacts/writeAtomic.js";

describe("writeAtomic", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-atomic-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  // shows: P26, T18
  it("writes and replaces, for the owner only, and leaves no other file", async () => {
    const path = join(folder, "file");
    await writeAtomic(path, "one");
    await writeAtomic(path, new TextEncoder().encode("two"));
    assert.equal(await readFile(path, "utf8"), "two");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ["file"]);
  });

  // shows: T18
  it("flushes the new file before it takes the old one's place, then the folder", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const handle = await open(path);
    const handles = Object.getPrototypeOf(handle) as { sync(): Promise<void> };
    await handle.close();
    const { sync } = handles;
    const seen: string[] = [];
    handles.sync = async function (this: FileHandle) {
      seen.push(`${(await this.stat()).isDirectory() ? "folder" : "file"}: ${await readFile(path, "utf8")}`);
      return sync.call(this);
    };
    try {
      await writeAtomic(path, "new");
    } finally {
      handles.sync = sync;
    }
    assert.deepEqual(seen, ["file: old", "folder: new"]);
  });

  // shows: T18
  it("removes its temporary file when it cannot finish, and leaves what was there", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await writeFile(join(path, "inside"), "kept");
    await assert.rejects(writeAtomic(path, "new"));
    assert.deepEqual(await readdir(folder), ["taken"]);
    assert.equal(await readFile(join(path, "inside"), "utf8"), "kept");
    await assert.rejects(writeAtomic(join(folder, "absent", "file"), "new"), { code: "ENOENT" });
  });

  // shows: P27
  it("removes what a killed process has left of the same file, and nothing else", async () => {
    const path = join(folder, "file");
    const ended = fork(fileURLToPath(new URL("./endlessWriter.ts", import.meta.url)), [path], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const { pid } = ended;
    ended.kill("SIGKILL");
    await new Promise((resolve) => ended.once("exit", resolve));
    const kept = [
      `.file.${process.pid}-0123456789ab.tmp`,
      `.file.${process.ppid}-0123456789ab.tmp`,
      `.other.${pid}-0123456789ab.tmp`,
      `.file.${pid}-0123456789ab.tmp.old`,
      `file.${pid}-0123456789ab.tmp`,
      ".file.tmp",
    ];
    for (const name of [...kept, `.file.${pid}-0123456789ab.tmp`])
      await writeFile(join(folder, name), "half");
    await writeAtomic(path, "whole");
    assert.deepEqual((await readdir(folder)).sort(), [...kept, "file"].sort());
  });

  it("names the file in the error of a full disk, and leaves no part of it", async () => {
    const path = join(folder, "file");
    const handle = await open(join(folder, "any"), "w");
    const handles = Object.getPrototypeOf(handle) as { sync(): Promise<void> };
    await handle.close();
    const { sync } = handles;
    handles.sync = () => Promise.reject(Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" }));
    try {
      await assert.rejects(writeAtomic(path, "new"), { code: "ENOSPC", path });
    } finally {
      handles.sync = sync;
    }
    assert.deepEqual(await readdir(folder), ["any"]);
  });

  // shows: P26, T18
  it("shows the old file or the whole new one, never a part, to a reader and after a kill", async () => {
    const path = join(folder, "file");
    const old = "o".repeat(1000);
    await writeFile(path, old);
    const child = fork(fileURLToPath(new URL("./endlessWriter.ts", import.meta.url)), [path], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    await new Promise((resolve) => child.once("message", resolve));
    const whole = new Set([1000, 4_000_000]);
    for (let i = 0; i < 40; i++) assert.ok(whole.has((await readFile(path)).length));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const after = await readFile(path, "utf8");
    assert.ok(after === old || after === "n".repeat(4_000_000));
  });
});
