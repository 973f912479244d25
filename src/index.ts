/** `zkmargin`: all entries in one. docs/LIBRARY.md documents them; test/snapshots/exports.json lists their names. */

export * from "./entries/abi.js";
export * from "./entries/audit.js";
export * from "./entries/chain.js";
export * from "./entries/clearing.js";
export * from "./entries/protocol.js";
export * from "./entries/prove.js";
export * from "./entries/risk.js";
export * from "./entries/verify.js";
