import { readFile, stat } from "node:fs/promises";
import { ArtefactAlteredError, ArtefactMissingError } from "../../errors.js";
import { checkCeremonySection } from "../ceremony/transcript.js";
import {
  checkKey,
  parseVerificationKey,
  type VerificationKey,
  verificationKeyHash,
} from "../verificationKey.js";
import {
  type CheckedKey,
  checkArtefacts,
  checkVerificationKey,
  type ReadArtefacts,
} from "./checkArtefacts.js";
import type { KeyWorth } from "./keyStatement.js";
import {
  artefactFolder,
  artefactPaths,
  packageRoot,
  pinsPath,
  shippedKeyPath,
  transcriptPath,
} from "./layout.js";
import {
  checkManifest,
  expectSame,
  type Manifest,
  type Pin,
  type Pins,
  parseManifest,
  parsePins,
  sha256,
} from "./manifest.js";

/** Where the package's own files are; another folder in tests. */
export interface PackageOptions {
  readonly root?: string;
}

/**
 * The pins that ship with the package.
 * @throws {ArtefactMissingError} {@link ArtefactAlteredError}
 */
export async function readPins(options: PackageOptions = {}): Promise<Pins> {
  const path = pinsPath(options.root ?? packageRoot());
  return parsePins(await readText(path), path);
}

/**
 * What the package expects of a circuit, by name.
 * @throws {ArtefactMissingError} when the circuit is not pinned
 */
export async function readPin(circuit: string, options: PackageOptions = {}): Promise<Pin> {
  const { tiers } = await readPins(options);
  const pin = Object.hasOwn(tiers, circuit) ? tiers[circuit] : undefined;
  if (pin === undefined) {
    throw new ArtefactMissingError(
      `tier ${circuit}: expected a pin in circuits/artefacts.json, got none; run \`npm run snapshot\``,
    );
  }
  return pin;
}

/** A verification key with its name and what it is worth. */
export interface PinnedVerificationKey {
  readonly key: VerificationKey;
  readonly hash: string;
  /** What it is worth; a verifier believes this and not the bundle. */
  readonly kind: "development";
  readonly phase1: "development";
}

/**
 * The development verification key of a circuit, by name, that ships with the package, so that a counterparty can verify without a
 * set-up.
 * @throws {ArtefactMissingError} when the circuit has none
 * @throws {ArtefactAlteredError} when it is not the pinned one
 *
 * @example
 * ```ts
 * import { pinnedVerificationKey } from "zkmargin/prove";
 *
 * console.log((await pinnedVerificationKey("16x16")).kind); // development
 * ```
 */
export async function pinnedVerificationKey(
  circuit: string,
  options: PackageOptions = {},
): Promise<PinnedVerificationKey> {
  const root = options.root ?? packageRoot();
  const pin = await readPin(circuit, { root });
  const path = shippedKeyPath(root, circuit);
  const key = parseVerificationKey(await readText(path), path);
  const hash = verificationKeyHash(key);
  if (hash !== pin.verificationKeyHash) {
    throw new ArtefactAlteredError(
      `${path}: expected the pinned key ${pin.verificationKeyHash}, got ${hash}; reinstall the package`,
    );
  }
  return { key, hash, kind: "development", phase1: "development" };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new ArtefactMissingError(
      `${path}: expected a file of the package, got none; reinstall the package`,
    );
  }
}

/** A compiled circuit and its keys: the very bytes that were checked. Use them, not the files. */
export interface CircuitArtefacts extends CheckedKey {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly r1cs: Uint8Array;
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
}

/**
 * Loads the artefacts of a circuit from `home` and checks every file against the manifest and the manifest against the
 * pins of the package. (A proving key with a bit flipped still makes proofs, invalid ones, without a word.)
 * @throws {ArtefactMissingError} when a file is absent
 * @throws {ArtefactAlteredError} when one is not what is pinned
 * @throws {KeyLineageError} when the key gate refuses the proving key
 * @throws {CeremonyError} when a ceremony's manifest is not signed, or not of its transcript
 */
export async function loadCircuit(
  home: string,
  circuit: string,
  options: PackageOptions = {},
): Promise<CircuitArtefacts> {
  const { manifest, read, pathOf } = await openHome(home, circuit);
  const pin = await readPin(circuit, options);
  checkManifest(manifest, circuit, pin, pathOf("manifest.json")); // before megabytes are read for nothing
  const contents: ReadArtefacts["contents"] = {
    "circuit.r1cs": await read("circuit.r1cs"),
    "circuit.wasm": await read("circuit.wasm"),
    "proving-key.zkey": await read("proving-key.zkey"),
    "verification-key.json": await read("verification-key.json"),
  };
  const transcript = manifest.ceremony && (await read("transcript.json"));
  const checked = checkArtefacts(
    { manifest, contents, pathOf, ...(transcript && { transcript }) },
    circuit,
    pin,
  );
  return {
    directory: artefactFolder(home, circuit),
    manifest,
    ...checked,
    r1cs: contents["circuit.r1cs"],
    wasm: contents["circuit.wasm"],
    zkey: contents["proving-key.zkey"],
  };
}

/** A verification key of a home folder, with its name and what it is worth. */
export type HomeKey = KeyWorth & { readonly key: VerificationKey; readonly hash: string };

/**
 * Loads the verification key of a circuit from `home`: all that a verifier needs, which is the manifest, the key and, of a
 * ceremony, the transcript. The caller trusts the folder's provider, because a verification key does not show how it
 * was made. For a ceremony's key, the caller trusts its coordinator's signature.
 * @throws as {@link loadCircuit}
 */
export async function loadCircuitKey(
  home: string,
  circuit: string,
  options: PackageOptions = {},
): Promise<HomeKey> {
  const { manifest, read, pathOf } = await openHome(home, circuit);
  const worth = checkManifest(manifest, circuit, await readPin(circuit, options), pathOf("manifest.json"));
  const bytes = await read("verification-key.json");
  const { sha256: expected } = manifest.files["verification-key.json"];
  expectSame(pathOf("verification-key.json"), "SHA-256", expected, sha256(bytes), circuit);
  const key = checkVerificationKey(manifest, bytes, circuit, pathOf);
  checkKey(key.verificationKey);
  if (manifest.ceremony !== undefined)
    checkCeremonySection(manifest, await read("transcript.json"), pathOf("transcript.json"));
  return { ...worth, key: key.verificationKey, hash: key.verificationKeyHash };
}

/** Bytes of a manifest, verification key or transcript at most. */
const LARGEST_JSON = 16 * 2 ** 20;

async function openHome(home: string, circuit: string) {
  const paths = { ...artefactPaths(home, circuit), "transcript.json": transcriptPath(home, circuit) };
  const pathOf: ReadArtefacts["pathOf"] = (name) => paths[name];
  const read = async (name: keyof typeof paths): Promise<Uint8Array> => {
    const { size } = await stat(paths[name]).catch(() => ({ size: 0 }));
    if (name.endsWith(".json") && size > LARGEST_JSON)
      throw new ArtefactAlteredError(
        `${paths[name]}: expected a file of at most ${LARGEST_JSON} bytes, got ${size} bytes; run \`zkmargin setup --tier ${circuit}\``,
      );
    try {
      return new Uint8Array(await readFile(paths[name]));
    } catch {
      throw new ArtefactMissingError(
        `${paths[name]}: expected a file, got none; run \`zkmargin setup --tier ${circuit}\``,
      );
    }
  };
  const text = new TextDecoder().decode(await read("manifest.json"));
  return { manifest: parseManifest(text, paths["manifest.json"]), read, pathOf };
}
