import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CeremonyStepError, PhaseOneError } from "../../../../src/errors.js";
import type { TextSigner } from "../../../../src/keys/signedText.js";
import { parseCeremonyAttestation } from "../../../../src/prove/ceremony/attestation.js";
import { BOB } from "../rehearsal.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { exactly } from "./faulty.js";

describe("ceremony, tampered with: what is killed or meets another", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  it("leaves a key that counts for nothing, and is contributed again", async () => {
    await copy.cut(1);
    await rm(copy.folder.keyPath(copy.attestation(2).key));
    await rm(copy.folder.keyPath(copy.attestation(3).key));
    const killed = { address: BOB.address, sign: () => Promise.reject(new Error("killed")) };
    await assert.rejects(copy.rehearsal.contribute("Bob", killed), /killed/);
    await writeFile(join(copy.folder.contributionsPath, ".0002.json.abcdef.tmp"), "{");
    await writeFile(join(copy.folder.keysPath, ".x.tmp"), "zk");
    assert.equal((await readdir(copy.folder.keysPath)).length, 4);
    assert.equal((await copy.verify()).transcript.attestations.length, 1);
    const { index, key } = await copy.rehearsal.contribute("Bob", BOB);
    assert.equal(index, 2);
    const names = [copy.terms.initialKey, copy.attestation(1).key, key].map((hash) => `${hash}.zkey`);
    assert.deepEqual((await readdir(copy.folder.keysPath)).sort(), names.sort());
    assert.deepEqual(await readdir(copy.folder.contributionsPath), ["0001.json", "0002.json"]);
  });

  it("does not take the place of somebody who contributed meanwhile", async () => {
    await copy.cut(1);
    const slow: TextSigner = {
      address: BOB.address,
      sign: async (text) => {
        await copy.put(await copy.signed(copy.attestation(2), {}, MALLORY));
        return BOB.sign(text);
      },
    };
    await assert.rejects(copy.rehearsal.contribute("Bob", slow), exactly(CeremonyStepError));
    assert.equal(
      parseCeremonyAttestation(await readFile(copy.folder.attestationPath(2), "utf8"), "2").contributor,
      MALLORY.address,
    );
  });

  it("does not contribute to a folder that does not verify", async () => {
    await copy.cut(1);
    await copy.flip(copy.folder.phaseOnePath);
    const before = await readdir(copy.folder.path, { recursive: true });
    await assert.rejects(copy.rehearsal.contribute("Bob", BOB), exactly(PhaseOneError));
    assert.deepEqual(await readdir(copy.folder.path, { recursive: true }), before);
  });

  it("is started again where it never got its terms", async () => {
    await rm(copy.folder.termsPath);
    await copy.cut(0);
    assert.equal((await copy.rehearsal.start()).initialKey, copy.terms.initialKey);
  });
});
