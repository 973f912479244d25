import { buildBn128, type Curve } from "ffjavascript";
import { CeremonyError } from "../../errors.js";
import { readPin } from "../artefacts/load.js";
import { sha256 } from "../artefacts/manifest.js";
import type { ProvingKeyFile } from "../provingKeyFile.js";
import { type ProgressListener, timedStep } from "../setup/progress.js";
import { readR1cs } from "../setup/r1cs.js";
import { withSnarkjs } from "../snarkjs.js";
import { CeremonyFolder } from "./ceremonyFolder.js";
import { checkContributions, checkInitialKey, checkLatestKey } from "./keyChecks.js";
import { type CheckedPhaseOne, checkPhaseOneSource } from "./phaseOneFile.js";
import { type CeremonyTerms, ceremonyId, checkCircuit } from "./signedRecords.js";
import { checkRecords, type Transcript } from "./transcript.js";

export interface VerifyOptions {
  /** Folder of the ceremony. */
  readonly folder: string;
  readonly onProgress?: ProgressListener;
  /** Folder of the package; another one in tests. */
  readonly root?: string;
}

/** A verified ceremony, complete or still under way. */
export interface VerifiedCeremony {
  readonly folder: CeremonyFolder;
  /** SHA-256 of its terms, hex. */
  readonly id: string;
  readonly transcript: Transcript;
  readonly r1cs: Uint8Array;
  readonly wasm: Uint8Array;
  readonly phase1: CheckedPhaseOne;
  /** The newest key; the initial one before any contribution. */
  readonly zkey: Uint8Array;
  readonly key: ProvingKeyFile;
}

/**
 * Replays a ceremony from its circuit and phase 1, and believes nothing that it can check: the terms' signature; that the
 * circuit is the pinned one; phase 1; the key that phase 2 begins from; every attestation, their order, and that the newest
 * key records exactly what was attested; the equations of every contribution; and that the newest key is the initial one but
 * for δ. Stock snarkjs verifies the newest key as well.
 * @throws {CeremonyError} whose `fault` says what does not fit
 * @throws {ArtefactMissingError} {@link InputError} {@link PhaseOneError} {@link KeyLineageError}
 *
 * @example
 * ```ts
 * import { verifyCeremony } from "zkmargin/prove";
 *
 * const { transcript } = await verifyCeremony(ceremony);
 * console.log(transcript.attestations.map(({ name }) => name).includes("Alice")); // true
 * ```
 */
export function verifyCeremony(options: VerifyOptions): Promise<VerifiedCeremony> {
  return withSnarkjs(() => replay(options));
}

async function replay(options: VerifyOptions): Promise<VerifiedCeremony> {
  const folder = new CeremonyFolder(options.folder);
  const step = timedStep(options.onProgress);
  const transcript = await folder.transcript();
  const { terms, attestations } = transcript;
  checkCircuit(terms, await readPin(terms.tier, options.root === undefined ? {} : { root: options.root }));
  const r1cs = await readCircuit(folder, folder.r1csPath, terms.r1cs);
  const wasm = await readCircuit(folder, folder.wasmPath, terms.wasm);
  const ptau = await folder.read(folder.phaseOnePath);
  const phase1 = await step("check phase 1", 0, () => checkPhaseOneSource(ptau, folder.phaseOnePath));
  checkPhaseOneOf(terms, phase1, folder.phaseOnePath);
  const initial = await folder.key(terms.initialKey);
  const initialPath = folder.keyPath(terms.initialKey);
  const initialKey = await step("check the key that phase 2 begins from", 0.3, () =>
    checkInitialKey(initial, readR1cs(r1cs), phase1.points, initialPath),
  );
  if (initialKey.contributions.circuitHash !== terms.circuitHash)
    throw new CeremonyError(
      "initial-key",
      `${initialPath}: expected the circuit hash of the terms, got another`,
    );
  const common = { folder, id: ceremonyId(terms), transcript, r1cs, wasm, phase1 };
  const newest = attestations.at(-1)?.key;
  if (newest === undefined) return { ...common, zkey: initial, key: initialKey };

  const zkey = await folder.key(newest);
  const path = folder.keyPath(newest);
  const key = await step(`check ${attestations.length} contributions`, 0.6, async () => {
    const latest = checkLatestKey(zkey, initialKey, path);
    checkRecords(transcript, latest.contributions, path);
    checkContributions(await singleThreaded(), latest.contributions, path);
    return latest;
  });
  await step("verify by stock snarkjs", 0.8, () => checkByStock(initial, ptau, zkey, path));
  return { ...common, zkey, key };
}

let curve: Promise<Curve> | undefined;

/**
 * A curve without threads, of which one is enough: it takes half a second to build.
 * @internal its type is of a package without types
 */
export function singleThreaded(): Promise<Curve> {
  curve ??= buildBn128(true);
  return curve;
}

/** @throws CeremonyError (contribution) */
export async function checkByStock(
  initial: Uint8Array,
  ptau: Uint8Array,
  zkey: Uint8Array,
  path: string,
): Promise<void> {
  const verified = await withSnarkjs((snarkjs) =>
    snarkjs.zKey.verifyFromInit(initial, ptau as unknown as string, zkey),
  );
  if (!verified)
    throw new CeremonyError(
      "contribution",
      `${path}: expected a key that \`snarkjs zkey verify\` accepts, got one that it does not`,
    );
}

async function readCircuit(folder: CeremonyFolder, path: string, expected: string): Promise<Uint8Array> {
  const bytes = await folder.read(path);
  const got = sha256(bytes);
  if (got !== expected)
    throw new CeremonyError("circuit", `${path}: expected SHA-256 ${expected} as in the terms, got ${got}`);
  return bytes;
}

function checkPhaseOneOf(terms: CeremonyTerms, phase1: CheckedPhaseOne, path: string): void {
  const got = { source: phase1.source, power: phase1.points.power, blake2b: phase1.blake2b };
  for (const field of ["source", "power", "blake2b"] as const)
    if (got[field] !== terms.phase1[field])
      throw new CeremonyError(
        "phase-one",
        `${path}: expected ${field} ${terms.phase1[field]} as in the terms, got ${got[field]}; ask the coordinator for the file again`,
      );
}
