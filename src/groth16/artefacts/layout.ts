import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import envPaths from "env-paths";
import { ArtefactMissingError } from "../../errors.js";

/** The artefacts of a circuit that the manifest pins, in the order in which they are made. */
export const ARTEFACT_FILES = [
  "circuit.r1cs",
  "circuit.wasm",
  "proving-key.zkey",
  "verification-key.json",
] as const;

export type ArtefactFile = (typeof ARTEFACT_FILES)[number];

export const MANIFEST_FILE = "manifest.json";
export const TRANSCRIPT_FILE = "transcript.json";

/** Files that depend on the circuit alone, whatever its keys were made from. */
export const CIRCUIT_FILES: readonly ArtefactFile[] = ["circuit.r1cs", "circuit.wasm"];

/** The folder of a circuit's artefacts. */
export function artefactFolder(home: string, circuit: string): string {
  return join(home, circuit);
}

/** The paths of a circuit's artefacts and of its manifest. */
export function artefactPaths(
  home: string,
  circuit: string,
): Record<ArtefactFile | typeof MANIFEST_FILE, string> {
  const folder = artefactFolder(home, circuit);
  return {
    "circuit.r1cs": join(folder, "circuit.r1cs"),
    "circuit.wasm": join(folder, "circuit.wasm"),
    "proving-key.zkey": join(folder, "proving-key.zkey"),
    "verification-key.json": join(folder, "verification-key.json"),
    "manifest.json": join(folder, MANIFEST_FILE),
  };
}

/** The transcript of a circuit's ceremony, where its key comes from one. */
export function transcriptPath(home: string, circuit: string): string {
  return join(artefactFolder(home, circuit), TRANSCRIPT_FILE);
}

/** The file, in the package, that pins the artefacts of every circuit. */
export function pinsPath(root: string): string {
  return join(root, "circuits", "artefacts.json");
}

/** The verification key of a circuit that the package ships. */
export function shippedKeyPath(root: string, circuit: string): string {
  return join(root, "circuits", "keys", `${circuit}.development.vkey.json`);
}

const PACKAGE_NAME = "zkmargin";

/**
 * The folder of this package, which holds `circuits/`: found upwards of this module, so that it is the same from the
 * sources, from the built files and from another project's node_modules.
 * @throws {ArtefactMissingError} when this module has been copied out of its package
 */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === PACKAGE_NAME) return folder;
    if (dirname(folder) === folder) {
      throw new ArtefactMissingError(
        `expected the package ${PACKAGE_NAME} around ${start}, got no package.json of that name; reinstall it`,
      );
    }
  }
}

/** Where keys are kept in a checkout of this package, below its folder. */
const CHECKOUT_HOME = "build/keys";

/**
 * The folder in which circuits and keys are kept where none is named: `keys` in the user's data folder (`~/.local/share/zkmargin`, or
 * below `XDG_DATA_HOME`; `~/Library/Application Support/zkmargin`; `%LOCALAPPDATA%\\zkmargin\\Data`). In a checkout of this package
 * it is its own `build/keys`.
 * @param workingFolder what the process calls its own
 *
 * @example
 * ```ts
 * import { defaultHome } from "zkmargin/prove";
 *
 * const keys = defaultHome(folder); // for loadArtefacts, after `zkmargin setup`
 * console.log(keys.length > 0); // true
 * ```
 */
export function defaultHome(workingFolder: string): string {
  return isCheckout(workingFolder)
    ? CHECKOUT_HOME
    : join(envPaths(PACKAGE_NAME, { suffix: "" }).data, "keys");
}

/** Whether a folder is this package's own, with its sources. */
function isCheckout(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return name === PACKAGE_NAME && existsSync(join(folder, "src", "groth16"));
  } catch {
    return false;
  }
}

/** The version of this package, as package.json says. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}
