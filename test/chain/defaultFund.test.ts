import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { ContractFactory, getAddress, Interface, Wallet } from "ethers";
import { FUND_AUDIT } from "../../src/audit/contracts/defaultFund.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import type { FindingCode } from "../../src/audit/findings.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import type { Connection } from "../../src/chain/connection.js";
import { type ContractLog, contractLogDigest, readContracts } from "../../src/chain/contractLog.js";
import { FundMembership, fundLogRequest, openDefaultFund } from "../../src/chain/defaultFund.js";
import { parseDeployment } from "../../src/chain/deployment.js";
import { accessManager, defaultFund, erc20Mock } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { ChainDesk } from "../support/chainDesk.js";

const ABI = new Interface(defaultFund.abi);
const ONE = 10n ** 18n;
const DAY = 86_400;
/** Accounts of the chain: house's defaults and deployer, then two members. */
const [HOUSE, ALICE, BOB] = [0, 1, 4].map((i) => new Wallet(ANVIL_KEYS[i] ?? ""));
const TERMS = [2_500, 1_000, 10_000, 7 * DAY, DAY, 90 * DAY, 14_400, DAY, 0n, 100_000n];

describe("a default fund on a chain", () => {
  let desk: ChainDesk;
  let connection: Connection;
  let address = "";
  let account = "";
  let log: ContractLog;

  const send = async (from: Wallet | undefined, name: string, ...args: readonly unknown[]) => {
    const data = ABI.encodeFunctionData(name, args);
    await new Transactions(connection, from as Wallet, memoryJournal()).send({
      key: name,
      to: address,
      data,
    });
  };
  const fund = () => openDefaultFund(connection, address);
  const member = (wallet: Wallet | undefined) =>
    new FundMembership(
      { connection },
      new Transactions(connection, wallet as Wallet, memoryJournal()),
      address,
    );

  before(async () => {
    desk = await ChainDesk.start();
    await desk.json(...desk.deployArguments());
    connection = await desk.anvil.connect();
    const { contracts } = parseDeployment(await readFile(desk.file("deployment.json"), "utf8"));
    const signer = (HOUSE as Wallet).connect(connection.provider);
    const make = async (
      binding: { abi: readonly string[]; bytecode: string },
      ...args: readonly unknown[]
    ) => {
      const made = await new ContractFactory(binding.abi, binding.bytecode, signer).deploy(...args);
      await made.waitForDeployment();
      return made.getAddress();
    };
    const token = await make(erc20Mock, "USD", "USD", HOUSE?.address, 1_000_000n * ONE);
    const manager = await make(accessManager, HOUSE?.address);
    // The registry says who owns accounts, as the house does. The deployment's own gate stands in the stress gate's place.
    const [house, gate] = [contracts.bookRegistry.address, contracts.marginGate.address];
    address = await make(defaultFund, house, HOUSE?.address, token, gate, TERMS, manager);
    const erc20 = new Interface(erc20Mock.abi);
    for (const to of [ALICE, BOB]) {
      const data = erc20.encodeFunctionData("transfer", [to?.address, 10_000n * ONE]);
      await (await signer.sendTransaction({ to: token, data })).wait();
    }
    const named = ["--name", "desk-1/cross", "--attester", desk.custodian];
    account = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
  });
  after(() => {
    connection?.close();
    return desk?.close();
  });

  // shows: P76
  it("takes contributions, pays a loss by the waterfall, and calls assessments", async () => {
    await send(HOUSE, "setGroup", ALICE?.address, 1);
    await send(HOUSE, "setGroup", BOB?.address, 2);
    await member(ALICE).contribute(100n * ONE);
    await member(BOB).contribute(300n * ONE);
    await desk.pass(1_000);
    const path = await desk.attestBook("cash-and-carry", { id: account, name: "desk-1/cross" }, 1);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(path, "--theta", "11000");
    await desk.json("submit", ...desk.at, `${account}=${bundle}`, ...desk.by("ZKM_KEEPER"));
    // A proof of plain health is one of a cap of 0.
    await send(HOUSE, "setCap", account, 0n, false);
    assert.equal((await fund().capOf(account)).held, true);

    await send(HOUSE, "noteDefault", account);
    await member(BOB).contribute(50n * ONE);
    await send(HOUSE, "absorb", account, 600n * ONE);
    assert.equal(await fund().contributions(), 50n * ONE);
    assert.equal((await fund().memberOf(BOB?.address ?? "")).owed, 200n * ONE);
    await member(BOB).payAssessment(1n);
    assert.equal(await fund().mayTransition(account), true);
    await send(HOUSE, "collect", account);
    await send(HOUSE, "endDefault", account);
    await member(BOB).request(20n * ONE);
    await desk.pass(7 * DAY);
    await member(BOB).withdraw();
    assert.equal(await fund().contributions(), 30n * ONE);
  });

  it("is rebuilt from its events by the model, without a finding", async () => {
    log = await readContracts(connection, await fundLogRequest(connection, address, 0));
    const { findings, coverage } = replayContracts(log, FUND_AUDIT);
    assert.deepEqual(findings.listed, []);
    assert.deepEqual([coverage.members, coverage.defaults, coverage.losses], [2, 1, 1]);
  });

  // shows: P77
  it("is found out where an event is another", () => {
    const tampered = (
      name: string,
      change: (args: Record<string, unknown>) => Record<string, unknown> | null,
    ): ContractLog => {
      const topic = ABI.getEvent(name)?.topicHash;
      const transactions = log.transactions.map((one) => ({
        ...one,
        events: one.events.flatMap((event) => {
          if (event.topics[0] !== topic) return [event];
          const args = ABI.parseLog(event)?.args.toObject() ?? {};
          const next = change(args);
          if (next === null) return [];
          const { topics, data } = ABI.encodeEventLog(name, Object.values(next));
          return [{ ...event, topics: topics.filter((one) => typeof one === "string"), data }];
        }),
      }));
      const digest = contractLogDigest({ head: log.head, transactions });
      return { ...log, transactions, end: { ...log.end, digest } };
    };
    const codes = (of: ContractLog) => Object.keys(replayContracts(of, FUND_AUDIT).findings.byCode);
    const finds = (code: FindingCode, of: ContractLog) => assert.ok(codes(of).includes(code), code);
    const more = (field: string) => (args: Record<string, unknown>) => ({
      ...args,
      [field]: (args[field] as bigint) + 1n,
    });

    finds("fund-waterfall", tampered("LossPaid", more("amount")));
    finds(
      "fund-waterfall",
      tampered("LossPaid", (args) => (args.step === 3n ? null : args)),
    );
    finds("fund-waterfall", tampered("LossAbsorbed", more("paid")));
    finds("fund-assessment", tampered("Assessed", more("amount")));
    finds(
      "fund-assessment",
      tampered("AssessmentPaid", (args) => ({ ...args, late: true })),
    );
    finds("fund-assessment", tampered("AssessmentsCollected", more("left")));
    // The default that it is liable for, and a payment within the horizon.
    finds(
      "fund-liability",
      tampered("Contributed", (args) => ({ ...args, afterDefault: 0n })),
    );
    finds(
      "fund-liability",
      tampered("ContributionRequested", () => null),
    );
    finds("fund-liability", tampered("DefaultNoted", more("number")));
    finds(
      "fund-liability",
      tampered("DefaultNoted", () => null),
    );
    const cap = (cents: bigint) =>
      tampered("CapSet", (args) => ({ ...args, cap: cents, groupCaps: cents, caps: cents }));
    finds("fund-caps", cap(1n));
    finds("fund-caps", tampered("CapSet", more("caps")));
    finds("fund-uncovered", cap(200_000n << 20n));
    finds(
      "event-missing",
      tampered("LossAbsorbed", () => null),
    );
    finds(
      "governance-rules",
      tampered("AuthorityUpdated", (args) => ({ ...args, authority: getAddress(address) })),
    );
    const answers = { ...log.end.answers, "fund.capital()": "1" };
    finds("fund-answers", { ...log, end: { ...log.end, answers } });
    finds("log-altered", { ...log, end: { ...log.end, digest: "0".repeat(64) } });
  });

  it("is shown by the command, with the waterfall on a page", async () => {
    const html = desk.file("fund.html");
    const csv = desk.file("fund.csv");
    const { out } = await desk.run(
      "clearing",
      "fund",
      address,
      "--rpc",
      desk.anvil.url,
      "--html",
      html,
      "--csv",
      csv,
    );
    assert.match(out, /cover +nothing required, covered/);
    assert.match(out, /everybody else, pro rata +300/);
    assert.match(out, /assessments called +200/);
    const page = await readFile(html, "utf8");
    assert.match(page, /<svg/);
    assert.match(page, /everybody else, pro rata/);
    assert.match(page, /Made of public events alone/);
    assert.match(await readFile(csv, "utf8"), /LossAbsorbed/);
  });
});
