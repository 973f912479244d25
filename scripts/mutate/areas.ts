/** A part of the TypeScript sources with the tests that must notice a fault in it. */
export interface Area {
  readonly name: string;
  /** Files below the root; a folder's name with a slash at its end stands for all in it, folders apart. */
  readonly sources: readonly string[];
  /** Those of the layer, and of the ones that stand on it, that need no chain, compile no circuit and prove little. */
  readonly tests: readonly string[];
}

const MARKET_TESTS = [
  "build",
  "depths",
  "file",
  "funding",
  "history",
  "listedOn",
  "priceFiles",
  "priceReaders",
  "priceTable",
  "profile",
].map((name) => `test/market/${name}.test.ts`);

const files = (names: readonly string[]) => names.map((name) => `src/protocol/${name}.ts`);
/** What parses a part of a statement; the rest of the protocol is the reference model. */
const PARSED = ["bounds", "claim", "commitment", "listing", "listingFile", "signals", "tiers"];
const MODEL = ["checks", "health", "profile", "statement", "types", "whatIf"];
const tests = (names: readonly string[]) => names.map((name) => `test/protocol/${name}.test.ts`);

/** What encodes, parses, verifies, and the reference model. */
export const AREAS: readonly Area[] = [
  {
    name: "encoding and protocol: numbers, claims, listings, strict parsing",
    sources: ["src/encoding/", ...files(PARSED)],
    tests: [
      "test/encoding/",
      ...tests(["bounds", "claim", "listing", "signals"]),
      "test/book/",
      ...MARKET_TESTS,
      "test/chain/fold.test.ts",
    ],
  },
  { name: "book: parsing, packing, commitment", sources: ["src/book/"], tests: ["test/book/"] },
  {
    name: "protocol: the reference model",
    sources: files(MODEL),
    tests: [
      ...tests(["bands", "checks", "health", "statement", "whatIf"]),
      "test/market/profile.test.ts",
      "test/market/file.test.ts",
      "test/market/build.test.ts",
      "test/risk/margin.test.ts",
      "test/risk/scenarioMargin.test.ts",
    ],
  },
  { name: "market: parsing, the prices of a day", sources: ["src/market/"], tests: MARKET_TESTS },
  {
    name: "prove: bundles, verification, checks of artefacts",
    sources: [
      "src/prove/bundle.ts",
      "src/prove/bundleVerifier.ts",
      "src/prove/statement.ts",
      "src/prove/statementWords.ts",
      "src/groth16/verifier.ts",
      "src/groth16/pairing.ts",
      "src/groth16/field.ts",
      "src/groth16/artefacts/manifest.ts",
      "src/groth16/artefacts/load.ts",
      "src/groth16/verificationKey.ts",
    ],
    tests: [
      "test/prove/bundle.test.ts",
      "test/prove/words.test.ts",
      "test/groth16/artefacts/load.test.ts",
      "test/groth16/artefacts/manifest.test.ts",
      "test/groth16/keyGate.test.ts",
    ],
  },
  {
    name: "chain: words of keys, profiles and points",
    sources: ["src/chain/verificationKey.ts", "src/protocol/profileWords.ts", "src/protocol/folding.ts"],
    tests: ["test/chain/fold.test.ts"],
  },
];

/** Titles of tests that take so long that no mutant meets them, or only those of the source they are named after. */
export const SLOW: readonly RegExp[] = [
  /builds a market for every date/,
  /lets every shipped profile build a market/,
  /is accepted by the stock command line/,
  /hashes as circomlib does/,
  /accepts nothing that JSON.parse refuses/,
  /^what-if/,
];

/** Functions that do nothing but find words for an error; tests match its class and its path. */
export const WORDING: ReadonlySet<string> = new Set([
  "src/encoding/decimal.ts › notation",
  "src/encoding/decimal.ts › decimalsAllowed",
  "src/encoding/strictJson.ts › kindOf",
]);
