import { Command, Option } from "commander";
import { exportLog } from "../../../chain/eventLog/export.js";
import { wholeNumber } from "../../arguments.js";
import { onChain, withDeployment } from "../../chain/session.js";
import { json } from "../../format.js";
import { checkOutput, type Io } from "../../io.js";
import { shareOn } from "../../progress.js";

/** `zkmargin audit export`: a deployment's whole history as one file. */
export function exportCommand(io: Io): Command {
  const command = new Command("export").description(
    "Write a deployment's events to a log, with the calls, feeds and answers that an audit needs beside them.",
  );
  return withDeployment(command)
    .requiredOption("--out <file>", "log to write; one that is there is carried on")
    .option("--to <block>", "last block; the newest by default", wholeNumber)
    .option("--confirmations <n>", "blocks that must stand on the last one", wholeNumber, 0)
    .addOption(
      new Option("--answers <when>", "record the gate's answers at every block, or at the last")
        .choices(["every", "last"])
        .default("last"),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
What feeds and gate said is asked of the chain's state at the time: a node without an archive has the newest blocks only. What it
cannot say is left out, and the audit tells how much of it there was. Events are held to the headers' filters and to what the contracts
count: a node that leaves some out is refused. The digest names the log: note it where it cannot be changed.

Examples:
  $ zkmargin audit export --deployment deployment.json --out event-log.ndjson
  $ zkmargin audit export --rpc https://… --confirmations 64 --out event-log.ndjson   # again: only what is new

Exit codes: 0 written, 2 and 3 wrong options or files, 6 a log of another deployment, 8 the chain is not what the manifest
says, was re-organised, or the node leaves events out or does not answer.`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      await onChain(io, options, async (open) => {
        const shown = shareOn(io, "reading events");
        const { out, to: toBlock, confirmations, answers } = options;
        const exported = await exportLog(open, out, {
          ...(toBlock === undefined ? {} : { toBlock }),
          confirmations,
          answers,
          onProgress: shown.at,
        });
        shown.end();
        if (options.json) return io.out(json({ file: out, ...exported }));
        const { fromBlock, toBlock: last, blocks, events, digest } = exported;
        io.out(
          `Wrote ${out}: ${events} events in ${blocks} of blocks ${fromBlock} to ${last}\ndigest ${digest}\n`,
        );
      });
    });
}
