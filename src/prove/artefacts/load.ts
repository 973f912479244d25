import { readFile } from "node:fs/promises";
import { ArtefactMissingError } from "../../errors.js";
import type { Tier } from "../../spec/tiers.js";
import { checkProvingKey } from "../keyGate/checkProvingKey.js";
import { checkManifest, expectSame } from "./checkManifest.js";
import type { KeyWorth } from "./keyStatement.js";
import { ARTEFACT_FILES, type ArtefactFile, artefactFolder, artefactPaths } from "./layout.js";
import { type Manifest, parseManifest } from "./manifest.js";
import { type PackageOptions, readPin } from "./pins.js";
import { sha256 } from "./sha256.js";
import { parseVerificationKey, type VerificationKey } from "./verificationKey.js";
import { verificationKeyHash } from "./verificationKeyHash.js";

/** The compiled circuit and keys of a tier: the very bytes that were checked. Use them, not the files. */
export interface Artefacts {
  readonly tier: Tier;
  readonly directory: string;
  readonly manifest: Manifest;
  /** What proofs under its key are worth. */
  readonly worth: KeyWorth;
  readonly r1cs: Uint8Array;
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
  readonly verificationKey: VerificationKey;
  readonly verificationKeyHash: string;
}

/**
 * Loads the artefacts of `tier` from `home` and checks every file against the manifest and the manifest against the
 * pins of the package. (A proving key with a bit flipped still makes proofs, invalid ones, without a word.)
 * @throws {ArtefactMissingError} when a file is absent
 * @throws {ArtefactAlteredError} when one is not what is pinned
 * @throws {KeyLineageError} when the key gate refuses the proving key
 */
export async function loadArtefacts(
  home: string,
  tier: Tier,
  options: PackageOptions = {},
): Promise<Artefacts> {
  const paths = artefactPaths(home, tier.name);
  const manifestBytes = await readArtefact(paths["manifest.json"], tier.name);
  const manifest = parseManifest(new TextDecoder().decode(manifestBytes), paths["manifest.json"]);
  const worth = checkManifest(manifest, tier, await readPin(tier.name, options), paths["manifest.json"]);
  const contents = new Map<ArtefactFile, Uint8Array>();
  for (const name of ARTEFACT_FILES) {
    const bytes = await readArtefact(paths[name], tier.name);
    expectSame(paths[name], "SHA-256", manifest.files[name].sha256, sha256(bytes), tier.name);
    contents.set(name, bytes);
  }
  const content = (name: ArtefactFile) => contents.get(name) ?? new Uint8Array();
  const keyPath = paths["verification-key.json"];
  const verificationKey = parseVerificationKey(
    new TextDecoder().decode(content("verification-key.json")),
    keyPath,
  );
  const hash = verificationKeyHash(verificationKey);
  expectSame(keyPath, "key hash", manifest.verificationKeyHash, hash, tier.name);
  checkProvingKey(content("proving-key.zkey"), { kind: worth.kind, verificationKey });
  return {
    tier,
    directory: artefactFolder(home, tier.name),
    manifest,
    worth,
    r1cs: content("circuit.r1cs"),
    wasm: content("circuit.wasm"),
    zkey: content("proving-key.zkey"),
    verificationKey,
    verificationKeyHash: hash,
  };
}

async function readArtefact(path: string, tierName: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch {
    throw new ArtefactMissingError(
      `${path}: expected a file, got none; run \`zkmargin setup --tier ${tierName}\``,
    );
  }
}
