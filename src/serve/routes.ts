import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatDecimal } from "../encoding/decimal.js";
import { STATUS_NAMES } from "../protocol/status.js";
import { RULES } from "./alertRules.js";
import { ANSWERS } from "./answers.js";
import type { MarketView, RoundView } from "./apiTypes.js";
import { asOf, failure, hostOf, isLoopback, limitOf, PAGE } from "./requests.js";
import type { WatchService } from "./service.js";
import { auctionView, countStatuses, roundView } from "./views.js";
import { ageOf, chainTime, stateOfMarket } from "./watched.js";

const ABSENT = `<!doctype html><meta charset="utf-8"><title>The board is not built</title>
<p>The board is not built. In a checkout run <code>npm run build:web</code>, then start <code>zkmargin serve</code> again.
The API is there: <a href="/openapi.json">/openapi.json</a>, <a href="/metrics">/metrics</a>.</p>
`;

/** Every path but `/v1/events`. @param board the page of the board; undefined where it was not built */
export function serveRoutes(app: FastifyInstance, service: WatchService, board: string | undefined): void {
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
    ...(watched.clearing === null ? {} : { clearing: watched.clearing }),
  };
}
