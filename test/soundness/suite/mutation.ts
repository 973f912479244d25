import { mutate } from "./mutation/mutate.js";
import type { Part } from "./part.js";
import { specimens } from "./specimens.js";

const CI = 10_000;
const LONG = 1_000_000;

/** Hostile edits of witnesses, hints first, what hangs on them worked out again. */
export const mutation: Part = {
  name: "mutation",
  about: "no witness with a hostile edit is accepted with another public meaning",
  tasks: (long) =>
    specimens.map((specimen) => ({
      name: specimen.name,
      seconds: 10,
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
