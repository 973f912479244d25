import { isIP } from "node:net";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { formatDecimal } from "../encoding/decimal.js";
import { PortError, UsageError } from "../errors.js";
import { STATUS_NAMES } from "../protocol/status.js";
import { RULES } from "./alertRules.js";
import { ANSWERS } from "./answers.js";
import type { EventView, MarketView, RoundView } from "./apiTypes.js";
import { ageOf, isAfter, type WatchService } from "./service.js";
import type { ServiceLog } from "./serviceLog.js";
import { auctionView, countStatuses, roundView } from "./views.js";
import { chainTime, stateOfMarket } from "./watched.js";

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

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
export const DEFAULT_HOST = "127.0.0.1";
/** Rounds, accounts and events in an answer by default, and at most. */
const PAGE = { rounds: [100, 2_048], accounts: [20_000, 20_000], events: [200, 1_000] } as const;
/** Seconds that a long poll waits at most. */
const LONGEST_WAIT = 60;
/** Readers of events at once: each holds a connection. */
const MOST_STREAMS = 100;
/** Bytes that may wait for a reader that does not read. */
const MOST_WAITING = 2 ** 20;
/** Milliseconds between two signs of life on a stream. */
const BEAT = 15_000;

const ABSENT = `<!doctype html><meta charset="utf-8"><title>The board is not built</title>
<p>The board is not built. In a checkout run <code>npm run build:web</code>, then start <code>zkmargin serve</code> again.
The API is there: <a href="/openapi.json">/openapi.json</a>, <a href="/metrics">/metrics</a>.</p>
`;

/** Whether an address is this machine's own, which no other machine reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase().replace(/^\[|\]$/g, ""));
}

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
  const { service, version } = options;
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
  routes(app, options);
  streams(app, service);
  app.setErrorHandler((error: { statusCode?: number; message: string; validation?: unknown }, _, reply) => {
    const code = error.statusCode ?? 500;
    // Of a fault of ours only that it is one: its words might quote anything.
    const message = code < 500 ? error.message : "an internal error; its text is withheld";
    return reply.code(code).send({ error: { name: code < 500 ? "BadRequest" : "Internal", message } });
  });
  app.setNotFoundHandler((_, reply) =>
    reply
      .code(404)
      .send({ error: { name: "NotFound", message: "expected a path of /openapi.json, got another" } }),
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

/** The name in a Host header, without its port. */
function hostOf(header: string | undefined): string {
  const name = (header ?? "").toLowerCase();
  return name.startsWith("[") ? (name.slice(1).split("]")[0] ?? "") : name.replace(/:\d*$/, "");
}

function failure(name: string, message: string) {
  return { error: { name, message } };
}

/** The block, the chain's time and the age of what an answer says. */
function asOf({ watched }: WatchService) {
  return { block: watched.chain?.block.number ?? null, time: chainTime(watched), age: ageOf(watched) };
}

function routes(app: FastifyInstance, { service, board }: HttpOptions): void {
  const get = (
    url: string,
    summary: string,
    answer: keyof typeof ANSWERS,
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
    querystring: Readonly<Record<string, unknown>> = {},
    params?: Readonly<Record<string, unknown>>,
  ) =>
    app.get(
      url,
      {
        schema: {
          summary,
          querystring: { type: "object", properties: querystring, additionalProperties: false },
          ...(params === undefined ? {} : { params: { type: "object", properties: params } }),
          response: {
            200: ANSWERS[answer],
            "4xx": ANSWERS.error,
            ...(answer === "ready" ? { 503: ANSWERS.ready } : {}),
          },
        },
      },
      handler,
    );
  app.get("/", { schema: { hide: true } }, (_, reply) =>
    reply
      .code(board === undefined ? 503 : 200)
      .type("text/html; charset=utf-8")
      .send(board ?? ABSENT),
  );
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/metrics", { schema: { hide: true } }, async (_, reply) =>
    reply.type(service.metrics.contentType).send(await service.metrics.text(service.watched, service.alerts)),
  );
  get("/healthz", "Whether the process answers.", "health", () => ({ status: "ok" }));
  get("/readyz", "Whether the chain was read lately.", "ready", (_, reply) => {
    const reasons = notReady(service);
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
  get("/v1/market", "The market, the counts of accounts, and what the service itself needs.", "market", () =>
    marketAnswer(service),
  );
  get(
    "/v1/accounts",
    "Accounts: all, or those that changed after a version, by status, or page by page.",
    "accounts",
    (request) => accountsAnswer(service, request.query as AccountsQuery),
    {
      since: { type: "integer", minimum: 0, description: "Version of an earlier answer." },
      status: { type: "string", enum: [...STATUS_NAMES] },
      after: { type: "string", maxLength: 66, description: "The last account of the page before." },
      limit: { type: "integer", minimum: 1, maximum: PAGE.accounts[1] },
    },
  );
  get(
    "/v1/accounts/:account",
    "One account.",
    "account",
    (request, reply) => {
      const { account } = request.params as { account: string };
      const found = service.watched.accounts.find((one) => one.account === account.toLowerCase());
      return (
        found ??
        reply.code(404).send(failure("NotFound", "expected an account of this deployment, got another"))
      );
    },
    {},
    { account: { type: "string", pattern: "^0x[0-9a-fA-F]{64}$" } },
  );
  get(
    "/v1/rounds",
    "Rounds, newest first, with their prices and averages.",
    "rounds",
    (request) => ({ ...asOf(service), rounds: newestRounds(service, limitOf(request, "rounds")) }),
    { limit: { type: "integer", minimum: 1, maximum: PAGE.rounds[1] } },
  );
  get("/v1/auctions", "Auctions that run, with their price now.", "auctions", () => {
    const { chain } = service.watched;
    const time = chainTime(service.watched);
    return {
      ...asOf(service),
      auctions: chain === undefined ? [] : chain.auctions.flatMap((one) => auctionView(one, chain, time)),
    };
  });
  get("/v1/alerts", "Alerts that last, worst first.", "alerts", () => ({
    ...asOf(service),
    alerts: service.alerts.map((alert) => ({
      ...alert,
      says: RULES[alert.rule].says,
      todo: RULES[alert.rule].todo,
    })),
  }));
  get(
    "/v1/own/health",
    "Health factors of the institution's own accounts, for its token.",
    "own",
    async (request, reply) => {
      const { own } = service;
      if (own === undefined)
        return reply
          .code(404)
          .send(failure("NotFound", "expected a service with --archive, got one without"));
      if (!isLoopback(hostOf(request.headers.host)) || !isLoopback(request.ip.replace(/^::ffff:/, "")))
        return reply.code(403).send(failure("Forbidden", "it is for this machine only"));
      if (!own.admits(request.headers.authorization))
        return reply
          .code(401)
          .header("www-authenticate", "Bearer")
          .send(failure("Unauthorized", "expected the token"));
      return { ...asOf(service), accounts: await service.ownHealth() };
    },
  );
}

/** Why the service is not ready; nothing if it is. */
function notReady(service: WatchService): string[] {
  const { watched, patience } = service;
  if (watched.chain === undefined) return ["the chain has not been read yet"];
  const age = ageOf(watched) ?? 0;
  return age >= patience ? [`the chain was last read ${age} s ago`] : [];
}

function limitOf(request: FastifyRequest, of: keyof typeof PAGE): number {
  return (request.query as { limit?: number }).limit ?? PAGE[of][0];
}

interface AccountsQuery {
  readonly since?: number;
  readonly status?: string;
  readonly after?: string;
  readonly limit?: number;
}

function accountsAnswer(
  service: WatchService,
  { since = 0, status, after, limit = PAGE.accounts[0] }: AccountsQuery,
) {
  const wanted = service
    .changedSince(since)
    .filter(
      (view) =>
        (status === undefined || view.status === status) && (after === undefined || view.account > after),
    )
    .sort((a, b) => (a.account < b.account ? -1 : 1));
  return {
    ...asOf(service),
    version: service.version,
    more: wanted.length > limit,
    accounts: wanted.slice(0, limit),
  };
}

function newestRounds({ watched: { chain } }: WatchService, limit: number): RoundView[] {
  if (chain === undefined) return [];
  const views: RoundView[] = [];
  for (let at = chain.rounds.length - 1; at >= 0 && views.length < limit; at--) {
    const view = roundView(chain, at);
    if (view !== undefined) views.push(view);
  }
  return views;
}

function marketAnswer(service: WatchService): MarketView {
  const { watched } = service;
  const { chain, queue, accounts, failure: why, clockAhead, senders } = watched;
  const market = chain?.market ?? null;
  const vault = chain?.vault ?? null;
  return {
    ...asOf(service),
    chainId: chain?.chainId.toString() ?? "",
    gate: service.gate,
    version: service.version,
    state: chain === undefined ? "unread" : stateOfMarket(chain, chainTime(watched)),
    epoch: market?.profile.epoch ?? 0,
    round: newestRounds(service, 1)[0] ?? null,
    terms:
      market === null
        ? null
        : {
            ...market.constants.gate,
            maxRoundAge: market.constants.ledger.maxRoundAge,
            provingWindow: market.constants.provingWindow,
            twapWindow: market.constants.twapWindow,
          },
    accounts: countStatuses(accounts.map(({ status }) => status)),
    sources: chain?.sources ?? [],
    failure: why?.message ?? null,
    clockAhead,
    senders: senders.map(({ address, balance, submissions }) => ({
      address,
      balance: balance.toString(),
      submissions: submissions?.toString() ?? null,
    })),
    queue:
      queue === null
        ? null
        : "failure" in queue
          ? { answers: false, waiting: 0, active: 0, failed: 0, ready: 0, keeper: false }
          : { ...queue, answers: true, keeper: queue.keeper !== null },
    insurance: (vault?.insurance ?? []).map(({ creditor, amount }) => ({
      creditor,
      amount: formatDecimal(amount, vault?.settlement.decimals ?? 0),
      symbol: vault?.settlement.symbol ?? "",
    })),
    own: service.own !== undefined,
  };
}

/** `/v1/events`: as they come by server-sent events, by a long poll, or what is known. */
function streams(app: FastifyInstance, service: WatchService): void {
  let open = 0;
  const gauge = () => service.metrics.set("zkmargin_event_streams", open);
  const since = (after: string | undefined): readonly EventView[] => {
    const events = service.watched.chain?.events ?? [];
    return after === undefined ? events : events.filter(({ id }) => isAfter(id, after));
  };
  app.get(
    "/v1/events",
    {
      schema: {
        summary:
          "Events of the chain. With Accept: text/event-stream as they come; else those after an id, at once or by a long poll.",
        querystring: {
          type: "object",
          additionalProperties: false,
          properties: {
            after: {
              type: "string",
              pattern: "^\\d{1,15}-\\d{1,9}$",
              description: "Id of the last event that is known.",
            },
            wait: {
              type: "integer",
              minimum: 0,
              maximum: LONGEST_WAIT,
              description: "Seconds to wait for one.",
            },
            limit: { type: "integer", minimum: 1, maximum: PAGE.events[1] },
          },
        },
        response: { 200: ANSWERS.events, "4xx": ANSWERS.error },
      },
    },
    async (request, reply) => {
      const { after, wait = 0 } = request.query as { after?: string; wait?: number };
      const limit = limitOf(request, "events");
      const asStream = /\btext\/event-stream\b/.test(request.headers.accept ?? "");
      if ((asStream || wait > 0) && open >= MOST_STREAMS)
        return reply.code(429).send(failure("TooMany", `expected at most ${MOST_STREAMS} readers, got more`));
      if (asStream) {
        const last = request.headers["last-event-id"];
        stream(reply, typeof last === "string" && /^\d{1,15}-\d{1,9}$/.test(last) ? last : after);
        return reply;
      }
      if (wait > 0 && since(after).length === 0) {
        open++;
        gauge();
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            stop();
            resolve();
          };
          const timer = setTimeout(done, wait * 1_000);
          const stop = service.follow(({ events }) => events.length > 0 && done());
          request.raw.once("close", done);
        });
        open--;
        gauge();
      }
      return { ...asOf(service), events: since(after).slice(-limit) };
    },
  );

  const stream = (reply: FastifyReply, after: string | undefined) => {
    reply.hijack();
    const { raw } = reply;
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    raw.writeHead(200, { ...headers, "content-type": "text/event-stream", connection: "keep-alive" });
    const send = (event: string, data: unknown, id?: string) => {
      // A reader that does not read is let go.
      if (raw.writableLength > MOST_WAITING) return raw.destroy();
      return raw.write(
        `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    };
    const known = after === undefined ? [] : since(after);
    for (const one of known) send("chain", one, one.id);
    send("tick", { version: service.version, ...asOf(service) });
    const stop = service.follow(({ events, version, reset }) => {
      if (reset) send("reset", { version });
      for (const one of events) send("chain", one, one.id);
      send("tick", { version, ...asOf(service) });
    });
    const beat = setInterval(() => raw.write(": \n\n"), BEAT);
    open++;
    gauge();
    raw.once("close", () => {
      clearInterval(beat);
      stop();
      open--;
      gauge();
    });
  };
}
