import assert from "node:assert/strict";
import { compare } from "./determinism/equivalence.js";
import { unlisted } from "./determinism/unlisted.js";
import { Subject } from "./engine/subject.js";
import { systemOf } from "./engine/system.js";
import type { Part } from "./part.js";
import { specimens } from "./specimens.js";

/** Inputs fixed, every signal is: no prover has a choice that is not listed; and the shipped constraints say the same as the sources'. */
export const determinism: Part = {
  name: "determinism",
  // shows: P3
  about: "the inputs determine every signal but those listed, and simplification lost no constraint",
  tasks: (long) =>
    specimens
      .filter(({ large = false }) => long || !large)
      .map((specimen) => ({
        name: specimen.name,
        seconds: 3,
        run: async ({ seed }) => {
          const { signals, listed, ...wrong } = await unlisted(specimen);
          assert.deepEqual(
            wrong,
            { undetermined: [], stale: [], foreign: [] },
            "signals that no list explains",
          );
          // The compiler folds multiples of a constant point, by quotients that the comparison does not follow.
          if (specimen.folds) return { cases: signals, says: `${signals - listed} signals determined` };
          const { system } = await Subject.of(specimen);
          const shipped = systemOf((await specimen.compile(["--O2"])).constraints);
          const { lost, added } = compare(system, shipped, seed);
          const named = (rules: readonly number[]) =>
            rules.map((rule) => system.rules[rule]?.wires.map((wire) => system.names[wire]).join(" "));
          assert.deepEqual(
            { lost: named(lost), added },
            { lost: [], added: [] },
            "what simplification changed",
          );
          return { cases: signals, says: `${signals - listed} signals determined, ${listed} listed` };
        },
      })),
};
