import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { KEYS, ROOT } from "../cli/support.js";
import { builtEntry } from "./built.js";

// Runs of the demo as a process of its own.

/** Longest that a run may take on a busy machine, milliseconds. */
const PATIENCE = 300_000;

/** Starts the demo with the kept keys. */
export function start(...args: string[]): ChildProcess {
  const demo = [builtEntry("demo"), "--home", KEYS, ...args];
  return spawn(process.execPath, demo, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
}

/** Processes that live: number, and whose child each is. Zombies wait for their parent and do nothing. */
function processes(): { pid: number; parent: number; command: string }[] {
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,stat=,comm="], { encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , stat = ""]) => !stat.startsWith("Z"))
    .map(([pid, parent, , command = ""]) => ({ pid: Number(pid), parent: Number(parent), command }));
}

/** The anvils that a run of the demo has started, once it has. */
export async function anvilsOf(demo: ChildProcess, count: number): Promise<number[]> {
  for (let tries = 0; tries < PATIENCE / 100 && demo.exitCode === null; tries++) {
    const found = processes().filter(({ parent, command }) => parent === demo.pid && /anvil/.test(command));
    if (found.length === count) return found.map(({ pid }) => pid);
    await sleep(100);
  }
  throw new Error("expected the demo to start its chains, but it did not");
}

const lives = (pid: number) => processes().some((found) => found.pid === pid);

/** Whether a process ends within five seconds. */
export async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 50 && lives(pid); tries++) await sleep(100);
  return !lives(pid);
}

/** All that a stream says. */
export async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}
