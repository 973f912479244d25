#!/usr/bin/env node
// Nothing is imported before the check: what an older Node does not know would end it in words of its own.
const LEAST_NODE = 20;
const [major = "0"] = process.versions.node.split(".");

if (Number(major) < LEAST_NODE) {
  process.stderr.write(`zkmargin: needs Node ${LEAST_NODE} or later, got ${process.versions.node}\n`);
  process.exitCode = 2;
} else await import("./start.js");

export {};
