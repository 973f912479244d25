import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FormatError, OutOfRangeError } from "../../src/errors.js";
import { type Claim, packClaim, unpackClaim } from "../../src/protocol/claim.js";
import { assertFails } from "../support/failure.js";

const claim: Claim = { theta: 10_000, envelope: 0, healthy: true, isolated: false };

const vectors = JSON.parse(readFileSync("test/vectors/claim.json", "utf8"));

describe("claim", () => {
  it("equals its vectors", () => {
    for (const { word, support, ...vector } of vectors.claims) {
      const claim: Claim = { ...vector, ...(support === undefined ? {} : { support: BigInt(support) }) };
      assert.equal(packClaim(claim), BigInt(word));
      assert.deepEqual(unpackClaim(BigInt(word)), claim);
    }
    for (const word of vectors.refused) assert.throws(() => unpackClaim(BigInt(word)), OutOfRangeError, word);
  });

  it("packs θ, envelope, verdict and isolated into 32 bits, the sleeve's bit and support above them", () => {
    const plain = { theta: 0x2711, envelope: 0x1f4, healthy: true, isolated: true };
    assert.equal(packClaim(plain), 0x2711n | (0x1f4n << 16n) | (3n << 30n));
    const rest = 0x2711n | (0x1f4n << 16n) | (1n << 30n);
    const sleeved = { ...plain, isolated: false, sleeve: true };
    assert.equal(packClaim(sleeved), rest | (1n << 32n));
    assert.equal(packClaim({ ...sleeved, support: 5n }), rest | (1n << 32n) | (5n << 34n));
    assert.equal(packClaim({ ...sleeved, support: -5n }), rest | (3n << 32n) | (5n << 34n));
  });

  it("packs an absent sleeve as none, and an absent support as nothing", () => {
    assert.equal(packClaim({ ...claim, sleeve: false, support: 0n }), packClaim(claim));
    assert.deepEqual(unpackClaim(packClaim({ ...claim, sleeve: false, support: 0n })), claim);
  });

  it("refuses what is out of bounds, naming the field", () => {
    const refused = (
      edit: object,
      path: string,
      kind: typeof OutOfRangeError | typeof FormatError = OutOfRangeError,
    ) =>
      assert.throws(
        () => packClaim({ ...claim, ...edit }),
        (error: unknown) => error instanceof kind && error.path === path,
      );
    refused({ theta: 0 }, "claim.theta");
    refused({ theta: 65_536 }, "claim.theta");
    refused({ theta: 1.5 }, "claim.theta", FormatError);
    refused({ theta: Number.NaN }, "claim.theta", FormatError);
    refused({ envelope: -1 }, "claim.envelope");
    refused({ envelope: 10_001 }, "claim.envelope");
    refused({ healthy: false, envelope: 1 }, "claim.envelope");
    refused({ isolated: true, sleeve: true }, "claim.sleeve");
    refused({ support: 1n << 56n }, "claim.support");
    refused({ support: -(1n << 56n) }, "claim.support");
    const most = (1n << 56n) - 1n;
    for (const support of [most, -most])
      assert.equal(unpackClaim(packClaim({ ...claim, support })).support, support);
  });
  it("refuses a word that packs no claim", () => {
    for (const word of [
      0n,
      1n | (1n << 33n),
      1n | (1n << 90n),
      1n | (3n << 31n),
      1n | (1n << 30n) | (1n << 253n),
      -1n,
      1n | (10_001n << 16n) | (1n << 30n),
      1n | (1n << 16n),
    ])
      assert.throws(() => unpackClaim(word), OutOfRangeError, `${word}`);
    assertFails(() => unpackClaim(0n), OutOfRangeError, "claim.theta");
    assertFails(() => unpackClaim(-1n), OutOfRangeError, "claim");
  });
});
