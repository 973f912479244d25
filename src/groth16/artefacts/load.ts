import { readFile, stat } from "node:fs/promises";
import { ArtefactAlteredError, ArtefactMissingError } from "../../errors.js";
import type { Tier } from "../../protocol/tiers.js";
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
 * What the package expects of a tier.
 * @throws {ArtefactMissingError} when the tier is not pinned
 */
export async function readPin(tierName: string, options: PackageOptions = {}): Promise<Pin> {
  const { tiers } = await readPins(options);
  const pin = Object.hasOwn(tiers, tierName) ? tiers[tierName] : undefined;
  if (pin === undefined) {
    throw new ArtefactMissingError(
      `tier ${tierName}: expected a pin in circuits/artefacts.json, got none; run \`npm run snapshot\``,
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
 * The development verification key of a tier that ships with the package, so that a counterparty can verify without a
 * set-up.
 * @throws {ArtefactMissingError} when the tier has none
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
  tierName: string,
  options: PackageOptions = {},
): Promise<PinnedVerificationKey> {
  const root = options.root ?? packageRoot();
  const pin = await readPin(tierName, { root });
  const path = shippedKeyPath(root, tierName);
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

/** The compiled circuit and keys of a tier: the very bytes that were checked. Use them, not the files. */
export interface Artefacts extends CheckedKey {
  readonly tier: Tier;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly r1cs: Uint8Array;
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
}

/**
 * Loads the artefacts of `tier` from `home` and checks every file against the manifest and the manifest against the
 * pins of the package. (A proving key with a bit flipped still makes proofs, invalid ones, without a word.)
 * @throws {ArtefactMissingError} when a file is absent
 * @throws {ArtefactAlteredError} when one is not what is pinned
 * @throws {KeyLineageError} when the key gate refuses the proving key
 * @throws {CeremonyError} when a ceremony's manifest is not signed, or not of its transcript
 *
 * @example
 * ```ts
 * import { loadArtefacts } from "zkmargin/prove";
 *
 * const { worth } = await loadArtefacts(home, tier); // after `zkmargin setup`
 * console.log(worth.kind); // development
 * ```
 */
export async function loadArtefacts(
  home: string,
  tier: Tier,
  options: PackageOptions = {},
): Promise<Artefacts> {
  const { manifest, read, pathOf } = await openHome(home, tier);
  const pin = await readPin(tier.name, options);
  checkManifest(manifest, tier, pin, pathOf("manifest.json")); // before megabytes are read for nothing
  const contents: ReadArtefacts["contents"] = {
    "circuit.r1cs": await read("circuit.r1cs"),
    "circuit.wasm": await read("circuit.wasm"),
    "proving-key.zkey": await read("proving-key.zkey"),
    "verification-key.json": await read("verification-key.json"),
  };
  const transcript = manifest.ceremony && (await read("transcript.json"));
  const checked = checkArtefacts(
    { manifest, contents, pathOf, ...(transcript && { transcript }) },
    tier,
    pin,
  );
  return {
    tier,
    directory: artefactFolder(home, tier.name),
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
 * Loads the verification key of `tier` from `home`: all that a verifier needs, which is the manifest, the key and, of a
 * ceremony, the transcript. The caller trusts the folder's provider, because a verification key does not show how it
 * was made. For a ceremony's key, the caller trusts its coordinator's signature.
 * @throws as {@link loadArtefacts}
 *
 * @example
 * ```ts
 * import { loadVerificationKey } from "zkmargin/prove";
 *
 * console.log((await loadVerificationKey(home, tier)).hash === trusted.hash); // true
 * ```
 */
export async function loadVerificationKey(
  home: string,
  tier: Tier,
  options: PackageOptions = {},
): Promise<HomeKey> {
  const { manifest, read, pathOf } = await openHome(home, tier);
  const worth = checkManifest(manifest, tier, await readPin(tier.name, options), pathOf("manifest.json"));
  const bytes = await read("verification-key.json");
  const { sha256: expected } = manifest.files["verification-key.json"];
  expectSame(pathOf("verification-key.json"), "SHA-256", expected, sha256(bytes), tier.name);
  const key = checkVerificationKey(manifest, bytes, tier, pathOf);
  checkKey(key.verificationKey);
  if (manifest.ceremony !== undefined)
    checkCeremonySection(manifest, await read("transcript.json"), pathOf("transcript.json"));
  return { ...worth, key: key.verificationKey, hash: key.verificationKeyHash };
}

/** Bytes of a manifest, verification key or transcript at most. */
const LARGEST_JSON = 16 * 2 ** 20;

async function openHome(home: string, tier: Tier) {
  const paths = { ...artefactPaths(home, tier.name), "transcript.json": transcriptPath(home, tier.name) };
  const pathOf: ReadArtefacts["pathOf"] = (name) => paths[name];
  const read = async (name: keyof typeof paths): Promise<Uint8Array> => {
    const { size } = await stat(paths[name]).catch(() => ({ size: 0 }));
    if (name.endsWith(".json") && size > LARGEST_JSON)
      throw new ArtefactAlteredError(
        `${paths[name]}: expected a file of at most ${LARGEST_JSON} bytes, got ${size} bytes; run \`zkmargin setup --tier ${tier.name}\``,
      );
    try {
      return new Uint8Array(await readFile(paths[name]));
    } catch {
      throw new ArtefactMissingError(
        `${paths[name]}: expected a file, got none; run \`zkmargin setup --tier ${tier.name}\``,
      );
    }
  };
  const text = new TextDecoder().decode(await read("manifest.json"));
  return { manifest: parseManifest(text, paths["manifest.json"]), read, pathOf };
}
