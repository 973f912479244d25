import type { ProvenClaim } from "../../src/chain/submit.js";
import { submit } from "../../src/chain/submit.js";
import { Vault } from "../../src/chain/vault.js";
import { exampleBook } from "./desk.js";
import type { LocalChain } from "./localChain.js";

const ONE = 10n ** 18n;

/** The institution's loan of 60 000 from the custodian against 2 BTC, which are some 90 000. Returns the account. */
export async function borrow(chain: LocalChain, btc: string): Promise<string> {
  const owner = new Vault(chain.open, chain.transactionsOf(chain.institution));
  await chain.move("2021-05-17", 10_000n);
  const account = await chain.attest(exampleBook("cash-and-carry", { sequence: 1 }));
  await owner.deposit(account, btc, 2n * ONE);
  await owner.setCreditor(account, chain.custodian.address);
  await owner.requestLoan(account, 60_000n * ONE);
  await chain.pass(60);
  await chain.attest(exampleBook("cash-and-carry", { sequence: 2 }));
  const claim = await chain.proofOf(account, { theta: 11_000 });
  await submit(chain.open, chain.transactionsOf(chain.keeper), claim);
  await new Vault(chain.open, chain.transactionsOf(chain.custodian)).lend(account, 60_000n * ONE);
  return account;
}

/** The market falls on another book of the borrower. Returns a proof of ill health, which nobody has submitted. */
export async function fallIll(chain: LocalChain, account: string): Promise<ProvenClaim> {
  await chain.pass(60);
  await chain.attest(exampleBook("leveraged-long", { account: "cash-and-carry", sequence: 3 }));
  await chain.move("2021-05-19", 8_000n);
  return chain.proofOf(account, { healthy: false });
}
