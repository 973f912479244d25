import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { CompileError } from "../../errors.js";

/** One circuit source: its path in the staging folder, with forward slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const LIBRARY = "circomlib";
const INCLUDE = /^[ \t]*include[ \t]+"([^"]+)"[ \t]*;/gm;

/** The path of a tier's main circuit in the staging folder. */
export function mainCircuit(tierName: string): string {
  return `circuits/main/${tierName}.circom`;
}

/**
 * The sources that a tier's circuit is compiled from, and no others, sorted by path: its main circuit and whatever that
 * includes, of this package and of circomlib (wherever the package manager has put it).
 * @throws {CompileError} when a source is absent
 */
export async function collectSources(root: string, tierName: string): Promise<Source[]> {
  const library = dirname(createRequire(import.meta.url).resolve(`${LIBRARY}/package.json`));
  const sources = new Map<string, string>();
  const visit = async (path: string, from: string): Promise<void> => {
    if (sources.has(path)) return;
    const file = path.startsWith(`${LIBRARY}/`) ? join(dirname(library), path) : join(root, path);
    const text = await readFile(file, "utf8").catch(() => {
      throw new CompileError(`${path}: expected a circuit source (included by ${from}), got no file ${file}`);
    });
    sources.set(path, text);
    for (const [, include = ""] of text.matchAll(INCLUDE)) {
      const own = !include.startsWith(`${LIBRARY}/`);
      await visit(own ? posix.join(posix.dirname(path), include) : include, path);
    }
  };
  await visit(mainCircuit(tierName), `tier ${tierName}`);
  return [...sources].map(([path, text]) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 over the paths and texts, each with its length, so that no two sets of sources share it. */
export function hashSources(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of sources) {
    for (const part of [path, text]) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  }
  return hash.digest("hex");
}
