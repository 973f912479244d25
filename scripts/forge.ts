/**
 * Runs the forge of this platform's npm package with the given arguments: `tsx scripts/forge.ts test -vv`. Tests that are chosen by
 * `--match-…` write no gas snapshot: forge would drop the entries of all others from its file.
 */
import { spawnSync } from "node:child_process";
import { platformBinary } from "../src/chain/anvil.js";

const args = process.argv.slice(2);
const partial = args.some((arg) => /^--(no-)?match-/.test(arg));
const env = partial ? { FORGE_SNAPSHOT_EMIT: "false", ...process.env } : process.env;
const { status, error } = spawnSync(platformBinary("forge"), args, { stdio: "inherit", env });
if (error) throw error;
process.exit(status ?? 1);
