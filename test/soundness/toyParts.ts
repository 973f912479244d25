import type { Part, Task } from "./suite/part.js";

const task = (name: string, run: Task["run"]): Task => ({ name, seconds: 1, run });

/** Parts for the test of the runner: one task each that ends well, finds something, dies. */
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
    ],
  },
];
