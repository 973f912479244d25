import { readAddress, readHex } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { ObjectReader } from "../encoding/objectReader.js";
import { isJsonObject, parseStrictJson } from "../encoding/strictJson.js";
import type { SignedBook } from "./attest.js";

const FORMAT = "zkmargin/attestation@2";
const NUMBERS = ["chainId", "commitment", "sequence", "asOf", "expiresAt"] as const;
/** The version before called its signer `attestor`. It is still read, and never written. */
const FORMAT_1 = "zkmargin/attestation@1";
const TEXTS = ["account", "registry", "signature"] as const;

/** The text of an attestation file. */
export function serialiseAttestation(signed: SignedBook): string {
  const { commitment, sequence, asOf, expiresAt, chainId, ...texts } = signed;
  const numbers = Object.entries({ chainId, commitment, sequence, asOf, expiresAt });
  const json = {
    format: FORMAT,
    ...texts,
    ...Object.fromEntries(numbers.map(([field, number]) => [field, number.toString()])),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads `zkmargin/attestation@2`, or version 1.
 * @throws InputError naming the field
 */
export function parseAttestation(text: string, path = "attestation"): SignedBook {
  const json = parseStrictJson(text, path);
  const old = isJsonObject(json) && json.format === FORMAT_1;
  const [format, signer] = old ? [FORMAT_1, "attestor"] : [FORMAT, "attester"];
  const file = ObjectReader.document(json, path, format, [...TEXTS, signer, ...NUMBERS]);
  const integer = (field: (typeof NUMBERS)[number]) => parseInteger(file.string(field), file.at(field));
  return {
    account: readHex(file, "account", 32),
    registry: readAddress(file, "registry"),
    attester: readAddress(file, signer),
    signature: readHex(file, "signature"),
    chainId: integer("chainId"),
    commitment: integer("commitment"),
    sequence: integer("sequence"),
    asOf: integer("asOf"),
    expiresAt: integer("expiresAt"),
  };
}
