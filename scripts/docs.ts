/** Writes the pages of docs/cli from the commands. With --check it writes nothing, and fails if a page is out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import { cliPages } from "./cliPages.js";

const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(cliPages())) {
  const path = new URL(`../docs/cli/${name}`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(
      `docs/cli/${name}: expected the commands' own help, got another text; run \`npm run docs\``,
    );
    process.exitCode = 1;
  }
}
