import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The files that a list of paths stands for, in order: a path that ends with a slash is all files in that folder with
 * that ending, without those of folders in it.
 */
export function filesOf(root: string, paths: readonly string[], ending: string): string[] {
  return paths.flatMap((path) => {
    if (!path.endsWith("/")) return [path];
    const entries = readdirSync(join(root, path), { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending));
    return files.map(({ name }) => path + name).sort();
  });
}
