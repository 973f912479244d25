/** Whether anybody can forge under a key: with a development key, anybody; with a ceremony's, nobody who is known. */
export type KeyKind = "development" | "ceremony";

/** Where phase 1 of a key's set-up came from: a public beacon, the published ceremony, or one of its owner's. */
export type PhaseOneSource = "development" | "hermez" | "own";

/**
 * What a proof under a key is worth. A key is of kind "ceremony" only if phase 1 is a real one and phase 2 has
 * contributions that a beacon closes; anything less is a development key, no matter who contributed.
 */
export type KeyWorth =
  | { readonly kind: "development"; readonly phase1: "development" | "hermez" }
  | { readonly kind: "ceremony"; readonly phase1: "hermez" | "own" };

const STATEMENTS = {
  development: {
    development:
      "development key: phase 1 of its set-up is a public beacon, so anybody can derive its secrets and forge proofs",
    hermez:
      "development key: phase 1 is the published Hermez ceremony, but phase 2 is a public beacon, so anybody can derive delta and forge proofs",
  },
  ceremony: {
    hermez:
      "ceremony key: phase 1 is the published Hermez ceremony, and phase 2 has contributions that a public beacon closes; proofs can be forged only if all contributors to a phase pooled their secrets",
    own: "ceremony key: phase 1 is one of its owner's, and phase 2 has contributions that a public beacon closes; proofs can be forged only if all contributors to a phase pooled their secrets",
  },
} as const;

/**
 * What a proof under a key is worth, in words.
 *
 * @example
 * ```ts
 * import { keyStatement } from "zkmargin/verify";
 *
 * console.log(keyStatement(trusted)); // what a proof under this key is worth
 * ```
 */
export function keyStatement({ kind, phase1 }: KeyWorth): string {
  return (STATEMENTS[kind] as Partial<Record<PhaseOneSource, string>>)[phase1] ?? "";
}

/**
 * The words that go with every proof under a development key; null for a ceremony's.
 *
 * @example
 * ```ts
 * import { keyWarning } from "zkmargin/verify";
 *
 * console.log(keyWarning(trusted) !== null); // true
 * ```
 */
export function keyWarning(worth: KeyWorth): string | null {
  return worth.kind === "development" ? keyStatement(worth) : null;
}

/** The worth that a kind and a phase 1 make; undefined where no key is of both, such as a ceremony on a public beacon. */
export function keyWorth(kind: string, phase1: string): KeyWorth | undefined {
  const known = Object.hasOwn(STATEMENTS, kind) && Object.hasOwn(STATEMENTS[kind as KeyKind], phase1);
  return known ? ({ kind, phase1 } as KeyWorth) : undefined;
}

/** Where phase 1 came from, in words. */
export const PHASE_ONE: Readonly<Record<PhaseOneSource, string>> = {
  hermez: "the published Hermez ceremony",
  own: "one's own, its transcript verified",
  development: "DEVELOPMENT: beacons alone, so this is a rehearsal and its key a development key",
};

/** What a proof under a key is worth, so written that nobody overlooks a development key. */
export function keyWords(worth: KeyWorth): string {
  return keyStatement(worth).replace(/^development key/, "DEVELOPMENT KEY");
}
