import { Interface } from "ethers";
import { contractAt, ERC20_ABI, type TypedContract, type View } from "./binding.js";
import type { OpenDeployment } from "./contracts.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";

/** What is read of an ERC-20 token. */
interface Erc20 extends TypedContract {
  readonly allowance: View<[owner: string, spender: string], bigint>;
  readonly balanceOf: View<[owner: string], bigint>;
  readonly decimals: View<[], bigint>;
  readonly symbol: View<[], string>;
}

/** A token's name and unit, as people use them. */
export interface TokenInfo {
  readonly token: string;
  readonly symbol: string;
  readonly decimals: number;
}

const ERC20 = new Interface(ERC20_ABI);

/** A token at an address, to be read. */
export function tokenAt({ connection }: Pick<OpenDeployment, "connection">, address: string): Erc20 {
  return contractAt({ name: "ERC20", abi: ERC20_ABI, ...NO_CODE }, address, connection.provider);
}

/** @throws RevertedError for what is no token with a symbol */
export function tokenInfo(open: Pick<OpenDeployment, "connection">, token: string): Promise<TokenInfo> {
  return calling(`token ${token}`, async () => {
    const contract = tokenAt(open, token);
    const [symbol, decimals] = await Promise.all([contract.symbol(), contract.decimals()]);
    return { token, symbol, decimals: Number(decimals) };
  });
}

/**
 * Lets `spender` take exactly `amount` of the sender's, if it may not take as much already. Some tokens change an
 * allowance only from zero or to it, so that one that is too small is first taken away.
 * @throws what Transactions.send throws
 */
export async function approve(
  open: Pick<OpenDeployment, "connection">,
  transactions: Transactions,
  token: string,
  spender: string,
  amount: bigint,
): Promise<void> {
  const allowance = () => tokenAt(open, token).allowance(transactions.sender, spender);
  // What a run before this one left under way is finished first, and need not be what is wanted now.
  for (let tries = 0; tries < APPROVALS; tries++) {
    const allowed = await calling(`allowance of ${token}`, allowance);
    if (allowed >= amount) return;
    const step = allowed === 0n ? amount : 0n;
    const { key } = await transactions.occasion(`approve ${token} ${spender} ${step}`);
    await transactions.send({
      key,
      to: token,
      data: ERC20.encodeFunctionData("approve", [spender, step]),
      isDone: async () => (await allowance()) === step,
    });
  }
}

/** Tries: two that were left under way, and two of its own. */
const APPROVALS = 4;
const NO_CODE = { bytecode: "0x", runtime: { hash: "0x", immutables: [] } } as const;
