import { keccak_256 } from "@noble/hashes/sha3";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils";
import * as z from "zod/mini";
import { checksummed, signerOfHash } from "../../encoding/address.js";
import { isPrintable, readBy, sha256, shaped } from "../../encoding/shape.js";
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  sha256OfText,
} from "../../encoding/strictJson.js";
import { CeremonyError, FormatError } from "../../errors.js";
import type { Pin } from "../artefacts/manifest.js";

/** A signer of texts with an Ethereum key. */
export interface TextSigner {
  /** 0x and 40 hex digits, with its checksum. */
  readonly address: string;
  /** Signs by EIP-191 (`personal_sign`): r, s and v, 0x and 130 hex digits. */
  sign(text: string): Promise<string>;
}

/** The address that signed a text by EIP-191, as {@link signerOfHash} finds it; undefined if nobody did. */
export function signerOf(text: string, signature: string): string | undefined {
  return signerOfHash(messageHash(text), signature);
}

/** What is signed of a text (EIP-191, version 0x45): Keccak-256 of it behind a prefix that no transaction begins with. */
function messageHash(text: string): Uint8Array {
  const body = utf8ToBytes(text);
  return keccak_256(concatBytes(utf8ToBytes(`\u0019Ethereum Signed Message:\n${body.length}`), body));
}

/**
 * Checks text that people wrote and a terminal may show: 1 to `max` UTF-16 units, as {@link isPrintable} allows.
 * @throws FormatError
 */
export function checkPrintable(text: string, max: number, path: string): string {
  if (text.length > max || !isPrintable(text))
    throw new FormatError(path, `1 to ${max} printable characters`, "other text");
  return text;
}

/** A BLAKE2b-512 in a signed file, in its one notation. */
export const blake2bField = z.string().check(z.regex(/^[0-9a-f]{128}$/, "a BLAKE2b-512 as 128 hex digits"));

/** An address in a signed file: the text itself is signed, so only the one with its checksum will do. */
export const addressField = z
  .string()
  .check(
    z.refine((text) => checksummed(text) === text, "an address of 0x and 40 hex digits with its checksum"),
  );

/** A signature of 65 bytes. */
export const signatureField = z
  .string()
  .check(z.regex(/^0x[0-9a-f]{130}$/, "a signature of 0x and 130 hex digits"));

const TERMS_FORMAT = "zkmargin/ceremony@1";
/** A beacon's value is hashed 2^10 times, as in the ceremonies before this one. */
export const BEACON_ITERATIONS_EXP = 10;
/** The most characters that name where a beacon will come from. */
export const BEACON_SOURCE_LENGTH = 200;

const termsSchema = z.strictObject({
  format: z.literal(TERMS_FORMAT),
  tier: z.string().check(z.regex(/^[a-z0-9]{1,20}$/, "a tier such as 16x16")),
  /** SHA-256 of the circuit's sources, hex, as in the pins. */
  circuitSource: sha256,
  /** SHA-256 of the compiled circuit, hex. */
  r1cs: sha256,
  wasm: sha256,
  phase1: z.strictObject({
    source: z.enum(["development", "hermez", "own"]),
    /** log2 of the largest circuit that it serves. */
    power: z.int().check(z.minimum(1), z.maximum(28)),
    /** BLAKE2b-512 of the file, hex. */
    blake2b: blake2bField,
  }),
  /** BLAKE2b-512 of the key's points before any contribution, hex: what every contribution is to. */
  circuitHash: blake2bField,
  /** SHA-256 of the key file before any contribution, hex. */
  initialKey: sha256,
  /** Where the public randomness that ends the ceremony will come from, in words: named before it exists. */
  beaconSource: readBy((text, path) => checkPrintable(text, BEACON_SOURCE_LENGTH, path)),
  /** Address of the coordinator, who starts and finishes the ceremony. */
  coordinator: addressField,
  signature: signatureField,
});

/** The terms of a ceremony, fixed by its coordinator before anybody contributes: `zkmargin/ceremony@1`. */
export type CeremonyTerms = Readonly<Omit<z.infer<typeof termsSchema>, "format">>;

/** The id of a ceremony: SHA-256 of its terms in canonical JSON, hex. */
export function ceremonyId(terms: CeremonyTerms): string {
  return sha256OfText(canonicalJson(termsToJson(terms)));
}

/** What a coordinator signs (EIP-191). */
export function termsText(terms: Omit<CeremonyTerms, "signature">): string {
  return [
    "zkmargin: I coordinate a ceremony for a proving key, on these terms.",
    `tier: ${terms.tier}`,
    `circuit: ${terms.r1cs}`,
    `phase 1: ${terms.phase1.blake2b}`,
    `beacon: ${terms.beaconSource}`,
    `terms: ${ceremonyId({ ...terms, signature: "" })}`,
  ].join("\n");
}

export function termsToJson(terms: CeremonyTerms): JsonObject {
  return { format: TERMS_FORMAT, ...terms, phase1: { ...terms.phase1 } };
}

/** The text of `ceremony.json`. */
export function formatTerms(terms: CeremonyTerms): string {
  return `${JSON.stringify(termsToJson(terms), null, 2)}\n`;
}

/**
 * Reads terms and checks that their coordinator has signed them.
 * @throws InputError, CeremonyError (terms)
 */
export function parseTerms(text: string, path: string): CeremonyTerms {
  return readTerms(parseStrictJson(text, path), path);
}

/** As {@link parseTerms}, for terms within another file. */
export function readTerms(value: JsonValue, path: string): CeremonyTerms {
  const { format: _, ...terms } = shaped(termsSchema, value, {
    path,
    expected: `the fields of ${TERMS_FORMAT}`,
  });
  if (signerOf(termsText(terms), terms.signature) !== terms.coordinator)
    throw new CeremonyError(
      "terms",
      `${path}: expected terms that their coordinator ${terms.coordinator} signed, got others; ask the coordinator for the folder again`,
    );
  return terms;
}

/**
 * Checks that a ceremony's circuit is the one that this package pins for its tier.
 * @throws CeremonyError (circuit)
 */
export function checkCircuit(
  circuit: Pick<CeremonyTerms, "tier" | "circuitSource" | "r1cs" | "wasm">,
  pin: Pin,
): void {
  const pairs: [what: string, expected: string, got: string][] = [
    ["sources", pin.circuitSource, circuit.circuitSource],
    ["circuit.r1cs", pin.files["circuit.r1cs"].sha256, circuit.r1cs],
    ["circuit.wasm", pin.files["circuit.wasm"].sha256, circuit.wasm],
  ];
  for (const [what, expected, got] of pairs)
    if (expected !== got)
      throw new CeremonyError(
        "circuit",
        `tier ${circuit.tier}: expected ${what} ${expected} as this version of zkmargin pins, got ${got}; use the version that the ceremony was started with`,
      );
}

const ATTESTATION_FORMAT = "zkmargin/contribution@1";
/** Bytes of a name that a proving key has room for. */
const NAME_BYTES = 64;
/** More contributions than anybody will gather. */
const MOST = 9_999;

const attestationSchema = z.strictObject({
  format: z.literal(ATTESTATION_FORMAT),
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
export type Attestation = Readonly<Omit<z.infer<typeof attestationSchema>, "format">>;

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
  return { format: ATTESTATION_FORMAT, ...attestation };
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
  const { format: _, ...attestation } = shaped(attestationSchema, value, {
    path,
    expected: `the fields of ${ATTESTATION_FORMAT}`,
  });
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
