/**
 * Loaded into a command's process before it begins (`node --import`): its disk then fills, or it is killed, at one step
 * of its writing. Steps are the calls that change files, counted from 0. FAULT says what happens:
 *
 *   count:<file>          nothing; the number of steps is written to that file at the end
 *   kill:<step>:before    SIGKILL before the step, `after` it, or with `half` of its bytes written
 *   full:<step>:write     from that step on, writing puts half of the bytes down and fails;
 *   full:<step>:create    so does making a file or folder;
 *   full:<step>:late      writing succeeds, and flushing fails
 */
import fs from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const [kind = "count", where = "", how = ""] = (process.env.FAULT ?? "").split(":");
const { writeFileSync } = fs;
let steps = 0;

const SYSCALLS = { write: "write", create: "open", flush: "fsync", other: "rename" };
const SYSTEM = /^\/(proc|dev)\//;
const CHANGES = /[wa+]/;

/** Counts a step. `act` does it; `half` puts half of its bytes down, where it has any; `fail` is what a full disk does. */
function step(type, act, half, fail) {
  const at = steps++;
  if (kind === "kill" && at === Number(where)) {
    if (how === "before") die();
    return then(how === "half" && half ? half() : act(), die);
  }
  const fails = { write: ["write"], create: ["write", "create"], late: ["flush"] }[how] ?? [];
  if (kind === "full" && at >= Number(where) && fails.includes(type))
    return then(type === "write" && half ? half() : undefined, fail);
  return act();
}

const die = () => process.kill(process.pid, "SIGKILL");
/** `next` after what may be a promise. */
const then = (value, next) => (value instanceof Promise ? value.then(next) : next());
/** The error of a full disk, as the file system has it: of an open file without its name. */
const noSpace = (syscall, path) =>
  Object.assign(new Error(`ENOSPC: no space left on device, ${syscall}`), {
    ...{ errno: -28, code: "ENOSPC", syscall },
    ...(path === undefined ? {} : { path: String(path) }),
  });

const halfOf = (data) =>
  typeof data === "string" ? data.slice(0, data.length >> 1) : data.subarray(0, data.length >> 1);

/** Takes the place of `object[name]`: a step of a type, whose bytes, if any, are argument number `data`. */
function wrap(object, name, type, { data, path, isStep = () => true } = {}) {
  const original = object[name];
  object[name] = function (...args) {
    const act = () => original.apply(this, args);
    if ((path !== undefined && SYSTEM.test(String(args[path]))) || !isStep(args)) return act();
    const bytes = data === undefined ? undefined : args[data];
    const half =
      typeof bytes === "string" || ArrayBuffer.isView(bytes)
        ? () => original.apply(this, args.with(data, halfOf(bytes)))
        : undefined;
    const error = noSpace(SYSCALLS[type], type === "create" ? args[path] : undefined);
    const fail = () => {
      if (object === fs) throw error;
      return Promise.reject(error);
    };
    return step(type, act, half, fail);
  };
}

if (isMainThread) {
  const handle = await promises.open("/dev/null");
  const handles = Object.getPrototypeOf(handle);
  await handle.close();
  const opens = { path: 0, isStep: ([, flags = "r"]) => typeof flags === "number" || CHANGES.test(flags) };
  for (const name of ["writeFile", "appendFile", "write"]) wrap(handles, name, "write", { data: 0 });
  for (const name of ["sync", "datasync"]) wrap(handles, name, "flush");
  wrap(handles, "truncate", "other");
  wrap(promises, "open", "create", opens);
  for (const name of ["writeFile", "appendFile"]) wrap(promises, name, "write", { data: 1, path: 0 });
  for (const name of ["mkdir", "mkdtemp"]) wrap(promises, name, "create", { path: 0 });
  for (const name of ["copyFile", "cp"]) wrap(promises, name, "write");
  for (const name of ["rename", "rm", "unlink", "truncate", "link"]) wrap(promises, name, "other");
  wrap(fs, "openSync", "create", opens);
  wrap(fs, "writeSync", "write", { data: 1, isStep: ([fd]) => fd > 2 });
  for (const name of ["writeFileSync", "appendFileSync"]) wrap(fs, name, "write", { data: 1, path: 0 });
  for (const name of ["mkdirSync", "mkdtempSync"]) wrap(fs, name, "create", { path: 0 });
  for (const name of ["fsyncSync", "fdatasyncSync"]) wrap(fs, name, "flush");
  for (const name of ["renameSync", "rmSync", "unlinkSync", "truncateSync", "ftruncateSync", "linkSync"])
    wrap(fs, name, "other");
  syncBuiltinESMExports();
  if (kind === "count") process.on("exit", () => where && writeFileSync(where, String(steps)));
}
