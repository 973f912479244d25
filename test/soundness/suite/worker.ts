/**
 * A process that runs tasks of the suite, one after another, as its parent sends them. It is started with the module that
 * exports `parts` as its argument.
 */
import { inspect } from "node:util";
import type { Part, TaskReport } from "./part.js";

export interface Order {
  readonly part: string;
  readonly task: string;
  readonly long: boolean;
  readonly seed: number;
}

export type Answer =
  | { readonly share: number }
  | { readonly cases: number; readonly says: string }
  | { readonly failure: string };

const PROGRESS_EVERY_MS = 250;

const { parts } = (await import(process.argv[2] ?? "")) as { parts: readonly Part[] };
const send = (answer: Answer) => process.send?.(answer);

process.on("message", ({ part, task, long, seed }: Order) => {
  const found = parts
    .find(({ name }) => name === part)
    ?.tasks(long)
    .find(({ name }) => name === task);
  if (!found) return send({ failure: `expected a task of ${part}, got ${task}` });
  let told = 0;
  const progress = (share: number) => {
    const now = Date.now();
    if (now - told < PROGRESS_EVERY_MS) return;
    told = now;
    send({ share });
  };
  found.run({ long, seed }, progress).then(
    (report) => send(answerTo(report)),
    (error: unknown) =>
      send({ failure: error instanceof Error ? (error.stack ?? error.message) : inspect(error) }),
  );
});
process.on("disconnect", () => process.exit());

/** A task that tried nothing has shown nothing: it fails, unless it says why this machine allowed no case. */
function answerTo({ cases, says = "", leftOut }: TaskReport): Answer {
  if (leftOut !== undefined) return { cases, says: `left out: ${leftOut}` };
  if (!(cases >= 1)) return { failure: `expected at least one case tried, got ${cases}` };
  return { cases, says };
}
