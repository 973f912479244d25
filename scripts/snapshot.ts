/**
 * After an intended change of circuits/: writes their sizes, makes the development keys of every circuit again, pins
 * them, and writes their verification keys. Read the difference, then check it in.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinArtefacts } from "../src/groth16/setup/setup.js";
import { CLEARING_CIRCUITS, TIERS } from "../src/protocol/tiers.js";
import { circuitOf, clearingCircuitOf } from "../src/prove/artefacts.js";
import { circuitSnapshot } from "../test/support/circuitSnapshot.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const sizes = join(root, "test", "snapshots", "circuits.json");
await writeFile(sizes, `${JSON.stringify(await circuitSnapshot(), null, 2)}\n`);

const home = await mkdtemp(join(root, "build", "pin-"));
try {
  const written = await pinArtefacts({
    home,
    circuits: [...TIERS.map(circuitOf), ...CLEARING_CIRCUITS.map(clearingCircuitOf)],
    onProgress: ({ label, seconds }) => {
      if (seconds !== undefined) console.log(`  ${label}: ${seconds.toFixed(1)} s`);
    },
  });
  for (const file of [sizes, ...written]) console.log(`wrote ${file}`);
} finally {
  await rm(home, { recursive: true, force: true });
}
