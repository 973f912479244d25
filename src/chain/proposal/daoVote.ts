import { AbiCoder, concat, id, keccak256, ZeroHash } from "ethers";
import { canonicalJson } from "../../encoding/strictJson.js";
import { MissingFieldError, StatementMismatchError } from "../../errors.js";
import { interfaceOf } from "../binding.js";
import { timelockController } from "../generated/TimelockController.js";
import { type Proposal, proposalToJson, type WrittenVote } from "./file.js";

const TIMELOCK = interfaceOf(timelockController);
const CODER = AbiCoder.defaultAbiCoder();
/** Call data's selector, in hex digits and 0x. */
const SELECTOR = 10;

/** An operation that the timelock schedules when the vote is executed, and that anybody executes once its time has come. */
export interface LaterOperation {
  /** Of the file, from 1. */
  readonly step: number;
  /** As the timelock names it. */
  readonly operation: string;
  readonly target: string;
  readonly data: string;
  readonly predecessor: string;
  readonly salt: string;
  /** Unix seconds from which on the access manager lets it be executed. */
  readonly notBefore: bigint;
}

/** A vote: what the governor takes, and what follows from it. */
export interface DaoVote extends WrittenVote {
  readonly later: readonly LaterOperation[];
}

/** Who votes: the DAO of a deployment, and who proposes in it. */
export type Dao = Pick<WrittenVote, "governor" | "timelock" | "proposer" | "wait">;

/**
 * The vote on the governor's steps of a proposal. For each step it has two calls of the timelock: it schedules the profile with
 * the access manager, and with itself the execution, which nobody need vote on again. Executions follow each other in order.
 * @throws MissingFieldError if no step is the governor's, or the proposal has no chain
 *
 * @example
 * ```ts
 * import { daoVoteOf } from "zkmargin/chain";
 *
 * if (proposal.dao !== undefined) console.log(daoVoteOf(proposal, proposal.dao).proposalId === proposal.dao.proposalId);
 * ```
 */
export function daoVoteOf(proposal: Omit<Proposal, "dao">, dao: Dao, path = "proposal"): DaoVote {
  const manager = proposal.chain?.accessManager;
  const sets = proposal.steps.flatMap((step, i) => (step.kind === "set" ? [{ step, number: i + 1 }] : []));
  if (manager === undefined || sets.length === 0)
    throw new MissingFieldError(
      `${path}.steps`,
      "a step of the governor's to vote on",
      manager === undefined ? "a proposal without a chain" : "none: the guardian tightens without a vote",
    );
  const targets: string[] = [];
  const calldatas: string[] = [];
  const later: LaterOperation[] = [];
  let predecessor: string = ZeroHash;
  for (const { step, number } of sets) {
    const [schedule, execute] = step.transactions;
    const [scheduled, data] = [schedule?.data ?? "0x", execute?.data ?? "0x"];
    // What is scheduled has its time in it, so that the same profile can be set again another time.
    const salt = keccak256(scheduled);
    const args = [manager, 0n, data, predecessor, salt] as const;
    const operation = keccak256(CODER.encode(["address", "uint256", "bytes", "bytes32", "bytes32"], args));
    targets.push(manager, dao.timelock);
    calldatas.push(scheduled, TIMELOCK.encodeFunctionData("schedule", [...args, dao.wait]));
    const notBefore = execute?.notBefore ?? 0n;
    later.push({ step: number, operation, target: manager, data, predecessor, salt, notBefore });
    predecessor = operation;
  }
  const values = targets.map(() => 0n);
  const description = descriptionOf(proposal, dao);
  const descriptionHash = id(description);
  const encoded = CODER.encode(
    ["address[]", "uint256[]", "bytes[]", "bytes32"],
    [targets, values, calldatas, descriptionHash],
  );
  const proposalId = BigInt(keccak256(encoded));
  return { ...dao, targets, values, calldatas, description, descriptionHash, proposalId, later };
}

/**
 * What voters read. It names the file by its digest, so that no other file has this vote, and ends with who proposes it: then
 * nobody else can propose the same first, and cancel it.
 */
function descriptionOf(proposal: Omit<Proposal, "dao">, { proposer }: Dao): string {
  const { live, target, epoch, steps } = proposal;
  const sets = steps.filter(({ kind }) => kind === "set").length;
  const digest = id(canonicalJson(proposalToJson(proposal)));
  const what = `Risk profile: from ${live.name} of epoch ${epoch} to ${target.name}, ${sets} of ${steps.length} steps by vote`;
  return `${what}. zkmargin/proposal@1 ${digest} #proposer=${proposer.toLowerCase()}`;
}

/**
 * The vote of a proposal that was read: every byte of it is derived again from the rest of the file.
 * @throws StatementMismatchError naming the first field that differs
 */
export function checkedVote({ dao, ...proposal }: Proposal, path: string): DaoVote | undefined {
  if (dao === undefined) return undefined;
  const { governor, timelock, proposer, wait } = dao;
  const at = `${path}.dao`;
  const same = (field: string, expected: string, got: string) => {
    if (expected !== got)
      throw new StatementMismatchError(
        `${at}.${field}`,
        expected,
        got,
        "do not vote for it: it was edited, or made by another version",
      );
  };
  same("timelock", proposal.chain?.governor ?? "none", timelock);
  const expected = daoVoteOf(proposal, { governor, timelock, proposer, wait }, path);
  for (const list of ["targets", "values", "calldatas"] as const) {
    same(list, `${expected[list].length} of them`, `${dao[list].length} of them`);
    expected[list].forEach((value, i) => {
      const [wanted, got] = [String(value), String(dao[list][i])];
      if (list !== "calldatas") return same(`${list}[${i}]`, wanted, got);
      // Call data is long; where it differs says enough.
      same(`${list}[${i}]`, wanted.slice(0, SELECTOR), got.slice(0, SELECTOR));
      const byte = [...wanted].findIndex((digit, n) => digit !== got[n]);
      same(
        `${list}[${i}]`,
        "the call data of its step",
        byte === -1 && got.length === wanted.length
          ? "the call data of its step"
          : `another from byte ${Math.max(byte - 2, 0) >> 1} on`,
      );
    });
  }
  same("description", expected.description, dao.description);
  same("descriptionHash", expected.descriptionHash, dao.descriptionHash);
  same("proposalId", String(expected.proposalId), String(dao.proposalId));
  return expected;
}

/** Names all calls of a vote, as a timelock names the batch that it queues. @param salt by the governor, of the description's hash */
export function batchOperation({
  targets,
  values,
  calldatas,
  governor,
  descriptionHash,
}: Pick<WrittenVote, "targets" | "values" | "calldatas" | "governor" | "descriptionHash">): string {
  const salt = BigInt(concat([governor, "0x000000000000000000000000"])) ^ BigInt(descriptionHash);
  const args = [targets, values, calldatas, ZeroHash, `0x${salt.toString(16).padStart(64, "0")}`];
  return keccak256(CODER.encode(["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"], args));
}
