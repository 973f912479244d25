import pg from "pg";
import { QueueError } from "../errors.js";

/** Rows of a query, by column. */
export interface Rows {
  readonly rows: Record<string, unknown>[];
}

/** A PostgreSQL database, as pg-boss uses one. */
export interface Database {
  /** Runs one statement with values, or several without any. Each call is a transaction of its own. */
  executeSql(text: string, values?: unknown[]): Promise<Rows>;
  close(): Promise<void>;
}

/** Connections of one process: a worker needs one, and its maintenance another. */
const CONNECTIONS = 3;
const CONNECT_WITHIN = 10_000;

/**
 * A PostgreSQL server.
 * @param url of postgres: or postgresql:, without a password
 * @param password what the server asks for; none if absent
 * @throws QueueError if it does not answer or does not let this user in
 */
export async function postgresDatabase(url: string, password?: string): Promise<Database> {
  const full = new URL(url);
  // What stands in a URL wins over what is given beside it, even where it is empty.
  if (password !== undefined) full.password = encodeURIComponent(password);
  const pool = new pg.Pool({
    connectionString: full.href,
    application_name: "zkmargin",
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_WITHIN,
    allowExitOnIdle: true,
  });
  // A connection that breaks while it is idle is replaced at the next query.
  pool.on("error", () => undefined);
  const database: Database = {
    async executeSql(text, values) {
      const { rows } = await pool.query(text, values);
      return { rows: rows ?? [] };
    },
    close: () => pool.end(),
  };
  try {
    await database.executeSql("SELECT 1");
  } catch (error) {
    await pool.end();
    throw asQueueError(error);
  }
  return database;
}

/** What a database's error means, by its SQLSTATE or its system code; the first prefix that fits. */
const MEANINGS: readonly (readonly [codes: readonly string[], words: string])[] = [
  [
    ["53100", "ENOSPC"],
    "expected room for the queue's database, got a full disk; nothing is lost: make room",
  ],
  [
    ["25006", "EROFS", "EACCES", "EPERM"],
    "expected a database that can be written, got a read-only one; nothing is lost: make it writable",
  ],
  [
    ["28"],
    "expected a user and a password that the server lets in, got others; give the password's variable or file",
  ],
  [["3D000"], "expected a database of that name on the server, got none; create it first"],
  [["42501"], "expected a user who may create schemas in this database, got another; grant it"],
  [["53"], "expected a server with a free connection, got a busy one; keepers and workers try again"],
  [
    ["08", "57P", "ECONN", "ENOTFOUND", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN", "ENOENT"],
    "expected the queue's database to answer, got no answer; keepers and workers try again",
  ],
  [
    ["40", "55P03"],
    "expected the queue's turn, got a conflict with another process; keepers and workers try again",
  ],
];

/**
 * An error of a database in the words of this package. It quotes the code, and of the message nothing: that may have a
 * host, a user or a value in it.
 */
export function asQueueError(error: unknown): QueueError {
  if (error instanceof QueueError) return error;
  const code = codeOf(error);
  const meaning = MEANINGS.find(([codes]) => codes.some((prefix) => code.startsWith(prefix)))?.[1];
  return new QueueError(
    `queue: ${meaning ?? "expected the queue's database to do as asked, got an error"} (${code})`,
  );
}

/** The code of an error, or of the first that it is made of. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !("code" in error)) return codeOf(error.errors[0]);
  if (error instanceof Error) {
    if ("code" in error && typeof error.code === "string") return error.code;
    // What the pool says of a server that takes no connection has no code.
    if (/timeout|terminated/i.test(error.message)) return "ECONNTIMEOUT";
    return error.name;
  }
  return "unknown";
}
