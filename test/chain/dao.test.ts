import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Wallet, ZeroAddress } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import { openDao, TIMELOCK_ROLES } from "../../src/chain/dao.js";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { timelockController } from "../../src/chain/generated/TimelockController.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { checkedVote } from "../../src/chain/proposal/daoVote.js";
import { cancellations, governanceOf, liveProfile } from "../../src/chain/proposal/governance.js";
import { parseProposal } from "../../src/chain/proposal/parse.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { DeploymentMismatchError } from "../../src/errors.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { ProvingSession } from "../../src/prove/session.js";
import { Recording, RememberingVerifier, runOptions } from "../audit/replay/recording.js";
import {
  editSide,
  edits,
  findsEach,
  insertSide,
  inserts,
  linesOf,
  removes,
  type SideTampering,
  sideEvents,
} from "../audit/replay/sideRecording.js";
import { errorOf, workFolder, write, zk, zkJson, zkOk } from "../cli/support.js";
import { defaultArtefacts, exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";
import { withParameter } from "../support/profiles.js";

const GENESIS = "1621209600"; // 17 May 2021, 00:00 UTC
const VOTE = 10n ** 18n;
const [DELAY, PERIOD, WAIT, MANAGER_DELAY] = [60, 600, 300, 1_800];

describe("a DAO as governor, on anvil", () => {
  const work = workFolder();
  const [alice, bob, mallory] = [5, 6, 7].map((i) => new Wallet(ANVIL_KEYS[i] ?? "")) as [
    Wallet,
    Wallet,
    Wallet,
  ];
  let chain: LocalChain;
  let session: ProvingSession;
  let keeper: Keeper;
  let account: string;
  /** Its log, after a vote that was overtaken and one that has passed. */
  let lines: string[] = [];
  let verifier: RememberingVerifier;

  before(async () => {
    for (const [name, wallet] of Object.entries({ ALICE: alice, BOB: bob, MALLORY: mallory }))
      process.env[`ZKM_${name}`] = wallet.privateKey;
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", (plan) => ({
      ...plan,
      governance: { ...plan.governance, governor: ZeroAddress, delay: MANAGER_DELAY },
      dao: {
        token: {
          name: "Votes of a desk",
          symbol: "VOTE",
          holders: [
            { holder: alice.address, amount: 60n * VOTE },
            { holder: bob.address, amount: 30n * VOTE },
            { holder: mallory.address, amount: 10n * VOTE },
          ],
        },
        votingDelay: DELAY,
        votingPeriod: PERIOD,
        threshold: 5n * VOTE,
        quorum: 50,
        timelock: WAIT,
      },
    }));
    await chain.move("2021-05-17", 10_000n);
    account = await chain.attest(exampleBook("cash-and-carry"));
    session = await ProvingSession.open(await defaultArtefacts());
    keeper = new Keeper({
      open: chain.open,
      transactions: chain.transactionsOf(chain.keeper),
      key: chain.key.key,
      accounts: [account],
      given: chain.given,
      prove: ({ round: { market }, theta }) =>
        session.prove({ opening: exampleBook("cash-and-carry"), market, theta }),
      clock: Date.now,
    });
  });
  after(async () => {
    await session?.close();
    await chain?.close();
  });

  const where = () => [
    ...["--deployment", write(work.at("deployment.json"), serialiseDeployment(chain.open.deployment))],
    ...["--rpc", chain.anvil.url],
  ];
  const live = async () => (await liveProfile(chain.open)).profile;
  const propose = async (
    file: string,
    change: [parameter: "liquidity" | "perpMargin", asset: number, by: number],
  ) => {
    const target = withParameter(await live(), ...change);
    write(work.at("to.json"), serialiseProfile(target));
    const files = ["--to", work.at("to.json"), "--out", work.at(file)];
    const dao = ["--governor", "--proposer", alice.address];
    return zkJson(["risk", "propose", ...where(), ...files, ...dao, "--lead", "1800"]);
  };
  const dao = (step: string, file: string, who: string, ...more: string[]) =>
    zk([
      "dao",
      step,
      work.at(file),
      ...where(),
      "--key-env",
      `ZKM_${who}`,
      "--journal",
      work.at(`${who}.journal`),
      ...more,
    ]);
  const done = async (...args: Parameters<typeof dao>) => {
    const told = await dao(...args);
    assert.equal(told.code, 0, told.err);
    return told.out;
  };
  const stateOf = async (file: string) =>
    (await zkJson(["risk", "review", work.at(file), ...where()])).standing.vote;
  const healthOf = async () => (await accountStatus(chain.open, account)).status;
  const epochOf = async () => (await liveProfile(chain.open)).epoch;

  it("is deployed with nobody else in its timelock", async () => {
    await checkDeployment(chain.open, chain.key);
    const { governor } = await governanceOf(chain.open);
    assert.equal(governor, chain.open.dao?.timelock.address);
    assert.deepEqual((await keeper.tick()).failures, []);
    assert.equal(await healthOf(), "healthy");
  });

  // shows: A103, A102
  it("passes nothing that a guardian's tightening has overtaken, once the guardian cancels it", async () => {
    const file = "first.json";
    const proposed = await propose(file, ["liquidity", 3, -50]);
    assert.equal(proposed.dao.targets.length, 2);
    assert.match(await zkOk(["risk", "review", work.at(file), ...where()]), /is not proposed yet/);
    // Mallory saw it, and cannot propose it first to cancel it then.
    assert.match((await dao("propose", file, "MALLORY")).err, /GovernorRestrictedProposer/);
    await done("propose", file, "ALICE");
    await done("propose", file, "ALICE");
    assert.match(
      (await dao("vote", file, "BOB", "--choice", "for")).err,
      /expected it active, got it pending/,
    );
    await chain.pass(DELAY + 1);
    await done("vote", file, "ALICE", "--choice", "for");
    await done("vote", file, "BOB", "--choice", "against");
    assert.match((await dao("queue", file, "BOB")).err, /got it active/);
    await chain.pass(PERIOD + 1);
    assert.equal((await stateOf(file)).state, "succeeded");
    await done("queue", file, "MALLORY");
    assert.match((await dao("execute", file, "BOB")).err, /TimelockUnexpectedOperationState/);
    await chain.pass(WAIT);
    assert.match(await done("execute", file, "MALLORY"), /what passed is executed/);
    assert.deepEqual((await stateOf(file)).later, ["waits"]);

    // Meanwhile the guardian tightens another parameter.
    const tighter = profileWords(withParameter(await live(), "perpMargin", 1, 100), chain.open.tier);
    const guardian = chain.transactionsOf(chain.keeper);
    const { riskProfile } = chain.open.contracts;
    const data = riskProfile.interface.encodeFunctionData("tighten", [tighter]);
    await guardian.send({ key: "tighten", to: chain.open.addresses.riskProfile, data });
    const refused = await dao("execute", file, "MALLORY");
    assert.equal(refused.code, 6);
    assert.match(refused.err, /it would undo what was done since/);
    const [cancel] = await cancellations(chain.open, await governanceOf(chain.open));
    await guardian.send({ key: "cancel", to: cancel?.to ?? "", data: cancel?.data ?? "" });
    // Nor can anybody go round the command: the access manager has forgotten it.
    await chain.pass(MANAGER_DELAY + 1_800);
    const vote = checkedVote(parseProposal(await readText(file)), "proposal");
    const [later] = vote?.later ?? [];
    const { timelock } = openDao(chain.open);
    const args = [later?.target, 0n, later?.data, later?.predecessor, later?.salt] as const;
    await assert.rejects(
      timelock.execute.staticCall(...(args as [string, bigint, string, string, string])),
      /AccessManagerNotScheduled|revert/,
    );
    assert.deepEqual((await riskProfile.profileWords()).map(String), tighter.map(String));
  });

  it("sets a profile by vote: the epoch changes, proofs lapse into grace, and a keeper renews them", async () => {
    const file = "second.json";
    await chain.move("2021-05-17", 10_000n);
    await keeper.tick();
    assert.equal(await healthOf(), "healthy");
    const target = await propose(file, ["liquidity", 3, -50]);
    const before = await epochOf();
    await done("propose", file, "ALICE");
    await chain.pass(DELAY + 1);
    await done("vote", file, "ALICE", "--choice", "for");
    await done("vote", file, "BOB", "--choice", "abstain");
    await done("vote", file, "MALLORY", "--choice", "against");
    await chain.pass(PERIOD + 1);
    await done("queue", file, "BOB");
    await chain.pass(WAIT);
    await done("execute", file, "BOB");
    assert.match(await done("execute", file, "BOB"), /nothing can be executed yet/);
    const when = BigInt(target.steps[0].transactions[1].notBefore);
    await chain.pass(Number(when - (await chain.now())));
    await chain.move("2021-05-17", 10_000n);
    assert.equal(await healthOf(), "healthy");
    assert.match(await done("execute", file, "MALLORY"), /step 1 is executed/);
    assert.match(await done("execute", file, "MALLORY"), /nothing can be executed yet/);

    assert.equal(await epochOf(), before + 1n);
    const { riskProfile } = chain.open.contracts;
    assert.deepEqual((await riskProfile.profileWords()).map(String), target.steps[0].words);
    assert.deepEqual((await stateOf(file)).later, ["done"]);
    // The first round of the new epoch: every proof has lapsed, and nobody is liquidatable yet.
    await poke(chain.open, chain.transactionsOf(chain.custodian));
    assert.equal(await healthOf(), "grace");
    const { failures } = await keeper.tick();
    assert.deepEqual(failures, []);
    assert.equal(await healthOf(), "healthy");
    lines = await linesOf(chain.open);
  });

  const readText = async (file: string) => readFile(work.at(file), "utf8");

  // shows: A100
  it("derives a vote again to the last byte, and names what was changed", async () => {
    await propose("third.json", ["liquidity", 3, -40]);
    const text = await readText("third.json");
    const original = JSON.parse(text);
    const edits: [string, (dao: Record<string, any>) => void][] = [
      [
        "dao.calldatas[0]",
        (vote) => {
          vote["calldatas"][0] = flip(vote["calldatas"][0]);
        },
      ],
      [
        "dao.calldatas[1]",
        (vote) => {
          vote["calldatas"][1] = flip(vote["calldatas"][1]);
        },
      ],
      [
        "dao.calldatas[1]",
        (vote) => {
          vote["calldatas"][1] += "00";
        },
      ],
      [
        "dao.targets[1]",
        (vote) => {
          vote["targets"][1] = mallory.address;
        },
      ],
      [
        "dao.targets",
        (vote) => {
          vote["targets"].push(mallory.address);
        },
      ],
      [
        "dao.values[0]",
        (vote) => {
          vote["values"][0] = "1";
        },
      ],
      [
        "dao.description",
        (vote) => {
          vote["description"] = vote["description"].replace("by vote", "by Vote");
        },
      ],
      [
        "dao.description",
        (vote) => {
          vote["proposer"] = mallory.address;
        },
      ],
      [
        "dao.descriptionHash",
        (vote) => {
          vote["descriptionHash"] = flip(vote["descriptionHash"]);
        },
      ],
      [
        "dao.proposalId",
        (vote) => {
          vote["proposalId"] = String(BigInt(vote["proposalId"]) + 1n);
        },
      ],
      [
        "dao.timelock",
        (vote) => {
          vote["timelock"] = mallory.address;
        },
      ],
      [
        "dao.calldatas[1]",
        (vote) => {
          vote["wait"] = "299";
        },
      ],
    ];
    for (const [field, edit] of edits) {
      const changed = structuredClone(original);
      edit(changed.dao);
      write(work.at("edited.json"), JSON.stringify(changed));
      const { exitCode, message } = errorOf(await zk(["risk", "review", work.at("edited.json"), "--json"]));
      assert.equal(exitCode, 6, message);
      assert.ok(message.includes(`proposal.${field}:`), `${field}: ${message}`);
    }
    // Of another governor, or a timelock that waits otherwise by now, the chain says so.
    for (const [field, edit] of [
      [
        "dao.governor",
        (vote: Record<string, any>) => {
          vote["governor"] = mallory.address;
        },
      ],
    ] as const) {
      const changed = structuredClone(original);
      edit(changed.dao);
      write(work.at("edited.json"), JSON.stringify(changed));
      const { message } = errorOf(await zk(["risk", "review", work.at("edited.json"), ...where(), "--json"]));
      assert.ok(message.includes(field), message);
    }
    // What the governor hashes is what the file says.
    const { governor } = openDao(chain.open);
    const { targets, values, calldatas, descriptionHash, proposalId } = original.dao;
    assert.equal(
      String(await governor.hashProposal(targets, values.map(BigInt), calldatas, descriptionHash)),
      proposalId,
    );
  });

  describe("replayed by the auditor", () => {
    before(async () => {
      verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
    });

    it("has nothing found in it: votes, queue, executions and profiles fit", async () => {
      const { findings, epochs } = await new Recording(undefined, lines).replay({ verifier });
      assert.deepEqual(findings.listed, []);
      assert.deepEqual(
        epochs.items.map(({ change }) => change),
        ["set", "tightened", "set"],
      );
    });

    const other = `0x${"77".repeat(20)}`;
    const tamperings: readonly SideTampering[] = [
      edits("vote-rules", "a proposal under another id", "ProposalCreated", 0, { proposalId: 7n }),
      edits("vote-rules", "a vote that begins at once", "ProposalCreated", 0, { voteStart: 1n }),
      edits("vote-rules", "a proposer other than its description names", "ProposalCreated", 0, {
        proposer: mallory.address,
      }),
      edits("vote-rules", "a ballot of more votes than its voter had", "VoteCast", 1, { weight: 31n * VOTE }),
      edits("vote-rules", "a ballot cast twice", "VoteCast", 1, { voter: alice.address, weight: 60n * VOTE }),
      edits("vote-rules", "a ballot on no open vote", "VoteCast", 0, { proposalId: 7n }),
      edits("vote-rules", "votes that come from nowhere", "DelegateVotesChanged", 2, { previousVotes: 5n }),
      edits("vote-rules", "another time of execution", "ProposalQueued", 0, { etaSeconds: 1n }),
      [
        "vote-rules",
        "a cancellation after the vote has begun",
        (log) => {
          const { proposalId } = sideEvents(log, "ProposalQueued")[0]?.decoded.fields as {
            proposalId: bigint;
          };
          insertSide(log, "ProposalQueued", 0, {
            role: "governor",
            name: "ProposalCanceled",
            fields: { proposalId },
          });
        },
      ],
      [
        "dao-unvoted",
        "a proposal that was voted down",
        (log) => {
          for (const nth of [0, 1]) editSide(log, "VoteCast", nth, { support: 0n });
        },
      ],
      removes("dao-unvoted", "a proposal without its quorum", "VoteCast", 0),
      edits("dao-unvoted", "something that nobody proposed", "CallScheduled", 0, {
        id: `0x${"ab".repeat(32)}`,
      }),
      edits("dao-unvoted", "other call data than was scheduled", "CallExecuted", 0, { data: "0x12345678" }),
      edits("dao-unvoted", "a call to somebody else", "CallExecuted", 0, { target: other }),
      removes(
        "dao-unvoted",
        "a schedule of the access manager without the timelock's call",
        "CallExecuted",
        0,
      ),
      edits("dao-unvoted", "a shorter wait than the timelock's", "CallScheduled", 0, { delay: 1n }),
      edits("dao-unvoted", "an execution by nobody's vote", "ProposalExecuted", 0, { proposalId: 7n }),
      inserts("dao-unvoted", "a voting delay that no vote has set", "ProposalCreated", 0, {
        role: "governor",
        name: "VotingDelaySet",
        fields: { oldVotingDelay: 60n, newVotingDelay: 0n },
      }),
      ...(["dao-unvoted", "delay-shortened"] as const).map((code) =>
        inserts(code, "a timelock that waits less, by nobody's vote", "ProposalCreated", 0, {
          role: "timelock",
          name: "MinDelayChange",
          fields: { oldDuration: 300n, newDuration: 1n },
        }),
      ),
      inserts("dao-unvoted", "a cancellation in the timelock", "ProposalQueued", 0, {
        role: "timelock",
        name: "Cancelled",
        fields: { id: `0x${"ab".repeat(32)}` },
      }),
      inserts("dao-roles", "another proposer in the timelock", "ProposalCreated", 0, {
        role: "timelock",
        name: "RoleGranted",
        fields: { role: TIMELOCK_ROLES.proposer, account: other, sender: other },
      }),
      removes("dao-roles", "a deployer who stays the timelock's administrator", "RoleRevoked", 0),
      inserts("dao-roles", "another timelock of the governor", "ProposalCreated", 0, {
        role: "governor",
        name: "TimelockChange",
        fields: { oldTimelock: other, newTimelock: other },
      }),
      [
        "event-impossible",
        "an event that is none",
        (log) => {
          const { event } = sideEvents(log, "VoteCast")[0] ?? assert.fail();
          event.data = "0x";
        },
      ],
      [
        "tie-mismatch",
        "a governor of another timelock",
        (log) => {
          log.constants.ties["dao.governor.timelock"] = other;
        },
      ],
    ];
    findsEach(
      "dao",
      tamperings,
      () => lines,
      () => verifier,
    );
  });

  // shows: A101
  it("is refused once somebody else has a role in its timelock", async () => {
    const { timelock, deployed } = openDao(chain.open);
    const { provider } = chain.connection;
    await provider.send("anvil_impersonateAccount", [deployed.timelock.address]);
    await provider.send("anvil_setBalance", [deployed.timelock.address, "0xde0b6b3a7640000"]);
    const data = interfaceOf(timelockController).encodeFunctionData("grantRole", [
      await timelock.PROPOSER_ROLE(),
      mallory.address,
    ]);
    await provider.send("eth_sendTransaction", [
      { from: deployed.timelock.address, to: deployed.timelock.address, data },
    ]);
    await assert.rejects(checkDeployment(chain.open, chain.key), (error) => {
      assert.ok(error instanceof DeploymentMismatchError);
      assert.match(error.message, new RegExp(`role proposer .* got ${mallory.address} with it`));
      return true;
    });
    const { findings } = await new Recording(undefined, await linesOf(chain.open)).replay();
    assert.deepEqual(Object.keys(findings.byCode).sort(), ["dao-roles", "dao-unvoted"]);
  });
});

/** With another last digit. */
function flip(hex: string): string {
  return `${hex.slice(0, -1)}${hex.endsWith("0") ? "1" : "0"}`;
}
