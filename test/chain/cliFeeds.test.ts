import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { Interface, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import type { Connection } from "../../src/chain/connection.js";
import { creator } from "../../src/chain/deploy/create.js";
import { openDeployment, parseDeployment } from "../../src/chain/deployment.js";
import { medianFeed, mockV3Aggregator } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { DEFAULT_POLICY } from "../../src/chain/keeper/decide.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { LocalFeeds, LocalToken } from "../../src/chain/localMarket.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { Recording, RememberingVerifier, runOptions } from "../audit/replay/recording.js";
import {
  edits,
  findsEach,
  linesOf,
  removes,
  type SideTampering,
  sideEvents,
} from "../audit/replay/sideRecording.js";
import { ChainDesk } from "../support/chainDesk.js";
import { closesOn } from "../support/localChain.js";
import { compileSolidity, createContract } from "../support/solidity.js";
import { Uniswap } from "../support/uniswap.js";

const FEED = new Interface(mockV3Aggregator.abi);
const BOUNDED = compileSolidity("test/support/contracts/BoundedAggregator.sol");
const MOCK_PYTH = compileSolidity("@pythnetwork/pyth-sdk-solidity/MockPyth.sol");
const ID = `0x${"e6".repeat(32)}`;
const DOLLARS = 43_000n;
const UNIT = 10n ** 8n;
/** Units of the tokens, of 18 decimals. */
const SUPPLY = 10n ** 30n;

interface Source {
  readonly kind: string;
  readonly price: string | null;
  readonly reason: string | null;
  readonly away: string | null;
  readonly aggregators: readonly { readonly of: string; readonly least: string | null }[];
  readonly faults: readonly string[];
}
interface Feed extends Source {
  readonly asset: string;
  readonly median: {
    readonly answering: number;
    readonly sources: readonly Source[];
    readonly check: Source;
    readonly kept: { readonly low: string; readonly check: string };
    readonly outdated: boolean;
  } | null;
}
interface Report {
  readonly feeds: readonly Feed[];
  readonly faults: readonly string[];
}

describe("feeds of several sources, from the command line", () => {
  const deployer = new Wallet(ANVIL_KEYS[0]);
  let desk: ChainDesk;
  let connection: Connection;
  let plan: { feeds: Record<string, object> };
  let pyth: string;
  let mocks: readonly string[];
  let rate: string;
  const sender = () => new Transactions(connection, deployer, memoryJournal());
  const btc = DEFAULT_LISTING.findIndex(({ symbol }) => symbol === "BTC");
  const eth = DEFAULT_LISTING.findIndex(({ symbol }) => symbol === "ETH");
  let sent = 0;
  const tell = (to: string, answer: bigint) =>
    sender().send({ key: `tell ${sent++}`, to, data: FEED.encodeFunctionData("updateAnswer", [answer]) });
  const push = async (dollars: bigint) => {
    const time = BigInt((await connection.provider.getBlock("latest"))?.timestamp ?? 0);
    const args = [ID, dollars * UNIT, 0n, -8, dollars * UNIT, 0n, time, time - 1n];
    const made = MOCK_PYTH.abi.encodeFunctionData("createPriceFeedUpdateData", args);
    const [update] = MOCK_PYTH.abi.decodeFunctionResult(
      "createPriceFeedUpdateData",
      await connection.provider.call({ to: pyth, data: made }),
    );
    const data = MOCK_PYTH.abi.encodeFunctionData("updatePriceFeeds", [[update]]);
    await sender().send({ key: `push ${sent++}`, to: pyth, data });
  };
  const check = async (code: number, ...rest: readonly string[]): Promise<Report> => {
    const told = await desk.run("feeds", "check", ...desk.at, "--json", ...rest);
    assert.equal(told.code, code, told.err);
    return JSON.parse(told.out);
  };
  const btcOf = ({ feeds }: Report) => feeds[btc] as Feed & { readonly median: NonNullable<Feed["median"]> };
  const deployPlan = async (changed = plan) => {
    await writeFile(desk.file("plan.json"), JSON.stringify({ format: "zkmargin/deploy-plan@1", ...changed }));
    return ["deploy", "--rpc", desk.anvil.url, "--plan", desk.file("plan.json"), ...desk.by("ZKM_DEPLOYER")];
  };

  before(async () => {
    desk = await ChainDesk.start();
    connection = await desk.anvil.connect();
    const create = creator(connection, sender());
    const feeds = (
      await LocalFeeds.deploy(connection, sender(), DEFAULT_LISTING, closesOn("2021-05-17"))
    ).plan(86_400);
    mocks = feeds.map(({ source }) => (source.kind === "chainlink" ? source.aggregator : ""));
    await tell(mocks[btc] ?? "", DOLLARS * UNIT);
    const bounded = await createContract(connection, deployer, BOUNDED, [
      "BTC / USD",
      ...[(DOLLARS + 10n) * UNIT, 100n * UNIT, 10n ** 9n * UNIT, 0n],
    ]);
    const spare = (await create("spare", mockV3Aggregator, [8n, DOLLARS * UNIT])).address;
    rate = (await create("rate", mockV3Aggregator, [8n, UNIT])).address;
    pyth = await createContract(connection, deployer, MOCK_PYTH, [60, 0]);
    await push(DOLLARS - 10n);
    const [wbtc, usdc] = [
      await LocalToken.deploy(connection, sender(), "WBTC", SUPPLY),
      await LocalToken.deploy(connection, sender(), "USDC", SUPPLY),
    ];
    const uniswap = await Uniswap.deploy(connection.provider, ANVIL_KEYS[0]);
    const pool = await uniswap.pool(wbtc.address, usdc.address, DOLLARS, 10n ** 21n);
    await connection.provider.send("evm_increaseTime", [1_800]);
    await connection.provider.send("evm_mine", []);
    await push(DOLLARS - 10n);
    const limits = { heartbeat: 86_400, least: "100", most: "1000000" };
    const single = DEFAULT_LISTING.map(({ symbol }, u) => [
      symbol,
      { chainlink: mocks[u], heartbeat: 86_400, least: "0", most: "100000" },
    ]);
    plan = {
      feeds: {
        ...Object.fromEntries(single),
        BTC: {
          median: [
            { chainlink: bounded, ...limits },
            { chainlink: mocks[btc], ...limits },
            { pyth, priceId: ID, maxConfidence: 100, ...limits },
            { chainlink: spare, ...limits },
          ],
          check: { uniswap: pool, token: wbtc.address, tolerance: 100 },
        },
        ETH: {
          ...{ chainlink: mocks[eth], heartbeat: 86_400, least: "1", most: "100000" },
          ratio: { chainlink: rate, decimals: 8, heartbeat: 86_400, least: "0.5", most: "2" },
        },
      },
      ...{ governance: { governor: new Wallet(ANVIL_KEYS[1]).address, guardian: desk.custodian } },
    };
    await desk.ok(...(await deployPlan()), "--out", desk.file("deployment.json"));
  });
  after(async () => {
    connection?.close();
    await desk?.close();
  });

  it("are deployed by a plan, with ratio and pool, and held to the manifest", async () => {
    const deployment = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    const kinds = Object.entries(deployment.sources).filter(([name]) => /^(BTC|ETH)/.test(name));
    assert.deepEqual(Object.fromEntries(kinds.map(([name, { contract }]) => [name, contract])), {
      "BTC source 0": "ChainlinkFeed",
      "BTC source 1": "ChainlinkFeed",
      "BTC source 2": "PythFeed",
      "BTC source 3": "ChainlinkFeed",
      "BTC check": "PoolTwap",
      BTC: "MedianFeed",
      "ETH ratio": "RatioAggregator",
      ETH: "ChainlinkFeed",
    });
    await checkDeployment(openDeployment(connection, deployment));
    const swapped = (a: string, b: string) => {
      const sources = { ...deployment.sources };
      const [one, other] = [sources[a], sources[b]];
      assert.ok(one && other);
      Object.assign(sources, { [a]: other, [b]: one });
      return checkDeployment(openDeployment(connection, { ...deployment, sources }));
    };
    await assert.rejects(swapped("BTC source 0", "BTC source 3"), /sources\.BTC\.source 0: expected/);
    const { "BTC check": _, ...unchecked } = deployment.sources;
    await assert.rejects(
      checkDeployment(openDeployment(connection, { ...deployment, sources: unchecked })),
      /sources\.BTC\.check: expected 0x0{40}, got/,
    );
    const { "BTC source 3": __, ...fewer } = deployment.sources;
    await assert.rejects(
      checkDeployment(openDeployment(connection, { ...deployment, sources: fewer })),
      /sources\.BTC\.sources: expected 3, got 4/,
    );
    const other = { ...deployment.sources, "ETH ratio": deployment.sources["BTC source 0"] };
    await assert.rejects(
      checkDeployment(openDeployment(connection, { ...deployment, sources: other as never })),
      /sources\.ETH\.aggregator: expected/,
    );
  });

  it("are shown with answers, own limits and disagreement", async () => {
    const report = await check(0);
    assert.deepEqual(report.faults, []);
    const { kind, price, median } = btcOf(report);
    assert.deepEqual([kind, price, median.answering], ["median", "43000", 4]);
    assert.deepEqual(
      median.sources.map(({ kind: of, price: told, away }) => [of, told, away]),
      [
        ["chainlink", "43010", "3"],
        ["chainlink", "43000", "0"],
        ["pyth", "42990", "3"],
        ["chainlink", "43000", "0"],
      ],
    );
    assert.deepEqual(
      median.sources.map(({ aggregators }) => aggregators[0]?.least ?? null),
      ["100", null, null, null],
    );
    assert.equal(median.check.kind, "pool");
    assert.ok(Math.abs(Number(median.check.price) - 43_000) < 5);
    const ether = report.feeds[eth];
    assert.equal(ether?.kind, "ratio");
    assert.deepEqual(
      ether.aggregators.map(({ of }) => of),
      ["rate", "base"],
    );
    // Held to less, each source that is away is a fault.
    const strict = await check(9, "--disagreement", "0");
    assert.equal(strict.faults.length, 2);
    assert.equal((await desk.run("feeds", "check", ...desk.at, "--disagreement", "10001")).code, 2);
  });

  it("are recorded by a poke, which then sends nothing twice", async () => {
    assert.equal(btcOf(await check(0)).median.outdated, true);
    await desk.ok("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const { median } = btcOf(await check(0));
    assert.deepEqual([median.outdated, median.kept.check], [false, "agrees"]);
    assert.equal(median.kept.low, "43000");
    const again = ["feeds", "record", ...desk.at, ...desk.by("ZKM_KEEPER")];
    assert.deepEqual(JSON.parse(await desk.ok(...again)), { recorded: [] });
    assert.equal((await desk.run(...again)).out, "Nothing to record.\n");
  });

  it("are replayed by the auditor, who holds rounds to the medians and medians to their sources", async () => {
    const audit = JSON.parse(await desk.ok("audit", "replay", ...desk.at));
    assert.deepEqual([audit.findings.total, audit.coverage.roundsWithFeeds], [0, 1]);
    const log = desk.file("feeds.ndjson");
    await desk.ok("audit", "export", ...desk.at, "--out", log);
    const text = await readFile(log, "utf8");
    const [head = ""] = text.split("\n");
    // All that the chain has of the median is in the head, which the replay compares with the manifest.
    for (const tie of ["source 0", "source 3", "sources", "check"])
      assert.ok(head.includes(`"sources.BTC.${tie}":`), tie);
  });

  it("tell of a source that is far off, one that is silent, and of a pool that disagrees", async () => {
    await tell(mocks[btc] ?? "", 23n * DOLLARS * UNIT);
    const mango = await check(9);
    const { median, price } = btcOf(mango);
    // Low is what was recorded, high the median of 42 990, 43 010 and the false price.
    assert.equal(price, "43005");
    assert.equal(median.answering, 4);
    assert.equal(mango.faults.length, 1);
    assert.match(mango.faults[0] ?? "", /^BTC, source 1: expected a price within 100 basis points/);
    const people = await desk.run("feeds", "check", ...desk.at);
    assert.equal(people.code, 9);
    assert.match(people.out, /median of 3, 4 of 4 answer, quorum 2/);
    assert.match(people.out, /0 chainlink +43010 +0 s +86400 s +100–1000000 +100–1000000000 +0\.0\d %/);

    // Beyond its limits it is silent, and the spare has its seat.
    await tell(mocks[btc] ?? "", 1_000_000n * UNIT);
    const silent = await check(9);
    assert.match(silent.faults.join(), /^BTC, source 1: expected an answer, got PriceOutOfBounds\(/);
    const shown = await desk.run("feeds", "check", ...desk.at);
    assert.match(shown.out, /1 chainlink +none \(1000000\) +\d+ s +86400 s +100–1000000\n/);
    assert.equal(btcOf(silent).price, "43000");
    const told = await desk.json("feeds", "record", ...desk.at, ...desk.by("ZKM_KEEPER"));
    assert.ok(told);
    const logs = await connection.provider.getLogs({
      topics: [new Interface(medianFeed.abi).getEvent("SourceSilenced")?.topicHash ?? ""],
      fromBlock: 0,
    });
    assert.equal(logs.length, 1);

    // The market has left the pool behind.
    await tell(mocks[btc] ?? "", DOLLARS * UNIT);
    await check(0);
    await tell(mocks[btc] ?? "", 2n * DOLLARS * UNIT);
    await push(2n * DOLLARS);
    const moved = await check(9);
    assert.match(moved.faults.join("\n"), /BTC, check: expected a price within 100 basis points/);
    assert.match(moved.faults.join("\n"), /BTC, source 0: expected a price within 100 basis points/);
    await desk.ok("feeds", "record", ...desk.at, ...desk.by("ZKM_KEEPER"));
    assert.equal(btcOf(await check(9)).median.kept.check, "disagrees");
    await connection.provider.send("evm_increaseTime", [60]);
    await desk.ok("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const audit = await desk.run("audit", "replay", ...desk.at, "--json");
    assert.deepEqual(JSON.parse(audit.out).findings.byCode, { "median-check": 1 });
  });

  it("are recorded by a keeper after each round that it commits", async () => {
    // Low is below what was recorded.
    await push(DOLLARS - 10n);
    await tell(mocks[btc] ?? "", DOLLARS * UNIT);
    await connection.provider.send("evm_increaseTime", [60]);
    await connection.provider.send("evm_mine", []);
    assert.equal(btcOf(await check(0)).median.outdated, true);
    const deployment = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    const told: string[] = [];
    const keeper = new Keeper({
      open: openDeployment(connection, deployment),
      transactions: sender(),
      key: (await pinnedVerificationKey("16x16")).key,
      accounts: [],
      given: () => null,
      prove: () => assert.fail("nothing to prove"),
      clock: Date.now,
      policy: { ...DEFAULT_POLICY, pokeAfter: 30 },
      onEvent: (event) => told.push("asset" in event ? `${event.event} ${event.asset}` : event.event),
    });
    await keeper.tick();
    const did = () => told.filter((event) => /^(poked|recorded)/.test(event));
    assert.deepEqual(did(), ["poked", "recorded BTC"]);
    assert.equal(btcOf(await check(0)).median.outdated, false);
    await connection.provider.send("evm_increaseTime", [60]);
    await connection.provider.send("evm_mine", []);
    // No price has moved, and nothing is recorded.
    await keeper.tick();
    assert.deepEqual(did().slice(2), ["poked"]);
  });

  it("refuses plans of medians that are none", async () => {
    const { median, check: pool } = plan.feeds["BTC"] as { median: object[]; check: object };
    const refused = async (code: number, btcFeed: object, message: RegExp) => {
      const changed = { ...plan, feeds: { ...plan.feeds, BTC: btcFeed } };
      const told = await desk.fails(code, ...(await deployPlan(changed)), "--out", desk.file("other.json"));
      assert.match(told.message, message);
    };
    await push(DOLLARS);
    await tell(mocks[btc] ?? "", DOLLARS * UNIT);
    await refused(3, { median: median.slice(2) }, /plan\.feeds\.BTC\.median: expected/);
    await refused(3, { median, seats: 5 }, /BTC\.seats: expected at most 4/);
    await refused(3, { median, quorum: 3 }, /BTC\.quorum: expected less than 3/);
    await refused(3, { median, deadBand: 501 }, /BTC\.deadBand: expected/);
    await refused(3, { median: [...median, median[0]] }, /BTC\.median\[4\]: expected each source once/);
    const inverted = { chainlink: rate, heartbeat: 86_400, least: "0.000001", most: "100000000" };
    await refused(3, { median: [...median, inverted] }, /BTC\.median\[4\]: expected an answer within 10 %/);
    const other = { ...pool, token: desk.custodian };
    await refused(3, { median, check: other }, /BTC\.check\.token: expected one of the pool's two/);
    const longer = { ...pool, window: 4_000_000 };
    await refused(3, { median, check: longer }, /BTC\.check\.window: expected an answer to observe/);
    const nowhere = { ...pool, uniswap: desk.custodian };
    await refused(3, { median, check: nowhere }, /BTC\.check\.uniswap: expected the address of a contract/);
  });

  describe("replayed by the auditor, event by event", () => {
    let lines: string[] = [];
    let verifier: RememberingVerifier;
    before(async () => {
      const deployment = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
      lines = await linesOf(openDeployment(connection, deployment));
      verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
    });

    it("have nothing but the check's own disagreement", async () => {
      const log = new Recording(undefined, lines);
      for (const name of ["BandMoved", "SourceSilenced", "SourceAnswered", "CheckChanged"] as const)
        assert.ok(sideEvents(log, name).length > 0, name);
      assert.deepEqual(Object.keys((await log.replay({ verifier })).findings.byCode), ["median-check"]);
    });

    const answers = (
      log: Recording,
      event: "BandMoved" | "SourceSilenced" | "SourceAnswered" | "CheckChanged",
      nth: number,
    ) => sideEvents(log, event).at(nth)?.block.medians?.[0] ?? assert.fail();
    const round = (log: Recording, nth: number) =>
      log.blocks.filter(({ feeds }) => feeds !== null).at(nth) ?? assert.fail();
    const tamperings: readonly SideTampering[] = [
      edits("median-rule", "a low that is not the rule's", "BandMoved", 0, { low: 1n }),
      edits("median-rule", "a high that is not the rule's", "BandMoved", -1, { high: 10n ** 18n }),
      removes("median-rule", "a band that moved without a word", "BandMoved", 0),
      [
        "median-rule",
        "other answers than the median was made of",
        (log) => {
          const of = answers(log, "BandMoved", 0);
          for (const source of of.sources) source.splice(0, source.length, ["1000", "0"]);
        },
      ],
      edits("median-rule", "a source silenced that had answered", "SourceSilenced", 0, { source: 3n }),
      edits("median-rule", "a source that answers without having been silent", "SourceAnswered", 0, {
        source: 0n,
      }),
      removes("median-rule", "a source silenced without a word", "SourceSilenced", 0),
      edits("median-rule", "a check that disagrees where it agrees", "CheckChanged", -1, { state: 2n }),
      edits("median-rule", "a check at another price", "CheckChanged", -1, { price: 1n }),
      edits("median-rule", "a check of another band", "CheckChanged", -1, { low: 1n }),
      [
        "median-rule",
        "a round's median that its sources do not make",
        (log) => {
          const of = round(log, -1).medians?.[0] ?? assert.fail();
          for (const source of of.sources) source.splice(0, source.length, ["1000", "0"]);
        },
      ],
      [
        "median-rule",
        "another band kept than its events tell",
        (log) => {
          const kept = round(log, -1).feeds?.medians?.[0] ?? assert.fail();
          kept.low = "1";
        },
      ],
      [
        "median-unseen",
        "a round without its sources' answers",
        (log) => {
          delete round(log, -1).medians;
        },
      ],
      [
        "tie-mismatch",
        "another source of the median",
        (log) => {
          log.constants.ties["sources.BTC.source 0"] = `0x${"77".repeat(20)}`;
        },
      ],
      [
        "code-mismatch",
        "another contract as the pool's average",
        (log) => {
          const code = log.constants.sources["BTC check"] ?? assert.fail();
          code.bare = `0x${"77".repeat(32)}`;
        },
      ],
      [
        "governance-undelayed",
        "sources that nobody scheduled",
        (log) => {
          const first = log.find("SourcesChanged", 0);
          log.insert(
            { block: round(log, -1) },
            {
              role: "marketLedger",
              name: "SourcesChanged",
              fields: { ...first.fields, feeds: first.fields.feeds.map(() => `0x${"77".repeat(20)}`) },
            },
          );
        },
      ],
    ];
    findsEach(
      "medians",
      tamperings,
      () => lines,
      () => verifier,
    );
  });
});
