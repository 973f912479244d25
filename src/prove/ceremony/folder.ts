import { lstat, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArtefactMissingError, CeremonyError, CeremonyStepError, OutOfRangeError } from "../../errors.js";
import { sha256 } from "../artefacts/sha256.js";
import { writeAtomic, writeNew } from "../artefacts/writeAtomic.js";
import { type Attestation, formatAttestation, parseCeremonyAttestation } from "./attestation.js";
import { type CeremonyTerms, parseTerms } from "./terms.js";
import { checkOrder, type Transcript } from "./transcript.js";

const KEY_FILE = /^([0-9a-f]{64})\.zkey$/;
const ENTRY_FILE = /^([0-9]{4})\.json$/;
/** What a write that was killed leaves behind. */
const LEFTOVER = /^\..*\.tmp$/;
/** Bytes of the largest text that is read: terms, attestations and manifests have a few kilobytes. */
const TEXT_BYTES = 2 ** 20;

/**
 * The files of a ceremony, which may be handed round: its terms, its circuit, its phase 1, a key after each contribution
 * named by its SHA-256, and an attestation of each. A key that no attestation names is of a contribution that was killed.
 */
export class CeremonyFolder {
  constructor(readonly path: string) {}

  get termsPath(): string {
    return join(this.path, "ceremony.json");
  }

  get r1csPath(): string {
    return join(this.path, "circuit.r1cs");
  }

  get wasmPath(): string {
    return join(this.path, "circuit.wasm");
  }

  get phaseOnePath(): string {
    return join(this.path, "phase-1.ptau");
  }

  get finalPath(): string {
    return join(this.path, "final");
  }

  get keysPath(): string {
    return join(this.path, "keys");
  }

  keyPath(hash: string): string {
    return join(this.keysPath, `${hash}.zkey`);
  }

  get contributionsPath(): string {
    return join(this.path, "contributions");
  }

  attestationPath(index: number): string {
    return join(this.contributionsPath, attestationName(index));
  }

  /** Makes the folders. */
  async make(): Promise<void> {
    for (const path of [this.keysPath, this.contributionsPath]) await mkdir(path, { recursive: true });
  }

  /** @throws ArtefactMissingError, InputError, CeremonyError (terms) */
  async terms(): Promise<CeremonyTerms> {
    return parseTerms(await this.readText(this.termsPath), this.termsPath);
  }

  /** Whether a ceremony has been started here. */
  async started(): Promise<boolean> {
    return (await readdir(this.path).catch(() => [] as string[])).includes("ceremony.json");
  }

  /** The terms and all attestations, signatures and order checked. @throws ArtefactMissingError, InputError, CeremonyError */
  async transcript(): Promise<Transcript> {
    await this.#checkFolders();
    const terms = await this.terms();
    const names = await readdir(this.contributionsPath).catch(() => [] as string[]);
    const files = names.filter((name) => !LEFTOVER.test(name)).sort();
    const attestations: Attestation[] = [];
    for (const [i, name] of files.entries()) {
      if (Number(ENTRY_FILE.exec(name)?.[1]) !== i + 1)
        throw new CeremonyError(
          "order",
          `${this.contributionsPath}: expected ${attestationName(i + 1)}, got ${name}; ask the coordinator for what is missing`,
        );
      const path = this.attestationPath(i + 1);
      attestations.push(parseCeremonyAttestation(await this.readText(path), path));
    }
    const transcript = { terms, attestations };
    checkOrder(transcript, this.contributionsPath);
    return transcript;
  }

  /** The key of that SHA-256. @throws ArtefactMissingError, CeremonyError (key-file) */
  async key(hash: string): Promise<Uint8Array> {
    const path = this.keyPath(hash);
    const bytes = await this.read(path);
    const got = sha256(bytes);
    if (got !== hash) throw new CeremonyError("key-file", `${path}: expected SHA-256 ${hash}, got ${got}`);
    return bytes;
  }

  /** The bytes of a file: not of a pipe or a device, which could go on for ever. @throws ArtefactMissingError */
  async read(path: string): Promise<Uint8Array> {
    try {
      if ((await stat(path)).isFile()) return new Uint8Array(await readFile(path));
    } catch {
      // as where it is no file
    }
    throw new ArtefactMissingError(
      `${path}: expected a file of a ceremony, got none that can be read; run \`zkmargin ceremony start\`, or ask the coordinator for the folder`,
    );
  }

  /** The text of a file of at most 1 MB. @throws ArtefactMissingError, OutOfRangeError */
  async readText(path: string): Promise<string> {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size > TEXT_BYTES)
      throw new OutOfRangeError(path, `a file of at most ${TEXT_BYTES} bytes`, `${size} bytes`);
    return new TextDecoder().decode(await this.read(path));
  }

  /** A folder that comes from elsewhere may have links in it, through which files of others would be written and removed. */
  async #checkFolders(): Promise<void> {
    for (const path of [this.keysPath, this.contributionsPath, this.finalPath]) {
      const found = await lstat(path).catch(() => undefined);
      if (found?.isDirectory() === false)
        throw new ArtefactMissingError(
          `${path}: expected a folder, got a file or a link; ask the coordinator for the folder again`,
        );
    }
  }

  /** Adds a key; the same one may be there already. @returns its SHA-256 */
  async addKey(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    await writeAtomic(this.keyPath(hash), bytes);
    return hash;
  }

  /**
   * Adds an attestation, whole or not at all, unless somebody else has taken its place: of two who contribute to one folder
   * at once, one is refused.
   * @throws CeremonyStepError
   */
  async addAttestation(attestation: Attestation): Promise<void> {
    const path = this.attestationPath(attestation.index);
    if (!(await writeNew(path, formatAttestation(attestation))))
      throw new CeremonyStepError(
        `${path}: expected no contribution ${attestation.index} yet, got one: somebody contributed meanwhile; contribute again`,
      );
  }

  /** Removes the keys that no attestation names, and what killed writes left. @returns how many keys */
  async removeLeftovers({ terms, attestations }: Transcript): Promise<number> {
    const named = new Set([terms.initialKey, ...attestations.map(({ key }) => key)]);
    let keys = 0;
    for (const folder of [this.keysPath, this.contributionsPath])
      for (const name of await readdir(folder)) {
        const hash = KEY_FILE.exec(name)?.[1];
        const unnamed = hash !== undefined && !named.has(hash);
        if (!unnamed && !LEFTOVER.test(name)) continue;
        await rm(join(folder, name), { force: true });
        if (unnamed) keys++;
      }
    return keys;
  }
}

function attestationName(index: number): string {
  return `${String(index).padStart(4, "0")}.json`;
}
