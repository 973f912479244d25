import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";

/** What everybody may read. npm makes the command line's entry executable by itself. */
const MODE = 0o644;

/**
 * Gives all files that npm will pack one mode, whatever the umask was under which they were checked out and built: a tarball
 * holds the modes, and so does its hash. `npm pack` runs it before it packs.
 */
const root = join(import.meta.dirname, "..");
const listed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 2 ** 26,
});
const [packed] = JSON.parse(listed) as { readonly files: readonly { readonly path: string }[] }[];
for (const { path } of packed?.files ?? []) chmodSync(join(root, path), MODE);
