import assert from "node:assert/strict";
import { getLocation } from "jsonc-parser";
import { run } from "../../../src/cli/run.js";
import type { Task } from "../../soundness/suite/part.js";
import { Random } from "../../support/cases.js";
import { provenBundle } from "../provenBundle.js";
import { someBits } from "./bits.js";

/** What no JSON, or no JSON of this format, is told as: wherever the bit is, it may hit a quotation mark or a name. */
const ANYWHERE = [
  ...["MalformedError", "FormatError", "MissingFieldError", "UnknownFieldError", "DuplicateFieldError"],
];
/** By the field that the bit is in, what else it is told as. */
const IN_FIELD: Record<string, readonly string[]> = {
  format: [],
  statement: ["StatementMismatchError", "OutOfRangeError"],
  tier: ["TierMismatchError"],
  commitment: ["InvalidProofError", "OutOfRangeError"],
  claim: ["StatementMismatchError", "OutOfRangeError"],
  marketDigest: ["StatementMismatchError"],
  market: [
    ...["StatementMismatchError", "OutOfRangeError", "CrossedPricesError", "UnknownAssetError"],
    ...["DuplicateAssetError", "PrecisionError", "TooManyError"],
  ],
  proof: ["InvalidProofError", "OutOfRangeError"],
  verificationKeyHash: ["KeyMismatchError"],
  key: ["StatementMismatchError"],
};

/** `verify` believes no bundle of which one bit is another, and says by its error what is wrong with it. */
export function flipBundle(count: number): Task["run"] {
  return async ({ seed }, progress) => {
    const bundle = await provenBundle();
    const bytes = Buffer.from(bundle);
    assert.equal((await verified(bytes)).code, 0);
    const seen = new Map<string, number>();
    const bits = someBits(new Random(seed), bytes.length, count);
    for (const [i, bit] of bits.entries()) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { code, error } = await verified(flipped);
      const at = Buffer.from(bytes.subarray(0, bit >> 3)).toString().length;
      const [field = "format"] = getLocation(bundle, at).path;
      const allowed = [...ANYWHERE, ...(IN_FIELD[field] ?? [])];
      assert.ok(
        code !== 0 && allowed.includes(error),
        `bit ${bit}, in ${field}: ${error}, exit code ${code}`,
      );
      seen.set(error, (seen.get(error) ?? 0) + 1);
      progress(i / bits.length);
    }
    const says = [...seen].sort(([, a], [, b]) => b - a).map(([name, n]) => `${name} ${n}`);
    return { cases: bits.length, says: says.join(", ") };
  };
}

async function verified(bundle: Uint8Array): Promise<{ code: number; error: string }> {
  let err = "";
  const code = await run(["verify", "-", "--json"], {
    out: () => undefined,
    err: (text) => {
      err += text;
    },
    stdin: async () => bundle,
    interactive: false,
    invocation: "zkmargin",
  });
  return { code, error: err === "" ? "" : JSON.parse(err).error.name };
}
