import { Argument, Command } from "commander";
import { json } from "../format.js";
import type { Io } from "../io.js";
import { nameOf, pathsOf } from "../paths.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** A command as a shell completes it. */
interface Completed {
  /** Its words, `zkmargin` left out. */
  readonly words: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly flag: string; readonly description: string; readonly takes: Takes }[];
  /** Whether its arguments name files. */
  readonly files: boolean;
}
type Takes = "nothing" | "file" | "text" | readonly string[];

/**
 * `zkmargin completion`: a script with which a shell completes commands and options.
 * @param whole builds the command line with all its commands
 */
export function completionCommand(whole: (io: Io) => Promise<Command>): (io: Io) => Command {
  return (io) => commandFor(io, whole);
}

function commandFor(io: Io, whole: (io: Io) => Promise<Command>): Command {
  return new Command("completion")
    .description("Print a script with which bash, zsh or fish completes commands, options and files.")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin completion bash > ~/.local/share/bash-completion/completions/zkmargin
  $ zkmargin completion zsh > "\${fpath[1]}/_zkmargin"
  $ zkmargin completion fish > ~/.config/fish/completions/zkmargin.fish

Exit codes: 0 printed; 2 another shell.`,
    )
    .action(async (shell: Shell, { json: asJson }) => {
      const script = SCRIPTS[shell](tree(await whole(io)));
      io.out(asJson ? json({ shell, script }) : script);
    });
}

function tree(command: Command): Completed[] {
  const paths = pathsOf(command);
  const own: Completed = {
    words: nameOf(command),
    subcommands: command.commands.map((below) => ({ name: below.name(), description: below.description() })),
    options: [
      ...command.options.flatMap((option) => {
        const { long, required, optional, argChoices, description } = option;
        if (long == null) return [];
        const takes: Takes =
          !required && !optional
            ? "nothing"
            : (argChoices ?? (paths.some(({ of }) => of === option) ? "file" : "text"));
        return [{ flag: long, description, takes }];
      }),
      { flag: "--help", description: "show help", takes: "nothing" },
    ],
    files: paths.some(({ name }) => name.startsWith("<")),
  };
  return [own, ...command.commands.flatMap(tree)];
}

/** The words that follow an option, for a `case` of bash: files, choices or nothing of ours. */
function bash(commands: readonly Completed[]): string {
  const cases = commands.map(({ words, subcommands, options, files }) => {
    const names = subcommands.map(({ name }) => name).join(" ");
    const flags = options.map(({ flag }) => flag).join(" ");
    return `    "${words}") subcommands="${names}"; flags="${flags}"; files=${files ? 1 : 0} ;;`;
  });
  const valued = [
    ...new Set(
      commands.flatMap(({ options }) =>
        options.filter(({ takes }) => takes !== "nothing").map(({ flag }) => flag),
      ),
    ),
  ];
  const paths = new Set(
    commands.flatMap(({ options }) =>
      options.filter(({ takes }) => takes === "file").map(({ flag }) => flag),
    ),
  );
  return `# zkmargin completion for bash. Made by \`zkmargin completion bash\`.
_zkmargin() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" next subcommands flags files i
  COMPREPLY=()
  case "$previous" in
    ${[...paths].join("|")}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${valued.filter((flag) => !paths.has(flag)).join("|")}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${words:+$words }\${COMP_WORDS[i]}"
    case "$next" in
      ${commands
        .filter(({ words }) => words !== "")
        .map(({ words }) => `"${words}"`)
        .join("|")}) words="$next" ;;
    esac
  done
  case "$words" in
${cases.join("\n")}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n "$subcommands" ]]; then COMPREPLY=($(compgen -W "$subcommands" -- "$current"))
  elif [[ "$files" == 1 ]]; then compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _zkmargin zkmargin
`;
}

function zsh(commands: readonly Completed[]): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''");
  const said = (text: string) => quote(firstOf(text).replaceAll(/[[\]:\\]/g, " "));
  const cases = commands.map(({ words, subcommands, options, files }) => {
    const specs = options.map(({ flag, description, takes }) => {
      const value =
        takes === "nothing"
          ? ""
          : takes === "file"
            ? ":file:_files"
            : takes === "text"
              ? ":value: "
              : `:value:(${takes.join(" ")})`;
      return `'${flag}[${said(description)}]${value}'`;
    });
    const below = subcommands.map(({ name, description }) => `'${name}:${said(description)}'`).join(" ");
    const rest = files ? "'*:file:_files'" : "";
    return `    '${words}')\n      subcommands=(${below})\n      specs=(${[...specs, rest].join(" ").trim()}) ;;`;
  });
  return `#compdef zkmargin
# zkmargin completion for zsh. Made by \`zkmargin completion zsh\`.
_zkmargin() {
  local at='' next i depth=1
  local -a subcommands specs
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      ${commands
        .filter(({ words }) => words !== "")
        .map(({ words }) => `'${words}'`)
        .join("|")}) at="$next"; depth=$i ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  if (( \${#subcommands} )) && [[ "\${words[CURRENT]}" != -* ]]; then
    _describe 'command' subcommands
    return
  fi
  shift $((depth - 1)) words
  (( CURRENT -= depth - 1 ))
  _arguments $specs
}
if [ "$funcstack[1]" = "_zkmargin" ]; then _zkmargin "$@"; else compdef _zkmargin zkmargin; fi
`;
}

function fish(commands: readonly Completed[]): string {
  const quote = (text: string) => `'${firstOf(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ words, subcommands, options, files }) => {
    const here = `-n '__zkmargin_at "${words}"'`;
    return [
      ...subcommands.map(
        ({ name, description }) => `complete -c zkmargin -f ${here} -a ${name} -d ${quote(description)}`,
      ),
      ...options.map(({ flag, description, takes }) => {
        const value =
          takes === "nothing"
            ? " -f"
            : takes === "file"
              ? " -r -F"
              : takes === "text"
                ? " -x"
                : ` -x -a '${takes.join(" ")}'`;
        return `complete -c zkmargin ${here} -l ${flag.slice(2)}${value} -d ${quote(description)}`;
      }),
      ...(subcommands.length > 0 || files ? [] : [`complete -c zkmargin -f ${here}`]),
    ];
  });
  const known = commands
    .filter(({ words }) => words !== "")
    .map(({ words }) => `'${words}'`)
    .join(" ");
  return `# zkmargin completion for fish. Made by \`zkmargin completion fish\`.
set -g __zkmargin_commands ${known}
function __zkmargin_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$at $word")
    contains -- $next $__zkmargin_commands; and set at $next
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = { bash, zsh, fish };

/** A description's first sentence or clause: a menu has a line for it. */
function firstOf(text: string): string {
  return text.split(/[;:.](\s|$)/, 1)[0] ?? "";
}
