import { Command } from "commander";
import type { TokenInfo } from "../../chain/vault.js";
import {
  type VaultAccount,
  type VaultAuction,
  type VaultBalance,
  type VaultRequest,
  vaultAccount,
} from "../../chain/vaultAccount.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { isoTime, json, pairs, table } from "../format.js";
import { called, type Io } from "../io.js";
import { accountArgument, addressArgument, onChain, withDeployment } from "../onChain.js";
import {
  amountText,
  auctionCommand,
  onVault,
  TOKEN_OPTION,
  tokenNamed,
  unitsOf,
  vaultAction,
} from "./vaultAuction.js";

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
Amounts are decimals of the token, such as 2.5. A withdrawal or a loan takes three steps. The owner requests it. The attesters
attest a book newer than the request, and the owner proves it at the vault's initial margin. Then the owner withdraws, or the
creditor lends.

Examples:
  $ zkmargin vault deposit 0x… 25000 --keystore owner.json
  $ zkmargin vault request 0x… 5000 --keystore owner.json
  $ zkmargin vault withdraw 0x… --keystore owner.json

Exit codes: 0 done, or done before; 2 and 3 wrong options or files; 8 the vault refuses, or chain, key or node.`,
  );
}

/** `zkmargin vault show`: what the vault holds of an account, and what it owes. */
function showCommand(io: Io): Command {
  const command = new Command("show").description(
    "Show what the vault holds of an account, and what it owes.",
  );
  return withDeployment(command)
    .argument("<account>", "account", accountArgument)
    .option("--json", "print JSON; amounts in units of the tokens")
    .addHelpText(
      "after",
      `
"To attest" is what the attesters must find in the book: a request counts as gone or as owed, and collateral at auction
still counts. "As of" is when the vault was read: date the book by it (zkmargin attest sign --as-of).

Example:
  $ zkmargin vault show 0x… --deployment deployment.json`,
    )
    .action((account: string, options) =>
      onChain(io, options, async (open) => {
        const standing = await vaultAccount(open, account);
        io.out(options.json ? json(standing) : describe(standing, called(io, account)));
      }),
    );
}

function describe(standing: VaultAccount, named: string): string {
  const { balances, settlement, creditor, debt, recordedDebt, loanRequest, liquidation } = standing;
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
  return `${named}\n${pairs(facts)}\n${table(["token", "balance", "to attest", "requested"], rows, { text: [0, 3] })}`;
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

/** `zkmargin vault deposit, request, cancel, withdraw`: an account's collateral. */
function collateralCommands(io: Io): Command[] {
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
        onVault(io, options, async (open, vault) => {
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
    "Request a withdrawal, which counts as gone from then on. For the account's owner.",
    "Requested",
    "requestWithdrawal",
    "request 0x… 5000 --keystore owner.json",
  );
  const cancel = vaultAction(
    "cancel",
    "Cancel the request for a withdrawal. For the account's owner.",
    "cancel 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
    .action((account: string, options) =>
      onVault(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.cancelWithdrawal(account, token);
        return { words: `Cancelled the withdrawal of ${symbol}`, fields: { account, token }, receipt };
      }),
    );
  const withdraw = vaultAction(
    "withdraw",
    "Withdraw what was requested, once a newer book is proven at initial margin. For the account's owner.",
    "withdraw 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
    .option("--to <address>", "receiver; the sender by default", addressArgument)
    .action((account: string, options) =>
      onVault(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.executeWithdrawal(account, token, options.to);
        return { words: `Withdrew the ${symbol} requested`, fields: { account, token }, receipt };
      }),
    );
  return [deposit, request, cancel, withdraw];
}

/** `zkmargin vault loan`: one creditor's loan to an account. */
function loanCommand(io: Io): Command {
  const creditor = vaultAction(
    "creditor",
    "Name the creditor, one of the account's attesters, while nothing is owed. For the account's owner.",
    "loan creditor 0x… 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .argument("<address>", "the creditor", addressArgument)
    .action((account: string, address: string, options) =>
      onVault(io, options, async (_, vault) => {
        const receipt = await vault.setCreditor(account, address);
        return { words: `${address} may lend to it`, fields: { account, creditor: address }, receipt };
      }),
    );
  const cancel = vaultAction(
    "cancel",
    "Cancel the request for a loan. For the account's owner.",
    "loan cancel 0x… --keystore owner.json",
  )
    .argument("<account>", "account", accountArgument)
    .action((account: string, options) =>
      onVault(io, options, async (_, vault) => {
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
        onVault(io, options, async (open, vault) => {
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
        "Request a loan, which counts as owed from then on. For the account's owner.",
        "Requested",
        "requestLoan",
      ),
    )
    .addCommand(cancel)
    .addCommand(
      withAmount(
        "lend",
        "Pay out the requested loan, once a newer book is proven at initial margin. For the creditor.",
        "Lent",
        "lend",
      ),
    )
    .addCommand(withAmount("repay", "Repay at most what is owed. Anybody may.", "Repaid at most", "repay"));
}

/** `zkmargin vault insurance` and `claim`: what creditors and keepers put in and take out. */
function insuranceCommands(io: Io): Command[] {
  const fund = vaultAction(
    "fund",
    "Add to the fund that covers a creditor's shortfalls. Anybody may.",
    "insurance fund 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 5000 --keystore creditor.json",
  )
    .argument("<creditor>", "whose shortfalls it covers", addressArgument)
    .argument("<amount>", "amount of the settlement token")
    .action((creditor: string, amount: string, options) =>
      onVault(io, options, async (open, vault) => {
        const token = await tokenNamed(open, vault);
        const units = unitsOf(amount, token);
        const receipt = await vault.fundInsurance(creditor, units);
        return { words: `Added ${amountText(units, token)}`, fields: { creditor, amount }, receipt };
      }),
    );
  const withdraw = vaultAction(
    "withdraw",
    "Pay out the sender's fund, while nobody owes the sender anything.",
    "insurance withdraw 5000 --keystore creditor.json",
  )
    .argument("<amount>", "amount of the settlement token")
    .action((amount: string, options) =>
      onVault(io, options, async (open, vault) => {
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
    onVault(io, options, async (_, vault) => ({ words: "Paid out", receipt: await vault.claim() })),
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
