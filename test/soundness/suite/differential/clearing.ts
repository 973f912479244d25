import { bindWords } from "../../../../src/protocol/boundWords.js";
import { CLEARING_CIRCUITS } from "../../../../src/protocol/tiers.js";
import { Random } from "../../../support/cases.js";
import { hashedOf, revealedWords, wordsOf } from "../../../support/clearing.js";
import { accepts } from "../../../support/witness.js";
import type { Setting, Task, TaskReport } from "../part.js";
import { bookTransition, revealBook, shippedClearing } from "../specimens/clearing.js";
import type { Specimen } from "../specimens/specimen.js";
import { DifferenceError } from "./compare.js";

const [CASES, LONGER] = [120, 20];
/** Slots of the tier whose circuits CI takes as they are shipped. */
const FIRST = 16;

/** The clearing house's circuits, small and as they are shipped, against the layout written again; the larger tier in the long run. */
export const clearingTasks = (long: boolean): readonly Task[] =>
  [
    bookTransition(3),
    revealBook(3),
    ...CLEARING_CIRCUITS.filter(({ assets }) => long || assets === FIRST).map(shippedClearing),
  ].map((specimen) => ({
    name: specimen.name,
    seconds: 15,
    run: (setting, progress) => run(specimen, setting, progress),
  }));

/**
 * Samples inputs, honest and at or beyond a limit, gives them the signals of their words, and asks the circuit. It must take what the
 * specification takes, and with no other hash or sum.
 */
async function run(
  specimen: Specimen,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const random = new Random(seed);
  const circuit = await specimen.compile(["--O2"]);
  const cases = long ? CASES * LONGER : CASES;
  let accepted = 0;
  for (let i = 0; i < cases; i++) {
    const sampled = specimen.sample(random);
    const reveals = sampled.asset === undefined;
    const words = reveals ? revealedWords(sampled) : wordsOf(sampled);
    const hashed = reveals ? words : hashedOf(words, sampled.oldPerp?.length ?? 0);
    const { hash, challenge, sum } = bindWords(words, hashed);
    const inputs = { ...sampled, hash: [hash], challenge: [challenge], sum: [sum] };
    const expected = specimen.meaning(inputs) !== "refused";
    if (accepts(circuit, inputs) !== expected)
      throw new DifferenceError(
        `${specimen.name}, seed ${seed}, case ${i}: expected it to be ${expected ? "accepted" : "refused"}`,
      );
    if (expected) accepted++;
    progress(i / cases);
  }
  return { cases, says: `${accepted} accepted` };
}
