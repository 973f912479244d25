import { Interface, isError } from "ethers";
import { InsufficientFundsError, RevertedError } from "../../errors.js";
import * as generated from "../generated/index.js";

/** Every custom error of every contract, so that a refusal has a name wherever it comes from. */
const ERRORS = new Interface([
  ...new Set(
    Object.values(generated).flatMap((binding) =>
      typeof binding === "object" && "abi" in binding
        ? binding.abi.filter((fragment) => fragment.startsWith("error "))
        : [],
    ),
  ),
]);

/** What a contract's revert data says, such as `RoundTooOld(3, 7)`; null where it is no error that is known. */
export function describeRevert(data: string): { readonly name: string; readonly text: string } | null {
  try {
    const error = ERRORS.parseError(data);
    return error && { name: error.name, text: `${error.name}(${error.args.map(String).join(", ")})` };
  } catch {
    return null;
  }
}

/** `error` as a RevertedError or InsufficientFundsError if it is one in the words of a node; otherwise itself. */
export function asChainError(error: unknown, what: string): unknown {
  if (isError(error, "INSUFFICIENT_FUNDS"))
    return new InsufficientFundsError(`${what}: the sender cannot pay for gas; fund it`);
  if (!isError(error, "CALL_EXCEPTION")) return error;
  const known = error.data ? describeRevert(error.data) : null;
  return new RevertedError(
    what,
    known?.name ?? error.reason ?? null,
    known?.text ?? error.reason ?? (error.data ? `with data ${error.data.slice(0, 10)}` : "without a reason"),
  );
}

/** Runs a call of a contract; a refusal is thrown as RevertedError. */
export async function calling<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asChainError(error, what);
  }
}
