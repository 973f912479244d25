import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfText } from "../../encoding/canonicalJson.js";
import { CeremonyError } from "../../errors.js";
import type { Tier } from "../../protocol/tiers.js";
import { checkArtefacts } from "../artefacts/checkArtefacts.js";
import {
  ARTEFACT_FILES,
  artefactFolder,
  artefactPaths,
  MANIFEST_FILE,
  transcriptPath,
} from "../artefacts/layout.js";
import { type Artefacts, loadArtefacts } from "../artefacts/load.js";
import { formatJson, parseManifest, sha256 } from "../artefacts/manifest.js";
import { readPin } from "../artefacts/pins.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { CeremonyFolder } from "./ceremonyFolder.js";
import { formatTranscript } from "./transcript.js";
import { type VerifyOptions, verifyCeremony } from "./verifyCeremony.js";

export interface InstallOptions extends VerifyOptions {
  /** Folder of all artefacts; the key goes to `<home>/<tier>/`. */
  readonly home: string;
  readonly tier: Tier;
  /**
   * Address of a coordinator whom the caller trusts. Then only `final/` is needed, and this coordinator must have
   * signed it. Without it the whole ceremony is replayed.
   */
  readonly coordinator?: string;
}

/**
 * Installs the key of a finished ceremony in a home folder, where `prove`, `verify` and `deploy` find it. Everything is
 * checked before anything is written, and the manifest is written last.
 * @throws {CeremonyError} {@link ArtefactMissingError} {@link ArtefactAlteredError} {@link KeyLineageError}
 *
 * @example
 * ```ts
 * import { installCeremony } from "zkmargin/prove";
 *
 * const installed = await installCeremony({ ...ceremony, home: `${folder}/keys`, tier: ceremonyTier });
 * console.log(installed.directory); // the folder in which prove, verify and deploy find it
 * ```
 */
export async function installCeremony(options: InstallOptions): Promise<Artefacts> {
  const { home, tier, coordinator } = options;
  const folder = new CeremonyFolder(options.folder);
  const file = (name: string) => join(folder.finalPath, name);
  const manifest = parseManifest(await folder.readText(file(MANIFEST_FILE)), file(MANIFEST_FILE));
  const { ceremony } = manifest;
  if (ceremony === undefined)
    throw new CeremonyError(
      "manifest",
      `${file(MANIFEST_FILE)}: expected a ceremony's manifest, got another`,
    );
  if (coordinator !== undefined && ceremony.coordinator !== coordinator)
    throw new CeremonyError(
      "manifest",
      `${file(MANIFEST_FILE)}: expected the coordinator ${coordinator}, got ${ceremony.coordinator}; take the key from whom you trust`,
    );
  const addressed = async (hash: string) => {
    const bytes = await folder.read(file(hash));
    if (sha256(bytes) !== hash)
      throw new CeremonyError(
        "manifest",
        `${file(hash)}: expected the SHA-256 of its name, got ${sha256(bytes)}`,
      );
    return bytes;
  };
  const contents = {
    "circuit.r1cs": await addressed(manifest.files["circuit.r1cs"].sha256),
    "circuit.wasm": await addressed(manifest.files["circuit.wasm"].sha256),
    "proving-key.zkey": await addressed(manifest.files["proving-key.zkey"].sha256),
    "verification-key.json": await addressed(manifest.files["verification-key.json"].sha256),
  };
  const transcript = await addressed(ceremony.transcript.sha256);
  const pins = options.root === undefined ? {} : { root: options.root };
  checkArtefacts({ manifest, contents, transcript, pathOf: file }, tier, await readPin(tier.name, pins));
  if (coordinator === undefined) {
    const verified = await verifyCeremony(options);
    if (sha256OfText(formatTranscript(verified.transcript)) !== ceremony.transcript.sha256)
      throw new CeremonyError(
        "manifest",
        `${file(MANIFEST_FILE)}: expected the transcript of this folder's ceremony, got another`,
      );
  }
  const paths = artefactPaths(home, tier.name);
  await mkdir(artefactFolder(home, tier.name), { recursive: true });
  for (const name of ARTEFACT_FILES) await writeAtomic(paths[name], contents[name]);
  await writeAtomic(transcriptPath(home, tier.name), transcript);
  await writeAtomic(paths[MANIFEST_FILE], formatJson(manifest));
  return loadArtefacts(home, tier, pins);
}
