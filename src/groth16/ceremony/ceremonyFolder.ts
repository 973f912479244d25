import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { ArtefactMissingError, CeremonyError, CeremonyStepError, OutOfRangeError } from "../../errors.js";
import { sha256 } from "../artefacts/manifest.js";
import { ownerOf, removeLeftovers, temporaryName, writeAtomic, writeNew } from "../artefacts/writeAtomic.js";
import {
  type Attestation,
  type CeremonyTerms,
  formatAttestation,
  formatTerms,
  parseCeremonyAttestation,
  parseTerms,
} from "./signedRecords.js";
import { checkOrder, type Transcript } from "./transcript.js";

const ENTRY_FILE = /^([0-9]{4})\.json$/;
/** What a write that was killed leaves behind. */
const LEFTOVER = /^\..*\.tmp$/;
/** Bytes of the largest text that is read: terms, attestations and manifests have a few kilobytes. */
const TEXT_BYTES = 2 ** 20;

/**
 * The files of a ceremony, which may be handed round: its terms, its circuit, its phase 1, a key after each
 * contribution named by its SHA-256, and an attestation of each. A key that no attestation names is ignored: its
 * contribution was killed, or is under way.
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

  /** Writes the terms, unless somebody else has just started a ceremony here. @throws CeremonyStepError */
  async addTerms(terms: CeremonyTerms): Promise<void> {
    if (!(await writeNew(this.termsPath, formatTerms(terms)))) throw this.startedAlready();
  }

  /** What is thrown where a ceremony has been started. */
  startedAlready(): CeremonyStepError {
    return new CeremonyStepError(
      `${this.termsPath}: expected a folder without a ceremony, got one that was started; contribute to it, or choose another folder`,
    );
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

  /** Adds a key that something in the folder names already; the same one may be there. @returns its SHA-256 */
  async addKey(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    await writeAtomic(this.keyPath(hash), bytes);
    return hash;
  }

  /**
   * Adds a key and does what makes it count. If that fails, the key goes again, unless somebody else has attested the same one
   * or is about to. The same key may be there already.
   * @param work gets the key's SHA-256, and names the key in the terms or an attestation
   */
  async withNewKey<T>(bytes: Uint8Array, work: (hash: string) => Promise<T>): Promise<T> {
    const hash = sha256(bytes);
    const claim = await claimKey(this.keysPath, hash);
    try {
      await this.addKey(bytes);
      const result = await work(hash);
      if (!(await isFile(this.keyPath(hash)))) await this.addKey(bytes); // the process that removed it took it for a killed one's
      return result;
    } finally {
      await this.#dropUnnamed(hash, claim);
      await rm(claim, { force: true });
    }
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

  /**
   * Removes what killed processes of this machine have left: keys that they did not attest, and halves of keys. A key or a
   * file of anybody else stays: it may be one that is attested in a moment.
   * @returns how many keys
   */
  async removeLeftovers(): Promise<number> {
    let keys = 0;
    for (const { path, hash, dead } of await claimsIn(this.keysPath)) {
      if (!dead) continue;
      if (await this.#dropUnnamed(hash, path)) keys++;
      await removeLeftovers(this.keysPath, basename(this.keyPath(hash)));
      await rm(path, { force: true });
    }
    return keys;
  }

  /** Removes a key unless the terms or an attestation name it now, or anybody but `claim` claims it. @returns whether it did */
  async #dropUnnamed(hash: string, claim: string): Promise<boolean> {
    const others = (await claimsIn(this.keysPath)).filter(
      (other) => other.hash === hash && other.path !== claim,
    );
    if (others.length > 0 || !(await isFile(this.keyPath(hash)))) return false;
    if ((await this.started()) && (await this.#names(hash))) return false;
    await rm(this.keyPath(hash), { force: true });
    return true;
  }

  /** Whether a key is named in the folder as it is now. In one that does not read, everything may be. */
  async #names(hash: string): Promise<boolean> {
    try {
      const { terms, attestations } = await this.transcript();
      return hash === terms.initialKey || attestations.some(({ key }) => key === hash);
    } catch {
      return true;
    }
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

function attestationName(index: number): string {
  return `${String(index).padStart(4, "0")}.json`;
}

/** A folder may be shared by machines, on which one number is of different processes. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const CLAIM = /^\.([0-9a-f]{64})\.claim-([0-9a-f]{8})\./;

/** A file that says that a process is making a key count: as long as it runs, the key is its own, attested or not. */
export interface KeyClaim {
  readonly path: string;
  /** SHA-256 of the key. */
  readonly hash: string;
  /** Whether its process ran on this machine and runs no more. */
  readonly dead: boolean;
}

/** Claims a key that is about to be written. */
export async function claimKey(folder: string, hash: string): Promise<string> {
  const path = join(folder, temporaryName(`${hash}.claim-${HOST}`));
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  return path;
}

/** All claims in a folder of keys. */
export async function claimsIn(folder: string): Promise<KeyClaim[]> {
  return (await readdir(folder)).flatMap((name): KeyClaim[] => {
    const [, hash, host] = CLAIM.exec(name) ?? [];
    if (hash === undefined || host === undefined) return [];
    const owner = ownerOf(name, `${hash}.claim-${host}`);
    return owner === undefined
      ? []
      : [{ path: join(folder, name), hash, dead: host === HOST && !owner.isRunning }];
  });
}
