import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { NumberedMutant } from "../mutant.js";
import { instrument } from "./instrument.js";
import { SWITCH_MODULE } from "./switch.js";

const SWITCH_FILE = "src/mutantSwitch.ts";
const COPIED = ["src", "test", "package.json", "tsconfig.json"];
/** Read only, by tests and the package itself. */
const LINKED = ["node_modules", "circuits", "contracts", "examples", "docs", "scripts", "build/keys"];

/** A copy of the project at `stage` whose sources hold all `mutants`, asleep. The project's own files stay as they are. */
export function stageMutants(root: string, stage: string, mutants: readonly NumberedMutant[]): void {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, "build"), { recursive: true });
  for (const name of COPIED) cpSync(join(root, name), join(stage, name), { recursive: true });
  mkdirSync(join(root, "build/keys"), { recursive: true });
  for (const name of LINKED) symlinkSync(join(root, name), join(stage, name));
  writeFileSync(join(stage, SWITCH_FILE), SWITCH_MODULE);
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const own = mutants.filter((mutant) => mutant.file === file);
    const from = posix
      .relative(dirname(file), SWITCH_FILE)
      .replace(/^(?!\.)/, "./")
      .replace(/ts$/, "js");
    writeFileSync(join(stage, file), instrument(readFileSync(join(root, file), "utf8"), own, from));
  }
}
