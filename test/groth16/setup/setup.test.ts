import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CompileError,
  PhaseOneError,
} from "../../../src/errors.js";
import { artefactPaths, pinsPath } from "../../../src/groth16/artefacts/layout.js";
import type { SetupStep } from "../../../src/groth16/setup/progress.js";
import { pinArtefacts, setUpCircuit } from "../../../src/groth16/setup/setup.js";
import { TOY, type ToyPackage, toyPackage } from "./toy.js";

describe("setup", () => {
  let pinned: ToyPackage;
  let toy: ToyPackage;
  before(async () => {
    pinned = await toyPackage();
  });
  after(() => pinned.remove());
  beforeEach(async () => {
    toy = await pinned.copy();
  });
  afterEach(() => toy.remove());
  const home = () => join(toy.home, "fresh");

  it("makes the pinned artefacts, reports its steps, and reuses them", async () => {
    const steps: SetupStep[] = [];
    const first = await setUpCircuit({
      home: home(),
      circuit: TOY,
      root: toy.root,
      onProgress: (step) => steps.push(step),
    });
    assert.equal(first.reused, false);
    assert.equal(first.artefacts.manifest.kind, "development");
    assert.match(first.artefacts.manifest.keyStatement, /^development key: /);
    assert.deepEqual(
      steps.filter(({ seconds }) => seconds !== undefined).map(({ label }) => label),
      ["compile toy", "build curve tables", "make development proving key"],
    );
    const again: SetupStep[] = [];
    const second = await setUpCircuit({
      home: home(),
      circuit: TOY,
      root: toy.root,
      onProgress: (step) => again.push(step),
    });
    assert.equal(second.reused, true);
    assert.deepEqual(second.artefacts.manifest, first.artefacts.manifest);
    assert.deepEqual(again, []);
  });

  // shows: A56
  it("writes for the owner only and leaves nothing else", async () => {
    await setUpCircuit({ home: home(), circuit: TOY, root: toy.root });
    assert.deepEqual(await readdir(home()), ["toy"]);
    const files = await readdir(join(home(), "toy"));
    assert.deepEqual(files.sort(), Object.keys(artefactPaths("", "toy")).sort());
    for (const file of files) assert.equal((await stat(join(home(), "toy", file))).mode & 0o777, 0o600);
  });

  it("makes altered artefacts again and says why", async () => {
    await setUpCircuit({ home: home(), circuit: TOY, root: toy.root });
    const { "proving-key.zkey": path } = artefactPaths(home(), "toy");
    const key = await readFile(path);
    key[key.length >> 1] = (key[key.length >> 1] ?? 0) ^ 1;
    await writeFile(path, key);
    const steps: SetupStep[] = [];
    const result = await setUpCircuit({
      home: home(),
      circuit: TOY,
      root: toy.root,
      onProgress: (step) => steps.push(step),
    });
    assert.equal(result.reused, false);
    assert.match(steps[0]?.label ?? "", /^make again: .*proving-key\.zkey: expected SHA-256/);
    assert.equal((await setUpCircuit({ home: home(), circuit: TOY, root: toy.root })).reused, true);
  });

  // shows: T16
  it("notices that a circuit has changed, and accepts it once pinned", async () => {
    await setUpCircuit({ home: home(), circuit: TOY, root: toy.root });
    const source = await readFile(join(toy.root, "circuits/main/toy.circom"), "utf8");
    await toy.write("circuits/main/toy.circom", source.replace("Num2Bits(8)", "Num2Bits(9)"));
    const before = await readFile(artefactPaths(home(), "toy")["manifest.json"], "utf8");
    await assert.rejects(setUpCircuit({ home: home(), circuit: TOY, root: toy.root }), ArtefactAlteredError);
    assert.equal(await readFile(artefactPaths(home(), "toy")["manifest.json"], "utf8"), before);
    const written = await pinArtefacts({ home: toy.home, circuits: [TOY], root: toy.root });
    assert.deepEqual(written, [
      join(toy.root, "circuits/keys/toy.development.vkey.json"),
      pinsPath(toy.root),
    ]);
    assert.equal((await setUpCircuit({ home: home(), circuit: TOY, root: toy.root })).reused, false);
    assert.equal((await setUpCircuit({ home: home(), circuit: TOY, root: toy.root })).reused, true);
  });

  it("pins the same every time", async () => {
    const before = await readFile(pinsPath(toy.root), "utf8");
    await pinArtefacts({ home: join(toy.home, "again"), circuits: [TOY], root: toy.root });
    assert.equal(await readFile(pinsPath(toy.root), "utf8"), before);
  });

  it("refuses a circuit that is not of its tier's size", async () => {
    const root = toy.root;
    await assert.rejects(
      setUpCircuit({ home: home(), circuit: { ...TOY, publicSignals: 6 }, root }),
      CompileError,
    );
    await assert.rejects(setUpCircuit({ home: home(), circuit: { ...TOY, power: 3 }, root }), CompileError);
  });

  it("refuses a tier that the package does not pin", async () => {
    const pins = await readFile(pinsPath(toy.root), "utf8");
    await writeFile(pinsPath(toy.root), pins.replace('"toy"', '"other"'));
    await assert.rejects(setUpCircuit({ home: home(), circuit: TOY, root: toy.root }), ArtefactMissingError);
  });

  it("refuses a phase-1 file that is not published, before it does or writes anything", async () => {
    const ptau = join(toy.root, "some.ptau");
    await writeFile(ptau, "not a phase 1");
    await assert.rejects(setUpCircuit({ home: home(), circuit: TOY, root: toy.root, ptau }), PhaseOneError);
    await assert.rejects(stat(home()), { code: "ENOENT" });
  });
});
