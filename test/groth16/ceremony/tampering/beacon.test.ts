import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { attestationId } from "../../../../src/groth16/ceremony/signedRecords.js";
import { readProvingKeyFile } from "../../../../src/groth16/provingKeyFile.js";
import { COORDINATOR } from "../rehearsal.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { faulty } from "./faulty.js";

describe("ceremony, tampered with: a beacon", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  // shows: A30
  it("of anybody but the coordinator is refused", async () => {
    await copy.put(await copy.signed(copy.attestation(3), {}, MALLORY));
    await assert.rejects(copy.verify(), faulty("beacon"));
  });

  // shows: A30
  it("that is not last, or comes before anybody, is refused", async () => {
    const late = await copy.signed(
      { ...copy.attestation(2), index: 4, previous: attestationId(copy.attestation(3)), name: "late" },
      {},
      MALLORY,
    );
    await copy.put(late);
    await assert.rejects(copy.verify(), faulty("beacon"));
    await copy.cut(0);
    await rm(copy.folder.attestationPath(4));
    await copy.put(
      await copy.signed(
        { ...copy.attestation(3), index: 1, previous: copy.attestation(1).previous },
        {},
        COORDINATOR,
      ),
    );
    await assert.rejects(copy.verify(), faulty("beacon"));
  });

  // shows: A30
  it("of another value than the key records is refused", async () => {
    await copy.put(await copy.signed(copy.attestation(3), { beacon: "00".repeat(32) }, COORDINATOR));
    await assert.rejects(copy.verify(), faulty("contribution"));
  });

  // shows: A30
  it("whose factor its value does not give is refused", async () => {
    const zkey = await copy.folder.key(copy.attestation(3).key);
    const records = readProvingKeyFile(zkey).sections.contributions;
    const value = records.length - 1;
    records[value] = (records[value] ?? 0) ^ 1;
    const beacon = readProvingKeyFile(zkey).contributions.records.at(-1)?.beacon?.value ?? "";
    await copy.put(
      await copy.signed(copy.attestation(3), { key: await copy.folder.addKey(zkey), beacon }, COORDINATOR),
    );
    await assert.rejects(copy.verify(), faulty("beacon"));
  });
});
