import type { Part, Task } from "./suite/part.js";

const task = (name: string, run: Task["run"]): Task => ({ name, seconds: 1, run });

/** Parts for the test of the runner: one task each that ends well, finds something, dies, tries nothing, is left out. */
export const parts: readonly Part[] = [
  {
    name: "toy",
    about: "what a task may come to",
    tasks: () => [
      task("well", async ({ seed }, progress) => {
        progress(0.5);
        return { cases: 3, says: `seed ${seed}` };
      }),
      task("found", async () => {
        throw new Error("accepted what is false");
      }),
      task("dead", async () => process.exit(9)),
      task("idle", async () => ({ cases: 0, says: "found nothing wrong" })),
      task("left out", async () => ({ cases: 0, leftOut: "no such disk here" })),
    ],
  },
];
