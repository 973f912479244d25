import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { ArtefactMissingError, PhaseOneError } from "../../../../src/errors.js";
import { concatBytes, readBinFile, writeBinFile } from "../../../../src/groth16/binFile.js";
import { readProvingKeyFile, SECTION } from "../../../../src/groth16/provingKeyFile.js";
import { developmentPhaseOne } from "../../../../src/groth16/setup/development.js";
import { buildBases } from "../../../../src/groth16/setup/fixedBase.js";
import { TOY } from "../../setup/toy.js";
import { type CeremonyCopy, useCopies } from "./copy.js";
import { exactly, faulty } from "./faulty.js";

describe("ceremony, tampered with: files", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  it("of another circuit are refused", async () => {
    await copy.flip(copy.folder.wasmPath);
    await assert.rejects(copy.verify(), faulty("circuit"));
    await copy.flip(copy.folder.wasmPath); // and back
    await copy.flip(copy.folder.r1csPath);
    await assert.rejects(copy.verify(), faulty("circuit"));
  });

  it("of another phase 1 are refused", async () => {
    await writeFile(copy.folder.phaseOnePath, await developmentPhaseOne(await buildBases(), TOY.power));
    await assert.rejects(copy.verify(), faulty("phase-one"));
  });

  // shows: A27
  it("of a phase 1 whose points were changed are refused, whatever the terms say", async () => {
    const bytes = await readFile(copy.folder.phaseOnePath);
    const end = bytes.length - 64;
    bytes.copy(bytes, end, end - 64, end); // a point of its curve, but of another polynomial
    await writeFile(copy.folder.phaseOnePath, bytes);
    await assert.rejects(copy.verify(), exactly(PhaseOneError));
    await copy.flip(copy.folder.phaseOnePath, end);
    await assert.rejects(copy.verify(), exactly(PhaseOneError));
  });

  it("of keys that are not of their name, or are not there, are refused", async () => {
    await copy.flip(copy.folder.keyPath(copy.attestation(3).key));
    await assert.rejects(copy.verify(), faulty("key-file"));
    await rm(copy.folder.keyPath(copy.attestation(3).key));
    await assert.rejects(copy.verify(), exactly(ArtefactMissingError));
    await copy.flip(copy.folder.keyPath(copy.terms.initialKey));
    await assert.rejects(copy.verify(), faulty("key-file"));
  });

  it("of a beginning with a point of no wire are refused", async () => {
    await copy.cut(0);
    const zkey = await copy.folder.key(copy.terms.initialKey);
    for (const id of [SECTION.A, SECTION.B1, SECTION.C]) {
      const sections = [...(readBinFile("zkey", zkey) ?? [])].map(([number, data]) => ({
        id: number,
        data: number === id ? concatBytes(data, data.subarray(0, 64)) : data,
      }));
      const initialKey = await copy.folder.addKey(writeBinFile("zkey", 1, sections));
      await copy.signTerms({ initialKey });
      await assert.rejects(copy.verify(), /expected as many points as wires/, `section ${id}`);
    }
  });

  // shows: A27
  it("of a beginning that is not the circuit's and phase 1's are refused, though the coordinator signed", async () => {
    await copy.cut(0);
    const zkey = await copy.folder.key(copy.terms.initialKey);
    const key = readProvingKeyFile(zkey);
    // Two wires whose points change places: each is a good point, and of the wrong polynomial.
    const points = key.sections.C;
    points.set(Uint8Array.from([...points.subarray(64, 128), ...points.subarray(0, 64)]));
    await copy.signTerms({ initialKey: await copy.folder.addKey(zkey) });
    await assert.rejects(copy.verify(), faulty("initial-key"));
    await copy.signTerms({ initialKey: copy.attestation(1).key });
    await assert.rejects(copy.verify(), faulty("initial-key"));
    await copy.signTerms({ circuitHash: "00".repeat(64) });
    await assert.rejects(copy.verify(), faulty("initial-key"));
  });
});
