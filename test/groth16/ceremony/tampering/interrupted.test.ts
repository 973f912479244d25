import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CeremonyStepError, PhaseOneError } from "../../../../src/errors.js";
import type { TextSigner } from "../../../../src/groth16/ceremony/signedRecords.js";
import { parseCeremonyAttestation } from "../../../../src/groth16/ceremony/signedRecords.js";
import { startCircuitCeremony } from "../../../../src/groth16/ceremony/start.js";
import { TOY } from "../../setup/toy.js";
import { BEACON, BOB, COORDINATOR } from "../rehearsal.js";
import { type CeremonyCopy, MALLORY, useCopies } from "./copy.js";
import { exactly } from "./faulty.js";

describe("ceremony, tampered with: what is killed or meets another", () => {
  let copy: CeremonyCopy;
  useCopies((made) => {
    copy = made;
  });
  /** The ceremony after Alice's contribution, with her key and the first one alone. */
  const afterAlice = async () => {
    await copy.cut(1);
    for (const index of [2, 3] as const) await rm(copy.folder.keyPath(copy.attestation(index).key));
  };
  const keysOf = (...hashes: string[]) =>
    [copy.terms.initialKey, copy.attestation(1).key, ...hashes].map((hash) => `${hash}.zkey`).sort();
  const keys = async () => (await readdir(copy.folder.keysPath)).sort();

  // shows: A32
  it("leaves a key that counts for nothing, and is contributed again", async () => {
    await afterAlice();
    const bob = contributor(copy, "sign");
    await bob.reaches("sign");
    bob.child.kill("SIGKILL");
    await bob.exit;
    const [claim = "", ...left] = await keys();
    assert.match(claim, /^\.[0-9a-f]{64}\.claim-/);
    assert.equal(left.length, 3);
    // Half a key of the same process.
    const half = claim.replace(/\.claim-[0-9a-f]{8}/, ".zkey");
    await writeFile(join(copy.folder.keysPath, half), "zk");
    assert.equal((await copy.verify()).transcript.attestations.length, 1);
    const { index, key } = await copy.rehearsal.contribute("Bob", BOB);
    assert.equal(index, 2);
    assert.deepEqual(await keys(), keysOf(key));
    assert.deepEqual(await readdir(copy.folder.contributionsPath), ["0001.json", "0002.json"]);
  });

  // shows: A33
  it("removes its own key where it fails, and nothing of others", async () => {
    await afterAlice();
    const others = [
      `${"ab".repeat(32)}.zkey`,
      `.${"cd".repeat(32)}.zkey.${process.pid}-0123456789ab.tmp`,
      `.${"ef".repeat(32)}.claim-01234567.999999999-0123456789ab.tmp`,
      ".x.tmp",
    ];
    for (const name of others) await writeFile(join(copy.folder.keysPath, name), "of others");
    const failing = { address: BOB.address, sign: () => Promise.reject(new Error("no pen")) };
    await assert.rejects(copy.rehearsal.contribute("Bob", failing), /no pen/);
    assert.deepEqual(await keys(), [...keysOf(), ...others].sort());
    const { key } = await copy.rehearsal.contribute("Bob", BOB);
    assert.deepEqual(await keys(), [...keysOf(key), ...others].sort());
  });

  // shows: A33
  it("leaves the key of somebody who contributes while it verifies", async () => {
    await afterAlice();
    const bob = contributor(copy);
    await bob.reaches("check phase 1");
    bob.child.kill("SIGSTOP");
    const { key } = await copy.rehearsal.contribute("Carol", MALLORY);
    bob.child.kill("SIGCONT");
    const [code] = await bob.exit;
    assert.equal(code, 1, "Bob is refused");
    assert.deepEqual(await keys(), keysOf(key));
    assert.equal((await copy.verify()).transcript.attestations.at(-1)?.name, "Carol");
  });

  // shows: A33
  it("leaves the key of a beacon that somebody else applied meanwhile: it is the same one", async () => {
    await copy.cut(2);
    const { key } = copy.attestation(3);
    await rm(copy.folder.keyPath(key));
    const slow: TextSigner = {
      address: COORDINATOR.address,
      sign: async (text) => {
        await copy.put(copy.attestation(3));
        return COORDINATOR.sign(text);
      },
    };
    await assert.rejects(copy.rehearsal.beacon(BEACON, slow), exactly(CeremonyStepError));
    assert.ok((await keys()).includes(`${key}.zkey`));
    assert.equal((await copy.verify()).transcript.attestations.length, 3);
  });

  // shows: A33
  it("writes over nothing of a ceremony that was started meanwhile", async () => {
    await rm(copy.folder.termsPath);
    await copy.cut(0);
    const before = await readFile(copy.folder.phaseOnePath);
    const late = startCircuitCeremony({
      ...{ folder: copy.folder.path, circuit: TOY.name, ptau: copy.rehearsal.ptau, beaconSource: "later" },
      ...{ root: copy.rehearsal.toy.root },
      signer: {
        address: MALLORY.address,
        sign: async (text) => {
          await copy.folder.addTerms(copy.terms);
          return MALLORY.sign(text);
        },
      },
    });
    await assert.rejects(late, exactly(CeremonyStepError));
    assert.equal((await copy.folder.terms()).coordinator, COORDINATOR.address);
    assert.deepEqual(await readFile(copy.folder.phaseOnePath), before);
    assert.ok((await keys()).includes(`${copy.terms.initialKey}.zkey`));
  });

  // shows: A32
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

  // shows: A28
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

/** A process that contributes as Bob. */
function contributor({ folder, rehearsal }: CeremonyCopy, ...more: string[]) {
  const script = fileURLToPath(new URL("../contributeOnce.ts", import.meta.url));
  const args = ["--import", "tsx", script, folder.path, rehearsal.toy.root, ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], timeout: 120_000 });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const exit = once(child, "exit");
  return {
    child,
    exit,
    reaches: async (label: string) => {
      while (!said.includes(label))
        await Promise.race([once(child.stdout, "data"), exit.then(() => assert.fail("it ended"))]);
    },
  };
}
