import type { Command } from "commander";
import { UnknownAssetError, type ZkMarginError } from "../errors.js";
import { nameOf } from "./paths.js";

/** Options that say where things are: advice to run another command repeats them. */
const REPEATED: readonly string[] = ["--home", "--deployment", "--rpc"];

/** An error's message with what the command line adds to it: the options that were given, and one that would help. */
export function advised(error: ZkMarginError, command: Command | undefined): string {
  if (command === undefined) return error.message;
  const told = error.message.replace(/`zkmargin ([^`]+)`/g, (whole, words: string) => {
    const options = repeated(words, command);
    return options === "" ? whole : `\`zkmargin ${words}${options}\``;
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
function repeated(words: string, command: Command): string {
  const advice = commandOf(rootOf(command), words.split(" "));
  if (advice === undefined) return "";
  return command.options
    .filter(({ long }) => long != null && REPEATED.includes(long) && !words.includes(long))
    .filter(({ long }) => advice.options.some((option) => option.long === long))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
    .map((option) => ` ${option.long} ${quoted([command.getOptionValue(option.attributeName())].flat())}`)
    .join("");
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
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
