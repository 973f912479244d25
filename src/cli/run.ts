import { Command, CommanderError } from "commander";
import { DryRun, EXIT, UnknownAssetError, UsageError, ZkMarginError } from "../errors.js";
import { packageVersion } from "../groth16/artefacts/layout.js";
import { json, paint, setView } from "./format.js";
import { Inputs } from "./inputs.js";
import { fileSystemError, type Io, type Terminal } from "./io.js";
import { nameOf, needsNames, notePaths } from "./paths.js";
import { applySettings, CONFIG_FILE } from "./settings.js";

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

const HELP = `
From a book to a verified proof:
  $ zkmargin setup
  $ zkmargin book secret --out desk.secret
  $ zkmargin book import positions.csv --account desk-1/cross --sequence 1 --out desk.json
  $ zkmargin market build --date 2021-05-17 --out market.json
  $ zkmargin health desk.json --market market.json
  $ zkmargin prove desk.json --market market.json --secret desk.secret --out desk.proof.json
  $ zkmargin verify desk.proof.json

Documents, in the folder docs/ of this package:
  STATEMENT.md  what a proof says
  CHAIN.md  the contracts, and a walk on a local chain
  WATCHING.md  the service, its metrics and alerts, and the board
  OPERATING.md  settings, names and signing keys
  AUDIT.md  what an auditor checks
  RISK.md  how margins are derived, tested and changed
  KEYS.md  what a verification key is worth
  FORMATS.md  every file
  cli/README.md  every command
  README.md  all documents, by subject

Results go to standard output; progress and errors go to standard error. With --json the result or the error is one JSON
document, and no progress is shown. "-" in place of an input file is standard input, for one input of a command.

A command that fails writes nothing. No command writes over one of its inputs or outputs, whatever path or link leads there.
Files that hold private values are readable by their owner alone (0600). A command warns of a private file that others may read.

Errors name the field and what was expected. They never quote a book or a secret.

Exit codes:
  0  done; for prove and verify: the statement holds
  1  an error of zkmargin itself
  2  the command line is wrong
  3  an input is wrong: a file, a field, a bound; or an output cannot be written
  4  the claim is false of this book in this market, so it cannot be proven
  5  the proof is not valid
  6  two things do not belong together: market, tier, key, account, book
  7  a circuit or key is missing or altered
  8  the chain: a node, a signing key, a deployment, or a contract that refuses
  9  an audit, an archive or the feeds have findings: something does not fit
  10  status --check, keep --once: the worst status is grace
  11  the same: the worst status is margin call
  12  the same: the worst status is liquidatable; liquidate run --once: something liquidatable is left
  13  the same: the worst status is unknown
`;

/** Each command's module, by the role of those who use it: the one that is named is loaded alone, as the others would take a second. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, () => Promise<(io: Io) => Command>>>>> = {
  Institution: {
    setup: async () => (await import("./commands/setup.js")).setupCommand,
    book: async () => (await import("./commands/book.js")).bookCommand,
    listing: async () => (await import("./commands/listing.js")).listingCommand,
    market: async () => (await import("./commands/market.js")).marketCommand,
    health: async () => (await import("./commands/health.js")).healthCommand,
    prove: async () => (await import("./commands/prove.js")).proveCommand,
    submit: async () => (await import("./commands/round.js")).submitCommand,
    keep: async () => (await import("./commands/keep.js")).keepCommand,
    worker: async () => (await import("./commands/worker.js")).workerCommand,
    queue: async () => (await import("./commands/queue.js")).queueCommand,
    vault: async () => (await import("./commands/vault.js")).vaultCommand,
    remote: async () => (await import("./commands/remote.js")).remoteCommand,
    archive: async () => (await import("./commands/archive.js")).archiveCommand,
  },
  Verifier: {
    verify: async () => (await import("./commands/verify.js")).verifyCommand,
    status: async () => (await import("./commands/status.js")).statusCommand,
    serve: async () => (await import("./commands/serve.js")).serveCommand,
  },
  Auditor: {
    audit: async () => (await import("./commands/audit.js")).auditCommand,
  },
  Operator: {
    deploy: async () => (await import("./commands/deploy.js")).deployCommand,
    local: async () => (await import("./commands/local.js")).localCommand,
    ceremony: async () => (await import("./commands/ceremony.js")).ceremonyCommand,
    attest: async () => (await import("./commands/attest.js")).attestCommand,
    clearing: async () => (await import("./commands/clearing.js")).clearingCommand,
    credit: async () => (await import("./commands/credit.js")).creditCommand,
    liquidate: async () => (await import("./commands/liquidate.js")).liquidateCommand,
    dao: async () => (await import("./commands/dao.js")).daoCommand,
    feeds: async () => (await import("./commands/feeds.js")).feedsCommand,
    poke: async () => (await import("./commands/round.js")).pokeCommand,
    round: async () => (await import("./commands/round.js")).roundCommand,
  },
  Risk: {
    risk: async () => (await import("./commands/risk.js")).riskCommand,
    sleeve: async () => (await import("./commands/sleeve.js")).sleeveCommand,
  },
  Settings: {
    config: async () => (await import("./commands/settings.js")).configCommand,
    names: async () => (await import("./commands/settings.js")).namesCommand,
    completion: async () => (await import("./commands/completion.js")).completionCommand(buildProgram),
  },
};

/** The command line with its options and help: whole, or with the command alone that `name` names if there is one. */
export async function buildProgram(terminal: Terminal, name = ""): Promise<Command> {
  const io: Io = { ...readingOnce(terminal), inputs: new Inputs(), names: { byId: new Map() } };
  const program = new Command("zkmargin")
    .description(
      "Prove that a margin account's health factor exceeds its margin, without revealing a position.",
    )
    .version(packageVersion(), "-v, --version")
    .addHelpText("after", HELP)
    .option(
      "--config <file>",
      `config file; by default ${CONFIG_FILE} here or above, or in the user's config folder`,
    )
    .hook("preAction", async (_, command) => {
      await applySettings(io, command);
      await notePaths(io, command);
      if (needsNames(command)) await (await import("./names.js")).resolveNames(io, command);
    });
  if (name === "--version") return program;
  const isKnown = Object.values(COMMANDS).some((group) => Object.hasOwn(group, name));
  for (const [role, group] of Object.entries(COMMANDS))
    for (const [word, load] of Object.entries(group))
      if (!isKnown || word === name) program.addCommand((await load())(io).helpGroup(`${role}:`));
  return program;
}

/** Runs one command line and returns its exit code. Never throws. */
export async function run(args: readonly string[], io: Terminal): Promise<number> {
  const argv = VERSION.includes(args[0] ?? "") ? ["--version"] : args;
  const asJson = argv.includes("--json");
  let running: Command | undefined;
  setView({
    ...(io.columns === undefined ? {} : { columns: io.columns }),
    colour: io.colour?.out === true && !asJson,
  });
  try {
    const program = await buildProgram(asJson ? { ...io, err: () => undefined } : io, argv[0]);
    program.hook("preAction", (_, command) => {
      running = command;
    });
    for (const command of withSubcommands(program)) {
      command.exitOverride((error) => {
        error.message = withMisspelt(error.message, command, argv);
        throw error;
      });
      command.configureOutput({
        writeOut: (text) => io.out(text),
        writeErr: (text) => (asJson ? undefined : io.err(text)),
        outputError: (text, write) => write(withMisspelt(text, command, argv)),
      });
      command.showHelpAfterError("(add --help for its options and examples)");
    }
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof DryRun) return tellDryRun(error, io, asJson);
    if (!(error instanceof CommanderError)) return await report(error, io, asJson, running);
    if (error.exitCode === 0) return EXIT.ok;
    // commander has told people already; programs are told here.
    return asJson ? report(usageError(error), io, asJson) : EXIT.usage;
  }
}

/** Ends a dry run with what it would have sent. */
function tellDryRun({ submission, gas, maxFeePerGas }: DryRun, io: Terminal, asJson: boolean): number {
  const { key, to, data } = submission;
  io.out(
    asJson
      ? json({ dryRun: true, key, to, data, gas, maxFeePerGas })
      : `Would send: ${key}\n  to ${to ?? "a new contract"}, at most ${gas} gas at ${maxFeePerGas} wei\nNothing was signed, sent or written.\n`,
  );
  return EXIT.ok;
}

/** What else asks for the version. */
const VERSION: readonly string[] = ["version", "-V", "-v"];

async function report(error: unknown, io: Terminal, asJson: boolean, command?: Command): Promise<number> {
  const known = error instanceof ZkMarginError ? error : fileSystemError(error);
  const exitCode = known?.exitCode ?? EXIT.internal;
  // What is not known may quote anything, a private value too; only its kind and place are told.
  const name = known?.name ?? (error instanceof Error ? error.constructor.name : typeof error);
  const message =
    known === undefined ? internalError(error) : await advised(known, command, () => buildProgram(io));
  // The line of a step that was under way on a terminal.
  if (io.interactive && !asJson) io.err("\r\u001b[K");
  if (asJson) io.err(json({ error: { name, message, exitCode } }));
  else if (exitCode === EXIT.notProvable) io.err(`${message}\n${NOT_PROVABLE_HINT}`);
  else if (known) io.err(`${paint("bad", "zkmargin:", io.colour?.err ?? false)} ${message}\n`);
  else
    io.err(`zkmargin: ${name}: ${message}\n${frames(error)}This is a fault of zkmargin: please report it.\n`);
  return exitCode;
}

function internalError(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const which = typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : "";
  return `an internal error${which}; its text is withheld, as it might quote private values`;
}

const NOT_PROVABLE_HINT =
  "Nothing was written. `zkmargin health` shows why, and which theta and envelope can be proven.\n";

function frames(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `${line}\n`)
    .join("");
}

function usageError({ code, message }: CommanderError): UsageError {
  return new UsageError(
    code === "commander.help" ? "expected a command, got none" : message.replace(/^error: /, ""),
  );
}

/** Standard input can be read once only; a second "-" would silently be an empty file. */
function readingOnce(io: Terminal): Terminal {
  let taken = false;
  return {
    ...io,
    stdin: (limit) => {
      if (taken) throw new UsageError('expected "-" for one input, got it for two');
      taken = true;
      return io.stdin(limit);
    },
  };
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
