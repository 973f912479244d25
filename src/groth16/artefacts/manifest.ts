import { z } from "zod";
import { isPrintable } from "../../encoding/objectReader.js";
import { ArtefactAlteredError } from "../../errors.js";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const file = z.strictObject({ sha256: digest, bytes: z.int().positive() });

/** What is compared with the checked-in pins: everything that a circuit and its keys are. */
const content = {
  compiler: z.strictObject({ name: z.literal("circom2"), version: z.string(), flags: z.array(z.string()) }),
  /** SHA-256 over the sources that were compiled. */
  circuitSource: digest,
  constraints: z.int().positive(),
  publicSignals: z.int().positive(),
  /** Wires, the constant 1 included. */
  wires: z.int().positive(),
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
    hash: z.string().regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/),
  }),
  ...content,
  /** Of a key that a ceremony made. */
  ceremony: z
    .strictObject({
      /** SHA-256 of the ceremony's terms. */
      id: digest,
      /** Persons who contributed to phase 2. */
      contributors: z.int().positive(),
      beacon: z.strictObject({ source: z.string().max(200).refine(isPrintable), value: digest }),
      /** `transcript.json`: the terms and every attestation. */
      transcript: file,
      /** Address of this manifest's signer. */
      coordinator: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
      signature: z.string().regex(/^0x[0-9a-f]{130}$/),
    })
    .optional(),
});

const pinShape = z.strictObject(content);
const pinsShape = z.strictObject({
  format: z.literal("zkmargin/pins@1"),
  tiers: z.record(z.string(), pinShape),
});

/** Describes the artefacts of one tier in a home folder; written last, so its presence says that the rest is whole. */
export type Manifest = z.infer<typeof manifestShape>;
/** What the package expects of a tier's artefacts when they are made with the development phase 1. */
export type Pin = z.infer<typeof pinShape>;
/** The pins of all tiers: `circuits/artefacts.json`. */
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

function parse<T extends Manifest | Pins>(text: string, name: string, shape: z.ZodType<T>): T {
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
