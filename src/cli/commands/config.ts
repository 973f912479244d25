import { Command } from "commander";
import { json, table } from "../format.js";
import type { Io } from "../io.js";
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
