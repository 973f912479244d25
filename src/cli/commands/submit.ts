import { Command } from "commander";
import { provenClaim, submit, submitBatch } from "../../chain/submit.js";
import { RevertedError } from "../../errors.js";
import { parseBundle } from "../../prove/bundle.js";
import { json, table } from "../format.js";
import { called, type Io, readInput } from "../io.js";
import { accountAndFile, KEY_HELP, onChain, sender, withDeployment, withSender } from "../onChain.js";

/** `zkmargin submit`: proofs to the gate. */
export function submitCommand(io: Io): Command {
  const command = new Command("submit").description(
    "Submit proofs to the gate: one, or many in one transaction.",
  );
  return withSender(withDeployment(command))
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
      onChain(io, options, async (open) => {
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
