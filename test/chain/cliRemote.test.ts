import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Interface } from "ethers";
import { auditLock } from "../../src/audit/contracts/lock.js";
import { REMOTE_AUDIT } from "../../src/audit/contracts/remote.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import type { FindingCode } from "../../src/audit/findings.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { connect } from "../../src/chain/connection.js";
import {
  type ContractLog,
  contractLogDigest,
  parseContractLog,
  readContracts,
  serialiseContractLog,
} from "../../src/chain/contractLog.js";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { collateralLock } from "../../src/chain/generated/CollateralLock.js";
import { remoteCollateral } from "../../src/chain/generated/RemoteCollateral.js";
import { storageProofSource } from "../../src/chain/generated/StorageProofSource.js";
import { lockLog as lockLogOf } from "../../src/chain/remote/log.js";
import { connectPair, serialiseOtherSide } from "../../src/chain/remote/otherSide.js";
import { submit } from "../../src/chain/submit.js";
import { Vault } from "../../src/chain/vault.js";
import { SIDE_CODES } from "../audit/replay/sideRecording.js";
import { errorOf, zk, zkJson, zkOk } from "../cli/support.js";
import { ProxyNode } from "../support/proxyNode.js";
import { ASSET, FINALITY, RemoteChains, spot, WAIT } from "../support/remoteChains.js";

const ONE = 10n ** 18n;
const CLAIMS = interfaceOf(remoteCollateral);
const LOCK = interfaceOf(collateralLock);
type Logged = ContractLog["transactions"][number];
const KEYS = {
  ZKM_RELAYER: 0,
  ZKM_OWNER: 1,
  ZKM_KEEPER: 3,
  ZKM_STRANGER: 4,
  ZKM_FIRST: 6,
  ZKM_SECOND: 7,
} as const;

describe("chain/remote, from the command line over two chains", () => {
  let chains: RemoteChains;
  let account: string;
  let folder: string;
  const file = (name: string) => join(folder, name);
  const remote = (who: keyof typeof KEYS, name: string, ...args: readonly string[]) => [
    ...["remote", name, ...args, "--rpc", chains.home.anvil.url, "--deployment", file("deployment.json")],
    ...["--asset", ASSET, "--other", file("remote.json"), "--other-rpc", chains.anvil.url],
    ...["--key-env", who],
  ];
  const does = (who: keyof typeof KEYS, ...[name, ...args]: readonly [string, ...string[]]) =>
    zkJson(remote(who, name, ...args));
  /** Names of the events that a command prints as lines of JSON. */
  const events = async (who: keyof typeof KEYS, ...[name, ...args]: readonly [string, ...string[]]) => {
    const ran = await zk([...remote(who, name, ...args), "--json"]);
    assert.deepEqual([ran.code, ran.err], [0, ""]);
    return ran.out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).event as string]));
  };
  const status = () => zkJson(remote("ZKM_OWNER", "status").slice(0, -2));
  const vouch = (who: keyof typeof KEYS) =>
    events(who, "vouch", "--out", file("roots"), "--every", "1", "--once");
  const lock = async (amount: string) => {
    await chains.mint(chains.home.institution.address, BigInt(Number(amount) * 1e6) * 10n ** 12n);
    return (await does("ZKM_OWNER", "lock", account, amount)).id;
  };
  /** Time passes until what was said before counts, and a command carries it. */
  const carried = async (name: "prove" | "relay") => {
    const once = name === "relay" ? ["--once"] : [];
    await chains.pass(FINALITY);
    for (const who of ["ZKM_FIRST", "ZKM_SECOND"] as const) await vouch(who);
    const before = await events("ZKM_RELAYER", name, "--roots", file("roots"), ...once);
    await chains.pass(WAIT);
    return [before, await events("ZKM_RELAYER", name, "--roots", file("roots"), ...once)];
  };

  before(async () => {
    for (const [name, key] of Object.entries(KEYS)) process.env[name] = ANVIL_KEYS[key];
    chains = await RemoteChains.start();
    const { home } = chains;
    await home.move("2021-05-17", 10_000n);
    account = await home.attest(chains.book(1, [spot("USDC", "1")]));
    folder = await mkdtemp(join(tmpdir(), "zkmargin-remote-"));
    await writeFile(file("deployment.json"), serialiseDeployment(home.open.deployment));
    await writeFile(file("remote.json"), serialiseOtherSide(chains.other));
  });
  after(async () => {
    for (const name of Object.keys(KEYS)) delete process.env[name];
    await chains?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it("locks, proves and credits", async () => {
    // Anybody can lock dust for an account.
    assert.deepEqual([await lock("0.000001"), await lock("25")], ["1", "2"]);
    assert.deepEqual(
      (await status()).locks.map(({ state }: { state: string }) => state),
      ["said", "said"],
    );
    const [first, second] = await carried("prove");
    assert.deepEqual(first, ["accepted", "waits"]);
    assert.deepEqual(second, ["proven", "proven"]);
    const early = await zk([...remote("ZKM_STRANGER", "credit", "3"), "--json"]);
    assert.match(errorOf(early).message, /expected the number of a lock on the other chain, got 3$/);
    for (const id of ["1", "2"]) {
      assert.equal((await does("ZKM_STRANGER", "credit", id)).outcome, "done");
      assert.equal((await does("ZKM_OWNER", "credit", id)).outcome, "already");
    }
    const { locks, credited, stale } = await status();
    assert.deepEqual(
      locks.map(({ state }: { state: string }) => state),
      ["credited", "credited"],
    );
    assert.deepEqual([credited, stale], [`${25n * ONE + 10n ** 12n}`, false]);
    const shown = await zkOk(remote("ZKM_OWNER", "status").slice(0, -2));
    assert.match(shown, /credited +25\.000001 ETH of at most 150 ETH\n/);
  });

  it("calls no lock declined that was credited, nor the other way round", async () => {
    const late = await zk([...remote("ZKM_OWNER", "decline", "2"), "--json"]);
    assert.equal(late.code, 8);
    assert.match(errorOf(late).message, /LockUsed\(2\)/);
    assert.equal(await lock("1"), "3");
    await carried("prove");
    const stranger = await zk([...remote("ZKM_STRANGER", "decline", "3"), "--json"]);
    assert.match(errorOf(stranger).message, /NotOwner\(/);
    assert.equal((await does("ZKM_OWNER", "decline", "3")).outcome, "done");
    const credit = await zk([...remote("ZKM_OWNER", "credit", "3"), "--json"]);
    assert.match(errorOf(credit).message, /LockUsed\(3\)/);
  });

  it("signs no block twice, though an attester's service starts again", async () => {
    await chains.pass(1);
    assert.deepEqual(await vouch("ZKM_FIRST"), ["signed", "signed"]);
    assert.deepEqual(await vouch("ZKM_FIRST"), []);
  });

  it("releases by two runs from the fullest lock, and is paid out", async () => {
    const to = chains.home.custodian.address;
    const release = () => does("ZKM_OWNER", "release", account, "10", "--to", to);
    assert.equal((await release()).step, "requested");
    await chains.attestAndProve(2, [spot("USDC", "1"), spot("ETH", "15")]);
    const { step, messages } = await release();
    assert.deepEqual([step, messages], ["released", [{ id: "2", number: "1", to, amount: `${10n * ONE}` }]]);
    assert.deepEqual(
      await events("ZKM_RELAYER", "relay", "--roots", file("roots"), "--once", "--report-every", "1"),
      ["reported", "waits", "waits"],
    );
    const [, done] = await carried("relay");
    assert.deepEqual(done?.toSorted(), ["noted", "paid", "paid", "proven", "proven", "proven"]);
    assert.equal(await chains.token.balanceOf(to), 10n * ONE);
    const { locks } = await status();
    assert.deepEqual(
      locks.map(({ leftAtHome, leftAtLock }: Record<string, string>) => [leftAtHome, leftAtLock]),
      [
        [`${10n ** 12n}`, `${10n ** 12n}`],
        [`${15n * ONE}`, `${15n * ONE}`],
        ["0", "0"],
      ],
    );
  });

  it("sells the claims of a borrower in default, and pays the bidder on the other chain", async () => {
    const { home, pair } = chains;
    const claims = String(pair.collateral.target);
    await home.mint(100_000n);
    const owner = new Vault(home.open, home.transactionsOf(home.institution));
    const custodian = new Vault(home.open, home.transactionsOf(home.custodian));
    await owner.setCreditor(account, home.custodian.address);
    await owner.requestLoan(account, 20_000n * ONE);
    await chains.attestAndProve(3, [spot("USDC", "-20000"), spot("ETH", "15")]);
    await custodian.lend(account, 20_000n * ONE);
    await chains.pass(60);
    await home.attest(chains.book(4, [spot("USDC", "-60000"), spot("ETH", "15")]));
    await home.move("2021-05-17", 10_000n);
    const ill = await home.proofOf(account, { healthy: false });
    await submit(home.open, home.transactionsOf(home.custodian), ill);
    await custodian.startAuction(account, claims);
    const to = home.deployer.address;
    const before = await chains.token.balanceOf(to);
    const bought = await does("ZKM_KEEPER", "buy", account, "2", "--to", to);
    assert.deepEqual(
      [bought.amount, bought.messages],
      [`${2n * ONE}`, [{ id: "2", number: "2", to, amount: `${2n * ONE}` }]],
    );
    await carried("relay");
    assert.equal(await chains.token.balanceOf(to), before + 2n * ONE);
  });

  describe("audited", () => {
    let log: ContractLog;
    let lockLog: ContractLog;
    /** What the tamperings were found by. */
    const found = new Set<FindingCode>();
    const codes = (of: ContractLog): FindingCode[] => {
      const { findings } = replayContracts(of, REMOTE_AUDIT);
      return [...new Set(findings.listed.map(({ code }) => code))].sort();
    };
    /** As {@link codes}, of the lock's log held to that of the claims. */
    const lockCodes = (of: ContractLog, claims = log): FindingCode[] => {
      const { findings } = auditLock(of, claims);
      return [...new Set(findings.listed.map(({ code }) => code))].sort();
    };
    /** Changes of a log. An event is the nth of its name. */
    const changesOf = (log: () => ContractLog, events: Interface) => {
      const edited = (edit: (transactions: Logged[]) => void): ContractLog => {
        const { head, transactions: all, end } = log();
        const transactions: Logged[] = structuredClone([...all]);
        edit(transactions);
        const digest = contractLogDigest({ head, transactions });
        return { head, transactions, end: { ...end, digest } };
      };
      const withEvent = (name: string, change: (transaction: Logged, at: number) => void, nth = 0) =>
        edited((transactions) => {
          const topic = events.getEvent(name)?.topicHash;
          const [transaction, at] =
            transactions
              .flatMap((one) =>
                one.events.flatMap(({ topics }, i) => (topics[0] === topic ? [[one, i] as const] : [])),
              )
              .at(nth) ?? assert.fail(name);
          change(transaction, at);
        });
      /** The log with fields of one event told otherwise. */
      const retold = (name: string, fields: Readonly<Record<string, unknown>>, nth = 0) =>
        withEvent(
          name,
          (transaction, at) => {
            const event = transaction.events[at] ?? assert.fail();
            const args = events.decodeEventLog(name, event.data, event.topics).toObject();
            const names = events.getEvent(name)?.inputs.map((input) => input.name) ?? [];
            const values = names.map((field) => fields[field] ?? args[field]);
            const { topics, data } = events.encodeEventLog(name, values);
            Object.assign(event, { topics: topics.map(String), data });
          },
          nth,
        );
      const without = (name: string, nth = 0) =>
        withEvent(name, (transaction, at) => void transaction.events.splice(at, 1), nth);
      return { edited, retold, without };
    };
    const { edited, retold, without } = changesOf(() => log, CLAIMS);
    /** One more message that a side's source is told to have verified. */
    const verifiesMore = (all: Logged[], sender: string) => {
      const transaction = all.find(({ events }) => events.some(({ role }) => role === "storageProofSource"));
      const event = transaction?.events.find(({ role }) => role === "storageProofSource");
      assert.ok(transaction && event);
      const abi = interfaceOf(storageProofSource);
      const { topics, data } = abi.encodeEventLog("MessageVerified", [sender, `0x${"99".repeat(32)}`]);
      const index = Math.max(...transaction.events.map((one) => one.index)) + 1;
      transaction.events.push({ ...event, index, topics: topics.map(String), data });
    };
    /** The log as it is where another source stands, or where none is known. */
    const withRoles = (of: ContractLog, roleOf: (role: string) => string | null): ContractLog => {
      const renamed = <T extends { readonly role: string }>(all: readonly T[]) =>
        all.flatMap((one) => {
          const role = roleOf(one.role);
          return role === null ? [] : [{ ...one, role }];
        });
      const head = { ...of.head, contracts: renamed(of.head.contracts) };
      const transactions = of.transactions.map((one) => ({ ...one, events: renamed(one.events) }));
      return { head, transactions, end: { ...of.end, digest: contractLogDigest({ head, transactions }) } };
    };
    const byMessenger = (of: ContractLog) =>
      withRoles(of, (role) => (role === "storageProofSource" ? "messageSource" : role));
    const withoutSource = (of: ContractLog) =>
      withRoles(of, (role) => (role === "storageProofSource" ? null : role));

    before(async () => {
      const at = ["--rpc", chains.home.anvil.url, "--deployment", file("deployment.json"), "--asset", ASSET];
      // Home's market has run ahead of the other chain; real clocks agree.
      const { provider } = chains.connection;
      await provider.send("evm_setNextBlockTimestamp", [Number(await chains.home.now())]);
      await provider.send("evm_mine", []);
      const other = ["--other", file("remote.json"), "--other-rpc", chains.anvil.url];
      const saved = ["--save-log", file("eth.ndjson"), "--save-lock-log", file("lock.ndjson")];
      const told = await zkJson(["remote", "audit", ...at, ...other, ...saved]);
      assert.deepEqual([told.findings.listed, told.lock.findings.listed], [[], []]);
      assert.deepEqual(told.lock.coverage, { locks: 3, payouts: 3, reports: 1 });
      assert.deepEqual(told.coverage, { locks: 3, proven: 4, releases: 3, reports: 1, bought: 1 });
      log = parseContractLog(await readFile(file("eth.ndjson"), "utf8"), "remote");
      lockLog = parseContractLog(await readFile(file("lock.ndjson"), "utf8"), "lock");
    });

    it("has nothing found, also by a stranger with the log alone", async () => {
      const told = await zkJson(["remote", "audit", "--log", file("eth.ndjson")]);
      assert.deepEqual([told.findings.total, told.lock], [0, undefined]);
      const logs = ["--log", file("eth.ndjson"), "--lock-log", file("lock.ndjson")];
      assert.equal((await zkJson(["remote", "audit", ...logs])).lock.findings.total, 0);
      assert.match(await zkOk(["remote", "audit", ...logs]), /\n\nlock\n +read .*\n +locks +3\n/s);
      const unread = ["--log", file("eth.ndjson"), "--save-lock-log", file("unread.ndjson")];
      for (const wrong of [[], [...logs, "--other-rpc", chains.anvil.url], unread]) {
        const refused = await zk(["remote", "audit", ...wrong, "--json"]);
        assert.equal(errorOf(refused).exitCode, 2);
      }
    });

    it("holds a lock's log to the other chain's node, where both are given", async () => {
      const at = ["--rpc", chains.home.anvil.url, "--deployment", file("deployment.json"), "--asset", ASSET];
      const other = ["--other", file("remote.json"), "--other-rpc", chains.anvil.url];
      const both = (path: string) => ["remote", "audit", ...at, ...other, "--lock-log", file(path)];
      assert.deepEqual((await zkJson(both("lock.ndjson"))).lock.findings.listed, []);
      // One that is whole by itself: its digest is that of what it says.
      const [first, ...rest] = lockLog.transactions;
      assert.ok(first);
      const transactions = [{ ...first, time: first.time + 1 }, ...rest];
      const digest = contractLogDigest({ head: lockLog.head, transactions });
      const altered = { head: lockLog.head, transactions, end: { ...lockLog.end, digest } };
      await writeFile(file("altered.ndjson"), serialiseContractLog(altered));
      const refused = await zk([...both("altered.ndjson"), "--json"]);
      assert.equal(errorOf(refused).exitCode, 3);
      assert.match(errorOf(refused).message, /altered\.ndjson:2: expected what the other chain's node has/);
    });

    it("asks for what all locks and releases are in two requests", async () => {
      const node = await ProxyNode.start(chains.anvil.url);
      const connection = await connect(node.url);
      try {
        const pair = await connectPair(chains.home.open, ASSET, connection, chains.other);
        let calls = 0;
        node.fate = (method) => {
          if (method === "eth_call") calls++;
          return "pass";
        };
        const read = await readContracts(connection, await lockLogOf(pair));
        assert.deepEqual(read.end.answers, { ...lockLog.end.answers, ...read.end.answers });
        // Three facts and three sums besides.
        assert.equal(calls, 8);
      } finally {
        connection.close();
        await node.stop();
      }
    });

    // shows: A90, A91
    it("has a finding for each tampering", () => {
      const vault = chains.home.open.deployment.marginVault?.address;
      const stranger = chains.home.keeper.address;
      const again = edited((transactions) => {
        const topic = CLAIMS.getEvent("Credited")?.topicHash;
        const credit = transactions.find(({ events }) => events.some(({ topics }) => topics[0] === topic));
        const last = transactions.at(-1);
        assert.ok(credit && last);
        transactions.push({ ...structuredClone(credit), block: last.block, tx: last.tx + 1 });
      });
      const cases: [string, ContractLog, FindingCode[]][] = [
        ["a lock counted twice", again, ["record-mismatch", "remote-lock"]],
        [
          "a lock of another amount than its message has",
          retold("Credited", { amount: 26n * ONE }, 1),
          ["record-mismatch", "remote-claims", "remote-lock"],
        ],
        [
          "a lock that another account gets",
          retold("Credited", { account: `0x${"77".repeat(32)}` }, 1),
          ["record-mismatch", "remote-lock", "remote-release"],
        ],
        [
          "messages that no proof has verified",
          edited((all) => {
            for (const { events } of all)
              for (let i = events.length - 1; i >= 0; i--)
                if (events[i]?.role === "storageProofSource") events.splice(i, 1);
          }),
          ["remote-unproven"],
        ],
        [
          "calls that are not there",
          edited((all) => void all.map((one) => Object.assign(one, { data: "0x" }))),
          ["remote-unseen"],
        ],
        [
          "claims beyond the cap",
          retold("CapChanged", { cap: 24n * ONE }),
          ["record-mismatch", "remote-cap"],
        ],
        [
          "claims that somebody else has",
          retold("Transfer", { to: stranger }, 1),
          ["record-mismatch", "remote-claims"],
        ],
        [
          "claims from nothing",
          without("Credited", 1),
          ["record-mismatch", "remote-claims", "remote-release"],
        ],
        ["claims that are not pledged", without("Transfer", 1), ["remote-claims"]],
        ["a release without a debit", without("Transfer", -1), ["record-mismatch", "remote-release"]],
        [
          "a release of more than a lock has",
          retold("Released", { amount: 26n * ONE }, -1),
          ["record-mismatch", "remote-release"],
        ],
        [
          "a release told twice",
          retold("Released", { number: 7n }, -1),
          ["record-mismatch", "remote-release"],
        ],
        [
          "a release to somebody else than its message pays",
          retold("Released", { to: stranger }, -1),
          ["remote-release"],
        ],
        ["a release without its message", without("MessageSent", -1), ["remote-release"]],
        ["a message of nothing", without("Released", -1), ["record-mismatch", "remote-release"]],
        [
          "a declined lock that somebody else gets",
          retold("Declined", { from: stranger }),
          ["remote-lock", "remote-release"],
        ],
        ["a declined lock that is not sent back", without("Released"), ["record-mismatch", "remote-release"]],
        [
          "a report that leaves out a credited lock",
          retold("Reported", { locks: 1n }),
          ["record-mismatch", "remote-report", "remote-unproven"],
        ],
        [
          "a report that says more than the lock holds",
          retold("Reported", { held: 99n * ONE }),
          ["record-mismatch", "remote-unproven"],
        ],
        [
          "another answer",
          { ...log, end: { ...log.end, answers: { ...log.end.answers, "remoteCollateral.lockOf(2)": "0" } } },
          ["record-mismatch"],
        ],
      ];
      assert.ok(vault);
      for (const [what, tampered, expected] of cases) assert.deepEqual(codes(tampered), expected, what);
      for (const [, , expected] of cases) for (const code of expected) found.add(code);
    });

    // shows: A92, A133
    it("has a finding for each tampering with the lock, and where it and home differ", () => {
      const lock = changesOf(() => lockLog, LOCK);
      const answered = (answers: Record<string, string>) => ({
        ...lockLog,
        end: { ...lockLog.end, answers: { ...lockLog.end.answers, ...answers } },
      });
      assert.deepEqual([lockCodes(lockLog), auditLock(lockLog).findings.total], [[], 0]);
      const stranger = chains.home.keeper.address;
      const cases: [string, ContractLog, FindingCode[]][] = [
        [
          "a release paid out twice",
          lock.edited((all) => {
            const topic = LOCK.getEvent("Released")?.topicHash;
            const paid = all.find(({ events }) => events.some(({ topics }) => topics[0] === topic));
            const last = all.at(-1);
            assert.ok(paid && last);
            all.push({ ...structuredClone(paid), block: last.block, tx: last.tx + 1 });
          }),
          ["lock-rules", "record-mismatch"],
        ],
        [
          "a release of more than the lock has",
          lock.retold("Released", { amount: 99n * ONE }),
          ["lock-home", "lock-rules", "record-mismatch", "remote-unproven"],
        ],
        [
          "a release to somebody else than home told",
          lock.retold("Released", { to: stranger }),
          ["lock-home", "remote-unproven"],
        ],
        [
          "a release that home never told",
          lock.retold("Released", { number: 9n }),
          ["lock-home", "record-mismatch", "remote-unproven"],
        ],
        [
          "releases that no proof has verified",
          lock.edited((all) => {
            for (const { events } of all)
              for (let i = events.length - 1; i >= 0; i--)
                if (events[i]?.role === "storageProofSource") events.splice(i, 1);
          }),
          ["remote-unproven"],
        ],
        [
          "a lock told otherwise",
          lock.retold("Locked", { amount: 26n * ONE }, 1),
          ["lock-home", "lock-rules", "record-mismatch"],
        ],
        [
          "a lock that is left out",
          lock.without("Locked", 1),
          ["lock-home", "lock-rules", "record-mismatch"],
        ],
        ["a lock without its message", lock.without("MessageSent"), ["lock-home", "lock-rules"]],
        [
          "a verified message that home never sent",
          lock.edited((all) => verifiesMore(all, String(chains.pair.collateral.target))),
          ["lock-home"],
        ],
        ["a report of another amount", lock.retold("Reported", { held: 1n }), ["lock-rules"]],
        ["another home", lock.retold("PeerBound", { peer: stranger }), ["lock-rules"]],
        ["tokens that are gone", answered({ "collateralLock.held": "5" }), ["lock-rules"]],
        ["another answer", answered({ "collateralLock.isReleased(2,1)": "false" }), ["record-mismatch"]],
      ];
      for (const [what, tampered, expected] of cases) {
        assert.deepEqual(lockCodes(tampered), expected, what);
        for (const code of expected) found.add(code);
      }
      // Of a home that lies, as the lock sees it.
      const lies: [string, ContractLog][] = [
        ["a credit of more than was locked", retold("Credited", { amount: 26n * ONE }, 1)],
        ["a credit of what was never locked", retold("Credited", { id: 9n }, 1)],
        ["a release that home denies", without("Released", -1)],
        ["a release whose message home denies", without("MessageSent", -1)],
        ["a report that the lock never made", retold("Reported", { held: 26n * ONE })],
        [
          "a verified message that the lock never sent",
          edited((all) => verifiesMore(all, chains.other.contracts.collateralLock.address)),
        ],
      ];
      for (const [what, claims] of lies) {
        assert.deepEqual(lockCodes(lockLog, claims), ["lock-home"], what);
        const [messenger, unknown] = [byMessenger(claims), withoutSource(claims)];
        assert.deepEqual(lockCodes(byMessenger(lockLog), messenger), ["lock-home"], what);
        // A message that nobody acts on is seen by its source alone.
        const isSeen = !what.startsWith("a verified") && !what.startsWith("a release whose");
        assert.deepEqual(lockCodes(withoutSource(lockLog), unknown), isSeen ? ["lock-home"] : [], what);
      }
      // It is the same by a messenger, and whether or not the log has what its source verified.
      for (const as of [byMessenger, withoutSource]) {
        assert.deepEqual([codes(as(log)), lockCodes(as(lockLog), as(log))], [[], []]);
        for (const [what, tampered, expected] of cases)
          if (as === byMessenger) assert.deepEqual(lockCodes(as(tampered), as(log)), expected, what);
      }
      // Events after the other log's end are left out.
      const early = { ...log, end: { ...log.end, answers: { ...log.end.answers, "block.time": "0" } } };
      assert.deepEqual(lockCodes(lockLog, { ...early, transactions: [] }), []);
      assert.deepEqual(
        lockCodes({ ...answered({ "block.time": "0" }), transactions: [] }).filter(
          (code) => code === "lock-home",
        ),
        [],
      );
    });

    it("has a tampering for every kind of finding of its own", () => {
      for (const code of SIDE_CODES.remote) assert.ok(found.has(code), code);
    });
  });
});
