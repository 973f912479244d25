import type { Command } from "commander";
import { accountArgument, addressArgument } from "../../chain/session.js";
import type { Io } from "../../io.js";
import { act, amountText, tokenNamed, unitsOf, vaultAction } from "./act.js";

const TOKEN = ["--token <symbol>", "token by symbol or address; the settlement token by default"] as const;

/** `zkmargin vault deposit, request, cancel, withdraw`: an account's collateral. */
export function collateralCommands(io: Io): Command[] {
  const deposit = vaultAction(
    "deposit",
    "Add to an account's collateral. Anybody may.",
    "deposit 0x… 25000 --keystore owner.json",
    "deposit 0x… 1.5 --token BTC --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .argument("<amount>", "amount of the token")
    .option(...TOKEN)
    .action((account: string, amount: string, options) =>
      act(io, options, async (open, vault) => {
        const token = await tokenNamed(open, vault, options.token);
        const units = unitsOf(amount, token);
        const receipt = await vault.deposit(account, token.token, units);
        const words = `Deposited ${amountText(units, token)}`;
        return { words, fields: { account, token: token.token, amount }, receipt };
      }),
    );
  const request = vaultAction(
    "request",
    "Request a withdrawal: from then on it is counted as gone. The owner's.",
    "request 0x… 5000 --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .argument("<amount>", "amount of the token")
    .option(...TOKEN)
    .action((account: string, amount: string, options) =>
      act(io, options, async (open, vault) => {
        const token = await tokenNamed(open, vault, options.token);
        const units = unitsOf(amount, token);
        const receipt = await vault.requestWithdrawal(account, token.token, units);
        const words = `Requested ${amountText(units, token)}`;
        return { words, fields: { account, token: token.token, amount }, receipt };
      }),
    );
  const cancel = vaultAction(
    "cancel",
    "Take a request for a withdrawal back. The owner's.",
    "cancel 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN)
    .action((account: string, options) =>
      act(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.cancelWithdrawal(account, token);
        return { words: `Cancelled the withdrawal of ${symbol}`, fields: { account, token }, receipt };
      }),
    );
  const withdraw = vaultAction(
    "withdraw",
    "Release what was requested, once a book of after the request is proven at initial margin. The owner's.",
    "withdraw 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN)
    .option("--to <address>", "receiver; the sender by default", addressArgument)
    .action((account: string, options) =>
      act(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.executeWithdrawal(account, token, options.to);
        return { words: `Withdrew the ${symbol} requested`, fields: { account, token }, receipt };
      }),
    );
  return [deposit, request, cancel, withdraw];
}
