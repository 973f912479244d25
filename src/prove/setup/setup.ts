import { readFile } from "node:fs/promises";
import {
  ArtefactAlteredError,
  ArtefactMissingError,
  CeremonyStepError,
  KeyLineageError,
} from "../../errors.js";
import { checkManifest } from "../artefacts/checkManifest.js";
import { artefactPaths } from "../artefacts/layout.js";
import { type Artefacts, loadArtefacts } from "../artefacts/load.js";
import { packageRoot } from "../artefacts/packageRoot.js";
import { readPin } from "../artefacts/pins.js";
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

/** Whoever uses a ceremony's key must not find a development key in its place one day. @throws {CeremonyStepError} */
async function refuseToReplace(home: string, tierName: string): Promise<void> {
  const path = artefactPaths(home, tierName)["manifest.json"];
  const text = await readFile(path, "utf8").catch(() => "");
  if (!/"ceremony"/.test(text)) return;
  throw new CeremonyStepError(
    `${path}: expected a ceremony's key that this version of zkmargin can use, got one that it cannot; it is not replaced by a development key: install it again with --ceremony, or choose another --home`,
  );
}
