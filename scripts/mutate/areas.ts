/** A part of the TypeScript sources with the tests that must notice a fault in it. */
export interface Area {
  readonly name: string;
  /** Files below the root; a folder's name with a slash at its end stands for all in it, folders apart. */
  readonly sources: readonly string[];
}

/** What encodes, parses, verifies, and the reference model. */
export const AREAS: readonly Area[] = [
  { name: "spec: numbers, claims, listings, strict parsing", sources: ["src/spec/"] },
  { name: "book: parsing, packing, commitment", sources: ["src/book/"] },
  { name: "margin: the reference model", sources: ["src/margin/"] },
  { name: "market: parsing, prices of a day", sources: ["src/market/"] },
  {
    name: "prove: bundles, verification, checks of artefacts",
    sources: [
      "src/witness/signals.ts",
      "src/prove/bundle.ts",
      "src/prove/verify.ts",
      "src/prove/words.ts",
      "src/prove/groth16/verifier.ts",
      "src/prove/groth16/pairing.ts",
      "src/prove/groth16/words.ts",
      "src/prove/artefacts/checkManifest.ts",
      "src/prove/artefacts/load.ts",
      "src/prove/artefacts/manifest.ts",
      "src/prove/artefacts/pins.ts",
      "src/prove/artefacts/verificationKey.ts",
      "src/prove/setup/keyLineage.ts",
    ],
  },
  {
    name: "chain: words of keys, profiles and points",
    sources: [
      "src/chain/verificationKey.ts",
      "src/chain/profileWords.ts",
      "src/chain/bn254.ts",
      "src/chain/bundle.ts",
    ],
  },
];

/**
 * The tests that mutants meet: those of these layers that need no chain, compile no circuit and prove little. What only
 * the others notice survives here.
 */
export const TESTS: readonly string[] = [
  "test/spec/",
  "test/book/",
  "test/margin/",
  "test/market/",
  "test/properties/",
  "test/prove/bundle.test.ts",
  "test/prove/artefacts/",
  "test/chain/fold.test.ts",
  "test/risk/margin.test.ts",
  "test/risk/scenarioMargin.test.ts",
  "test/risk/presets.test.ts",
];

/** Titles of tests that take so long that only mutants of the source they are named after meet them. */
export const SLOW: readonly RegExp[] = [
  /^the envelope theorem/,
  /^what-if/,
  /^listedOn/,
  /^writeAtomic/,
  /builds a market for every date/,
  /is accepted by the stock command line/,
];

/** Functions that do nothing but find words for an error; tests match its class and its path. */
export const WORDING: ReadonlySet<string> = new Set([
  "src/spec/decimal.ts › notation",
  "src/spec/decimal.ts › decimalsAllowed",
  "src/spec/objectReader.ts › kind",
]);
