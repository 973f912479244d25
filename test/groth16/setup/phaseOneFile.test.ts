import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PhaseOneError } from "../../../src/errors.js";
import { developmentPhaseOne } from "../../../src/groth16/setup/development.js";
import { buildBases } from "../../../src/groth16/setup/fixedBase.js";
import { checkPhaseOne, HERMEZ_PHASE_ONE } from "../../../src/groth16/setup/hermez.js";

describe("phase-1 file", () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-ptau-"));
    path = join(folder, "phase1.ptau");
    await writeFile(path, await developmentPhaseOne(await buildBases(), 8));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function refused(promise: Promise<unknown>, message: RegExp): Promise<void> {
    await assert.rejects(promise, (error: Error) => {
      assert.ok(error instanceof PhaseOneError);
      assert.match(error.message, message);
      return true;
    });
  }

  it("is refused when its hash is not the published one of its power, naming both", async () => {
    const expected = HERMEZ_PHASE_ONE[0]?.blake2b ?? "none";
    await refused(
      checkPhaseOne(path, 8),
      new RegExp(`expected powersOfTau28_hez_final_08.ptau .*${expected}, got [0-9a-f]{128}`),
    );
  });

  it("is refused when it is too small for the circuit", async () => {
    await refused(checkPhaseOne(path, 13), /expected a phase 1 of power 13 or more, got power 8/);
  });

  it("is refused when it is of a power that was never published", async () => {
    const small = join(folder, "small.ptau");
    const bytes = await readFile(path);
    bytes.writeUInt32LE(7, 60);
    await writeFile(small, bytes);
    await refused(checkPhaseOne(small, 6), /expected a power of 8 to 28, got 7/);
  });

  it("is refused when it is another file, or none", async () => {
    const other = join(folder, "other.ptau");
    await writeFile(
      other,
      "zkey and then something long enough to be taken for a header of a file of 68 bytes",
    );
    await refused(checkPhaseOne(other, 6), /expected a \.ptau file/);
    await writeFile(other, "ptau");
    await refused(checkPhaseOne(other, 6), /expected a \.ptau file/);
    await refused(checkPhaseOne(join(folder, "absent.ptau"), 6), /got none that can be read/);
    await refused(checkPhaseOne(folder, 6), /expected|got/);
  });

  it("has the table that snarkjs publishes", async () => {
    const readme = join(dirname(createRequire(import.meta.url).resolve("snarkjs")), "..", "README.md");
    const text = await readFile(readme, "utf8");
    assert.deepEqual(
      HERMEZ_PHASE_ONE.map(({ power }) => power),
      Array.from({ length: 21 }, (_, i) => i + 8),
    );
    for (const { power, name, blake2b } of HERMEZ_PHASE_ONE) {
      const row = text.split("\n").find((line) => line.includes(`[${name}]`));
      assert.ok(row?.includes(blake2b) && new RegExp(`^\\| +${power} +\\|`).test(row), name);
    }
  });
});
