#!/usr/bin/env node
// The project's solc for forge, but that it knows its version without being loaded: forge asks for it at every run.
const path = require("node:path");
if (process.argv.includes("--version"))
  console.log(`solc, the solidity compiler commandline interface\nVersion: VERSION`);
else require(path.join(__dirname, "scripts/solc.cjs"));
