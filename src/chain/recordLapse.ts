import type { TransactionReceipt } from "ethers";
import type { OpenDeployment } from "./contracts.js";
import type { Transactions } from "./transactions/transactions.js";

/**
 * Has the gate record that an account's proof has lapsed, or that its time to answer a margin call or a breach has run
 * out. The gate finds a lapse by looking back over the ledger's rounds, which forgets old rounds; once it is recorded, it
 * stands, and no outage restarts the clock. Anybody may call this, and the account stays as it is.
 *
 * @param account 32 bytes, hex: see accountId
 * @returns the receipt, or null if a run before this one had it mined
 * @throws RevertedError naming NothingToNote if there is nothing to record, and what Transactions.send throws
 */
export async function recordLapse(
  { addresses, contracts }: OpenDeployment,
  transactions: Transactions,
  account: string,
): Promise<TransactionReceipt | null> {
  const { to, data } = await contracts.marginGate.note.populateTransaction(account);
  const { key } = await transactions.occasion(`record lapse ${addresses.marginGate} ${account}`);
  return transactions.send({ key, to, data });
}
