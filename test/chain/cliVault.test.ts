import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Interface, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { openDeployment, parseDeployment } from "../../src/chain/deployment.js";
import { erc20Mock } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { vaultTokens } from "../../src/chain/vaultAccount.js";
import { ChainDesk, type Who } from "../support/chainDesk.js";

describe("chain, the vault from the command line", () => {
  const account = { id: "", name: "desk-1/cross" };
  let desk: ChainDesk;
  const vault = (who: Who, ...args: readonly string[]) => ["vault", ...args, ...desk.at, ...desk.by(who)];
  const does = (who: Who, ...args: readonly string[]) => desk.json(...vault(who, ...args));
  const show = () => desk.json("vault", "show", account.id, ...desk.at);
  /** A new book, attested after what was requested, and proven at the newest round. */
  async function prove(book: string, sequence: number, theta: string): Promise<void> {
    await desk.pass(1_000);
    const path = await desk.attestBook(book, account, sequence);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(path, "--theta", theta);
    await desk.json("submit", ...desk.at, `${account.id}=${bundle}`, ...desk.by("ZKM_KEEPER"));
  }

  before(async () => {
    desk = await ChainDesk.start();
    await desk.json(...desk.deployArguments());
    const connection = await desk.anvil.connect();
    const deployment = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    const tokens = await vaultTokens(openDeployment(connection, deployment));
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    for (const { token } of tokens)
      for (const index of [1, 2, 4]) {
        const { address } = new Wallet(ANVIL_KEYS[index] ?? "");
        const data = new Interface(erc20Mock.abi).encodeFunctionData("mint", [address, 10n ** 24n]);
        await transactions.send({ key: `mint ${token} ${index}`, to: token, data });
      }
    connection.close();
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
  });
  after(() => desk?.close());

  it("deposits, and withdraws once a later book is proven", async () => {
    assert.equal((await does("ZKM_OWNER", "deposit", account.id, "2", "--token", "BTC")).outcome, "done");
    assert.equal((await does("ZKM_OWNER", "deposit", account.id, "100.5")).outcome, "done");
    const request = ["request", account.id, "0.5", "--token", "BTC"] as const;
    assert.equal((await does("ZKM_OWNER", ...request)).outcome, "done");
    assert.equal((await does("ZKM_OWNER", ...request)).outcome, "already");
    assert.equal((await does("ZKM_OWNER", "cancel", account.id, "--token", "BTC")).outcome, "done");
    await does("ZKM_OWNER", ...request);
    const early = await desk.fails(8, ...vault("ZKM_OWNER", "withdraw", account.id, "--token", "BTC"));
    assert.match(early.message, /^vault executeWithdrawal .*: the contract refused: BookTooEarly\(/);
    await prove("cash-and-carry", 1, "11000");
    const { out } = await desk.run("vault", "show", account.id, ...desk.at);
    assert.match(out, /BTC +2 +1\.5 +0\.5, needs a book after 0 and 2021-05-17T/);
    assert.match(out, /USDC +100\.5 +100\.5\n/);
    await does("ZKM_OWNER", "withdraw", account.id, "--token", "BTC");
    const { balances } = await show();
    assert.deepEqual(
      balances.map(({ symbol, balance, recorded }) => [symbol, balance, recorded]),
      [
        ["USDC", "100500000000000000000", "100500000000000000000"],
        ["BTC", "1500000000000000000", "1500000000000000000"],
        ["ETH", "0", "0"],
      ],
    );
  });

  it("borrows, falls into a margin call, and is sold for the debt", async () => {
    await does("ZKM_OWNER", "loan", "creditor", account.id, desk.custodian);
    await does("ZKM_OWNER", "loan", "request", account.id, "40000");
    await prove("cash-and-carry", 2, "11000");
    await does("ZKM_CUSTODIAN", "loan", "lend", account.id, "40000");
    await does("ZKM_BIDDER", "loan", "repay", account.id, "4000");
    assert.equal((await show()).debt, `36000${"0".repeat(18)}`);

    await desk.pass(1_000);
    const path = await desk.attestBook("leveraged-long", account, 3);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(path, "--unhealthy", "--theta", "10800");
    await desk.json("submit", ...desk.at, `${account.id}=${bundle}`, ...desk.by("ZKM_CUSTODIAN"));
    const soon = await desk.fails(
      8,
      ...vault("ZKM_KEEPER", "auction", "start", account.id, "--token", "BTC"),
    );
    assert.match(soon.message, /: the contract refused: NotLiquidatable\(/);
    // Its clock runs only while the market does, so somebody pokes.
    for (let hours = 0; hours <= 12; hours += 1.5) {
      await desk.pass(5_400);
      await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    }
    const none = await desk.fails(2, ...vault("ZKM_BIDDER", "auction", "take", account.id));
    assert.match(none.message, /expected an auction of this account, got none/);
    await does("ZKM_KEEPER", "auction", "start", account.id, "--token", "BTC");
    const { out } = await desk.run("vault", "show", account.id, ...desk.at);
    assert.match(out, /as of +1621\d{6} \(2021-05-1\dT.*\), block \d+\n/);
    assert.match(out, /to be raised +\d+ USDC, a penalty of 5 % with it\n/);
    assert.match(out, /auction +1\.5 BTC until 2021-05-1\dT.*, now .* BTC for .* USDC\n/);
    const { amount, cost } = await does("ZKM_BIDDER", "auction", "take", account.id, "--most", "0.1");
    assert.equal(amount, "100000000000000000");
    const rest = await does("ZKM_BIDDER", "auction", "take", account.id);
    const { balances, liquidation, debt } = await show();
    assert.equal(liquidation, null);
    assert.ok(balances.every(({ auction }) => auction === null));
    // Half of it was due, and a penalty of 5 %. What each of the two takes repays is rounded up.
    const repaid = [cost, rest.cost].map((paid) => (BigInt(paid) * 100n + 104n) / 105n);
    assert.equal(
      BigInt(debt),
      repaid.reduce((owed, part) => owed - part, 36_000n * 10n ** 18n),
    );
    const raised = BigInt(cost) + BigInt(rest.cost);
    const due = 18_900n * 10n ** 18n;
    assert.ok(raised <= due && due - raised <= BigInt(rest.cost) / BigInt(rest.amount), String(raised));
    await does("ZKM_CUSTODIAN", "claim");
    await does("ZKM_KEEPER", "claim");
    await does("ZKM_BIDDER", "insurance", "fund", desk.custodian, "10");
    const held = await desk.fails(8, ...vault("ZKM_CUSTODIAN", "insurance", "withdraw", "10"));
    assert.match(held.message, /: the contract refused: DebtOutstanding\(/);
    const covered = await desk.fails(8, ...vault("ZKM_KEEPER", "auction", "cover", account.id));
    assert.match(covered.message, /: the contract refused: CollateralLeft\(/);
    const closed = await desk.fails(2, ...vault("ZKM_KEEPER", "auction", "close", account.id));
    assert.match(closed.message, /expected an auction of this account, got none/);
    const cancelled = await does("ZKM_OWNER", "loan", "cancel", account.id);
    assert.equal(cancelled.outcome, "already");
  });

  it("makes four deposits that four processes begin at once by one journal, each exactly once", async () => {
    const named = ["--name", "desk-2/cross", "--attester", desk.custodian];
    const { account: id } = await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"));
    const amounts = ["11", "22", "33", "44"];
    const deposit = (amount: string) => desk.apart(...vault("ZKM_OWNER", "deposit", id, amount));
    await desk.mineEach(1);
    // A process may find its allowance spent by another, and says so; under load all four may. The same command then completes.
    const codes = await Promise.all(amounts.map(deposit));
    const again = amounts.filter((_, i) => codes[i] !== 0);
    for (const amount of again) assert.equal(await deposit(amount), 0, `${amount}, again after ${codes}`);
    await desk.mineEach(0);
    const { balances } = await desk.json("vault", "show", id, ...desk.at);
    const [usdc] = balances;
    assert.deepEqual([usdc?.symbol, usdc?.balance], ["USDC", `110${"0".repeat(18)}`]);
  });

  it("names what is wrong with a token or an amount", async () => {
    const cases: [number, string, RegExp, string[]][] = [
      [
        2,
        "UsageError",
        /--token: expected one that the vault lists \(USDC, BTC, ETH\)/,
        ["1", "--token", "DOGE"],
      ],
      [3, "FormatError", /^amount: expected a plain decimal number/, ["1e3"]],
      [3, "OutOfRangeError", /^amount: expected more than zero, got zero or less$/, ["0"]],
      [3, "PrecisionError", /^amount: expected at most 18 decimals/, [`0.${"0".repeat(18)}1`]],
    ];
    for (const [code, name, text, args] of cases) {
      const failed = await desk.fails(code, ...vault("ZKM_OWNER", "deposit", account.id, ...args));
      assert.equal(failed.name, name);
      assert.match(failed.message, text);
    }
    const wrong = await desk.fails(
      2,
      ...vault("ZKM_OWNER", "loan", "creditor", account.id, `${desk.custodian.slice(0, -1)}9`),
    );
    assert.match(wrong.message, /expected an address of 0x and 40 hex digits, with a right checksum/);
  });
});
