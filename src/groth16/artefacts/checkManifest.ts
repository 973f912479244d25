import { ArtefactAlteredError } from "../../errors.js";
import type { Tier } from "../../protocol/tiers.js";
import { DEVELOPMENT_PHASE_ONE_HASH } from "../setup/beacons.js";
import { HERMEZ_PHASE_ONE } from "../setup/hermez.js";
import { type KeyWorth, keyStatement, keyWorth } from "./keyStatement.js";
import { ARTEFACT_FILES, CIRCUIT_FILES } from "./layout.js";
import type { Manifest, Pin } from "./manifest.js";

/**
 * Checks a manifest against the pin of its tier: the circuit must be the pinned one whatever its key, and a key that this
 * package can make by itself must be the pinned one too. Who signed a ceremony's manifest is {@link checkCeremonySection}'s.
 * @param path of the manifest, for the error
 * @returns what the key is worth
 * @throws {ArtefactAlteredError}
 */
export function checkManifest(manifest: Manifest, tier: Tier, pin: Pin, path: string): KeyWorth {
  const { kind, ceremony } = manifest;
  const { source, hash } = manifest.phase1;
  const expect = (what: string, expected: unknown, got: unknown) =>
    expectSame(path, what, JSON.stringify(expected), JSON.stringify(got), tier.name);
  expect("tier", tier.name, manifest.tier);
  const worth = keyWorth(kind, source);
  if (worth === undefined) throw altered(path, `phase1.source of a ${kind} key`, source, tier.name);
  if (ceremony === undefined) expect("kind, without a ceremony,", "development", kind);
  expect("keyStatement", keyStatement(worth), manifest.keyStatement);
  for (const field of ["compiler", "circuitSource", "constraints", "publicSignals", "wires"] as const) {
    expect(field, pin[field], manifest[field]);
  }
  const pinned = source === "development" && ceremony === undefined;
  for (const name of pinned ? ARTEFACT_FILES : CIRCUIT_FILES) {
    expect(`files["${name}"]`, pin.files[name], manifest.files[name]);
  }
  if (pinned) {
    expect("phase1.hash", DEVELOPMENT_PHASE_ONE_HASH, hash);
    expect("verificationKeyHash", pin.verificationKeyHash, manifest.verificationKeyHash);
  } else if (source === "hermez" && !HERMEZ_PHASE_ONE.some(({ blake2b }) => blake2b === hash)) {
    expect("phase1.hash", "a published Hermez file", hash);
  }
  return worth;
}

/** @throws {ArtefactAlteredError} when the two differ */
export function expectSame(
  path: string,
  what: string,
  expected: string,
  got: string,
  tierName: string,
): void {
  if (expected !== got) throw altered(path, `${what} ${expected}`, got, tierName);
}

function altered(path: string, expected: string, got: string, tierName: string): ArtefactAlteredError {
  return new ArtefactAlteredError(
    `${path}: expected ${expected}, got ${got}; run \`zkmargin setup --tier ${tierName}\``,
  );
}
