#!/usr/bin/env node
// solc for forge: there is no native binary on npm, so this answers the two calls forge makes with the npm package.
const { readFileSync, writeSync } = require("node:fs");
const solc = require("solc");

if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (process.argv.includes("--standard-json")) {
  const output = Buffer.from(solc.compile(readFileSync(0, "utf8")));
  for (let at = 0; at < output.length; ) at += writeSync(1, output, at);
} else {
  console.error("expected --version or --standard-json");
  process.exit(2);
}
