import { Interface } from "ethers";
import { erc20Mock } from "../../../src/chain/generated/index.js";
import { Vault } from "../../../src/chain/vault.js";
import { vaultAccount } from "../../../src/chain/vaultAccount.js";
import { DEPLOYER, type FuzzedChain, KEEPER, OWNER } from "./fuzzChain.js";
import { book, breach, proveWell, refused } from "./fuzzClaims.js";

const ONE = 10n ** 18n;

/** Collateral from the owner or a stranger, of either token. */
export async function deposit(fuzzed: FuzzedChain, account: string): Promise<void> {
  const who = fuzzed.pick([OWNER, KEEPER]);
  const amount = BigInt(1 + fuzzed.below(3)) * ONE;
  await vaultOf(fuzzed, who).deposit(account, fuzzed.pick(tokensOf(fuzzed)), amount);
}

/** A withdrawal in its steps, of which the book and the proof are left out now and then. */
export async function withdraw(fuzzed: FuzzedChain, account: string): Promise<void> {
  const owner = vaultOf(fuzzed, OWNER);
  const token = fuzzed.pick(tokensOf(fuzzed));
  await owner.requestWithdrawal(account, token, ONE / 2n);
  if (fuzzed.below(5) === 0) await owner.cancelWithdrawal(account, token);
  if (fuzzed.below(4) !== 0) await proveAnew(fuzzed, account);
  await owner.executeWithdrawal(account, token);
}

/** A loan in its steps, by the first of the account's attesters. */
export async function borrow(fuzzed: FuzzedChain, account: string): Promise<void> {
  const { attesters } = await fuzzed.contracts.bookRegistry.attestersOf(account);
  const [creditor] = [...attesters];
  if (creditor === undefined) return;
  const owner = vaultOf(fuzzed, OWNER);
  const { debt, creditor: named } = await vaultAccount(fuzzed.chain.open, account);
  if (debt === 0n) await owner.setCreditor(account, creditor);
  const lender = debt === 0n || named === null ? creditor : named;
  const amount = BigInt(100 + fuzzed.below(1_000)) * ONE;
  await owner.requestLoan(account, amount);
  if (fuzzed.below(6) !== 0) await proveAnew(fuzzed, account);
  const [settlement = ""] = tokensOf(fuzzed);
  const data = new Interface(erc20Mock.abi).encodeFunctionData("mint", [lender, amount]);
  await fuzzed.send(DEPLOYER, { to: settlement, data });
  await vaultOf(fuzzed, fuzzed.attester(lender).who).lend(account, amount);
}

export async function repay(fuzzed: FuzzedChain, account: string): Promise<void> {
  await vaultOf(fuzzed, KEEPER).repay(account, BigInt(1 + fuzzed.below(300)) * ONE);
}

/** Puts a token up, buys of it or closes it, as it stands; now and then an attester proves a breach before. */
export async function liquidate(fuzzed: FuzzedChain, account: string): Promise<void> {
  if (fuzzed.below(2) === 0) await breach(fuzzed, account, fuzzed.markets[0]).catch(refused);
  const keeper = vaultOf(fuzzed, KEEPER);
  for (const { token, auction } of (await vaultAccount(fuzzed.chain.open, account)).balances) {
    if (fuzzed.below(4) === 0) continue;
    if (auction === null) {
      await keeper.startAuction(account, token);
      if (fuzzed.below(2) === 0) await takeOf(fuzzed, keeper, account, token);
    } else if (auction.over || fuzzed.below(4) === 0) await keeper.closeAuction(account, token);
    else await keeper.take(account, token, auction.left / BigInt(1 + fuzzed.below(200)));
    await fuzzed.pass(fuzzed.pick([1, 60, 300]));
  }
}

/** Buys a part of what was just put up. */
async function takeOf(fuzzed: FuzzedChain, keeper: Vault, account: string, of: string): Promise<void> {
  await fuzzed.pass(fuzzed.pick([1, 60, 300]));
  const { balances } = await vaultAccount(fuzzed.chain.open, account);
  const auction = balances.find(({ token }) => token === of)?.auction ?? null;
  if (auction !== null) await keeper.take(account, of, auction.left / BigInt(1 + fuzzed.below(200)));
}

export async function cover(fuzzed: FuzzedChain, account: string): Promise<void> {
  const { creditor } = await vaultAccount(fuzzed.chain.open, account);
  if (creditor === null) return;
  await vaultOf(fuzzed, KEEPER).fundInsurance(creditor, ONE);
  await vaultOf(fuzzed, fuzzed.attester(creditor).who).coverShortfall(account);
}

/** A book of a later second, proven at initial margin. */
async function proveAnew(fuzzed: FuzzedChain, account: string): Promise<void> {
  await fuzzed.pass(60);
  await book(fuzzed, account, [0, 0, 0, 30, 120]);
  await proveWell(fuzzed, account);
}

function vaultOf(fuzzed: FuzzedChain, who: number): Vault {
  return new Vault(fuzzed.chain.open, fuzzed.as(who));
}

/** The settlement token, and the other. */
function tokensOf({ chain: { plan } }: FuzzedChain): string[] {
  const { settlement = "", collateral = [] } = plan.vault ?? {};
  return [settlement, ...collateral.map(({ token }) => token)];
}
