import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfText } from "../../encoding/strictJson.js";
import { CeremonyError, CeremonyStepError } from "../../errors.js";
import { checkArtefacts } from "../artefacts/checkArtefacts.js";
import { keyStatement } from "../artefacts/keyStatement.js";
import {
  ARTEFACT_FILES,
  artefactFolder,
  artefactPaths,
  MANIFEST_FILE,
  transcriptPath,
} from "../artefacts/layout.js";
import { type CircuitArtefacts, loadCircuit, readPin } from "../artefacts/load.js";
import { formatJson, type Manifest, parseManifest, sha256 } from "../artefacts/manifest.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { checkProvingKey, verificationKeyOf } from "../provingKeyFile.js";
import { compiler } from "../setup/compile.js";
import { timedStep } from "../setup/progress.js";
import { readR1cs } from "../setup/r1cs.js";
import { checkKey, formatVerificationKey, verificationKeyHash } from "../verificationKey.js";
import { CeremonyFolder } from "./ceremonyFolder.js";
import type { TextSigner } from "./signedRecords.js";
import {
  type CeremonySection,
  checkCeremonySection,
  formatTranscript,
  manifestText,
  type Transcript,
  worthOf,
} from "./transcript.js";
import { singleThreaded, type VerifyOptions, verifyCeremony } from "./verifyCeremony.js";

export interface FinishOptions extends VerifyOptions {
  /** The coordinator's. */
  readonly signer: TextSigner;
}

/**
 * Makes a ceremony's final artefacts, once all of it verifies and a beacon has ended it. `final/` gets circuit, keys
 * and transcript, each named by its SHA-256. The manifest, which the coordinator signs, is written last.
 * @returns the manifest
 * @throws {CeremonyStepError} without a beacon, and for anybody but the coordinator; else as {@link verifyCeremony}
 *
 * @example
 * ```ts
 * import { finishCeremony } from "zkmargin/prove";
 *
 * const manifest = await finishCeremony({ ...ceremony, signer: coordinator });
 * console.log(manifest.ceremony?.coordinator === coordinator.address); // true
 * ```
 */
export async function finishCeremony(options: FinishOptions): Promise<Manifest> {
  const { signer } = options;
  checkMayFinish(await new CeremonyFolder(options.folder).transcript(), signer); // before a minute of work
  const { folder, id, transcript, r1cs, wasm, zkey } = await verifyCeremony(options);
  const beacon = checkMayFinish(transcript, signer); // as somebody may have changed it meanwhile
  const { terms, attestations } = transcript;
  const step = timedStep(options.onProgress);
  const worth = worthOf(transcript);
  const verificationKey = await step("take the verification key", 0.95, async () =>
    verificationKeyOf(await singleThreaded(), zkey),
  );
  checkProvingKey(zkey, { kind: worth.kind, verificationKey });
  checkKey(verificationKey);
  const contents = {
    "circuit.r1cs": r1cs,
    "circuit.wasm": wasm,
    "proving-key.zkey": zkey,
    "verification-key.json": bytesOf(formatVerificationKey(verificationKey)),
  };
  const transcriptBytes = bytesOf(formatTranscript(transcript));
  const ceremony: CeremonySection = {
    id,
    contributors: attestations.length - 1,
    beacon: { source: terms.beaconSource, value: beacon },
    transcript: describe(transcriptBytes),
    coordinator: signer.address,
    signature: `0x${"00".repeat(65)}`,
  };
  const unsigned: Manifest = {
    format: "zkmargin/artefacts@1",
    tier: terms.tier,
    kind: worth.kind,
    keyStatement: keyStatement(worth),
    phase1: { source: worth.phase1, hash: terms.phase1.blake2b },
    compiler: compiler(),
    circuitSource: terms.circuitSource,
    ...sizeOf(r1cs),
    files: {
      "circuit.r1cs": describe(contents["circuit.r1cs"]),
      "circuit.wasm": describe(contents["circuit.wasm"]),
      "proving-key.zkey": describe(contents["proving-key.zkey"]),
      "verification-key.json": describe(contents["verification-key.json"]),
    },
    verificationKeyHash: verificationKeyHash(verificationKey),
    ceremony,
  };
  const manifest = await signed(unsigned, ceremony, signer);
  checkCeremonySection(manifest, transcriptBytes, "manifest"); // whatever signed must have signed this
  await mkdir(folder.finalPath, { recursive: true });
  for (const bytes of [...Object.values(contents), transcriptBytes])
    await writeAtomic(join(folder.finalPath, sha256(bytes)), bytes);
  await writeAtomic(join(folder.finalPath, MANIFEST_FILE), formatJson(manifest));
  return manifest;
}

/** @returns the value of the beacon. @throws CeremonyStepError */
function checkMayFinish({ terms, attestations }: Transcript, signer: TextSigner): string {
  const beacon = attestations.at(-1)?.beacon;
  if (beacon === undefined)
    throw new CeremonyStepError(
      `ceremony: expected one that a beacon has ended, got one without; run \`zkmargin ceremony beacon\` with the value of: ${terms.beaconSource}`,
    );
  if (signer.address !== terms.coordinator)
    throw new CeremonyStepError(
      `finish: expected the coordinator ${terms.coordinator}, got ${signer.address}; finish it with the coordinator's key`,
    );
  return beacon;
}

async function signed(manifest: Manifest, ceremony: CeremonySection, signer: TextSigner): Promise<Manifest> {
  const signature = await signer.sign(manifestText(manifest, ceremony));
  if (!/^0x[0-9a-f]{130}$/.test(signature))
    throw new CeremonyError(
      "manifest",
      "manifest: expected a signature of 65 bytes, got other text; sign with another key",
    );
  return { ...manifest, ceremony: { ...ceremony, signature } };
}

function sizeOf(r1cs: Uint8Array): Pick<Manifest, "constraints" | "publicSignals" | "wires"> {
  const { constraints, publicSignals, wires } = readR1cs(r1cs);
  return { constraints, publicSignals, wires };
}

function describe(bytes: Uint8Array): CeremonySection["transcript"] {
  return { sha256: sha256(bytes), bytes: bytes.length };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export interface InstallOptions extends VerifyOptions {
  /** Folder of all artefacts; the key goes to `<home>/<circuit>/`. */
  readonly home: string;
  /** Name of the circuit that the key must be of. */
  readonly circuit: string;
  /**
   * Address of a coordinator whom the caller trusts. Then only `final/` is needed, and this coordinator must have
   * signed it. Without it the whole ceremony is replayed.
   */
  readonly coordinator?: string;
}

/**
 * Installs the key of a finished ceremony in a home folder, where `prove`, `verify` and `deploy` find it. Everything is
 * checked before anything is written, and the manifest is written last.
 * @throws {CeremonyError} {@link ArtefactMissingError} {@link ArtefactAlteredError} {@link KeyLineageError}
 */
export async function installCircuitKey(options: InstallOptions): Promise<CircuitArtefacts> {
  const { home, circuit, coordinator } = options;
  const folder = new CeremonyFolder(options.folder);
  const file = (name: string) => join(folder.finalPath, name);
  const manifest = parseManifest(await folder.readText(file(MANIFEST_FILE)), file(MANIFEST_FILE));
  const { ceremony } = manifest;
  if (ceremony === undefined)
    throw new CeremonyError(
      "manifest",
      `${file(MANIFEST_FILE)}: expected a ceremony's manifest, got another`,
    );
  if (coordinator !== undefined && ceremony.coordinator !== coordinator)
    throw new CeremonyError(
      "manifest",
      `${file(MANIFEST_FILE)}: expected the coordinator ${coordinator}, got ${ceremony.coordinator}; take the key from whom you trust`,
    );
  const addressed = async (hash: string) => {
    const bytes = await folder.read(file(hash));
    if (sha256(bytes) !== hash)
      throw new CeremonyError(
        "manifest",
        `${file(hash)}: expected the SHA-256 of its name, got ${sha256(bytes)}`,
      );
    return bytes;
  };
  const contents = {
    "circuit.r1cs": await addressed(manifest.files["circuit.r1cs"].sha256),
    "circuit.wasm": await addressed(manifest.files["circuit.wasm"].sha256),
    "proving-key.zkey": await addressed(manifest.files["proving-key.zkey"].sha256),
    "verification-key.json": await addressed(manifest.files["verification-key.json"].sha256),
  };
  const transcript = await addressed(ceremony.transcript.sha256);
  const pins = options.root === undefined ? {} : { root: options.root };
  checkArtefacts({ manifest, contents, transcript, pathOf: file }, circuit, await readPin(circuit, pins));
  if (coordinator === undefined) {
    const verified = await verifyCeremony(options);
    if (sha256OfText(formatTranscript(verified.transcript)) !== ceremony.transcript.sha256)
      throw new CeremonyError(
        "manifest",
        `${file(MANIFEST_FILE)}: expected the transcript of this folder's ceremony, got another`,
      );
  }
  const paths = artefactPaths(home, circuit);
  await mkdir(artefactFolder(home, circuit), { recursive: true });
  for (const name of ARTEFACT_FILES) await writeAtomic(paths[name], contents[name]);
  await writeAtomic(transcriptPath(home, circuit), transcript);
  await writeAtomic(paths[MANIFEST_FILE], formatJson(manifest));
  return loadCircuit(home, circuit, pins);
}
