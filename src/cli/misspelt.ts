import type { Command } from "commander";

/** The errors of commander after which it does not look for options that it does not know. */
const MISSING = /(required option|missing required argument)/;

/**
 * An error about something missing, with the options that the command does not know beside it: most often the one is
 * missing because the other is misspelt.
 */
export function withMisspelt(message: string, command: Command, argv: readonly string[]): string {
  if (!MISSING.test(message)) return message;
  const unknown = unknownOptions(command, argv);
  if (unknown.length === 0) return message;
  const known = command.options.flatMap(({ long }) => long ?? []);
  const told = unknown.map((option) => {
    const near = nearest(option, known);
    return `unknown option '${option}'${near === undefined ? "" : ` (did you mean ${near}?)`}`;
  });
  return message.replace(/(\n|$)/, `, and ${told.join(", ")}$1`);
}

function unknownOptions(command: Command, argv: readonly string[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < argv.length && argv[at] !== "--"; at++) {
    const name = (argv[at] ?? "").split("=", 1)[0] ?? "";
    if (!/^--?[A-Za-z]/.test(name)) continue;
    const option = command.options.find(({ long, short }) => name === long || name === short);
    if (option?.required && !argv[at]?.includes("=")) at++;
    if (option === undefined && name !== "--help" && name !== "-h") found.push(name.slice(0, 60));
  }
  return found;
}

/** The known option that takes the fewest edits, if that is few for its length. */
function nearest(option: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, edits: distance(option, name) }))
    .sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= Math.max(2, best.name.length / 3) ? best.name : undefined;
}

/** How many letters are to be put in, taken out or changed: Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
