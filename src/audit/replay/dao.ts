import { TIMELOCK_ROLES, timelockHolders } from "../../chain/dao.js";
import type { DaoContracts } from "../../chain/deployment.js";
import {
  actKey,
  actsOf,
  callKey,
  GOVERNOR_ABI,
  NO_OPERATION,
  NOBODY,
  namesOf,
  relayedCancel,
  scheduledKey,
  TIMELOCK_ABI,
} from "../../chain/eventLog/daoCalls.js";
import type { RiskGovernorEvents } from "../../chain/generated/RiskGovernor.js";
import type { TimelockControllerEvents } from "../../chain/generated/TimelockController.js";
import type { VoteTokenEvents } from "../../chain/generated/VoteToken.js";
import type { SideContext, SideHandlers } from "./sideContext.js";

/** Hundredths of the supply. */
const WHOLE = 100n;
const CHOICES = 3;
const PROPOSER = /#proposer=(0x[0-9a-fA-F]{40})$/;

/** A vote. Times are unix seconds, votes smallest units of the token. */
interface VoteState {
  readonly proposer: string;
  /** As the timelock names what it would queue. */
  readonly operation: string;
  /** Balances at the end of `start` vote, until the end of `end`. */
  readonly start: number;
  readonly end: number;
  /** Votes, supply and quorum as they were at the end of `start`, of those that have changed since. */
  readonly before: Map<string, bigint>;
  supply: bigint | null;
  quorum: bigint | null;
  readonly voted: Set<string>;
  /** Against, for and abstaining. */
  readonly counts: [bigint, bigint, bigint];
  cancelled: boolean;
  executed: boolean;
}

interface OperationState {
  readonly ready: number;
  readonly predecessor: string;
  readonly calls: Map<number, string>;
  readonly executed: Set<number>;
}

/** Everything of a DAO that later events depend on. */
export interface DaoState {
  readonly votes: Map<string, bigint>;
  supply: bigint;
  /** Votes as they were before the newest second in which some changed. */
  second: { readonly time: number; readonly votes: Map<string, bigint> };
  terms: { delay: number; period: number; threshold: bigint; quorum: bigint; wait: number };
  /** Role and holder. */
  readonly roles: Set<string>;
  handedOver: boolean;
  readonly proposals: Map<string, VoteState>;
  /** Proposal by operation. */
  readonly queued: Map<string, string>;
  readonly operations: Map<string, OperationState>;
}

export function newDao(): DaoState {
  return {
    votes: new Map(),
    supply: 0n,
    second: { time: 0, votes: new Map() },
    terms: { delay: 0, period: 0, threshold: 0n, quorum: 0n, wait: 0 },
    roles: new Set(),
    handedOver: false,
    proposals: new Map(),
    queued: new Map(),
    operations: new Map(),
  };
}

export interface DaoPart {
  readonly dao: DaoState;
}

export const voteTokenHandlers: SideHandlers<VoteTokenEvents, DaoPart> = {
  EIP712DomainChanged: () => undefined,
  Approval: () => undefined,
  DelegateChanged: () => undefined,

  Transfer({ dao }, { from, to, value }, { block: { time } }) {
    if (from !== NOBODY && to !== NOBODY) return;
    for (const vote of dao.proposals.values()) if (time > vote.start) vote.supply ??= dao.supply;
    dao.supply += from === NOBODY ? value : -value;
  },

  DelegateVotesChanged({ dao }, { delegate, previousVotes, newVotes }, { block: { time }, report }) {
    const known = dao.votes.get(delegate) ?? 0n;
    if (known !== previousVotes)
      report("vote-rules", {}, `${known} votes of ${delegate} before`, `${previousVotes}`);
    if (dao.second.time !== time) dao.second = { time, votes: new Map() };
    if (!dao.second.votes.has(delegate)) dao.second.votes.set(delegate, known);
    for (const vote of dao.proposals.values())
      if (time > vote.start && time <= vote.end && !vote.before.has(delegate))
        vote.before.set(delegate, known);
    dao.votes.set(delegate, newVotes);
  },
};

export const governorHandlers: SideHandlers<RiskGovernorEvents, DaoPart> = {
  EIP712DomainChanged: () => undefined,

  ProposalCreated({ dao }, event, { block: { time }, report, dao: contracts }) {
    const { proposer, description } = event;
    const { proposalId, operation } = namesOf(event, contracts?.governor.address ?? NOBODY);
    const same = (what: string, wanted: unknown, got: unknown) => {
      if (String(wanted) !== String(got)) report("vote-rules", {}, `${what} ${wanted}`, String(got));
    };
    same("a proposal of its own calls,", proposalId, event.proposalId);
    const [start, end] = [time + dao.terms.delay, time + dao.terms.delay + dao.terms.period];
    same("a vote from", start, event.voteStart);
    same("a vote until", end, event.voteEnd);
    same(
      "the proposer of its description,",
      PROPOSER.exec(description)?.[1]?.toLowerCase() ?? proposer.toLowerCase(),
      proposer.toLowerCase(),
    );
    const key = String(event.proposalId);
    if (dao.proposals.has(key)) report("vote-rules", {}, "each proposal once", "the same again");
    const current = dao.votes.get(proposer) ?? 0n;
    const held = dao.second.time === time ? (dao.second.votes.get(proposer) ?? current) : current;
    if (held < dao.terms.threshold)
      report("vote-rules", {}, `a proposer with ${dao.terms.threshold} votes`, `${held}`);
    dao.queued.set(operation, key);
    dao.proposals.set(key, {
      ...{ proposer, operation, start: Number(event.voteStart), end: Number(event.voteEnd) },
      ...{ before: new Map(), supply: null, quorum: null, voted: new Set(), counts: [0n, 0n, 0n] },
      ...{ cancelled: false, executed: false },
    });
  },

  VoteCast: cast,
  VoteCastWithParams: cast,

  ProposalQueued({ dao }, { proposalId, etaSeconds }, { report }) {
    const vote = dao.proposals.get(String(proposalId));
    const operation = dao.operations.get(vote?.operation ?? "");
    if (vote === undefined || operation === undefined)
      return report("vote-rules", {}, "what is queued in the timelock", "no word of it");
    if (BigInt(operation.ready) !== etaSeconds)
      report("vote-rules", {}, `queued until ${operation.ready}`, String(etaSeconds));
  },

  ProposalExecuted({ dao }, { proposalId }, { report }) {
    if (dao.proposals.get(String(proposalId))?.executed !== true)
      report("dao-unvoted", {}, "a proposal whose calls the timelock has executed", "another");
  },

  ProposalCanceled({ dao }, { proposalId }, { block: { time }, report }) {
    const vote = dao.proposals.get(String(proposalId));
    if (vote === undefined || time > vote.start)
      report("vote-rules", {}, "a cancellation before the vote begins", "one after it");
    if (vote !== undefined) vote.cancelled = true;
  },

  VotingDelaySet({ dao }, { newVotingDelay }, context) {
    dao.terms.delay = Number(newVotingDelay);
    needGovernor(dao, context, "setVotingDelay", [newVotingDelay]);
  },
  VotingPeriodSet({ dao }, { newVotingPeriod }, context) {
    dao.terms.period = Number(newVotingPeriod);
    needGovernor(dao, context, "setVotingPeriod", [newVotingPeriod]);
  },
  ProposalThresholdSet({ dao }, { newProposalThreshold }, context) {
    dao.terms.threshold = newProposalThreshold;
    needGovernor(dao, context, "setProposalThreshold", [newProposalThreshold]);
  },
  QuorumNumeratorUpdated({ dao }, { newQuorumNumerator }, context) {
    for (const vote of dao.proposals.values())
      if (context.block.time > vote.start) vote.quorum ??= dao.terms.quorum;
    dao.terms.quorum = newQuorumNumerator;
    needGovernor(dao, context, "updateQuorumNumerator", [newQuorumNumerator]);
  },
  TimelockChange({ dao }, { newTimelock }, context) {
    needGovernor(dao, context, "updateTimelock", [newTimelock]);
    if (newTimelock !== context.dao?.timelock.address)
      context.report(
        "dao-roles",
        {},
        `${context.dao?.timelock.address} as the governor's timelock`,
        newTimelock,
      );
  },
};

export const timelockHandlers: SideHandlers<TimelockControllerEvents, DaoPart> = {
  CallSalt: () => undefined,
  RoleAdminChanged: () => undefined,

  CallScheduled({ dao }, { id: operation, index, target, value, data, predecessor, delay }, context) {
    const { block, tx, report, acts } = context;
    const place = Number(index);
    const known = dao.operations.get(operation);
    const call = callKey(target, value, data);
    if (known !== undefined && place > 0) known.calls.set(place, call);
    if (place > 0) return;
    if (known !== undefined) report("dao-unvoted", {}, "each operation scheduled once", "the same again");
    if (Number(delay) < dao.terms.wait)
      report("dao-unvoted", {}, `a wait of at least ${dao.terms.wait} s`, `${delay} s`);
    const calls = new Map([[place, call]]);
    dao.operations.set(operation, {
      ...{ ready: block.time + Number(delay), predecessor, calls, executed: new Set() },
    });
    const vote = dao.proposals.get(dao.queued.get(operation) ?? "");
    if (vote === undefined) acts.needed.push({ tx, key: operation, what: "what it schedules with itself" });
    else if (!hasPassed(dao, vote, block.time))
      report("dao-unvoted", {}, "a proposal that has passed its vote in the timelock", "one that has not");
  },

  CallExecuted({ dao }, { id: operation, index, target, value, data }, context) {
    const { block, tx, report, acts, manager } = context;
    const known = dao.operations.get(operation);
    const place = Number(index);
    const before = dao.operations.get(known?.predecessor ?? "");
    const isDue =
      known !== undefined &&
      block.time >= known.ready &&
      (known.predecessor === NO_OPERATION || (before !== undefined && isDone(before)));
    if (!isDue || known.calls.get(place) !== callKey(target, value, data) || known.executed.has(place))
      report(
        "dao-unvoted",
        {},
        "a call that was scheduled, and has waited",
        `another, or too soon, to ${target}`,
      );
    known?.executed.add(place);
    const vote = dao.proposals.get(dao.queued.get(operation) ?? "");
    if (vote !== undefined && known !== undefined && isDone(known)) vote.executed = true;
    for (const key of actsOf(target, data, context.dao?.timelock.address ?? NOBODY, manager))
      acts.executed.push({ tx, key });
  },

  Cancelled({ dao }, { id: operation }, { tx, acts, dao: contracts }) {
    dao.operations.delete(operation);
    const data = relayedCancel(contracts?.timelock.address ?? NOBODY, operation);
    acts.needed.push({
      tx,
      key: actKey(contracts?.governor.address ?? NOBODY, data),
      what: "a cancellation in the timelock",
    });
  },

  MinDelayChange({ dao }, { newDuration }, context) {
    const { report, dao: contracts } = context;
    if (dao.handedOver) {
      need(
        context,
        contracts?.timelock.address,
        TIMELOCK_ABI.encodeFunctionData("updateDelay", [newDuration]),
      );
      if (Number(newDuration) < dao.terms.wait)
        report("delay-shortened", {}, `a timelock that waits ${dao.terms.wait} s`, `${newDuration} s`);
    }
    dao.terms.wait = Number(newDuration);
  },

  RoleGranted({ dao }, { role, account }, context) {
    dao.roles.add(`${role} ${account}`);
    if (dao.handedOver) changeRole("grantRole", role, account, context);
  },

  RoleRevoked({ dao }, { role, account }, context) {
    dao.roles.delete(`${role} ${account}`);
    if (dao.handedOver) changeRole("revokeRole", role, account, context);
    else dao.handedOver = isHandedOver(dao, context.dao);
  },
};

/** Rounds are committed and accounts opened: by now the deployer must have left the timelock. */
export function requireDao(
  { dao }: DaoPart,
  { dao: contracts, report }: Pick<SideContext, "dao" | "report">,
): void {
  if (contracts === undefined || dao.handedOver) return;
  report(
    "dao-roles",
    {},
    "a timelock of the governor's alone before the first round and account",
    "others in it",
  );
  dao.handedOver = true;
}

/** The access manager schedules for the timelock what the timelock has executed, and nothing else. */
export function needScheduled(
  target: string,
  data: string,
  { tx, acts }: Pick<SideContext, "tx" | "acts">,
): void {
  acts.needed.push({
    tx,
    key: scheduledKey(target, data),
    what: "what the access manager schedules for it",
  });
}

/** At the end of a block: all that needed a vote was executed by the timelock in its transaction. */
export function checkActs({ acts, report }: Pick<SideContext, "acts" | "report">): void {
  for (const { tx, key, what } of acts.needed)
    if (!acts.executed.some((act) => act.tx === tx && act.key === key))
      report("dao-unvoted", {}, `${what} executed by the timelock in its transaction`, "no word of it");
  for (const list of [acts.needed, acts.executed]) list.length = 0;
}

function cast(
  { dao }: DaoPart,
  { voter, proposalId, support, weight }: RiskGovernorEvents["VoteCast"],
  { block: { time }, report }: SideContext,
): void {
  const vote = dao.proposals.get(String(proposalId));
  if (vote === undefined || vote.cancelled || time <= vote.start || time > vote.end)
    return report("vote-rules", {}, "a ballot while its vote is open", "one outside of it");
  if (vote.voted.has(voter)) report("vote-rules", {}, `one ballot of ${voter}`, "another");
  vote.voted.add(voter);
  const held = vote.before.get(voter) ?? dao.votes.get(voter) ?? 0n;
  if (held !== weight)
    report(
      "vote-rules",
      {},
      `a ballot of the ${held} votes that ${voter} had at ${vote.start}`,
      `of ${weight}`,
    );
  const choice = Number(support);
  if (choice >= CHOICES) return report("vote-rules", {}, "a ballot for, against or abstaining", "another");
  vote.counts[choice] = (vote.counts[choice] ?? 0n) + weight;
}

function hasPassed({ supply, terms }: DaoState, vote: VoteState, time: number): boolean {
  const [against, inFavour, abstain] = vote.counts;
  const quorum = ((vote.supply ?? supply) * (vote.quorum ?? terms.quorum)) / WHOLE;
  return !vote.cancelled && time > vote.end && inFavour > against && inFavour + abstain >= quorum;
}

function isDone({ calls, executed }: OperationState): boolean {
  return [...calls.keys()].every((place) => executed.has(place));
}

function isHandedOver({ roles }: DaoState, contracts: DaoContracts | undefined): boolean {
  const expected = contracts === undefined ? [] : expectedRoles(contracts);
  return roles.size === expected.length && expected.every((role) => roles.has(role));
}

function expectedRoles(contracts: DaoContracts): string[] {
  return Object.entries(timelockHolders(contracts)).flatMap(([name, holders]) =>
    holders.map((holder) => `${TIMELOCK_ROLES[name as keyof typeof TIMELOCK_ROLES]} ${holder}`),
  );
}

function changeRole(
  call: "grantRole" | "revokeRole",
  role: string,
  account: string,
  context: SideContext,
): void {
  const { dao: contracts, report } = context;
  need(context, contracts?.timelock.address, TIMELOCK_ABI.encodeFunctionData(call, [role, account]));
  const isExpected = contracts !== undefined && expectedRoles(contracts).includes(`${role} ${account}`);
  if (isExpected !== (call === "grantRole"))
    report("dao-roles", {}, "the roles that the deployment gave", `${call} of ${account}`);
}

/** The governor's constructor sets its terms: afterwards only votes do. */
function needGovernor(dao: DaoState, context: SideContext, call: string, args: readonly unknown[]): void {
  if (dao.handedOver)
    need(context, context.dao?.governor.address, GOVERNOR_ABI.encodeFunctionData(call, args));
}

function need({ tx, acts }: SideContext, target: string | undefined, data: string): void {
  acts.needed.push({ tx, key: actKey(target ?? NOBODY, data), what: "a change of the DAO's terms" });
}
