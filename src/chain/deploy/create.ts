import { getCreateAddress, keccak256 } from "ethers";
import { DeploymentMismatchError } from "../../errors.js";
import { type Binding, interfaceOf, type TypedContract } from "../binding.js";
import type { Connection } from "../connection.js";
import type { Deployed } from "../deployment.js";
import type { DeploySender } from "./rehearsal.js";

/** One deployed contract, as reported during a deployment. */
export interface DeployStep {
  readonly name: string;
  readonly address: string;
  readonly gas: bigint;
}

/** Creates a contract, once for its name, code and arguments. */
export type Create = <C extends TypedContract, E, K extends readonly unknown[]>(
  name: string,
  binding: Binding<C, E, K>,
  args: K,
) => Promise<Deployed>;

/** A {@link Create} on a chain. */
export function creator(
  { provider }: Pick<Connection, "provider">,
  transactions: DeploySender,
  onStep: (step: DeployStep) => void = () => {},
): Create {
  return async (name, binding, args) => {
    const data = binding.bytecode + interfaceOf(binding).encodeDeploy(args).slice(2);
    const receipt = await transactions.send({ key: `deploy ${name} ${short(data)}`, to: null, data });
    const address = receipt?.contractAddress;
    if (receipt === null || address == null)
      throw new DeploymentMismatchError(`${name}: expected a new contract, got none; use another journal`);
    onStep({ name, address, gas: receipt.gasUsed });
    const codeHash = keccak256(await provider.getCode(address));
    return { contract: binding.name, address, codeHash, block: receipt.blockNumber };
  };
}

/** Enough of a hash to tell one transaction from another. */
export function short(data: string): string {
  return keccak256(data).slice(2, 18);
}

/** Where the sender's next contracts will stand: the address of the one that it creates after so many others. */
export async function addressesAhead(
  { provider }: Pick<Connection, "provider">,
  sender: string,
): Promise<(after: number) => string> {
  const nonce = await provider.getTransactionCount(sender, "pending");
  return (after) => getCreateAddress({ from: sender, nonce: nonce + after });
}

/** A struct of contract integers. */
export function bigints<T extends object>(numbers: T): { readonly [K in keyof T]: bigint } {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)])) as {
    [K in keyof T]: bigint;
  };
}
