import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part, Setting, TaskReport } from "../soundness/suite/part.js";
import { Random } from "../support/cases.js";
import { canariesIn } from "./canary/canaries.js";
import { OLD, type Ran, type Scenario, Work } from "./kills/scenario.js";
import { scenarios } from "./kills/scenarios.js";

const LONG = 20;
/** Kills at random moments of each command in CI. */
const MOMENTS = 4;

/** Processes that are killed, and disks that fill, while a command writes. */
export const kills: Part = {
  name: "kills",
  about:
    // shows: P22, P26, P27
    "SIGKILL or a full disk at any moment leaves no part of a file that is accepted, and the next run works",
  tasks: (long) =>
    scenarios.flatMap((scenario) => [
      {
        name: `${scenario.name}, step by step`,
        seconds: scenario.seconds * scenario.faults * 1.3,
        run: (setting: Setting, progress: (share: number) => void) => stepByStep(scenario, setting, progress),
      },
      {
        name: `${scenario.name}, at random moments`,
        seconds: scenario.seconds * MOMENTS * (long ? LONG : 1) * 1.5,
        run: (setting: Setting, progress: (share: number) => void) => atRandom(scenario, setting, progress),
      },
    ]),
};

/** Every fault of every step, or as many of them as there is time for; a command without outputs has no step. */
async function stepByStep(
  scenario: Scenario,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const random = new Random(seed);
  const { steps } = await cleanRun(scenario);
  if (Object.keys(scenario.outputs).length === 0) {
    assert.equal(steps, 0, "a command without outputs writes nothing");
    return { cases: 1, says: "it writes nothing" };
  }
  const all = Array.from({ length: steps }, (_, step) => [
    ...["before", "half", "after"].map((when) => `kill:${step}:${when}`),
    ...["write", "create", "late"].map((what) => `full:${step}:${what}`),
  ]).flat();
  const wanted = long ? all.length : Math.min(all.length, scenario.faults);
  while (all.length > wanted) all.splice(random.integer(0, all.length - 1), 1);
  return inflict(scenario, all, random, progress, steps);
}

async function atRandom(
  scenario: Scenario,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const random = new Random(seed);
  const { milliseconds } = await cleanRun(scenario);
  const moments = Array.from({ length: MOMENTS * (long ? LONG : 1) }, () =>
    random.integer(0, Math.ceil(milliseconds * 1.1)),
  );
  return inflict(scenario, moments, random, progress);
}

/** A run without faults: its steps and time. */
async function cleanRun(scenario: Scenario): Promise<{ steps: number; milliseconds: number }> {
  const work = await Work.make(scenario);
  try {
    const begun = performance.now();
    const counted = join(work.path, "steps");
    const ran = await work.run(scenario, `count:${counted}`);
    await assertDone(scenario, work, ran);
    return { steps: Number(await readFile(counted, "utf8")), milliseconds: performance.now() - begun };
  } finally {
    await work.remove();
  }
}

async function inflict(
  scenario: Scenario,
  faults: readonly (string | number)[],
  random: Random,
  progress: (share: number) => void,
  steps?: number,
): Promise<TaskReport> {
  const repaired = new Set<string>();
  let died = 0;
  let refused = 0;
  for (const [i, fault] of faults.entries()) {
    const work = await Work.make(scenario);
    const replaces = scenario.there === "replaced" && random.chance(0.5);
    try {
      if (replaces) for (const path of Object.keys(scenario.outputs)) await work.put(path, OLD);
      const ran =
        typeof fault === "string" ? await work.run(scenario, fault) : await work.run(scenario, "", fault);
      const left = await assertSound(scenario, work, ran);
      if (ran.signal === "SIGKILL") died++;
      else if (ran.code !== 0) refused++;
      // One run repairs all that was left alike.
      if (!repaired.has(left)) {
        repaired.add(left);
        const whole = Object.keys(scenario.outputs).every((path) => left.includes(`${path}: `));
        const again = await work.run(scenario);
        if (scenario.there === "refused" && whole)
          assert.match(again.err, /one that (exists and is not replaced|has something in it)/);
        else await assertDone(scenario, work, again);
      }
    } catch (error) {
      const what = typeof fault === "string" ? fault : `killed after ${fault} ms`;
      throw new Error(`${what}: ${error instanceof Error ? error.stack : error}`);
    } finally {
      await work.remove();
    }
    progress(i / faults.length);
  }
  if (steps !== undefined) assert.ok(died + refused > 0, "some fault at a step took effect");
  const all = steps === undefined ? "" : `${steps} steps, `;
  return {
    cases: faults.length,
    says: `${all}${died} killed, ${refused} refused, ${repaired.size} different remains repaired`,
  };
}

const LEFTOVER = /(^|\/)\.[^/]+\.\d+-[0-9a-f]{12}\.tmp(\/|$)/;

/** Asserts what must hold whatever has happened; returns what is left, such that the same is the same. */
async function assertSound(scenario: Scenario, work: Work, ran: Ran): Promise<string> {
  const { code, signal, out, err } = ran;
  const files = await work.files();
  const inputs = await scenario.inputs();
  if (signal !== "SIGKILL" && code !== 0) {
    assert.equal(code, 3, `exit code of a full disk: ${err}`);
    assert.match(err, /^zkmargin: .*: expected .*, got a full disk$/m, "a full disk is told as one");
  }
  assert.deepEqual(
    canariesIn(scenario.writesBook ? err : out + err),
    [],
    "what is said holds nothing of the book",
  );
  assert.deepEqual(await work.strays(), [], "nothing is written elsewhere");
  const left: string[] = [];
  for (const [path, text] of files) {
    const check = scenario.outputs[path];
    if (inputs[path] === undefined && !scenario.writesBook) assert.deepEqual(canariesIn(text), [], path);
    if (inputs[path] !== undefined) assert.equal(Buffer.from(text, "latin1").toString(), inputs[path]);
    else if (LEFTOVER.test(path)) {
      assert.equal(signal, "SIGKILL", `${path}: only a killed process leaves what it was at`);
      // What is staged for the compiler is public.
      if (canariesIn(text).length > 0)
        assert.equal((await work.mode(path)) & 0o077, 0, `${path} is its owner's`);
      left.push(`${path.replace(/\d+-[0-9a-f]{12}/, "")}: ${text.length}`);
    } else {
      assert.ok(check, `${path} is none of its files`);
      if (text !== OLD) await check(Buffer.from(text, "latin1").toString(), ran);
      left.push(`${path}: ${text === OLD ? "old" : text.length}`);
    }
  }
  if (code === 0) await assertDone(scenario, work, ran);
  return left.join("\n");
}

/** Asserts that a run has done all that it should, and has left nothing else. */
async function assertDone(scenario: Scenario, work: Work, ran: Ran): Promise<void> {
  assert.deepEqual([ran.code, ran.signal], [0, null], `the run without a fault: ${ran.err}`);
  const files = await work.files();
  const expected = [...Object.keys(await scenario.inputs()), ...Object.keys(scenario.outputs)];
  assert.deepEqual([...files.keys()].sort(), expected.sort(), "its files, and no others");
  assert.deepEqual(await work.strays(), []);
  for (const [path, check] of Object.entries(scenario.outputs)) {
    const text = files.get(path) ?? "";
    assert.notEqual(text, OLD, path);
    await check(Buffer.from(text, "latin1").toString(), ran);
  }
}
