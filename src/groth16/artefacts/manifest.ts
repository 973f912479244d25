import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { sha256 as digest, isPrintable } from "../../encoding/shape.js";
import { ArtefactAlteredError } from "../../errors.js";
import { DEVELOPMENT_PHASE_ONE_HASH } from "../setup/developmentSecrets.js";
import { HERMEZ_PHASE_ONE } from "../setup/hermez.js";
import { type KeyWorth, keyStatement, keyWorth } from "./keyStatement.js";
import { ARTEFACT_FILES, CIRCUIT_FILES } from "./layout.js";

/** SHA-256 of a file's bytes, as 64 lower-case hexadecimal digits. */
export function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

const file = z.strictObject({ sha256: digest, bytes: z.int().check(z.positive()) });

/** What is compared with the checked-in pins: everything that a circuit and its keys are. */
const content = {
  compiler: z.strictObject({ name: z.literal("circom2"), version: z.string(), flags: z.array(z.string()) }),
  /** SHA-256 over the sources that were compiled. */
  circuitSource: digest,
  constraints: z.int().check(z.positive()),
  publicSignals: z.int().check(z.positive()),
  /** Wires, the constant 1 included. */
  wires: z.int().check(z.positive()),
  files: z.strictObject({
    "circuit.r1cs": file,
    "circuit.wasm": file,
    "proving-key.zkey": file,
    "verification-key.json": file,
  }),
  verificationKeyHash: digest,
};

const manifestShape = z.strictObject({
  format: z.literal("zkmargin/artefacts@1"),
  tier: z.string(),
  kind: z.enum(["development", "ceremony"]),
  /** In words, what the key is worth. */
  keyStatement: z.string(),
  phase1: z.strictObject({
    source: z.enum(["development", "hermez", "own"]),
    /** Development: SHA-256 of the beacon; Hermez: BLAKE2b-512 of the file. */
    hash: z.string().check(z.regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/)),
  }),
  ...content,
  /** Of a key that a ceremony made. */
  ceremony: z.optional(
    z.strictObject({
      /** SHA-256 of the ceremony's terms. */
      id: digest,
      /** Persons who contributed to phase 2. */
      contributors: z.int().check(z.positive()),
      beacon: z.strictObject({
        source: z.string().check(z.maxLength(200), z.refine(isPrintable)),
        value: digest,
      }),
      /** `transcript.json`: the terms and every attestation. */
      transcript: file,
      /** Address of this manifest's signer. */
      coordinator: z.string().check(z.regex(/^0x[0-9a-fA-F]{40}$/)),
      signature: z.string().check(z.regex(/^0x[0-9a-f]{130}$/)),
    }),
  ),
});

const pinShape = z.strictObject(content);
const pinsShape = z.strictObject({
  format: z.literal("zkmargin/pins@1"),
  tiers: z.record(z.string(), pinShape),
});

/** Describes the artefacts of one circuit in a home folder; written last, so its presence says that the rest is whole. */
export type Manifest = z.infer<typeof manifestShape>;
/** What the package expects of a circuit's artefacts when they are made with the development phase 1. */
export type Pin = z.infer<typeof pinShape>;
/** The pins of all circuits: `circuits/artefacts.json`. */
export type Pins = z.infer<typeof pinsShape>;

/** The text of a manifest or of the pins. */
export function formatJson(value: Manifest | Pins): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Reads a manifest. Its text must be exactly what {@link formatJson} writes: an edit shows even where it says nothing.
 * @throws {ArtefactAlteredError}
 */
export function parseManifest(text: string, name: string): Manifest {
  return parse(text, name, manifestShape);
}

/**
 * Reads the pins.
 * @throws {ArtefactAlteredError}
 */
export function parsePins(text: string, name: string): Pins {
  return parse(text, name, pinsShape);
}

function parse<T extends Manifest | Pins>(text: string, name: string, shape: z.ZodMiniType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ArtefactAlteredError(`${name}: expected JSON, got other text; run \`zkmargin setup\` again`);
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ArtefactAlteredError(
      `${name}: expected the fields of its format, got ${issue?.message ?? "others"} at ${issue?.path.join(".") || "its root"}; run \`zkmargin setup\` again`,
    );
  }
  if (formatJson(parsed.data) !== text) {
    throw new ArtefactAlteredError(
      `${name}: expected the layout it was written in, got an edited file; run \`zkmargin setup\` again`,
    );
  }
  return parsed.data;
}

/** The part of a manifest that pins compare. */
export function pinOf(manifest: Manifest): Pin {
  const { compiler, circuitSource, constraints, publicSignals, wires, files, verificationKeyHash } = manifest;
  return { compiler, circuitSource, constraints, publicSignals, wires, files, verificationKeyHash };
}

/**
 * Checks a manifest against the pin of a circuit, by name. The circuit must be the pinned one, whatever the key. A key that this
 * package can make by itself must be the pinned one too. {@link checkCeremonySection} checks who signed a ceremony's
 * manifest.
 * @param path of the manifest, for the error
 * @returns what the key is worth
 * @throws {ArtefactAlteredError}
 */
export function checkManifest(manifest: Manifest, circuit: string, pin: Pin, path: string): KeyWorth {
  const { kind, ceremony } = manifest;
  const { source, hash } = manifest.phase1;
  const expect = (what: string, expected: unknown, got: unknown) =>
    expectSame(path, what, JSON.stringify(expected), JSON.stringify(got), circuit);
  expect("tier", circuit, manifest.tier);
  const worth = keyWorth(kind, source);
  if (worth === undefined) throw altered(path, `phase1.source of a ${kind} key`, source, circuit);
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
export function expectSame(path: string, what: string, expected: string, got: string, circuit: string): void {
  if (expected !== got) throw altered(path, `${what} ${expected}`, got, circuit);
}

function altered(path: string, expected: string, got: string, circuit: string): ArtefactAlteredError {
  return new ArtefactAlteredError(
    `${path}: expected ${expected}, got ${got}; run \`zkmargin setup --tier ${circuit}\``,
  );
}
