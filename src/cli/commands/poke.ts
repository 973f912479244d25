import { Command } from "commander";
import { poke } from "../../chain/rounds.js";
import { KEY_HELP, onChain, sender, withDeployment, withSender } from "../chain/session.js";
import { json } from "../format.js";
import type { Io } from "../io.js";

/** `zkmargin poke`: the next oracle round. */
export function pokeCommand(io: Io): Command {
  const command = new Command("poke").description("Read the feeds and commit the next round. Anybody may.");
  return withSender(withDeployment(command))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin poke --deployment deployment.json --keystore keeper.json

Exit codes: 0 there is a new round, 2 and 3 wrong options or files, 8 a feed cannot be relied on, it is too soon, or
chain, key or node.`,
    )
    .action((options) =>
      onChain(io, options, async (open) => {
        const { number, gas } = await poke(
          open,
          await sender(io, open.connection, options, options.deployment),
        );
        if (options.json) return io.out(json({ round: number, gas }));
        io.out(
          gas === null ? `Round ${number}, committed by somebody else.\n` : `Round ${number}, ${gas} gas.\n`,
        );
      }),
    );
}
