import * as z from "zod/mini";
import { canonicalJson, sha256OfText } from "../../encoding/canonicalJson.js";
import { isPrintable, readBy, sha256, shaped } from "../../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { CeremonyError, FormatError } from "../../errors.js";
import { addressField, blake2bField, signatureField, signerOf } from "./signedText.js";

const FORMAT = "zkmargin/contribution@1";
/** Bytes of a name that a proving key has room for. */
const NAME_BYTES = 64;
/** More contributions than anybody will gather. */
const MOST = 9_999;

const schema = z.strictObject({
  format: z.literal(FORMAT),
  /** Id of the ceremony, hex. */
  ceremony: sha256,
  /** From 1. */
  index: z.int().check(z.minimum(1), z.maximum(MOST)),
  /** The contributor's name, in their own words; recorded in the key too. */
  name: readBy(checkName),
  /** Address that signs. */
  contributor: addressField,
  /**
   * SHA-256 of the attestation before, or of the terms for the first, in canonical JSON, hex: so everybody signs for all who
   * came before, and no attestation can be put in the place of another's.
   */
  previous: sha256,
  /** BLAKE2b-512 of this contribution, hex: as `snarkjs zkey verify` prints it. */
  contribution: blake2bField,
  /** SHA-256 of the key file after it, hex. */
  key: sha256,
  /** The public randomness, of the beacon that ends the ceremony; its coordinator signs it. */
  beacon: z.exactOptional(sha256),
  signature: signatureField,
});

/**
 * What a contributor to phase 2 states about their contribution, and signs: `zkmargin/contribution@1`. It is the
 * ceremony's transcript, entry by entry, and the contributor's own evidence.
 */
export type Attestation = Readonly<Omit<z.infer<typeof schema>, "format">>;

/** What a contributor signs (EIP-191). */
export function attestationText(attestation: Omit<Attestation, "signature">): string {
  const { beacon, ceremony, index, name, previous, contribution, key } = attestation;
  return [
    beacon === undefined
      ? "zkmargin: I contributed randomness of my own to this ceremony, and kept none of it."
      : "zkmargin: I ended this ceremony with this public randomness.",
    `ceremony: ${ceremony}`,
    `contribution: ${index}`,
    `name: ${name}`,
    ...(beacon === undefined ? [] : [`beacon: ${beacon}`]),
    `after: ${previous}`,
    `hash: ${contribution}`,
    `key: ${key}`,
  ].join("\n");
}

export function attestationToJson(attestation: Attestation): JsonObject {
  return { format: FORMAT, ...attestation };
}

/** The id of an attestation: SHA-256 of it in canonical JSON, hex. */
export function attestationId(attestation: Attestation): string {
  return sha256OfText(canonicalJson(attestationToJson(attestation)));
}

/** The text of an attestation file. */
export function formatAttestation(attestation: Attestation): string {
  return `${JSON.stringify(attestationToJson(attestation), null, 2)}\n`;
}

/** Reads an attestation and checks its signature. @throws InputError, CeremonyError (attestation) */
export function parseCeremonyAttestation(text: string, path: string): Attestation {
  return readAttestation(parseStrictJson(text, path), path);
}

/** As {@link parseCeremonyAttestation}, for one within another file. */
export function readAttestation(value: JsonValue, path: string): Attestation {
  const { format: _, ...attestation } = shaped(schema, value, { path, expected: `the fields of ${FORMAT}` });
  if (signerOf(attestationText(attestation), attestation.signature) !== attestation.contributor)
    throw new CeremonyError(
      "attestation",
      `${path}: expected a signature of ${attestation.contributor}, got another; ask the contributor for the file again`,
    );
  return attestation;
}

/**
 * A contributor's name as a proving key records it: printable, and at most 64 bytes.
 * @throws FormatError
 */
export function checkName(name: string, path: string): string {
  if (name.trim() !== name || !isPrintable(name) || Buffer.byteLength(name) > NAME_BYTES)
    throw new FormatError(path, `1 to ${NAME_BYTES} bytes of printable text`, "other text");
  return name;
}
