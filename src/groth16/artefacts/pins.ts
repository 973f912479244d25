import { readFile } from "node:fs/promises";
import { ArtefactAlteredError, ArtefactMissingError } from "../../errors.js";
import { verificationKeyHash } from "../checkKey.js";
import { packageRoot, pinsPath, shippedKeyPath } from "./layout.js";
import { type Pin, type Pins, parsePins } from "./manifest.js";
import { parseVerificationKey, type VerificationKey } from "./verificationKeyFile.js";

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
