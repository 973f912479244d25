import { join } from "node:path";
import type { Command } from "commander";
import type { OpenMarket } from "../chain/deployment.js";
import { KeystoreError, UsageError } from "../errors.js";
import type { Database } from "../queue/database.js";
import type { ProofQueue } from "../queue/proofQueue.js";
import { type Io, readInput } from "./io.js";

/** Where a queue is. */
export interface QueueOptions {
  /** URL of a PostgreSQL database; true for the folder. */
  readonly queue?: string | true;
  readonly queueFolder?: string;
  readonly queuePasswordEnv: string;
  readonly queuePasswordFile?: string;
}

const PASSWORD_VARIABLE = "ZKMARGIN_QUEUE_PASSWORD";
/** Seconds by which the clocks of this machine and of the database may differ without a word. */
const CLOCKS_APART = 30;

export const QUEUE_HELP = `
The queue is a PostgreSQL database. With --queue postgres://user@host/database it is on a server, for workers on many machines.
Otherwise it is in a folder of this machine (PGlite). The keeper has that folder open, and workers reach it through a socket that
only its user can enter. The URL has no password: that comes from an environment variable or a file. Nothing private is ever in a
queue: a job names account, sequence, round and epoch, and a worker answers with a claim and its proof.
`;

/** Adds --queue and the options of its place. */
export function withQueue(command: Command, what: string): Command {
  return command
    .option("--queue [url]", what)
    .option(
      "--queue-folder <folder>",
      "folder of a queue on this machine; by default one of your data folder",
    )
    .option(
      "--queue-password-env <name>",
      "environment variable with the password of the queue's database",
      PASSWORD_VARIABLE,
    )
    .option("--queue-password-file <file>", "file with that password instead");
}

/** Whether the options name a queue. */
export function hasQueue({ queue, queueFolder }: QueueOptions): boolean {
  return queue !== undefined || queueFolder !== undefined;
}

/**
 * Opens the database of the queue that the options name.
 * @param use whether a folder's database may be made here, or opened, or only be reached through the keeper that has it
 * @throws UsageError for a URL with a password, or of something else; QueueError
 */
async function openDatabase(
  io: Io,
  options: QueueOptions,
  use: "make" | "open" | "reach",
): Promise<Database> {
  const { queue, queueFolder } = options;
  if (typeof queue === "string") {
    if (queueFolder !== undefined)
      throw new UsageError("--queue-folder: expected it without a URL in --queue, got both");
    const url = databaseUrl(queue);
    const password = await passwordOf(io, options);
    const { postgresDatabase } = await import("../queue/database.js");
    return postgresDatabase(url, password);
  }
  const { embeddedDatabase } = await import("../queue/embedded.js");
  return embeddedDatabase(queueFolder ?? (await defaultFolder()), use);
}

/** @throws UsageError, which quotes nothing of it */
function databaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["postgres:", "postgresql:"].includes(url.protocol) || url.hostname === "")
    throw new UsageError("--queue: expected a URL such as postgres://user@host/database, got other text");
  if (url.password !== "" || url.searchParams.has("password"))
    throw new UsageError(
      `--queue: expected a URL without a password, got one with it, which other processes of this machine can read; give it in ${PASSWORD_VARIABLE} or --queue-password-file`,
    );
  return text;
}

async function passwordOf(
  io: Io,
  { queuePasswordEnv: name, queuePasswordFile: file }: QueueOptions,
): Promise<string | undefined> {
  if (file !== undefined) return (await readInput(io, file, "password")).replace(/\r?\n$/, "");
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,59}$/.test(name))
    throw new UsageError(
      "--queue-password-env: expected the name of an environment variable, got other text",
    );
  const value = process.env[name];
  if (name !== PASSWORD_VARIABLE && (value === undefined || value === ""))
    throw new KeystoreError(`${name}: expected an environment variable of that name, got none`);
  return value === "" ? undefined : value;
}

async function defaultFolder(): Promise<string> {
  const { default: envPaths } = await import("env-paths");
  return join(envPaths("zkmargin", { suffix: "" }).data, "queue");
}

/**
 * Opens the queue that the options name, of a market or of any, and says so where the clocks differ.
 * @throws what openDatabase and ProofQueue.open throw
 */
export async function openQueue(
  io: Io,
  options: QueueOptions,
  use: "make" | "open" | "reach",
  market?: OpenMarket,
): Promise<ProofQueue> {
  const database = await openDatabase(io, options, use);
  const { ProofQueue } = await import("../queue/proofQueue.js");
  const owner = market && { chainId: market.connection.chainId, gate: market.addresses.marginGate };
  const queue = await ProofQueue.open(database, owner);
  const ahead = Math.round(await queue.clockAhead(Date.now()));
  if (Math.abs(ahead) > CLOCKS_APART)
    io.err(
      `queue: the database's clock is ${Math.abs(ahead)} s ${ahead > 0 ? "ahead of" : "behind"} this machine's; leases go by the database's, times of log lines by this machine's\n`,
    );
  return queue;
}
