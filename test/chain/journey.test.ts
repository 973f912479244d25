import assert from "node:assert/strict";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import { openDeployment, parseDeployment, serialiseDeployment } from "../../src/chain/deployment.js";
import { memoryJournal } from "../../src/chain/journal.js";
import type { KeeperEvent } from "../../src/chain/keeper/events.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import { accountStatus, marketStatus } from "../../src/chain/status.js";
import { type ProvenClaim, submit, submitBatch } from "../../src/chain/submit.js";
import { RoundMismatchError } from "../../src/errors.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, LocalChain } from "../support/localChain.js";

describe("chain, on anvil", () => {
  let chain: LocalChain;
  before(async () => {
    chain = await LocalChain.start();
  });
  after(() => chain?.close());

  const status = async (account: string) => (await accountStatus(chain.open, account)).status;
  const proven = (account: string, round: bigint): Promise<ProvenClaim> => chain.proofOf(account, { round });

  it("deploys, and the manifest survives its file", async () => {
    const { deployment } = chain.open;
    const again = parseDeployment(serialiseDeployment(deployment));
    assert.deepEqual(again, deployment);
    await checkDeployment(openDeployment(chain.connection, again), chain.key);
    const manager = chain.open.contracts.accessManager;
    assert.equal((await manager.hasRole(0n, chain.deployer.address)).isMember, false);
    assert.equal((await manager.hasRole(1n, chain.plan.governance.governor)).executionDelay, 172_800n);
  });

  it("commits a round whose folded point is that of its prices and profile", async () => {
    const { number } = await poke(chain.open, chain.transactionsOf(chain.keeper));
    const round = await roundMarket(chain.open, number, chain.key.key);
    const latest = await chain.open.contracts.marketLedger.latestRound();
    assert.deepEqual(round.folded, { x: latest.folded.x, y: latest.folded.y });
    const wrong = { ...chain.key.key, IC: [...chain.key.key.IC].reverse() };
    await assertChainFails(roundMarket(chain.open, number, wrong), {
      Class: RoundMismatchError,
      text: /^round 1: expected the folded point of its prices and profile, got another; check deployment and key$/,
    });
  });

  it("takes a proof once, and the same again for done", async () => {
    const account = await chain.attest(exampleBook("cash-and-carry"));
    assert.equal(await status(account), "unknown");
    const { round } = await marketStatus(chain.open);
    const claim = await proven(account, round?.number ?? 0n);
    const first = await submit(chain.open, chain.transactionsOf(chain.keeper), claim);
    assert.equal(first.outcome, "accepted");
    assert.equal(await status(account), "healthy");
    const again = await submit(chain.open, chain.transactionsOf(chain.keeper), claim);
    assert.deepEqual(again, { outcome: "already", receipt: null });
  });

  it("submits a batch without what the gate has and what it would refuse", async () => {
    const [first, second] = [
      await chain.attest(exampleBook("aave-borrower")),
      chain.accountOf(exampleBook("cash-and-carry")),
    ];
    const number = (await marketStatus(chain.open)).round?.number ?? 0n;
    const good = await proven(first, number);
    const had = await proven(second, number);
    const foreign = { ...good, account: await chain.attest(exampleBook("leveraged-long")) };
    const { results, receipt } = await submitBatch(chain.open, chain.transactionsOf(chain.keeper), [
      good,
      had,
      foreign,
    ]);
    assert.deepEqual(
      results.map(({ proven: { account }, outcome, reason }) => [account, outcome, reason]).sort(),
      [
        [good.account, "accepted", undefined],
        [had.account, "already", undefined],
        [foreign.account, "refused", "ProofRejected"],
      ].sort(),
    );
    assert.equal(receipt?.status, 1);
    assert.equal(await status(first), "healthy");
  });

  it("names what the gate refuses", async () => {
    const account = chain.accountOf(exampleBook("aave-borrower"));
    const number = (await marketStatus(chain.open)).round?.number ?? 0n;
    const claim = await proven(account, number);
    const transactions = chain.transactionsOf(chain.keeper);
    const ahead = { ...claim, round: number + 1n };
    await assertChainFails(submit(chain.open, transactions, ahead), refusal("RoundNotUsable"));
  });

  it("keeps accounts proven across rounds, and does nothing where nothing is to be done", async () => {
    const accounts = ["cash-and-carry", "aave-borrower"].map((name) => chain.accountOf(exampleBook(name)));
    const events: KeeperEvent[] = [];
    const journal = memoryJournal();
    const policy = { envelopeShare: 5_000, ageShare: 7_500, batch: 16, pokeAfter: 600 };
    const options = {
      open: chain.open,
      transactions: chain.transactionsOf(chain.keeper, journal),
      key: chain.key.key,
      accounts,
      prove: chain.prove,
      given: chain.given,
      clock: Date.now,
      policy,
      onEvent: (event: KeeperEvent) => events.push(event),
    };
    const keeper = new Keeper(options);
    await keeper.tick();
    const quiet = events.length;
    await keeper.tick();
    assert.equal(events.length, quiet);

    // Prices move out of the envelopes.
    const closes = closesOn("2021-05-17").map((close) => (close * 97n) / 100n);
    await chain.pass(1_200);
    await chain.feeds.post(closes);
    await keeper.tick();
    assert.ok(events.some(({ event }) => event === "poked"));
    const accepted = events.filter(({ event }) => event === "submitted");
    assert.ok(accepted.length >= 1);
    for (const account of accounts) assert.equal(await status(account), "healthy");
    const before = await chain.connection.provider.getTransactionCount(chain.keeper.address);

    // Another keeper, of the same journal, finds nothing to do.
    await new Keeper({ ...options, transactions: chain.transactionsOf(chain.keeper, journal) }).tick();
    assert.equal(await chain.connection.provider.getTransactionCount(chain.keeper.address), before);
  });

  it("answers a margin call above what it was called at", async () => {
    const account = chain.accountOf(exampleBook("aave-borrower"));
    await chain.move("2021-05-17", 9_000n);
    const call = await chain.proofOf(account, { healthy: false, theta: 11_000 });
    await submit(chain.open, chain.transactionsOf(chain.custodian), call);
    const called = await accountStatus(chain.open, account);
    assert.deepEqual([called.status, called.callTheta], ["marginCall", 11_000]);
    await chain.move("2021-05-17", 10_000n);
    const events: KeeperEvent[] = [];
    const keeper = new Keeper({
      open: chain.open,
      transactions: chain.transactionsOf(chain.keeper),
      key: chain.key.key,
      accounts: [account],
      prove: chain.prove,
      given: chain.given,
      clock: Date.now,
      onEvent: (event) => events.push(event),
    });
    await keeper.tick();
    const lifted = await accountStatus(chain.open, account);
    assert.deepEqual([lifted.status, lifted.callRound, lifted.claim?.theta], ["healthy", 0n, 11_000]);
    assert.deepEqual(
      events.map((event) => (event.event === "proven" ? event.reason : event.event)),
      ["started", "status", "call", "submitted", "status"],
    );
  });

  it("proves again what a re-organisation took away", async () => {
    const { provider } = chain.connection;
    const account = chain.accountOf(exampleBook("cash-and-carry"));
    const journal = memoryJournal();
    const keeper = new Keeper({
      open: chain.open,
      transactions: chain.transactionsOf(chain.keeper, journal),
      key: chain.key.key,
      accounts: [account],
      prove: chain.prove,
      given: chain.given,
      clock: Date.now,
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 16, pokeAfter: 600 },
    });
    const snapshot = await provider.send("evm_snapshot", []);
    const before = await accountStatus(chain.open, account);
    await chain.pass(1_200);
    await chain.feeds.post(closesOn("2021-05-18"));
    await keeper.tick();
    const renewed = await accountStatus(chain.open, account);
    assert.notDeepEqual(renewed.claim, before.claim);
    await provider.send("evm_revert", [snapshot]);
    assert.deepEqual((await accountStatus(chain.open, account)).claim, before.claim);
    await chain.pass(1_260);
    await chain.feeds.post(closesOn("2021-05-18").map((close) => close + 10n ** 10n));
    await keeper.tick();
    const restored = await accountStatus(chain.open, account);
    assert.equal(restored.status, "healthy");
    assert.equal(restored.claim?.round, renewed.claim?.round);
    assert.notEqual(restored.claim?.time, renewed.claim?.time);
  });
});
