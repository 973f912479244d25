import { KeyLineageError } from "../../errors.js";
import { FIELD_Q, FIELD_R } from "../../protocol/bounds.js";
import { SECTION as PROVER_SECTION } from "../provingKey.js";
import { bytesInteger, readBinFile } from "../setup/binFile.js";
import { G1_BYTES, G2_BYTES } from "../setup/fixedBase.js";
import { WORD } from "../words.js";
import { type Contributions, readContributions } from "./contributions.js";

const GROTH16 = 1n;
/** In the header section: two field sizes and primes, three counts, then α₁, β₁, β₂, γ₂, δ₁, δ₂. */
const COUNTS = 2 * (4 + WORD);
const POINTS = COUNTS + 12;
const HEADER_BYTES = POINTS + 3 * G1_BYTES + 3 * G2_BYTES;
/** The sections of the file by number: what a prover reads, and two by which a key is judged. */
export const SECTION = { ...PROVER_SECTION, IC: 3, contributions: 10 } as const;
export type SectionName = keyof typeof SECTION;

/** The parts of a proving key by which it is judged: views of the file's bytes, points affine, in Montgomery form. */
export interface ProvingKeyFile {
  readonly publicSignals: number;
  readonly domain: number;
  readonly wires: number;
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly gamma2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
  readonly ic: readonly Uint8Array[];
  readonly contributions: Contributions;
  readonly sections: Readonly<Record<SectionName, Uint8Array>>;
}

/**
 * Reads the parts of a Groth16 `.zkey` file. What the parts are worth is {@link checkProvingKey}'s to say.
 * @throws {KeyLineageError} not-a-key
 */
export function readProvingKeyFile(zkey: Uint8Array): ProvingKeyFile {
  const sections = readSections(zkey);
  const { protocol, header, IC: ic } = sections;
  if (bytesInteger(protocol) !== GROTH16 || header.length !== HEADER_BYTES) throw notWhole();
  const word = (at: number, length: number) => bytesInteger(header.subarray(at, at + length));
  const size = BigInt(WORD);
  const fields = [word(0, 4), word(4, WORD), word(4 + WORD, 4), word(8 + WORD, WORD)];
  if (fields.join() !== [size, FIELD_Q, size, FIELD_R].join()) throw notWhole();
  const [wires, publicSignals, domain] = [0, 4, 8].map((at) => Number(word(COUNTS + at, 4))) as [
    number,
    number,
    number,
  ];
  if (ic.length !== (publicSignals + 1) * G1_BYTES)
    throw new KeyLineageError(
      "ic-count",
      `proving key: expected ${publicSignals + 1} IC points, got ${ic.length / G1_BYTES}; obtain it again`,
    );
  let at = POINTS;
  const point = (length: number): Uint8Array => {
    at += length;
    return header.subarray(at - length, at);
  };
  return {
    publicSignals,
    domain,
    wires,
    alpha1: point(G1_BYTES),
    beta1: point(G1_BYTES),
    beta2: point(G2_BYTES),
    gamma2: point(G2_BYTES),
    delta1: point(G1_BYTES),
    delta2: point(G2_BYTES),
    ic: Array.from({ length: publicSignals + 1 }, (_, i) => ic.subarray(i * G1_BYTES, (i + 1) * G1_BYTES)),
    contributions: readContributions(sections.contributions),
    sections,
  };
}

/** All ten sections, and no other. */
function readSections(zkey: Uint8Array): Record<SectionName, Uint8Array> {
  const found = readBinFile("zkey", zkey);
  const names = Object.keys(SECTION) as SectionName[];
  if (found?.size !== names.length) throw notWhole();
  const sections = names.map((name) => {
    const bytes = found.get(SECTION[name]);
    if (bytes === undefined) throw notWhole();
    return [name, bytes] as const;
  });
  return Object.fromEntries(sections) as Record<SectionName, Uint8Array>;
}

function notWhole(): KeyLineageError {
  return new KeyLineageError(
    "not-a-key",
    "proving key: expected a whole Groth16 key on bn128, got other bytes; obtain it again",
  );
}
