import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArtefactAlteredError, CeremonyStepError } from "../../../../src/errors.js";
import { loadCircuit, loadCircuitKey } from "../../../../src/groth16/artefacts/load.js";
import { formatJson, parseManifest, sha256 } from "../../../../src/groth16/artefacts/manifest.js";
import { installCircuitKey } from "../../../../src/groth16/ceremony/finish.js";
import { developmentPhaseOne } from "../../../../src/groth16/setup/development.js";
import { buildBases } from "../../../../src/groth16/setup/fixedBase.js";
import { setUpCircuit } from "../../../../src/groth16/setup/setup.js";
import { TOY } from "../../setup/toy.js";
import { ALICE, COORDINATOR } from "../rehearsal.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { exactly, faulty } from "./faulty.js";

describe("ceremony, tampered with: final artefacts", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  let home: string;
  beforeEach(() => {
    home = join(copy.folder.path, "home");
  });
  const install = (coordinator?: string) =>
    installCircuitKey({
      ...{ folder: copy.folder.path, home, circuit: TOY.name, root: copy.rehearsal.toy.root },
      ...(coordinator === undefined ? {} : { coordinator }),
    });
  const manifestPath = () => join(copy.folder.finalPath, "manifest.json");
  const manifest = async () => parseManifest(await readFile(manifestPath(), "utf8"), "manifest");
  const installed = (name: string) => join(home, TOY.name, name);

  // shows: A31
  it("of another coordinator than the trusted one are refused, and nothing is written", async () => {
    await assert.rejects(install(MALLORY.address), faulty("manifest"));
    await assert.rejects(readdir(home), { code: "ENOENT" });
  });

  // shows: A31
  it("that are not of their name are refused", async () => {
    const { files } = await manifest();
    await copy.flip(join(copy.folder.finalPath, files["proving-key.zkey"].sha256));
    await assert.rejects(install(COORDINATOR.address), faulty("manifest"));
  });

  // shows: A31
  it("whose manifest was edited are refused", async () => {
    const good = await manifest();
    assert.ok(good.ceremony);
    for (const edited of [
      { ...good, ceremony: { ...good.ceremony, contributors: 9 } },
      { ...good, ceremony: { ...good.ceremony, beacon: { source: "my dice", value: "00".repeat(32) } } },
      { ...good, ceremony: { ...good.ceremony, coordinator: MALLORY.address } },
      { ...good, ceremony: { ...good.ceremony, signature: copy.attestation(1).signature } },
      {
        ...good,
        verificationKeyHash: good.verificationKeyHash,
        phase1: { ...good.phase1, hash: "00".repeat(64) },
      },
    ]) {
      await writeFile(manifestPath(), formatJson(edited));
      await assert.rejects(install(COORDINATOR.address), faulty("manifest"));
    }
    const { ceremony: _, ...without } = good;
    await writeFile(manifestPath(), formatJson(without));
    await assert.rejects(install(), faulty("manifest"));
  });

  // shows: A31
  it("are refused in a home where any file was altered, and never replaced by a development key", async () => {
    await install(COORDINATOR.address);
    const { root } = copy.rehearsal.toy;
    const load = () => loadCircuit(home, TOY.name, { root });
    await load();
    await setUpCircuit({ home, circuit: TOY, root });
    // What of the manifest no longer reads or fits the pin is altered; what still does is not what was signed.
    const altered = (error: Error) => error instanceof ArtefactAlteredError || faulty("manifest")(error);
    for (const [name, check] of [
      ["transcript.json", faulty("manifest")],
      ["proving-key.zkey", exactly(ArtefactAlteredError)],
      ["verification-key.json", exactly(ArtefactAlteredError)],
      ["manifest.json", altered],
    ] as const) {
      const bytes = await readFile(installed(name));
      await copy.flip(installed(name));
      await assert.rejects(load(), check, name);
      if (name !== "proving-key.zkey")
        await assert.rejects(loadCircuitKey(home, TOY.name, { root }), check, name);
      await assert.rejects(setUpCircuit({ home, circuit: TOY, root }), Error, name);
      await writeFile(installed(name), bytes);
    }
    const good = await manifest();
    const { ceremony: _, ...without } = good;
    await writeFile(installed("manifest.json"), formatJson(without));
    await assert.rejects(load(), exactly(ArtefactAlteredError));
    await writeFile(installed("manifest.json"), formatJson(good));
    assert.equal((await load()).worth.kind, "ceremony");
    assert.equal(sha256(await readFile(installed("proving-key.zkey"))), copy.attestation(3).key);
  });

  // shows: A31
  it("are never replaced by a development key where the manifest is missing, unreadable or another", async () => {
    const { root } = copy.rehearsal.toy;
    const { ceremony: _, ...without } = await manifest();
    const noTranscript = () => rm(installed("transcript.json"));
    const noManifest = () => rm(installed("manifest.json"));
    const cases: [name: string, change: () => Promise<unknown>][] = [
      ["no manifest", noManifest],
      ["an empty manifest", () => writeFile(installed("manifest.json"), "")],
      ["half a manifest", async () => writeFile(installed("manifest.json"), "{")],
      ["a folder in its place", async () => (await noManifest(), mkdir(installed("manifest.json")))],
      ["a manifest without its ceremony", () => writeFile(installed("manifest.json"), formatJson(without))],
      ["neither manifest nor transcript", async () => (await noManifest(), noTranscript())],
      [
        "another's manifest, no transcript",
        async () => {
          await writeFile(installed("manifest.json"), formatJson({ ...without, kind: "development" }));
          await noTranscript();
        },
      ],
      [
        "no manifest, no transcript, a key that cannot be read",
        async () => {
          await noManifest();
          await noTranscript();
          await writeFile(installed("proving-key.zkey"), "zkey");
        },
      ],
      [
        "the verification key alone",
        async () => {
          for (const name of ["manifest.json", "transcript.json", "proving-key.zkey"])
            await rm(installed(name));
        },
      ],
    ];
    for (const [name, change] of cases) {
      await rm(home, { recursive: true, force: true });
      await install(COORDINATOR.address);
      await change();
      const before = await readFile(installed("verification-key.json"));
      await assert.rejects(setUpCircuit({ home, circuit: TOY, root }), exactly(CeremonyStepError), name);
      assert.deepEqual(await readFile(installed("verification-key.json")), before, name);
    }
    // It is for the same command to mend what was killed before it wrote a development key's manifest.
    await rm(home, { recursive: true });
    await setUpCircuit({ home, circuit: TOY, root });
    await noManifest();
    assert.equal((await setUpCircuit({ home, circuit: TOY, root })).reused, false);
  });

  // shows: A26
  it("on a public phase 1 makes a development key, no matter who contributed", async () => {
    const ptau = join(copy.folder.path, "..", "development.ptau");
    await writeFile(ptau, await developmentPhaseOne(await buildBases(), TOY.power));
    await rm(copy.folder.path, { recursive: true });
    assert.equal((await copy.rehearsal.start(ptau)).phase1.source, "development");
    await copy.rehearsal.contribute("Alice", ALICE);
    await copy.rehearsal.beacon();
    const { kind, keyStatement } = await copy.rehearsal.finish();
    assert.equal(kind, "development");
    assert.match(keyStatement, /anybody can/);
  });
});
