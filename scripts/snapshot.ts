/** Writes the checked-in sizes of the circuits; run it after a change of circuits/ and read the difference. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { circuitSnapshot } from "../test/support/circuitSnapshot.js";

const file = fileURLToPath(new URL("../test/snapshots/circuits.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(await circuitSnapshot(), null, 2)}\n`);
console.log(`wrote ${file}`);
