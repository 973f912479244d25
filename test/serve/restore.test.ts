import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Connection, connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { poke } from "../../src/chain/rounds.js";
import { submit } from "../../src/chain/submit.js";
import { DeploymentMismatchError } from "../../src/errors.js";
import { ReadStore } from "../../src/serve/readStore.js";
import { scratch } from "../support/archives.js";
import { Random } from "../support/cases.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, type LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";
import { openMany, type SceneAccounts, WatchedService, watchedScene } from "../support/watchedChain.js";

describe("serve: what was read is kept for the next start", () => {
  const folder = scratch();
  let chain: LocalChain;
  let accounts: SceneAccounts;
  let proxy: ProxyNode;
  let connection: Connection;
  before(async () => {
    ({ chain, accounts } = await watchedScene());
    await openMany(chain, 300);
    proxy = await ProxyNode.start(chain.anvil.url);
    connection = await connect(proxy.url);
  });
  after(async () => {
    connection?.close();
    await proxy?.stop();
    await chain?.close();
    folder.remove();
  });

  const path = () => folder.at("served.state");
  /** A service that begins as `zkmargin serve` does. */
  const begun = async (version = "1") => {
    const open = openDeployment(connection, chain.open.deployment);
    const watched = await new WatchedService().start(chain, {
      ...{ open, store: new ReadStore(path(), version, open) },
      names: new Map([[accounts.healthy, "a private name"]]),
    });
    await watched.service.restore();
    proxy.heard.clear();
    await watched.service.look();
    const requests = [...proxy.heard.values()].reduce((sum, heard) => sum + heard, 0);
    return { watched, requests, lines: () => watched.lines.map((line) => JSON.parse(line)) };
  };
  const ended = async ({ watched }: Awaited<ReturnType<typeof begun>>) => {
    await watched.service.keep();
    await watched.stop();
  };
  /** All that a service shows, but for what is of its process. */
  const shown = async ({ watched }: Awaited<ReturnType<typeof begun>>) => {
    const of = async (at: string, ...names: readonly string[]) => {
      const { json } = await watched.get(at);
      return names.map((name) => json[name]);
    };
    const { service } = watched;
    const [events] = (await of("/v1/events?limit=1000", "events")) as [{ time: number | null }[]];
    return {
      accounts: await of("/v1/accounts", "accounts"),
      rounds: await of("/v1/rounds?limit=100", "rounds"),
      auctions: await of("/v1/auctions", "auctions"),
      market: await of("/v1/market", "round", "terms", "accounts", "insurance", "state", "sources"),
      events: events.map((event) => ({ ...event, time: null })),
      counts: [service.watched.accounts.length, service.watched.chain?.ring.filter(Boolean).length],
    };
  };

  it("shows the same after a restart as a service that reads everything, with what is new", async () => {
    const first = await begun();
    assert.ok(first.lines().every(({ event }) => event !== "restored"));
    await ended(first);
    const keeper = chain.transactionsOf(chain.keeper);
    // While nobody watches: a book, a round, a proof, an account.
    const account = await chain.attest(exampleBook("cash-and-carry", { account: "desk-8", sequence: 1 }));
    await chain.pass(chain.plan.timing.provingWindow);
    await chain.feeds.post(
      closesOn("2021-05-19").map((close, u) => (u === 0 ? close : (close * 8_130n) / 10_000n)),
    );
    await poke(chain.open, keeper);
    await submit(chain.open, keeper, await chain.proofOf(account, { envelope: 200 }));
    const again = await begun();
    const { why, accounts: known } = again.lines().find(({ event }) => event === "restored") ?? {};
    assert.deepEqual([why, known], [undefined, 305]);
    const seen = await shown(again);
    await ended(again);
    const open = openDeployment(connection, chain.open.deployment);
    const whole = await new WatchedService().start(chain, {
      open,
      names: new Map([[accounts.healthy, "a private name"]]),
    });
    proxy.heard.clear();
    await whole.service.look();
    const requests = [...proxy.heard.values()].reduce((sum, heard) => sum + heard, 0);
    assert.deepEqual(seen, await shown({ watched: whole, requests, lines: () => [] }));
    assert.ok(again.requests <= requests, `${again.requests}, and ${requests} for everything`);
    await whole.stop();
  });

  it("reads nothing of an account twice: a restart's requests do not grow with accounts", async () => {
    const few = await begun();
    await openMany(chain, 600);
    await few.watched.service.look();
    await ended(few);
    const many = await begun();
    assert.equal(many.watched.service.watched.accounts.length, 306 + 600 - 300);
    assert.ok(many.requests <= few.requests + 1, `${few.requests}, then ${many.requests}`);
    await ended(many);
  });

  // shows: A130
  it("holds what the chain knows, and no name, and only its owner may read it", () => {
    const text = readFileSync(path(), "utf8");
    assert.ok(!text.includes("a private name"));
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    const { book, salt } = exampleBook("cash-and-carry", { account: "desk-8", sequence: 1 });
    for (const amount of [...book.spot, ...book.perp, book.basis, salt].map(String))
      if (amount.length >= 6) assert.ok(!text.includes(amount), "an amount of a book");
  });

  it("is read again where it is damaged at any place, cut short, or of another version", async () => {
    const text = readFileSync(path(), "utf8");
    const random = new Random(20);
    const line = text.indexOf("\n");
    const places = [
      0,
      5,
      line - 1,
      line,
      line + 1,
      text.length - 1,
      ...Array.from({ length: 40 }, () => random.integer(0, text.length - 1)),
    ];
    const open = openDeployment(connection, chain.open.deployment);
    for (const at of places) {
      // Within the deployment's digest it is another deployment's file.
      if (at >= text.indexOf('"deployment"') && at < text.indexOf('"house"')) continue;
      const other = text[at] === "x" ? "y" : "x";
      for (const damaged of [text.slice(0, at), text.slice(0, at) + other + text.slice(at + 1)]) {
        writeFileSync(path(), damaged);
        assert.deepEqual(await new ReadStore(path(), "1", open).load(), { why: "damaged" }, `at ${at}`);
      }
    }
    writeFileSync(path(), text);
    assert.deepEqual(await new ReadStore(path(), "2", open).load(), { why: "other-version" });
    const newer = await begun("2");
    assert.equal(newer.lines().find(({ event }) => event === "not-restored")?.why, "other-version");
    await ended(newer);
  });

  it("refuses the file of another deployment, and leaves it as it is", async () => {
    const text = readFileSync(path(), "utf8");
    const open = openDeployment(connection, chain.open.deployment);
    const other = { ...open, deployment: { ...open.deployment, chainId: 1n } };
    await assert.rejects(new ReadStore(path(), "2", other).load(), DeploymentMismatchError);
    assert.equal(readFileSync(path(), "utf8"), text);
  });

  it("is not gone on from when the chain was re-organised meanwhile", async () => {
    const { provider } = chain.connection;
    const snapshot = await provider.send("evm_snapshot", []);
    await chain.attest(exampleBook("cash-and-carry", { account: "orphan", sequence: 1 }));
    const orphan = await begun("2");
    const count = orphan.watched.service.watched.accounts.length;
    await ended(orphan);
    await provider.send("evm_revert", [snapshot]);
    await chain.attest(exampleBook("cash-and-carry", { account: "real", sequence: 1 }));
    await chain.pass(60);
    const after = await begun("2");
    const ids = after.watched.service.watched.accounts.map(({ account }) => account);
    assert.equal(ids.length, count);
    assert.deepEqual(
      [...(after.watched.service.watched.chain?.owners.keys() ?? [])].sort(),
      [...ids].sort(),
      "no account of the orphaned blocks",
    );
    await ended(after);
  });

  it("says that a disk is in trouble, goes on, and keeps the file before", async () => {
    const text = readFileSync(path(), "utf8");
    const open = openDeployment(connection, chain.open.deployment);
    const watched = await new WatchedService().start(chain, {
      ...{ open, store: new ReadStore(join(path(), "below-a-file"), "2", open) },
    });
    await watched.service.look();
    await watched.service.keep();
    const told = watched.lines.map((line) => JSON.parse(line)).find(({ event }) => event === "not-kept");
    assert.equal(told?.error, "ENOTDIR");
    assert.equal((await watched.get("/readyz")).status, 200);
    assert.equal(readFileSync(path(), "utf8"), text);
    await watched.stop();
  });
});
