import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the board as `npm run build:web` does. */
export async function builtBoard(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-board-"));
  const configFile = fileURLToPath(new URL("../../web/board/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "silent", build: { outDir: folder } });
  const page = readFileSync(join(folder, "index.html"), "utf8");
  rmSync(folder, { recursive: true });
  return page;
}
