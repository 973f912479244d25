import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ArtefactMissingError } from "../../errors.js";

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

/** The version of this package, as package.json says. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}
