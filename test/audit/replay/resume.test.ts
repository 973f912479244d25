import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Checkpoint,
  type LogLine,
  readCheckpoint,
  replayLog,
  writeCheckpoint,
} from "../../../src/audit/replay/replayLog.js";
import { serialiseAudit } from "../../../src/audit/result.js";
import { CheckpointError } from "../../../src/errors.js";
import { packageVersion } from "../../../src/groth16/artefacts/layout.js";
import { builtEntry } from "../../support/built.js";
import { Forger } from "./forgery.js";
import { generatedLines } from "./generated.js";
import { Recording, RememberingVerifier, runOptions } from "./recording.js";

/** How often a replay is killed, at moments that a seed decides; `npm run test:audit` has it killed more often. */
const KILLS = Number(process.env["AUDIT_KILLS"] ?? 1);
/** A log long enough for one stop and a little, or for two; and blocks after which a replay of it is stopped. */
const [ROUNDS, ENDS] = KILLS > 1 ? [240, [300, 530]] : [135, [300]];

describe("a replay that is stopped", () => {
  let folder: string;
  let log: string;
  let whole: string;
  let verifier: RememberingVerifier;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-replay-"));
    log = join(folder, "log.ndjson");
    const { key } = await runOptions();
    verifier = new RememberingVerifier(key.verificationKey);
    const lines: LogLine[] = [];
    const forger = await Forger.of(key.verificationKey);
    const generation = { rounds: ROUNDS, verifier, forger };
    for await (const line of generatedLines(new Recording(43), generation)) lines.push(line);
    await writeFile(log, lines.map(({ text }) => `${text}\n`).join(""));
    const audit = await replayLog(fileLines(lines), await runOptions({ verifier, name: log }));
    assert.deepEqual(audit.findings.listed, []);
    whole = serialiseAudit(audit);
  });
  after(() => rm(folder, { recursive: true }));

  async function* fileLines(lines: readonly LogLine[]) {
    yield* lines;
  }
  const linesOfLog = async () =>
    (await readFile(log, "utf8"))
      .trimEnd()
      .split("\n")
      .map((text) => ({ text, torn: false }));

  it("comes to the same result from any checkpoint, byte for byte", async () => {
    const checkpoint = join(folder, "stopped");
    const lines = await linesOfLog();
    for (const end of ENDS) {
      await replayLog(fileLines(lines.slice(0, end)), await runOptions({ verifier, checkpoint }));
      assert.ok((await stat(checkpoint)).size > 1_000);
      const audit = await replayLog(fileLines(lines), await runOptions({ verifier, checkpoint }));
      assert.equal(serialiseAudit(audit), whole);
    }
  });

  it("carries on after kill −9 at any moment", async function () {
    this.timeout(600_000);
    const seed = Number(process.env["SEED"] ?? 20_211);
    console.log(`      seed ${seed}`);
    const [checkpoint, out] = [join(folder, "killed"), join(folder, "killed.json")];
    const args = ["audit", "replay", "--log", log, "--checkpoint", checkpoint, "--out", out];
    let random = seed;
    for (let kill = 0; kill < KILLS; kill++) {
      random = (random * 48_271) % 2_147_483_647;
      const child = spawn(process.execPath, [builtEntry("zkmargin"), ...args], { stdio: "ignore" });
      await killedAfter(child, 1_500 + (random % 4_000));
      // Whatever is there is whole.
      await readCheckpoint(checkpoint, await inputs(checkpoint));
      if (await exists(out)) assert.equal(await readFile(out, "utf8"), whole);
    }
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...args], { stdio: "ignore" });
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    assert.equal(code, 0);
    assert.equal(await readFile(out, "utf8"), whole);
  });

  it("refuses a checkpoint of another log, of other inputs, or none at all", async () => {
    const checkpoint = join(folder, "other");
    const lines = await linesOfLog();
    await replayLog(fileLines(lines.slice(0, 300)), await runOptions({ verifier, checkpoint }));
    const edited = [...lines];
    edited[200] = { ...(edited[200] as (typeof lines)[0]), text: edited[201]?.text ?? "" };
    const refused = { name: "CheckpointError" };
    await assert.rejects(replayLog(fileLines(edited), await runOptions({ verifier, checkpoint })), refused);
    const shorter = fileLines(lines.slice(0, 100));
    await assert.rejects(replayLog(shorter, await runOptions({ verifier, checkpoint })), refused);
    const other = await runOptions({ verifier, checkpoint, openingsDigest: "other" });
    await assert.rejects(replayLog(fileLines(lines), other), refused);
    const text = await readFile(checkpoint, "utf8");
    await writeFile(checkpoint, text.slice(0, -20));
    await assert.rejects(
      replayLog(fileLines(lines), await runOptions({ verifier, checkpoint })),
      (error) => error instanceof CheckpointError,
    );
  });
});

describe("a checkpoint", () => {
  it("is read by the version that wrote it, and refused by any other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zkmargin-checkpoint-"));
    try {
      const path = join(folder, "checkpoint");
      const state = { coverage: { blocks: 7n } } as unknown as Checkpoint["state"];
      await writeCheckpoint(path, { lines: 3, digest: "d", inputs: "i", state });
      assert.equal((await readCheckpoint(path, "i"))?.lines, 3);
      await assert.rejects(readCheckpoint(path, "other"), CheckpointError);
      const text = await readFile(path, "utf8");
      const version = `"version":"${packageVersion()}"`;
      assert.ok(text.includes(version));
      for (const other of ['"version":"0.0.9"', '"version":null', '"edition":"0.1.0"']) {
        await writeFile(path, text.replace(version, other));
        await assert.rejects(readCheckpoint(path, "i"), {
          name: "CheckpointError",
          message: /expected a checkpoint that version .* wrote, got one of another/,
        });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function killedAfter(child: ChildProcess, ms: number): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  await exited;
  clearTimeout(timer);
}

async function inputs(path: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(path, "utf8")) as { readonly inputs: string }).inputs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
