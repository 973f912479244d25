import { shippedSources } from "./differential/build.js";
import { nameOf } from "./differential/subject.js";
import type { Part, Setting, TaskReport } from "./part.js";
import { type Bug, plant } from "./seeded/bug.js";
import { BUGS } from "./seeded/bugs/all.js";
import { askAll, catches } from "./seeded/catch.js";
import { holdPage, programsSection, sectionOf } from "./seeded/page.js";
import { PROGRAM_BUGS } from "./seeded/programs/all.js";
import { Stage } from "./seeded/programs/stage.js";

/** Seconds a bug takes on an idle core, roughly. */
const SECONDS = 3;
/** In CI the same checks catch the same bugs every time: docs/BUGS.md says which. */
const CI_SEED = 1;
const PROGRAMS = "programs";

/** Our own templates, broken on purpose: the suite is good for something only if it notices. */
export const seeded: Part = {
  name: "seeded",
  // shows: P3
  about: "every bug that is put into the circuits on purpose is caught, and none is where there is none",
  tasks: () => [
    ...Object.entries(BUGS).map(([name, bugs]) => ({
      name,
      seconds: SECONDS * bugs.length,
      run: (setting: Setting, progress: (share: number) => void) => run(name, bugs, setting, progress),
    })),
    { name: PROGRAMS, seconds: 60, run: (_, progress) => runPrograms(progress) },
  ],
};

async function run(
  group: string,
  bugs: readonly Bug[],
  setting: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const seed = setting.long ? setting.seed : CI_SEED;
  const sources = await shippedSources();
  const wrong: string[] = [];
  const healthy = new Map(bugs.map((bug) => [`${nameOf(bug.subject)} ${bug.tooWide?.parameters}`, bug]));
  for (const bug of healthy.values()) {
    const found = await askAll(bug, sources, seed);
    for (const { check, says } of found) wrong.push(`the sources as they are, ${check}: ${says}`);
  }
  const caughtBy = new Map<string, readonly string[]>();
  for (const [i, bug] of bugs.entries()) {
    progress(i / bugs.length);
    const found = await catches(bug, plant(sources, bug), seed);
    if (found.length === 0) wrong.push(`${bug.id}: expected a check to catch it, got none`);
    caughtBy.set(
      bug.id,
      found.map(({ check }) => check),
    );
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  if (!setting.long) holdPage(group, sectionOf(group, bugs, caughtBy));
  return { cases: bugs.length, says: summary(caughtBy) };
}

/** The same of the programs around the circuits: each bug must fail the test that is there for it. */
async function runPrograms(progress: (share: number) => void): Promise<TaskReport> {
  const stage = new Stage();
  const wrong: string[] = [];
  try {
    for (const [i, bug] of PROGRAM_BUGS.entries()) {
      progress(i / PROGRAM_BUGS.length);
      const [, title] = bug.test;
      if (stage.fails(bug, false)) wrong.push(`the sources as they are fail "${title}"`);
      if (!stage.fails(bug, true)) wrong.push(`${bug.id}: expected "${title}" to fail, got it passed`);
    }
  } finally {
    stage.close();
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  holdPage(PROGRAMS, programsSection(PROGRAMS, PROGRAM_BUGS));
  return { cases: PROGRAM_BUGS.length };
}

function summary(caughtBy: ReadonlyMap<string, readonly string[]>): string {
  const counts = new Map<string, number>();
  for (const check of [...caughtBy.values()].flat()) counts.set(check, (counts.get(check) ?? 0) + 1);
  return [...counts].map(([check, n]) => `${check} caught ${n}`).join(", ");
}
