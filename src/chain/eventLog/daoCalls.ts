import { AbiCoder, type Interface, id, keccak256, ZeroAddress, ZeroHash } from "ethers";
import { interfaceOf } from "../binding.js";
import { accessManager } from "../generated/AccessManager.js";
import type { RiskGovernorEvents } from "../generated/RiskGovernor.js";
import { riskGovernor } from "../generated/RiskGovernor.js";
import { timelockController } from "../generated/TimelockController.js";
import { batchOperation } from "../proposal/daoVote.js";

/** What a DAO's calls are named by, so that an event of the one contract is found again in an event of another. */

const CODER = AbiCoder.defaultAbiCoder();
const MANAGER = interfaceOf(accessManager);
export const GOVERNOR_ABI = interfaceOf(riskGovernor);
export const TIMELOCK_ABI = interfaceOf(timelockController);
/** Nobody: what is minted comes from there, and an open role is of that address. */
export const NOBODY = ZeroAddress;
/** The predecessor of an operation that has none. */
export const NO_OPERATION = ZeroHash;

/** Id of a proposal, and the operation that it becomes in the timelock. */
export function namesOf(event: RiskGovernorEvents["ProposalCreated"], governor: string) {
  const [targets, values, calldatas] = [[...event.targets], [...event.values], [...event.calldatas]];
  const descriptionHash = id(event.description);
  const parts = [targets, values, calldatas, descriptionHash];
  const proposalId = BigInt(keccak256(CODER.encode(["address[]", "uint256[]", "bytes[]", "bytes32"], parts)));
  const operation = batchOperation({ targets, values, calldatas, governor, descriptionHash });
  return { proposalId, operation };
}

/** Names a call of an operation, with its value. */
export function callKey(target: string, value: bigint, data: string): string {
  return `${target} ${value} ${id(data)}`;
}

/** Names a call that somebody makes. */
export function actKey(target: string, data: string): string {
  return `call ${target} ${id(data)}`;
}

/** Names what the access manager schedules. */
export function scheduledKey(target: string, data: string): string {
  return `scheduled ${target} ${id(data)}`;
}

/** All that an executed call is named by: itself, what it calls within the access manager, and what it schedules. */
export function actsOf(target: string, data: string, timelock: string, manager: string): string[] {
  const inner = target === manager ? argumentsOf(MANAGER, "multicall", data)?.[0] : undefined;
  const all = [data, ...(Array.isArray(inner) ? inner.map(String) : [])];
  return all.flatMap((each) => {
    const scheduled = target === timelock ? operationOf(each) : scheduledBy(each);
    return [actKey(target, each), ...(scheduled === undefined ? [] : [scheduled])];
  });
}

/** Call data by which the governor has the timelock cancel an operation. */
export function relayedCancel(timelock: string, operation: string): string {
  const inner = TIMELOCK_ABI.encodeFunctionData("cancel", [operation]);
  return GOVERNOR_ABI.encodeFunctionData("relay", [timelock, 0n, inner]);
}

function scheduledBy(data: string): string | undefined {
  const args = argumentsOf(MANAGER, "schedule", data);
  return args === undefined ? undefined : scheduledKey(String(args[0]), String(args[1]));
}

/** The operation that a call of the timelock schedules. */
function operationOf(data: string): string | undefined {
  const one = argumentsOf(TIMELOCK_ABI, "schedule", data);
  const types = ["address", "uint256", "bytes", "bytes32", "bytes32"];
  if (one !== undefined) return keccak256(CODER.encode(types, one.slice(0, types.length)));
  const many = argumentsOf(TIMELOCK_ABI, "scheduleBatch", data);
  const lists = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"];
  return many === undefined ? undefined : keccak256(CODER.encode(lists, many.slice(0, lists.length)));
}

function argumentsOf(abi: Interface, name: string, data: string): unknown[] | undefined {
  if (!data.startsWith(abi.getFunction(name)?.selector ?? data)) return undefined;
  try {
    return abi.decodeFunctionData(name, data).toArray(true);
  } catch {
    return undefined;
  }
}
