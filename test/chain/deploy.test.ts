import assert from "node:assert/strict";
import { Interface, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import type { Connection } from "../../src/chain/connection.js";
import { creator } from "../../src/chain/deploy/create.js";
import { deploy } from "../../src/chain/deploy/deploy.js";
import { parsePlan } from "../../src/chain/deploy/planFile.js";
import { type OpenDeployment, openDeployment } from "../../src/chain/deployment.js";
import { fundingIndex, mockV3Aggregator } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalFeeds } from "../../src/chain/localMarket.js";
import { roleHolders } from "../../src/chain/roles.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import type { NamedKey } from "../../src/chain/verificationKey.js";
import { DevelopmentKeyError, UnknownAssetError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { defaultArtefacts } from "../support/desk.js";
import { closesOn } from "../support/localChain.js";
import { compileSolidity, createContract } from "../support/solidity.js";

type Four = [Wallet, Wallet, Wallet, Wallet];
const [TIER] = TIERS;
const MOCK_PYTH = compileSolidity("@pythnetwork/pyth-sdk-solidity/MockPyth.sol");
const FEED = new Interface(mockV3Aggregator.abi);
const FUNDING = new Interface(fundingIndex.abi);
const BTC_ID = `0x${"e6".repeat(32)}`;
const [DEPLOYER, GOVERNOR, GUARDIAN, POSTER] = [0, 1, 2, 3].map(
  (i) => new Wallet(ANVIL_KEYS[i] ?? ""),
) as Four;

describe("chain/deploy, a plan with every kind of source", () => {
  let anvil: Anvil;
  let connection: Connection;
  let open: OpenDeployment;
  let key: NamedKey;
  let pyth: string;
  let uptime: string;
  let plan: Record<string, object>;
  const sender = (wallet: Wallet) => new Transactions(connection, wallet, memoryJournal());
  const pass = async (seconds: number) => {
    await connection.provider.send("evm_increaseTime", [seconds]);
    await connection.provider.send("evm_mine", []);
  };
  const push = async (price: bigint, confidence: bigint) => {
    const time = BigInt((await connection.provider.getBlock("latest"))?.timestamp ?? 0);
    const args = [BTC_ID, price, confidence, -8, price, confidence, time, time - 1n];
    const contract = MOCK_PYTH.abi;
    const made = contract.encodeFunctionData("createPriceFeedUpdateData", args);
    const [update] = contract.decodeFunctionResult(
      "createPriceFeedUpdateData",
      await connection.provider.call({ to: pyth, data: made }),
    );
    const data = contract.encodeFunctionData("updatePriceFeeds", [[update]]);
    await sender(POSTER).send({ key: `push ${time}`, to: pyth, data });
  };
  const next = () => poke(open, sender(GUARDIAN));
  const context = () => ({ tier: TIER, listing: DEFAULT_LISTING, profile: PORTFOLIO_MARGIN, key });

  before(async () => {
    const { verificationKey, verificationKeyHash } = await defaultArtefacts();
    key = { key: verificationKey, hash: verificationKeyHash, kind: "development" };
    anvil = await Anvil.start();
    connection = await anvil.connect();
    const mocks = await LocalFeeds.deploy(
      connection,
      sender(DEPLOYER),
      DEFAULT_LISTING,
      closesOn("2021-05-17"),
    );
    pyth = await createContract(connection, DEPLOYER, MOCK_PYTH, [60, 0]);
    uptime = (await creator(connection, sender(DEPLOYER))("uptime", mockV3Aggregator, [0n, 0n])).address;
    const feeds = mocks.plan(86_400).map(({ source }, u) => {
      const { symbol = "" } = DEFAULT_LISTING[u] ?? {};
      const limits = { heartbeat: 86_400, least: "0", most: "100000" };
      if (symbol === "BTC") return [symbol, { pyth, priceId: BTC_ID, maxConfidence: 100, ...limits }];
      return [symbol, { chainlink: source.kind === "chainlink" ? source.aggregator : "", ...limits }];
    });
    plan = {
      feeds: Object.fromEntries(feeds),
      governance: { governor: GOVERNOR.address, guardian: GUARDIAN.address, delay: 3_600 },
      funding: {
        poster: POSTER.address,
        steps: Object.fromEntries(DEFAULT_LISTING.map(({ symbol }) => [symbol, "1"])),
        interval: 60,
        heartbeat: 86_400,
      },
      sequencer: { uptimeFeed: uptime, grace: 3_600 },
    };
    const text = JSON.stringify({ format: "zkmargin/deploy-plan@1", ...plan });
    const deployment = await deploy(connection, sender(DEPLOYER), parsePlan(text, context()));
    open = openDeployment(connection, deployment);
  });
  after(async () => {
    connection?.close();
    await anvil?.stop();
  });

  it("hands everything over to those it names, and keeps nothing", async () => {
    assert.deepEqual(
      Object.values(open.deployment.sources).map(({ contract }) => contract),
      [
        ...DEFAULT_LISTING.map(({ symbol }) => (symbol === "BTC" ? "PythFeed" : "ChainlinkFeed")),
        "FundingIndex",
        "SequencerGuard",
      ],
    );
    await checkDeployment(open, key);
    assert.deepEqual(await roleHolders(open), [
      { role: "governor", holder: GOVERNOR.address, delay: 3_600n },
      { role: "guardian", holder: GUARDIAN.address, delay: 0n },
      { role: "poster", holder: POSTER.address, delay: 0n },
      { role: "admin", holder: GOVERNOR.address, delay: 3_600n },
    ]);
  });

  it("names the source that a round cannot rely on", async () => {
    await assertChainFails(next(), refusal("SequencerInGrace"));
    await pass(3_700);
    await assertChainFails(next(), refusal("PriceFeedNotFound"));
    await push(4_500_000_000_000n, 100_000_000_000n);
    await assertChainFails(next(), refusal("ConfidenceTooWide"));
    await pass(10);
    await push(4_500_000_000_000n, 1_000_000_000n);
    assert.equal((await next()).number, 1n);
    await assertChainFails(next(), refusal("PokedTooSoon"));
    const { prices } = (await roundMarket(open, 1n, key.key)).market;
    // 45 000 dollars and 10 more or less, in attodollars of a quantum of 10^-8.
    assert.deepEqual(prices[1], {
      asset: "BTC",
      low: 44_990n * 10n ** 10n,
      high: 45_010n * 10n ** 10n,
      funding: 0n,
    });

    const down = { key: "down", to: uptime, data: FEED.encodeFunctionData("updateAnswer", [1]) };
    await sender(GUARDIAN).send(down);
    await pass(120);
    await assertChainFails(next(), refusal("SequencerDown"));
    await sender(GUARDIAN).send({ ...down, data: FEED.encodeFunctionData("updateAnswer", [0]) });
    await pass(3_700);
    assert.equal((await next()).number, 2n);
  });

  it("folds the funding that its poster accrues, and nobody else's", async () => {
    const to = open.deployment.sources["funding"]?.address ?? "";
    const accrued = (value: bigint) => ({
      key: "accrue",
      to,
      data: FUNDING.encodeFunctionData("accrue", [DEFAULT_LISTING.map((_, u) => (u === 1 ? value : 0n))]),
    });
    await assertChainFails(sender(GUARDIAN).send(accrued(5n)), refusal("AccessManagedUnauthorized"));
    await assertChainFails(sender(POSTER).send(accrued(10n ** 10n + 1n)), refusal("AccruedTooMuch"));
    await sender(POSTER).send(accrued(-7n));
    await pass(1_000);
    const { number } = await next();
    const { market } = await roundMarket(open, number, key.key);
    assert.equal(market.prices[1]?.funding, -7n);
    await pass(86_500);
    await assertChainFails(next(), refusal("FundingStale"));
  });

  it("sends nothing for a plan whose parts do not fit", async () => {
    const before = await connection.provider.getTransactionCount(DEPLOYER.address);
    const parsed = parsePlan(JSON.stringify({ format: "zkmargin/deploy-plan@1", ...plan }), context());
    const vault = { settlement: pyth, asset: "DAI" } as NonNullable<typeof parsed.vault>;
    await assert.rejects(deploy(connection, sender(DEPLOYER), { ...parsed, vault }), (error) => {
      assert.ok(error instanceof UnknownAssetError);
      assert.equal(error.message, "plan.vault: expected the symbol of a listed asset, got DAI");
      return true;
    });
    assert.equal(await connection.provider.getTransactionCount(DEPLOYER.address), before);
  });

  // shows: P17
  it("refuses a development key by name on the main chain, and sends nothing", async () => {
    const main = await Anvil.start("--chain-id", "1");
    const link = await main.connect();
    try {
      const transactions = new Transactions(link, DEPLOYER, memoryJournal());
      const parsed = parsePlan(JSON.stringify({ format: "zkmargin/deploy-plan@1", ...plan }), context());
      const text =
        /^verification key: expected one from a ceremony on chain 1, got a development key, with which/;
      await assertChainFails(deploy(link, transactions, parsed), { Class: DevelopmentKeyError, text });
      await assertChainFails(LocalFeeds.deploy(link, transactions, DEFAULT_LISTING, []), {
        Class: DevelopmentKeyError,
        text: /^mock feeds: expected a local chain, got chain 1$/,
      });
      assert.equal(await link.provider.getTransactionCount(DEPLOYER.address), 0);
    } finally {
      link.close();
      await main.stop();
    }
  });
});
