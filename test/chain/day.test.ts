import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anvil } from "../../src/chain/anvil.js";
import { eventsOf } from "../../src/chain/binding.js";
import { type Connection, connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { marginGate } from "../../src/chain/generated/MarginGate.js";
import { fileJournal } from "../../src/chain/journal.js";
import type { KeeperEvent } from "../../src/chain/keeper/events.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { pagedLogs } from "../../src/chain/logs.js";
import { accountStatus } from "../../src/chain/status.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { eventLine } from "../../src/cli/keeperLines.js";
import { Random } from "../support/cases.js";
import { exampleBook } from "../support/desk.js";
import { closesOn, LocalChain } from "../support/localChain.js";
import { TROUBLES } from "../support/nodeFaults.js";
import { ProxyNode } from "../support/proxyNode.js";

const GENESIS = "1621209600"; // 17 May 2021, 00:00 UTC
const DATE = "2021-05-17";
const DAY = 86_400n;
const GWEI = 10n ** 9n;
const NAMES = ["carry", "loan", "long", "old"] as const;
type Name = (typeof NAMES)[number];

describe("chain/keeper, a day in the life", () => {
  let folder: string;
  let chain: LocalChain;
  let nodes: ProxyNode[];
  let connection: Connection;
  let accounts: Record<Name, string>;
  let stop: AbortController;
  let running: Promise<void>;
  const events: KeeperEvent[] = [];
  // A minute of the keeper's clock takes a second, so that an hour of trouble fits into a test.
  const begun = Date.now();
  const clock = () => begun + 60 * (Date.now() - begun);
  const nameOf = (account: string | null) => NAMES.find((name) => accounts[name] === account) ?? "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-day-"));
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), DATE);
    nodes = [await ProxyNode.start(chain.anvil.url), await ProxyNode.start(chain.anvil.url)];
    accounts = {
      carry: await chain.attest(exampleBook("cash-and-carry")),
      loan: await chain.attest(exampleBook("aave-borrower")),
      long: await chain.attest(exampleBook("leveraged-long")),
      // Its book has two and a half hours to live.
      old: await chain.attest(exampleBook("cash-and-carry", { account: "old" }), DAY - 9_000n),
    };
  });
  after(async () => {
    stop?.abort();
    await running;
    connection?.close();
    for (const node of nodes ?? []) await node.stop();
    await chain?.close();
    await rm(folder, { recursive: true });
  });

  const start = async () => {
    let keeper: Keeper | undefined;
    connection?.close();
    connection = await connect(
      nodes.map(({ url }) => url),
      { patience: 1, timeout: 2, tell: (line) => keeper?.waits(line) },
    );
    const owner = { sender: chain.keeper.address, chainId: connection.chainId };
    const journal = await fileJournal(join(folder, "keeper.journal"), owner);
    keeper = new Keeper({
      open: openDeployment(connection, chain.open.deployment),
      transactions: new Transactions(connection, chain.keeper, journal),
      key: chain.key.key,
      accounts: Object.values(accounts),
      given: chain.given,
      prove: chain.prove,
      clock,
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 16, pokeAfter: 600 },
      interval: 100,
      onEvent: (event) => void events.push(event),
    });
    stop = new AbortController();
    running = keeper.run(stop.signal);
  };
  /** Waits until the log has gone on by all of these, in whatever order, and returns what it says since. */
  let read = 0;
  const told = async (...awaited: string[]): Promise<string[]> => {
    const since = () => events.slice(read).map(summary);
    while (!awaited.every((text) => since().includes(text)))
      await new Promise((done) => setTimeout(done, 20));
    const said = since();
    read = events.length;
    return said;
  };
  const summary = (event: KeeperEvent): string => {
    const what = "state" in event ? event.state : "why" in event ? event.why : "";
    const of = "source" in event ? event.source : nameOf(event.account);
    if (event.event === "status") return `${of} ${event.status}`;
    return [of, event.event, what].filter((part) => part !== "").join(" ");
  };
  const all = (what: string) => NAMES.map((name) => `${name} ${what}`);
  const send = (method: string, ...params: unknown[]) => chain.connection.provider.send(method, params);
  const post = (share: bigint) =>
    chain.feeds.post(closesOn(DATE).map((close, u) => (u === 0 ? close : (close * share) / 1_000n)));

  it("begins at a node that limits its rate: every account is proven", async () => {
    const random = new Random(17);
    const kinds = ["limit of Alchemy", "limit of Infura", "HTML with status 200", "empty body", "cut body"];
    for (const node of nodes)
      node.fate = () => (random.chance(1 / 6) ? (TROUBLES[random.pick(kinds)] ?? "pass") : "pass");
    await start();
    const said = (await told(...all("healthy"))).filter((line) => !line.startsWith("trouble"));
    assert.equal(said[0], "started");
    for (const text of [...all("unknown"), "market no-round", "poked", "market usable", ...all("submitted")])
      assert.equal(said.filter((line) => line === text).length, 1, text);
    for (const node of nodes) node.fate = () => "pass";
    const troubles = () => events.filter(({ event }) => event.startsWith("trouble"));
    while (troubles().at(-1)?.event !== "trouble-over") await new Promise((done) => setTimeout(done, 20));
    read = events.length;
  });

  it("tells that a fall of prices leaves one account unprovable, and not at every look", async () => {
    await chain.pass(700);
    await post(980n);
    const said = (await told("poked", "long grace", "long unprovable unhealthy")).sort();
    assert.deepEqual(said, ["long grace", "long unprovable unhealthy", "poked"]);
  });

  it("counts the trouble while both nodes are gone, and says when that is over and how often it was", async () => {
    const [one, other] = nodes;
    if (one === undefined || other === undefined) return assert.fail();
    one.fate = other.fate = () => "reset";
    await told("trouble");
    one.fate = () => TROUBLES["HTTP 503"] ?? "pass";
    // Three minutes by the keeper's clock: told at its beginning and after one minute, and counted otherwise.
    await new Promise((done) => setTimeout(done, 3_000));
    one.fate = other.fate = () => "pass";
    const said = await told("trouble-over");
    assert.ok(said.length <= 3, said.join());
    const over = events.findLast(({ event }) => event === "trouble-over");
    assert.ok(over?.event === "trouble-over" && over.seen > 2);
  });

  it("proves what prices make provable again, and warns of the book that ends soon", async () => {
    await chain.pass(2_000);
    await post(1_000n);
    await told("market stale", "old book expiring", "poked", "market usable");
    await chain.pass(2_000);
    await post(1_000n);
    const said = await told("long healthy");
    assert.ok(said.includes("long proven") && said.includes("long submitted"));
  });

  it("says that the book has expired and until when there is time, and keeps the account again with a new one", async () => {
    await chain.pass(4_600);
    await post(1_000n);
    const said = await told("old book expired", "old grace");
    assert.ok(!said.includes("old proven"));
    const grace = events.findLast(({ event }) => event === "status");
    assert.ok(grace?.event === "status" && grace.deadline !== null);
    stop.abort();
    await running;
    assert.equal((await told("stopped")).at(-1), "stopped");
    await chain.attest(exampleBook("cash-and-carry", { account: "old", sequence: 2 }));
    await start();
    const again = await told("old healthy");
    assert.equal(again[0], "started");
    assert.deepEqual(
      again.filter((line) => line.endsWith("submitted")),
      ["old submitted"],
    );
  });

  it("waits out a fee above its cap, and goes on below it", async () => {
    // A keeper that goes on meanwhile may be done before the fee rises.
    stop.abort();
    await running;
    await chain.pass(700);
    await post(1_015n);
    await send("anvil_setNextBlockBaseFeePerGas", `0x${(2_000n * GWEI).toString(16)}`);
    await send("evm_mine");
    await start();
    await told("fee above-cap");
    const nonce = await chain.connection.provider.getTransactionCount(chain.keeper.address);
    await new Promise((done) => setTimeout(done, 500));
    assert.equal(await chain.connection.provider.getTransactionCount(chain.keeper.address), nonce);
    await send("anvil_setNextBlockBaseFeePerGas", `0x${GWEI.toString(16)}`);
    await send("evm_mine");
    await told("fee below-cap", "poked", "long submitted", "long healthy");
  });

  it("ends with every account healthy, everything done once, and a log that a stranger can read", async () => {
    stop.abort();
    await running;
    for (const account of Object.values(accounts))
      assert.equal((await accountStatus(chain.open, account)).status, "healthy");
    // Each proof counts once, and each transaction of the keeper is one that its log names.
    const { address, block: fromBlock } = chain.open.deployment.contracts.marginGate;
    const logs = await pagedLogs(chain.connection.provider, { address, topics: [], fromBlock });
    const accepted = eventsOf(marginGate, "ProofAccepted", logs).map(
      ({ fields }) => `${nameOf(fields.account)} ${fields.round}`,
    );
    const submitted = events.filter(({ event }) => event === "submitted");
    assert.deepEqual(accepted.sort(), submitted.map((e) => `${nameOf(e.account)} ${e.round}`).sort());
    assert.equal(new Set(accepted).size, accepted.length);
    const batches = new Set(submitted.map((event) => event.event === "submitted" && event.transaction));
    const pokes = events.filter(({ event }) => event === "poked").length;
    const sent = await chain.connection.provider.getTransactionCount(chain.keeper.address);
    assert.equal(sent, batches.size + pokes);

    const lines = events.map(eventLine);
    for (const line of lines) {
      assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info |warn |error) \S.*\n$/);
      assert.doesNotMatch(line, /PROVIDER-KEY/);
    }
    const alarms = events
      .filter(({ level, event }) => level !== "info" && event !== "trouble")
      .map(summary)
      .filter((line) => !/unknown$|no-round$/.test(line));
    assert.deepEqual(alarms, [
      "long grace",
      "long unprovable unhealthy",
      "market stale",
      "old book expiring",
      "market stale",
      "market stale",
      "old book expired",
      "old grace",
      // The keeper that was started again.
      "old grace",
      "fee above-cap",
      "long grace",
    ]);
    assert.ok(lines.length < 120, `${lines.length} lines`);
  });
});
