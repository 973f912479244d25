/** One small fault that could be written into a source file: what stands there, and what would stand there instead. */
export interface Mutant {
  /** Path from the project's root. */
  readonly file: string;
  /** Offsets in the file's text, the end excluded. */
  readonly start: number;
  readonly end: number;
  /** The first line is 1. */
  readonly line: number;
  /** The function, method or declaration around it, as people would name it. */
  readonly within: string;
  /** What kind of fault it is, in words. */
  readonly operator: string;
  readonly original: string;
  /** Empty where something is left out. */
  readonly replacement: string;
  /** A statement may be left out altogether; an expression has a value in either case. Yul has forms of its own. */
  readonly form: "expression" | "statement" | "modifier" | "yul value" | "yul statement";
  /** In Solidity, the type that a numeral has from what is around it, where it would have another on its own. */
  readonly type?: string;
}

/** A mutant with the number that switches it on, from 1, and the name by which it is known from run to run. */
export interface NumberedMutant extends Mutant {
  readonly id: number;
  readonly name: string;
}

const LONGEST = 140;

/**
 * Numbers mutants and names them. A name says the file, the function and the edit, and not the line, so that it outlives
 * changes elsewhere in the file; the second of several that read the same has "#2" at its end.
 */
export function numbered(mutants: readonly Mutant[]): NumberedMutant[] {
  const seen = new Map<string, number>();
  return mutants.map((mutant, index) => {
    const { file, within, original, replacement } = mutant;
    const edit = `${oneLine(original)} → ${replacement === "" ? "nothing" : oneLine(replacement)}`;
    const plain = `${file} › ${within} › ${edit}`;
    const nth = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, nth);
    return { ...mutant, id: index + 1, name: nth === 1 ? plain : `${plain} #${nth}` };
  });
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
