import { keccak256 } from "ethers";
import { DeploymentMismatchError } from "../../errors.js";
import { type Binding, interfaceOf, type TypedContract } from "../binding.js";
import type { Deployed } from "../deployment.js";
import type { Connection } from "../provider.js";
import type { DeploySender } from "./rehearsal.js";

/** One contract that stands, as deployment goes on. */
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

/** Enough of a hash to tell one thing that is sent from another. */
export function short(data: string): string {
  return keccak256(data).slice(2, 18);
}
