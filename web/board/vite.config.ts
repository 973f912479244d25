import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { onePage } from "../vite/onePage.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { version } = JSON.parse(readFileSync(path("../../package.json"), "utf8"));

/** The board that `zkmargin serve` shows: `npm run build:web` writes build/web/board/index.html. */
export default defineConfig({
  root: path("."),
  base: "./",
  define: { VERSION: JSON.stringify(version) },
  plugins: [onePage({ ownServer: true })],
  build: {
    outDir: path("../../build/web/board"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
  },
});
