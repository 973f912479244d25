import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileText } from "../../support/circuit.js";
import type { Specimen } from "./specimens/specimen.js";

const circuits = fileURLToPath(new URL("../../../circuits", import.meta.url));

/**
 * A specimen whose template has a passage of its source replaced. Its own file only: what it includes is as it is.
 * @throws where the source does not have the passage, exactly once
 */
export function broken(specimen: Specimen, passage: string, replacement: string): Specimen {
  const [, file = "", parameters = ""] = /^(\w+\/\w+)\((.*)\)$/.exec(specimen.name) ?? [];
  const source = readFileSync(join(circuits, `${file}.circom`), "utf8");
  if (source.split(passage).length !== 2) throw new Error(`${file}.circom has not exactly once: ${passage}`);
  const text = source
    .replace(passage, () => replacement)
    .replace(/include "(?!circomlib)(?:\.\.\/)?([\w/]+)\.circom"/g, (_, path: string) =>
      path.includes("/") ? `include "../${path}.circom"` : `include "../${dirname(file)}/${path}.circom"`,
    );
  const template = basename(file);
  return {
    ...specimen,
    compile: (flags) =>
      compileText(
        `broken-${template}`,
        `${text}\ncomponent main {public [${specimen.open.join(", ")}]} = ${template}(${parameters});\n`,
        flags,
      ),
  };
}
