import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Tier } from "../../protocol/tiers.js";
import { pinsPath, shippedKeyPath } from "../artefacts/layout.js";
import { formatJson, type Pin, type Pins, pinOf } from "../artefacts/manifest.js";
import { packageRoot } from "../artefacts/packageRoot.js";
import { writeAtomic } from "../artefacts/writeAtomic.js";
import { buildArtefacts, writeArtefacts } from "./build.js";
import type { ProgressListener } from "./progress.js";

export interface PinOptions {
  /** Where the artefacts are made; a new folder is best. */
  readonly home: string;
  /** Every tier: the pins of others are dropped. */
  readonly tiers: readonly Tier[];
  readonly onProgress?: ProgressListener;
  /** Folder of the package, whose `circuits/` is written; another one in tests. */
  readonly root?: string;
}

/**
 * Rebuilds the development artefacts of every tier and pins them: writes `circuits/artefacts.json` and the
 * verification keys that the package ships. Run it after a change of a circuit, and check its outcome in.
 * @returns the paths written
 */
export async function pinArtefacts(options: PinOptions): Promise<string[]> {
  const root = options.root ?? packageRoot();
  const tiers: Record<string, Pin> = {};
  const written: string[] = [];
  for (const tier of options.tiers) {
    const { home, onProgress } = options;
    const built = await buildArtefacts({ home, tier, root, ...(onProgress && { onProgress }) });
    await writeArtefacts(home, built);
    tiers[tier.name] = pinOf(built.manifest);
    const keyPath = shippedKeyPath(root, tier.name);
    await mkdir(dirname(keyPath), { recursive: true });
    await writeAtomic(keyPath, built.contents["verification-key.json"]);
    written.push(keyPath);
  }
  const pins: Pins = { format: "zkmargin/pins@1", tiers };
  await writeAtomic(pinsPath(root), formatJson(pins));
  return [...written, pinsPath(root)];
}
