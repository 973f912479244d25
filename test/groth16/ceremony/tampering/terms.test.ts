import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { ArtefactMissingError, FormatError } from "../../../../src/errors.js";
import { formatTerms } from "../../../../src/groth16/ceremony/signedRecords.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { exactly, faulty } from "./faulty.js";

describe("ceremony, tampered with: terms", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  it("verifies where it was not", async () => {
    const { transcript } = await copy.verify();
    assert.equal(transcript.attestations.length, 3);
  });

  it("that were edited are refused", async () => {
    await writeFile(copy.folder.termsPath, formatTerms({ ...copy.terms, beaconSource: "my own dice" }));
    await assert.rejects(copy.verify(), faulty("terms"));
  });

  it("whose words no terminal should show are refused, though the coordinator signed", async () => {
    await copy.cut(0);
    for (const beaconSource of ["a block\u202e", "a\u001b[2J", "", "x".repeat(201)]) {
      await copy.signTerms({ beaconSource });
      await assert.rejects(copy.verify(), exactly(FormatError), JSON.stringify(beaconSource));
    }
  });

  // shows: A27
  it("that the coordinator changed after somebody contributed are refused", async () => {
    await copy.signTerms({ beaconSource: "my own dice" });
    await assert.rejects(copy.verify(), faulty("order"));
  });

  it("of another coordinator are refused", async () => {
    await copy.signTerms({}, MALLORY);
    await assert.rejects(copy.verify(), faulty("order"));
  });

  // shows: A27
  it("with another circuit than the pinned one are refused", async () => {
    await copy.cut(0);
    await copy.signTerms({ circuitSource: "00".repeat(32) });
    await assert.rejects(copy.verify(), faulty("circuit"));
  });

  it("of a tier that nobody pinned are refused, whatever it is called", async () => {
    await copy.cut(0);
    for (const tier of ["1x1", "constructor"]) {
      await copy.signTerms({ tier });
      await assert.rejects(copy.verify(), exactly(ArtefactMissingError), tier);
    }
  });
});
