import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// A folder that liquidators share, as they would share a mailing list: whole files, written once, and read by all.

/** Milliseconds between two looks at the folder. */
export const LOOK = 50;

/** The texts of a folder's files with this ending, in the order of their names. */
export function textsOf(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => readFileSync(join(folder, name), "utf8"));
}

/** Writes a file whole or not at all. One that is there stays. */
export function post(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  if (existsSync(path)) return;
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

/** The text of a file, once it is there. */
export async function awaited(path: string): Promise<string> {
  while (!existsSync(path)) await sleep(LOOK);
  return readFileSync(path, "utf8");
}
