import { fileURLToPath } from "node:url";
import { setup } from "../../src/groth16/setup/setup.js";
import { TIERS } from "../../src/protocol/tiers.js";

/** Makes the development keys once, before test files run side by side and each would make them. */
export async function mochaGlobalSetup(): Promise<void> {
  const home = fileURLToPath(new URL("../../build/keys", import.meta.url));
  for (const tier of TIERS) await setup({ home, tier, onProgress: ({ label }) => console.error(label) });
}
