import { mutate } from "./mutation/mutate.js";
import type { Part } from "./part.js";
import { specimens } from "./specimens.js";

const CI = 10_000;
const LONG = 1_000_000;

/** Seconds a task takes in CI; of those that are not named, about 3. */
const SECONDS: Record<string, number> = {
  "lib/PoseidonChain(20)": 60,
  "32x16": 20,
  "margin/CommitBook(16)": 15,
  "margin/ScenarioLoss(16, 16, 4)": 15,
  "16x16": 15,
  "lib/Maximum(16, 148)": 8,
  "margin/MarginStatement(2, 2)": 8,
};

/** Hostile edits of witnesses, hints first, what hangs on them worked out again. */
export const mutation: Part = {
  name: "mutation",
  // shows: P3
  about: "no witness with a hostile edit is accepted with another public meaning",
  tasks: (long) =>
    specimens
      .filter(({ heavy = false }) => long || !heavy)
      .map((specimen) => ({
        name: specimen.name,
        seconds: SECONDS[specimen.name] ?? 3,
        run: async ({ seed }, progress) => {
          const report = await mutate(specimen, { seed, cases: long ? LONG : CI, onProgress: progress });
          const { cases, signals, harmless, wires } = report;
          return {
            cases,
            says: `${signals} signals, ${wires} of simplified wires, ${harmless} accepted as before`,
          };
        },
      })),
};
