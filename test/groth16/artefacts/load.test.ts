import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CeremonyError,
  KeyLineageError,
} from "../../../src/errors.js";
import { keyStatement } from "../../../src/groth16/artefacts/keyStatement.js";
import {
  ARTEFACT_FILES,
  type ArtefactFile,
  artefactFolder,
  artefactPaths,
  pinsPath,
  shippedKeyPath,
  transcriptPath,
} from "../../../src/groth16/artefacts/layout.js";
import { loadCircuit, loadCircuitKey, pinnedVerificationKey } from "../../../src/groth16/artefacts/load.js";
import { formatJson, type Manifest, parseManifest, sha256 } from "../../../src/groth16/artefacts/manifest.js";
import { readBinFile } from "../../../src/groth16/binFile.js";
import { HERMEZ_PHASE_ONE } from "../../../src/groth16/setup/hermez.js";
import {
  formatVerificationKey,
  parseVerificationKey,
  verificationKeyHash,
} from "../../../src/groth16/verificationKey.js";
import { TOY, type ToyPackage, toyPackage } from "../setup/toy.js";

describe("artefacts", () => {
  let toy: ToyPackage;
  let home: string;
  before(async () => {
    toy = await toyPackage();
  });
  after(() => toy.remove());
  beforeEach(async () => {
    home = join(toy.root, "home");
    await rm(home, { recursive: true, force: true });
    await cp(toy.home, home, { recursive: true });
  });

  const load = () => loadCircuit(home, TOY.name, { root: toy.root });
  const paths = () => artefactPaths(home, TOY.name);

  async function altered(promise: Promise<unknown>, file: string): Promise<void> {
    await assert.rejects(promise, (error: Error) => {
      assert.ok(error instanceof ArtefactAlteredError, String(error));
      assert.ok(error.message.startsWith(file), error.message);
      return true;
    });
  }

  /** Flips one bit in the middle of a file. */
  async function flip(path: string): Promise<void> {
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  async function editManifest(edit: (manifest: Manifest) => Manifest): Promise<void> {
    const path = paths()["manifest.json"];
    await writeFile(path, formatJson(edit(parseManifest(await readFile(path, "utf8"), path))));
  }

  // shows: P15
  it("load as the bytes that were checked", async () => {
    const artefacts = await load();
    assert.equal(sha256(artefacts.zkey), artefacts.manifest.files["proving-key.zkey"].sha256);
    assert.equal(artefacts.directory, artefactFolder(home, TOY.name));
    assert.equal(artefacts.zkey.length, artefacts.manifest.files["proving-key.zkey"].bytes);
    assert.equal(artefacts.verificationKeyHash, verificationKeyHash(artefacts.verificationKey));
    assert.equal(artefacts.verificationKey.nPublic, artefacts.manifest.publicSignals);
  });

  for (const name of [...ARTEFACT_FILES, "manifest.json"] as const) {
    // shows: P15, T16
    it(`are refused with a bit of ${name} flipped, naming it`, async () => {
      await flip(paths()[name]);
      await altered(load(), paths()[name]);
    });

    it(`are refused without ${name}, naming the command that makes it`, async () => {
      await rm(paths()[name]);
      await assert.rejects(load(), (error: Error) => {
        assert.ok(error instanceof ArtefactMissingError);
        assert.ok(error.message.startsWith(paths()[name]));
        assert.match(error.message, /zkmargin setup --tier toy/);
        return true;
      });
    });
  }

  // shows: T16
  it("are refused where a file says the same in other bytes", async () => {
    const path = paths()["verification-key.json"];
    await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, "utf8"))));
    await altered(load(), path);
  });

  it("are refused cut short", async () => {
    const path = paths()["circuit.wasm"];
    await writeFile(path, (await readFile(path)).subarray(0, 1000));
    await altered(load(), path);
  });

  // shows: T16
  it("are refused where file and manifest were altered together: the package pins them", async () => {
    for (const name of ARTEFACT_FILES) {
      await rm(home, { recursive: true });
      await cp(toy.home, home, { recursive: true });
      await flip(paths()[name]);
      const bytes = await readFile(paths()[name]);
      await editManifest((manifest) => ({
        ...manifest,
        files: { ...manifest.files, [name]: { sha256: sha256(bytes), bytes: bytes.length } },
      }));
      await altered(load(), paths()["manifest.json"]);
    }
  });

  // shows: T16
  it("are refused with any field of the manifest edited", async () => {
    const edits: ((manifest: Manifest) => Manifest)[] = [
      (m) => ({ ...m, tier: "other" }),
      (m) => ({ ...m, keyStatement: "ceremony key" }),
      (m) => ({ ...m, phase1: { source: "development", hash: "0".repeat(64) } }),
      (m) => ({ ...m, phase1: { source: "hermez", hash: "0".repeat(128) } }),
      (m) => ({ ...m, compiler: { ...m.compiler, flags: ["--O0"] } }),
      (m) => ({ ...m, circuitSource: "0".repeat(64) }),
      (m) => ({ ...m, constraints: m.constraints + 1 }),
      (m) => ({ ...m, publicSignals: m.publicSignals + 1 }),
      (m) => ({ ...m, wires: m.wires + 1 }),
      (m) => ({ ...m, verificationKeyHash: "0".repeat(64) }),
    ];
    const original = await readFile(paths()["manifest.json"], "utf8");
    for (const edit of edits) {
      await editManifest(edit);
      await altered(load(), paths()["manifest.json"]);
      await writeFile(paths()["manifest.json"], original);
    }
    for (const text of [
      "",
      "{}",
      "[1]",
      original.slice(0, -3),
      original.replace("{", '{"extra": 1,'),
      `${original} `,
    ]) {
      await writeFile(paths()["manifest.json"], text);
      await altered(load(), paths()["manifest.json"]);
    }
    await writeFile(paths()["manifest.json"], original);
    await load();
  });

  it("are refused with an error that says what was expected, and then what was found", async () => {
    const [expected, got] = ["0".repeat(64), "f".repeat(64)];
    const cases: [edit: (manifest: Manifest) => Manifest, message: RegExp][] = [
      [(m) => ({ ...m, tier: "other" }), /expected tier "toy", got "other"/],
      [(m) => ({ ...m, keyStatement: "x" }), /expected keyStatement "development key: .*", got "x"/],
      [
        (m) => ({ ...m, phase1: { source: "development", hash: expected } }),
        /expected phase1\.hash "[0-9a-f]{64}", got "0{64}"/,
      ],
      [(m) => ({ ...m, circuitSource: got }), /expected circuitSource "[0-9a-f]{64}", got "f{64}"/],
      [
        (m) => ({ ...m, files: { ...m.files, "circuit.wasm": { sha256: got, bytes: 1 } } }),
        /expected files\["circuit\.wasm"\] \{.*\}, got \{"sha256":"f{64}","bytes":1\}/,
      ],
    ];
    const original = await readFile(paths()["manifest.json"], "utf8");
    for (const [edit, message] of cases) {
      await editManifest(edit);
      await assert.rejects(load(), message);
      await writeFile(paths()["manifest.json"], original);
    }
  });

  describe("with the manifest of a ceremony that there was not", () => {
    const transcript = new TextEncoder().encode("{}");
    beforeEach(async () => {
      await writeFile(transcriptPath(home, TOY.name), transcript);
      await editManifest((m) => ({
        ...m,
        kind: "ceremony",
        keyStatement: keyStatement({ kind: "ceremony", phase1: "own" }),
        phase1: { source: "own", hash: "0".repeat(128) },
        ceremony: {
          id: "0".repeat(64),
          contributors: 3,
          beacon: { source: "a block", value: "0".repeat(64) },
          transcript: { sha256: "0".repeat(64), bytes: transcript.length },
          coordinator: `0x${"00".repeat(20)}`,
          signature: `0x${"00".repeat(65)}`,
        },
      }));
    });

    it("are refused, and so is the verification key alone", async () => {
      await assert.rejects(load(), KeyLineageError);
      await assert.rejects(loadCircuitKey(home, TOY.name, { root: toy.root }), CeremonyError);
    });

    it("are refused as those of a ceremony where no section says which", async () => {
      await editManifest(({ ceremony: _, ...manifest }) => manifest);
      await altered(load(), paths()["manifest.json"]);
      await assert.rejects(load(), /expected kind, without a ceremony, "development", got "ceremony"/);
    });

    it("are refused without its transcript", async () => {
      const path = transcriptPath(home, TOY.name);
      await rm(path);
      for (const attempt of [load, () => loadCircuitKey(home, TOY.name, { root: toy.root })])
        await assert.rejects(
          attempt(),
          (error: Error) => error instanceof ArtefactMissingError && error.message.startsWith(path),
        );
    });
  });

  it("hold a verification key that can be loaded alone", async () => {
    const loadKey = () => loadCircuitKey(home, TOY.name, { root: toy.root });
    const { verificationKey: key, verificationKeyHash: hash, manifest } = await load();
    assert.deepEqual(await loadKey(), { kind: "development", phase1: "development", key, hash });
    for (const name of ["circuit.r1cs", "circuit.wasm", "proving-key.zkey"] as const) await rm(paths()[name]);
    assert.equal((await loadKey()).hash, hash);
    await flip(paths()["verification-key.json"]);
    const { sha256: pinned } = manifest.files["verification-key.json"];
    await assert.rejects(loadKey(), new RegExp(`verification-key\\.json: expected SHA-256 ${pinned}, got `));
  });

  describe("made from a published phase 1", () => {
    beforeEach(() =>
      editManifest((m) => ({
        ...m,
        keyStatement: keyStatement({ kind: "development", phase1: "hermez" }),
        phase1: { source: "hermez", hash: HERMEZ_PHASE_ONE[5]?.blake2b ?? "" },
      })),
    );

    /** Puts other bytes in place of a file, and into the manifest. */
    async function replace(name: ArtefactFile, bytes: Uint8Array): Promise<void> {
      await writeFile(paths()[name], bytes);
      await editManifest((m) => ({
        ...m,
        files: { ...m.files, [name]: { sha256: sha256(bytes), bytes: bytes.length } },
      }));
    }

    it("may have keys of their own, but only the pinned circuit", async () => {
      const key = await readFile(paths()["proving-key.zkey"]);
      key[key.length - 1] = (key[key.length - 1] ?? 0) ^ 1;
      await replace("proving-key.zkey", key);
      assert.equal((await load()).manifest.phase1.source, "hermez");
      await replace("circuit.wasm", new Uint8Array(8));
      await altered(load(), paths()["manifest.json"]);
    });

    it("are refused where the phase 1 is none of the published ones", async () => {
      await editManifest((m) => ({ ...m, phase1: { ...m.phase1, hash: "0".repeat(128) } }));
      await altered(load(), paths()["manifest.json"]);
      await assert.rejects(load(), /expected phase1\.hash "a published Hermez file", got "0{128}"/);
    });

    // shows: T16
    it("are refused with another verification key than the one the manifest names", async () => {
      const path = paths()["verification-key.json"];
      const key = JSON.parse(await readFile(path, "utf8"));
      key.IC[1] = key.IC[2];
      await replace("verification-key.json", new TextEncoder().encode(JSON.stringify(key)));
      await altered(load(), path);
    });

    it("hold no verification key that anybody can forge under", async () => {
      const path = paths()["verification-key.json"];
      const key = JSON.parse(await readFile(path, "utf8"));
      key.vk_delta_2 = key.vk_gamma_2;
      await replace("verification-key.json", new TextEncoder().encode(formatVerificationKey(key)));
      await editManifest((m) => ({ ...m, verificationKeyHash: verificationKeyHash(key) }));
      await assert.rejects(loadCircuitKey(home, TOY.name, { root: toy.root }), KeyLineageError);
    });

    // shows: T12
    it("are refused with a key that anybody can forge under", async () => {
      const key = await readFile(paths()["proving-key.zkey"]);
      const transcript = readBinFile("zkey", key)?.get(10);
      assert.ok(transcript);
      transcript.fill(0, 64, 68);
      await replace("proving-key.zkey", key);
      await assert.rejects(load(), KeyLineageError);
    });
  });

  it("are refused when the pins are not whole", async () => {
    const original = await readFile(pinsPath(toy.root), "utf8");
    try {
      await writeFile(pinsPath(toy.root), original.slice(0, -4));
      await altered(load(), pinsPath(toy.root));
      await rm(pinsPath(toy.root));
      await assert.rejects(load(), ArtefactMissingError);
    } finally {
      await writeFile(pinsPath(toy.root), original);
    }
  });

  describe("verification key of the package", () => {
    const path = () => shippedKeyPath(toy.root, TOY.name);

    it("is the one of the set-up, whatever its layout", async () => {
      const { key, hash, kind, phase1 } = await pinnedVerificationKey(TOY.name, { root: toy.root });
      const artefacts = await load();
      assert.deepEqual(key, artefacts.verificationKey);
      assert.equal(hash, artefacts.verificationKeyHash);
      assert.deepEqual([kind, phase1], ["development", "development"]);
      const original = await readFile(path(), "utf8");
      await writeFile(path(), JSON.stringify(JSON.parse(original)));
      assert.equal((await pinnedVerificationKey(TOY.name, { root: toy.root })).hash, hash);
      await writeFile(path(), original);
    });

    it("is written with a space a level", async () => {
      const { key } = await pinnedVerificationKey(TOY.name, { root: toy.root });
      assert.equal(formatVerificationKey(key), `${JSON.stringify(key, null, 1)}\n`);
    });

    // shows: T12
    it("is refused when it is another key, is not one, or is absent", async () => {
      const original = await readFile(path(), "utf8");
      const get = () => pinnedVerificationKey(TOY.name, { root: toy.root });
      const key = JSON.parse(original);
      assert.throws(
        () => parseVerificationKey(JSON.stringify({ ...key, IC: key.IC.slice(1) }), "key"),
        new ArtefactAlteredError(`key: expected ${key.nPublic + 1} IC points, got ${key.nPublic}`),
      );
      for (const text of [
        JSON.stringify({ ...key, IC: key.IC.with(1, key.IC[2]) }),
        JSON.stringify({ ...key, IC: key.IC.slice(1) }),
        JSON.stringify({ ...key, curve: "bls12381" }),
        JSON.stringify({ ...key, extra: 1 }),
        original.slice(0, -10),
      ]) {
        await writeFile(path(), text);
        await altered(get(), path());
      }
      await rm(path());
      await assert.rejects(get(), ArtefactMissingError);
      await writeFile(path(), original);
      await assert.rejects(pinnedVerificationKey("9x9", { root: toy.root }), ArtefactMissingError);
    });
  });
});
