import { mkdir } from "node:fs/promises";
import { CompileError } from "../../errors.js";
import { signalCount } from "../../protocol/signals.js";
import type { Tier } from "../../protocol/tiers.js";
import { keyStatement } from "../artefacts/keyStatement.js";
import { ARTEFACT_FILES, type ArtefactFile, artefactFolder, artefactPaths } from "../artefacts/layout.js";
import { formatJson, type Manifest } from "../artefacts/manifest.js";
import { packageRoot } from "../artefacts/packageRoot.js";
import { sha256 } from "../artefacts/sha256.js";
import { formatVerificationKey } from "../artefacts/verificationKey.js";
import { verificationKeyHash } from "../artefacts/verificationKeyHash.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { checkProvingKey } from "../keyGate/checkProvingKey.js";
import { DEVELOPMENT_PHASE_ONE_HASH } from "./beacons.js";
import { compileCircuit, compiler } from "./compile.js";
import { developmentKey } from "./developmentKey.js";
import { buildBases } from "./fixedBase.js";
import { checkPhaseOne } from "./phaseOneFile.js";
import { type ProgressListener, timedStep } from "./progress.js";
import { domainPower, type R1cs, readR1cs } from "./r1cs.js";
import { collectSources, hashSources } from "./sources.js";
import { beaconKey } from "./stockKeys.js";
import { verificationKeyOf } from "./verificationKeyOf.js";

export interface BuildOptions {
  /** Folder of all artefacts; a tier's are in `<home>/<tier>/`. */
  readonly home: string;
  readonly tier: Tier;
  /** Path of a phase-1 file of the Hermez ceremony; the development phase 1 without it. */
  readonly ptau?: string;
  readonly onProgress?: ProgressListener;
  /** Folder of the package; another one in tests. */
  readonly root?: string;
}

/** A tier's artefacts before they are written. */
export interface BuiltArtefacts {
  readonly manifest: Manifest;
  readonly contents: Readonly<Record<ArtefactFile, Uint8Array>>;
}

/**
 * Compiles a tier's circuit and makes its keys, in memory. The same inputs give the same bytes.
 * @throws {CompileError} the circuit does not compile, or is not of its tier's size
 * @throws {PhaseOneError} the phase-1 file is not a published one
 */
export async function buildArtefacts(options: BuildOptions): Promise<BuiltArtefacts> {
  const { home, tier, ptau } = options;
  const step = timedStep(options.onProgress);
  const sources = await collectSources(options.root ?? packageRoot(), tier.name);
  const published =
    ptau === undefined ? undefined : await step("check phase 1", 0, () => checkPhaseOne(ptau, tier.power));
  const { r1cs, wasm } = await step(`compile ${tier.name}`, 0.1, () =>
    compileCircuit(home, tier.name, sources),
  );
  const size = readR1cs(r1cs);
  checkSize(size, tier);
  const bases = await step("build curve tables", 0.6, buildBases);
  const zkey = await step("make development proving key", 0.7, () =>
    ptau === undefined ? developmentKey(bases, size) : beaconKey(r1cs, ptau),
  );
  const key = verificationKeyOf(bases.curve, zkey);
  checkProvingKey(zkey, { kind: "development", verificationKey: key });
  const contents: Record<ArtefactFile, Uint8Array> = {
    "circuit.r1cs": r1cs,
    "circuit.wasm": wasm,
    "proving-key.zkey": zkey,
    "verification-key.json": new TextEncoder().encode(formatVerificationKey(key)),
  };
  const describe = (name: ArtefactFile) => ({ sha256: sha256(contents[name]), bytes: contents[name].length });
  const source = published === undefined ? "development" : "hermez";
  const manifest: Manifest = {
    format: "zkmargin/artefacts@1",
    tier: tier.name,
    kind: "development",
    keyStatement: keyStatement({ kind: "development", phase1: source }),
    phase1: { source, hash: published?.blake2b ?? DEVELOPMENT_PHASE_ONE_HASH },
    compiler: compiler(),
    circuitSource: hashSources(sources),
    constraints: size.constraints,
    publicSignals: size.publicSignals,
    wires: size.wires,
    files: {
      "circuit.r1cs": describe("circuit.r1cs"),
      "circuit.wasm": describe("circuit.wasm"),
      "proving-key.zkey": describe("proving-key.zkey"),
      "verification-key.json": describe("verification-key.json"),
    },
    verificationKeyHash: verificationKeyHash(key),
  };
  return { manifest, contents };
}

/** Writes a tier's artefacts to `home`, each file whole or not at all and the manifest last. */
export async function writeArtefacts(home: string, { manifest, contents }: BuiltArtefacts): Promise<void> {
  const paths = artefactPaths(home, manifest.tier);
  await mkdir(artefactFolder(home, manifest.tier), { recursive: true });
  for (const name of ARTEFACT_FILES) await writeAtomic(paths[name], contents[name]);
  await writeAtomic(paths["manifest.json"], formatJson(manifest));
}

function checkSize(size: R1cs, tier: Tier): void {
  if (size.publicSignals !== signalCount(tier)) {
    throw new CompileError(
      `tier ${tier.name}: expected ${signalCount(tier)} public signals, got ${size.publicSignals}`,
    );
  }
  if (domainPower(size) > tier.power) {
    throw new CompileError(
      `tier ${tier.name}: expected at most 2^${tier.power} constraints and public signals, got ${size.constraints} + ${size.publicSignals + 1}`,
    );
  }
}
