import { Command, CommanderError } from "commander";
import { EXIT, ZkMarginError } from "../errors.js";
import { bookCommand } from "./commands/book.js";
import { demoCommand } from "./commands/demo.js";
import { healthCommand } from "./commands/health.js";
import { marketCommand } from "./commands/market.js";
import { proveCommand } from "./commands/prove.js";
import { setupCommand } from "./commands/setup.js";
import { verifyCommand } from "./commands/verify.js";
import { json } from "./format.js";
import type { Io } from "./io.js";
import { packageVersion } from "./version.js";

const EXIT_HELP = `
Exit codes:
  0  done; for prove and verify: the statement holds
  1  an error of zkmargin itself
  2  the command line is wrong
  3  an input is wrong: a file, a field, a bound
  4  the statement is not true of this book in this market, so it cannot be proven
  5  the proof is not valid
  6  two things do not belong together: market, tier, key, words and numbers
  7  a circuit or key is missing or altered
`;

/** Runs one command line and returns its exit code. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const program = new Command("zkmargin")
    .description(
      "Prove that a margin account's health factor exceeds its margin, without revealing a position.",
    )
    .version(packageVersion())
    .addHelpText("after", EXIT_HELP);
  for (const command of [
    demoCommand,
    setupCommand,
    bookCommand,
    marketCommand,
    healthCommand,
    proveCommand,
    verifyCommand,
  ])
    program.addCommand(command(io));
  for (const command of withSubcommands(program)) {
    command.exitOverride();
    command.configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
    command.showHelpAfterError("(add --help for examples)");
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error, io, argv.includes("--json"));
  }
}

function report(error: unknown, io: Io, asJson: boolean): number {
  const known = error instanceof ZkMarginError;
  const exitCode = known ? error.exitCode : EXIT.internal;
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "Error";
  if (asJson) io.err(json({ error: { name, message, exitCode } }));
  else if (exitCode === EXIT.notProvable) io.err(`${message}\n`);
  else io.err(`zkmargin: ${message}\n`);
  if (!known && error instanceof Error && !asJson)
    io.err(`${error.stack ?? ""}\nThis is a fault of zkmargin: please report it.\n`);
  return exitCode;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
