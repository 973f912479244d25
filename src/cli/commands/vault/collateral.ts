import type { Command } from "commander";
import { accountArgument, addressArgument } from "../../chain/session.js";
import type { Io } from "../../io.js";
import { act, amountText, TOKEN_OPTION, tokenNamed, unitsOf, vaultAction } from "./act.js";

/** `zkmargin vault deposit, request, cancel, withdraw`: an account's collateral. */
export function collateralCommands(io: Io): Command[] {
  const withAmount = (
    name: string,
    description: string,
    said: string,
    method: "deposit" | "requestWithdrawal",
    ...examples: readonly string[]
  ) =>
    vaultAction(name, description, ...examples)
      .argument("<account>", "account", accountArgument)
      .argument("<amount>", "amount of the token")
      .option(...TOKEN_OPTION)
      .action((account: string, amount: string, options) =>
        act(io, options, async (open, vault) => {
          const token = await tokenNamed(open, vault, options.token);
          const units = unitsOf(amount, token);
          const receipt = await vault[method](account, token.token, units);
          const words = `${said} ${amountText(units, token)}`;
          return { words, fields: { account, token: token.token, amount }, receipt };
        }),
      );
  const deposit = withAmount(
    "deposit",
    "Add to an account's collateral. Anybody may.",
    "Deposited",
    "deposit",
    "deposit 0x… 25000 --keystore owner.json",
    "deposit 0x… 1.5 --token BTC --keystore owner.json",
  );
  const request = withAmount(
    "request",
    "Request a withdrawal: from then on it is counted as gone. The owner's.",
    "Requested",
    "requestWithdrawal",
    "request 0x… 5000 --keystore owner.json",
  );
  const cancel = vaultAction(
    "cancel",
    "Take a request for a withdrawal back. The owner's.",
    "cancel 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
    .action((account: string, options) =>
      act(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.cancelWithdrawal(account, token);
        return { words: `Cancelled the withdrawal of ${symbol}`, fields: { account, token }, receipt };
      }),
    );
  const withdraw = vaultAction(
    "withdraw",
    "Release what was requested, once a book newer than the request is proven at initial margin. The owner's.",
    "withdraw 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
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
