import { RevertedError } from "../errors.js";
import { eventsOf, interfaceOf } from "./binding.js";
import type { OpenDeployment } from "./contracts.js";
import { marketLedger } from "./generated/MarketLedger.js";
import { marketStatus } from "./status.js";
import type { Transactions } from "./transactions/transactions.js";

/** A round that was committed, by us or by somebody else meanwhile. */
export interface Poked {
  readonly number: bigint;
  /** Null if it was not this sender's poke. */
  readonly gas: bigint | null;
  /** That it was mined in; null likewise. */
  readonly block: number | null;
}

/**
 * Commits the round after the newest. If somebody else does so first, that is as good.
 * @throws RevertedError naming the feed's error if one cannot be relied on, or PokedTooSoon or MarketUnmoved
 */
export async function poke(open: OpenDeployment, transactions: Transactions): Promise<Poked> {
  const { round } = await marketStatus(open);
  const next = (round?.number ?? 0n) + 1n;
  const ledger = open.addresses.marketLedger;
  const isDone = async () => ((await marketStatus(open)).round?.number ?? 0n) >= next;
  const submission = {
    key: `poke ${ledger} ${next}`,
    to: ledger,
    data: interfaceOf(marketLedger).encodeFunctionData("poke"),
    isDone,
  };
  try {
    const receipt = await transactions.send(submission);
    const event = receipt && eventsOf(marketLedger, "RoundCommitted", receipt.logs)[0];
    const [gas, block] = [receipt?.gasUsed ?? null, receipt?.blockNumber ?? null];
    return { number: event?.fields.number ?? next, gas, block };
  } catch (error) {
    // Somebody poked between our look and our transaction, which the ledger then refuses as too soon.
    if (error instanceof RevertedError && (await isDone())) return { number: next, gas: null, block: null };
    throw error;
  }
}
