/** The pages of docs/cli, made from the commands themselves: `npm run docs` writes them. */
import type { Argument, Command, Option } from "commander";
import { KEY_HELP } from "../src/cli/onChain.js";
import { buildProgram } from "../src/cli/run.js";
import { FAMILIES, type Family, SHARED } from "./cliFamilies.js";

const NOTICE = "<!-- Made by `npm run docs` from the commands' own help. Do not edit it: edit the help. -->";

const program = await buildProgram({
  out() {},
  err() {},
  stdin: async () => new Uint8Array(),
  interactive: false,
  invocation: "npx zkmargin",
});
/** `zkmargin` with the words of a command and perhaps an option, in a text. */
const COMMANDS = new RegExp(
  `zkmargin (${leavesOf(program)
    .map(nameOf)
    .toSorted((a, b) => b.length - a.length)
    .join("|")})( --[a-z-]+)?(?![\\w-])`,
  "g",
);

/** The text of every generated page, by its path below docs/cli. */
export function cliPages(): Record<string, string> {
  const commands = leavesOf(program);
  const shared = sharedOptions(commands);
  const familyOf = (command: Command) =>
    FAMILIES.find(({ commands: names }) => names.includes(nameOf(command).split(" ")[0] ?? ""));
  for (const command of commands)
    if (familyOf(command) === undefined)
      throw new Error(`${nameOf(command)}: expected a family of commands, got none`);
  const pages = FAMILIES.map((family): [string, string] => {
    const own = family.commands.flatMap((name) => commands.filter((it) => nameOf(it).split(" ")[0] === name));
    return [`${family.file}.md`, familyPage(family, own, shared)];
  });
  return { "README.md": indexPage(commands, shared), ...Object.fromEntries(pages) };
}

function indexPage(commands: readonly Command[], shared: readonly Option[]): string {
  const { notes, examples, codes } = helpOf(program);
  const rows = FAMILIES.flatMap(({ file, title, commands: names }) => [
    `\n[${title}](${file}.md)\n`,
    ...names
      .flatMap((name) => commands.filter((command) => nameOf(command).split(" ")[0] === name))
      .map(
        (command) => `* [\`${nameOf(command)}\`](${file}.md#${anchor(command)}): ${command.description()}`,
      ),
  ]);
  const groups = SHARED.map(
    ([title, names]) =>
      `Options of a ${title}:\n\n${optionTable(names.map((name) => shared.find(({ long }) => long === name) as Option))}`,
  );
  return page(
    "The command line",
    "For everyone who runs `zkmargin`. This page lists the commands, the options that many of them share, and the exit codes. " +
      "`zkmargin <command> --help` prints the same text. [walkthrough.md](walkthrough.md) shows a session with its output.",
    ...notes,
    examples,
    `## Commands\n${rows.join("\n")}`,
    "## Common options",
    ...groups,
    ...helpParts(KEY_HELP).notes,
    "## Exit codes",
    codes ?? "",
    'With `--json` an error is `{"error": {"name", "message", "exitCode"}}` on standard error. Match the name, not the message. [LIBRARY.md](../LIBRARY.md#errors) lists the error classes of each code.',
  );
}

function familyPage(
  { title, opening, commands: names }: Family,
  commands: readonly Command[],
  shared: readonly Option[],
): string {
  const groups = names.flatMap((name) => groupsOf(commands, name));
  return page(
    title,
    `${opening} [README.md](README.md) has the common options and the exit codes.`,
    ...groups.flatMap((group) => groupNotes(group)),
    ...commands.flatMap((command) => commandSection(command, shared)),
  );
}

/** The commands of commands, such as `vault`, whose help says something of all of them. */
function groupsOf(commands: readonly Command[], name: string): Command[] {
  const parents = commands.flatMap(({ parent }) => (parent === null ? [] : [parent]));
  return [...new Set(parents)].filter((parent) => nameOf(parent) === name);
}

function groupNotes(group: Command): string[] {
  const { notes, codes } = helpOf(group);
  const whose = codes?.replace("Exit codes:", `Exit codes of \`zkmargin ${nameOf(group)}\`:`);
  return [...notes, ...(whose === undefined ? [] : [whose])];
}

function commandSection(command: Command, shared: readonly Option[]): string[] {
  const { notes, examples, codes } = helpOf(command);
  const isShared = (option: Option) => shared.some((it) => isSame(it, option));
  const own = command.options.filter((option) => !isShared(option));
  const rows = [...command.registeredArguments.map(argumentRow), ...own.map(optionRow)];
  const taken = SHARED.flatMap(([title, names]) => {
    const given = command.options.filter((option) => isShared(option) && names.includes(option.long ?? ""));
    if (given.length === 0) return [];
    if (names.length === 1) return [`\`${names[0]}\``];
    return [
      given.length === names.length
        ? title
        : `${title} (${given.map(({ long }) => `\`${long}\``).join(", ")})`,
    ];
  });
  return [
    `## \`zkmargin ${nameOf(command)}\``,
    command.description(),
    `\`zkmargin ${nameOf(command)} ${command.usage()}\``,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(taken.length === 0 ? [] : [`[Common options](README.md#common-options): ${taken.join(", ")}.`]),
    ...notes,
    examples,
    ...(codes === undefined ? [] : [codes]),
  ];
}

/** What a command's help says below its options: paragraphs, examples, exit codes. */
interface Help {
  readonly notes: readonly string[];
  readonly examples: string;
  readonly codes?: string;
}

function helpOf(command: Command): Help {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  (command as unknown as NodeJS.EventEmitter).emit("afterHelp", { error: false, command, write });
  return helpParts(text.replace(KEY_HELP.trim(), ""));
}

function helpParts(text: string): Help {
  const notes: string[] = [];
  const examples: string[] = [];
  let codes: string | undefined;
  for (const block of text.trim().split(/\n{2,}/)) {
    if (block === "") continue;
    const [first = "", ...rest] = block.split("\n");
    if (first.startsWith("Exit codes:")) codes = codesOf(first, rest);
    else if (
      rest.length > 0 &&
      rest.every((line) => /^ {2}/.test(line)) &&
      rest.some((line) => line.startsWith("  $ "))
    ) {
      if (!/^Examples?:$/.test(first)) notes.push(first);
      const commands = fenced("sh", rest.map((line) => line.replace(/^ {2}(\$ )?/, "")).join("\n"));
      if (/^Examples?:$/.test(first)) examples.push(commands);
      else notes.push(commands);
    } else if (rest.some((line) => line.startsWith("  ")))
      notes.push(
        block
          .split("\n")
          .map((line) => line.replace(/^ {2}(\S+) +/, "* $1: "))
          .join("\n")
          .replace("\n*", "\n\n*"),
      );
    else notes.push(prose(block));
  }
  return { notes, examples: examples.join("\n"), ...(codes === undefined ? {} : { codes }) };
}

function codesOf(first: string, rest: readonly string[]): string {
  if (first !== "Exit codes:") return prose([first, ...rest].join("\n"));
  const rows = rest.map((line) => line.trim().split(/ {2,}/));
  return [
    "| code | meaning |",
    "| --- | --- |",
    ...rows.map(([code, words]) => `| ${code} | ${words} |`),
  ].join("\n");
}

/** A paragraph on one line; commands and options stand as code. */
function prose(text: string): string {
  const outside = (line: string, change: (plain: string) => string) =>
    line
      .split(/(`[^`]*`)/)
      .map((part) => (part.startsWith("`") ? part : change(part)))
      .join("");
  const commands = outside(text.split("\n").join(" "), (plain) => plain.replace(COMMANDS, "`$&`"));
  return outside(commands, (plain) => plain.replace(/(?<![\w-])--[a-z][a-z-]+/g, "`$&`"));
}

function argumentRow(argument: Argument): string[] {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return [
    argument.required ? `<${name}>` : `[${name}]`,
    argument.description,
    argument.required ? "required" : "",
  ];
}

function optionRow({
  flags,
  description,
  mandatory,
  defaultValue,
  defaultValueDescription,
  argChoices,
}: Option): string[] {
  const choices = argChoices === undefined ? "" : ` (${argChoices.join(", ")})`;
  const fixed = defaultValueDescription ?? (isShown(defaultValue) ? String(defaultValue) : "");
  return [flags, `${description}${choices}`, mandatory ? "required" : fixed === "" ? "" : `\`${fixed}\``];
}

/** Whether a default is worth a word: neither absent, nor what an absent flag means. */
function isShown(value: unknown): boolean {
  return (
    value !== undefined && value !== false && value !== true && !(Array.isArray(value) && value.length === 0)
  );
}

function optionTable(options: readonly Option[]): string {
  return table(options.map(optionRow));
}

function table(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return [
    "| argument or option | meaning | default |",
    "| --- | --- | --- |",
    ...rows.map(([name = "", meaning = "", fallback = ""]) =>
      `| \`${cell(name)}\` | ${cell(prose(meaning)).replaceAll("<", "&lt;")} | ${cell(fallback)} |`.replace(
        "|  |",
        "| |",
      ),
    ),
  ].join("\n");
}

/** Of each shared option the wording that most commands give it; a command that words it otherwise lists it itself. */
function sharedOptions(commands: readonly Command[]): Option[] {
  return SHARED.flatMap(([, names]) => names).map((name) => {
    const all = commands.flatMap(({ options }) => options.filter(({ long }) => long === name));
    const count = (option: Option) => all.filter((other) => isSame(option, other)).length;
    const [most] = all.toSorted((a, b) => count(b) - count(a));
    if (most === undefined) throw new Error(`${name}: expected commands that have it, got none`);
    return most;
  });
}

function isSame(a: Option, b: Option): boolean {
  return (
    a.flags === b.flags &&
    a.description === b.description &&
    a.mandatory === b.mandatory &&
    a.defaultValue === b.defaultValue
  );
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function nameOf(command: Command): string {
  return command.parent === null ? "" : `${nameOf(command.parent)} ${command.name()}`.trim();
}

function anchor(command: Command): string {
  return `zkmargin-${nameOf(command).replaceAll(" ", "-")}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function page(title: string, ...parts: readonly string[]): string {
  return `${[NOTICE, `# ${title}`, ...parts].filter((part) => part !== "").join("\n\n")}\n`;
}
