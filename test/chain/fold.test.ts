import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { keccak256 } from "ethers";
import {
  pointOf,
  tableBytes,
  tableHash,
  verifyingKeyWords,
  wordsOfG2,
} from "../../src/chain/verificationKey.js";
import { OutOfRangeError } from "../../src/errors.js";
import { parseVerificationKey } from "../../src/groth16/verificationKey.js";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";
import { multiScalarSum, type Point } from "../../src/protocol/folding.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { denseRisk, type RiskProfile } from "../../src/protocol/profile.js";
import { profileWordCount, profileWords, readProfileWords } from "../../src/protocol/profileWords.js";
import { TIERS, type Tier } from "../../src/protocol/tiers.js";
import { PRESETS } from "../../src/risk/presets.js";

interface Vectors {
  readonly key: Readonly<Record<"alpha" | "beta" | "gamma" | "delta" | "ic", readonly string[]>>;
  readonly markets: readonly { readonly profile: readonly string[] }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(fileURLToPath(new URL("../vectors/proofs.json", import.meta.url)), "utf8"),
);
const G: Point = { x: 1n, y: 2n };
const at = (i: number): Point => ({
  x: BigInt(vectors.key.ic[2 * i] ?? 0),
  y: BigInt(vectors.key.ic[2 * i + 1] ?? 0),
});

describe("protocol/folding", () => {
  it("adds as the group does", () => {
    const double = multiScalarSum([{ point: G, scalar: 2n }]);
    assert.deepEqual(double, {
      x: 1368015179489954701390400359078579693043519447331113978918064868415326638035n,
      y: 9918110051302171585080402603319702774565515993150576347155970296011118125764n,
    });
    assert.deepEqual(
      multiScalarSum([
        { point: G, scalar: 1n },
        { point: G, scalar: 1n },
      ]),
      double,
    );
    assert.deepEqual(multiScalarSum([{ point: G, scalar: FIELD_R - 1n }]), { x: 1n, y: FIELD_Q - 2n });
    assert.deepEqual(
      multiScalarSum([
        { point: G, scalar: 5n },
        { point: G, scalar: FIELD_R - 5n },
      ]),
      { x: 0n, y: 0n },
    );
    assert.deepEqual(multiScalarSum([{ point: { x: 0n, y: 0n }, scalar: 7n }]), { x: 0n, y: 0n });
    assert.deepEqual(multiScalarSum([]), { x: 0n, y: 0n });
  });

  // shows: P31
  it("distributes over the points of a real key", () => {
    const [a, b] = [123_456_789n, FIELD_R - 987_654_321n];
    const apart = [
      multiScalarSum([{ point: at(1), scalar: a }]),
      multiScalarSum([{ point: at(2), scalar: b }]),
    ];
    const together = multiScalarSum([
      { point: at(1), scalar: a },
      { point: at(2), scalar: b },
    ]);
    assert.deepEqual(multiScalarSum(apart.map((point) => ({ point, scalar: 1n }))), together);
  });

  it("adds infinity from either side", () => {
    const nothing = { point: G, scalar: 0n };
    const once = { point: G, scalar: 1n };
    assert.deepEqual(multiScalarSum([once, nothing]), G);
    assert.deepEqual(multiScalarSum([nothing, once]), G);
    assert.deepEqual(multiScalarSum([once, { point: { x: 0n, y: 0n }, scalar: 1n }]), G);
  });

  it("takes scalars modulo the order of the group", () => {
    for (const scalar of [1n, 1n + FIELD_R, 1n - FIELD_R, 1n - 3n * FIELD_R])
      assert.deepEqual(multiScalarSum([{ point: G, scalar }]), G);
  });

  it("refuses what is no point", () => {
    for (const point of [
      { x: 1n, y: 3n },
      { x: 1n, y: FIELD_Q + 2n },
      { x: 0n, y: 5n },
      { x: 5n, y: 0n },
      { x: -1n, y: 2n },
      { x: 1n, y: -2n },
      { x: 1n - FIELD_Q, y: 2n },
      { x: 1n, y: 2n - FIELD_Q },
      { x: 1n + FIELD_Q, y: 2n },
    ])
      assert.throws(() => multiScalarSum([{ point, scalar: 1n }]), RangeError, `${point.x}, ${point.y}`);
  });
});

describe("chain/verificationKey", () => {
  it("turns the points of snarkjs' JSON into those of the EVM", () => {
    assert.deepEqual(pointOf(["3", "4", "1"]), { x: 3n, y: 4n });
    assert.deepEqual(pointOf(["0", "1", "0"]), { x: 0n, y: 0n });
    assert.deepEqual(
      wordsOfG2([
        ["1", "2"],
        ["3", "4"],
        ["1", "0"],
      ]),
      [2n, 1n, 4n, 3n],
    );
  });

  it("is the key that the contracts were tested with", () => {
    const key = parseVerificationKey(
      readFileSync(
        fileURLToPath(new URL("../../circuits/keys/16x16.development.vkey.json", import.meta.url)),
        "utf8",
      ),
      "key",
    );
    const { alpha, beta, gamma, delta, ic1, ic2 } = verifyingKeyWords(key);
    const point = ({ x, y }: Point) => [x, y];
    assert.deepEqual(
      { alpha: point(alpha), beta, gamma, delta },
      {
        alpha: vectors.key.alpha.map(BigInt),
        beta: vectors.key.beta.map(BigInt),
        gamma: vectors.key.gamma.map(BigInt),
        delta: vectors.key.delta.map(BigInt),
      },
    );
    assert.deepEqual([ic1, ic2], [at(1), at(2)]);
    const table = vectors.key.ic.map((word) => BigInt(word).toString(16).padStart(64, "0")).join("");
    assert.equal(tableBytes(key), `0x${table}`);
    assert.equal(tableHash(key), keccak256(`0x${table}`));
  });
});

describe("protocol/profileWords", () => {
  const [tier] = TIERS;

  it("is what the contracts were tested with", () => {
    const words = profileWords(
      PRESETS.find(({ name }) => name === "portfolio-margin") ?? assert.fail(),
      tier,
    );
    assert.equal(words.length, profileWordCount(tier));
    assert.deepEqual(words, vectors.markets[0]?.profile.map(BigInt));
  });

  it("takes as many words as a tier has lanes for", () => {
    const counts = TIERS.map((one) => profileWordCount(one));
    assert.deepEqual(counts, [1 + 4 + 4 + 16, 1 + 4 * 2 + 8 + 16 * 2]);
    // Eighteen lanes take two words, the second of which is hardly used.
    assert.equal(profileWordCount({ ...tier, assets: 18, scenarios: 3 }), 1 + 4 * 2 + 5 + 3 * 2);
  });

  it("reads each lane to its full width, and nothing beside it", () => {
    const ones = 2n ** 256n - 1n;
    const words = new Array<bigint>(profileWordCount(tier)).fill(ones);
    const full = readProfileWords(words, DEFAULT_LISTING, tier, 3n);
    const head = (profile: RiskProfile) => [
      ...[profile.pnlFactor, profile.shockCap],
      ...[profile.maxBorrowRate, profile.bookMaxAge],
    ];
    assert.deepEqual(head(full), [2 ** 16 - 1, 2 ** 16 - 1, 2 ** 32 - 1, 2 ** 32 - 1]);
    for (const { collateralFactor, debtFactor, perpMargin, liquidity, impact } of full.assets)
      assert.deepEqual(
        [collateralFactor, debtFactor, perpMargin, liquidity, impact],
        [65_535, 65_535, 65_535, 65_535, 2n ** 64n - 1n],
      );
    // Every second lane of the first word is empty, and stays so.
    const odd = 0xffff_ffff_0000_ffffn;
    const even = ones ^ odd;
    assert.deepEqual(head(readProfileWords([odd, ...words.slice(1)], DEFAULT_LISTING, tier, 3n)), [
      ...[65_535, 0, 2 ** 32 - 1, 0],
    ]);
    assert.deepEqual(head(readProfileWords([even, ...words.slice(1)], DEFAULT_LISTING, tier, 3n)), [
      ...[0, 65_535, 0, 2 ** 32 - 1],
    ]);
  });

  it("refuses a word too few or too many, and what its lane does not hold", () => {
    const [profile] = PRESETS;
    const words = profileWords(profile ?? assert.fail(), tier);
    for (const given of [words.slice(1), [...words, 0n]])
      assert.throws(() => readProfileWords(given, DEFAULT_LISTING, tier, 3n), OutOfRangeError);
    const bookMaxAge = 2 ** 32;
    const wide = { ...(profile ?? assert.fail()), maxBorrowRate: 0, bookMaxAge };
    assert.throws(() => profileWords(wide, tier), OutOfRangeError);
    assert.doesNotThrow(() => profileWords({ ...wide, bookMaxAge: bookMaxAge - 1 }, tier));
  });

  it("names a profile by its epoch, and its scenarios by their number", () => {
    const [profile] = PRESETS;
    const again = readProfileWords(profileWords(profile ?? assert.fail(), tier), DEFAULT_LISTING, tier, 3n);
    assert.equal(again.name, "epoch 3");
    assert.deepEqual(
      again.scenarios.map(({ name }) => name),
      Array.from({ length: tier.scenarios }, (_, s) => `scenario ${s + 1}`),
    );
  });

  it("gives back every parameter of every shipped profile", () => {
    // Eighteen lanes end within a word.
    const tiers: readonly Tier[] = [...TIERS, { ...tier, assets: 18 }];
    for (const [profile, tier] of PRESETS.flatMap((preset) => tiers.map((one) => [preset, one] as const))) {
      const words = profileWords(profile, tier);
      const again = readProfileWords(words, DEFAULT_LISTING, tier, 3n);
      assert.deepEqual(denseRisk(again, tier), denseRisk(profile, tier));
      assert.deepEqual([again.maxBorrowRate, again.bookMaxAge], [profile.maxBorrowRate, profile.bookMaxAge]);
      assert.deepEqual(profileWords(again, tier), words);
    }
  });
});
