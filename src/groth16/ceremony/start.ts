import { PhaseOneError } from "../../errors.js";
import { packageRoot } from "../artefacts/layout.js";
import { readPin } from "../artefacts/load.js";
import { sha256 } from "../artefacts/manifest.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { collectSources, compileCircuit, hashSources } from "../setup/compile.js";
import { type ProgressListener, timedStep } from "../setup/progress.js";
import { domainPower, readR1cs } from "../setup/r1cs.js";
import { initialKey as makeInitialKey, withSnarkjs } from "../snarkjs.js";
import { CeremonyFolder } from "./ceremonyFolder.js";
import { checkInitialKey } from "./keyChecks.js";
import { checkPhaseOneSource } from "./phaseOneFile.js";
import {
  BEACON_SOURCE_LENGTH,
  type CeremonyTerms,
  checkCircuit,
  checkPrintable,
  formatTerms,
  parseTerms,
  type TextSigner,
  termsText,
} from "./signedRecords.js";

export interface StartOptions {
  /** Folder of the ceremony. */
  readonly folder: string;
  /** Name of a circuit of the package. */
  readonly circuit: string;
  /** Path of a phase 1 that is prepared for phase 2. */
  readonly ptau: string;
  /** Where the public randomness of the end will come from, in words. */
  readonly beaconSource: string;
  /** The coordinator's. */
  readonly signer: TextSigner;
  readonly onProgress?: ProgressListener;
  /** Folder of the package; another one in tests. */
  readonly root?: string;
}

/**
 * Starts a ceremony: compiles the circuit, makes the key that phase 2 begins from, and signs the terms, which are written
 * last. What was killed is simply started again.
 * @throws {CeremonyStepError} when a ceremony has been started in the folder
 * @throws {PhaseOneError} {@link CompileError} {@link ArtefactMissingError} {@link CeremonyError} (circuit)
 */
export function startCircuitCeremony(options: StartOptions): Promise<CeremonyTerms> {
  return withSnarkjs(() => start(options));
}

async function start(options: StartOptions): Promise<CeremonyTerms> {
  const { circuit: name, signer } = options;
  const step = timedStep(options.onProgress);
  const root = options.root ?? packageRoot();
  const folder = new CeremonyFolder(options.folder);
  if (await folder.started()) throw folder.startedAlready();
  checkPrintable(options.beaconSource, BEACON_SOURCE_LENGTH, "beacon source");
  const sources = await collectSources(root, name);
  const ptau = await folder.read(options.ptau).catch(() => {
    throw new PhaseOneError(`${options.ptau}: expected a phase-1 file, got none that can be read`);
  });
  const phase1 = await step("check phase 1", 0, () => checkPhaseOneSource(ptau, options.ptau));
  await folder.make();
  const { r1cs, wasm } = await step(`compile ${name}`, 0.2, () =>
    compileCircuit(options.folder, name, sources),
  );
  const circuit = {
    tier: name,
    circuitSource: hashSources(sources),
    r1cs: sha256(r1cs),
    wasm: sha256(wasm),
  };
  checkCircuit(circuit, await readPin(name, { root }));
  const size = readR1cs(r1cs);
  if (phase1.points.power < domainPower(size))
    throw new PhaseOneError(
      `${options.ptau}: expected a phase 1 of power ${domainPower(size)} or more, got ${phase1.points.power}`,
    );
  const zkey = await step("make the key that phase 2 begins from", 0.3, () =>
    makeInitialKey(r1cs, ptau, options.ptau),
  );
  const key = await step("check it", 0.9, () => checkInitialKey(zkey, size, phase1.points, "initial key"));
  // All of this has taken a while. Nothing of a ceremony that somebody else has started meanwhile is written over.
  if (await folder.started()) throw folder.startedAlready();
  await writeAtomic(folder.r1csPath, r1cs);
  await writeAtomic(folder.wasmPath, wasm);
  await writeAtomic(folder.phaseOnePath, ptau);
  return folder.withNewKey(zkey, async (initialKey) => {
    const unsigned = {
      ...circuit,
      phase1: { source: phase1.source, power: phase1.points.power, blake2b: phase1.blake2b },
      circuitHash: key.contributions.circuitHash,
      initialKey,
      beaconSource: options.beaconSource,
      coordinator: signer.address,
    };
    const terms = { ...unsigned, signature: await signer.sign(termsText(unsigned)) };
    parseTerms(formatTerms(terms), "terms"); // whatever signed must have signed this
    await folder.addTerms(terms);
    return terms;
  });
}
