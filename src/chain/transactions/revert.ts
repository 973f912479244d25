import { decodeBytes32String, type ErrorDescription, Interface, isError } from "ethers";
import { DeploymentMismatchError, InsufficientFundsError, RevertedError } from "../../errors.js";
import { STATUS_NAMES } from "../../protocol/status.js";
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
export function describeRevert(data: string): Revert | null {
  try {
    const error = ERRORS.parseError(data);
    if (error === null) return null;
    const { name, args, fragment } = error;
    const said = args.map((value, i) => {
      const of = fragment.inputs[i]?.name;
      if (of === "status") return STATUS_NAMES[Number(value)] ?? value;
      return of === "term" ? decodeBytes32String(value) : String(value);
    });
    return { name, text: `${name}(${said.join(", ")})`, wait: waitOf(error) };
  } catch {
    return null;
  }
}

/** What a contract's revert data says. */
export interface Revert {
  readonly name: string;
  readonly text: string;
  /** Seconds after which it would not say so any more, of errors that give the times; else null. */
  readonly wait: bigint | null;
}

/** From the time at which an error says that something may be, and the time it was asked at. */
function waitOf({ args, fragment }: ErrorDescription): bigint | null {
  const named = (name: string) => {
    const at = fragment.inputs.findIndex((input) => input.name === name);
    return at === -1 ? undefined : BigInt(args[at]);
  };
  const [upSince, grace, time] = ["upSince", "grace", "time"].map(named);
  const earliest = named("earliest") ?? named("effectiveAt") ?? named("until");
  if (time === undefined) return null;
  const from = upSince !== undefined && grace !== undefined ? upSince + grace + 1n : earliest;
  return from === undefined || from <= time ? null : from - time;
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
  const wait = known?.wait ?? null;
  const hint = wait === null ? HINTS[known?.name ?? ""] : waitHint(wait, HINTS[known?.name ?? ""]);
  const detail = known?.text ?? unnamed;
  return new RevertedError(what, known?.name ?? null, hint === undefined ? detail : `${detail}; ${hint}`);
}

function waitHint(wait: bigint, hint: string | undefined): string {
  const rest = hint?.replace(/^wait,? ?/, "") ?? "";
  return rest === "" ? `wait ${wait} s` : `wait ${wait} s, ${rest}`;
}

/** Runs a call of a contract; a refusal is thrown as RevertedError. */
export async function calling<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asChainError(error, what);
  }
}
