import { lstat, readFile } from "node:fs/promises";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CeremonyStepError,
  KeyLineageError,
} from "../../errors.js";
import { checkManifest } from "../artefacts/checkManifest.js";
import { artefactFolder, artefactPaths, transcriptPath } from "../artefacts/layout.js";
import { type Artefacts, loadArtefacts } from "../artefacts/load.js";
import { parseManifest } from "../artefacts/manifest.js";
import { packageRoot } from "../artefacts/packageRoot.js";
import { readPin } from "../artefacts/pins.js";
import { readContributions } from "../keyGate/contributions.js";
import { readBinFile } from "./binFile.js";
import { type BuildOptions, buildArtefacts, writeArtefacts } from "./build.js";
import { compiler } from "./compile.js";
import { checkPhaseOne } from "./phaseOneFile.js";
import { collectSources, hashSources } from "./sources.js";

export type SetupOptions = BuildOptions;

export interface SetupResult {
  readonly artefacts: Artefacts;
  /** Whether valid artefacts were there already. */
  readonly reused: boolean;
}

/**
 * The artefacts of a tier, made if they are not there, are altered, or were made from other sources, another compiler
 * or another phase 1. Without `ptau`, artefacts made from any phase 1 serve.
 * @throws {CompileError} {@link PhaseOneError} as {@link buildArtefacts}
 * @throws {ArtefactAlteredError} when what this machine makes is not what the package pins; nothing is written then
 * @throws {ArtefactMissingError} when the package does not pin the tier
 * @throws {CeremonyStepError} when a ceremony's key is there and cannot be used: it is never replaced by a development key
 */
export async function setup(options: SetupOptions): Promise<SetupResult> {
  const pins = options.root === undefined ? {} : { root: options.root };
  const found = await loadValid(options, pins);
  if (found !== undefined) return { artefacts: found, reused: true };
  const { home, tier } = options;
  await refuseToReplace(home, tier.name);
  const pin = await readPin(tier.name, pins);
  const built = await buildArtefacts(options);
  checkManifest(built.manifest, tier, pin, artefactPaths(home, tier.name)["manifest.json"]);
  await writeArtefacts(home, built);
  return { artefacts: await loadArtefacts(home, tier, pins), reused: false };
}

async function loadValid(options: SetupOptions, pins: { root?: string }): Promise<Artefacts | undefined> {
  const { home, tier, ptau } = options;
  let artefacts: Artefacts;
  try {
    artefacts = await loadArtefacts(home, tier, pins);
  } catch (error) {
    if (error instanceof ArtefactAlteredError)
      options.onProgress?.({ label: `make again: ${error.message}` });
    else if (!(error instanceof ArtefactMissingError || error instanceof KeyLineageError)) throw error;
    return undefined;
  }
  const { manifest } = artefacts;
  const sources = await collectSources(options.root ?? packageRoot(), tier.name);
  if (manifest.circuitSource !== hashSources(sources)) return undefined;
  if (manifest.compiler.version !== compiler().version) return undefined;
  if (ptau !== undefined && manifest.phase1.hash !== (await checkPhaseOne(ptau, tier.power)).blake2b)
    return undefined;
  return artefacts;
}

/**
 * A ceremony's key must never be replaced by a development key. Where the manifest does not say whose the
 * key is, the key itself does, and the transcript beside it.
 * @throws {CeremonyStepError}
 */
async function refuseToReplace(home: string, tierName: string): Promise<void> {
  const paths = artefactPaths(home, tierName);
  const refuse = (got: string) => {
    throw new CeremonyStepError(
      `${artefactFolder(home, tierName)}: expected nothing, or a development key, got ${got}; it is not replaced by a development key: install a ceremony's again with --ceremony, choose another --home, or remove the folder`,
    );
  };
  const text = await readFile(paths["manifest.json"], "utf8").catch(() => "");
  if (/"ceremony"/.test(text)) refuse("a ceremony's key that this version of zkmargin cannot use");
  if (await isThere(transcriptPath(home, tierName)))
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
