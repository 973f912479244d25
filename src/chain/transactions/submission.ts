import type { JsonRpcProvider, TransactionReceipt } from "ethers";
import { RevertedError, type TransactionRefusedError } from "../../errors.js";
import type { JournalEntry } from "../journal.js";
import { asChainError } from "./revert.js";

/** A transaction to be sent only once. */
export interface Submission {
  /** Names what is sent: nothing is sent twice under one key. */
  readonly key: string;
  /** Null creates a contract. */
  readonly to: string | null;
  readonly data: string;
  /** Asks the chain whether the effect is there already, by whatever sender. */
  readonly isDone?: () => Promise<boolean>;
}

/** How long a sender waits for a transaction, and what it pays at most. */
export interface TransactionOptions {
  /** Blocks that must stand on a receipt, its own included. 1 by default. */
  readonly confirmations?: number;
  /** Looks at the chain without a receipt before more is paid. */
  readonly bumpAfter?: number;
  /** Looks at the chain before giving up; the journal carries on in the next run. */
  readonly patience?: number;
  /** Most that is ever paid per gas, wei. 500 gwei by default. */
  readonly feeCap?: bigint;
  /** Blocks that must stand on a nonce that another transaction used up before what was signed for it is given up. */
  readonly lostAfter?: number;
  /** Signs and sends nothing: the first transaction to be sent is thrown as {@link DryRun}. */
  readonly dryRun?: boolean;
}

/** What a node says of a transaction that it, or the chain, has already. */
const KNOWN =
  /already (known|imported|exists)|known transaction|nonce (is )?too low|nonce has already|old ?nonce|replacement .*underpriced|could not replace/i;
/** What no node takes, however often it is offered. */
const NEVER =
  /type not supported|unsupported (transaction|tx)|intrinsic gas|exceeds? (the )?block gas limit|invalid (sender|signature|chain ?id|transaction type)|chain ?id .*(mismatch|not)|oversized|initcode|method .*(does not exist|not (found|available|supported))/i;
const NEVER_CODES = [-32_600, -32_601, -32_602];

/** What a node's refusal of a signed transaction means. */
export function refusalKind({ said, code }: TransactionRefusedError): "known" | "never" | "not now" {
  if (KNOWN.test(said)) return "known";
  return NEVER.test(said) || NEVER_CODES.includes(code) ? "never" : "not now";
}

/** The receipt of one of an entry's attempts, the newest first; null if none is mined. */
export async function receiptOf(
  provider: JsonRpcProvider,
  { attempts }: Pick<JournalEntry, "attempts">,
): Promise<TransactionReceipt | null> {
  for (const { hash } of [...attempts].reverse()) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
  }
  return null;
}

/** Deep enough, and still of the chain: its block is the one that stands at its height. */
export async function isConfirmed(
  provider: JsonRpcProvider,
  { blockNumber, blockHash }: TransactionReceipt,
  confirmations: number,
): Promise<boolean> {
  if (confirmations > 1 && (await provider.getBlockNumber()) - blockNumber + 1 < confirmations) return false;
  const block = await provider.getBlock(blockNumber);
  return block?.hash === blockHash;
}

/** Why a mined transaction failed: its call again, in the state of its block. */
export async function failureOf(
  provider: JsonRpcProvider,
  from: string,
  { key, to, data }: Submission,
  { blockNumber }: TransactionReceipt,
): Promise<unknown> {
  try {
    await provider.call({ from, to, data, blockTag: blockNumber });
  } catch (error) {
    return asChainError(error, key);
  }
  return new RevertedError(key, null, `in block ${blockNumber}, by the state it was mined in`);
}
