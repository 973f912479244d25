import assert from "node:assert/strict";
import { Wallet, ZeroAddress } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import type { Connection } from "../../src/chain/connection.js";
import { checkPlan } from "../../src/chain/deploy/checkPlan.js";
import { creator, deploy, rehearse } from "../../src/chain/deploy/deploy.js";
import type { DeployPlan, FeedPlan } from "../../src/chain/deploy/plan.js";
import { parseDeployment, serialiseDeployment } from "../../src/chain/deployment.js";
import { mockV3Aggregator, voteToken } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalFeeds } from "../../src/chain/localMarket.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { InsufficientFundsError, PlanMismatchError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { closesOn, localPlan } from "../support/localChain.js";
import { compileSolidity, createContract } from "../support/solidity.js";

const DEPLOYER = new Wallet(ANVIL_KEYS[0]);
const BOUNDED = compileSolidity("test/support/contracts/BoundedAggregator.sol");
const MOCK_PYTH = compileSolidity("@pythnetwork/pyth-sdk-solidity/MockPyth.sol");
/** Bitcoin at 45 000 dollars, of 8 decimals; per quantum of 10^-8 in attodollars. */
const BTC = 45_000n * 10n ** 8n;
const quantum = (dollars: bigint) => dollars * 10n ** 10n;
const NOBODY = "0x00000000000000000000000000000000000000Ad";

describe("chain/deploy, before anything is sent", () => {
  let anvil: Anvil;
  let connection: Connection;
  let plan: DeployPlan;
  const sender = () => new Transactions(connection, DEPLOYER, memoryJournal());
  const aggregator = (description: string, answer: bigint, least = 1n, most = BTC * 1_000n, age = 0n) =>
    createContract(connection, DEPLOYER, BOUNDED, [description, answer, least, most, age]);
  const withBtc = (change: Partial<FeedPlan>): DeployPlan => ({
    ...plan,
    feeds: plan.feeds.map((feed, u) => (u === 1 ? { ...(feed as FeedPlan), ...change } : feed)),
  });
  const chainlink = (address: string, description?: string): FeedPlan["source"] => ({
    kind: "chainlink",
    aggregator: address,
    ...(description && { description }),
  });
  const refused = (changed: DeployPlan, path: string, text: RegExp) =>
    assert.rejects(checkPlan(connection, changed), (error) => {
      assert.ok(error instanceof PlanMismatchError, String(error));
      assert.equal(error.path, path);
      assert.match(error.message, text);
      return true;
    });

  before(async () => {
    anvil = await Anvil.start("--timestamp", "1621209600");
    connection = await anvil.connect();
    const feeds = await LocalFeeds.deploy(connection, sender(), DEFAULT_LISTING, closesOn("2021-05-17"));
    plan = await localPlan(connection, sender(), feeds);
  });
  after(async () => {
    connection?.close();
    await anvil?.stop();
  });

  it("takes a plan whose addresses are what it says", async () => {
    await checkPlan(connection, plan);
    const source = chainlink(await aggregator("BTC / USD", BTC, 1n));
    const most = quantum(1_000_000n);
    await checkPlan(connection, withBtc({ source, least: quantum(1n), most }));
    const renamed = await aggregator("XBT / USD", BTC);
    await checkPlan(
      connection,
      withBtc({ source: chainlink(renamed, "XBT / USD"), least: quantum(1n), most }),
    );
  });

  it("names the field of an address without code", async () => {
    const none = /the address of a contract, got 0x0{38}Ad, where there is no code/i;
    await refused(withBtc({ source: chainlink(NOBODY) }), "plan.feeds.BTC.chainlink", none);
    const pyth = { kind: "pyth", pyth: NOBODY, priceId: `0x${"e6".repeat(32)}`, maxConfidence: 100 } as const;
    await refused(withBtc({ source: pyth }), "plan.feeds.BTC.pyth", none);
    await refused(
      { ...plan, sequencer: { uptimeFeed: NOBODY, grace: 60 } },
      "plan.sequencer.uptimeFeed",
      none,
    );
    const { vault } = plan;
    assert.ok(vault);
    await refused({ ...plan, vault: { ...vault, settlement: NOBODY } }, "plan.vault.settlement", none);
    const collateral = [{ asset: "ETH", token: NOBODY }];
    await refused({ ...plan, vault: { ...vault, collateral } }, "plan.vault.collateral.ETH", none);
  });

  it("refuses contracts that answer otherwise", async () => {
    const token = plan.vault?.settlement ?? "";
    await refused(
      withBtc({ source: chainlink(token) }),
      "plan.feeds.BTC.chainlink",
      /an answer to latestRoundData\(\), got none/,
    );
    const feed = plan.feeds[0]?.source;
    assert.ok(feed?.kind === "chainlink" && plan.vault);
    await refused(
      { ...plan, vault: { ...plan.vault, settlement: feed.aggregator } },
      "plan.vault.settlement",
      /an answer to balanceOf\(\), got none/,
    );
    const pyth = await createContract(connection, DEPLOYER, MOCK_PYTH, [60, 0]);
    const source = { kind: "pyth", pyth, priceId: `0x${"e6".repeat(32)}`, maxConfidence: 100 } as const;
    await refused(withBtc({ source }), "plan.feeds.BTC.priceId", /got PriceFeedNotFound\(\)/);
    const uptime = (await creator(connection, sender())("up", mockV3Aggregator, [0n, 7n])).address;
    await refused(
      { ...plan, sequencer: { uptimeFeed: uptime, grace: 60 } },
      "plan.sequencer.uptimeFeed",
      /answers 0 or 1, got the answer 7/,
    );
  });

  it("refuses a feed of another asset or currency, a stale one, and one out of bounds", async () => {
    const at = "plan.feeds.BTC.chainlink";
    const source = async (...args: Parameters<typeof aggregator>) => chainlink(await aggregator(...args));
    const inEther = await source("BTC / ETH", BTC);
    await refused(
      withBtc({ source: inEther }),
      at,
      /a feed of BTC in USD, got one in another currency: "BTC \/ ETH"/,
    );
    await refused(
      withBtc({ source: await source("ETH / USD", BTC) }),
      at,
      /a feed of "BTC \/ USD", got "ETH \/ USD"; if it is the right one/,
    );
    await refused(
      withBtc({ source: chainlink(await aggregator("ETH / USD", BTC), "BTC / USD") }),
      at,
      /a feed of "BTC \/ USD", got "ETH \/ USD"/,
    );
    await refused(
      withBtc({ source: await source("BTC / USD", BTC, 1n, BTC * 2n, 90_000n) }),
      "plan.feeds.BTC.heartbeat",
      /an answer of the last 86400 seconds, got one that is 90000 seconds old/,
    );
    await refused(withBtc({ source: await source("BTC / USD", 0n) }), at, /a price above 0/);
    const right = await source("BTC / USD", BTC);
    await refused(
      withBtc({ source: right, least: quantum(45_000n) }),
      "plan.feeds.BTC.least",
      /less than the feed's answer, \$45000, got \$45000/,
    );
    await refused(
      withBtc({ source: right, most: quantum(40_000n) }),
      "plan.feeds.BTC.most",
      /more than the feed's answer, \$45000, got \$40000/,
    );
  });

  it("refuses bounds outside those at which the aggregator cuts its answers off", async () => {
    const source = chainlink(await aggregator("BTC / USD", BTC, 100n * 10n ** 8n, 100_000n * 10n ** 8n));
    const inside = { source, least: quantum(100n), most: quantum(100_000n) };
    await checkPlan(connection, withBtc(inside));
    await refused(
      withBtc({ ...inside, least: quantum(99n) }),
      "plan.feeds.BTC.least",
      /at least the aggregator's own minAnswer, \$100, at which it stays in a fall, got \$99/,
    );
    await refused(
      withBtc({ ...inside, most: quantum(100_001n) }),
      "plan.feeds.BTC.most",
      /at most the aggregator's own maxAnswer, \$100000, at which it stays in a rise, got \$100001/,
    );
  });

  it("refuses roles that cannot be used, and one token twice", async () => {
    const { governance, vault } = plan;
    assert.ok(vault);
    await refused(
      { ...plan, governance: { ...governance, guardian: governance.governor.toLowerCase() } },
      "plan.governance.guardian",
      /another address than the governor/,
    );
    await refused(
      { ...plan, governance: { ...governance, governor: vault.settlement } },
      "plan.governance.governor",
      /somebody's address, got that of a feed or token/,
    );
    await refused(
      { ...plan, vault: { ...vault, collateral: [{ asset: "BTC", token: vault.settlement }] } },
      "plan.vault.collateral.BTC",
      /each token once, got the token of settlement, USDC again/,
    );
  });

  it("takes a DAO's token that counts votes by the second, and no other", async () => {
    const terms = { votingDelay: 60, votingPeriod: 600, threshold: 1n, quorum: 4, timelock: 300 };
    const create = creator(connection, sender());
    const votes = await create("voteToken", voteToken, ["Votes", "VOTE", [DEPLOYER.address], [10n ** 18n]]);
    const governance = { ...plan.governance, governor: ZeroAddress };
    const withToken = (token: string): DeployPlan => ({ ...plan, governance, dao: { ...terms, token } });
    await checkPlan(connection, withToken(votes.address));
    await refused(withToken(NOBODY), "plan.dao.token", /the address of a contract/);
    await refused(withToken(plan.vault?.settlement ?? ""), "plan.dao.token", /an answer to CLOCK_MODE/);
    const { transactions } = await rehearse(connection, sender(), async () => withToken(votes.address));
    const own = { name: "Votes", symbol: "VOTE", holders: [{ holder: DEPLOYER.address, amount: 1n }] };
    const more = await rehearse(connection, sender(), async () => ({
      ...withToken(""),
      dao: { ...terms, token: own },
    }));
    assert.equal(more.transactions, transactions + 1);
    const odd = rehearse(connection, sender(), async () => ({
      ...withToken(votes.address),
      dao: { ...terms, token: votes.address, quorum: 101 },
    }));
    await assert.rejects(odd, (error) => {
      assert.ok(error instanceof PlanMismatchError, String(error));
      assert.equal(error.path, "plan.dao");
      return true;
    });
    const deployment = await deploy(connection, sender(), withToken(votes.address));
    assert.equal(deployment.dao?.voteToken.contract, "votes");
    assert.deepEqual(parseDeployment(serialiseDeployment(deployment)), deployment);
  });

  it("has the node try every transaction, and signs none", async () => {
    const before = await connection.provider.getTransactionCount(DEPLOYER.address);
    const transactions = sender();
    const estimate = await rehearse(connection, transactions, async () => plan);
    assert.equal(estimate.tried, true);
    assert.equal(await connection.provider.getTransactionCount(DEPLOYER.address), before);
    const steps: bigint[] = [];
    await deploy(connection, transactions, plan, ({ gas }) => steps.push(gas));
    const sent = (await connection.provider.getTransactionCount(DEPLOYER.address)) - before;
    assert.equal(estimate.transactions, sent);
    const gas = steps.reduce((sum, used) => sum + used, 0n);
    // Beside the contracts there are a token to list and the handover.
    assert.ok(estimate.gas > gas && estimate.gas < (gas * 11n) / 10n, `${estimate.gas} of ${gas}`);
    // What is done is not tried again.
    const again = await rehearse(connection, transactions, async () => plan);
    assert.equal(again.transactions, 0);
  });

  it("names the plan's field that a contract refuses", async () => {
    const { vault, timing, terms } = plan;
    assert.ok(vault);
    const cases: [path: string, text: RegExp, changed: DeployPlan][] = [
      ["plan.timing", /TimingInvalid/, { ...plan, timing: { ...timing, minInterval: 0 } }],
      [
        "plan.terms.gracePeriod",
        /GraceTooShort\(7200, 60\)/,
        { ...plan, terms: { ...terms, gracePeriod: 60 } },
      ],
      ["plan.terms.callMargin", /CallMarginTooLow/, { ...plan, terms: { ...terms, callMargin: 10_000 } }],
      ["plan.rotationDelay", /RotationDelayTooShort/, { ...plan, rotationDelay: 1 }],
      [
        "plan.vault.closeFactor",
        /TermOutOfRange\(closeFactor, 1, 10000, 0\)/,
        { ...plan, vault: { ...vault, closeFactor: 0 } },
      ],
    ];
    for (const [path, text, changed] of cases)
      await assert.rejects(
        rehearse(connection, sender(), async () => changed),
        (error) => {
          assert.ok(error instanceof PlanMismatchError, String(error));
          assert.match(error.message, text);
          assert.equal(error.path, path);
          return true;
        },
      );
  });

  it("says what the deployer lacks", async () => {
    const poor = new Transactions(connection, new Wallet(`0x${"17".repeat(32)}`), memoryJournal());
    await assert.rejects(
      rehearse(connection, poor, async () => plan),
      (error) => {
        assert.ok(error instanceof InsufficientFundsError);
        assert.match(
          error.message,
          /a deployer with at least \d+ wei \(\d+ gas at \d+ wei\), got 0 wei; fund 0x/,
        );
        return true;
      },
    );
  });
});
