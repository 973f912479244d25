import * as z from "zod/mini";
import { document, shaped } from "../../encoding/shape.js";
import { canonicalJson, type JsonValue, parseStrictJson, sha256OfText } from "../../encoding/strictJson.js";
import { CeremonyError } from "../../errors.js";
import type { KeyWorth } from "../artefacts/keyStatement.js";
import { type Manifest, sha256 } from "../artefacts/manifest.js";
import type { Contributions } from "../contributions.js";
import {
  type Attestation,
  attestationId,
  attestationToJson,
  BEACON_ITERATIONS_EXP,
  type CeremonyTerms,
  ceremonyId,
  readAttestation,
  readTerms,
  signerOf,
  termsToJson,
} from "./signedRecords.js";

const FORMAT = "zkmargin/transcript@1";
const json = z.custom<JsonValue>();
const schema = document(FORMAT, { terms: json, attestations: z.array(json) });

/** All that was signed in a ceremony, in one file that goes with the final key: `zkmargin/transcript@1`. */
export interface Transcript {
  readonly terms: CeremonyTerms;
  readonly attestations: readonly Attestation[];
}

/** The text of a transcript. */
export function formatTranscript({ terms, attestations }: Transcript): string {
  const json = {
    format: FORMAT,
    terms: termsToJson(terms),
    attestations: attestations.map(attestationToJson),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Reads a transcript, every signature checked, and their order. @throws InputError, CeremonyError */
export function parseTranscript(text: string, path: string): Transcript {
  const { terms, attestations } = shaped(schema, parseStrictJson(text, path), { path });
  const transcript: Transcript = {
    terms: readTerms(terms, `${path}.terms`),
    attestations: attestations.map((one, i) => readAttestation(one, `${path}.attestations[${i}]`)),
  };
  checkOrder(transcript, path);
  return transcript;
}

/**
 * Checks the order: every contribution follows the one before, and is of this ceremony and of somebody new. Only the
 * coordinator applies the beacon, and nothing follows it.
 * @throws CeremonyError (order, beacon)
 */
export function checkOrder({ terms, attestations }: Transcript, path: string): void {
  const id = ceremonyId(terms);
  let previous = id;
  const contributors = new Set<string>();
  attestations.forEach((attestation, i) => {
    const at = `${path}, contribution ${i + 1}`;
    const follow = (what: string, expected: string | number, got: string | number) => {
      if (expected !== got)
        throw new CeremonyError("order", `${at}: expected ${what} ${expected}, got ${got}`);
    };
    follow("number", i + 1, attestation.index);
    follow("the ceremony", id, attestation.ceremony);
    follow("to come after", previous, attestation.previous);
    previous = attestationId(attestation);
    if (attestation.beacon === undefined) {
      if (contributors.has(attestation.contributor))
        throw new CeremonyError(
          "order",
          `${at}: expected somebody new, got ${attestation.contributor} again`,
        );
      contributors.add(attestation.contributor);
      return;
    }
    const wrong = (expected: string, got: string) => {
      throw new CeremonyError("beacon", `${at}: expected ${expected}, got ${got}`);
    };
    if (i !== attestations.length - 1) wrong("the beacon to be the last contribution", "one before others");
    if (contributors.size === 0) wrong("contributions before the beacon", "none");
    if (attestation.contributor !== terms.coordinator)
      wrong(`the beacon of the coordinator ${terms.coordinator}`, `one of ${attestation.contributor}`);
  });
}

/**
 * Checks that a proving key records the attested contributions, no more and no fewer. {@link verifyCeremony} checks the
 * equations of a record.
 * @throws CeremonyError (contribution, beacon)
 */
export function checkRecords({ terms, attestations }: Transcript, found: Contributions, path: string): void {
  const differ = (what: string, expected: string | number, got: string | number) => {
    if (expected !== got)
      throw new CeremonyError("contribution", `${path}: expected ${what} ${expected}, got ${got}`);
  };
  differ("circuit hash", terms.circuitHash, found.circuitHash);
  differ("contributions:", attestations.length, found.records.length);
  attestations.forEach((attestation, i) => {
    const record = found.records[i];
    const which = `contribution ${i + 1} of`;
    differ(`${which} hash`, attestation.contribution, record?.hash ?? "none");
    differ(`${which} name`, JSON.stringify(attestation.name), JSON.stringify(record?.name));
    differ(`${which} kind`, attestation.beacon ?? "a person's", record?.beacon?.value ?? "a person's");
    if (record?.beacon !== undefined && record.beacon.iterationsExp !== BEACON_ITERATIONS_EXP)
      throw new CeremonyError(
        "beacon",
        `${path}: expected a beacon hashed 2^${BEACON_ITERATIONS_EXP} times, got 2^${record.beacon.iterationsExp}`,
      );
  });
}

/**
 * Checks that an attestation which its contributor kept is among those of a ceremony. A folder alone cannot show that
 * no last contribution was dropped.
 * @param path of the attestation, for the error
 * @throws CeremonyError (order)
 */
export function checkIncluded({ attestations }: Transcript, own: Attestation, path: string): void {
  const found = attestations[own.index - 1];
  if (found !== undefined && attestationId(found) === attestationId(own)) return;
  throw new CeremonyError(
    "order",
    `${path}: expected to be contribution ${own.index} of the ceremony, got ${found === undefined ? `${attestations.length} contributions` : `one of ${found.contributor}`} there; the key was made without it`,
  );
}

/** What a key of this ceremony is worth, once it is finished. */
export function worthOf({ terms }: Transcript): KeyWorth {
  const { source } = terms.phase1;
  if (source === "development") return { kind: "development", phase1: "development" };
  return { kind: "ceremony", phase1: source };
}

/** A manifest's section about its ceremony. */
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
 * Checks a manifest's section about its ceremony against the transcript. The coordinator of the terms must have signed
 * the manifest. Circuit, phase 1, contributors, beacon and worth must be the transcript's.
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
