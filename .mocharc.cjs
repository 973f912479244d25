const { readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

// Files run in several processes, two on the smallest machine. The longest begin first, so that none is left alone at the
// end; the rest follow by name.
const LONGEST = [
  "examples/demo",
  "chain/gas",
  "chain/walk",
  "docs",
  "chain/cliVault",
  "parity/statement",
  "web/page",
  "groth16/setup/setup",
];
// What is slow and rarely fails: `npm run test:long` runs it, as CI does, and `npm test` does not.
const LONG = [
  "chain/clearingHouse",
  "circuits/lib/PoseidonChain",
  "clearing/commandLine",
  "clearing/house",
  "clearing/liquidators/processes",
  "clearing/liquidators/reveal",
  "clearing/replay",
  "clearing/trades",
  "examples/docstrings",
  "groth16/ceremony/tampering/",
  "mutate/",
  "package",
  "prove/clearingProofs",
  "risk/backtest/shipped",
  "soundness/deletion",
  "soundness/determinism",
  "soundness/differential",
  "soundness/mutation",
  "soundness/widths",
];
const isLong = (file) => LONG.some((start) => file.startsWith(start));
const rank = (file) => (LONGEST.indexOf(file) + LONGEST.length + 1) % (LONGEST.length + 1);
const files = readdirSync(join(__dirname, "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.replaceAll("\\", "/").replace(/\.test\.ts$/, ""))
  .filter((file) => isLong(file) === (process.env.npm_lifecycle_event === "test:long"))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

module.exports = {
  require: ["test/support/beforeAll.ts"],
  spec: files.map((file) => `test/${file}.test.ts`),
  extension: ["ts"],
  timeout: 600_000,
  reporter: "spec",
  parallel: true,
  jobs: Math.min(4, availableParallelism() + 1),
};
