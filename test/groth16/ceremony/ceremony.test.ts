import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CeremonyStepError, FormatError } from "../../../src/errors.js";
import { loadCircuit, loadCircuitKey } from "../../../src/groth16/artefacts/load.js";
import { installCircuitKey } from "../../../src/groth16/ceremony/finish.js";
import { ceremonyId } from "../../../src/groth16/ceremony/signedRecords.js";
import { verifyCeremony } from "../../../src/groth16/ceremony/verifyCeremony.js";
import { TOY } from "../setup/toy.js";
import { ALICE, BEACON, BOB, CAROL, COORDINATOR, Rehearsal, SOURCE } from "./rehearsal.js";

const step = (error: Error) => error.constructor === CeremonyStepError;

describe("ceremony", () => {
  let all: Rehearsal;
  before(async () => {
    all = await Rehearsal.make();
  });
  after(async () => {
    await globalThis.curve_bn128?.terminate();
    await all.toy.remove();
  });

  it("goes from a phase 1 of one's own by three persons and a beacon to a key that is installed", async () => {
    const terms = await all.start();
    assert.equal(terms.phase1.source, "own");
    assert.equal(terms.coordinator, COORDINATOR.address);
    await assert.rejects(all.start(), step);
    await assert.rejects(all.beacon(), step);
    await assert.rejects(all.finish(), step);

    const first = await all.contribute("Alice of Example Bank", ALICE, "dice: 3 1 6");
    assert.deepEqual([first.index, first.contributor, first.previous], [1, ALICE.address, ceremonyId(terms)]);
    await assert.rejects(all.contribute("Alice again", ALICE), step);
    await assert.rejects(all.contribute("no\nname", BOB), FormatError);
    await all.contribute("Bob", BOB);
    await all.contribute("Çarol — 株式会社", CAROL);
    await assert.rejects(all.finish(), step);
    await assert.rejects(all.beacon(BEACON, ALICE), step);
    await assert.rejects(all.beacon("5e"), FormatError);
    await all.beacon();
    await assert.rejects(all.contribute("late", { ...ALICE, address: COORDINATOR.address }), step);
    await assert.rejects(all.beacon(), step);
    await assert.rejects(all.finish(ALICE), step);

    const manifest = await all.finish();
    assert.equal(manifest.kind, "ceremony");
    assert.deepEqual(manifest.ceremony?.beacon, { source: SOURCE, value: BEACON });
    assert.equal(manifest.ceremony?.contributors, 3);
    const { transcript, phase1 } = await verifyCeremony({ folder: all.folder, root: all.toy.root });
    assert.deepEqual(
      transcript.attestations.map(({ name }) => name),
      ["Alice of Example Bank", "Bob", "Çarol — 株式会社", "beacon"],
    );
    assert.equal(phase1.source, "own");
    const names = await readdir(join(all.folder, "final"));
    assert.equal(names.filter((name) => /^[0-9a-f]{64}$/.test(name)).length, names.length - 1);

    const { root } = all.toy;
    for (const [home, coordinator] of [
      [join(root, "replayed"), undefined],
      [join(root, "trusted"), COORDINATOR.address],
    ] as const) {
      const trusting = coordinator === undefined ? {} : { coordinator };
      const installed = await installCircuitKey({
        folder: all.folder,
        home,
        circuit: TOY.name,
        root,
        ...trusting,
      });
      assert.deepEqual(installed.worth, { kind: "ceremony", phase1: "own" });
      const loaded = await loadCircuit(home, TOY.name, { root });
      assert.equal(loaded.ceremony?.attestations.length, 4);
      const key = await loadCircuitKey(home, TOY.name, { root });
      assert.deepEqual([key.kind, key.hash], ["ceremony", manifest.verificationKeyHash]);
    }
  });

  // shows: A32
  it("keeps no entropy anywhere", async () => {
    for (const name of await readdir(all.folder, { recursive: true, withFileTypes: true }))
      if (name.isFile())
        assert.equal(
          (await readFile(join(name.parentPath, name.name))).includes("dice: 3 1 6"),
          false,
          name.name,
        );
  });
});
