/**
 * `npm run gas`: measures what everything costs on a local chain of its own, prints it, and writes it to
 * test/snapshots/gas.json and docs/GAS.md. Read the difference, then check it in.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LIMITS, measured } from "./gas/limits.js";
import { measureGas } from "./gas/measure.js";
import { gasTables, withTables } from "./gas/table.js";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const [snapshot, page] = [at("test/snapshots/gas.json"), at("docs/GAS.md")];

const report = await measureGas();
console.log(gasTables(report));
await writeFile(snapshot, `${JSON.stringify(report, null, 2)}\n`);
await writeFile(page, withTables(await readFile(page, "utf8"), report));
for (const limit of LIMITS) {
  const got = measured(report, limit);
  if (got <= limit.most) continue;
  console.error(`${limit.row}: expected ${limit.of} of at most ${limit.most}, got ${got}`);
  process.exitCode = 1;
}
