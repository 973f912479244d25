import { Interface, isError } from "ethers";
import { DeploymentMismatchError, InsufficientFundsError, RevertedError } from "../../errors.js";
import { STATUS_NAMES } from "../generated/enums.js";
import * as generated from "../generated/index.js";
import { ERC20_ABI } from "../tokenAbi.js";
import { HINTS } from "./hints.js";

/** Of the contracts of others that feeds ask. */
const FOREIGN = ["error PriceFeedNotFound()", "error StalePrice()"];

/** Every custom error of every contract, of tokens and of feeds, so that a refusal has a name wherever it comes from. */
export const ERRORS = new Interface([
  ...new Set(
    [...Object.values(generated).flatMap(({ abi }) => abi), ...ERC20_ABI, ...FOREIGN].filter((fragment) =>
      fragment.startsWith("error "),
    ),
  ),
]);

/** What a contract's revert data says, such as `RoundTooOld(3, 7)`; null where it is no error that is known. */
export function describeRevert(data: string): { readonly name: string; readonly text: string } | null {
  try {
    const error = ERRORS.parseError(data);
    if (error === null) return null;
    const { name, args, fragment } = error;
    const said = args.map((value, i) =>
      fragment.inputs[i]?.name === "status" ? (STATUS_NAMES[Number(value)] ?? value) : String(value),
    );
    return { name, text: `${name}(${said.join(", ")})` };
  } catch {
    return null;
  }
}

/**
 * `error` as a RevertedError, an InsufficientFundsError, or a DeploymentMismatchError where no contract answers, if it is
 * one of these in the words of a node; otherwise itself.
 */
export function asChainError(error: unknown, what: string): unknown {
  if (isError(error, "INSUFFICIENT_FUNDS"))
    return new InsufficientFundsError(`${what}: the sender cannot pay for gas; fund it`);
  if (isError(error, "BAD_DATA"))
    return new DeploymentMismatchError(
      `${what}: expected a contract's answer, got another; is the address right, and of this chain?`,
    );
  if (!isError(error, "CALL_EXCEPTION")) return error;
  const data = error.data ?? "0x";
  const known = describeRevert(data);
  const unnamed = data === "0x" ? "without a reason" : `with data ${data.slice(0, 10)}`;
  const hint = HINTS[known?.name ?? ""];
  const detail = known?.text ?? unnamed;
  return new RevertedError(what, known?.name ?? null, hint === undefined ? detail : `${detail}; ${hint}`);
}

/** Runs a call of a contract; a refusal is thrown as RevertedError. */
export async function calling<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asChainError(error, what);
  }
}
