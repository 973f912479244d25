import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { ArtefactAlteredError } from "../../../src/errors.js";
import { keyStatement } from "../../../src/groth16/artefacts/keyStatement.js";
import { readPin, readPins } from "../../../src/groth16/artefacts/load.js";
import {
  checkManifest,
  formatJson,
  type Manifest,
  parseManifest,
} from "../../../src/groth16/artefacts/manifest.js";
import { DEVELOPMENT_PHASE_ONE_HASH } from "../../../src/groth16/setup/developmentSecrets.js";
import { parseVerificationKey } from "../../../src/groth16/verificationKey.js";
import { CLEARING_CIRCUITS, TIERS } from "../../../src/protocol/tiers.js";

const [tier] = TIERS;
const DIGEST = "0123456789abcdef".repeat(4);

describe("manifest", () => {
  let development: Manifest;
  let ceremony: Manifest;
  before(async () => {
    const pin = await readPin(tier.name);
    development = {
      format: "zkmargin/artefacts@1",
      tier: tier.name,
      kind: "development",
      keyStatement: keyStatement({ kind: "development", phase1: "development" }),
      phase1: { source: "development", hash: DEVELOPMENT_PHASE_ONE_HASH },
      ...pin,
    };
    ceremony = {
      ...development,
      kind: "ceremony",
      keyStatement: keyStatement({ kind: "ceremony", phase1: "own" }),
      phase1: { source: "own", hash: DIGEST + DIGEST },
      ceremony: {
        id: DIGEST,
        contributors: 1,
        beacon: { source: "b", value: DIGEST },
        transcript: { sha256: DIGEST, bytes: 1 },
        coordinator: `0x${"aB".repeat(20)}`,
        signature: `0x${"ab".repeat(65)}`,
      },
    };
  });

  const parse = (manifest: Manifest) => parseManifest(formatJson(manifest), "manifest");
  const refusedForm = (manifest: Manifest) =>
    assert.throws(
      () => parse(manifest),
      (error: Error) => error instanceof ArtefactAlteredError && /expected the fields of/.test(error.message),
    );

  it("is read as it was written, with a ceremony or without", () => {
    for (const manifest of [development, ceremony]) assert.deepEqual(parse(manifest), manifest);
    const section = ceremony.ceremony ?? assert.fail();
    const longest = { ...section, contributors: 2, beacon: { source: "b".repeat(200), value: DIGEST } };
    assert.deepEqual(parse({ ...ceremony, ceremony: longest }).ceremony, longest);
  });

  it("has digests, addresses and signatures of exactly their digits, and nothing around them", () => {
    const section = ceremony.ceremony ?? assert.fail();
    const around = (text: string) => [`0${text}`, `${text}0`, text.slice(0, -1), `${text.slice(0, -1)}g`];
    for (const circuitSource of [...around(DIGEST), DIGEST.toUpperCase()])
      refusedForm({ ...development, circuitSource });
    for (const hash of [...around(DIGEST), ...around(DIGEST + DIGEST)])
      refusedForm({ ...development, phase1: { source: "development", hash } });
    for (const coordinator of around(section.coordinator))
      refusedForm({ ...ceremony, ceremony: { ...section, coordinator } });
    for (const signature of [...around(section.signature), section.signature.toUpperCase()])
      refusedForm({ ...ceremony, ceremony: { ...section, signature } });
  });

  it("has a source of the beacon, contributors and bytes", () => {
    const section = ceremony.ceremony ?? assert.fail();
    for (const change of [
      { beacon: { ...section.beacon, source: "" } },
      { beacon: { ...section.beacon, source: "b".repeat(201) } },
      { contributors: 0 },
      { transcript: { ...section.transcript, bytes: 0 } },
    ])
      refusedForm({ ...ceremony, ceremony: { ...section, ...change } });
  });

  it("is held to the pins in what a key of this package has, and in the circuit alone for a ceremony's key", async () => {
    const pin = await readPin(tier.name);
    const check = (manifest: Manifest) => checkManifest(manifest, tier.name, pin, "manifest");
    assert.deepEqual(check(development), { kind: "development", phase1: "development" });
    assert.deepEqual(check(ceremony), { kind: "ceremony", phase1: "own" });
    const own = { "proving-key.zkey": { sha256: DIGEST, bytes: 1 } };
    assert.deepEqual(check({ ...ceremony, files: { ...ceremony.files, ...own } }).kind, "ceremony");
    assert.throws(
      () => check({ ...development, files: { ...development.files, ...own } }),
      /expected files\["proving-key\.zkey"\] \{.*\}, got \{"sha256":"0123.*","bytes":1\}/,
    );
    assert.throws(
      () => check({ ...development, verificationKeyHash: DIGEST }),
      /expected verificationKeyHash "[0-9a-f]{64}", got "0123/,
    );
    // Beacons alone make a development key, on a development phase 1 too; it is not the pinned one.
    const rehearsed = { ...development, ...(ceremony.ceremony && { ceremony: ceremony.ceremony }) };
    assert.equal(check({ ...rehearsed, files: { ...development.files, ...own } }).kind, "development");
  });

  it("is refused where a phase 1 does not go with its kind", async () => {
    const pin = await readPin(tier.name);
    const mixed: Manifest = { ...development, phase1: { source: "own", hash: DIGEST } };
    assert.throws(() => checkManifest(mixed, tier.name, pin, "manifest"), ArtefactAlteredError);
  });
});

describe("pins", () => {
  it("are of every circuit, and of no other", async () => {
    const names = [...TIERS, ...CLEARING_CIRCUITS].map(({ name }) => name);
    assert.deepEqual(Object.keys((await readPins()).tiers), names);
    for (const name of ["9x9", "constructor"])
      await assert.rejects(readPin(name), new RegExp(`tier ${name}: expected a pin`));
  });
});

describe("verification-key file", () => {
  it("has coordinates as plain decimal numbers of at most 78 digits", async () => {
    const text = await readFile("circuits/keys/16x16.development.vkey.json", "utf8");
    const key = JSON.parse(text);
    const parse = (x: string) =>
      parseVerificationKey(JSON.stringify({ ...key, vk_alpha_1: [x, "2", "1"] }), "key");
    for (const x of ["0", "1", "9".repeat(78)]) assert.equal(parse(x).vk_alpha_1[0], x);
    for (const x of ["", "01", "-1", "+1", " 1", "1 ", "x1", "1x", "0x1", "9".repeat(79)])
      assert.throws(() => parse(x), /expected a Groth16 verification key/, x);
  });
});
