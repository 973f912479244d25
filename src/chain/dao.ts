import { id, type TransactionReceipt, ZeroAddress, ZeroHash } from "ethers";
import { DeploymentMismatchError, VoteStateError } from "../errors.js";
import { contractAt, eventsOf, interfaceOf } from "./binding.js";
import type { DaoContracts, Deployment, OpenDeployment, OpenMarket } from "./deployment.js";
import { type RiskGovernor, riskGovernor } from "./generated/RiskGovernor.js";
import {
  type TimelockController,
  type TimelockControllerEvents,
  timelockController,
} from "./generated/TimelockController.js";
import { type VoteToken, voteToken } from "./generated/VoteToken.js";
import { pagedLogs } from "./logs.js";
import type { DaoVote } from "./proposal/daoVote.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";

const TIMELOCK = interfaceOf(timelockController);
const GOVERNOR = interfaceOf(riskGovernor);

/** Roles of the timelock, by what they may do there. */
export const TIMELOCK_ROLES = {
  admin: ZeroHash,
  proposer: id("PROPOSER_ROLE"),
  executor: id("EXECUTOR_ROLE"),
  canceller: id("CANCELLER_ROLE"),
} as const;
export type TimelockRole = keyof typeof TIMELOCK_ROLES;

/**
 * Who holds each role of a DAO's timelock, and nobody else may. The governor proposes and cancels. The timelock is its own
 * administrator, and proposes: what passes is to schedule in it what follows after the access manager's delay. Anybody executes.
 */
export function timelockHolders({
  timelock,
  governor,
}: Readonly<Record<"timelock" | "governor", { readonly address: string }>>): Readonly<
  Record<TimelockRole, readonly string[]>
> {
  return {
    admin: [timelock.address],
    proposer: [governor.address, timelock.address],
    executor: [ZeroAddress],
    canceller: [governor.address],
  };
}

/** What a DAO's contracts must answer, as Ties. */
export function expectedDaoTies({ dao }: Deployment): Readonly<Record<string, string>> {
  if (dao === undefined) return {};
  return { "dao.governor.token": dao.voteToken.address, "dao.governor.timelock": dao.timelock.address };
}

/** What they do answer, in the newest block. */
export async function readDaoTies(open: OpenDeployment): Promise<Readonly<Record<string, string>>> {
  if (open.dao === undefined) return {};
  const { governor } = openDao(open);
  return {
    "dao.governor.token": await governor.token(),
    "dao.governor.timelock": await governor.timelock(),
  };
}

/** The contracts of a DAO, for reading. */
export interface OpenDao {
  readonly deployed: DaoContracts;
  readonly voteToken: VoteToken;
  readonly timelock: TimelockController;
  readonly governor: RiskGovernor;
}

/**
 * The DAO of a deployment. @throws DeploymentMismatchError if none governs it
 *
 * @example
 * ```ts
 * import { openDao } from "zkmargin/chain";
 *
 * if (open.dao !== undefined) console.log(await openDao(open).governor.proposalThreshold());
 * ```
 */
export function openDao({ dao, connection: { provider } }: Pick<OpenMarket, "dao" | "connection">): OpenDao {
  if (dao === undefined)
    throw new DeploymentMismatchError(
      "deployment: expected a DAO that governs it, got none; deploy with one (`dao` in the plan)",
    );
  return {
    deployed: dao,
    voteToken: contractAt(voteToken, dao.voteToken.address, provider),
    timelock: contractAt(timelockController, dao.timelock.address, provider),
    governor: contractAt(riskGovernor, dao.governor.address, provider),
  };
}

/**
 * Checks that nobody but the governor has a say in the timelock.
 * @throws DeploymentMismatchError naming who has a role that nobody else may have, or has not one that they must
 */
export async function checkTimelockRoles(open: OpenDeployment, dao: DaoContracts): Promise<void> {
  const { provider } = open.connection;
  const { address, block: fromBlock } = dao.timelock;
  const topics = [["RoleGranted", "RoleRevoked"].map((name) => TIMELOCK.getEvent(name)?.topicHash ?? "")];
  const logs = await pagedLogs(provider, { address, topics, fromBlock }, Number.MAX_SAFE_INTEGER);
  const held = new Set<string>();
  const keyOf = ({ role, account }: TimelockControllerEvents["RoleGranted"]) => `${role} ${account}`;
  for (const log of logs) {
    for (const { fields } of eventsOf(timelockController, "RoleGranted", [log])) held.add(keyOf(fields));
    for (const { fields } of eventsOf(timelockController, "RoleRevoked", [log])) held.delete(keyOf(fields));
  }
  const expected = Object.entries(timelockHolders(dao)).flatMap(([role, holders]) =>
    holders.map((holder) => `${TIMELOCK_ROLES[role as TimelockRole]} ${holder}`),
  );
  const wrong = [...held].find((one) => !expected.includes(one)) ?? expected.find((one) => !held.has(one));
  if (wrong === undefined) return;
  const [role, holder] = wrong.split(" ");
  const name = Object.entries(TIMELOCK_ROLES).find(([, hash]) => hash === role)?.[0] ?? role;
  throw new DeploymentMismatchError(
    `dao.timelock: expected the role ${name} with those that the deployment gave it, got ${holder} ${held.has(wrong) ? "with" : "without"} it; do not trust it: votes do not decide alone`,
  );
}

/** How a vote stands, as the governor's `state` numbers it. */
const VOTE_STATES = [
  "pending",
  "active",
  "canceled",
  "defeated",
  "succeeded",
  "queued",
  "expired",
  "executed",
] as const;
/** One of VOTE_STATES. */
export type VoteState = (typeof VOTE_STATES)[number];

/** How far a vote is. Times are unix seconds, votes 10^-18 of a token. */
export interface VoteProgress {
  /** Null before anybody has proposed it. */
  readonly state: VoteState | null;
  /** Whose balances vote, and until when; 0 before it is proposed. */
  readonly snapshot: bigint;
  readonly deadline: bigint;
  /** From when on what passed can be executed; 0 while it is not queued. */
  readonly eta: bigint;
  readonly votes: { readonly for: bigint; readonly against: bigint; readonly abstain: bigint };
  /** Votes for and abstaining that are needed; null before the snapshot. */
  readonly quorum: bigint | null;
  /** Of each of the timelock's later operations: whether it waits, can be executed, or is done. */
  readonly later: readonly ("none" | "waits" | "ready" | "done")[];
}

const LATER = ["none", "waits", "ready", "done"] as const;

/**
 * How far a vote is on its chain. @throws DeploymentMismatchError, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { daoVoteOf, voteProgress } from "zkmargin/chain";
 *
 * if (proposal.dao !== undefined) console.log((await voteProgress(open, daoVoteOf(proposal, proposal.dao))).state);
 * ```
 */
export function voteProgress(open: OpenMarket, vote: DaoVote): Promise<VoteProgress> {
  return calling("vote", async () => {
    const { governor, timelock } = openDao(open);
    const later: VoteProgress["later"][number][] = [];
    for (const { operation } of vote.later)
      later.push(LATER[Number(await timelock.getOperationState(operation))] ?? "none");
    const snapshot = await governor.proposalSnapshot(vote.proposalId);
    if (snapshot === 0n)
      return {
        ...{ state: null, snapshot, deadline: 0n, eta: 0n, quorum: null, later },
        votes: { for: 0n, against: 0n, abstain: 0n },
      };
    const state = VOTE_STATES[Number(await governor.state(vote.proposalId))] ?? "pending";
    const votes = await governor.proposalVotes(vote.proposalId);
    return {
      state,
      snapshot,
      deadline: await governor.proposalDeadline(vote.proposalId),
      eta: await governor.proposalEta(vote.proposalId),
      votes: { for: votes.forVotes, against: votes.againstVotes, abstain: votes.abstainVotes },
      quorum: state === "pending" ? null : await governor.quorum(snapshot),
      later,
    };
  });
}

/** How a holder votes, as GovernorCountingSimple numbers it. */
export const CHOICES = ["against", "for", "abstain"] as const;
/** One of CHOICES. */
export type Choice = (typeof CHOICES)[number];

type Sent = Promise<TransactionReceipt | null>;

/**
 * What a member of a DAO does with a vote. Each is sent once. All throw what Transactions.send throws, and VoteStateError where the
 * vote is not as far. A receipt is null where it was done already.
 *
 * @example
 * ```ts
 * import { DaoMember } from "zkmargin/chain";
 *
 * if (open.dao !== undefined) {
 *   const member = new DaoMember(open, transactions);
 *   await member.delegate(transactions.sender); // a balance votes once it is delegated
 * }
 * ```
 */
export class DaoMember {
  readonly #dao: OpenDao;
  readonly #open: OpenMarket;
  readonly #transactions: Transactions;

  /** @throws DeploymentMismatchError if no DAO governs the deployment */
  constructor(open: OpenMarket, transactions: Transactions) {
    [this.#open, this.#transactions, this.#dao] = [open, transactions, openDao(open)];
  }

  /** Gives the sender's votes to somebody, which may be the sender: without it a balance has none. */
  delegate(to: string): Sent {
    const { voteToken: token, deployed } = this.#dao;
    return this.#transactions.send({
      key: `delegate ${deployed.voteToken.address} ${to}`,
      to: deployed.voteToken.address,
      data: interfaceOf(voteToken).encodeFunctionData("delegate", [to]),
      isDone: async () => (await token.delegates(this.#transactions.sender)) === to,
    });
  }

  /** Proposes it. The sender has the threshold's votes, and is the proposer whom its description names. */
  propose(vote: DaoVote): Sent {
    const { targets, values, calldatas, description } = vote;
    return this.#send(
      vote,
      "propose",
      [targets, values, calldatas, description],
      async () => (await this.#progress(vote)).state !== null,
    );
  }

  /** Casts the sender's votes, while it is active. */
  async vote(vote: DaoVote, choice: Choice): Sent {
    const { governor } = this.#dao;
    const { sender } = this.#transactions;
    await this.#require(vote, ["active"]);
    const args = [vote.proposalId, CHOICES.indexOf(choice)];
    return this.#send(vote, "castVote", args, () => governor.hasVoted(vote.proposalId, sender));
  }

  /** Queues in the timelock what has passed. Anybody may call this and the next. */
  async queue(vote: DaoVote): Sent {
    await this.#require(vote, ["succeeded", "queued", "executed"]);
    return this.#send(vote, "queue", partsOf(vote), async () =>
      ["queued", "executed"].includes((await this.#progress(vote)).state ?? ""),
    );
  }

  /**
   * Executes what can be executed now: what passed, and then each step whose delays are over.
   * @returns the steps that were executed now, from 1; 0 is what passed
   */
  async execute(vote: DaoVote): Promise<number[]> {
    const done: number[] = [];
    const { state } = await this.#require(vote, ["queued", "executed"]);
    if (state === "queued") {
      await this.#send(vote, "execute", partsOf(vote));
      done.push(0);
    }
    const { later } = await this.#progress(vote);
    for (const [i, operation] of vote.later.entries()) {
      if (later[i] === "done") continue;
      if (later[i] !== "ready" || (await this.#now()) < operation.notBefore) break;
      const { target, data, predecessor, salt } = operation;
      await this.#transactions.send({
        key: `dao later ${operation.operation}`,
        to: vote.timelock,
        data: TIMELOCK.encodeFunctionData("execute", [target, 0n, data, predecessor, salt]),
        isDone: () => this.#dao.timelock.isOperationDone(operation.operation),
      });
      done.push(operation.step);
    }
    return done;
  }

  #progress(vote: DaoVote): Promise<VoteProgress> {
    return voteProgress(this.#open, vote);
  }

  async #now(): Promise<bigint> {
    return BigInt((await this.#open.connection.provider.getBlock("latest"))?.timestamp ?? 0);
  }

  async #require(vote: DaoVote, states: readonly VoteState[]): Promise<VoteProgress> {
    const progress = await this.#progress(vote);
    if (progress.state === null || !states.includes(progress.state))
      throw new VoteStateError(
        `vote ${vote.proposalId}: expected it ${states.join(" or ")}, got it ${progress.state ?? "not proposed"}`,
      );
    return progress;
  }

  #send(vote: DaoVote, name: string, args: readonly unknown[], isDone?: () => Promise<boolean>): Sent {
    return this.#transactions.send({
      key: `dao ${name} ${vote.governor} ${vote.proposalId} ${name === "castVote" ? args[1] : ""}`.trim(),
      to: vote.governor,
      data: GOVERNOR.encodeFunctionData(name, args),
      ...(isDone && { isDone }),
    });
  }
}

function partsOf({ targets, values, calldatas, descriptionHash }: DaoVote) {
  return [targets, values, calldatas, descriptionHash];
}
