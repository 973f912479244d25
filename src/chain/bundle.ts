import { MarketMismatchError } from "../errors.js";
import type { Bundle } from "../prove/bundle.js";
import type { OpenDeployment } from "./contracts.js";
import { accountStatus } from "./status.js";
import type { ProvenClaim } from "./submit.js";

/**
 * A bundle made against a round, as what is to be submitted for an account.
 * @throws MarketMismatchError if it was made against another market, or of another book than the attested one
 */
export async function provenClaim(
  open: OpenDeployment,
  account: string,
  bundle: Pick<Bundle, "claim" | "commitment" | "market" | "proof">,
): Promise<ProvenClaim> {
  const source = bundle.market?.source;
  const { marketLedger } = open.addresses;
  const here = `a round of ${marketLedger} on chain ${open.connection.chainId}`;
  if (source === undefined || !("round" in source))
    throw new MarketMismatchError("bundle.market", here, "another market", "prove against `zkmargin round`");
  if (
    source.chainId !== open.connection.chainId.toString() ||
    source.ledger.toLowerCase() !== marketLedger.toLowerCase()
  )
    throw new MarketMismatchError("bundle.market", here, "a round of another ledger", "give its deployment");
  const { book } = await accountStatus(open, account);
  if (book.commitment !== bundle.commitment)
    throw new MarketMismatchError(
      "bundle.commitment",
      "that of the account's attested book",
      "another",
      "attest the book first, or prove the attested one",
    );
  const { claim, proof } = bundle;
  return { account, round: BigInt(source.round), sequence: book.sequence, claim, proof };
}
