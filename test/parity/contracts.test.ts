import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { STATUS_NAMES as CONTRACT_STATUSES } from "../../src/chain/generated/enums.js";
import { BOOK_TYPES, SLEEVED_BOOK_TYPES, signingDomain } from "../../src/protocol/attestation.js";
import * as bounds from "../../src/protocol/bounds.js";
import { profileWordCount } from "../../src/protocol/profileWords.js";
import { STATUS_NAMES } from "../../src/protocol/status.js";
import { DEFAULT_TIER, findTier } from "../../src/protocol/tiers.js";

const root = fileURLToPath(new URL("../../contracts", import.meta.url));
const contracts = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sol") && !file.startsWith("generated"))
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");

/** The number that a contract gives a constant itself; fails unless exactly one does. */
function numberOf(name: string): number {
  const found = [...contracts.matchAll(new RegExp(`constant ${name} = ([\\d_]+);`, "g"))];
  assert.ok(found.length > 0, name);
  assert.equal(new Set(found.map(([, number]) => number)).size, 1, name);
  return Number(found[0]?.[1]?.replaceAll("_", ""));
}

describe("the contracts have the protocol's", () => {
  const tier = findTier(DEFAULT_TIER) ?? assert.fail();
  const numbers: Record<string, number> = {
    ROUNDS: bounds.ROUNDS,
    OBSERVATIONS: bounds.OBSERVATIONS,
    MOST: bounds.MOST_ATTESTERS,
    MAX_CONFIDENCE: bounds.CONFIDENCE_MAX,
    MAX_TOKEN_DECIMALS: bounds.TOKEN_DECIMALS_MAX,
    PROFILE_WORDS: profileWordCount(tier),
  };
  for (const [name, number] of Object.entries(numbers))
    it(`${name}, ${number}`, () => {
      assert.equal(numberOf(name), number);
    });

  it("statuses, in their order", () => {
    assert.deepEqual(STATUS_NAMES, CONTRACT_STATUSES);
  });

  it("typed data of an attestation", () => {
    const source = contracts.replace(/"\s*"/g, "");
    for (const [primary, members] of Object.entries({ ...BOOK_TYPES, ...SLEEVED_BOOK_TYPES })) {
      const fields = members.map(({ name, type }) => `${type} ${name}`).join(",");
      assert.ok(source.includes(`"${primary}(${fields})"`), fields);
    }
    const { name, version } = signingDomain({ chainId: 1n, registry: "" });
    assert.ok(source.includes(`EIP712("${name}", "${version}")`));
  });
});
