import type { JsonRpcProvider, TransactionReceipt } from "ethers";
import { NodeUnreachableError, RevertedError, type TransactionRefusedError } from "../../errors.js";
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

/** What a transaction pays at most per gas, wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the chain asks for now. */
export interface AskedFees extends Fees {
  /** Wei per gas, below which no transaction is mined now. */
  readonly least: bigint;
}

const GWEI = 1_000_000_000n;

/** Most that is paid per gas by default, wei. */
export const DEFAULT_FEE_CAP = 500n * GWEI;

/** What the chain asks for now: enough for its base fee to double. */
export async function askedFees(provider: JsonRpcProvider): Promise<AskedFees> {
  const block = await provider.getBlock("latest");
  const base = block?.baseFeePerGas ?? null;
  if (base === null) {
    const price = BigInt(await provider.send("eth_gasPrice", []));
    return { least: price, maxFeePerGas: price, maxPriorityFeePerGas: price };
  }
  const tip = await provider.send("eth_maxPriorityFeePerGas", []).catch((error: unknown) => {
    // Not every node knows of it.
    if (error instanceof NodeUnreachableError && error.kind === "request") return GWEI;
    throw error;
  });
  return { least: base, maxFeePerGas: 2n * base + BigInt(tip), maxPriorityFeePerGas: BigInt(tip) };
}

/** `fees`, at most `cap` wei per gas. */
export function cappedFees({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees {
  const fee = maxFeePerGas < cap ? maxFeePerGas : cap;
  return { maxFeePerGas: fee, maxPriorityFeePerGas: maxPriorityFeePerGas < fee ? maxPriorityFeePerGas : fee };
}

/**
 * Fees with which a node replaces a transaction that offers `paid`: an eighth and a wei more of both. They are no less
 * than the chain asks for now. Null where that would exceed `cap`.
 */
export function bumpedFees(paid: Fees, asked: Fees, cap: bigint): Fees | null {
  const more = (fee: bigint, now: bigint) => {
    const least = fee + fee / 8n + 1n;
    return least > now ? least : now;
  };
  const capped = (fee: bigint) => (fee < cap ? fee : cap);
  const fees = {
    maxFeePerGas: more(paid.maxFeePerGas, capped(asked.maxFeePerGas)),
    maxPriorityFeePerGas: more(paid.maxPriorityFeePerGas, capped(asked.maxPriorityFeePerGas)),
  };
  return fees.maxFeePerGas > cap ? null : fees;
}

/** Why a chain that asks for more than the cap mines nothing now. */
export function aboveCap(least: bigint, cap: bigint): string {
  return `the chain asks for ${gwei(least)} gwei per gas, more than the cap of ${gwei(cap)} (--fee-cap)`;
}

/** Wei per gas in gwei, rounded up to a hundredth. */
function gwei(wei: bigint): string {
  const hundredths = (wei * 100n + GWEI - 1n) / GWEI;
  return String(Number(hundredths) / 100);
}
