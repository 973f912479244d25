import { Command } from "commander";
import { poke, roundMarket } from "../../chain/rounds.js";
import { marketStatus } from "../../chain/status.js";
import { RoundMismatchError } from "../../errors.js";
import { marketDigest, serialiseMarket } from "../../market/file.js";
import { wholeNumber } from "../arguments.js";
import { json } from "../format.js";
import { type Io, save } from "../io.js";
import { KEY_HELP, onChain, sender, withDeployment, withSender } from "../onChain.js";

/** `zkmargin poke`: the next oracle round. */
export function pokeCommand(io: Io): Command {
  const command = new Command("poke").description(
    "Read the feeds and commit the next oracle round. Anybody may.",
  );
  return withSender(withDeployment(command))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin poke --deployment deployment.json --keystore keeper.json

Exit codes: 0 there is a new round; 2 and 3 wrong options or files. With 8, a feed cannot be relied on, it is too
soon, or chain, key or node fails.`,
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

/** `zkmargin round`: the market of a round, to prove against. */
export function roundCommand(io: Io): Command {
  const command = new Command("round").description(
    "Rebuild a round's market from events, check it against the committed point, and write it.",
  );
  return withDeployment(command)
    .option("--number <n>", "which round; the newest by default", wholeNumber)
    .requiredOption("--out <file>", "market to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Example:
  $ zkmargin round --out round.json && zkmargin prove desk.json --market round.json --secret desk.secret --out desk.proof.json

Exit codes: 0 written; 2 and 3 wrong options or files; 8 no such round, its point does not match its prices, or node.`,
    )
    .action((options) =>
      onChain(io, options, async (open, { key }) => {
        const newest = (await marketStatus(open)).round?.number;
        const number = options.number === undefined ? newest : BigInt(options.number);
        if (number === undefined)
          throw new RoundMismatchError("round: expected one, got none yet; poke first");
        const { market, epoch } = await roundMarket(open, number, key);
        await save(io, options.out, serialiseMarket(market), "market");
        const digest = marketDigest(market);
        if (options.json) return io.out(json({ file: options.out, round: number, epoch, digest }));
        io.out(`Wrote ${options.out}: round ${number}, epoch ${epoch}\ndigest ${digest}\n`);
      }),
    );
}
