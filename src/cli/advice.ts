import type { Command } from "commander";
import { UnknownAssetError, type ZkMarginError } from "../errors.js";
import { nameOf } from "./paths.js";

/** Options that say where things are: advice to run another command repeats them. */
const REPEATED: readonly string[] = ["--home", "--deployment", "--rpc"];

/**
 * An error's message with what the command line adds to it: the options that were given, and one that would help.
 * @param whole the command line with all its commands, to look up the one that is advised
 */
export async function advised(
  error: ZkMarginError,
  command: Command | undefined,
  whole: () => Promise<Command>,
): Promise<string> {
  if (command === undefined) return error.message;
  const advice = /`zkmargin ([^`]+)`/g;
  const root = advice.test(error.message) ? await whole() : command;
  const told = error.message.replace(advice, (said, words: string) => {
    const options = repeated(words, command, root);
    return options === "" ? said : `\`zkmargin ${words}${options}\``;
  });
  return error instanceof UnknownAssetError ? `${told}${listingWords(error, command)}` : told;
}

/** What is listed, and where another listing comes from. */
function listingWords({ listed }: UnknownAssetError, command: Command): string {
  const words = listed.length === 0 ? "" : `; listed are ${listed.join(", ")}`;
  const other =
    command.options.some(({ long }) => long === "--market") && command.getOptionValue("market") === undefined;
  return other ? `${words}; for a market of other assets give it as --market` : words;
}

/** The options that were given and that the advised command has too. */
function repeated(words: string, command: Command, root: Command): string {
  const advice = commandOf(root, words.split(" "));
  if (advice === undefined) return "";
  return command.options
    .filter(({ long }) => long != null && REPEATED.includes(long) && !words.includes(long))
    .filter(({ long }) => advice.options.some((option) => option.long === long))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
    .map((option) => ` ${option.long} ${quoted([command.getOptionValue(option.attributeName())].flat())}`)
    .join("");
}

/** The command that words name, with its options or without. */
function commandOf(root: Command, words: readonly string[]): Command | undefined {
  const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)];
  return below(root)
    .filter((command) => nameOf(command) !== "" && `${words.join(" ")} `.startsWith(`${nameOf(command)} `))
    .sort((a, b) => nameOf(b).length - nameOf(a).length)[0];
}

/** So that it can be pasted into a shell. */
function quoted(values: readonly unknown[]): string {
  return values
    .map(String)
    .map((text) => (/^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

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
