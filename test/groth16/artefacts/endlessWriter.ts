// Replaces the file of its argument by a large one, again and again, until it is killed.
import { writeAtomic } from "../../../src/groth16/artefacts/writeAtomic.js";

const path = process.argv[2] ?? "";
for (let writes = 0; ; writes++) {
  await writeAtomic(path, "n".repeat(4_000_000));
  if (writes === 0) process.send?.("writing");
}
