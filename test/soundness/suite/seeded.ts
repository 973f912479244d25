import { shippedSources } from "./differential/build.js";
import type { Part, Setting, TaskReport } from "./part.js";
import { type Bug, seed as seedBug } from "./seeded/bug.js";
import { BUGS } from "./seeded/bugs/all.js";
import { catches } from "./seeded/catch.js";

/** Seconds a bug takes on an idle core, roughly. */
const SECONDS = 3;

/** Our own templates, broken on purpose: the suite is good for something only if it notices. */
export const seeded: Part = {
  name: "seeded",
  about: "every bug that is put into the circuits on purpose is caught, and nothing is where there is none",
  tasks: () =>
    Object.entries(BUGS).map(([name, bugs]) => ({
      name,
      seconds: SECONDS * bugs.length,
      run: (setting, progress) => run(bugs, setting, progress),
    })),
};

async function run(
  bugs: readonly Bug[],
  { seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const sources = await shippedSources();
  const missed: string[] = [];
  for (const bug of new Map(bugs.map((bug) => [bug.subject, bug])).values()) {
    const found = await catches(bug, sources, seed);
    for (const { check, says } of found) missed.push(`sources as they are, ${check}: ${says}`);
  }
  const by = new Map<string, number>();
  for (const [i, bug] of bugs.entries()) {
    progress(i / bugs.length);
    const found = await catches(bug, seedBug(sources, bug), seed);
    if (found.length === 0) missed.push(`${bug.id}: expected a check to catch it, got none`);
    for (const { check } of found) by.set(check, (by.get(check) ?? 0) + 1);
  }
  if (missed.length > 0) throw new Error(missed.join("\n"));
  return { cases: bugs.length, says: [...by].map(([check, n]) => `${check} ${n}`).join(", ") };
}
