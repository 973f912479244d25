import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Archive } from "../../../src/audit/archive/archive.js";
import { INSTITUTION, readArchive, scratch } from "../../support/archives.js";

const WRITER = fileURLToPath(new URL("writer.ts", import.meta.url));
const KEYS = { secret: INSTITUTION };

interface Writer {
  readonly child: ChildProcess;
  /** "sequence number isNew" of what it said is on the disk. */
  readonly said: string[];
  /** Exit code and signal. */
  readonly closed: Promise<unknown[]>;
}

function writer(path: string, account: string, first: number, last: number): Writer {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", WRITER, path, account, String(first), String(last)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const said: string[] = [];
  let rest = "";
  child.stdout?.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    said.push(...lines);
  });
  return { child, said, closed: once(child, "close") };
}

describe("an archive and its writers", () => {
  const folder = scratch();
  after(() => folder.remove());

  it("takes what several processes put in at once: each opening once, in one chain", async () => {
    const path = folder.at("shared");
    await Archive.create(path, INSTITUTION);
    const writers = [writer(path, "a", 0, 19), writer(path, "a", 0, 19), writer(path, "b", 0, 19)];
    for (const { closed } of writers) assert.deepEqual(await closed, [0, null]);
    const { openings, findings } = await readArchive(path, KEYS);
    assert.deepEqual(findings, []);
    assert.equal(openings.length, 40);
    const keys = new Set(openings.map(({ disclosed }) => `${disclosed.account} ${disclosed.sequence}`));
    assert.equal(keys.size, 40);
    // Of the two that put in the same, each opening was new to one.
    const twice = writers.slice(0, 2).flatMap(({ said }) => said.filter((line) => line.endsWith("true")));
    assert.equal(twice.length, 20);
    assert.equal(readdirSync(path).length, 41);
  });

  it("loses nothing it said was there, and holds nothing half-written, when its writer is killed at any moment", async () => {
    const path = folder.at("killed");
    await Archive.create(path, INSTITUTION);
    const LAST = 60;
    const seed = Number(process.env.ARCHIVE_SEED ?? 20_260_517);
    const kills = Number(process.env.ARCHIVE_KILLS ?? 3);
    console.log(`      ${kills} kills, seed ${seed} (ARCHIVE_KILLS, ARCHIVE_SEED)`);
    let random = seed;
    let first = 0;
    for (let kill = 0; kill < kills; kill++) {
      const { child, said, closed } = writer(path, "a", 0, LAST);
      // The moment is counted from its first word: starting takes it longer than all that it is there for.
      await once(child.stdout ?? child, "data");
      random = (random * 48_271) % 2_147_483_647;
      await sleep(random % 400);
      child.kill("SIGKILL");
      await closed;
      const { openings, findings } = await readArchive(path, KEYS);
      assert.deepEqual(findings, []);
      assert.ok(openings.length >= first && openings.length >= said.length);
      for (const [i, { number, disclosed }] of openings.entries())
        assert.deepEqual([number, disclosed.sequence], [i + 1, BigInt(i)]);
      first = openings.length;
    }
    assert.deepEqual(await writer(path, "a", 0, LAST).closed, [0, null]);
    const { openings, findings } = await readArchive(path, KEYS);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      openings.map(({ number, disclosed, time }) => [number, disclosed.sequence, time]),
      Array.from({ length: LAST + 1 }, (_, i) => [i + 1, BigInt(i), i]),
    );
  });

  it("leaves nothing behind of what a killed writer had begun, once that record is written", () => {
    const names = readdirSync(folder.at("killed"));
    assert.equal(names.length, 62);
    assert.ok(names.every((name) => /^\d{8}\.record$/.test(name)));
  });
});
