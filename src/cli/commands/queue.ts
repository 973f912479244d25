import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { ProofQueue, QueueStatus } from "../../queue/proofQueue.js";
import { json, pairs } from "../format.js";
import { type Io, shareOn } from "../io.js";
import { openQueue, QUEUE_HELP, withQueue } from "../queues.js";

/** Milliseconds between two looks at a queue that drains. */
const LOOK = 500;

/** `zkmargin queue`: the jobs of a keeper and its workers. */
export function queueCommand(io: Io): Command {
  return new Command("queue")
    .description("Look at the jobs of a keeper and its workers, drain the queue, or retry what failed.")
    .addCommand(statusCommand(io))
    .addCommand(drainCommand(io))
    .addCommand(retryCommand(io))
    .addHelpText(
      "after",
      `${QUEUE_HELP}
Examples:
  $ zkmargin queue status
  $ zkmargin queue drain --queue postgres://zkmargin@db.example/zkmargin
  $ zkmargin queue retry`,
    );
}

/** `zkmargin queue status`: how a queue stands. */
function statusCommand(io: Io): Command {
  return onQueue(
    new Command("status").description("Count jobs and proofs, and say whether a keeper has the queue."),
  )
    .addHelpText("after", "\nExample:\n  $ zkmargin queue status --json")
    .action((options) =>
      withOpen(io, options, async (queue) => {
        const status = await queue.status();
        if (options.json) return io.out(json({ ...status }));
        io.out(pairs(rowsOf(status)));
      }),
    );
}

/** `zkmargin queue drain`: lets a queue run empty. */
function drainCommand(io: Io): Command {
  return onQueue(
    new Command("drain").description(
      "Take no new jobs, and wait until the queue is empty: before an upgrade.",
    ),
  )
    .option("--off", "take jobs again")
    .addHelpText(
      "after",
      `
Workers finish what is queued, and the keeper submits what is proven. Accounts that need a proof meanwhile wait, so keep it
short. The queue takes jobs again after --off.

Examples:
  $ zkmargin queue drain
  $ zkmargin queue drain --off`,
    )
    .action((options) =>
      withOpen(io, options, async (queue) => {
        await queue.drain(options.off !== true);
        const status = options.off ? await queue.status() : await emptied(io, queue);
        if (options.json) return io.out(json({ ...status }));
        io.out(
          status.draining
            ? "The queue is empty, and takes no jobs until --off.\n"
            : "The queue takes jobs.\n",
        );
      }),
    );
}

/** `zkmargin queue retry`: queues failed jobs again. */
function retryCommand(io: Io): Command {
  return onQueue(new Command("retry").description("Queue every failed job again."))
    .addHelpText("after", "\nExample:\n  $ zkmargin queue retry")
    .action((options) =>
      withOpen(io, options, async (queue) => {
        const retried = await queue.retry();
        if (options.json) return io.out(json({ retried }));
        io.out(`${retried} ${retried === 1 ? "job is" : "jobs are"} queued again.\n`);
      }),
    );
}

function onQueue(command: Command): Command {
  return withQueue(command, "PostgreSQL database of the queue; the folder by default").option(
    "--json",
    "print JSON",
  );
}

async function withOpen(
  io: Io,
  options: Parameters<typeof openQueue>[1],
  work: (queue: ProofQueue) => Promise<void>,
): Promise<void> {
  const queue = await openQueue(io, options, "open");
  try {
    await work(queue);
  } finally {
    await queue.close();
  }
}

/** Waits until nothing is queued, and nothing waits for a keeper that is there to submit it. */
async function emptied(io: Io, queue: ProofQueue): Promise<QueueStatus> {
  const share = shareOn(io, "draining");
  let most = 0;
  try {
    for (;;) {
      const status = await queue.status();
      const left = status.waiting + status.active + (status.keeper === null ? 0 : status.ready);
      if (left === 0) return status;
      most = Math.max(most, left);
      share.at(1 - left / most);
      await sleep(LOOK);
    }
  } finally {
    share.end();
  }
}

function rowsOf(status: QueueStatus): [string, string][] {
  const { oldest } = status;
  return [
    ["waiting", `${status.waiting}${oldest === null ? "" : `, the oldest for ${oldest} s`}`],
    ["being proven", String(status.active)],
    ["failed", `${status.failed}${status.failed === 0 ? "" : " (zkmargin queue retry)"}`],
    ["done", String(status.done)],
    ["superseded", String(status.cancelled)],
    ["proofs to submit", String(status.ready)],
    ["submitted", String(status.submitted)],
    ["keeper", status.keeper ?? "none"],
    ["draining", status.draining ? "yes: no new jobs (zkmargin queue drain --off)" : "no"],
  ];
}
