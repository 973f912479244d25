import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../prove/artefacts/packageRoot.js";

/** The version in package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}
