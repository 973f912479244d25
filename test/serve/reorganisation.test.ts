import assert from "node:assert/strict";
import { type Connection, connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { poke } from "../../src/chain/rounds.js";
import { submit } from "../../src/chain/submit.js";
import { QUIET } from "../../src/serve/alertBook.js";
import { FINAL_DEPTH } from "../../src/serve/branches.js";
import { ReadStore } from "../../src/serve/readStore.js";
import type { ServiceOptions } from "../../src/serve/service.js";
import { scratch } from "../support/archives.js";
import { Random } from "../support/cases.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, type LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";
import { openMany, WatchedService, watchedScene } from "../support/watchedChain.js";

/** Accounts without a book, whose reading again would be counted. */
const MANY = 900;

describe("serve: a chain that is re-organised", () => {
  const folder = scratch();
  const random = new Random(2021);
  let chain: LocalChain;
  let proxy: ProxyNode;
  let connection: Connection;
  let books = 0;
  before(async () => {
    ({ chain } = await watchedScene());
    await openMany(chain, MANY);
    proxy = await ProxyNode.start(chain.anvil.url);
    connection = await connect(proxy.url);
  });
  after(async () => {
    connection?.close();
    await proxy?.stop();
    await chain?.close();
    folder.remove();
  });

  const started = (options: Partial<ServiceOptions> = {}) =>
    new WatchedService().start(chain, {
      open: openDeployment(connection, chain.open.deployment),
      ...options,
    });
  /** Requests of one look. */
  const look = async (watched: WatchedService) => {
    proxy.heard.clear();
    await watched.service.look();
    assert.equal(watched.service.watched.failure, null);
    return [...proxy.heard.values()].reduce((sum, heard) => sum + heard, 0);
  };
  /** All that a service shows of the chain. */
  const shown = async (watched: WatchedService) => {
    const of = async (at: string) => (await watched.get(at)).json;
    const { round, terms, accounts, insurance, state, sources } = await of("/v1/market");
    const { events } = await of("/v1/events?limit=1000");
    return {
      accounts: [...(await of("/v1/accounts")).accounts].sort((a, b) => (a.account < b.account ? -1 : 1)),
      rounds: (await of("/v1/rounds?limit=100")).rounds,
      auctions: (await of("/v1/auctions")).auctions,
      market: { round, terms, accounts, insurance, state, sources },
      events: events.map((event: object) => ({ ...event, time: null })),
    };
  };
  /** Holds what a service shows to what one shows that reads everything. @returns the requests of that one */
  const compare = async (watched: WatchedService) => {
    const whole = await started();
    const requests = await look(whole);
    // Ages go by the clock of the service.
    whole.now = watched.now;
    assert.deepEqual(await shown(watched), await shown(whole));
    await whole.stop();
    return requests;
  };
  const attest = () =>
    chain.attest(exampleBook("cash-and-carry", { account: `new-${++books}`, sequence: 1 }));
  const round = async () => {
    await chain.pass(chain.plan.timing.provingWindow / 2);
    const share = 8_100n + BigInt(random.integer(0, 40));
    await chain.feeds.post(
      closesOn("2021-05-19").map((close, u) => (u === 0 ? close : (close * share) / 10_000n)),
    );
    await poke(chain.open, chain.transactionsOf(chain.keeper));
  };
  const proof = async () =>
    void (await submit(
      chain.open,
      chain.transactionsOf(chain.keeper),
      await chain.proofOf(await attest(), { envelope: 200 }),
    ));
  const branches: string[] = [];
  const branch = async () => void branches.push(await chain.connection.provider.send("evm_snapshot", []));
  /** Goes back to where the chain branched, and gives it other blocks, more than it had: until then a node counts as behind. */
  const revert = async (blocks: number) => {
    const { provider } = chain.connection;
    const had = await provider.getBlockNumber();
    assert.equal(await provider.send("evm_revert", [branches.pop()]), true);
    const other = had - (await provider.getBlockNumber()) + blocks;
    await provider.send("anvil_mine", [`0x${other.toString(16)}`, "0x5"]);
  };
  const metric = async (watched: WatchedService, name: string) =>
    new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, "m").exec((await watched.get("/metrics")).text)?.[1];

  it("costs a few requests, whatever the number of accounts, and shows what a service shows that reads everything", async () => {
    const watched = await started();
    await look(watched);
    for (let i = 0; i < 5; i++) {
      await chain.pass(10);
      await look(watched);
    }
    const forked = await chain.connection.provider.getBlockNumber();
    await branch();
    const gone = await attest();
    await look(watched);
    await round();
    await proof();
    await look(watched);
    assert.equal((await watched.get(`/v1/accounts/${gone}`)).status, 200);
    const block = await chain.connection.provider.getBlockNumber();
    await revert(3);
    await round();
    const requests = await look(watched);
    const everything = await compare(watched);
    assert.equal((await watched.get(`/v1/accounts/${gone}`)).status, 404);
    assert.ok(requests <= 12, `${requests} requests`);
    assert.ok(everything > requests, `${everything} for everything, ${requests} for what is new`);
    const told = watched.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "reorganised");
    assert.equal(told.length, 1);
    const depth = block - forked;
    assert.ok(
      told[0].fork <= forked && told[0].fork > forked - depth,
      `${told[0].fork}, and branched at ${forked}`,
    );
    await watched.stop();
  });

  it("is counted once, and told for ten minutes", async () => {
    const watched = await started();
    await look(watched);
    await branch();
    await attest();
    await look(watched);
    await revert(2);
    await look(watched);
    const rules = async () => {
      const ending = new AbortController();
      const run = watched.service.run(ending.signal);
      setTimeout(() => ending.abort(), 100);
      await run;
      return watched.service.alerts.map(({ rule }) => rule);
    };
    assert.ok((await rules()).includes("chain-reorganised"));
    for (let i = 0; i < 3; i++) {
      await chain.pass(10);
      await look(watched);
    }
    assert.equal(await metric(watched, "zkmargin_reorganisations_total"), "1");
    await chain.pass(600);
    watched.now += QUIET;
    assert.ok(!(await rules()).includes("chain-reorganised"));
    await watched.stop();
  });

  it("is found right after a start, and read whole where it goes back further than that knows", async () => {
    for (const [blocks, isWhole] of [
      [FINAL_DEPTH - 50, false],
      [FINAL_DEPTH + 20, true],
    ] as const) {
      await branch();
      await attest();
      await round();
      await proof();
      await chain.connection.provider.send("anvil_mine", [`0x${blocks.toString(16)}`, "0x1"]);
      const watched = await started();
      const first = await look(watched);
      await revert(5);
      await attest();
      const requests = await look(watched);
      await compare(watched);
      if (isWhole) assert.ok(requests >= first, `${requests}, ${first} at the start`);
      else assert.ok(requests < first, `${requests}, ${first} at the start`);
      await watched.stop();
    }
  });

  it("is gone on from by a start, whose file has a block that stayed", async () => {
    const open = openDeployment(connection, chain.open.deployment);
    const store = new ReadStore(folder.at("served.state"), "1", open);
    const first = await started({ store });
    await chain.connection.provider.send("anvil_mine", [`0x${FINAL_DEPTH.toString(16)}`, "0x1"]);
    const everything = await look(first);
    await branch();
    const gone = await attest();
    await proof();
    await look(first);
    await first.service.keep();
    await first.stop();
    await revert(2);
    await attest();
    const again = await started({ store });
    await again.service.restore();
    const requests = await look(again);
    assert.ok(requests < everything, `${requests}, ${everything} for everything`);
    assert.equal((await again.get(`/v1/accounts/${gone}`)).status, 404);
    await compare(again);
    await again.stop();
  });

  it("shows the same at 8 random re-organisations as a service that reads everything", async () => {
    const watched = await started();
    await look(watched);
    let reorganised = 0;
    while (reorganised < 8) {
      const action = random.pick([
        attest,
        round,
        proof,
        branch,
        branch,
        () => chain.pass(random.integer(1, 40)),
      ]);
      await action();
      if (random.chance(2 / 3)) await look(watched);
      if (branches.length === 0 || !random.chance(1 / 3)) continue;
      if (branches.length > 1 && random.chance(1 / 4)) branches.pop();
      await revert(random.integer(1, 12));
      if (random.chance(1 / 2)) await random.pick([attest, round, proof])();
      await look(watched);
      await compare(watched);
      reorganised++;
    }
    await watched.stop();
  });
});
