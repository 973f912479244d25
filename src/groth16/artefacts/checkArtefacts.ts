import { checkCeremonySection, checkRecords, type Transcript } from "../ceremony/transcript.js";
import { checkProvingKey } from "../provingKeyFile.js";
import { parseVerificationKey, type VerificationKey, verificationKeyHash } from "../verificationKey.js";
import type { KeyWorth } from "./keyStatement.js";
import { ARTEFACT_FILES, type ArtefactFile } from "./layout.js";
import { checkManifest, expectSame, type Manifest, type Pin, sha256 } from "./manifest.js";

/** A circuit's artefacts as they were read, not yet checked. */
export interface ReadArtefacts {
  readonly manifest: Manifest;
  readonly contents: Readonly<Record<ArtefactFile, Uint8Array>>;
  /** Of a ceremony's key. */
  readonly transcript?: Uint8Array;
  /** Where a file came from, for errors. */
  readonly pathOf: (name: ArtefactFile | "manifest.json" | "transcript.json") => string;
}

/** What checked artefacts show of their key. */
export interface CheckedKey {
  readonly worth: KeyWorth;
  readonly verificationKey: VerificationKey;
  readonly verificationKeyHash: string;
  /** Who contributed, of a ceremony's key. */
  readonly ceremony?: Transcript;
}

/**
 * Checks artefacts before anything relies on them: the manifest against the pins, every file against the manifest, and
 * the keys by the key gate. If the key is a ceremony's, its coordinator must have signed the manifest, and the key must
 * record the attested contributions.
 * @throws {ArtefactAlteredError} {@link KeyLineageError} {@link CeremonyError}
 */
export function checkArtefacts(read: ReadArtefacts, circuit: string, pin: Pin): CheckedKey {
  const { manifest, contents, pathOf } = read;
  const worth = checkManifest(manifest, circuit, pin, pathOf("manifest.json"));
  for (const name of ARTEFACT_FILES)
    expectSame(pathOf(name), "SHA-256", manifest.files[name].sha256, sha256(contents[name]), circuit);
  const key = checkVerificationKey(manifest, contents["verification-key.json"], circuit, pathOf);
  const { contributions } = checkProvingKey(contents["proving-key.zkey"], {
    kind: worth.kind,
    verificationKey: key.verificationKey,
  });
  if (manifest.ceremony === undefined) return { worth, ...key };
  const ceremony = checkCeremonySection(
    manifest,
    read.transcript ?? new Uint8Array(),
    pathOf("transcript.json"),
  );
  checkRecords(ceremony, contributions, pathOf("proving-key.zkey"));
  return { worth, ...key, ceremony };
}

/** Checks that a verification key is the manifest's. @throws {ArtefactAlteredError} */
export function checkVerificationKey(
  manifest: Manifest,
  bytes: Uint8Array,
  circuit: string,
  pathOf: ReadArtefacts["pathOf"],
): Pick<CheckedKey, "verificationKey" | "verificationKeyHash"> {
  const path = pathOf("verification-key.json");
  const verificationKey = parseVerificationKey(new TextDecoder().decode(bytes), path);
  const hash = verificationKeyHash(verificationKey);
  expectSame(path, "key hash", manifest.verificationKeyHash, hash, circuit);
  return { verificationKey, verificationKeyHash: hash };
}
