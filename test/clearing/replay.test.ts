import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Wallet } from "ethers";
import { clearingAudit } from "../../src/audit/contracts/clearing.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import type { FindingCode } from "../../src/audit/findings.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { type AnyBinding, contractAt, interfaceOf } from "../../src/chain/binding.js";
import {
  type ContractLog,
  contractLogDigest,
  parseContractLog,
  readContracts,
  serialiseContractLog,
} from "../../src/chain/contractLog.js";
import { FundMembership } from "../../src/chain/defaultFund.js";
import { creator } from "../../src/chain/deploy/create.js";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { clearingDefaults } from "../../src/chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../src/chain/generated/ClearingHouse.js";
import { defaultFund } from "../../src/chain/generated/DefaultFund.js";
import {
  accessManager,
  bookRegistry,
  erc20Mock,
  marginGate,
  marketLedger,
  riskProfile,
} from "../../src/chain/generated/index.js";
import { proofWords } from "../../src/chain/submit.js";
import { houseTerms } from "../../src/clearing/account/house.js";
import { houseLog } from "../../src/clearing/account/houseLog.js";
import { serialiseClearing } from "../../src/clearing/account/manifest.js";
import { prepareTransition } from "../../src/clearing/account/transitionCall.js";
import { run } from "../../src/cli/run.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { packClaim, unpackClaim } from "../../src/protocol/claim.js";
import { STATUS_NAMES } from "../../src/protocol/status.js";
import { makeReveal, placeWord, termsWord } from "../../src/protocol/transition.js";
import { SIDE_CODES } from "../audit/replay/sideRecording.js";
import { type Desk, HOUR, MembersChain, UNIT } from "./membersChain.js";

const BINDINGS: Readonly<Record<string, AnyBinding>> = {
  clearingHouse,
  clearingDefaults,
  fund: defaultFund,
  marketLedger,
  ...{ marginGate, stressGate: marginGate, stressProfile: riskProfile, bookRegistry },
};
const COIN = 10n ** 8n;
/** Slots of the shipped listing. */
const [BTC, ETH] = [1, 2];
const DAY = 86_400;
type Logged = ContractLog["transactions"][number];

/** Four defaults of one house, one after another, and the end of its market. */
describe("the replay of a house's defaults", function () {
  this.timeout(1_800_000);
  let bed: MembersChain;
  /** Before the market closes, and at the end. */
  let open: ContractLog;
  let whole: ContractLog;
  const desks = {} as Record<"alice" | "bob" | "carol" | "dave" | "erin" | "frank" | "zoe", Desk>;
  const keeper = new Wallet(ANVIL_KEYS[3]);

  before(async () => {
    bed = await MembersChain.start({ simulated: true, blocks: 8_192 });
    await bed.round();
    for (const [name, dollars] of Object.entries({
      ...{ alice: 100_000n, bob: 900_000n, carol: 400_000n, dave: 50_000n, erin: 60_000n, zoe: 80_000n },
      frank: 30_000n,
    })) {
      const desk = await bed.join(name, 2_000_000n);
      desks[name as keyof typeof desks] = desk;
      await desk.member.deposit(desk.sender, desk.account, dollars * UNIT, await bed.deadline());
    }
  });
  after(() => bed?.close());

  /** A transaction of a contract of the house's; each of another key. */
  let sent = 0;
  async function send(wallet: Wallet, to: string, of: AnyBinding, method: string, ...args: unknown[]) {
    const data = interfaceOf(of).encodeFunctionData(method, args);
    await bed.chain.transactionsOf(wallet).send({ key: `${method} ${++sent}`, to, data });
  }
  const addressOf = (role: keyof typeof bed.opened.manifest.contracts) =>
    bed.opened.manifest.contracts[role].address;
  const ofDefaults = (method: string, ...args: unknown[]) =>
    send(keeper, addressOf("clearingDefaults"), clearingDefaults, method, ...args);
  let wallet: string | undefined;
  /** The same, passed on by a contract: an access manager of the keeper's own stands for any wallet that executes calls. */
  async function throughWallet(method: string, ...args: unknown[]) {
    const keepers = bed.chain.transactionsOf(keeper);
    const deployWallet = creator(bed.chain.connection, keepers, () => undefined);
    wallet ??= (await deployWallet("a wallet", accessManager, [keeper.address])).address;
    const data = interfaceOf(clearingDefaults).encodeFunctionData(method, args);
    await send(keeper, wallet, accessManager, "execute", addressOf("clearingDefaults"), data);
  }
  /**
   * The same, by a contract whose code holds the call, so that the transaction's own data has nothing of it: it copies the call into
   * memory, calls, and reverts if that did.
   */
  async function throughCode(method: string, ...args: unknown[]) {
    const call = interfaceOf(clearingDefaults).encodeFunctionData(method, args).slice(2);
    const short = (value: number) => value.toString(16).padStart(4, "0");
    const size = short(call.length / 2);
    const target = addressOf("clearingDefaults").slice(2);
    const code = `61${size}6100356000396000600061${size}6000600073${target}5af160335760006000fd5b00`;
    const whole = `${code}${call}`;
    const maker = new Wallet(ANVIL_KEYS[8], bed.chain.connection.provider);
    const made = await maker.sendTransaction({
      data: `0x61${short(whole.length / 2)}80600c6000396000f3${whole}`,
    });
    const { contractAddress } = (await made.wait()) ?? assert.fail("not made");
    const passed = await maker.sendTransaction({ to: contractAddress, gasLimit: 10_000_000n });
    assert.equal((await passed.wait())?.status, 1);
  }
  const defaults = () =>
    contractAt(clearingDefaults, addressOf("clearingDefaults"), bed.chain.connection.provider);

  const membership = ({ wallet }: Desk) =>
    new FundMembership(bed.opened.open, bed.chain.transactionsOf(wallet), addressOf("defaultFund"));

  /** Groups are set by the governor, after its delay. */
  async function setGroups(...members: readonly Desk[]): Promise<void> {
    const governor = new Wallet(ANVIL_KEYS[4]);
    const manager = bed.opened.open.addresses.accessManager;
    const calls = members.map(({ wallet }, i) =>
      interfaceOf(defaultFund).encodeFunctionData("setGroup", [wallet.address, i + 1]),
    );
    for (const data of calls)
      await send(governor, manager, accessManager, "schedule", addressOf("defaultFund"), data, 0);
    await bed.chain.pass(2 * DAY + 1);
    for (const [i, data] of calls.entries())
      await bed.chain
        .transactionsOf(governor)
        .send({ key: `group ${i}`, to: addressOf("defaultFund"), data });
    await bed.round();
    await bed.round();
  }

  async function trade(buyer: Desk, seller: Desk, asset: number, size: bigint, reduces = false) {
    const { ledger } = bed.opened.open.oracle;
    const { low, funding } = await ledger.priceOf(BigInt(asset));
    const now = await bed.chain.now();
    const deadline = await bed.deadline();
    const offer = {
      ...{ chainId: 31_337, house: String(bed.opened.house.target), maker: buyer.account },
      ...{ side: "buy" as const, symbol: bed.opened.open.listing[asset]?.symbol ?? "" },
      note: { asset, size, quote: low - funding, blind: BigInt(++sent) },
      expiresAt: Number(now + 600n),
    };
    const half = await seller.member.accept(offer, seller.account, {
      ...{ deadline, now, reduces, signer: seller.wallet },
    });
    await buyer.member.settle(buyer.sender, offer, half, { deadline, now, reduces });
  }

  const refresh = async (...of: readonly Desk[]) => {
    for (const { member, sender, account } of of) await member.refresh(sender, account, await bed.deadline());
  };

  /** Rounds pass until somebody's silence is a default, and the default begins. */
  async function silence(of: Desk): Promise<void> {
    const gate = bed.opened.margin.contracts.marginGate;
    for (let up = true; STATUS_NAMES[Number(await gate.statusOf(of.account))] !== "liquidatable"; up = !up) {
      // Its claim has no envelope: the first move ends it, and its grace begins.
      bed.closes = bed.closes.map((close, u) =>
        u === 0 ? close : (close * (up ? 10_010n : 9_990n)) / 10_000n,
      );
      await bed.round();
    }
    await ofDefaults("start", of.account);
  }

  async function revealWords(of: Desk) {
    const { chainId, house, listing } = await houseTerms(bed.opened);
    const { sequence, commitment } = await of.member.account(of.account);
    const opening = await of.member.openingOf({ account: of.account, commitment });
    const { inputs } = makeReveal(opening, {
      place: placeWord({ chainId, house, account: of.account }),
      terms: termsWord(sequence, 0n),
      listing,
    });
    const proof = proofWords(await bed.reveal.prove(inputs));
    return [of.account, opening.basis, opening.perp, inputs.hash?.[0], proof] as const;
  }

  async function bid(
    buyer: Desk,
    of: Desk,
    parts: bigint,
    { more = 0n, pass = ofDefaults } = {},
  ): Promise<void> {
    const house = await houseTerms(bed.opened);
    const deltaPerp = [...(await defaults().sharesOf(of.account, parts))];
    const cash = (await defaults().priceOf(of.account, parts)) + more;
    const state = await buyer.member.account(buyer.account);
    const { call, kept } = await prepareTransition(
      {
        ...{ house, state, opening: await buyer.member.openingOf(state), theta: house.initialMargin },
        moves: { deltaPerp, deltaBasis: -cash },
        ...{ deadline: await bed.deadline(), envelope: 0, secret: buyer.secret, signer: buyer.wallet },
        markets: await buyer.member.markets(),
      },
      bed.provers,
    );
    await buyer.store.keep(buyer.account, kept);
    await pass("bid", of.account, parts, cash, call);
  }

  /** `zkmargin clearing default assess`, run by a member. */
  async function assess({ wallet }: Desk, of: Desk, ...more: readonly string[]) {
    const [deployment, clearing] = ["deployment.json", "clearing.json"].map((name) => join(bed.folder, name));
    assert.ok(deployment !== undefined && clearing !== undefined);
    writeFileSync(deployment, serialiseDeployment(bed.opened.open.deployment));
    writeFileSync(clearing, serialiseClearing(bed.opened.manifest));
    const heard = { out: "", err: "" };
    const io = {
      out: (text: string) => {
        heard.out += text;
      },
      err: (text: string) => {
        heard.err += text;
      },
      stdin: async () => assert.fail("nothing is read from standard input"),
      interactive: false,
      invocation: "npx zkmargin",
    };
    const at = ["--rpc", bed.chain.anvil.url, "--deployment", deployment, "--clearing", clearing];
    process.env["ZKM_MEMBER"] = wallet.privateKey;
    const line = ["clearing", "default", "assess", of.account, ...at, "--key-env", "ZKM_MEMBER", ...more];
    const code = await run([...line, "--json"], io).finally(() => delete process.env["ZKM_MEMBER"]);
    return { code, err: heard.err, told: code === 0 ? JSON.parse(heard.out) : {} };
  }

  async function readLog(): Promise<ContractLog> {
    const log = await readContracts(bed.chain.connection, houseLog(bed.opened));
    return parseContractLog(serialiseContractLog(log), "clearing");
  }

  it("a silent member whose estate is sold in parts, and what is left is owed to it", async () => {
    const { alice, bob, carol, dave, erin, zoe } = desks;
    await setGroups(bob, carol);
    for (const [desk, dollars] of [
      [bob, 10_000n],
      [carol, 5_000n],
    ] as const)
      await membership(desk).contribute(dollars * UNIT);
    const token = await bed.opened.house.settlement();
    await send(bed.chain.deployer, token, erc20Mock, "mint", keeper.address, 2_000n * UNIT);
    await send(keeper, token, erc20Mock, "approve", addressOf("defaultFund"), 2_000n * UNIT);
    await send(keeper, addressOf("defaultFund"), defaultFund, "addCapital", 2_000n * UNIT);

    await refresh(alice, bob, carol, dave, erin, zoe);
    await trade(zoe, bob, ETH, 12n * COIN + 7n);
    await trade(erin, bob, ETH, 2n * COIN);
    await trade(alice, carol, BTC, 4n * COIN + 5n);
    await trade(alice, bob, BTC, 2n * COIN);
    await trade(bob, alice, BTC, COIN, true);
    await silence(zoe);
    await throughWallet("reveal", ...(await revealWords(zoe)));
    await refresh(bob, carol);
    await bid(bob, zoe, 40n, { pass: throughWallet });
    await bed.round(1_000);
    await bid(carol, zoe, 25n, { more: 3n, pass: throughCode });
    await bed.round(1_000);
    await bid(bob, zoe, 35n);
    await ofDefaults("settle", zoe.account);
    const { stage, asked } = await zoe.member.account(zoe.account);
    assert.equal(stage, "settled");
    assert.ok(asked.amount > 70_000n * UNIT);
    await bed.round(Number(await bed.opened.house.horizon()) + 1);
    await zoe.sender.pay(zoe.account, asked.due);
  });

  it("a loss beyond the fund: assessments, cut payments and a tear-up", async () => {
    const { alice, bob, carol, dave, erin } = desks;
    await refresh(alice, bob, carol, dave, erin);
    await dave.member.withdraw(
      ...([dave.sender, dave.account, 4_000n * UNIT, dave.wallet.address, await bed.deadline()] as const),
    );
    // Bitcoin loses more than alice's margin.
    bed.closes = bed.closes.map((close, u) => (u === BTC ? (close * 36n) / 100n : close));
    await silence(alice);
    await refresh(bob, carol, dave, erin);
    await ofDefaults("reveal", ...(await revealWords(alice)));
    await bid(bob, alice, 20n);
    await bed.round();
    await bed.round();
    await bed.round();
    await ofDefaults("settle", alice.account);
    const fund = bed.opened.fund;
    const { owed } = await fund.memberOf(bob.wallet.address);
    assert.ok(owed > 0n);
    await membership(bob).payAssessment(2n);
    await bed.round();
    await bed.round();
    await bed.round();
    await ofDefaults("settle", alice.account);
    assert.equal(await defaults().tearUps(), 1n);
    // Carol owes an assessment, and closes the line all the same.
    await refresh(bob, carol, dave, erin);
    assert.equal((await bob.member.openingOf(await bob.member.account(bob.account))).perp[BTC], 0n);
  });

  it("prices that rise while assessments are open: the fund is paid back first", async () => {
    const { bob, dave, erin, frank } = desks;
    await membership(bob).contribute(1_000n * UNIT);
    await bed.round();
    await refresh(bob, dave, erin, frank);
    await trade(frank, bob, ETH, 150n * COIN);
    const before = bed.closes;
    bed.closes = before.map((close, u) => (u === ETH ? (close * 30n) / 100n : close));
    await silence(frank);
    await ofDefaults("reveal", ...(await revealWords(frank)));
    for (let i = 0; i < 3; i++) await bed.round();
    await ofDefaults("settle", frank.account);
    const { owed } = await bed.opened.fund.memberOf(bob.wallet.address);
    assert.ok(owed > 0n, "owed");
    // A part of it first, then all of it, by the command; nothing is left to pay then.
    const part = await assess(bob, frank, "--amount", "1");
    assert.deepEqual([part.code, part.told.amount, part.told.owed], [0, `${UNIT}`, `${owed - UNIT}`]);
    const rest = await assess(bob, frank);
    assert.deepEqual([rest.code, rest.told.amount, rest.told.owed], [0, `${owed - UNIT}`, "0"]);
    assert.equal((await bed.opened.fund.memberOf(bob.wallet.address)).owed, 0n);
    const none = await assess(bob, frank);
    assert.equal(none.code, 8);
    assert.match(none.err, /expected an assessment that 0x\w+ owes, got none/);
    bed.closes = before;
    for (let i = 0; i < 3; i++) await bed.round();
    await ofDefaults("settle", frank.account);
    assert.ok((await bed.opened.fund.capital()) >= 2_000n * UNIT, "capital");
    assert.ok((await frank.member.account(frank.account)).asked.amount > 0n, "asked");
    await refresh(bob, dave, erin);
    open = await readLog();
  });

  it("a book that nobody reveals, and the end of the market", async () => {
    const { bob, dave, erin } = desks;
    await bed.round();
    await refresh(bob);
    await silence(erin);
    await bed.round();
    await bed.round();
    await bed.round();
    await ofDefaults("closeMarket", erin.account);
    await bed.round();
    await refresh(bob, dave);
    for (let i = 0; i < 13; i++) await bed.round();
    await ofDefaults("endMarket");
    for (const desk of [bob, desks.carol, dave, erin])
      await throughWallet("claimAtEnd", ...(await revealWords(desk)));
    await bed.chain.pass(6 * HOUR + 1);
    for (const desk of [bob, desks.carol, dave, erin]) await ofDefaults("payAtEnd", desk.account);
    await ofDefaults("settle", erin.account);
    whole = await readLog();
  });

  describe("audited", () => {
    const audit = async (log: ContractLog, disclosed = bed.disclosed()) => {
      const { key } = await pinnedVerificationKey("transition-16");
      const { key: reveal } = await pinnedVerificationKey("reveal-16");
      const { key: margin } = await pinnedVerificationKey("16x16");
      return replayContracts(log, clearingAudit({ key, margin, reveal, disclosed }));
    };
    const codes = async (log: ContractLog, disclosed = bed.disclosed()) =>
      Object.keys((await audit(log, disclosed)).findings.byCode) as FindingCode[];
    const edited = (log: ContractLog, edit: (transactions: Logged[]) => void): ContractLog => {
      const transactions: Logged[] = structuredClone([...log.transactions]);
      edit(transactions);
      const digest = contractLogDigest({ head: log.head, transactions });
      return { ...log, transactions, end: { ...log.end, digest } };
    };
    /** The log with one event told otherwise, by the names of its fields. */
    const retold = (
      role: string,
      name: string,
      change: (fields: Record<string, unknown>) => object,
      { nth = 0, log = whole } = {},
    ): ContractLog =>
      edited(log, (transactions) => {
        const abi = interfaceOf(BINDINGS[role] as AnyBinding);
        const topic = abi.getEvent(name)?.topicHash;
        const event = transactions
          .flatMap(({ events }) => events.filter((one) => one.role === role && one.topics[0] === topic))
          .at(nth);
        assert.ok(event, name);
        const fields = abi.parseLog(event)?.args.toObject(true) ?? {};
        const inputs = abi.getEvent(name)?.inputs ?? [];
        const next: Record<string, unknown> = { ...fields, ...change(fields) };
        const { topics, data } = abi.encodeEventLog(
          name,
          inputs.map((input) => next[input.name]),
        );
        Object.assign(event, { topics: topics.map(String), data });
      });
    const without = (role: string, name: string, log = whole): ContractLog =>
      edited(log, (transactions) => {
        const topic = interfaceOf(BINDINGS[role] as AnyBinding).getEvent(name)?.topicHash;
        for (const transaction of transactions) {
          const at = transaction.events.findIndex((one) => one.role === role && one.topics[0] === topic);
          if (at >= 0) return transaction.events.splice(at, 1);
        }
        return assert.fail(name);
      });
    const more = (field: string, by: bigint) => (fields: Record<string, unknown>) => ({
      [field]: (fields[field] as bigint) + by,
    });
    const moreAt = (field: string, by: bigint) => (fields: Record<string, unknown>) => ({
      [field]: (fields[field] as bigint[]).map((value) => (value === 0n ? value : value + by)),
    });

    // shows: P78
    it("by a stranger and with every book, without a finding", async () => {
      for (const log of [open, whole])
        for (const disclosed of [bed.disclosed(), []])
          assert.deepEqual((await audit(log, disclosed)).findings.listed, []);
      const { coverage } = await audit(whole);
      const { notes, matched, changes, opened, sales, defaults: count, losses, tearUps } = coverage;
      assert.deepEqual([notes, matched, opened], [6, 6, changes]);
      assert.deepEqual([sales, count, losses, tearUps], [4, 4, 2, 2]);
      // One bid was in no transaction's data: the node's tracer told of it.
      const traced = whole.transactions.filter(({ inner }) => inner !== undefined);
      assert.equal(traced.length, 1);
      const untold = edited(whole, (transactions) => {
        for (const transaction of transactions) delete transaction.inner;
      });
      assert.deepEqual(
        new Set((await audit(untold)).findings.listed.map(({ code }) => code)),
        new Set(["proof-unseen"]),
      );
    });

    // shows: P78
    it("with a finding for each tampering", async () => {
      const found = new Set<FindingCode>();
      const missed: string[] = [];
      const cases: [FindingCode, string, ContractLog][] = [
        [
          "clearing-prices",
          "prices that a reduction is held to",
          retold("marketLedger", "RoundCommitted", moreAt("low", -1n), { nth: await roundOfReduction() }),
        ],
        [
          "clearing-estate",
          "an estate with another basis",
          retold("clearingDefaults", "EstateRevealed", more("basis", 1n)),
        ],
        [
          "clearing-estate",
          "a later end of the time for a reveal",
          retold("clearingDefaults", "DefaultStarted", more("revealUntil", 1n)),
        ],
        [
          "clearing-auction",
          "another floor",
          retold("clearingDefaults", "EstateRevealed", more("funded", 1n)),
        ],
        [
          "clearing-auction",
          "a part below its price",
          retold("clearingDefaults", "EstateSold", more("cash", -100n * UNIT)),
        ],
        [
          "clearing-auction",
          "a part below its price while it falls",
          retold("clearingDefaults", "EstateSold", more("cash", -100n * UNIT), { nth: 1 }),
        ],
        [
          "clearing-delta",
          "more parts than were taken over",
          retold("clearingDefaults", "EstateSold", more("parts", 1n)),
        ],
        ["clearing-settlement", "another deficit", retold("fund", "LossAbsorbed", more("deficit", 1n))],
        [
          "fund-waterfall",
          "a loss that the fund paid otherwise",
          retold("fund", "LossPaid", more("amount", 1n)),
        ],
        ["fund-assessment", "another assessment", retold("fund", "Assessed", more("amount", 1n))],
        [
          "clearing-settlement",
          "a credit that the fund did not pay",
          retold("clearingDefaults", "EstateFunded", more("paid", 1n)),
        ],
        ["event-missing", "no credit of what the fund paid", without("clearingDefaults", "EstateFunded")],
        [
          "clearing-settlement",
          "another cut of payments",
          retold("clearingHouse", "WithdrawalsCut", more("cut", -1n)),
        ],
        ["clearing-settlement", "no cut before a tear-up", without("clearingHouse", "WithdrawalsCut")],
        [
          "clearing-settlement",
          "another price of a tear-up",
          retold("clearingDefaults", "TornUp", moreAt("netPrice", 1n)),
        ],
        [
          "clearing-settlement",
          "less back to the fund",
          retold("fund", "CapitalAdded", more("amount", -1n), { nth: -1 }),
        ],
        ["clearing-settlement", "no tear-up", without("clearingDefaults", "TornUp")],
        [
          "clearing-settlement",
          "more left for an owner",
          retold("clearingDefaults", "EstateSettled", more("left", 1n)),
        ],
        ["clearing-end", "a market closed too soon", closedEarly()],
        [
          "clearing-end",
          "other prices at the end",
          retold("clearingDefaults", "MarketEnded", moreAt("netPrice", 1n)),
        ],
        ["clearing-end", "another claim", retold("clearingDefaults", "EndClaimProven", more("claim", 1n))],
        [
          "clearing-end",
          "another payment of a claim",
          retold("clearingDefaults", "EndClaimPaid", more("amount", 1n)),
        ],
        [
          "clearing-sum",
          "a deposit of more than the books hold",
          retold("clearingHouse", "ClearingDeposited", more("amount", 1n), { log: open }),
        ],
        ["clearing-owed", "a renewal by a member who owes", renewedInDebt()],
        ["clearing-payment", "a payment while a default is open", paidInDefault()],
        ["clearing-health", "a trade at maintenance margin", weakened({ theta: 10_000 })],
        ["clearing-health", "no claim at the stress gate", without("stressGate", "ProofAccepted")],
        ["clearing-health", "no claim at the house's gate", without("marginGate", "ProofAccepted")],
        ["proof-claim", "another claim than the call's", weakened({ envelope: 77 })],
        ["proof-invalid", "another proof of a claim at the house's gate", reproven("initial")],
        ["proof-invalid", "another proof of a claim at the stress gate", reproven("stress")],
        [
          "proof-round",
          "a claim at a round that was not there yet",
          retold("marginGate", "ProofAccepted", more("round", 1n)),
        ],
        [
          "round-fold",
          "a round whose point is not of its prices",
          retold("marketLedger", "RoundCommitted", moreAt("low", 1n)),
        ],
        [
          "profile-fold",
          "a stress profile whose point is not of its parameters",
          retold("stressProfile", "ProfileChanged", more("x", 1n)),
        ],
        ["clearing-due", "a default of an account that is healthy", startedTooSoon()],
        ["release-unhealthy", "a payment to an account without initial margin", paidUnproven()],
        ["record-mismatch", "a lapse of a cap that holds", capLapsed()],
        ["event-impossible", "a break of an older book", broken()],
        ["key-mismatch", "a gate with another key", relinked()],
        ["record-mismatch", "a gate that answers otherwise", answered()],
      ];
      for (const [code, what, log] of cases) {
        const got = await codes(log);
        if (!got.includes(code)) missed.push(`${what}: expected ${code}, got ${got}`);
        found.add(code);
      }
      assert.deepEqual(missed, []);
      for (const code of SIDE_CODES.estates) assert.ok(found.has(code), code);
    });

    /** The log with the first claim at initial margin told otherwise. */
    function weakened(change: { readonly theta: number } | { readonly envelope: number }): ContractLog {
      const abi = interfaceOf(marginGate);
      const topic = abi.getEvent("ProofAccepted")?.topicHash;
      const claims = whole.transactions.flatMap(({ events }) =>
        events
          .filter(({ role, topics }) => role === "marginGate" && topics[0] === topic)
          .map((event) => unpackClaim(abi.parseLog(event)?.args.getValue("claim"))),
      );
      const nth = claims.findIndex(({ theta }) => theta > 10_000);
      const next = { claim: packClaim({ ...(claims[nth] ?? assert.fail()), ...change }) };
      return retold("marginGate", "ProofAccepted", () => next, { nth });
    }

    /** The log with a claim's proof in the call of the first trade put in place of the other side's. */
    function reproven(of: "initial" | "stress"): ContractLog {
      return edited(whole, (transactions) => {
        const abi = interfaceOf(clearingHouse);
        const selector = abi.getFunction("trade")?.selector ?? "";
        const trade = transactions.find(({ data }) => data.startsWith(selector)) ?? assert.fail("no trade");
        const [calls, ...others] = abi.decodeFunctionData("trade", trade.data).toArray(true);
        const place = abi
          .getFunction("trade")
          ?.inputs[0]?.arrayChildren?.components?.findIndex(({ name }) => name === of);
        assert.ok(place !== undefined && place > 0);
        const [one, two] = calls as unknown[][];
        assert.ok(one && two);
        const claim = [...(one[place] as unknown[])];
        claim[2] = (two[place] as unknown[])[2];
        one[place] = claim;
        trade.data = abi.encodeFunctionData("trade", [[one, two], ...others]);
      });
    }

    /** The log with another word of the key that a gate verifies under. */
    function relinked(): ContractLog {
      const head = structuredClone(whole.head);
      head.facts["stressGate.key"] = `${head.facts["stressGate.key"]}0`;
      const digest = contractLogDigest({ head, transactions: whole.transactions });
      return { ...whole, head, end: { ...whole.end, digest } };
    }

    function answered(): ContractLog {
      const answers = { ...whole.end.answers };
      const question = `marginGate.statusOf(${desks.bob.account})`;
      assert.ok(answers[question]);
      answers[question] = "4 7";
      return { ...whole, end: { ...whole.end, answers } };
    }

    /** Place among the rounds of the one whose prices the first reduction is held to. */
    async function roundOfReduction(): Promise<number> {
      const abi = interfaceOf(clearingHouse);
      const trade = abi.getFunction("trade")?.selector ?? "";
      const rounds = whole.transactions
        .filter(({ data }) => data.startsWith(trade))
        .map(({ data }) => Number(abi.decodeFunctionData("trade", data)[1]));
      return (rounds.find((round) => round > 0) ?? assert.fail("no reduction")) - 1;
    }

    /** The log with the market's close told an hour earlier. */
    function closedEarly(): ContractLog {
      return edited(whole, (transactions) => {
        const topic = interfaceOf(clearingHouse).getEvent("MarketClosed")?.topicHash;
        const at = transactions.findIndex(({ events }) => events.some(({ topics }) => topics[0] === topic));
        const closing = transactions[at] ?? assert.fail("MarketClosed");
        Object.assign(closing, { time: closing.time - HOUR });
      });
    }

    /** An event of the house put into the transaction of the last change of a book before another event. */
    function insertedBefore(
      [role, name]: readonly [string, string],
      event: string,
      args: readonly unknown[],
      into = "clearingHouse",
    ): ContractLog {
      return edited(whole, (transactions) => {
        const topic = interfaceOf(BINDINGS[role] as AnyBinding).getEvent(name)?.topicHash;
        const at = transactions.findIndex(({ events }) =>
          events.some((one) => one.role === role && one.topics[0] === topic),
        );
        const before = transactions[at] ?? assert.fail(name);
        const of = BINDINGS[into] ?? assert.fail(into);
        const { topics, data } = interfaceOf(of).encodeEventLog(event, [...args]);
        const index = (before.events[0]?.index ?? 1) - 1;
        before.events.unshift({ index, role: into, topics: topics.map(String), data });
      });
    }
    const renewedInDebt = () =>
      insertedBefore(["fund", "AssessmentPaid"], "BookRenewed", [desks.carol.account, 9n]);
    const assessed = ["fund", "AssessmentPaid"] as const;
    const startedTooSoon = () => insertedBefore(assessed, "AccountFrozen", [desks.bob.account, 9n, 0n]);
    const paidUnproven = () =>
      insertedBefore(assessed, "WithdrawalPaid", [desks.bob.account, desks.bob.wallet.address, 1n]);
    const capLapsed = () =>
      insertedBefore(["clearingDefaults", "EstateSold"], "CapLapsed", [desks.bob.account], "fund");
    const broken = () => insertedBefore(assessed, "BookBroken", [desks.bob.account, 1n], "bookRegistry");
    const paidInDefault = () =>
      insertedBefore(["fund", "AssessmentPaid"], "WithdrawalPaid", [
        ...[desks.zoe.account, desks.zoe.wallet.address, 1n],
      ]);
  });
});
