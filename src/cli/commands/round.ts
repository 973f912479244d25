import { Command } from "commander";
import { recordFeeds } from "../../chain/feedCheck.js";
import { poke, roundMarket } from "../../chain/rounds.js";
import { marketStatus } from "../../chain/status.js";
import { provenClaim, submit, submitBatch } from "../../chain/submit.js";
import { RevertedError, RoundMismatchError } from "../../errors.js";
import { marketDigest, serialiseMarket } from "../../market/file.js";
import { parseBundle } from "../../prove/bundle.js";
import { wholeNumber } from "../arguments.js";
import { json, table } from "../format.js";
import { called, type Io, readInput, save } from "../io.js";
import { accountAndFile, KEY_HELP, onMarket, sender, withMarket, withSender } from "../onChain.js";

/** `zkmargin poke`: the next oracle round. */
export function pokeCommand(io: Io): Command {
  const command = new Command("poke").description(
    "Read the feeds and commit the next oracle round. Anybody may.",
  );
  return withSender(withMarket(command))
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
      onMarket(io, options, async (open) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        await recordFeeds(open, transactions);
        const { number, gas } = await poke(open, transactions);
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
  return withMarket(command)
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
      onMarket(io, options, async (open, { key }) => {
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

/** `zkmargin submit`: proofs to the gate. */
export function submitCommand(io: Io): Command {
  const command = new Command("submit").description(
    "Submit proofs to the gate: one, or many in one transaction.",
  );
  return withSender(withMarket(command))
    .argument("<account=bundle...>", "an account and a bundle proven against a round of this deployment")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
The command does not send a proof that the gate already has. It leaves out of a batch the proofs that the gate would refuse,
and names them. Only one of the account's attesters can submit an unhealthy proof (zkmargin prove --unhealthy). Its round must
be later than the book: run zkmargin poke first if there is none.

Examples:
  $ zkmargin submit 0x…=desk.proof.json --keystore keeper.json
  $ zkmargin submit 0x…=desk-1.proof.json 0x…=desk-2.proof.json --keystore keeper.json
  $ zkmargin submit 0x…=desk.unhealthy.json --keystore custodian.json

Exit codes: 0 the gate has them all; 2 and 3 wrong options or files; 6 a bundle of another market or book. With 8, the
gate refuses, or chain, key or node fails.`,
    )
    .action((pairs: string[], options) =>
      onMarket(io, options, async (open) => {
        const proven = [];
        for (const pair of pairs) {
          const [account, path] = accountAndFile(pair);
          const bundle = parseBundle(await readInput(io, path, "bundle"), path);
          proven.push(await provenClaim(open, account, bundle));
        }
        const transactions = await sender(io, open.connection, options, options.deployment);
        const [only] = proven;
        if (only !== undefined && proven.length === 1) {
          const { outcome, receipt } = await submit(open, transactions, only);
          const gas = receipt?.gasUsed ?? null;
          const { account, round } = only;
          if (options.json) return io.out(json({ results: [{ account, round, outcome }], gas }));
          return io.out(outcome === "already" ? "The gate has it already.\n" : `Accepted, ${gas} gas.\n`);
        }
        const { results, receipt } = await submitBatch(open, transactions, proven);
        const gas = receipt?.gasUsed ?? null;
        const rows = results.map(({ proven: { account, round }, outcome, reason }) => ({
          account,
          round,
          outcome,
          reason,
        }));
        if (options.json) io.out(json({ results: rows, gas }));
        else {
          const cells = rows.map(({ account, round, outcome, reason = "" }) => [
            called(io, account),
            `${round}`,
            outcome,
            reason,
          ]);
          io.out(table(["account", "round", "outcome", "reason"], cells));
          if (gas !== null) io.out(`\n${gas} gas\n`);
        }
        const refused = results.find(({ outcome }) => outcome === "refused");
        if (refused !== undefined)
          throw new RevertedError(
            "submit",
            refused.reason ?? null,
            `${refused.reason} for ${refused.proven.account}`,
          );
      }),
    );
}
