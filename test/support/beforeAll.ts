import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { platformBinary } from "../../src/chain/anvil.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { setup } from "../../src/prove/artefacts.js";
import { builtEntry } from "./built.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
let built: Promise<unknown> | undefined;

/**
 * Makes the development keys once, before test files run side by side and each would make them. In `npm test`, whose second half
 * are the contracts' tests, it also begins to compile them: solc takes a thread for minutes, and leaves the other half nothing to
 * wait for.
 */
export async function mochaGlobalSetup(): Promise<void> {
  if (process.env["npm_lifecycle_event"] === "test")
    // What it has to say is said again by the tests, which compile what is missing.
    built = once(spawn(platformBinary("forge"), ["build"], { cwd: ROOT, stdio: "ignore" }), "close").catch(
      () => {},
    );
  builtEntry("zkmargin");
  for (const tier of TIERS)
    await setup({ home: `${ROOT}build/keys`, tier, onProgress: ({ label }) => console.error(label) });
}

/** Waits for the compiler: two would write to one cache. */
export async function mochaGlobalTeardown(): Promise<void> {
  await built;
}
