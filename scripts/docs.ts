/**
 * Writes the pages of docs/cli from the commands, the tables of docs/WATCHING.md from the service, and which tests show each property
 * and defence from the tests' tags. With
 * --check it writes nothing, and fails if a page is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cliPages } from "./cliPages.js";
import { shownTests } from "./shownTests.js";
import { watchTables } from "./watchTables.js";

const check = process.argv.includes("--check");
const { documents, wrong } = shownTests();
const pages = Object.fromEntries(
  Object.entries(cliPages()).map(([name, text]) => [`docs/cli/${name}`, text]),
);
const problems = [...wrong];
for (const [page, text] of Object.entries({ ...pages, ...documents, ...watchTables() })) {
  const path = new URL(`../${page}`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text)
    problems.push(
      `${page}: expected what the commands and the tests say, got another text; run \`npm run docs\``,
    );
}
for (const each of problems) console.error(each);
if (problems.length > 0) process.exitCode = 1;
