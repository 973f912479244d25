import { dataSlice, isError } from "ethers";
import { PlanMismatchError } from "../../errors.js";
import { isContractRefusal } from "../aggregator.js";
import type { Connection } from "../connection.js";
import { describeRevert } from "../transactions/revert.js";

/** The chain that a plan is checked against. */
export interface Chain {
  readonly provider: Connection["provider"];
  /** Of the newest block, unix seconds. */
  readonly time: bigint;
}

/** @throws PlanMismatchError where an address has no code */
export async function checkCode({ provider }: Chain, address: string, at: string): Promise<void> {
  if ((await provider.getCode(address)) === "0x")
    throw new PlanMismatchError(at, "the address of a contract", `${address}, where there is no code`);
}

/** What a contract answers. @throws PlanMismatchError if it has no such function, or refuses */
export async function answerOf<T>(at: string, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isContractRefusal(error)) throw error;
    const data = isError(error, "CALL_EXCEPTION") ? (error.data ?? "0x") : "0x";
    const said =
      describeRevert(data)?.text ?? (data === "0x" ? "none" : `a refusal, ${dataSlice(data, 0, 4)}`);
    throw new PlanMismatchError(at, `an answer to ${what}()`, said);
  }
}
