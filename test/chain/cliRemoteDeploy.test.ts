import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import type { Connection } from "../../src/chain/connection.js";
import { parseDeployment } from "../../src/chain/deployment.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalFeeds, LocalToken } from "../../src/chain/localMarket.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { ChainDesk } from "../support/chainDesk.js";
import { closesOn } from "../support/localChain.js";

const HOME_CHAIN = "31337";
const OTHER_CHAIN = "1337";

describe("chain/remote, deployed on two chains from the command line", () => {
  let desk: ChainDesk;
  let other: Anvil;
  let [home, there]: (Connection | undefined)[] = [];
  let token: LocalToken;
  const deployer = new Wallet(ANVIL_KEYS[0]);
  const attesters = [6, 7].map((i) => new Wallet(ANVIL_KEYS[i] ?? "").address);
  const pair = () => [
    ...[...desk.at, "--asset", "ETH", "--other", desk.file("remote.json")],
    ...["--other-rpc", other.url],
  ];

  before(async () => {
    desk = await ChainDesk.start();
    other = await Anvil.start("--timestamp", "1621209600", "--chain-id", OTHER_CHAIN);
    [home, there] = [await desk.anvil.connect(), await other.connect()];
    token = await LocalToken.deploy(
      there,
      new Transactions(there, deployer, memoryJournal()),
      "ETH",
      10n ** 24n,
    );
  });
  after(async () => {
    home?.close();
    there?.close();
    await other?.stop();
    await desk?.close();
  });

  it("deploys the lock first, then home with the lock in its plan, and binds the two", async () => {
    assert.ok(home);
    const lock = [
      ...["remote", "deploy", "--rpc", other.url, "--token", token.address, "--home-chain", HOME_CHAIN],
      ...attesters.flatMap((address) => ["--attester", address]),
      ...["--threshold", "2", "--wait", "300", ...desk.by("ZKM_DEPLOYER"), "--out", desk.file("remote.json")],
    ];
    const { chainId, contracts } = JSON.parse(await desk.ok(...lock));
    assert.equal(chainId, OTHER_CHAIN);
    // Run again, the journal has all of it.
    assert.deepEqual(JSON.parse(await desk.ok(...lock)).contracts, contracts);

    const sender = new Transactions(home, deployer, memoryJournal());
    const feeds = (await LocalFeeds.deploy(home, sender, DEFAULT_LISTING, closesOn("2021-05-17"))).plan(
      86_400,
    );
    const [usdc, btc] = [
      await LocalToken.deploy(home, sender, "USDC", 0n),
      await LocalToken.deploy(home, sender, "BTC", 0n),
    ];
    const example = JSON.parse(
      await readFile(new URL("../../examples/deploy-plan.json", import.meta.url), "utf8"),
    );
    const remote = {
      ...{
        chain: OTHER_CHAIN,
        lock: contracts.collateralLock,
        decimals: 18,
        cap: `${10n ** 21n}`,
        maxAge: 86_400,
      },
      blocks: { attesters, threshold: 2, wait: 300, finality: 900 },
    };
    const plan = {
      format: "zkmargin/deploy-plan@1",
      feeds: Object.fromEntries(
        DEFAULT_LISTING.map(({ symbol }, u) => {
          const { source } = feeds[u] ?? assert.fail();
          const chainlink = source.kind === "chainlink" ? source.aggregator : "";
          return [symbol, { chainlink, heartbeat: 86_400, least: "0", most: "100000" }];
        }),
      ),
      governance: { governor: new Wallet(ANVIL_KEYS[1]).address, guardian: desk.custodian },
      vault: {
        ...example.vault,
        settlement: usdc.address,
        collateral: { BTC: btc.address },
        remote: { ETH: remote },
      },
    };
    await writeFile(desk.file("plan.json"), JSON.stringify(plan));
    const deploy = [
      "deploy",
      "--rpc",
      desk.anvil.url,
      "--plan",
      desk.file("plan.json"),
      ...desk.by("ZKM_DEPLOYER"),
    ];
    await desk.ok(...deploy, "--out", desk.file("deployment.json"));
    const { remotes } = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    const claims = remotes?.["ETH"]?.remoteCollateral.address;

    // Unbound, the lock takes nothing.
    const account = `0x${"11".repeat(32)}`;
    const early = await desk.run("remote", "lock", account, "1", ...pair(), ...desk.by("ZKM_DEPLOYER"));
    assert.notEqual(early.code, 0);
    const bind = ["remote", "bind", ...pair(), ...desk.by("ZKM_DEPLOYER")];
    const byStranger = ["remote", "bind", ...pair(), ...desk.by("ZKM_BIDDER")];
    assert.match((await desk.run(...byStranger)).err, /NotBinder/);
    const bound = async (command: readonly string[]) => {
      const { outcome, home: to } = JSON.parse(await desk.ok(...command));
      return [outcome, to];
    };
    assert.deepEqual(await bound(bind), ["done", claims]);
    assert.deepEqual(await bound(byStranger), ["already", claims]);
  });

  it("is one pair, of which the status and an audit of both sides tell", async () => {
    const status = JSON.parse(await desk.ok("remote", "status", ...pair()));
    assert.deepEqual([status.credited, status.cap, status.stale], ["0", `${10n ** 21n}`, true]);
    const shown = await desk.run("remote", "status", ...pair());
    assert.match(shown.out, /heard +never/);
    const { findings, lock } = JSON.parse(await desk.ok("remote", "audit", ...pair()));
    assert.deepEqual([findings.total, lock.findings.total, lock.coverage.locks], [0, 0, 0]);
  });
});
