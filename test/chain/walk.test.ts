import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDeployment, serialiseDeployment } from "../../src/chain/deployment.js";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

/** The commands of docs/CHAIN.md's walk, in order. */
function commandsOfWalk(): string[] {
  const text = readFileSync(join(ROOT, "docs/CHAIN.md"), "utf8");
  const walk = /## A walk on a local chain\n([\s\S]*?)\n## /.exec(text)?.[1] ?? "";
  return [...walk.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trimEnd().split("\n"));
}

describe("the walk of docs/CHAIN.md", () => {
  let desk: ChainDesk;
  const variables = new Map<string, string>();
  const workingFolder = process.cwd();

  before(async () => {
    desk = await ChainDesk.start();
    // The walk makes its own.
    await rm(desk.file("desk.secret"));
    process.chdir(desk.folder);
    process.env["ZKMARGIN_RPC"] = desk.anvil.url;
    process.env["ZKMARGIN_HOME"] = join(ROOT, "build/keys");
  });
  after(async () => {
    process.chdir(workingFolder);
    for (const name of ["ZKMARGIN_RPC", "ZKMARGIN_HOME", ...variables.keys()]) delete process.env[name];
    await desk?.close();
  });

  /** Runs one line as a shell would, as far as the walk needs one. Returns what it prints. */
  async function shell(line: string): Promise<string> {
    const set = /^(export )?([A-Z_]+)=(.*)$/.exec(line);
    if (set !== null) {
      const [, exported, name = "", value = ""] = set;
      variables.set(name, await expanded(value));
      if (exported !== undefined) process.env[name] = variables.get(name);
      return "";
    }
    const printf = /^printf '(.*)' > (\S+)$/.exec(line);
    if (printf !== null) {
      writeFileSync(printf[2] ?? "", (printf[1] ?? "").replaceAll("\\n", "\n"));
      return "";
    }
    const [command = "", mayFail] = (await expanded(line.replace(/ +#.*$/, ""))).split(/ (\|\| true)$/);
    const ran = await desk.run(...command.split(" ").slice(1));
    if (mayFail === undefined) assert.equal(ran.code, 0, `${line}: ${ran.err}`);
    return ran.out;
  }

  async function expanded(text: string): Promise<string> {
    let whole = text.replace(/\$([A-Z_]+)/g, (_, name: string) => variables.get(name) ?? assert.fail(name));
    for (const [part, inner = "", word] of whole.matchAll(
      /\$\((.*?)(?: \| awk '\/(\w+)\/ \{print \$2\}')?\)/g,
    )) {
      const out = await shell(inner);
      const line = word === undefined ? out : out.split("\n").find((it) => it.includes(word));
      const value = word === undefined ? line?.trim() : line?.trim().split(/\s+/)[1];
      whole = whole.replace(part, value ?? assert.fail(inner));
    }
    return whole;
  }

  it("shows grace, the keeper's answer, a margin call and a liquidation, as it says", async () => {
    const statuses: string[] = [];
    for (const line of commandsOfWalk()) {
      // The chain of the test runs already, on a port of its own.
      if (line.startsWith("zkmargin local start")) continue;
      const watch = ["status", "desk-1/cross", "--watch", "--check", "--interval", "1", "--json"];
      const watching = line === "zkmargin local price BTC -3%" ? desk.run(...watch) : undefined;
      const out = await shell(line);
      if (watching !== undefined) {
        const { code, out: seen } = await watching;
        const told = seen
          .trimEnd()
          .split("\n")
          .map((each) => JSON.parse(each).accounts[0].status);
        assert.deepEqual([code, told[0], told.at(-1)], [10, "healthy", "grace"], seen);
      }
      if (!line.startsWith("zkmargin status")) continue;
      const [, says = ""] = /# ([a-z]+( call)?)/.exec(line) ?? [];
      assert.match(out, new RegExp(`status +${says}`, "i"), `${line}\n${out}`);
      assert.match(out, /^desk-1\/cross 0x[0-9a-f]{64}$/m);
      statuses.push(says);
    }
    assert.deepEqual(statuses, ["healthy", "grace", "healthy", "margin call", "liquidatable"]);
    const standing = await desk.json("vault", "show", "desk-1/cross");
    assert.ok(BigInt(standing.debt) < 132_000n * 10n ** 18n, standing.debt);
  });

  it("moves prices and time, and says what it moved", async () => {
    const feeds = async () => JSON.parse(await desk.ok("local", "feed"));
    const priceOf = async (asset: string) =>
      (await feeds()).feeds.find((it: { asset: string }) => it.asset === asset).price;
    const moved = JSON.parse(await desk.ok("local", "price", "BTC=42000", "ETH=+5%"));
    assert.equal(moved.prices[0].after, "42000");
    assert.ok(BigInt(moved.round) > 0n);
    await desk.ok("local", "price", "BTC", "-12.5%", "--no-round");
    assert.equal(await priceOf("BTC"), "36750");
    await desk.ok("local", "price", "all", "-50%", "--no-round");
    assert.equal(await priceOf("BTC"), "18375");
    assert.equal(await priceOf("USDC"), (await feeds()).feeds[0].price);
    const before = BigInt(await desk.now());
    const passed = JSON.parse(await desk.ok("local", "time", "+1h30m"));
    assert.deepEqual([passed.rounds, passed.refused], [3, []]);
    assert.ok(BigInt(passed.to) - before >= 5_400n);
    const jumped = JSON.parse(await desk.ok("local", "time", "+3h", "--no-round"));
    assert.equal(jumped.rounds, 0);
    assert.match((await desk.run("local", "feed")).out, /BTC +18375 +1\d{4} s +0x/);
    await desk.ok("local", "feed", "--date", "2021-05-19");
    assert.match(await priceOf("BTC"), /^3\d{4}\./);
    assert.match((await desk.run("local", "time")).out, /^2021-05-\d\dT\d\d:\d\d:\d\dZ\n$/);
  });

  it("refuses what it cannot move, and moves nothing", async () => {
    for (const [code, words, message] of [
      [2, ["price", "BTC", "-12"], /expected for BTC a signed percentage/],
      [2, ["price", "BTC", "-100%"], /above -100%/],
      [2, ["price", "BTC", "12%"], /a signed percentage/],
      [2, ["price", "BTC=+1%", "BTC=-1%"], /each asset once, got BTC twice/],
      [2, ["price", "all", "-1%", "BTC", "-2%"], /each asset once/],
      [3, ["price", "BTC", "0"], /a price above zero/],
      [3, ["price", "BTC", "1e5"], /BTC/],
      [3, ["price", "XYZ", "-1%"], /expected a listed asset/],
      [2, ["price", "BTC"], /expected for BTC a move/],
      [2, ["time", "6h"], /expected a time such as \+6h/],
      [2, ["time", "+6"], /expected a time such as \+6h/],
      [2, ["time", "2021-05-01T00:00Z"], /expected a time after/],
      [2, ["feed", "--history", "x.csv"], /expected --date with it/],
      [
        2,
        ["mint", "XYZ", "1", "--to", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
        /one that the vault lists/,
      ],
    ] as const) {
      const told = await desk.fails(code, "local", ...words);
      assert.match(told.message, message, words.join(" "));
    }
  });

  it("refuses a chain that is not local, and feeds that are no mocks", async () => {
    const { LocalMarket } = await import("../../src/chain/localMarket.js");
    const { NotLocalError } = await import("../../src/errors.js");
    const { openDeployment } = await import("../../src/chain/deployment.js");
    const manifest = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    assert.equal(manifest.sources["mock BTC"]?.contract, "MockV3Aggregator");
    await writeFile(desk.file("again.json"), serialiseDeployment(manifest));
    const connection = await desk.anvil.connect();
    try {
      const remote = openDeployment({ ...connection, local: false }, manifest);
      await assert.rejects(LocalMarket.of(remote), NotLocalError);
      const open = openDeployment(connection, manifest);
      const feed = manifest.sources["BTC"]?.address ?? "";
      // A ledger that reads the feed of a feed: no mock stands behind it.
      const sources = async () => ({ feeds: [manifest.contracts.marginGate.address, feed] });
      const other = { ...open, contracts: { ...open.contracts, marketLedger: { sources } } } as never;
      await assert.rejects(LocalMarket.of(other), (error: Error) => {
        assert.ok(error instanceof NotLocalError);
        assert.match(error.message, /expected a mock of `zkmargin deploy --local`/);
        return true;
      });
      await assert.rejects((await LocalMarket.of(open)).mint(feed, feed, 1n), NotLocalError);
    } finally {
      connection.close();
    }
  });
});
