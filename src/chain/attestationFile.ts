import { parseInteger } from "../encoding/decimal.js";
import { ObjectReader } from "../encoding/objectReader.js";
import { parseStrictJson } from "../encoding/strictJson.js";
import { readAddress, readHex } from "./address.js";
import type { SignedBook } from "./attest.js";

const FORMAT = "zkmargin/attestation@1";
const NUMBERS = ["chainId", "commitment", "sequence", "asOf", "expiresAt"] as const;
const TEXTS = ["account", "registry", "attestor", "signature"] as const;

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

/** @throws InputError naming the field */
export function parseAttestation(text: string, path = "attestation"): SignedBook {
  const file = ObjectReader.document(parseStrictJson(text, path), path, FORMAT, [...TEXTS, ...NUMBERS]);
  const integer = (field: (typeof NUMBERS)[number]) => parseInteger(file.string(field), file.at(field));
  return {
    account: readHex(file, "account", 32),
    registry: readAddress(file, "registry"),
    attestor: readAddress(file, "attestor"),
    signature: readHex(file, "signature"),
    chainId: integer("chainId"),
    commitment: integer("commitment"),
    sequence: integer("sequence"),
    asOf: integer("asOf"),
    expiresAt: integer("expiresAt"),
  };
}
