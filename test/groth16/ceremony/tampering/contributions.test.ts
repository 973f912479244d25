import assert from "node:assert/strict";
import { rename, rm, writeFile } from "node:fs/promises";
import { formatAttestation } from "../../../../src/groth16/ceremony/signedRecords.js";
import { checkIncluded } from "../../../../src/groth16/ceremony/transcript.js";
import { readProvingKeyFile } from "../../../../src/groth16/provingKeyFile.js";
import { ALICE, BOB } from "../rehearsal.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { faulty } from "./faulty.js";

describe("ceremony, tampered with: contributions", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  // shows: A29
  it("that are missing or out of order are refused", async () => {
    await rm(copy.folder.attestationPath(2));
    await assert.rejects(copy.verify(), faulty("order"));
    await rename(copy.folder.attestationPath(3), copy.folder.attestationPath(2));
    await assert.rejects(copy.verify(), faulty("order"));
    await copy.put(copy.attestation(2));
    await copy.put(copy.attestation(3));
    await writeFile(copy.folder.attestationPath(1), formatAttestation(copy.attestation(2)));
    await writeFile(copy.folder.attestationPath(2), formatAttestation(copy.attestation(1)));
    await assert.rejects(copy.verify(), faulty("order"));
  });

  // shows: A29
  it("that are left out at the end are missed by every holder of an attestation", async () => {
    await copy.cut(1);
    const { transcript } = await copy.verify();
    checkIncluded(transcript, copy.attestation(1), "alice.json");
    assert.throws(() => checkIncluded(transcript, copy.attestation(2), "bob.json"), faulty("order"));
  });

  // shows: A29
  it("whose attestation was edited are refused", async () => {
    await copy.put({ ...copy.attestation(2), name: "Robert" });
    await assert.rejects(copy.verify(), faulty("attestation"));
  });

  // shows: A29
  it("that somebody else claims are refused", async () => {
    await copy.put(await copy.signed(copy.attestation(1), { name: "Alice" }, MALLORY));
    await assert.rejects(copy.verify(), faulty("order"));
  });

  // shows: A29
  it("of one person twice are refused", async () => {
    await copy.cut(1);
    await copy.put(await copy.signed(copy.attestation(2), {}, ALICE));
    await assert.rejects(copy.verify(), faulty("order"));
  });

  it("of another name than the key records are refused", async () => {
    await copy.cut(2);
    await copy.put(await copy.signed(copy.attestation(2), { name: "Nobody" }, BOB));
    await assert.rejects(copy.verify(), faulty("contribution"));
  });

  it("that the key does not record are refused", async () => {
    await copy.cut(2);
    await copy.put(await copy.signed(copy.attestation(2), { key: copy.attestation(1).key }, BOB));
    await assert.rejects(copy.verify(), faulty("contribution"));
  });

  // shows: A28
  it("that did not divide every point by δ are refused", async () => {
    const initial = readProvingKeyFile(await copy.folder.key(copy.terms.initialKey));
    for (const name of ["C", "H"] as const) {
      await copy.changeKey(name, (bytes) => bytes.set(initial.sections[name].subarray(0, 64)));
      await assert.rejects(copy.verify(), faulty("contribution"), name);
    }
  });

  // shows: A28
  it("that changed what phase 2 leaves alone are refused", async () => {
    for (const name of ["IC", "A", "B1"] as const) {
      await copy.changeKey(name, (bytes) => {
        const point = (at: number) => bytes.subarray(at, at + 64);
        let other = 64;
        while (Buffer.compare(point(0), point(other)) === 0) other += 64;
        bytes.copyWithin(0, other, other + 64);
      });
      await assert.rejects(copy.verify(), faulty("contribution"), name);
    }
    await copy.changeKey("coefficients", (bytes) => bytes.fill(0, 20, 30));
    await assert.rejects(copy.verify(), faulty("contribution"), "coefficients");
  });

  // shows: A28
  it("of somebody who does not know the factor, or took another transcript, are refused", async () => {
    const record = 64 + 4; // of the first; the second follows its 448 bytes and parameters
    const second = (bytes: Uint8Array) =>
      record + 384 + 4 + 4 + new DataView(bytes.buffer, bytes.byteOffset + record + 388).getUint32(0, true);
    await copy.changeKey("contributions", (bytes) =>
      bytes.copyWithin(second(bytes) + 64, second(bytes), second(bytes) + 64),
    ); // s
    await assert.rejects(copy.verify(), faulty("contribution"));
    await copy.changeKey("contributions", (bytes) =>
      bytes.copyWithin(second(bytes) + 192, record + 192, record + 320),
    ); // x·H
    await assert.rejects(copy.verify(), faulty("contribution"));
    await copy.changeKey("contributions", (bytes) =>
      bytes.copyWithin(second(bytes) + 320, record + 320, record + 384),
    ); // transcript
    await assert.rejects(copy.verify(), faulty("contribution"));
  });
});
