import { isIP } from "node:net";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance } from "fastify";
import { PortError, UsageError } from "../errors.js";
import { serveEvents } from "./eventStreams.js";
import { failure, hostOf, isLoopback } from "./requests.js";
import { serveRoutes } from "./routes.js";
import type { WatchService } from "./service.js";
import type { ServiceLog } from "./serviceLog.js";

/** Where a service listens, and to whom it answers. */
export interface HttpOptions {
  readonly service: WatchService;
  readonly log: ServiceLog;
  /** Address to listen on; the loopback address by default. */
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Whether an address that others reach is meant. */
  readonly remote?: boolean;
  /** Further names in a Host header that are this service's. */
  readonly hosts?: readonly string[];
  /** The page of the board; absent where it was not built. */
  readonly board?: string;
  readonly version: string;
}

export const DEFAULT_HOST = "127.0.0.1";

/**
 * Starts to answer over HTTP. It only reads.
 * @returns where it listens, and what ends it
 * @throws UsageError for an address that others reach without `remote`, or with an institution's own books
 * @throws PortError for a port that is in use, or that this user may not listen on
 */
export async function serveHttp(
  options: HttpOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { host = DEFAULT_HOST, port, remote = false, service, log, board } = options;
  if (!isLoopback(host) && !remote)
    throw new UsageError(
      "--host: expected a loopback address such as 127.0.0.1, got another; give --allow-remote if others are to read it",
    );
  if (!isLoopback(host) && service.own !== undefined)
    throw new UsageError(
      "--host: expected a loopback address with --archive, got another; health factors stay on this machine",
    );
  const app = await httpApp(options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw portError(error, host, port);
  }
  const address = app.server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${bound}`;
  log.tell("info", "listening", { url, board: board !== undefined });
  return { url, close: () => app.close() };
}

function portError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const got: Readonly<Record<string, string>> = {
    EADDRINUSE: "one that another process listens on; end it, or give another --port",
    EACCES: "one that this user may not listen on; give a --port above 1023",
    EADDRNOTAVAIL: "an address that this machine does not have; give another --host",
  };
  const words = code === undefined ? undefined : got[code];
  return words === undefined
    ? error
    : new PortError(`port ${port} of ${host}: expected a free one, got ${words}`);
}

/** The application without a socket. */
async function httpApp(options: HttpOptions): Promise<FastifyInstance> {
  const { service, version, board } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    // A null stays null in an answer, whatever the type of its field.
    ajv: { customOptions: { coerceTypes: true } },
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title: "zkmargin serve",
        description: "What a deployment's chain says of its accounts, rounds and auctions. Read-only.",
        version,
      },
    },
  });
  guard(app, options);
  serveRoutes(app, service, board);
  serveEvents(app, service);
  app.setErrorHandler((error: { statusCode?: number; message: string; validation?: unknown }, _, reply) => {
    const code = error.statusCode ?? 500;
    // Of a fault of ours only that it is one: its words might quote anything.
    const message = code < 500 ? error.message : "an internal error; its text is withheld";
    return reply.code(code).send(failure(code < 500 ? "BadRequest" : "Internal", message));
  });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send(failure("NotFound", "expected a path of /openapi.json, got another")),
  );
  return app;
}

/** What every request must be: a read, of this host. And what every answer has. */
function guard(app: FastifyInstance, { host = DEFAULT_HOST, hosts = [], log, service }: HttpOptions): void {
  const own = new Set([host, ...hosts].map((name) => name.toLowerCase()));
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy": "frame-ancestors 'none'",
    });
    if (request.method !== "GET" && request.method !== "HEAD")
      return reply.code(405).header("allow", "GET, HEAD").send(failure("MethodNotAllowed", "it only reads"));
    const named = hostOf(request.headers.host);
    if (isLoopback(named) || own.has(named)) return undefined;
    // A name that its owner points at this address: a page of theirs would read as this service's own.
    log.tell("warn", "refused", { why: "a Host header of another name" });
    return reply
      .code(421)
      .send(failure("WrongHost", "expected a Host header of this service; see --allow-host"));
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "other";
    service.metrics.count("zkmargin_http_requests_total", { route, code: String(reply.statusCode) });
  });
}
