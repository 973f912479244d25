import { shippedSources } from "./differential/build.js";
import { SubjectCircuit } from "./differential/circuit.js";
import { clearingTasks } from "./differential/clearing.js";
import { compare } from "./differential/compare.js";
import { nameOf } from "./differential/subject.js";
import { SHARES, type Share } from "./differential/subjects/all.js";
import type { Part, Setting, TaskReport } from "./part.js";

const LONGER = 10;
/** Share of the cases that go through the shipped witness generator too. */
const GENERATED = 0.2;

/** Every template and both tiers against their specification: 100 000 hostile cases, or a million. */
export const differential: Part = {
  name: "differential",
  // shows: P1
  about: "circuits accept what the reference accepts, refuse what it refuses, and agree on every figure",
  tasks: (long) => [
    ...clearingTasks(long),
    ...SHARES.map((share) => ({
      name: nameOf(share.subject),
      seconds: share.seconds,
      run: (setting: Setting, progress: (share: number) => void) => run(share, setting, progress),
    })),
  ],
};

async function run(
  { subject, cases, lies }: Share,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const circuit = await SubjectCircuit.of(subject, await shippedSources());
  const effort = { cases: long ? cases * LONGER : cases, generated: GENERATED, lies };
  const done = compare(subject, circuit, seed, effort, progress);
  return {
    cases: done.cases,
    says: `${done.accepted} accepted, ${done.generated} witnesses made, ${done.lies} lies, ${done.trueLies} of no effect`,
  };
}
