import { Command } from "commander";
import { addressArgument } from "../../chain/session.js";
import type { Io } from "../../io.js";
import { act, amountText, tokenNamed, unitsOf, vaultAction } from "./act.js";

/** `zkmargin vault insurance` and `claim`: what creditors and keepers put in and take out. */
export function insuranceCommands(io: Io): Command[] {
  const fund = vaultAction(
    "fund",
    "Add to the fund that covers a creditor's shortfalls. Anybody may.",
    "insurance fund 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 5000 --keystore creditor.json",
  )
    .argument("<creditor>", "whose shortfalls it covers", addressArgument)
    .argument("<amount>", "amount of the settlement token")
    .action((creditor: string, amount: string, options) =>
      act(io, options, async (open, vault) => {
        const token = await tokenNamed(open, vault);
        const units = unitsOf(amount, token);
        const receipt = await vault.fundInsurance(creditor, units);
        return { words: `Added ${amountText(units, token)}`, fields: { creditor, amount }, receipt };
      }),
    );
  const withdraw = vaultAction(
    "withdraw",
    "Pay the sender's fund out, while nobody owes the sender anything.",
    "insurance withdraw 5000 --keystore creditor.json",
  )
    .argument("<amount>", "amount of the settlement token")
    .action((amount: string, options) =>
      act(io, options, async (open, vault) => {
        const token = await tokenNamed(open, vault);
        const units = unitsOf(amount, token);
        const receipt = await vault.withdrawInsurance(units);
        return { words: `Paid out ${amountText(units, token)}`, fields: { amount }, receipt };
      }),
    );
  const claim = vaultAction(
    "claim",
    "Pay out the repayments and incentives that the vault holds for the sender.",
    "claim --keystore creditor.json",
  ).action((options) =>
    act(io, options, async (_, vault) => ({ words: "Paid out", receipt: await vault.claim() })),
  );
  const insurance = new Command("insurance")
    .description("A creditor's fund for shortfalls.")
    .addHelpText(
      "after",
      "\nExample:\n  $ zkmargin vault insurance fund 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 5000 --keystore creditor.json",
    )
    .addCommand(fund)
    .addCommand(withdraw);
  return [insurance, claim];
}
