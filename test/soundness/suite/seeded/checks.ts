import { CompileError } from "../../../../src/errors.js";
import type { Source } from "../../../../src/groth16/setup/compile.js";
import { SOURCE_RULES } from "../../sourceRules.js";
import { compileSubject, type SubjectCircuit } from "../differential/circuit.js";
import { compare, DifferenceError } from "../differential/compare.js";
import type { Subject } from "../differential/subject.js";

/** What a check looks at: sources, an instance of the template in question, and what comes of the two. */
export interface Suspect {
  readonly sources: readonly Source[];
  readonly subject: Subject;
  readonly tooWide: Subject | undefined;
  readonly circuit: SubjectCircuit;
  readonly seed: number;
  /** Folder for what is compiled on the way. */
  readonly home: string | undefined;
}

/** A check says what it finds wrong, or null. */
export interface Check {
  readonly name: string;
  readonly about: string;
  find(suspect: Suspect): Promise<string | null>;
}

/** Cases in which a bug has to show, and those of templates that take longer. */
const CASES = 600;
const FEWER: Readonly<Record<string, number>> = {
  "lib/PoseidonChain": 20,
  "margin/CommitBook": 120,
  "margin/MarginStatement": 120,
  "lib/KeyAgreement": 40,
  "lib/SignedLadder": 60,
  "clearing/ClearedBook": 80,
  "clearing/ApplyNote": 200,
  "clearing/HoldReduction": 200,
  "clearing/EncryptBook": 40,
  "clearing/BindWords": 60,
  "clearing/RevealBook": 60,
  "clearing/BookTransition": 41,
};

const differs =
  (about: string, effort: { lies: number; generated: number }) =>
  async ({ subject, circuit, seed }: Suspect): Promise<string | null> => {
    const cases = FEWER[subject.file] ?? CASES;
    try {
      compare(subject, circuit, seed, { ...effort, cases });
      return null;
    } catch (error) {
      if (error instanceof DifferenceError) return `${about}: ${error.message}`;
      throw error;
    }
  };

/** The checks in the order in which they are asked; all of them pass on the sources as they are. */
export const CHECKS: readonly Check[] = [
  {
    name: "sources",
    about:
      "the rules of our sources: hints in `lib` alone, no assertion of a signal, no unbounded comparator",
    find: async ({ sources }) => {
      const own = sources
        .filter(({ path }) => path.startsWith("circuits/"))
        .map(({ path, text }) => ({ name: path.replace("circuits/", ""), text }));
      return SOURCE_RULES.flatMap((rule) => own.flatMap(rule))[0] ?? null;
    },
  },
  {
    name: "widths",
    about: "a template does not compile at a width at which the field would alias",
    find: async ({ tooWide, sources, home }) => {
      if (!tooWide) return null;
      try {
        await compileSubject(tooWide, sources, { home, outputs: ["r1cs"] });
        return `compiles ${tooWide.file} at ${tooWide.parameters}`;
      } catch (error) {
        if (error instanceof CompileError) return null;
        throw error;
      }
    },
  },
  {
    name: "inputs",
    about: "every input signal is in a constraint",
    find: async ({ circuit, subject }) => {
      const unused = circuit.unused(subject.inputs);
      return unused.length > 0 ? `unused: ${unused.join(", ")}` : null;
    },
  },
  {
    name: "differential",
    about: "the circuit accepts, refuses and computes as its specification does",
    find: differs("differs", { lies: 0, generated: 0 }),
  },
  {
    name: "liar",
    about: "the same of a prover who chooses some of the assignments",
    find: differs("believes a lie", { lies: 3, generated: 0 }),
  },
];
