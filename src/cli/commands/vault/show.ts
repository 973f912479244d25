import { Command } from "commander";
import type { TokenInfo } from "../../../chain/token.js";
import {
  type VaultAuction,
  type VaultBalance,
  type VaultRequest,
  type VaultStanding,
  vaultStanding,
} from "../../../chain/vaultStanding.js";
import { formatDecimal } from "../../../encoding/decimal.js";
import { accountArgument, onChain, withDeployment } from "../../chain/session.js";
import { json, pairs, table } from "../../format.js";
import type { Io } from "../../io.js";
import { isoTime } from "../../time.js";
import { amountText } from "./act.js";

/** `zkmargin vault show`: what the vault holds of an account, and what it owes. */
export function showCommand(io: Io): Command {
  const command = new Command("show").description(
    "Show what the vault holds of an account, and what it owes.",
  );
  return withDeployment(command)
    .argument("<account>", "account", accountArgument)
    .option("--json", "print JSON; amounts in units of the tokens")
    .addHelpText("after", "\nExample:\n  $ zkmargin vault show 0x… --deployment deployment.json")
    .action((account: string, options) =>
      onChain(io, options, async (open) => {
        const standing = await vaultStanding(open, account);
        io.out(options.json ? json(standing) : describe(standing));
      }),
    );
}

function describe(standing: VaultStanding): string {
  const { account, balances, settlement, creditor, debt, recordedDebt, loanRequest, liquidation } = standing;
  const rows = balances.map(({ symbol, decimals, balance, recorded, withdrawal }) => [
    symbol,
    formatDecimal(balance, decimals),
    formatDecimal(recorded, decimals),
    withdrawal === null ? "" : requested(withdrawal, decimals),
  ]);
  const facts: [string, string][] = [
    ["as of", `${standing.time} (${isoTime(standing.time)}), block ${standing.block}`],
    ["debt", `${amountText(debt, settlement)}, to attest ${amountText(recordedDebt, settlement)}`],
    ["creditor", creditor ?? "none"],
  ];
  if (creditor !== null) facts.push(["insurance", amountText(standing.insurance, settlement)]);
  if (loanRequest !== null) facts.push(["loan requested", requested(loanRequest, settlement.decimals)]);
  if (liquidation !== null)
    facts.push([
      "to be raised",
      `${amountText(liquidation.due, settlement)}, a penalty of ${formatDecimal(liquidation.penalty, 2)} % with it`,
    ]);
  for (const token of balances)
    if (token.auction !== null) facts.push(["auction", auctionText(token, token.auction, settlement)]);
  return `${account}\n${pairs(facts)}\n${table(["token", "balance", "to attest", "requested"], rows, { text: [0, 3] })}`;
}

function auctionText(token: VaultBalance, { left, endsAt, over, now }: VaultAuction, settlement: TokenInfo) {
  const offer = `${amountText(left, token)} until ${isoTime(endsAt)}`;
  if (now !== null)
    return `${offer}, now ${amountText(now.amount, token)} for ${amountText(now.cost, settlement)}`;
  return over ? `${offer}, over: close it` : `${offer}, halted while the sequencer is away`;
}

function requested({ amount, requestedAt, sequence }: VaultRequest, decimals: number): string {
  return `${formatDecimal(amount, decimals)}, needs a book after ${sequence} and ${isoTime(requestedAt)}`;
}
