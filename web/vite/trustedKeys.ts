import { existsSync } from "node:fs";
import type { Plugin } from "vite";
import { ArtefactMissingError } from "../../src/errors.js";
import { artefactFolder } from "../../src/groth16/artefacts/layout.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { TIERS, type Tier } from "../../src/protocol/tiers.js";
import { loadArtefacts } from "../../src/prove/artefacts.js";
import { type TrustedKey, trustedKeyOf } from "../../src/prove/bundleVerifier.js";

const NAME = "virtual:trusted-keys";

/**
 * The verification keys that a page trusts, put into it when it is built: a reader who trusts the page trusts them, and needs no
 * other file. They are those that the package pins, or for the tiers that `home` has, its own, such as those of a ceremony.
 * A key that is not what its pin or its manifest says fails the build.
 */
export function trustedKeys(home: string | undefined): Plugin {
  return {
    name: "zkmargin:trusted-keys",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const own = TIERS.filter(({ name }) => home !== undefined && existsSync(artefactFolder(home, name)));
      if (home !== undefined && own.length === 0)
        throw new ArtefactMissingError(
          `${home}: expected the keys of a tier, got none; run \`zkmargin setup\``,
        );
      const keyOf = async (tier: Tier): Promise<TrustedKey> =>
        home !== undefined && own.some(({ name }) => name === tier.name)
          ? trustedKeyOf(await loadArtefacts(home, tier))
          : pinnedVerificationKey(tier.name);
      const keys = await Promise.all(TIERS.map(async (tier) => [tier.name, await keyOf(tier)] as const));
      return `export const TRUSTED_KEYS = ${JSON.stringify(Object.fromEntries(keys))};`;
    },
  };
}
