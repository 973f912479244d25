/** `npm run test:soundness`: see CONTRIBUTING.md, and `--help`. */
import { runCommand } from "./command.js";
import { parts } from "./parts.js";

await runCommand({
  script: "test:soundness",
  about: "Attacks the circuits in every way the suite knows, and fails if one of them succeeds.",
  example: "--part mutation --task 'lib/NettedPair(64)'",
  parts,
  module: new URL("parts.ts", import.meta.url).href,
});
