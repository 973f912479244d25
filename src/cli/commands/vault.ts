import { Command } from "commander";
import type { Io } from "../io.js";
import { auctionCommand } from "./vault/auction.js";
import { collateralCommands } from "./vault/collateral.js";
import { insuranceCommands } from "./vault/insurance.js";
import { loanCommand } from "./vault/loan.js";
import { showCommand } from "./vault/show.js";

/** `zkmargin vault`: collateral, loans and auctions behind the gate. */
export function vaultCommand(io: Io): Command {
  const command = new Command("vault").description(
    "Collateral, loans and auctions of accounts, in the vault of a deployment.",
  );
  const groups = [
    showCommand(io),
    ...collateralCommands(io),
    loanCommand(io),
    auctionCommand(io),
    ...insuranceCommands(io),
  ];
  for (const group of groups) command.addCommand(group);
  return command.addHelpText(
    "after",
    `
Amounts are decimals of the token, such as 2.5. A withdrawal or a loan takes three steps: request it; have a book
attested that is newer than the request, and prove it at the vault's initial margin; then withdraw or lend.

Examples:
  $ zkmargin vault deposit 0x… 25000 --keystore owner.json
  $ zkmargin vault request 0x… 5000 --keystore owner.json
  $ zkmargin vault withdraw 0x… --keystore owner.json

Exit codes: 0 done, or done before; 2 and 3 wrong options or files, 8 the vault refuses, or chain, key or node.`,
  );
}
