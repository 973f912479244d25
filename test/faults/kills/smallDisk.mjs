/**
 * Runs a command with its files on a disk of its own that has so many bytes left, then with room, and says what each
 * run did and left, as JSON. To be started in a mount namespace of its own: arguments are the folder to mount on, the
 * bytes, and the command.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, left, ...command] = process.argv.slice(2);
const PAGE = 4096;
const mount = (...options) => {
  const { status, stderr } = spawnSync("mount", [...options, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
};
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "filler")
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")]);
const run = () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  return { code: status, signal, out: stdout, err: stderr, files: Object.fromEntries(files()) };
};

mount("-t", "tmpfs", "-o", `size=${Math.ceil(Number(left) / PAGE) * PAGE + PAGE}`, "none");
writeFileSync(join(folder, "filler"), Buffer.alloc(PAGE));
const full = run();
mount("-o", "remount,size=64m");
process.stdout.write(JSON.stringify([full, run()]));
