import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { NumberedMutant } from "../mutant.js";
import { instrumentContract } from "./instrument.js";

const LIBRARY = fileURLToPath(new URL("Mutants.sol", import.meta.url));
const COMPILER = fileURLToPath(new URL("solc.sh", import.meta.url));
const LIBRARY_FILE = "contracts/Mutants.sol";
const LINKED = ["node_modules", "scripts", "circuits"];

/** A copy of the contracts and their tests at `stage` that holds all `mutants`, asleep; what forge has built there stays. */
export function stageContracts(root: string, stage: string, mutants: readonly NumberedMutant[]): void {
  for (const name of ["contracts", "test", ...LINKED])
    rmSync(join(stage, name), { recursive: true, force: true });
  mkdirSync(join(stage, "notes"), { recursive: true });
  cpSync(join(root, "contracts"), join(stage, "contracts"), { recursive: true });
  cpSync(join(root, "test/contracts"), join(stage, "test/contracts"), { recursive: true });
  // They take minutes.
  rmSync(join(stage, "test/contracts/invariants"), { recursive: true });
  cpSync(join(root, "test/vectors"), join(stage, "test/vectors"), { recursive: true });
  for (const name of LINKED) symlinkSync(join(root, name), join(stage, name));
  writeFileSync(join(stage, "foundry.toml"), settings(readFileSync(join(root, "foundry.toml"), "utf8")));
  const { version } = createRequire(import.meta.url)("solc") as { version(): string };
  const compiler = readFileSync(COMPILER, "utf8")
    .replace("VERSION", version())
    .replace("NODE", process.execPath);
  writeFileSync(join(stage, "solc.sh"), compiler, { mode: 0o755 });
  writeFileSync(join(stage, LIBRARY_FILE), readFileSync(LIBRARY));
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const own = mutants.filter((mutant) => mutant.file === file);
    const from = posix.relative(dirname(file), LIBRARY_FILE).replace(/^(?!\.)/, "./");
    writeFileSync(join(stage, file), instrumentContract(readFileSync(join(root, file), "utf8"), own, from));
  }
}

/** The project's settings, but for room for larger code and for notes. */
function settings(toml: string): string {
  return toml
    .replace(/^solc = .*$/m, 'solc = "./solc.sh"')
    .replace(/^optimizer = .*$/m, "optimizer = false\ncode_size_limit = 1000000")
    .replace(/^fs_permissions = \[/m, 'fs_permissions = [{ access = "write", path = "./notes" }, ')
    .replace(/^gas_snapshot_check = .*$/m, "gas_snapshot_check = false")
    .replace(/^runs = 256$/m, "runs = 8");
}
