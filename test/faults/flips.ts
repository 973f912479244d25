import type { Part } from "../soundness/suite/part.js";
import { flipArtefact, flipPins } from "./flips/artefact.js";
import { flipBundle } from "./flips/bundle.js";

/** Flips in CI of each file, and in the long run this many times as many. A file with fewer bits has each flipped. */
const FLIPS = {
  "manifest.json": 20_000,
  "circuit.r1cs": 1_500,
  "circuit.wasm": 1_500,
  "proving-key.zkey": 2_000,
  "verification-key.json": 1_000,
} as const;
const LONG = 50;

/** One bit of an artefact or of a bundle is another. */
export const flips: Part = {
  name: "flips",
  // shows: P15, P20
  about: "a flipped bit of any file is noticed before anything is proven or believed, by its exact error",
  tasks: (long) => {
    const times = long ? LONG : 1;
    return [
      ...Object.entries(FLIPS).map(([file, flips]) => ({
        name: file,
        seconds: (times * flips) / 100,
        run: flipArtefact(file as keyof typeof FLIPS, flips * times),
      })),
      { name: "pins", seconds: times, run: flipPins(1_000 * times) },
      { name: "bundle", seconds: 20 * times, run: flipBundle(1_000 * times) },
    ];
  },
};
