import assert from "node:assert/strict";
import { copyFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CeremonyError,
  type CeremonyFault,
  CeremonyStepError,
  PhaseOneError,
} from "../../../src/errors.js";
import type { TextSigner } from "../../../src/keys/signedText.js";
import { loadArtefacts, loadVerificationKey } from "../../../src/prove/artefacts/load.js";
import { formatJson, parseManifest } from "../../../src/prove/artefacts/manifest.js";
import { sha256 } from "../../../src/prove/artefacts/sha256.js";
import {
  type Attestation,
  attestationId,
  attestationText,
  formatAttestation,
  parseCeremonyAttestation,
} from "../../../src/prove/ceremony/attestation.js";
import { CeremonyFolder } from "../../../src/prove/ceremony/folder.js";
import { checkIncluded } from "../../../src/prove/ceremony/included.js";
import { installCeremony } from "../../../src/prove/ceremony/install.js";
import { type CeremonyTerms, formatTerms, termsText } from "../../../src/prove/ceremony/terms.js";
import { verifyCeremony } from "../../../src/prove/ceremony/verify.js";
import { readProvingKeyFile } from "../../../src/prove/keyGate/provingKeyFile.js";
import { buildBases } from "../../../src/prove/setup/bases.js";
import { developmentPhaseOne } from "../../../src/prove/setup/phaseOne.js";
import { setup } from "../../../src/prove/setup/setup.js";
import { TOY } from "../setup/toy.js";
import { ALICE, BOB, CAROL, COORDINATOR, Rehearsal } from "./rehearsal.js";

const MALLORY = CAROL;

/** For assert.rejects: the ceremony does not verify, and for this very fault. */
function faulty(fault: CeremonyFault) {
  return (error: Error) => {
    assert.equal(error.constructor, CeremonyError, String(error));
    assert.equal((error as CeremonyError).fault, fault, error.message);
    return true;
  };
}
const exactly = (Class: abstract new (...args: never[]) => Error) => (error: Error) => {
  assert.equal(error.constructor, Class, String(error));
  return true;
};

describe("ceremony, tampered with", () => {
  let honest: Rehearsal;
  let ours: Rehearsal;
  let folder: CeremonyFolder;
  let attestations: readonly Attestation[];
  let terms: CeremonyTerms;
  before(async () => {
    honest = await Rehearsal.make();
    terms = await honest.start();
    await honest.contribute("Alice", ALICE);
    await honest.contribute("Bob", BOB);
    await honest.beacon();
    await honest.finish();
    ({ attestations } = await new CeremonyFolder(honest.folder).transcript());
  });
  after(async () => {
    await globalThis.curve_bn128?.terminate();
    await honest.toy.remove();
  });
  beforeEach(async () => {
    ours = await honest.copy();
    folder = new CeremonyFolder(ours.folder);
  });
  afterEach(() => ours.drop());

  const verify = () => verifyCeremony({ folder: ours.folder, root: ours.toy.root });
  const of = (index: number): Attestation => attestations[index - 1] as Attestation;
  const put = (attestation: Attestation) =>
    writeFile(folder.attestationPath(attestation.index), formatAttestation(attestation));
  const flip = async (path: string, at = -40) => {
    const bytes = await readFile(path);
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };
  /** The ceremony up to contribution `count`. */
  const cut = async (count: number) => {
    for (let i = attestations.length; i > count; i--) await rm(folder.attestationPath(i), { force: true });
  };
  /** An attestation with other words, which its signer signs. */
  async function signed(attestation: Attestation, change: Partial<Attestation>, by: TextSigner) {
    const changed = { ...attestation, ...change, contributor: by.address };
    return { ...changed, signature: await by.sign(attestationText(changed)) };
  }
  /** Terms with other words, which the coordinator signs. */
  async function signTerms(change: Partial<CeremonyTerms>, by = COORDINATOR) {
    const changed = { ...terms, ...change, coordinator: by.address };
    await writeFile(
      folder.termsPath,
      formatTerms({ ...changed, signature: await by.sign(termsText(changed)) }),
    );
  }
  /** Bob's key with some bytes of a section changed; Bob signs for it, and it is the newest. */
  async function dishonest(section: number, change: (bytes: Uint8Array) => void) {
    await cut(2);
    const zkey = await folder.key(of(2).key);
    const bytes = readProvingKeyFile(zkey).sections.get(section);
    assert.ok(bytes);
    change(bytes);
    const key = await folder.addKey(zkey);
    const contribution = readProvingKeyFile(zkey).contributions.records.at(-1)?.hash ?? "";
    await put(await signed(of(2), { key, contribution }, BOB));
  }

  it("verifies where it was not", async () => {
    const { transcript } = await verify();
    assert.equal(transcript.attestations.length, 3);
  });

  describe("terms", () => {
    it("that were edited are refused", async () => {
      await writeFile(folder.termsPath, formatTerms({ ...terms, beaconSource: "my own dice" }));
      await assert.rejects(verify(), faulty("terms"));
    });

    it("that the coordinator changed after somebody contributed are refused", async () => {
      await signTerms({ beaconSource: "my own dice" });
      await assert.rejects(verify(), faulty("order"));
    });

    it("of another coordinator are refused", async () => {
      await signTerms({}, MALLORY);
      await assert.rejects(verify(), faulty("order"));
    });

    it("with another circuit than the pinned one are refused", async () => {
      await cut(0);
      await signTerms({ circuitSource: "00".repeat(32) });
      await assert.rejects(verify(), faulty("circuit"));
    });
  });

  describe("files", () => {
    it("of another circuit are refused", async () => {
      await flip(folder.r1csPath);
      await assert.rejects(verify(), faulty("circuit"));
      await copyFile(join(honest.folder, "circuit.r1cs"), folder.r1csPath);
      await flip(folder.wasmPath);
      await assert.rejects(verify(), faulty("circuit"));
    });

    it("of another phase 1 are refused", async () => {
      await writeFile(folder.phaseOnePath, await developmentPhaseOne(await buildBases(), TOY.power));
      await assert.rejects(verify(), faulty("phase-one"));
    });

    it("of a phase 1 whose points were changed are refused, whatever the terms say", async () => {
      const bytes = await readFile(folder.phaseOnePath);
      const end = bytes.length - 64;
      bytes.copy(bytes, end, end - 64, end); // a point of its curve, but of another polynomial
      await writeFile(folder.phaseOnePath, bytes);
      await assert.rejects(verify(), exactly(PhaseOneError));
      await flip(folder.phaseOnePath, end);
      await assert.rejects(verify(), exactly(PhaseOneError));
    });

    it("of keys that are not of their name, or are not there, are refused", async () => {
      await flip(folder.keyPath(of(3).key));
      await assert.rejects(verify(), faulty("key-file"));
      await rm(folder.keyPath(of(3).key));
      await assert.rejects(verify(), exactly(ArtefactMissingError));
      await flip(folder.keyPath(terms.initialKey));
      await assert.rejects(verify(), faulty("key-file"));
    });

    it("of a beginning that is not the circuit's and phase 1's are refused, though the coordinator signed", async () => {
      await cut(0);
      const zkey = await folder.key(terms.initialKey);
      const key = readProvingKeyFile(zkey);
      // Two wires whose points change places: each is a good point, and of the wrong polynomial.
      const points = key.sections.get(8) ?? new Uint8Array();
      points.set(Uint8Array.from([...points.subarray(64, 128), ...points.subarray(0, 64)]));
      await signTerms({ initialKey: await folder.addKey(zkey) });
      await assert.rejects(verify(), faulty("initial-key"));
      await signTerms({ initialKey: of(1).key });
      await assert.rejects(verify(), faulty("initial-key"));
      await signTerms({ circuitHash: "00".repeat(64) });
      await assert.rejects(verify(), faulty("initial-key"));
    });
  });

  describe("contributions", () => {
    it("that are missing or out of order are refused", async () => {
      await rm(folder.attestationPath(2));
      await assert.rejects(verify(), faulty("order"));
      await rename(folder.attestationPath(3), folder.attestationPath(2));
      await assert.rejects(verify(), faulty("order"));
      await put(of(2));
      await put(of(3));
      await writeFile(folder.attestationPath(1), formatAttestation(of(2)));
      await writeFile(folder.attestationPath(2), formatAttestation(of(1)));
      await assert.rejects(verify(), faulty("order"));
    });

    it("that are left out at the end are missed by whoever kept an attestation", async () => {
      await cut(1);
      const { transcript } = await verify();
      checkIncluded(transcript, of(1), "alice.json");
      assert.throws(() => checkIncluded(transcript, of(2), "bob.json"), faulty("order"));
    });

    it("whose attestation was edited are refused", async () => {
      await put({ ...of(2), name: "Robert" });
      await assert.rejects(verify(), faulty("attestation"));
    });

    it("that somebody else claims are refused", async () => {
      await put(await signed(of(1), { name: "Alice" }, MALLORY));
      await assert.rejects(verify(), faulty("order"));
    });

    it("of one person twice are refused", async () => {
      await cut(1);
      await put(await signed(of(2), {}, ALICE));
      await assert.rejects(verify(), faulty("order"));
    });

    it("of another name than the key records are refused", async () => {
      await cut(2);
      await put(await signed(of(2), { name: "Nobody" }, BOB));
      await assert.rejects(verify(), faulty("contribution"));
    });

    it("that the key does not record are refused", async () => {
      await cut(2);
      await put(await signed(of(2), { key: of(1).key }, BOB));
      await assert.rejects(verify(), faulty("contribution"));
    });

    it("that did not divide every point by δ are refused", async () => {
      const initial = readProvingKeyFile(await folder.key(terms.initialKey));
      for (const id of [8, 9]) {
        await dishonest(id, (bytes) =>
          bytes.set((initial.sections.get(id) ?? new Uint8Array()).subarray(0, 64)),
        );
        await assert.rejects(verify(), faulty("contribution"), `section ${id}`);
      }
    });

    it("that changed what phase 2 leaves alone are refused", async () => {
      for (const id of [3, 5, 6]) {
        await dishonest(id, (bytes) => {
          const point = (at: number) => bytes.subarray(at, at + 64);
          let other = 64;
          while (Buffer.compare(point(0), point(other)) === 0) other += 64;
          bytes.copyWithin(0, other, other + 64);
        });
        await assert.rejects(verify(), faulty("contribution"), `section ${id}`);
      }
      await dishonest(4, (bytes) => bytes.fill(0, 20, 30));
      await assert.rejects(verify(), faulty("contribution"), "coefficients");
    });

    it("of somebody who does not know the factor, or took another transcript, are refused", async () => {
      const record = 64 + 4; // of the first; the second follows its 448 bytes and parameters
      const second = (bytes: Uint8Array) =>
        record + 384 + 4 + 4 + new DataView(bytes.buffer, bytes.byteOffset + record + 388).getUint32(0, true);
      await dishonest(10, (bytes) => bytes.copyWithin(second(bytes) + 64, second(bytes), second(bytes) + 64)); // s
      await assert.rejects(verify(), faulty("contribution"));
      await dishonest(10, (bytes) => bytes.copyWithin(second(bytes) + 192, record + 192, record + 320)); // x·H
      await assert.rejects(verify(), faulty("contribution"));
      await dishonest(10, (bytes) => bytes.copyWithin(second(bytes) + 320, record + 320, record + 384)); // transcript
      await assert.rejects(verify(), faulty("contribution"));
    });
  });

  describe("a beacon", () => {
    it("of anybody but the coordinator is refused", async () => {
      await put(await signed(of(3), {}, MALLORY));
      await assert.rejects(verify(), faulty("beacon"));
    });

    it("that is not last, or comes before anybody, is refused", async () => {
      const late = await signed(
        { ...of(2), index: 4, previous: attestationId(of(3)), name: "late" },
        {},
        MALLORY,
      );
      await put(late);
      await assert.rejects(verify(), faulty("beacon"));
      await cut(0);
      await rm(folder.attestationPath(4));
      await put(await signed({ ...of(3), index: 1, previous: of(1).previous }, {}, COORDINATOR));
      await assert.rejects(verify(), faulty("beacon"));
    });

    it("of another value than the key records is refused", async () => {
      await put(await signed(of(3), { beacon: "00".repeat(32) }, COORDINATOR));
      await assert.rejects(verify(), faulty("contribution"));
    });

    it("whose factor its value does not give is refused", async () => {
      const zkey = await folder.key(of(3).key);
      const records = readProvingKeyFile(zkey).sections.get(10) ?? new Uint8Array();
      const value = records.length - 1;
      records[value] = (records[value] ?? 0) ^ 1;
      const beacon = readProvingKeyFile(zkey).contributions.records.at(-1)?.beacon?.value ?? "";
      await put(await signed(of(3), { key: await folder.addKey(zkey), beacon }, COORDINATOR));
      await assert.rejects(verify(), faulty("beacon"));
    });
  });

  describe("what is killed or meets another", () => {
    it("leaves a key that counts for nothing, and is contributed again", async () => {
      await cut(1);
      await rm(folder.keyPath(of(2).key));
      await rm(folder.keyPath(of(3).key));
      const killed = { address: BOB.address, sign: () => Promise.reject(new Error("killed")) };
      await assert.rejects(ours.contribute("Bob", killed), /killed/);
      await writeFile(join(ours.folder, "contributions", ".0002.json.abcdef.tmp"), "{");
      await writeFile(join(ours.folder, "keys", ".x.tmp"), "zk");
      assert.equal((await readdir(join(ours.folder, "keys"))).length, 4);
      assert.equal((await verify()).transcript.attestations.length, 1);
      const { index, key } = await ours.contribute("Bob", BOB);
      assert.equal(index, 2);
      const names = [terms.initialKey, of(1).key, key].map((hash) => `${hash}.zkey`);
      assert.deepEqual((await readdir(join(ours.folder, "keys"))).sort(), names.sort());
      assert.deepEqual(await readdir(join(ours.folder, "contributions")), ["0001.json", "0002.json"]);
    });

    it("does not take the place of somebody who contributed meanwhile", async () => {
      await cut(1);
      const slow: TextSigner = {
        address: BOB.address,
        sign: async (text) => {
          await put(await signed(of(2), {}, MALLORY));
          return BOB.sign(text);
        },
      };
      await assert.rejects(ours.contribute("Bob", slow), exactly(CeremonyStepError));
      assert.equal(
        parseCeremonyAttestation(await readFile(folder.attestationPath(2), "utf8"), "2").contributor,
        MALLORY.address,
      );
    });

    it("does not contribute to a folder that does not verify", async () => {
      await cut(1);
      await flip(folder.phaseOnePath);
      const before = await readdir(ours.folder, { recursive: true });
      await assert.rejects(ours.contribute("Bob", BOB), exactly(PhaseOneError));
      assert.deepEqual(await readdir(ours.folder, { recursive: true }), before);
    });

    it("is started again where it never got its terms", async () => {
      await rm(folder.termsPath);
      await cut(0);
      assert.equal((await ours.start()).initialKey, terms.initialKey);
    });
  });

  describe("final artefacts", () => {
    let home: string;
    beforeEach(() => {
      home = join(ours.folder, "home");
    });
    const install = (coordinator?: string) =>
      installCeremony({
        ...{ folder: ours.folder, home, tier: TOY, root: ours.toy.root },
        ...(coordinator === undefined ? {} : { coordinator }),
      });
    const manifestPath = () => join(folder.finalPath, "manifest.json");
    const manifest = async () => parseManifest(await readFile(manifestPath(), "utf8"), "manifest");
    const installed = (name: string) => join(home, TOY.name, name);

    it("of another coordinator than the trusted one are refused, and nothing is written", async () => {
      await assert.rejects(install(MALLORY.address), faulty("manifest"));
      await assert.rejects(readdir(home), { code: "ENOENT" });
    });

    it("that are not of their name are refused", async () => {
      const { files } = await manifest();
      await flip(join(folder.finalPath, files["proving-key.zkey"].sha256));
      await assert.rejects(install(COORDINATOR.address), faulty("manifest"));
    });

    it("whose manifest was edited are refused", async () => {
      const good = await manifest();
      assert.ok(good.ceremony);
      for (const edited of [
        { ...good, ceremony: { ...good.ceremony, contributors: 9 } },
        { ...good, ceremony: { ...good.ceremony, beacon: { source: "my dice", value: "00".repeat(32) } } },
        { ...good, ceremony: { ...good.ceremony, coordinator: MALLORY.address } },
        { ...good, ceremony: { ...good.ceremony, signature: of(1).signature } },
        {
          ...good,
          verificationKeyHash: good.verificationKeyHash,
          phase1: { ...good.phase1, hash: "00".repeat(64) },
        },
      ]) {
        await writeFile(manifestPath(), formatJson(edited));
        await assert.rejects(install(COORDINATOR.address), (error: Error) => faulty("manifest")(error));
      }
      const { ceremony: _, ...without } = good;
      await writeFile(manifestPath(), formatJson(without));
      await assert.rejects(install(), faulty("manifest"));
    });

    it("are refused in a home where any file was altered, and never replaced by a development key", async () => {
      await install(COORDINATOR.address);
      const { root } = ours.toy;
      const load = () => loadArtefacts(home, TOY, { root });
      await load();
      await setup({ home, tier: TOY, root });
      // What of the manifest no longer reads or fits the pin is altered; what still does is not what was signed.
      const altered = (error: Error) => error instanceof ArtefactAlteredError || faulty("manifest")(error);
      for (const [name, check] of [
        ["transcript.json", faulty("manifest")],
        ["proving-key.zkey", exactly(ArtefactAlteredError)],
        ["verification-key.json", exactly(ArtefactAlteredError)],
        ["manifest.json", altered],
      ] as const) {
        const bytes = await readFile(installed(name));
        await flip(installed(name));
        await assert.rejects(load(), check, name);
        if (name !== "proving-key.zkey")
          await assert.rejects(loadVerificationKey(home, TOY, { root }), check, name);
        await assert.rejects(setup({ home, tier: TOY, root }), Error, name);
        await writeFile(installed(name), bytes);
      }
      const good = await manifest();
      const { ceremony: _, ...without } = good;
      await writeFile(installed("manifest.json"), formatJson(without));
      await assert.rejects(load(), exactly(ArtefactAlteredError));
      await writeFile(installed("manifest.json"), formatJson(good));
      assert.equal((await load()).worth.kind, "ceremony");
      assert.equal(sha256(await readFile(installed("proving-key.zkey"))), of(3).key);
    });
  });

  it("on a public phase 1 makes a development key, whoever contributed", async () => {
    const ptau = join(ours.folder, "..", "development.ptau");
    await writeFile(ptau, await developmentPhaseOne(await buildBases(), TOY.power));
    await rm(ours.folder, { recursive: true });
    assert.equal((await ours.start(ptau)).phase1.source, "development");
    await ours.contribute("Alice", ALICE);
    await ours.beacon();
    const { kind, keyStatement } = await ours.finish();
    assert.equal(kind, "development");
    assert.match(keyStatement, /anybody can/);
  });
});
