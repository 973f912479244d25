import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { onePage } from "./vite/onePage.js";
import { trustedKeys } from "./vite/trustedKeys.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { version } = JSON.parse(readFileSync(path("../package.json"), "utf8"));

/** The verifier's page: `npm run build:web` writes build/web/index.html. ZKMARGIN_HOME names a folder of keys to trust. */
export default defineConfig({
  root: path("."),
  base: "./",
  // The page imports `zkmargin/verify` as anybody does; here the package is these sources.
  resolve: { alias: [{ find: /^zkmargin\/(\w+)$/, replacement: path("../src/entries/$1.ts") }] },
  define: { VERSION: JSON.stringify(version) },
  plugins: [trustedKeys(process.env.ZKMARGIN_HOME), onePage({ wasm: true })],
  // Errors are shown with the names of their classes, the same that the command line and the library have.
  esbuild: { keepNames: true },
  build: {
    outDir: path("../build/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
});
