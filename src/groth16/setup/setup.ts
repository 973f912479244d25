import { lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CeremonyStepError,
  CompileError,
  KeyLineageError,
} from "../../errors.js";
import { keyStatement } from "../artefacts/keyStatement.js";
import {
  ARTEFACT_FILES,
  type ArtefactFile,
  artefactFolder,
  artefactPaths,
  packageRoot,
  pinsPath,
  shippedKeyPath,
  transcriptPath,
} from "../artefacts/layout.js";
import { type CircuitArtefacts, loadCircuit, readPin } from "../artefacts/load.js";
import {
  checkManifest,
  formatJson,
  type Manifest,
  type Pin,
  type Pins,
  parseManifest,
  pinOf,
  sha256,
} from "../artefacts/manifest.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { readBinFile } from "../binFile.js";
import { readContributions } from "../contributions.js";
import { checkProvingKey, verificationKeyOf } from "../provingKeyFile.js";
import { beaconKey } from "../snarkjs.js";
import { formatVerificationKey, verificationKeyHash } from "../verificationKey.js";
import { collectSources, compileCircuit, compiler, hashSources } from "./compile.js";
import { developmentKey } from "./development.js";
import { DEVELOPMENT_PHASE_ONE_HASH } from "./developmentSecrets.js";
import { buildBases } from "./fixedBase.js";
import { checkPhaseOne } from "./hermez.js";
import { type ProgressListener, timedStep } from "./progress.js";
import { domainPower, type R1cs, readR1cs } from "./r1cs.js";

/** A circuit of the package, and the size that its set-up holds it to. */
export interface Circuit {
  readonly name: string;
  /** log2 of the evaluation domain: constraints + public signals + 1 ≤ 2^power. */
  readonly power: number;
  readonly publicSignals: number;
}

/** What a set-up made or found. */
export interface SetUp {
  readonly artefacts: CircuitArtefacts;
  /** Whether valid artefacts were there already. */
  readonly reused: boolean;
}

/**
 * The artefacts of a circuit. They are made again if they are missing or altered, or come from other sources, another
 * compiler or another phase 1. Without `ptau`, artefacts made from any phase 1 serve.
 * @throws {CompileError} {@link PhaseOneError} as {@link buildArtefacts}
 * @throws {ArtefactAlteredError} when what this machine makes is not what the package pins; nothing is written then
 * @throws {ArtefactMissingError} when the package does not pin the circuit
 * @throws {CeremonyStepError} when a ceremony's key is there and cannot be used: it is never replaced by a development key
 */
export async function setUpCircuit(options: BuildOptions): Promise<SetUp> {
  const pins = options.root === undefined ? {} : { root: options.root };
  const found = await loadValid(options, pins);
  if (found !== undefined) return { artefacts: found, reused: true };
  const { home, circuit } = options;
  await refuseToReplace(home, circuit.name);
  const pin = await readPin(circuit.name, pins);
  const built = await buildArtefacts(options);
  checkManifest(built.manifest, circuit.name, pin, artefactPaths(home, circuit.name)["manifest.json"]);
  await writeArtefacts(home, built);
  return { artefacts: await loadCircuit(home, circuit.name, pins), reused: false };
}

async function loadValid(
  options: BuildOptions,
  pins: { root?: string },
): Promise<CircuitArtefacts | undefined> {
  const { home, circuit, ptau } = options;
  let artefacts: CircuitArtefacts;
  try {
    artefacts = await loadCircuit(home, circuit.name, pins);
  } catch (error) {
    if (error instanceof ArtefactAlteredError)
      options.onProgress?.({ label: `make again: ${error.message}` });
    else if (!(error instanceof ArtefactMissingError || error instanceof KeyLineageError)) throw error;
    return undefined;
  }
  const { manifest } = artefacts;
  const sources = await collectSources(options.root ?? packageRoot(), circuit.name);
  if (manifest.circuitSource !== hashSources(sources)) return undefined;
  if (manifest.compiler.version !== compiler().version) return undefined;
  if (ptau !== undefined && manifest.phase1.hash !== (await checkPhaseOne(ptau, circuit.power)).blake2b)
    return undefined;
  return artefacts;
}

/**
 * A ceremony's key must never be replaced by a development key. Where the manifest does not say whose the
 * key is, the key itself does, and the transcript beside it.
 * @throws {CeremonyStepError}
 */
async function refuseToReplace(home: string, circuit: string): Promise<void> {
  const paths = artefactPaths(home, circuit);
  const refuse = (got: string) => {
    throw new CeremonyStepError(
      `${artefactFolder(home, circuit)}: expected nothing, or a development key, got ${got}; it is not replaced by a development key: install a ceremony's again with --ceremony, choose another --home, or remove the folder`,
    );
  };
  const text = await readFile(paths["manifest.json"], "utf8").catch(() => "");
  if (/"ceremony"/.test(text)) refuse("a ceremony's key that this version of zkmargin cannot use");
  if (await isThere(transcriptPath(home, circuit)))
    refuse("the transcript of a ceremony, without a manifest that this version of zkmargin can use");
  const found = await keyIn(paths);
  if (found === "a person's") refuse("a key with a person's contribution, without a ceremony's manifest");
  if (found === "unknown" && !isDevelopmentManifest(text, paths["manifest.json"]))
    refuse("a key of which neither its manifest nor its contributions can be read");
}

/** Whose contributions a home folder's key records. */
async function keyIn(
  paths: ReturnType<typeof artefactPaths>,
): Promise<"none" | "development" | "a person's" | "unknown"> {
  if (!(await isThere(paths["proving-key.zkey"])))
    return (await isThere(paths["verification-key.json"])) ? "unknown" : "none";
  try {
    const bytes = new Uint8Array(await readFile(paths["proving-key.zkey"]));
    const { records } = readContributions(readBinFile("zkey", bytes)?.get(10) ?? new Uint8Array());
    if (records.some(({ beacon }) => beacon === undefined)) return "a person's";
    return records.length > 0 ? "development" : "unknown";
  } catch {
    return "unknown";
  }
}

/** Whether a manifest, of whatever version, says that its key is a development key. */
function isDevelopmentManifest(text: string, path: string): boolean {
  try {
    return parseManifest(text, path).kind === "development";
  } catch {
    return false;
  }
}

/** Whether there is anything in a file's place, readable or not. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export interface BuildOptions {
  /** Folder of all artefacts; a circuit's are in `<home>/<name>/`. */
  readonly home: string;
  readonly circuit: Circuit;
  /** Path of a phase-1 file of the Hermez ceremony; the development phase 1 without it. */
  readonly ptau?: string;
  readonly onProgress?: ProgressListener;
  /** Folder of the package; another one in tests. */
  readonly root?: string;
}

/** A circuit's artefacts before they are written. */
export interface BuiltArtefacts {
  readonly manifest: Manifest;
  readonly contents: Readonly<Record<ArtefactFile, Uint8Array>>;
}

/**
 * Compiles a circuit and makes its keys, in memory. The same inputs give the same bytes.
 * @throws {CompileError} the circuit does not compile, or is not of its size
 * @throws {PhaseOneError} the phase-1 file is not a published one
 */
export async function buildArtefacts(options: BuildOptions): Promise<BuiltArtefacts> {
  const { home, circuit, ptau } = options;
  const step = timedStep(options.onProgress);
  const sources = await collectSources(options.root ?? packageRoot(), circuit.name);
  const published =
    ptau === undefined ? undefined : await step("check phase 1", 0, () => checkPhaseOne(ptau, circuit.power));
  const { r1cs, wasm } = await step(`compile ${circuit.name}`, 0.1, () =>
    compileCircuit(home, circuit.name, sources),
  );
  const size = readR1cs(r1cs);
  checkSize(size, circuit);
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
    tier: circuit.name,
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

/** Writes a circuit's artefacts to `home`, each file whole or not at all and the manifest last. */
export async function writeArtefacts(home: string, { manifest, contents }: BuiltArtefacts): Promise<void> {
  const paths = artefactPaths(home, manifest.tier);
  await mkdir(artefactFolder(home, manifest.tier), { recursive: true });
  for (const name of ARTEFACT_FILES) await writeAtomic(paths[name], contents[name]);
  await writeAtomic(paths["manifest.json"], formatJson(manifest));
}

function checkSize(size: R1cs, { name, power, publicSignals }: Circuit): void {
  if (size.publicSignals !== publicSignals) {
    throw new CompileError(
      `tier ${name}: expected ${publicSignals} public signals, got ${size.publicSignals}`,
    );
  }
  if (domainPower(size) > power) {
    throw new CompileError(
      `tier ${name}: expected at most 2^${power} constraints and public signals, got ${size.constraints} + ${size.publicSignals + 1}`,
    );
  }
}

export interface PinOptions {
  /** Where the artefacts are made; a new folder is best. */
  readonly home: string;
  /** Every circuit: the pins of others are dropped. */
  readonly circuits: readonly Circuit[];
  readonly onProgress?: ProgressListener;
  /** Folder of the package, whose `circuits/` is written; another one in tests. */
  readonly root?: string;
}

/**
 * Rebuilds the development artefacts of every circuit and pins them: writes `circuits/artefacts.json` and the verification
 * keys that the package ships. Run it after a change of a circuit, and commit its output.
 * @returns the paths written
 */
export async function pinArtefacts(options: PinOptions): Promise<string[]> {
  const root = options.root ?? packageRoot();
  const tiers: Record<string, Pin> = {};
  const written: string[] = [];
  for (const circuit of options.circuits) {
    const { home, onProgress } = options;
    const built = await buildArtefacts({ home, circuit, root, ...(onProgress && { onProgress }) });
    await writeArtefacts(home, built);
    tiers[circuit.name] = pinOf(built.manifest);
    const keyPath = shippedKeyPath(root, circuit.name);
    await mkdir(dirname(keyPath), { recursive: true });
    await writeAtomic(keyPath, built.contents["verification-key.json"]);
    written.push(keyPath);
  }
  const pins: Pins = { format: "zkmargin/pins@1", tiers };
  await writeAtomic(pinsPath(root), formatJson(pins));
  return [...written, pinsPath(root)];
}
