import { Command } from "commander";
import { accountArgument, addressArgument } from "../../chain/session.js";
import type { Io } from "../../io.js";
import { act, amountText, tokenNamed, unitsOf, vaultAction } from "./act.js";

/** `zkmargin vault loan`: one creditor's loan to an account. */
export function loanCommand(io: Io): Command {
  const creditor = vaultAction(
    "creditor",
    "Name who may lend to the account: one of its attesters. The owner's, while nothing is owed.",
    "loan creditor 0x… 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .argument("<address>", "the creditor", addressArgument)
    .action((account: string, address: string, options) =>
      act(io, options, async (_, vault) => {
        const receipt = await vault.setCreditor(account, address);
        return { words: `${address} may lend to it`, fields: { account, creditor: address }, receipt };
      }),
    );
  const cancel = vaultAction(
    "cancel",
    "Take the request for a loan back. The owner's.",
    "loan cancel 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .action((account: string, options) =>
      act(io, options, async (_, vault) => {
        const receipt = await vault.cancelLoan(account);
        return { words: "Cancelled the request for a loan", fields: { account }, receipt };
      }),
    );
  const withAmount = (
    name: string,
    description: string,
    said: string,
    method: "requestLoan" | "lend" | "repay",
  ) =>
    vaultAction(name, description, `loan ${name} 0x… 10000 --keystore owner.json`)
      .argument("<account>", "account", accountArgument)
      .argument("<amount>", "amount of the settlement token")
      .action((account: string, amount: string, options) =>
        act(io, options, async (open, vault) => {
          const token = await tokenNamed(open, vault);
          const units = unitsOf(amount, token);
          const receipt = await vault[method](account, units);
          return { words: `${said} ${amountText(units, token)}`, fields: { account, amount }, receipt };
        }),
      );
  return new Command("loan")
    .description("A loan to an account, of one creditor, secured by its collateral.")
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin vault loan creditor 0x… 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keystore owner.json
  $ zkmargin vault loan request 0x… 10000 --keystore owner.json
  $ zkmargin vault loan lend 0x… 10000 --keystore creditor.json`,
    )
    .addCommand(creditor)
    .addCommand(
      withAmount(
        "request",
        "Request a loan: from then on it is counted as owed. The owner's.",
        "Requested",
        "requestLoan",
      ),
    )
    .addCommand(cancel)
    .addCommand(
      withAmount(
        "lend",
        "Pay the requested loan out, once a book newer than the request is proven at initial margin. The creditor's.",
        "Lent",
        "lend",
      ),
    )
    .addCommand(withAmount("repay", "Repay at most what is owed. Anybody may.", "Repaid at most", "repay"));
}
