import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { parseDeployment } from "../../src/chain/deployment.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalFeeds, LocalToken } from "../../src/chain/localMarket.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { parseMarket } from "../../src/market/file.js";
import { listingDigest } from "../../src/protocol/listing.js";
import { parseListing } from "../../src/protocol/listingFile.js";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

const OWN = join(ROOT, "examples/own-assets");
const LISTING = join(OWN, "listing.json");
const PRICES = [
  ...["--history", join(ROOT, "examples/prices/daily-close-2024.csv")],
  ...["--history", join(OWN, "own-prices.csv"), "--price", "USDC=1"],
];
const SYMBOLS = ["USDC", "TBILL", "WBTC", "WETH", "WSTETH"];
const UNIT = 10n ** 18n;

describe("own assets, from a listing to a proof on a local chain", () => {
  let desk: ChainDesk;
  let profile: string;
  let market: string;
  let book: string;

  before(async () => {
    desk = await ChainDesk.start();
    [profile, market, book] = ["own.json", "market.json", "desk-1.json"].map((name) => desk.file(name)) as [
      string,
      string,
      string,
    ];
  });
  after(() => desk?.close());

  const json = async (...args: readonly string[]) => JSON.parse(await desk.ok(...args));

  it("calibrates the assets of the listing, and names what it ignores", async () => {
    const told = await json(
      ...["risk", "calibrate", "--listing", LISTING, ...PRICES, "--date", "2024-08-04", "--out", profile],
    );
    assert.deepEqual(
      told.profile.assets.map(({ asset }: { asset: string }) => asset),
      SYMBOLS,
    );
    assert.deepEqual(told.leftOut, []);
    assert.ok(told.prices.ignored.includes("BNB"));
    assert.deepEqual(told.prices.stated, { USDC: "1" });
    const few = desk.file("few.json");
    const lacking = await json(
      ...["risk", "calibrate", "--listing", LISTING, ...PRICES.slice(0, 2), "--out", few],
    );
    assert.deepEqual(
      lacking.leftOut.map(({ asset }: { asset: string }) => asset),
      ["USDC", "TBILL", "WSTETH"],
    );
  });

  it("builds a market, in which a rate is multiplied and a wrapped coin has its coin's price", async () => {
    const build = [
      "market",
      "build",
      "--listing",
      LISTING,
      ...PRICES,
      "--date",
      "2024-08-05",
      "--window",
      "1",
    ];
    await json(...build, "--profile", profile, "--out", market);
    const { listing, prices, source } = parseMarket(await readFile(market, "utf8"));
    assert.equal(listingDigest(listing), listingDigest(parseListing(await readFile(LISTING, "utf8"))));
    const low = Object.fromEntries(prices.map((price) => [price.asset, price.low]));
    // 54 018.810546875 dollars of BTC, and the exact product of ETH and the rate, in quanta.
    const closes = (await readFile(PRICES[1] as string, "utf8")).split("\n");
    const cells = closes.find((line) => line.startsWith("2024-08-05"))?.split(",") ?? [];
    const exact = (text: string, decimals: number) =>
      BigInt(Math.round(Number(text) * 10 ** 6)) * 10n ** BigInt(12 - decimals);
    const near = (got: bigint | undefined, wanted: bigint) =>
      assert.ok(
        got !== undefined && got * 1_000_000n > wanted * 999_999n && got * 999_999n < wanted * 1_000_000n,
      );
    near(low["WBTC"], exact(cells[1] ?? "", 8));
    near(low["WETH"], exact(cells[2] ?? "", 9));
    const rate = (await readFile(join(OWN, "own-prices.csv"), "utf8"))
      .split("\n")
      .find((line) => line.startsWith("2024-08-05"))
      ?.split(",")[2];
    near(low["WSTETH"], (exact(cells[2] ?? "", 9) * BigInt(Math.round(Number(rate) * 1e10))) / 10n ** 10n);

    // The joined file is the market's source: what is built from it has the same digest.
    const joined = desk.file("closes.csv");
    await json("market", "prices", "--listing", LISTING, ...PRICES, "--out", joined);
    const again = desk.file("again.json");
    await json(
      ...[
        "market",
        "build",
        "--listing",
        LISTING,
        "--prices",
        joined,
        "--date",
        "2024-08-05",
        "--window",
        "1",
      ],
      ...["--profile", profile, "--out", again],
    );
    const rebuilt = parseMarket(await readFile(again, "utf8"));
    assert.deepEqual(rebuilt.source, source);
    assert.deepEqual(rebuilt.prices, prices);
    const unknown = await desk.fails(3, ...build, "--out", again);
    assert.match(
      unknown.message,
      /--profile: expected a profile of the assets .*calibrate --listing.* TBILL/,
    );
  });

  it("imports a book, and shows its health and a bad day", async () => {
    const header = ["--account", "desk-1", "--sequence", "1", "--listing", LISTING];
    await json("book", "import", join(OWN, "positions.csv"), ...header, "--out", book);
    assert.equal((await json("health", book, "--market", market)).healthy, true);
    const stressed = await json(
      ...["risk", "stress", book, "--market", market, "--listing", LISTING, ...PRICES, "--day", "2024-08-05"],
    );
    const { moves } = stressed.stresses[0];
    assert.equal(moves.USDC, 0);
    assert.ok(moves.WSTETH < -900 && moves.TBILL > 0);
  });

  it("backtests books of the listing, and watches it", async () => {
    const told = await json(
      ...["risk", "backtest", "--listing", LISTING, ...PRICES, "--from", "2024-08-01", "--to", "2024-08-10"],
    );
    const books = told.outcomes.map((outcome: { book: { name: string } }) => outcome.book.name);
    for (const name of ["long-wsteth", "wsteth-vs-wbtc", "coins-on-credit"])
      assert.ok(books.includes(name), name);
    assert.ok(!books.some((name: string) => name.includes("tbill")));
    const watched = await json(
      ...[
        "risk",
        "watch",
        "--listing",
        LISTING,
        ...PRICES,
        "--live",
        profile,
        "--out",
        desk.file("watch"),
        "--once",
      ],
    );
    assert.ok(["held", "proposed"].includes(watched.kind), watched.kind);
  });

  it("deploys the listing on a local chain, and proves the book at its round", async () => {
    await json(
      ...[...desk.deployArguments(), "--listing", LISTING, "--profile", profile, ...PRICES],
      ...["--date", "2024-08-05"],
    );
    const manifest = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    assert.deepEqual(
      manifest.listing.map(({ symbol }) => symbol),
      SYMBOLS,
    );
    const account = (
      await desk.json(
        ...["attest", "open", ...desk.at, "--name", "desk-1", "--attester", desk.custodian],
        ...desk.by("ZKM_OWNER"),
      )
    ).account;
    const secret = ["--secret", desk.file("desk.secret")];
    const { commitment } = await desk.json("book", "commit", book, ...secret, "--listing", LISTING);
    const signed = desk.file("attestation.json");
    await desk.json(
      ...["attest", "sign", ...desk.at, "--account", account, "--commitment", commitment, "--sequence", "1"],
      ...["--as-of", await desk.now(), ...desk.by("ZKM_CUSTODIAN"), "--out", signed],
    );
    await desk.json("attest", "relay", ...desk.at, signed, ...desk.by("ZKM_KEEPER"));
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(book, "--envelope", "50");
    const submitted = await desk.json("submit", ...desk.at, `${account}=${bundle}`, ...desk.by("ZKM_KEEPER"));
    assert.equal(submitted.results[0]?.outcome, "accepted");
    const { accounts } = await desk.json("status", ...desk.at, account);
    assert.equal(accounts[0]?.status, "healthy");

    const log = desk.file("log.ndjson");
    await desk.ok("audit", "export", ...desk.at, "--out", log);
    const audit = desk.file("audit.json");
    await desk.ok("audit", "replay", "--log", log, "--out", audit);
    const { deployment } = JSON.parse(await readFile(audit, "utf8"));
    for (const symbol of SYMBOLS) assert.ok(JSON.stringify(deployment).includes(`"${symbol}"`), symbol);
  });

  it("deploys by a plan that takes feeds and tokens from the listing, with a rate times a price", async () => {
    const connection = await desk.anvil.connect();
    try {
      const sender = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
      const mocks = [...SYMBOLS.slice(0, 4), "RATE"].map((symbol) => ({ symbol, decimals: 8 }));
      const closes = [UNIT, (104n * UNIT) / 100n, 54_000n * UNIT, 2_400n * UNIT, (1175n * UNIT) / 1000n];
      const feeds = (await LocalFeeds.deploy(connection, sender, mocks, closes)).plan(86_400);
      const addresses = feeds.map(({ source }) => (source.kind === "chainlink" ? source.aggregator : ""));
      const file = JSON.parse(await readFile(LISTING, "utf8"));
      for (const [u, asset] of file.assets.entries()) {
        asset.token = (await LocalToken.deploy(connection, sender, asset.symbol, 1n)).address;
        asset.feed.chainlink = addresses[Math.min(u, 3)];
      }
      Object.assign(file.assets[4].feed.ratio, { chainlink: addresses[4], decimals: 8 });
      const listing = desk.file("listing.json");
      await writeFile(listing, JSON.stringify(file));
      const plan = (rest: readonly string[]) => [
        ...["deploy", "--rpc", desk.anvil.url, "--plan", join(OWN, "plan.json"), "--profile", profile],
        ...["--listing", listing, ...desk.by("ZKM_DEPLOYER"), "--out", desk.file("planned.json"), ...rest],
      ];
      await desk.ok(...plan([]));
      const at = ["--rpc", desk.anvil.url, "--deployment", desk.file("planned.json")];
      await desk.ok("poke", ...at, ...desk.by("ZKM_KEEPER"));
      await desk.ok("round", ...at, "--out", desk.file("planned-round.json"));
      const round = parseMarket(await readFile(desk.file("planned-round.json"), "utf8"));
      // 2 400 dollars times 1.175, in quanta of 10^-9.
      assert.equal(round.prices[4]?.low, 2_820n * 10n ** 9n);
      assert.equal(round.prices[3]?.low, 2_400n * 10n ** 9n);

      file.assets[4].feed.ratio.least = "1.2";
      await writeFile(listing, JSON.stringify(file));
      const refused = await desk.fails(...([3, ...plan(["--dry-run"])] as const));
      assert.equal(refused.name, "PlanMismatchError");
      assert.match(refused.message, /plan\.feeds\.WSTETH\.ratio\.least: expected limits .* 1\.175, got 1\.2/);
    } finally {
      connection.close();
    }
  });
});
