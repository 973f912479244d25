import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Interface, MaxUint256, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { contractAt, interfaceOf } from "../../src/chain/binding.js";
import type { Connection } from "../../src/chain/connection.js";
import { parseLineTerms } from "../../src/chain/credit.js";
import { openCredit, openDeployment, parseDeployment } from "../../src/chain/deployment.js";
import { creditLine, erc20Mock } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { FormatError, PrecisionError } from "../../src/errors.js";
import { ChainDesk, ROOT, type Who } from "../support/chainDesk.js";

/** What `credit status --json` prints, as far as these tests ask for it. */
interface Line {
  readonly debt: string;
  readonly cash: string;
  readonly drawable: string;
  readonly covenantHolds: boolean;
  readonly owedCents: string;
  readonly noticeAt: string;
  readonly calledAt: string;
  readonly open: boolean;
  readonly lender?: {
    readonly shares: string;
    readonly worth: string;
    readonly batches: readonly { readonly batch: number }[];
  };
}

const ONE = 10n ** 18n;

describe("credit lines, with real proofs", () => {
  const account = { id: "", name: "desk-1/cross" };
  let desk: ChainDesk;
  let connection: Connection;
  let settlement = "";
  let line = "";
  let terms = "";

  const does = (who: Who, ...args: readonly string[]) =>
    desk.json("credit", ...args, ...desk.at, ...desk.by(who));
  const status = async (...options: readonly string[]): Promise<Line> =>
    JSON.parse(await desk.ok("credit", "status", line, ...options, ...desk.at));
  const refused = async (who: Who, error: RegExp, ...args: readonly string[]) => {
    const { message } = await desk.fails(8, "credit", ...args, ...desk.at, ...desk.by(who));
    assert.match(message, error);
  };
  /** A new book, attested and proven at the newest round. */
  async function prove(sequence: number, ...options: readonly string[]): Promise<void> {
    await desk.pass(1_000);
    const path = await desk.attestBook("cash-and-carry", account, sequence);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(path, "--theta", "11000", ...options);
    await desk.json("submit", ...desk.at, `${account.id}=${bundle}`, ...desk.by("ZKM_KEEPER"));
  }

  before(async () => {
    desk = await ChainDesk.start();
    await desk.json(...desk.deployArguments(), "--credit");
    connection = await desk.anvil.connect();
    const open = openDeployment(
      connection,
      parseDeployment(await readFile(desk.file("deployment.json"), "utf8")),
    );
    settlement = await openCredit(open).settlement();
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    for (const index of [1, 4]) {
      const { address } = new Wallet(ANVIL_KEYS[index] ?? "");
      const data = new Interface(erc20Mock.abi).encodeFunctionData("mint", [address, 100_000n * ONE]);
      await transactions.send({ key: `mint ${index}`, to: settlement, data });
    }
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    const shipped = JSON.parse(await readFile(join(ROOT, "examples/credit-terms.json"), "utf8"));
    terms = desk.file("terms.json");
    await writeFile(terms, JSON.stringify({ ...shipped, attester: desk.custodian }));
  });
  after(() => {
    connection?.close();
    return desk?.close();
  });

  it("opens a line, and takes what a lender lends", async () => {
    await refused("ZKM_KEEPER", /NotOwner\(/, "open", account.id, "--terms", terms);
    const opened = await does("ZKM_OWNER", "open", account.id, "--terms", terms);
    assert.equal(opened.outcome, "done");
    const { out } = await desk.run("credit", "lines", account.id, ...desk.at);
    line = out.trim();
    assert.match(line, /^0x[0-9a-fA-F]{40}$/);
    await does("ZKM_BIDDER", "lend", line, "50000");
    const lender = new Wallet(ANVIL_KEYS[4]).address;
    const found = await status("--lender", lender);
    assert.deepEqual([found.debt, found.cash, found.open], ["0", String(50_000n * ONE), true]);
    assert.deepEqual([found.lender?.worth, found.lender?.batches], [String(50_000n * ONE), []]);
  });

  // shows: A81
  it("lends only on a proof that the account stays healthy with what it owes", async () => {
    await refused("ZKM_OWNER", /AttesterHasNotSigned\(/, "draw", line, "1000");
    await prove(1);
    await refused("ZKM_OWNER", /SupportNotProven\(/, "draw", line, "1000");
    await prove(2, "--support=-1100");
    await refused("ZKM_KEEPER", /NotLineOwner\(/, "draw", line, "1000");
    assert.equal((await does("ZKM_OWNER", "draw", line, "1000")).outcome, "done");
    const found = await status();
    assert.equal(found.covenantHolds, true);
    // 1 000 dollars with 30 days at 60 %, at the higher price of the mock's feed.
    const cents = Number(found.owedCents);
    assert.ok(cents >= 104_932 && cents < 105_000, found.owedCents);
    // 1 100 dollars are proven: 1 000 with the interest ahead leave 50.68.
    await refused("ZKM_OWNER", /SupportNotProven\(/, "draw", line, "100");
    const text = (await desk.run("credit", "status", line, ...desk.at)).out;
    assert.match(text, /covenant +holds: a claim must take 1049\.[0-9]{2} dollars/);
    assert.match(text, /stage +in order/);
  });

  // shows: A81, A88
  it("lends no more once the price has fallen, until the account proves again", async () => {
    await desk.json("local", "price", "BTC", "-9%", ...desk.at);
    assert.equal((await status()).covenantHolds, false);
    await refused("ZKM_OWNER", /NotHealthy\(/, "draw", line, "10");
    await does("ZKM_BIDDER", "step", line, "notice");
    assert.match(
      (await desk.run("credit", "status", line, ...desk.at)).out,
      /stage +under notice, call from 2021/,
    );
    await prove(3, "--support=-1200");
    await refused("ZKM_OWNER", /LineLate\(/, "draw", line, "10");
    await does("ZKM_KEEPER", "step", line, "withdraw-notice");
    assert.equal((await does("ZKM_OWNER", "draw", line, "10")).outcome, "done");
  });

  // shows: A81
  it("keeps the vault from releasing what the line counts on", async () => {
    const vault = (...args: readonly string[]) => ["vault", ...args, ...desk.at, ...desk.by("ZKM_OWNER")];
    await desk.json(...vault("deposit", account.id, "100"));
    await desk.json(...vault("request", account.id, "40"));
    await prove(4);
    const { message } = await desk.fails(8, ...vault("withdraw", account.id));
    assert.match(message, /SupportNotProven\(/);
    await prove(5, "--support=-1200");
    assert.equal((await desk.json(...vault("withdraw", account.id))).outcome, "done");
  });

  // shows: A85, P67
  it("is repaid, and pays the lender out", async () => {
    await does("ZKM_OWNER", "repay", line, "500");
    // All of it: no amount of one moment, or the same command could not carry on in the next.
    const { transaction } = await does("ZKM_OWNER", "repay", line);
    const sent = await connection.provider.getTransaction(String(transaction));
    const [asked] = interfaceOf(creditLine).decodeFunctionData("repay", sent?.data ?? "0x");
    assert.equal(asked, MaxUint256);
    assert.equal((await status()).debt, "0");
    // More than is owed: the line is approved what it takes, and a little interest.
    await does("ZKM_OWNER", "draw", line, "10");
    await does("ZKM_OWNER", "repay", line, "5000");
    assert.equal((await status()).debt, "0");
    const owner = new Wallet(ANVIL_KEYS[1]).address;
    const left = await contractAt(erc20Mock, settlement, connection.provider).allowance(owner, line);
    assert.ok(left < ONE / 10n, String(left));
    await does("ZKM_BIDDER", "withdraw", line, "--shares", "1000");
    await does("ZKM_BIDDER", "withdraw", line);
    await refused("ZKM_BIDDER", /NothingToDo\(/, "claim", line, "0");
    await desk.pass(86_400);
    await does("ZKM_BIDDER", "claim", line, "0");
    const lender = new Wallet(ANVIL_KEYS[4]).address;
    const found = await status("--lender", lender);
    assert.deepEqual([found.lender?.shares, found.lender?.batches.length], ["0", 1]);
    assert.match(
      (await desk.run("credit", "status", line, "--lender", lender, ...desk.at)).out,
      /batch +closes +your shares/,
    );
    await does("ZKM_OWNER", "close", line);
    assert.equal((await does("ZKM_OWNER", "close", line)).outcome, "already");
    assert.equal((await desk.run("credit", "lines", account.id, ...desk.at)).out, "No credit line.\n");
    assert.equal((await status()).open, false);
  });

  it("refuses what is no line of the deployment, no step and no terms", async () => {
    const { message } = await desk.fails(8, "credit", "status", desk.custodian, ...desk.at);
    assert.match(message, /expected a credit line of this deployment, got another contract or none/);
    await desk.fails(2, "credit", "step", line, "steal", ...desk.at, ...desk.by("ZKM_KEEPER"));
    await desk.fails(3, "credit", "withdraw", line, "--shares", "0", ...desk.at, ...desk.by("ZKM_BIDDER"));
    const shipped = await readFile(join(ROOT, "examples/credit-terms.json"), "utf8");
    assert.equal(parseLineTerms(shipped, 6).limit, 10n ** 12n);
    assert.throws(() => parseLineTerms(shipped.replace('"1000000"', '"0.0000001"'), 6), PrecisionError);
    assert.throws(() => parseLineTerms(shipped.replace('"1000000"', '"much"'), 6), FormatError);
  });
});
