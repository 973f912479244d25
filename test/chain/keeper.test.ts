import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interface } from "ethers";
import { Anvil } from "../../src/chain/anvil.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { mockV3Aggregator } from "../../src/chain/generated/index.js";
import { fileJournal } from "../../src/chain/journal.js";
import type { KeeperEvent } from "../../src/chain/keeper/events.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { answerOf } from "../../src/chain/localMarket.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { RevertedError } from "../../src/errors.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, LocalChain } from "../support/localChain.js";

describe("chain/keeper, and a node that goes away", () => {
  let folder: string;
  let chain: LocalChain;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-keeper-"));
    // No other start of time: a node that starts again goes on from the clock on the wall.
    chain = await LocalChain.deploy(await Anvil.start("--state", join(folder, "state.json")), "2021-05-17");
  });
  after(async () => {
    await chain?.close();
    await rm(folder, { recursive: true });
  });

  it("lives through it, and a new keeper of its journal sends nothing again", async () => {
    const account = await chain.attest(exampleBook("cash-and-carry"));
    const connection = await connect(chain.anvil.url, { patience: 1 });
    const owner = { sender: chain.keeper.address, chainId: connection.chainId };
    const path = join(folder, "keeper.journal");
    const events: KeeperEvent[] = [];
    const seen = async (kind: KeeperEvent["event"]) => {
      while (!events.some(({ event }) => event === kind)) await new Promise((done) => setTimeout(done, 20));
    };
    const options = async (pokeAfter: number) => ({
      open: openDeployment(connection, chain.open.deployment),
      transactions: new Transactions(connection, chain.keeper, await fileJournal(path, owner)),
      key: chain.key.key,
      accounts: [account],
      prove: chain.prove,
      given: chain.given,
      clock: Date.now,
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 16, pokeAfter },
      onEvent: (event: KeeperEvent) => events.push(event),
    });
    const stop = new AbortController();
    const running = new Keeper(await options(600)).run(stop.signal);
    await seen("submitted");
    const first = await accountStatus(chain.open, account);
    assert.equal(first.status, "healthy");

    events.length = 0;
    await chain.anvil.stop();
    await seen("trouble");
    await chain.anvil.restart();
    events.length = 0;
    await chain.feeds.post(closesOn("2021-05-17").map((close) => (close * 104n) / 100n));
    // Only then is a round due.
    await chain.pass(1_000);
    await seen("submitted");
    stop.abort();
    await running;

    const second = await accountStatus(chain.open, account);
    assert.equal(second.status, "healthy");
    assert.ok((second.claim?.round ?? 0n) > (first.claim?.round ?? 0n));
    const sent = await chain.connection.provider.getTransactionCount(chain.keeper.address);
    events.length = 0;
    await new Keeper(await options(100_000)).tick();
    assert.deepEqual(
      events.map(({ event }) => event),
      ["started", "status"],
    );
    assert.equal(await chain.connection.provider.getTransactionCount(chain.keeper.address), sent);
    connection.close();
  });

  it("proves on where a price is stale and no round can be made, and says which price it is", async () => {
    const [, btc] = chain.plan.feeds.keys();
    const closes = closesOn("2021-05-17");
    await chain.feeds.post(closes);
    await chain.pass(86_000);
    const deployer = chain.transactionsOf(chain.deployer);
    const feed = new Interface(mockV3Aggregator.abi);
    for (const [u, { source }] of chain.plan.feeds.entries()) {
      if (u === btc || source.kind !== "chainlink") continue;
      const data = feed.encodeFunctionData("updateAnswer", [answerOf(closes[u] ?? 0n)]);
      await deployer.send({ key: `fresh ${u}`, to: source.aggregator, data });
    }
    await poke(chain.open, chain.transactionsOf(chain.keeper));
    const account = await chain.attest(exampleBook("cash-and-carry", { sequence: 2 }));
    await chain.pass(600);
    const events: KeeperEvent[] = [];
    const keeper = new Keeper({
      open: chain.open,
      transactions: chain.transactionsOf(chain.keeper),
      key: chain.key.key,
      accounts: [account],
      prove: chain.prove,
      given: chain.given,
      clock: Date.now,
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 16, pokeAfter: 300 },
      onEvent: (event) => events.push(event),
    });
    const { done, snapshot, failures } = await keeper.tick();
    assert.deepEqual(
      done.map(({ kind }) => kind),
      ["prove", "submit"],
    );
    assert.equal(snapshot.accounts[0]?.status, "healthy");
    assert.ok(failures.length > 0);
    assert.ok(failures.every((error) => error instanceof RevertedError && error.reason === "PriceStale"));
    const [fault, ...others] = events.filter(({ event }) => event === "source");
    assert.ok(fault?.event === "source" && others.length === 0);
    assert.deepEqual([fault.source, fault.reason, fault.heartbeat], ["BTC", "PriceStale", 86_400n]);
    assert.ok(snapshot.market.time - (fault.updatedAt ?? 0n) > 86_400n);
    assert.equal(events.filter(({ event }) => event === "trouble").length, 1);
  });
});
