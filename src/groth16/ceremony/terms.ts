import { canonicalJson, sha256OfText } from "../../encoding/canonicalJson.js";
import { ObjectReader } from "../../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { CeremonyError, FormatError } from "../../errors.js";
import type { PhaseOneSource } from "../artefacts/keyStatement.js";
import type { Pin } from "../artefacts/manifest.js";
import { checkPrintable, readAddress, readHash, readSignature, signerOf } from "./signedText.js";

const FORMAT = "zkmargin/ceremony@1";
/** A beacon's value is hashed 2^10 times, as in the ceremonies before this one. */
export const BEACON_ITERATIONS_EXP = 10;
/** The most characters that name where a beacon will come from. */
export const BEACON_SOURCE_LENGTH = 200;

/** What a ceremony is about, fixed by its coordinator before anybody contributes: `zkmargin/ceremony@1`. */
export interface CeremonyTerms {
  readonly tier: string;
  /** SHA-256 of the circuit's sources, hex, as in the pins. */
  readonly circuitSource: string;
  /** SHA-256 of the compiled circuit, hex. */
  readonly r1cs: string;
  readonly wasm: string;
  readonly phase1: {
    readonly source: PhaseOneSource;
    /** log2 of the largest circuit that it serves. */
    readonly power: number;
    /** BLAKE2b-512 of the file, hex. */
    readonly blake2b: string;
  };
  /** BLAKE2b-512 of the key's points before any contribution, hex: what every contribution is to. */
  readonly circuitHash: string;
  /** SHA-256 of the key file before any contribution, hex. */
  readonly initialKey: string;
  /** Where the public randomness that ends the ceremony will come from, in words: named before it exists. */
  readonly beaconSource: string;
  /** Address of the coordinator, who starts and finishes the ceremony. */
  readonly coordinator: string;
  readonly signature: string;
}

/** How a ceremony is known: SHA-256 of its terms in canonical JSON, hex. */
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
  const file = ObjectReader.document(value, path, FORMAT, [
    "tier",
    "circuitSource",
    "r1cs",
    "wasm",
    "phase1",
    "circuitHash",
    "initialKey",
    "beaconSource",
    "coordinator",
    "signature",
  ]);
  const phase1 = ObjectReader.of(file.value("phase1"), file.at("phase1"), ["source", "power", "blake2b"]);
  const tier = file.string("tier");
  if (!/^[a-z0-9]{1,20}$/.test(tier))
    throw new FormatError(file.at("tier"), "a tier such as 16x16", "other text");
  const terms: CeremonyTerms = {
    tier,
    circuitSource: file.sha256("circuitSource"),
    r1cs: file.sha256("r1cs"),
    wasm: file.sha256("wasm"),
    phase1: {
      source: phase1.oneOf("source", ["development", "hermez", "own"]),
      power: phase1.integer("power", { min: 1, max: 28 }),
      blake2b: readHash(phase1, "blake2b"),
    },
    circuitHash: readHash(file, "circuitHash"),
    initialKey: file.sha256("initialKey"),
    beaconSource: checkPrintable(file.string("beaconSource"), BEACON_SOURCE_LENGTH, file.at("beaconSource")),
    coordinator: readAddress(file, "coordinator"),
    signature: readSignature(file, "signature"),
  };
  if (signerOf(termsText(terms), terms.signature) !== terms.coordinator)
    throw new CeremonyError(
      "terms",
      `${path}: expected terms that their coordinator ${terms.coordinator} signed, got others; ask the coordinator for the folder again`,
    );
  return terms;
}

/**
 * That a ceremony's circuit is the one which this package pins for its tier.
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
