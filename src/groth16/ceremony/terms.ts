import * as z from "zod/mini";
import { canonicalJson, sha256OfText } from "../../encoding/canonicalJson.js";
import { readBy, sha256, shaped } from "../../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { CeremonyError } from "../../errors.js";
import type { Pin } from "../artefacts/manifest.js";
import { addressField, blake2bField, checkPrintable, signatureField, signerOf } from "./signedText.js";

const FORMAT = "zkmargin/ceremony@1";
/** A beacon's value is hashed 2^10 times, as in the ceremonies before this one. */
export const BEACON_ITERATIONS_EXP = 10;
/** The most characters that name where a beacon will come from. */
export const BEACON_SOURCE_LENGTH = 200;

const schema = z.strictObject({
  format: z.literal(FORMAT),
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
export type CeremonyTerms = Readonly<Omit<z.infer<typeof schema>, "format">>;

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
  return { format: FORMAT, ...terms, phase1: { ...terms.phase1 } };
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
  const { format: _, ...terms } = shaped(schema, value, { path, expected: `the fields of ${FORMAT}` });
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
