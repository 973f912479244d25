import type { Source } from "../../../../src/groth16/setup/compile.js";
import type { Subject } from "../differential/subject.js";

/** A mistake put into our own sources, as one passage that is replaced, and where it must show. */
export interface Bug {
  /** Short and unique, such as `split-sign-of-wrong-bit`. */
  readonly id: string;
  /** Which known class of mistakes it is one of. */
  readonly kind: Kind;
  /** File below circuits/, such as `lib/RangeCheck.circom`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly passage: string;
  readonly replacement: string;
  /** What an attacker gains, or what breaks. */
  readonly effect: string;
  /** The small instance in which it is looked for. */
  readonly subject: Subject;
  /** Parameters at which the template must not compile, where that is what the mistake is about. */
  readonly tooWide?: Subject;
}

/** Classes of mistakes, each with the number of its trap in docs/SECURITY.md where it is one of those. */
export const KINDS = {
  "missing range check": 1,
  "wrong width": 1,
  "field alias": 2,
  "selector that is no bit": 3,
  "unconstrained hint": 4,
  "packing before range check": 5,
  "double-counted asset": 6,
  "commitment that hides too little": 7,
  "unused signal": 8,
  "zero or sign not canonical": 3,
  "wrong sign": null,
  "wrong translation": null,
  "wrong wire": null,
  "off by one": null,
  "loop that skips": null,
  "factor twice or not at all": null,
  "term left out": null,
  "missing verdict": null,
  "wrong domain": null,
} as const satisfies Record<string, number | null>;
export type Kind = keyof typeof KINDS;

/**
 * The sources with the bug in them.
 * @throws where the passage does not stand in the file exactly once: the sources have changed, and the bug must follow
 */
export function plant(
  sources: readonly Source[],
  { id, file, passage, replacement }: Omit<Bug, "subject">,
): Source[] {
  const path = `circuits/${file}`;
  const source = sources.find((one) => one.path === path);
  if (source?.text.split(passage).length !== 2)
    throw new Error(`${id}: expected exactly once in ${path}:\n${passage}`);
  return sources.map((one) =>
    one.path === path ? { path, text: one.text.replace(passage, () => replacement) } : one,
  );
}
