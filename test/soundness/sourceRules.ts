import { basename } from "node:path";

/** A circuit source of our own: its path below circuits/, and its text. */
export interface CircuitSource {
  readonly name: string;
  readonly text: string;
}

/** A rule of our circuit sources: what a file does against it, or nothing. */
export type SourceRule = (source: CircuitSource) => string[];

const LINES = 130;
const LAYERS = ["circomlib", "lib", "margin", "clearing", "main"];
const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");

/** Lines that give a signal a value without a constraint. */
export function hints({ text }: CircuitSource): string[] {
  return text.split("\n").filter((line) => /<--|-->/.test(code(line)));
}

/** Hints stand in lib/ alone, and say how each is pinned. */
export const hintsInLibOnly: SourceRule = (source) =>
  hints(source)
    .filter((line) => !source.name.startsWith("lib/") || !/\/\/ HINT: \w+/.test(line))
    .map((line) => `${source.name}: ${line.trim()}`);

/** One template to a file, of the file's name, and not too long to be read at once. */
export const oneTemplateToAFile: SourceRule = ({ name, text }) => {
  if (name.startsWith("main/") || name.endsWith("Spec.circom")) return [];
  const templates = [...code(text).matchAll(/template\s+(\w+)/g)].map((match) => match[1]);
  const lines = code(text)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
  return [
    ...(templates.join() === basename(name, ".circom") ? [] : [`${name} has the templates ${templates}`]),
    ...(lines <= LINES ? [] : [`${name} has ${lines} lines of code`]),
  ];
};

/** An assertion of a signal is no constraint; of a signal's tag it holds at compile time. */
export const assertNothingOfSignals: SourceRule = ({ name, text }) => {
  const signals = new Set(
    [...code(text).matchAll(/signal\s+(?:input\s+|output\s+)?(?:\{[^}]*\}\s*)?(\w+)/g)].map(
      (match) => match[1],
    ),
  );
  return [...code(text).matchAll(/assert\((.*)\);/g)]
    .map(([, condition = ""]) => condition)
    .filter((condition) =>
      [...condition.matchAll(/[A-Za-z_]\w*\b(?!\.maxbit)/g)].some(([word]) => signals.has(word)),
    )
    .map((condition) => `${name}: ${condition}`);
};

/** No division by a signal, and no comparator that does not bound its inputs. */
export const compareBoundedOnly: SourceRule = ({ name, text }) =>
  /comparators\.circom|LessThan|GreaterThan|LessEqThan|GreaterEqThan|IsZero/.test(code(text)) ? [name] : [];

/** Imports point downwards only: main, clearing, margin, lib, circomlib. */
export const importDownwards: SourceRule = ({ name, text }) => {
  const here = LAYERS.indexOf(name.split("/")[0] ?? "");
  return [...text.matchAll(/include "(.*)"/g)]
    .map(([, path = ""]) => path)
    .filter((path) => {
      if (path.startsWith("circomlib/")) return here <= 0;
      const there = path.startsWith("../") ? LAYERS.indexOf(path.split("/")[1] ?? "") : here;
      return there < 1 || there > here;
    })
    .map((path) => `${name} includes ${path}`);
};

/** Every rule. */
export const SOURCE_RULES = [
  hintsInLibOnly,
  oneTemplateToAFile,
  assertNothingOfSignals,
  compareBoundedOnly,
  importDownwards,
];
