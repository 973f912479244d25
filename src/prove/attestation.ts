import * as z from "zod/mini";
import { address, hex, signerOfHash } from "../encoding/address.js";
import { parseInteger } from "../encoding/decimal.js";
import { document, readBy, shaped } from "../encoding/shape.js";
import { isJsonObject, parseStrictJson } from "../encoding/strictJson.js";
import { AttestationMismatchError, InvalidAttestationError } from "../errors.js";
import { type AttestedTerms, bookDigest } from "../protocol/attestation.js";
import type { Listing } from "../protocol/listing.js";
import { agoText, percentText } from "./statementWords.js";

/** Unix seconds of the first year that a date has no four digits for. */
const YEAR_10000 = 253_402_300_800n;

const FORMAT = "zkmargin/attestation@3";
/** The versions before had no sleeve, and the first called its signer `attestor`. They are still read, and never written. */
const FORMAT_2 = "zkmargin/attestation@2";
const FORMAT_1 = "zkmargin/attestation@1";
const texts = { account: hex(32), registry: address, signature: hex() };
const number = readBy(parseInteger);
const numbers = { chainId: number, commitment: number, sequence: number, asOf: number, expiresAt: number };
const sleeve = z.strictObject({
  ledger: address,
  pricedAt: number,
  band: number,
  until: number,
  shocks: hex(32),
});
const schema = document(FORMAT, { ...texts, attester: address, ...numbers, sleeve: z.exactOptional(sleeve) });
const schema2 = document(FORMAT_2, { ...texts, attester: address, ...numbers });
/** One attester's signature for a book, for one registry on one chain. */
export type SignedBook = Readonly<z.infer<typeof schema>>;
const schema1 = document(FORMAT_1, { ...texts, attestor: address, ...numbers });

/**
 * The text of an attestation file.
 *
 * @example
 * ```ts
 * import { parseAttestation, serialiseAttestation } from "zkmargin/verify";
 *
 * console.log(serialiseAttestation(parseAttestation(attestationText)) === attestationText); // true
 * ```
 */
export function serialiseAttestation(signed: SignedBook): string {
  const { commitment, sequence, asOf, expiresAt, chainId, account, registry, attester, signature, sleeve } =
    signed;
  const numbers = Object.entries({ chainId, commitment, sequence, asOf, expiresAt });
  const json = {
    format: FORMAT,
    ...{ account, registry, attester, signature },
    ...Object.fromEntries(numbers.map(([field, number]) => [field, number.toString()])),
    ...(sleeve === undefined
      ? {}
      : {
          sleeve: Object.fromEntries(Object.entries(sleeve).map(([field, value]) => [field, String(value)])),
        }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads `zkmargin/attestation@3`, or an older version.
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parseAttestation } from "zkmargin/verify";
 *
 * console.log(parseAttestation(attestationText).sequence); // 1n
 * ```
 */
export function parseAttestation(text: string, path = "attestation"): SignedBook {
  const json = parseStrictJson(text, path);
  if (isJsonObject(json) && json.format === FORMAT_2) return shaped(schema2, json, { path });
  if (!isJsonObject(json) || json.format !== FORMAT_1) return shaped(schema, json, { path });
  const { attestor, ...signed } = shaped(schema1, json, { path });
  return { ...signed, attester: attestor };
}

/**
 * Checks off line that an attester has signed a commitment: it says who signed, for which account, chain and registry, and until
 * when. Whether the registry knows this attester, and how many of them the account needs, stands on the chain alone.
 * @param commitment of the book that was proven
 * @param listing of the market that it was proven against
 * @throws AttestationMismatchError if it is of another book
 * @throws InvalidAttestationError if the signature is not the attester's. A contract's (EIP-1271) is refused too: only its chain
 *   can check it.
 *
 * @example
 * ```ts
 * import { parseAttestation, verifyAttestation, verifyBundle } from "zkmargin/verify";
 *
 * const verified = verifyBundle({ bundle, market, trusted });
 * const signed = verifyAttestation(parseAttestation(attestationText), verified.commitment, verified.market.listing);
 * console.log(signed.attester, signed.chainId, signed.registry, signed.expiresAt);
 * ```
 */
export function verifyAttestation(signed: SignedBook, commitment: bigint, listing: Listing): SignedBook {
  if (signed.commitment !== commitment)
    throw new AttestationMismatchError(
      "attestation.commitment",
      `${commitment}, the commitment of the proof`,
      String(signed.commitment),
      "ask for the attestation of this book",
    );
  const { chainId, registry, attester } = signed;
  const signer = signerOfHash(
    bookDigest(signed, { chainId, registry, listing }),
    signed.signature.toLowerCase(),
  );
  if (signer !== attester)
    throw new InvalidAttestationError(
      `attestation.signature: expected the signature of ${attester} under this book, chain, registry and listing, got ${signer === undefined ? "no signature of a key" : "that of another key"}; ` +
        "it was altered or made for another listing, or the attester is a contract, whose signature only its chain can check",
    );
  return signed;
}

/**
 * A verified attestation in plain English: who signed, for which account, chain and registry, and until when.
 * @param now Unix seconds
 *
 * @example
 * ```ts
 * import { attestationWords, parseAttestation } from "zkmargin/verify";
 *
 * console.log(attestationWords(parseAttestation(attestationText), 1_621_300_000));
 * ```
 */
export function attestationWords(signed: SignedBook, now: number): string {
  const { attester, account, registry, chainId, sequence, asOf, expiresAt, sleeve } = signed;
  const date = (time: bigint) =>
    time >= 0n && time < YEAR_10000
      ? `${new Date(Number(time) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`
      : `${time} seconds after 1970`;
  const ends = isExpiredAt(signed, now)
    ? `EXPIRED: it counted until ${date(expiresAt)}, ${agoText(Number(expiresAt), now)}`
    : `it counts until ${date(expiresAt)}, ${agoText(Number(expiresAt), now)}`;
  const held =
    sleeve === undefined
      ? ""
      : ` Its sleeve holds within ${percentText(Number(sleeve.band))} of the prices of round ${sleeve.pricedAt} of ledger ` +
        `${sleeve.ledger}, until ${date(sleeve.until)}.`;
  return (
    `Signed by ${attester} for account ${account} in registry ${registry} on chain ${chainId}: ` +
    `book ${sequence}, dated ${date(asOf)}; ${ends}.${held}`
  );
}

/**
 * Whether an attestation has expired at a time.
 * @param now Unix seconds
 *
 * @example
 * ```ts
 * import { isExpiredAt } from "zkmargin/verify";
 *
 * console.log(isExpiredAt({ expiresAt: 1_621_296_000n }, 1_621_296_000)); // true
 * ```
 */
export function isExpiredAt({ expiresAt }: Pick<AttestedTerms, "expiresAt">, now: number): boolean {
  return BigInt(now) >= expiresAt;
}
