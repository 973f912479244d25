import { shippedSources } from "./differential/build.js";
import { nameOf } from "./differential/subject.js";
import type { Part, Setting, TaskReport } from "./part.js";
import { type Bug, seed as plant } from "./seeded/bug.js";
import { BUGS } from "./seeded/bugs/all.js";
import { askAll, catches } from "./seeded/catch.js";
import { readPage, sectionOf, writeSection } from "./seeded/page.js";

/** Seconds a bug takes on an idle core, roughly. */
const SECONDS = 3;
/** In CI the same checks catch the same bugs every time: docs/BUGS.md says which. */
const CI_SEED = 1;

/** Our own templates, broken on purpose: the suite is good for something only if it notices. */
export const seeded: Part = {
  name: "seeded",
  about: "every bug that is put into the circuits on purpose is caught, and none is where there is none",
  tasks: () =>
    Object.entries(BUGS).map(([name, bugs]) => ({
      name,
      seconds: SECONDS * bugs.length,
      run: (setting, progress) => run(name, bugs, setting, progress),
    })),
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

/** With UPDATE_DOCS=1 the page is written, without it is compared. */
function holdPage(group: string, section: string): void {
  if (process.env.UPDATE_DOCS) writeSection(group, section);
  else if (readPage().section(group).trim() !== section.trim())
    throw new Error(
      `docs/BUGS.md: expected this section; UPDATE_DOCS=1 npm run test:soundness -- --part seeded writes it\n${section}`,
    );
}

function summary(caughtBy: ReadonlyMap<string, readonly string[]>): string {
  const counts = new Map<string, number>();
  for (const check of [...caughtBy.values()].flat()) counts.set(check, (counts.get(check) ?? 0) + 1);
  return [...counts].map(([check, n]) => `${check} caught ${n}`).join(", ");
}
