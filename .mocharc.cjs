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
  "soundness/deletion",
  "parity/statement",
  "web/page",
  "soundness/mutation",
  "soundness/determinism",
  "groth16/setup/setup",
];
const rank = (file) => (LONGEST.indexOf(file) + LONGEST.length + 1) % (LONGEST.length + 1);
const files = readdirSync(join(__dirname, "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.replaceAll("\\", "/").replace(/\.test\.ts$/, ""))
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
