import { rmSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CeremonyFolder } from "../../../../src/groth16/ceremony/ceremonyFolder.js";
import type { TextSigner } from "../../../../src/groth16/ceremony/signedRecords.js";
import {
  type Attestation,
  attestationText,
  type CeremonyTerms,
  formatAttestation,
  formatTerms,
  termsText,
} from "../../../../src/groth16/ceremony/signedRecords.js";
import type { Transcript } from "../../../../src/groth16/ceremony/transcript.js";
import { verifyCeremony } from "../../../../src/groth16/ceremony/verifyCeremony.js";
import { readProvingKeyFile, type SectionName } from "../../../../src/groth16/provingKeyFile.js";
import { ALICE, BOB, CAROL, COORDINATOR, Rehearsal } from "../rehearsal.js";

/** Nobody who takes part. */
export const MALLORY = CAROL;

/** A ceremony of Alice, Bob and a beacon, finished: made once a process, for all the tests that tamper with a copy. */
interface Honest {
  readonly rehearsal: Rehearsal;
  readonly transcript: Transcript;
}

let honest: Promise<Honest> | undefined;

async function makeHonest(): Promise<Honest> {
  const rehearsal = await Rehearsal.make();
  process.once("exit", () => rmSync(join(rehearsal.toy.root, ".."), { recursive: true, force: true }));
  await rehearsal.start();
  await rehearsal.contribute("Alice", ALICE);
  await rehearsal.contribute("Bob", BOB);
  await rehearsal.beacon();
  await rehearsal.finish();
  return { rehearsal, transcript: await new CeremonyFolder(rehearsal.folder).transcript() };
}

/** Gives each test of a suite a copy of its own of the honest ceremony. */
export function useCopies(take: (copy: CeremonyCopy) => void): void {
  let rehearsal: Rehearsal | undefined;
  beforeEach(async () => {
    honest ??= makeHonest();
    const made = await honest;
    rehearsal = await made.rehearsal.copy();
    take(new CeremonyCopy(rehearsal, made.transcript));
  });
  afterEach(() => rehearsal?.drop());
  after(() => globalThis.curve_bn128?.terminate());
}

/** A copy of the honest ceremony's folder, and the ways to tamper with it. */
export class CeremonyCopy {
  readonly folder: CeremonyFolder;
  readonly terms: CeremonyTerms;
  readonly #attestations: readonly Attestation[];

  constructor(
    readonly rehearsal: Rehearsal,
    { terms, attestations }: Transcript,
  ) {
    this.folder = new CeremonyFolder(rehearsal.folder);
    this.terms = terms;
    this.#attestations = attestations;
  }

  verify() {
    return verifyCeremony({ folder: this.folder.path, root: this.rehearsal.toy.root });
  }

  /** The honest attestation of contribution `index`: 1 is Alice's, 2 Bob's, 3 the beacon's. */
  attestation(index: 1 | 2 | 3): Attestation {
    return this.#attestations[index - 1] as Attestation;
  }

  /** Puts an attestation in the place that it names. */
  async put(attestation: Attestation): Promise<void> {
    await writeFile(this.folder.attestationPath(attestation.index), formatAttestation(attestation));
  }

  /** Flips a bit of a file, `at` bytes from its beginning, or where it is negative from its end. */
  async flip(path: string, at = -40): Promise<void> {
    const bytes = await readFile(path);
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  /** Takes away the attestations after contribution `count`. */
  async cut(count: number): Promise<void> {
    for (let i = this.#attestations.length; i > count; i--)
      await rm(this.folder.attestationPath(i), { force: true });
  }

  /** An attestation with other words, which its signer signs. */
  async signed(attestation: Attestation, change: Partial<Attestation>, by: TextSigner): Promise<Attestation> {
    const changed = { ...attestation, ...change, contributor: by.address };
    return { ...changed, signature: await by.sign(attestationText(changed)) };
  }

  /** Puts terms with other words, which their coordinator signs. */
  async signTerms(change: Partial<CeremonyTerms>, by = COORDINATOR): Promise<void> {
    const changed = { ...this.terms, ...change, coordinator: by.address };
    const signature = await by.sign(termsText(changed));
    await writeFile(this.folder.termsPath, formatTerms({ ...changed, signature }));
  }

  /** Makes the newest key Bob's with some bytes of a section changed, for which Bob signs. */
  async changeKey(section: SectionName, change: (bytes: Uint8Array) => void): Promise<void> {
    await this.cut(2);
    const zkey = await this.folder.key(this.attestation(2).key);
    change(readProvingKeyFile(zkey).sections[section]);
    const key = await this.folder.addKey(zkey);
    const contribution = readProvingKeyFile(zkey).contributions.records.at(-1)?.hash ?? "";
    await this.put(await this.signed(this.attestation(2), { key, contribution }, BOB));
  }
}
