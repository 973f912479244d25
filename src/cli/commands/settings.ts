import { Command } from "commander";
import { type Names, parseNames, serialiseNames } from "../../audit/names.js";
import { checksummed } from "../../encoding/address.js";
import { FormatError, UnreadableError } from "../../errors.js";
import { json, table } from "../format.js";
import { type Io, readKept, save } from "../io.js";
import { ACCOUNT_ID, AN_ACCOUNT, AN_ADDRESS, idsOf, resolved } from "../names.js";
import { CONFIG_FILE, effectiveSettings } from "../settings.js";

/** `zkmargin config`: what the environment and the config file come to. */
export function configCommand(io: Io): Command {
  return new Command("config")
    .description("Show which settings come from the environment or the config file, and which file that is.")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
A flag on a command line comes before the environment, that before the config file, and that before the option's default. The
file is the one that --config or ZKMARGIN_CONFIG names. Without either it is the nearest ${CONFIG_FILE} from the working folder
upwards, and then the one in the user's config folder. It holds no secret, and is refused if it does. Paths in it are relative to its folder. A URL in it may
name an environment variable: https://node.example/\${NODE_KEY}.

Of a URL only the host is shown, since the rest may be a provider's key.

Examples:
  $ zkmargin config
  $ ZKMARGIN_RPC=http://127.0.0.1:8545 zkmargin config --json

Exit codes: 0 shown; 2 and 3 a setting or a file that is wrong.`,
    )
    .action(async ({ json: asJson }, command: Command) => {
      const { file, settings } = await effectiveSettings(io, command.parent?.getOptionValue("config"));
      const shown = settings.map(({ values, ...setting }) => ({ ...setting, values: values.map(hostOf) }));
      if (asJson) return io.out(json({ file, settings: shown }));
      io.out(`config file: ${file ?? "none"}\n\n`);
      io.out(
        table(
          ["setting", "variable", "value", "from"],
          shown.map(({ field, variable, values, from }) => [
            field,
            variable,
            values.length === 0 ? "the option's default" : values.join(" "),
            from === null ? "" : from === "environment" ? from : "file",
          ]),
          { text: [0, 1, 2, 3] },
        ),
      );
    });
}

function hostOf(text: string): string {
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).origin : text;
}

const DEFAULT_NAMES = "names.json";

/** `zkmargin names`: what the user calls accounts, attesters and tokens. */
export function namesCommand(io: Io): Command {
  return new Command("names")
    .description(
      "Keep a file of names for accounts, attesters and tokens, which commands take in place of ids.",
    )
    .addCommand(addCommand(io))
    .addCommand(showCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin names add custodian 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
  $ zkmargin names add desk-1/cross 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC:desk-1/cross
  $ zkmargin status desk-1/cross --names names.json`,
    );
}

function addCommand(io: Io): Command {
  return new Command("add")
    .description("Add a name to the file, which is made if it is not there.")
    .argument("<name>", "the name: 1 to 100 printable characters")
    .argument("<what>", "an account, an address, or <owner>:<sub-account> with an owner's address or name")
    .option("--names <file>", "file of names to add to", DEFAULT_NAMES)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
A name stands for one id, and an id has one name. A file that has another of either is left as it is.

Examples:
  $ zkmargin names add alpha 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
  $ zkmargin names add desk-1/cross alpha:desk-1/cross

Exit codes: 0 added, or there already; 2 and 3 wrong options or files.`,
    )
    .action(async (name: string, what: string, { names: file, json: asJson }) => {
      const before = await namesIn(io, file);
      const id = await idOf(what, before);
      const known = before.get(id.toLowerCase());
      if (known !== undefined && known !== name)
        throw new FormatError(`names.${id}`, "an id without a name, or of this name", "one of another name");
      const names = new Map([...before, [id.toLowerCase(), name]]);
      const text = serialiseNames(names);
      // What it would refuse to read is not written.
      parseNames(text, "names");
      await save(io, file, text, "names");
      io.out(asJson ? json({ file, name, id }) : `${name}  ${id}\n`);
    });
}

function showCommand(io: Io): Command {
  return new Command("show")
    .description("Show the names of a file.")
    .option("--names <file>", "file of names", DEFAULT_NAMES)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Example:
  $ zkmargin names show --names names.json

Exit codes: 0 shown; 2 and 3 wrong options or files.`,
    )
    .action(async ({ names: file, json: asJson }) => {
      const names = parseNames(await readKept(io, file, "names"), file);
      const rows = [...names].map(([id, name]) => ({
        name,
        kind: ACCOUNT_ID.test(id) ? "account" : "address",
        id,
      }));
      if (asJson) return io.out(json({ names: rows }));
      io.out(
        table(
          ["name", "kind", "id"],
          rows.map(({ name, kind, id }) => [name, kind, checksummed(id) ?? id]),
          { text: [0, 1, 2] },
        ),
      );
    });
}

/** The names of a file; none where it is not there yet. */
async function namesIn(io: Io, file: string): Promise<Names> {
  try {
    return parseNames(await readKept(io, file, "names"), file);
  } catch (error) {
    if (error instanceof UnreadableError && error.got === "no such file") return new Map();
    throw error;
  }
}

async function idOf(what: string, names: Names): Promise<string> {
  const address = checksummed(what);
  if (address !== undefined) return address;
  const account = await resolved(what, "account", "<what>", idsOf(names)).catch(() => undefined);
  if (account === undefined)
    throw new FormatError("<what>", `${AN_ADDRESS}; ${AN_ACCOUNT}; or <owner>:<sub-account>`, "other text");
  return account;
}
