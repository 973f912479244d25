/**
 * Writes every file that is generated from src/protocol, and the shipped calibrated profile, or with --check fails if one
 * differs from what is on disk.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePriceTable } from "../src/market/history.js";
import * as bounds from "../src/protocol/bounds.js";
import * as claim from "../src/protocol/claim.js";
import * as commitment from "../src/protocol/commitment.js";
import * as note from "../src/protocol/note.js";
import { BORROW_RATE_MAX, type RiskProfile, YEAR_SECONDS } from "../src/protocol/profile.js";
import * as sealedBook from "../src/protocol/sealedBook.js";
import { PUBLIC_SIGNALS, signalCount, signalLayout } from "../src/protocol/signals.js";
import {
  CLEARING_CIRCUITS,
  type ClearingCircuit,
  DEFAULT_TIER,
  findTier,
  TIERS,
  type Tier,
} from "../src/protocol/tiers.js";
import * as transition from "../src/protocol/transition.js";
import { shippedCalibration } from "../src/risk/calibration/calibrate.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const NOTICE = "// Generated from src/protocol by `npm run generate`. Do not edit.\n";

function specCircom(): string {
  return functionsOf({
    BPS: bounds.BPS,
    QUANTITY_BITS: bounds.QUANTITY_BITS,
    PRICE_BITS: bounds.PRICE_BITS,
    FACTOR_BITS: bounds.FACTOR_BITS,
    IMPACT_BITS: bounds.IMPACT_BITS,
    BASIS_BITS: bounds.BASIS_BITS,
    THETA_BITS: bounds.THETA_BITS,
    ENVELOPE_BITS: bounds.ENVELOPE_BITS,
    SUPPORT_BITS: bounds.SUPPORT_BITS,
    CLAIM_BITS: claim.CLAIM_BITS,
    CENT: bounds.CENT,
    SLEEVE_BITS: bounds.SLEEVE_BITS,
    SLACK_BITS: bounds.SLACK_BITS,
    SLEEVE_PER_WORD: commitment.SLEEVE_PER_WORD,
    SLEEVE_WORDS: commitment.SLEEVE_WORDS,
    BOOK_DOMAIN: commitment.BOOK_DOMAIN,
    PACKED_BITS: commitment.PACKED_BITS,
    PACKED_OFFSET: commitment.PACKED_OFFSET,
    QUANTITIES_PER_WORD: commitment.QUANTITIES_PER_WORD,
    POSEIDON_INPUTS: commitment.POSEIDON_INPUTS,
  });
}

/** What the margin statement does not need: its circuits do not change with it. */
function clearingSpecCircom(): string {
  // Where the circuit's sum of multiples of the base begins: circuits/lib/FixedMultiple.circom.
  const start = sealedBook.keyOf(2n << BigInt(bounds.SCALAR_BITS));
  return functionsOf({
    SALT_BITS: bounds.SALT_BITS,
    CLEARED_BITS: bounds.CLEARED_BITS,
    NOTES: bounds.NOTES,
    CLEARED_PER_WORD: sealedBook.CLEARED_PER_WORD,
    NOTE_ASSET_BITS: bounds.NOTE_ASSET_BITS,
    NOTE_SIZE_BITS: bounds.NOTE_SIZE_BITS,
    QUOTE_BITS: bounds.QUOTE_BITS,
    SCALAR_BITS: bounds.SCALAR_BITS,
    BASE_X: sealedBook.BASE.x,
    BASE_Y: sealedBook.BASE.y,
    START_X: start.x,
    START_Y: start.y,
    // Of v² = u³ + A·u² + u, the curve's Montgomery form (ERC-2494).
    MONTGOMERY_A: 168_698,
    NOTE_DOMAIN: note.NOTE_DOMAIN,
    CIPHER_DOMAIN: sealedBook.CIPHER_DOMAIN,
    TRANSITION_DOMAIN: transition.TRANSITION_DOMAIN,
    REVEAL_DOMAIN: transition.REVEAL_DOMAIN,
    TRANSITION_FIXED_WORDS: transition.TRANSITION_FIXED_WORDS,
    TRANSITION_HASHED_WORDS: transition.TRANSITION_HASHED_WORDS,
    TEAR_PRICE_BITS: transition.TEAR_PRICE_BITS,
    REVEAL_FIXED_WORDS: transition.REVEAL_FIXED_WORDS,
  });
}

function functionsOf(numbers: Readonly<Record<string, bigint | number>>): string {
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

function clearingCircom({ statement, assets }: ClearingCircuit): string {
  const template = statement === "transition" ? "BookTransition" : "RevealBook";
  return `${NOTICE}pragma circom 2.1.6;

include "../clearing/${template}.circom";

component main {public [
    hash,
    challenge,
    sum
]} = ${template}(${assets});
`;
}

/** "collateralFactor" as COLLATERAL_FACTOR. */
function constantName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The contracts serve one tier: their signal offsets are constants. */
function specSolidity(tier: Tier): string {
  const numbers: Record<string, bigint | number> = {
    BPS: bounds.BPS,
    PRICE_BITS: bounds.PRICE_BITS,
    FACTOR_BITS: bounds.FACTOR_BITS,
    IMPACT_BITS: bounds.IMPACT_BITS,
    THETA_BITS: bounds.THETA_BITS,
    ENVELOPE_BITS: bounds.ENVELOPE_BITS,
    ENVELOPE_SHIFT: claim.ENVELOPE_AT,
    HEALTHY_SHIFT: claim.HEALTHY_AT,
    ISOLATED_SHIFT: claim.ISOLATED_AT,
    SLEEVE_SHIFT: claim.SLEEVE_AT,
    TAKEN_SHIFT: claim.TAKEN_AT,
    SUPPORT_SHIFT: claim.SUPPORT_AT,
    SUPPORT_BITS: bounds.SUPPORT_BITS,
    PLAIN_CLAIM_BITS: claim.PLAIN_CLAIM_BITS,
    CLAIM_BITS: claim.CLAIM_BITS,
    ODOMETER_UNIT: bounds.ODOMETER_UNIT,
    SLEEVE_BAND_MAX: bounds.SLEEVE_BAND_MAX,
    SLEEVE_FUNDING_WEIGHT: bounds.SLEEVE_FUNDING_WEIGHT,
    MAX_DECIMALS: bounds.MAX_DECIMALS,
    USD_DECIMALS: bounds.USD_DECIMALS,
    LEAST_MOVE: bounds.LEAST_MOVE,
    TIGHTENING_INTERVAL: bounds.TIGHTENING_INTERVAL,
    TIGHTENING_STEP: bounds.TIGHTENING_STEP,
    TIGHTENING_RATE_STEP: bounds.TIGHTENING_RATE_STEP,
    BORROW_RATE_MAX,
    YEAR_SECONDS,
    FIELD_R: bounds.FIELD_R,
    FIELD_Q: bounds.FIELD_Q,
    ASSETS: tier.assets,
    SCENARIOS: tier.scenarios,
    SIGNALS: signalCount(tier),
  };
  for (const [name, { offset }] of signalLayout(tier)) numbers[`SIGNAL_${constantName(name)}`] = offset;
  const constants = Object.entries(numbers).map(
    ([name, value]) => `    uint256 internal constant ${name} = ${value};\n`,
  );
  return `// SPDX-License-Identifier: MIT
${NOTICE}pragma solidity >=0.8.20 <0.9.0;

/// Bounds, units and the order of the public signals of tier ${tier.name}. Signal i has the point IC[i + 1].
library Spec {
${constants.join("")}}
`;
}

/** A profile as TypeScript, one asset and one scenario a line. */
function profileModule(profile: RiskProfile): string {
  const { assets, scenarios, ...rest } = profile;
  const fields = (object: object): string =>
    `{ ${Object.entries(object)
      .map(([name, value]) => `${/^[a-z]\w*$/i.test(name) ? name : JSON.stringify(name)}: ${literal(value)}`)
      .join(", ")} }`;
  const literal = (value: unknown): string =>
    typeof value === "bigint"
      ? `${value}n`
      : typeof value === "object" && value !== null
        ? fields(value)
        : JSON.stringify(value);
  const lines = (items: readonly object[]) => items.map((item) => `    ${fields(item)},\n`).join("");
  return `// Generated from examples/prices/daily-close.csv by \`npm run generate\`. Do not edit.
import type { RiskProfile } from "../../protocol/profile.js";

/** What \`zkmargin risk calibrate\` makes of the shipped daily history: docs/RISK.md. */
export const CALIBRATED: RiskProfile = {
${Object.entries(rest)
  .map(([name, value]) => `  ${name}: ${literal(value)},\n`)
  .join("")}  assets: [
${lines(assets)}  ],
  scenarios: [
${lines(scenarios)}  ],
};
`;
}

const history = parsePriceTable(readFileSync(join(root, "examples/prices/daily-close.csv"), "utf8"));
const defaultTier = findTier(DEFAULT_TIER);
if (defaultTier === undefined) throw new RangeError(`no tier ${DEFAULT_TIER}`);
const files: Record<string, string> = {
  "circuits/lib/Spec.circom": specCircom(),
  "circuits/lib/ClearingSpec.circom": clearingSpecCircom(),
  "contracts/generated/Spec.sol": specSolidity(defaultTier),
  "src/risk/generated/calibrated.ts": profileModule(shippedCalibration(history).profile),
};
for (const tier of TIERS) files[`circuits/main/${tier.name}.circom`] = mainCircom(tier);
for (const circuit of CLEARING_CIRCUITS)
  files[`circuits/main/${circuit.name}.circom`] = clearingCircom(circuit);

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
    `not what is generated now: ${stale.join(", ")}; run \`npm run generate\` and commit the result`,
  );
  process.exit(1);
}
console.log(`${Object.keys(files).length} generated files ${check ? "are up to date" : "written"}`);
