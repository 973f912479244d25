import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ArtefactAlteredError, ArtefactMissingError } from "../../../src/errors.js";
import {
  type ArtefactFile,
  artefactPaths,
  packageRoot,
  pinsPath,
} from "../../../src/groth16/artefacts/layout.js";
import { TIERS } from "../../../src/protocol/tiers.js";
import { loadArtefacts } from "../../../src/prove/artefacts.js";
import type { Task } from "../../soundness/suite/part.js";
import { Random } from "../../support/cases.js";
import { defaultArtefacts } from "../../support/desk.js";
import { FlippableFile, someBits } from "./bits.js";

const [TIER] = TIERS;
type Staged = { readonly home: string; readonly root: string };

/** Artefacts of which one bit is another are not loaded, by the error that names the file. */
export function flipArtefact(name: ArtefactFile | "manifest.json", count: number): Task["run"] {
  return ({ seed }, progress) =>
    staged(async ({ home }) => {
      const path = artefactPaths(home, TIER.name)[name];
      const file = await FlippableFile.open(path);
      const bits = someBits(new Random(seed), file.length, count);
      for (const [i, bit] of bits.entries()) {
        const error = await file.flipped(bit, () => failureOf(loadArtefacts(home, TIER)));
        assert.equal(error?.constructor, ArtefactAlteredError, `bit ${bit} of ${name}: ${error}`);
        const names = name === "manifest.json" ? `${path}: expected ` : `${path}: expected SHA-256 `;
        assert.ok(error.message.startsWith(names), `bit ${bit} of ${name}: ${error.message}`);
        progress(i / bits.length);
      }
      await file.close();
      await loadArtefacts(home, TIER);
      return { cases: bits.length, says: `ArtefactAlteredError, of ${file.length * 8} bits` };
    });
}

/** Pins of which one bit is another: what the package expects of this tier is then another, or is not there. */
export function flipPins(count: number): Task["run"] {
  return ({ seed }, progress) =>
    staged(async ({ home, root }) => {
      const file = await FlippableFile.open(pinsPath(root));
      const text = await readFile(pinsPath(root), "utf8");
      // What is said of other tiers is theirs: the part of this one ends where the next begins.
      const end = text.indexOf(`"${TIERS[1].name}"`);
      const name = text.indexOf(`"${TIER.name}"`) + 1;
      assert.ok(name > 0 && end > name);
      const seen = { ArtefactAlteredError: 0, ArtefactMissingError: 0 };
      const bits = someBits(new Random(seed), end, count);
      for (const [i, bit] of bits.entries()) {
        const error = await file.flipped(bit, () => failureOf(loadArtefacts(home, TIER, { root })));
        const inName = bit >> 3 >= name && bit >> 3 < name + TIER.name.length;
        if (inName && error instanceof ArtefactMissingError) seen.ArtefactMissingError++;
        else {
          assert.equal(error?.constructor, ArtefactAlteredError, `bit ${bit} of the pins: ${error}`);
          seen.ArtefactAlteredError++;
        }
        progress(i / bits.length);
      }
      await file.close();
      await loadArtefacts(home, TIER, { root });
      return {
        cases: bits.length,
        says: Object.entries(seen)
          .map((one) => one.join(" "))
          .join(", "),
      };
    });
}

async function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: Error) => error,
  );
}

/** Copies of the artefacts and of the package's pins, gone afterwards. */
async function staged<T>(work: (folders: Staged) => Promise<T>): Promise<T> {
  const { directory } = await defaultArtefacts();
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-flips-"));
  try {
    const folders = { home: join(folder, "home"), root: join(folder, "root") };
    await cp(dirname(directory), folders.home, { recursive: true });
    await cp(pinsPath(packageRoot()), pinsPath(folders.root), { recursive: true });
    return await work(folders);
  } finally {
    await rm(folder, { recursive: true });
  }
}
