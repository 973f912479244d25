import { canonicalJson } from "../../encoding/canonicalJson.js";
import { sha256OfText } from "../../encoding/sha256.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { CeremonyError } from "../../errors.js";
import type { Manifest } from "../artefacts/manifest.js";
import { sha256 } from "../artefacts/sha256.js";
import { signerOf } from "./signedText.js";
import { ceremonyId } from "./terms.js";
import { parseTranscript, type Transcript, worthOf } from "./transcript.js";

/** What a manifest says of its ceremony. */
export type CeremonySection = NonNullable<Manifest["ceremony"]>;

/** What a coordinator signs of the final artefacts (EIP-191). */
export function manifestText(manifest: Manifest, ceremony: CeremonySection): string {
  const unsigned = { ...manifest, ceremony: { ...ceremony, signature: "" } };
  return [
    "zkmargin: I publish the artefacts of this ceremony.",
    `ceremony: ${ceremony.id}`,
    `tier: ${manifest.tier}`,
    `verification key: ${manifest.verificationKeyHash}`,
    `transcript: ${ceremony.transcript.sha256}`,
    `manifest: ${sha256OfText(canonicalJson(unsigned as unknown as JsonValue))}`,
  ].join("\n");
}

/**
 * Checks what a manifest says of its ceremony against the transcript: that the coordinator of the terms has signed the
 * manifest, and that circuit, phase 1, contributors, beacon and worth are the transcript's.
 * @param bytes of the transcript
 * @throws CeremonyError, InputError
 */
export function checkCeremonySection(manifest: Manifest, bytes: Uint8Array, path: string): Transcript {
  const { ceremony } = manifest;
  const demand = (what: string, expected: unknown, got: unknown) => {
    if (expected !== got)
      throw new CeremonyError(
        "manifest",
        `${path}: expected ${what} ${expected}, got ${got}; install the ceremony's key again`,
      );
  };
  demand("SHA-256", ceremony?.transcript.sha256, sha256(bytes));
  const transcript = parseTranscript(new TextDecoder().decode(bytes), path);
  const { terms, attestations } = transcript;
  const last = attestations.at(-1);
  demand("terms", ceremony?.id, ceremonyId(terms));
  demand("coordinator", terms.coordinator, ceremony?.coordinator);
  demand("tier", terms.tier, manifest.tier);
  demand("circuit sources", terms.circuitSource, manifest.circuitSource);
  demand("circuit.r1cs", terms.r1cs, manifest.files["circuit.r1cs"].sha256);
  demand("circuit.wasm", terms.wasm, manifest.files["circuit.wasm"].sha256);
  demand("phase 1", terms.phase1.blake2b, manifest.phase1.hash);
  const worth = worthOf(transcript);
  demand("phase 1 of source", worth.phase1, manifest.phase1.source);
  demand("kind", worth.kind, manifest.kind);
  demand("proving key", last?.key, manifest.files["proving-key.zkey"].sha256);
  demand("beacon", last?.beacon ?? "at the end", ceremony?.beacon.value);
  demand("beacon of", terms.beaconSource, ceremony?.beacon.source);
  demand("contributors:", attestations.length - 1, ceremony?.contributors);
  if (ceremony !== undefined)
    demand(
      "a manifest signed by",
      terms.coordinator,
      signerOf(manifestText(manifest, ceremony), ceremony.signature),
    );
  return transcript;
}
