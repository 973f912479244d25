/** Runs the forge of this platform's npm package with the given arguments: `tsx scripts/forge.ts test -vv`. */
import { spawnSync } from "node:child_process";
import { platformBinary } from "../src/chain/anvil.js";

const { status, error } = spawnSync(platformBinary("forge"), process.argv.slice(2), { stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
