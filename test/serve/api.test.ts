import assert from "node:assert/strict";
import { request } from "node:http";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { PortError, UsageError } from "../../src/errors.js";
import type { AccountView } from "../../src/serve/apiTypes.js";
import { serveHttp } from "../../src/serve/httpServer.js";
import { ServiceLog } from "../../src/serve/serviceLog.js";
import { exampleBook } from "../support/desk.js";
import type { LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";
import { type SceneAccounts, WatchedService, watchedScene } from "../support/watchedChain.js";

describe("serve: the API", () => {
  let chain: LocalChain;
  let accounts: SceneAccounts;
  const watched = new WatchedService();

  before(async () => {
    ({ chain, accounts } = await watchedScene());
    await watched.start(chain);
  });
  after(async () => {
    await watched.stop();
    await chain?.close();
  });

  /** Each account as the service has it, and as the gate answers. */
  const compared = async () => {
    await watched.service.look();
    const { json } = await watched.get("/v1/accounts");
    for (const view of json.accounts as AccountView[]) {
      const { status, deadline, claim, book } = await accountStatus(chain.open, view.account);
      assert.deepEqual(
        [view.status, view.deadline ?? 0, view.claim?.round ?? null, view.book?.sequence ?? 0],
        [status, Number(deadline), claim === null ? null : Number(claim.round), Number(book.sequence)],
        view.account,
      );
    }
    return json.accounts as AccountView[];
  };

  it("is not ready before the chain is read, and answers nonetheless", async () => {
    assert.equal((await watched.get("/healthz")).status, 200);
    const { status, json } = await watched.get("/readyz");
    assert.deepEqual([status, json], [503, { ready: false, reasons: ["the chain has not been read yet"] }]);
    assert.deepEqual((await watched.get("/v1/accounts")).json.accounts, []);
    assert.equal((await watched.get("/v1/market")).json.state, "unread");
    await watched.service.look();
    assert.equal((await watched.get("/readyz")).status, 200);
  });

  it("says of every account what the gate says, at any time, between events too", async () => {
    const statuses = new Map((await compared()).map(({ account, status }) => [account, status]));
    assert.deepEqual(
      Object.values(accounts).map((account) => statuses.get(account)),
      ["liquidatable", "grace", "healthy", "healthy", "unknown"],
    );
    // Grace runs out, proofs age, books end, the round is stale: each without an event of an account.
    for (const seconds of [3_600, 7_200, 40_000, 40_000]) {
      await chain.pass(seconds);
      await compared();
    }
    await chain.feeds.post(chain.closes);
    await poke(chain.open, chain.transactionsOf(chain.keeper));
    await compared();
    const account = await chain.attest(exampleBook("cash-and-carry", { account: "desk-6", sequence: 1 }));
    const found = (await compared()).find((one) => one.account === account);
    assert.equal(found?.status, "unknown");
  });

  it("gives what changed after a version, by status, and page by page", async () => {
    const all = (await watched.get("/v1/accounts")).json;
    assert.equal(all.accounts.length, 6);
    assert.deepEqual((await watched.get(`/v1/accounts?since=${all.version}`)).json.accounts, []);
    await chain.attest(exampleBook("cash-and-carry", { account: "desk-6", sequence: 2 }));
    await watched.service.look();
    const changed = (await watched.get(`/v1/accounts?since=${all.version}`)).json.accounts;
    assert.deepEqual(
      changed.map(({ book }: AccountView) => book?.sequence),
      [2],
    );
    const first = (await watched.get("/v1/accounts?limit=4")).json;
    const rest = (await watched.get(`/v1/accounts?limit=4&after=${first.accounts[3].account}`)).json;
    assert.deepEqual([first.more, rest.more, rest.accounts.length], [true, false, 2]);
    const one = (await watched.get(`/v1/accounts/${accounts.lapsed.toUpperCase().replace("0X", "0x")}`)).json;
    assert.equal(one.account, accounts.lapsed);
    assert.equal((await watched.get(`/v1/accounts/0x${"00".repeat(32)}`)).status, 404);
    assert.equal((await watched.get("/v1/accounts?status=poor")).status, 400);
  });

  it("has rounds with prices and averages, auctions with their price, and events", async () => {
    const { rounds } = (await watched.get("/v1/rounds?limit=3")).json;
    assert.equal(rounds.length, 3);
    for (const { low, high, average } of rounds.flatMap((round: { prices: unknown[] }) => round.prices))
      assert.ok(Number(low) > 0 && Number(high) >= Number(low) && Number(average) > 0);
    const [auction] = (await watched.get("/v1/auctions")).json.auctions;
    assert.deepEqual([auction.symbol, auction.left, auction.factor], ["BTC", "2", 9_000]);
    const { events } = (await watched.get("/v1/events?limit=1000")).json;
    const names = new Set(events.map(({ event }: { event: string }) => event));
    for (const name of ["AccountOpened", "BookAttested", "ProofAccepted", "RoundCommitted", "AuctionStarted"])
      assert.ok(names.has(name), name);
    const last = events.at(-1);
    assert.deepEqual((await watched.get(`/v1/events?after=${last.id}`)).json.events, []);
  });

  it("tells events as they come: to a stream, and to who waits", async () => {
    const { events } = (await watched.get("/v1/events")).json;
    const last = events.at(-1).id;
    const waiting = watched.get(`/v1/events?after=${last}&wait=30`);
    const response = await fetch(`${watched.url}/v1/events`, {
      headers: { accept: "text/event-stream", "last-event-id": events.at(-2).id },
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const until = async (text: string) => {
      while (!heard.includes(text)) heard += (await reader?.read())?.value ?? assert.fail("the stream ended");
    };
    await until(`id: ${last}\nevent: chain\n`);
    await until("event: tick\n");
    await chain.attest(exampleBook("cash-and-carry", { account: "desk-6", sequence: 3 }));
    await watched.service.look();
    await until('"event":"BookAttested"');
    assert.deepEqual(
      (await waiting).json.events.map(({ event }: { event: string }) => event),
      ["BookAttested"],
    );
    assert.match((await watched.get("/metrics")).text, /zkmargin_event_streams 1\n/);
    await reader?.cancel();
  });

  it("reads again a chain that was re-organised, and tells its readers", async () => {
    const { provider } = chain.connection;
    const snapshot = await provider.send("evm_snapshot", []);
    const account = await chain.attest(exampleBook("cash-and-carry", { account: "gone", sequence: 1 }));
    await watched.service.look();
    assert.equal((await watched.get(`/v1/accounts/${account}`)).status, 200);
    await provider.send("evm_revert", [snapshot]);
    await provider.send("anvil_mine", ["0x10", "0x7"]);
    await watched.service.look();
    assert.equal((await watched.get(`/v1/accounts/${account}`)).status, 404);
    assert.match((await watched.get("/metrics")).text, /zkmargin_reorganisations_total 1\n/);
    await compared();
  });

  it("asks as often for many accounts as for one, and not at all where no block is new", async () => {
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect(proxy.url);
    const other = new WatchedService();
    try {
      const open = openDeployment(connection, chain.open.deployment);
      await other.start(chain, { open });
      await other.service.look();
      const asked = async () => {
        proxy.heard.clear();
        await other.service.look();
        return [...proxy.heard.values()].reduce((sum, count) => sum + count, 0);
      };
      assert.equal(await asked(), 1, "the newest block alone");
      await chain.pass(10);
      const quiet = await asked();
      assert.ok(quiet <= 5, `${quiet} requests`);
      const { provider } = chain.connection;
      const before = other.service.watched.accounts.length;
      for (let i = 0; i < 40; i++)
        await chain.attest(exampleBook("cash-and-carry", { account: `many-${i}`, sequence: 1 }));
      await other.service.look();
      assert.equal(other.service.watched.accounts.length, before + 40);
      await provider.send("evm_mine", []);
      assert.ok((await asked()) <= quiet, "no more than before");
    } finally {
      await other.stop();
      connection.close();
      await proxy.stop();
    }
  });

  it("shows what it knew last while the node is away, with its age", async () => {
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect(proxy.url, { patience: 1 });
    const other = new WatchedService();
    try {
      await other.start(chain, { open: openDeployment(connection, chain.open.deployment) });
      await other.service.look();
      const known = (await other.get("/v1/accounts")).json.accounts.length;
      proxy.fate = () => ({ status: 503 });
      other.now += 90_000;
      await other.service.look();
      const { json } = await other.get("/v1/market");
      assert.equal(json.age, 90);
      assert.match(json.failure, /HTTP 503/);
      assert.equal((await other.get("/v1/accounts")).json.accounts.length, known);
      assert.deepEqual((await other.get("/readyz")).json.reasons, ["the chain was last read 90 s ago"]);
      assert.ok(!json.failure.includes("PROVIDER-KEY") && !other.lines.join("").includes("PROVIDER-KEY"));
      proxy.fate = () => "pass";
      // The connection leaves a node that was in trouble alone for a while.
      const until = performance.now() + 90_000;
      while (other.service.watched.failure !== null && performance.now() < until) {
        await sleep(200);
        await other.service.look();
      }
      assert.equal((await other.get("/readyz")).status, 200);
    } finally {
      await other.stop();
      connection.close();
      await proxy.stop();
    }
  });

  // shows: A106
  it("answers reads of this host alone", async () => {
    const { port } = new URL(watched.url);
    const status = (host: string, method = "GET") =>
      new Promise((resolve, reject) => {
        const sent = request(
          { port, host: "127.0.0.1", path: "/v1/accounts", method, headers: { host } },
          (answer) => resolve(answer.resume().statusCode),
        );
        sent.on("error", reject).end();
      });
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]:1"])
      assert.equal(await status(host), 200, host);
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"])
      assert.equal(await status(host), 421, host);
    for (const method of ["POST", "PUT", "DELETE"])
      assert.equal(await status("localhost", method), 405, method);
    const { headers } = await watched.get("/v1/market");
    assert.equal(headers.get("access-control-allow-origin"), null);
    assert.equal(headers.get("cache-control"), "no-store");
  });

  it("refuses a port that is in use, and an address that others reach", async () => {
    const log = new ServiceLog(
      () => undefined,
      () => 0,
    );
    const { service } = watched;
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    try {
      await assert.rejects(serveHttp({ service, log, port, version: "0" }), (error) => {
        assert.ok(error instanceof PortError);
        assert.match(
          error.message,
          /^port \d+ of 127\.0\.0\.1: expected a free one, got one that another process listens on/,
        );
        return true;
      });
    } finally {
      other.close();
    }
    await assert.rejects(serveHttp({ service, log, port: 0, host: "0.0.0.0", version: "0" }), UsageError);
    const remote = await serveHttp({ service, log, port: 0, host: "0.0.0.0", remote: true, version: "0" });
    await remote.close();
  });

  // shows: A102
  it("describes every path by OpenAPI, and every answer has the fields of its schema alone", async () => {
    const { paths, openapi } = (await watched.get("/openapi.json")).json;
    assert.equal(openapi, "3.0.3");
    assert.deepEqual(Object.keys(paths).sort(), [
      ...["/healthz", "/readyz", "/v1/accounts", "/v1/accounts/{account}", "/v1/alerts", "/v1/auctions"],
      ...["/v1/events", "/v1/market", "/v1/own/health", "/v1/rounds"],
    ]);
    const { json } = await watched.get("/v1/accounts");
    const { properties } = paths["/v1/accounts"].get.responses["200"].content["application/json"].schema;
    assert.deepEqual(Object.keys(json).sort(), Object.keys(properties).sort());
    assert.deepEqual(
      Object.keys(json.accounts[0]).sort(),
      Object.keys(properties.accounts.items.properties).sort(),
    );
    const missing = await watched.get("/v1/nothing");
    assert.deepEqual([missing.status, missing.json.error.name], [404, "NotFound"]);
    const absent = await watched.get("/");
    assert.deepEqual([absent.status, /npm run build:web/.test(absent.text)], [503, true]);
  });
});
