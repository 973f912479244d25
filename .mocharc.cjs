const { readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

// Files run in several processes, two on the smallest machine. The longest begin first, so that none is left alone at the
// end; the rest follow by name.
const LONGEST = [
  "circuits/snapshot",
  "soundness/deletion",
  "clearing/house",
  "clearing/kills",
  "circuits/lib/PoseidonChain",
  "examples/demo",
  "package",
  "parity/statement",
  "chain/walk",
  "docs",
  "chain/cliVault",
  "chain/cli",
  "web/page",
  "groth16/setup/setup",
];
// What takes more than about 15 seconds and rarely fails: `npm run test:long` runs it, as CI does, and `npm test` does not.
// What stays although it takes longer is the heart: the statement's parity, the walk, the first commands, the documents.
const LONG = [
  "audit/replay/credit",
  "audit/replay/sleeves",
  "audit/replay/tamperings",
  "chain/accountTable",
  "chain/attestServe",
  "chain/badNodes",
  "chain/clearingHouse",
  "chain/cliDerived",
  "chain/cliFeeds",
  "chain/cliRemote",
  "chain/cliVault",
  "chain/credit",
  "chain/dao",
  "chain/gas",
  "chain/liquidator",
  "chain/sleeves",
  "chain/trouble",
  "circuits/clearing/",
  "circuits/lib/KeyAgreement",
  "circuits/lib/PoseidonChain",
  "circuits/margin/CommitBook",
  "circuits/margin/Sleeve",
  "circuits/snapshot",
  "clearing/commandLine",
  "clearing/defaults",
  "clearing/house",
  "clearing/liquidators/processes",
  "clearing/liquidators/reveal",
  "clearing/replay",
  "clearing/trades",
  "cli/riskBacktest",
  "cli/riskSimulate",
  "cli/riskWatch",
  "examples/demo",
  "examples/clearingDemo",
  "examples/docstrings",
  "examples/ownAssets",
  "groth16/ceremony/ceremony",
  "groth16/ceremony/tampering/",
  "groth16/provers",
  "mutate/",
  "package",
  "properties/box",
  "properties/envelope",
  "prove/clearingProofs",
  "queue/cli",
  "queue/kills",
  "queue/proofQueue",
  "risk/backtest/clean",
  "risk/backtest/methods",
  "risk/backtest/shipped",
  "risk/remedy/remedies",
  "serve/defaults",
  "serve/reorganisation",
  "serve/stateKills",
  "soundness/deletion",
  "soundness/determinism",
  "soundness/differential",
  "soundness/mutation",
  "soundness/widths",
  "web/board",
];
// What waits for processes that it kills, for minutes: `npm run test:queue` alone runs it.
const ALONE = ["queue/chaos"];
const isLong = (file) => LONG.some((start) => file.startsWith(start));
const rank = (file) => (LONGEST.indexOf(file) + LONGEST.length + 1) % (LONGEST.length + 1);
const files = readdirSync(join(__dirname, "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.replaceAll("\\", "/").replace(/\.test\.ts$/, ""))
  .filter((file) => !ALONE.includes(file))
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
