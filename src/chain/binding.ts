import {
  type BaseContract,
  Contract,
  type ContractTransaction,
  type ContractTransactionResponse,
  getAddress,
  Interface,
  type Log,
  type Provider,
  type Signer,
} from "ethers";

/** The address or runner-bound parts that every contract has. */
export type TypedContract = Pick<BaseContract, "getAddress" | "interface" | "target">;

/** A function that reads. */
export interface View<Arguments extends readonly unknown[], Result> {
  (
    ...args: [...Arguments, overrides?: { readonly blockTag?: number | string; readonly from?: string }]
  ): Promise<Result>;
}

/** A function that changes state. Send it through Transactions: `populateTransaction` gives what that takes. */
export interface Write<Arguments extends readonly unknown[], Result> {
  (...args: Arguments): Promise<ContractTransactionResponse>;
  staticCall(
    ...args: [...Arguments, overrides?: { readonly from?: string; readonly blockTag?: number }]
  ): Promise<Result>;
  estimateGas(...args: Arguments): Promise<bigint>;
  populateTransaction(...args: Arguments): Promise<ContractTransaction>;
}

/** A contract's code and ABI, before it has an address: generated, one for each contract. */
export interface Binding<C extends TypedContract, Events, Constructor extends readonly unknown[]> {
  readonly name: string;
  /** One fragment a line, as ethers and viem read them. */
  readonly abi: readonly string[];
  /** Creation code. */
  readonly bytecode: string;
  /** keccak256 of the runtime code with zeros for immutables, and where these are: [start, length] in bytes. */
  readonly runtime: { readonly hash: string; readonly immutables: readonly (readonly number[])[] };
  /** Types only; never set. */
  readonly types?: { readonly contract: C; readonly events: Events; readonly constructor: Constructor };
}

/** A binding of any contract. */
export type AnyBinding = Pick<
  Binding<TypedContract, unknown, readonly unknown[]>,
  "name" | "abi" | "bytecode" | "runtime"
>;

const interfaces = new WeakMap<readonly string[], Interface>();

/**
 * The parsed interface that encodes a contract's calls and events. It is parsed once, because that takes milliseconds.
 */
export function interfaceOf({ abi }: Pick<AnyBinding, "abi">): Interface {
  let parsed = interfaces.get(abi);
  if (parsed === undefined) {
    parsed = new Interface(abi);
    interfaces.set(abi, parsed);
  }
  return parsed;
}

/** The contract at an address. Sends no request to the chain. */
export function contractAt<C extends TypedContract, E, K extends readonly unknown[]>(
  binding: Binding<C, E, K>,
  address: string,
  runner: Provider | Signer,
): C {
  return new Contract(address, interfaceOf(binding), runner) as unknown as C;
}

/** An event and where it stands. */
export interface TypedEvent<Fields> {
  readonly fields: Fields;
  readonly log: Log;
}

/** The events of one name among logs, in their order. @param address whose alone, where others may be among the logs */
export function eventsOf<
  C extends TypedContract,
  E,
  K extends readonly unknown[],
  N extends keyof E & string,
>(binding: Binding<C, E, K>, name: N, logs: readonly Log[], address?: string): TypedEvent<E[N]>[] {
  const contract = interfaceOf(binding);
  const topic = contract.getEvent(name)?.topicHash;
  const of = address === undefined ? undefined : getAddress(address);
  return logs
    .filter((log) => log.topics[0] === topic && (of === undefined || log.address === of))
    .map((log) => ({ fields: contract.parseLog(log)?.args as E[N], log }));
}

/** The part of ERC-20 that this package uses, and the ERC-6093 errors with which newer tokens revert. */
export const ERC20_ABI = [
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidSpender(address spender)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
  "function transfer(address to, uint256 amount) returns (bool)",
] as const;
