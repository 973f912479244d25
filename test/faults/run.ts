/** `npm run test:faults`: see CONTRIBUTING.md, and `--help`. */
import { runCommand } from "../soundness/suite/command.js";
import { parts } from "./parts.js";

await runCommand({
  script: "test:faults",
  about:
    "Flips bits, kills, fills disks and feeds hostile files, and fails if one of them gets further than it should.",
  example: "--part parsers --task book",
  parts,
  module: new URL("parts.ts", import.meta.url).href,
});
