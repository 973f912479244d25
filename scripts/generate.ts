/**
 * Writes every file that is generated from src/spec, or with --check fails if one differs from what is on disk.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as bounds from "../src/spec/bounds.js";
import { CLAIM_BITS } from "../src/spec/claim.js";
import * as commitment from "../src/spec/commitment.js";
import { PUBLIC_SIGNALS } from "../src/spec/signals.js";
import { TIERS, type Tier } from "../src/spec/tiers.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const NOTICE = "// Generated from src/spec by `npm run generate`. Do not edit.\n";

function specCircom(): string {
  const numbers: Record<string, bigint | number> = {
    BPS: bounds.BPS,
    QUANTITY_BITS: bounds.QUANTITY_BITS,
    PRICE_BITS: bounds.PRICE_BITS,
    FACTOR_BITS: bounds.FACTOR_BITS,
    IMPACT_BITS: bounds.IMPACT_BITS,
    BASIS_BITS: bounds.BASIS_BITS,
    THETA_BITS: bounds.THETA_BITS,
    ENVELOPE_BITS: bounds.ENVELOPE_BITS,
    CLAIM_BITS,
    BOOK_DOMAIN: commitment.BOOK_DOMAIN,
    PACKED_BITS: commitment.PACKED_BITS,
    PACKED_OFFSET: commitment.PACKED_OFFSET,
    QUANTITIES_PER_WORD: commitment.QUANTITIES_PER_WORD,
    POSEIDON_INPUTS: commitment.POSEIDON_INPUTS,
  };
  const functions = Object.entries(numbers).map(
    ([name, value]) => `function ${name}() {\n    return ${value};\n}\n`,
  );
  return `${NOTICE}pragma circom 2.1.6;\n\n${functions.join("\n")}`;
}

function mainCircom(tier: Tier): string {
  const names = PUBLIC_SIGNALS.map(({ name }) => name);
  return `${NOTICE}pragma circom 2.1.6;

include "../margin/MarginStatement.circom";

component main {public [
    ${names.join(",\n    ")}
]} = MarginStatement(${tier.assets}, ${tier.scenarios});
`;
}

const files: Record<string, string> = { "circuits/lib/Spec.circom": specCircom() };
for (const tier of TIERS) files[`circuits/main/${tier.name}.circom`] = mainCircom(tier);

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, text] of Object.entries(files)) {
  const file = join(root, path);
  if (check) {
    if (readFileSync(file, "utf8") !== text) stale.push(path);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (stale.length > 0) {
  console.error(
    `not what src/spec generates: ${stale.join(", ")}; run \`npm run generate\` and commit the result`,
  );
  process.exit(1);
}
console.log(`${Object.keys(files).length} generated files ${check ? "are up to date" : "written"}`);
