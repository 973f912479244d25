import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import * as z from "zod/mini";
import { withFileLock } from "../chain/lineFile.js";
import { QueueError } from "../errors.js";
import { ownerOf, removeLeftovers, temporaryName } from "../groth16/artefacts/writeAtomic.js";
import type { Database, Rows } from "./database.js";

/**
 * A PostgreSQL database in a folder, without a server (PGlite). One process has it open, under a lock file. It serves the
 * other processes of the same user through a socket in that folder, which nobody else can enter.
 */

const OWNER_ONLY = 0o700;
/** Milliseconds between two looks for the socket of the process that has the folder. */
const LOOK = 100;
/** Name of the file that says which process has a folder open. */
const MARKER = "queue";
/** Folder of the database within a queue's. */
const DATABASE = "database";
/** Longest path of a socket on the systems that limit it, bytes. */
const LONGEST_SOCKET = 100;

/** One question of another process, and its answer. */
const askedSchema = z.strictObject({
  id: z.number(),
  text: z.string(),
  values: z.exactOptional(z.array(z.unknown())),
});
const answeredSchema = z.union([
  z.strictObject({ id: z.number(), rows: z.array(z.record(z.string(), z.unknown())) }),
  z.strictObject({ id: z.number(), error: z.string(), code: z.string() }),
]);
type Asked = z.infer<typeof askedSchema>;
type Answered = z.infer<typeof answeredSchema>;

/**
 * Opens the database of a folder: as its owner if nobody has it open, else through the process that has.
 * @param use whether it may be made, or be opened if it is there, or only be reached through another process
 * @throws QueueError if it is not there, or nobody has it open and it may not be opened here
 */
export async function embeddedDatabase(
  folder: string,
  use: "make" | "open" | "reach" = "make",
): Promise<Database> {
  const path = socketPath(folder);
  const there = await clientOf(path);
  if (there !== undefined) return there;
  if (use === "open" && (await stat(join(folder, DATABASE)).catch(() => undefined)) === undefined)
    throw new QueueError(
      "queue: expected a queue in this folder, got none; start `zkmargin keep --queue` first, or name its folder",
    );
  if (use === "reach")
    throw new QueueError(
      "queue: expected a keeper that has the queue of this folder open, got none; start `zkmargin keep --queue` first",
    );
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
  const { mode } = await stat(folder);
  if ((mode & 0o077) !== 0 && !path.startsWith("\\\\"))
    throw new QueueError(
      `queue: expected a folder that its owner alone can enter, got mode ${(mode & 0o777).toString(8)}; chmod 700 ${folder}`,
    );
  return ownerOrClient(folder, path);
}

/** Where the owner of a folder listens. */
function socketPath(folder: string): string {
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const path = join(folder, "queue.sock");
  if (join("/", "a") === "\\a") return `\\\\.\\pipe\\zkmargin-${name}`;
  if (Buffer.byteLength(path) > LONGEST_SOCKET)
    throw new QueueError(
      `queue: expected a folder whose path is shorter than ${LONGEST_SOCKET} bytes, got a longer one`,
    );
  return path;
}

/** Waits for the lock of the folder, or for the process that has it to answer, whichever is first. */
async function ownerOrClient(folder: string, path: string): Promise<Database> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isDecided = false;
  const locked = new Promise<"owner">((resolve, reject) => {
    withFileLock(join(folder, "queue.lock"), async () => {
      if (isDecided) return;
      resolve("owner");
      await held;
    }).catch(reject);
  });
  for (;;) {
    const first = await Promise.race([locked, sleep(LOOK)]);
    if (first === "owner") break;
    const there = await clientOf(path);
    if (there === undefined) continue;
    isDecided = true;
    release();
    return there;
  }
  isDecided = true;
  try {
    return await open(folder, path, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function open(folder: string, path: string, release: () => void): Promise<Database> {
  const marker = await markOwner(folder);
  const database = await PGlite.create(join(folder, DATABASE));
  const checkLock = await lockCheck(join(folder, "queue.lock"));
  const executeSql = async (text: string, values: unknown[] = []): Promise<Rows> => {
    await checkLock();
    if (values.length > 0)
      return { rows: (await database.query<Record<string, unknown>>(text, values)).rows };
    try {
      const results = await database.exec(text);
      return { rows: (results.at(-1)?.rows ?? []) as Record<string, unknown>[] };
    } catch (error) {
      // Several statements may have begun a transaction, which is everybody's here.
      await database.exec("ROLLBACK");
      throw error;
    }
  };
  // A killed owner leaves its socket behind. The lock says that nobody else listens.
  await rm(path, { force: true }).catch(() => undefined);
  const server = await listen(path, executeSql).catch(async (error: unknown) => {
    await database.close();
    await rm(marker, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new QueueError(
      `queue: expected queue.sock of its folder to be free, got something else in its place (${code}); remove it, or name another folder`,
    );
  });
  return {
    executeSql,
    async close() {
      await server.end();
      await database.close();
      await rm(marker, { force: true });
      release();
    },
  };
}

/**
 * Leaves the number of this process in the folder. Making a database may take longer than a lock is waited for, and
 * nobody may write to the folder beside a process that is there.
 * @returns the file to remove afterwards
 * @throws QueueError if another process that runs has left its own
 */
async function markOwner(folder: string): Promise<string> {
  await removeLeftovers(folder, MARKER);
  for (const found of await readdir(folder))
    if (ownerOf(found, MARKER) !== undefined)
      throw new QueueError(
        `queue: expected a folder that no other process has open, got ${found} of one that runs; end it, or wait for it`,
      );
  const path = join(folder, temporaryName(MARKER));
  await writeFile(path, "", { mode: 0o600 });
  return path;
}

/** Milliseconds for which a lock that was looked at is taken to be there; a lost one is taken over after ten seconds. */
const LOCK_HOLDS = 1_000;

/**
 * A check that refuses once another process has the lock. A suspended process may wake up after another has taken it for dead.
 * Two that write to one folder would destroy the database.
 */
async function lockCheck(path: string): Promise<() => Promise<void>> {
  const { ino } = await stat(path);
  let checked = performance.now();
  return async () => {
    if (performance.now() - checked < LOCK_HOLDS) return;
    const now = await stat(path).catch(() => undefined);
    if (now?.ino !== ino)
      throw new QueueError(
        "queue: expected to have the queue's folder, got another process that has taken it over; start again",
      );
    checked = performance.now();
  };
}

/** Answers the questions of other processes, each connection's in their order. */
async function listen(
  path: string,
  executeSql: Database["executeSql"],
): Promise<{ readonly end: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    const lines = createInterface({ input: socket });
    // It tells again what the socket has told.
    lines
      .on("error", () => undefined)
      .on("line", async (line) => {
        const asked = readLine(askedSchema, line);
        const answer = asked && (await answerTo(asked, executeSql));
        if (answer === undefined) socket.destroy();
        else if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(path, resolve);
  });
  return {
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** What a line holds; undefined for other text, after which nothing of its connection can be relied on. */
function readLine<T>(schema: z.ZodMiniType<T>, line: string): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function answerTo({ id, text, values }: Asked, executeSql: Database["executeSql"]): Promise<Answered> {
  try {
    return { id, ...(await executeSql(text, values)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { id, error: error instanceof Error ? error.message : "unknown", code };
  }
}

/** Milliseconds within which the process that has a folder open answers its first question. */
const GREETING = 10_000;

/** The database through the process that has it open; undefined if none answers, or none that speaks as that one does. */
async function clientOf(path: string): Promise<Database | undefined> {
  const socket = await dial(path);
  if (socket === undefined) return undefined;
  const client = new Client(path, socket);
  const limit = new AbortController();
  const greeted = client.executeSql("SELECT 1").then(
    () => true,
    () => false,
  );
  const late = sleep(GREETING, false, { signal: limit.signal }).catch(() => false);
  const isOwner = await Promise.race([greeted, late]);
  limit.abort();
  if (isOwner) return client;
  await client.close();
  return undefined;
}

function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(undefined));
  });
}

/** Asks the owner of a folder, and dials again where that one has ended and another has begun. */
class Client implements Database {
  readonly #path: string;
  readonly #waiting = new Map<number, { resolve: (rows: Rows) => void; reject: (error: Error) => void }>();
  #socket: Socket | undefined;
  #asked = 0;

  constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#use(socket);
  }

  async executeSql(text: string, values?: unknown[]): Promise<Rows> {
    if (this.#socket === undefined) {
      const socket = await dial(this.#path);
      if (socket === undefined)
        throw Object.assign(new Error("nobody has the queue's folder open"), { code: "ECONNREFUSED" });
      this.#use(socket);
    }
    const id = this.#asked++;
    const asked: Asked = { id, text, ...(values === undefined ? {} : { values }) };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket?.write(`${JSON.stringify(asked)}\n`);
    });
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    // A process that has nothing else to do may end.
    socket
      .on("error", () => socket.destroy())
      .on("close", () => {
        if (this.#socket === socket) this.#socket = undefined;
        for (const { reject } of this.#waiting.values())
          reject(
            Object.assign(new Error("the process that had the queue open has ended"), { code: "ECONNRESET" }),
          );
        this.#waiting.clear();
      });
    const lines = createInterface({ input: socket });
    lines
      .on("error", () => undefined)
      .on("line", (line) => {
        const answer = readLine(answeredSchema, line);
        if (answer === undefined) return socket.destroy();
        const waiting = this.#waiting.get(answer.id);
        this.#waiting.delete(answer.id);
        if ("rows" in answer) waiting?.resolve(answer);
        else waiting?.reject(Object.assign(new Error(answer.error), { code: answer.code }));
      });
  }
}
