import type { Plugin } from "vite";
import { pinnedVerificationKey } from "../../src/prove/artefacts/pins.js";
import { TIERS } from "../../src/spec/tiers.js";

const NAME = "virtual:trusted-keys";

/**
 * The verification keys that the package pins, put into the page when it is built: whoever trusts the page trusts them,
 * and needs no other file. A key that is not the pinned one fails the build.
 */
export function trustedKeys(): Plugin {
  return {
    name: "zkmargin:trusted-keys",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const keys = await Promise.all(
        TIERS.map(async ({ name }) => [name, await pinnedVerificationKey(name)] as const),
      );
      return `export const TRUSTED_KEYS = ${JSON.stringify(Object.fromEntries(keys))};`;
    },
  };
}
