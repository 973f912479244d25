import { Command } from "commander";
import { parseAuditorKey } from "../../audit/archive/seal.js";
import { ProvingSession } from "../../prove/session.js";
import type { WorkerEvent } from "../../queue/worker.js";
import {
  artefactsUnder,
  chosenProver,
  DEFAULT_THETA,
  healthFactor,
  proverOption,
  threadCount,
} from "../arguments.js";
import { jsonLine } from "../format.js";
import { called, type Io, readInput, untilInterrupt } from "../io.js";
import { levelled } from "../keeperLines.js";
import { onMarket, withMarket } from "../onChain.js";
import { openQueue, QUEUE_HELP, withQueue } from "../queues.js";

/** `zkmargin worker`: proves the jobs of a queue. */
export function workerCommand(io: Io): Command {
  const command = new Command("worker").description(
    "Prove the jobs of a keeper's queue: as many workers as you like, on one machine or many.",
  );
  return withQueue(withMarket(command), "PostgreSQL database of the queue; the folder by default")
    .requiredOption("--archive <folder>", "archive of the openings, or a copy of it (zkmargin archive)")
    .requiredOption(
      "--key <file>",
      "this worker's own key, to which books were granted (zkmargin archive keygen)",
    )
    .option("--theta <bps>", "health factor to exceed", healthFactor, DEFAULT_THETA)
    .addOption(proverOption())
    .option(
      "--threads <n>",
      "threads of its prover: one for each core by default; 1 where each core has its worker",
      threadCount,
    )
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${QUEUE_HELP}
A worker opens books from the institution's archive with a key of its own: zkmargin archive keygen makes it, and zkmargin
archive grant gives it the accounts and sequences that the worker is to serve. It has neither the institution's secret nor a
signing key. It leaves jobs of other accounts to other workers.

Several workers on one machine share its cores: a worker of one thread for each core proves more than one worker of many.

A worker can be ended, or killed, at any moment. Another takes its job over within 36 seconds, and what a late worker makes is
not kept. No line of its log holds a position, a salt, a secret or a health factor.

Examples:
  $ zkmargin archive keygen --out worker.key
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 9999
  $ zkmargin worker --archive desk.archive --key worker.key
  $ zkmargin worker --queue postgres://zkmargin@db.example/zkmargin --archive desk.archive --key worker.key

Exit codes: 0 ended by an interrupt; 2 and 3 wrong options or files; 6 a queue of another version or deployment, or a key that
opens nothing; 7 no circuit or key; 8 chain or queue.`,
    )
    .action((options) =>
      onMarket(io, options, async (open, { hash }) => {
        const prover = chosenProver(options, { tables: true, threads: options.threads });
        const pair = parseAuditorKey(await readInput(io, options.key, "auditorKey"));
        const { ArchivedBooks } = await import("../../queue/openings.js");
        const books = await ArchivedBooks.open(options.archive, { auditor: pair }, Date.now);
        const artefacts = await artefactsUnder(hash, options.home, open.tier);
        const queue = await openQueue(io, options, "reach", open);
        await untilInterrupt(async (signal) => {
          const session = await ProvingSession.open(artefacts, prover);
          try {
            const { ProofWorker } = await import("../../queue/worker.js");
            const worker = new ProofWorker({
              ...{ queue, open, key: artefacts.verificationKey, session, theta: options.theta },
              bookOf: (commitment) => books.of(commitment),
              clock: Date.now,
              onEvent: (event) => io.out(options.json ? eventJson(event) : eventLine(io, event)),
            });
            io.err(`worker: ${books.size} books opened; waiting for jobs\n`);
            await worker.run(signal);
          } finally {
            await session.close();
            await queue.close();
          }
        });
      }),
    );
}

const WORDS: Readonly<Record<WorkerEvent["event"], string>> = {
  proven: "is proven",
  unhealthy: "cannot be proven: its book is not above the health factor asked for, by the reference model",
  stale: "is not proven: the chain has another book, epoch or round by now",
  "no-book": "is left to another worker: this key opens no attested book of it in the archive",
  "lost-lease": "was proven too late: another worker has the job, or its round is superseded",
  failed: "failed, and is tried again",
  trouble: "the queue or the node is in trouble, and is asked again",
};
const LEVELS: Readonly<Record<WorkerEvent["event"], "info" | "warn" | "error">> = {
  ...{ proven: "info", stale: "info", unhealthy: "error" },
  ...{ "no-book": "warn", "lost-lease": "warn", failed: "warn", trouble: "warn" },
};

function eventLine(io: Io, event: WorkerEvent): string {
  const level = LEVELS[event.event];
  const of = event.account === null ? "" : `${called(io, event.account)} `;
  const where =
    event.round === null ? "" : ` (book ${event.sequence}, round ${event.round}, ${event.took} ms)`;
  const error = event.error === null ? "" : `: ${event.error}`;
  return levelled(event.time, level, `${of}${WORDS[event.event]}${error}${where}`);
}

function eventJson({ time, event, account, sequence, round, took, error }: WorkerEvent): string {
  const head = { time: new Date(time).toISOString(), level: LEVELS[event], event, account };
  return jsonLine({ ...head, sequence, round, took, error });
}
