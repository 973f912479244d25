import { Command } from "commander";
import { accountStatus } from "../../chain/status.js";
import { tokenInfo } from "../../chain/vault.js";
import { bookChanges, clearedAccount, clearedAccountId } from "../../clearing/account/house.js";
import type { OpenHouse } from "../../clearing/account/manifest.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { readTransition } from "../../protocol/readTransition.js";
import { isoTime, json, pairs, table } from "../format.js";
import { asMember, houseSender, onHouse, withBooks, withHouse, withProofs } from "../houses.js";
import { called, type Io } from "../io.js";
import {
  accountArgument,
  addressArgument,
  collect,
  KEY_HELP,
  sender,
  tellDone,
  withSender,
} from "../onChain.js";
import { revealCommand } from "./clearingDecrypt.js";
import { defaultCommand } from "./clearingDefault.js";
import { contributeCommand, fundCommand, groupCommand, reclaimCommand } from "./clearingFund.js";
import { auditHouseCommand, deployHouseCommand, discloseCommand } from "./clearingHouse.js";
import { liquidatorCommand } from "./clearingLiquidator.js";
import { acceptCommand, offerCommand, settleCommand } from "./clearingTrade.js";
import { unitsOf } from "./vaultAuction.js";

/** `zkmargin clearing`: accounts that need no attester, in a clearing house. */
export function clearingCommand(io: Io): Command {
  const command = new Command("clearing").description(
    "Accounts that need no attester: open, fund, trade and prove them in a clearing house.",
  );
  for (const sub of [
    deployHouseCommand,
    openCommand,
    depositCommand,
    contributeCommand,
    reclaimCommand,
    groupCommand,
    offerCommand,
    acceptCommand,
    settleCommand,
    renewCommand,
    withdrawCommand,
    payCommand,
    exitCommand,
    bookCommand,
    recoverCommand,
    statusCommand,
    discloseCommand,
    auditHouseCommand,
    fundCommand,
    liquidatorCommand,
    revealCommand,
    defaultCommand,
  ])
    command.addCommand(sub(io));
  return command.addHelpText(
    "after",
    `
A trade takes three steps. One side offers, the other accepts with a proven and signed half, and the first settles with its own half.
Nothing binds until both have signed. An account that is not renewed in time defaults: run \`zkmargin clearing renew\` on a schedule.
What becomes of a default, and how its book is sold, is \`zkmargin clearing default\`.

Examples:
  $ zkmargin clearing open desk-1 --keystore owner.json
  $ zkmargin clearing deposit 0x… 250000 --secret desk.secret --keystore owner.json
  $ zkmargin clearing offer 0x… --buy 1.5 --asset BTC --price 37000 --out offer.json
  $ zkmargin clearing accept offer.json --account 0x… --secret desk.secret --keystore owner.json --out half.json
  $ zkmargin clearing settle offer.json half.json --secret desk.secret --keystore owner.json

Exit codes: 0 done, or done before; 2 and 3 wrong options or files; 4 the book that would follow is not healthy enough; 6 two things
that do not belong together; 8 the house refuses, or chain, key or node.`,
  );
}

function example(text: string): string {
  return `${KEY_HELP}\nExample:\n  $ zkmargin clearing ${text}`;
}

/** `zkmargin clearing open`: a new account of the sender's. */
function openCommand(io: Io): Command {
  const command = new Command("open").description("Open an account of the sender's in the house.");
  return withSender(withHouse(command))
    .argument("<name>", "name of the subaccount, the owner's own")
    .addHelpText("after", example("open desk-1 --keystore owner.json"))
    .action((name: string, options) =>
      onHouse(io, options, async (opened) => {
        const transactions = await houseSender(io, opened, options);
        const account = clearedAccountId(String(opened.house.target), transactions.sender, name);
        const receipt = await transactions.openAccount(name);
        tellDone(io, options, `Opened ${account}`, { account, owner: transactions.sender }, receipt);
      }),
    );
}

/** `zkmargin clearing deposit`: settlement tokens into an account's basis. */
function depositCommand(io: Io): Command {
  const command = new Command("deposit").description(
    "Pay settlement tokens into an account, and prove the book that follows. For its owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account", accountArgument)
    .argument("<amount>", "amount of the settlement token")
    .addHelpText("after", example("deposit 0x… 250000 --secret desk.secret --keystore owner.json"))
    .action((account: string, amount: string, options) =>
      asMember(io, options, async ({ opened, member, token, deadline }) => {
        const transactions = await houseSender(io, opened, options);
        const receipt = await member.deposit(transactions, account, unitsOf(amount, token), deadline);
        tellDone(io, options, `Deposited ${amount} ${token.symbol}`, { account, amount }, receipt);
      }),
    );
}

/** `zkmargin clearing renew`: new times for a standing book. */
function renewCommand(io: Io): Command {
  const command = new Command("renew").description(
    "Prove an account's standing book again at the newest round. For its owner, before the claim of health lapses.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account", accountArgument)
    .option("--fresh", "change the salt too, or close torn-up lines, by a transition")
    .addHelpText("after", example("renew 0x… --secret desk.secret --keystore owner.json"))
    .action((account: string, options) =>
      asMember(io, options, async ({ opened, member, deadline }) => {
        const transactions = await houseSender(io, opened, options);
        const { tearUps } = await member.account(account);
        const fresh = options.fresh === true || tearUps.some((price) => price !== undefined);
        const receipt = fresh
          ? await member.refresh(transactions, account, deadline)
          : await member.renew(transactions, account);
        tellDone(io, options, `Renewed ${called(io, account)}`, { account, fresh }, receipt);
      }),
    );
}

/** `zkmargin clearing withdraw`: the first step of a payment. */
function withdrawCommand(io: Io): Command {
  const command = new Command("withdraw").description(
    "Take settlement tokens out of an account, to be paid after the house's horizon. For its owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account", accountArgument)
    .argument("<amount>", "amount of the settlement token")
    .option(
      "--to <address>",
      "receiver of all that the account has asked for; the sender by default",
      addressArgument,
    )
    .addHelpText("after", example("withdraw 0x… 5000 --secret desk.secret --keystore owner.json"))
    .action((account: string, amount: string, options) =>
      asMember(io, options, async ({ opened, member, token, deadline }) => {
        const transactions = await houseSender(io, opened, options);
        const to = options.to ?? transactions.sender;
        const units = unitsOf(amount, token);
        const receipt = await member.withdraw(transactions, account, units, to, deadline);
        const { due } = (await member.account(account)).asked;
        const words = `Asked for ${amount} ${token.symbol}, to be paid from ${isoTime(due)} on`;
        tellDone(io, options, words, { account, amount, to, due }, receipt);
      }),
    );
}

/** `zkmargin clearing pay`: the second step of a payment. */
function payCommand(io: Io): Command {
  const command = new Command("pay").description(
    "Pay what an account has asked for, once it is due. Anybody may.",
  );
  return withSender(withHouse(command))
    .argument("<account>", "account", accountArgument)
    .addHelpText("after", example("pay 0x… --keystore owner.json"))
    .action((account: string, options) =>
      onHouse(io, options, async (opened) => {
        const transactions = await houseSender(io, opened, options);
        const { amount, due, to } = await opened.house.withdrawalOf(account);
        const receipt = await transactions.pay(account, due);
        tellDone(
          io,
          options,
          `Paid what ${called(io, account)} has asked for`,
          { account, amount, to },
          receipt,
        );
      }),
    );
}

/** `zkmargin clearing exit`: everything out of an account without positions. */
function exitCommand(io: Io): Command {
  const command = new Command("exit").description(
    "Take everything out of an account that has no position left, and show that it is empty. For its owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account", accountArgument)
    .option(
      "--to <address>",
      "receiver of all that the account has asked for; the sender by default",
      addressArgument,
    )
    .addHelpText("after", example("exit 0x… --secret desk.secret --keystore owner.json"))
    .action((account: string, options) =>
      asMember(io, options, async ({ opened, member, deadline, reveal }) => {
        const transactions = await houseSender(io, opened, options);
        const to = options.to ?? transactions.sender;
        const receipt = await member.exit(transactions, account, to, deadline, await reveal());
        tellDone(io, options, `${called(io, account)} is empty`, { account, to }, receipt);
      }),
    );
}

/** `zkmargin clearing book`: what an account holds, for its owner's eyes. */
function bookCommand(io: Io): Command {
  const command = new Command("book").description("Show the standing book of an account, to its owner.");
  return withBooks(command)
    .argument("<account>", "account", accountArgument)
    .addHelpText("after", "\nExample:\n  $ zkmargin clearing book 0x… --secret desk.secret")
    .action((account: string, options) =>
      asMember(io, options, async ({ opened, member }) => {
        const state = await member.account(account);
        const { perp, basis } = await member.openingOf(state);
        const { listing } = opened.open;
        const lines = listing.flatMap(({ symbol, decimals }, u) => {
          const quantity = perp[u] ?? 0n;
          return quantity === 0n ? [] : [{ asset: symbol, quantity: formatDecimal(quantity, decimals) }];
        });
        const dollars = formatDecimal(basis, 18);
        if (options.json)
          return io.out(json({ account, sequence: state.sequence, perpetuals: lines, basis: dollars }));
        io.out(
          `${called(io, account)}\n${pairs([
            ["book", `${state.sequence}`],
            ["basis", `${dollars}, what the perpetuals cost taken off`],
          ])}\n${table(
            ["perpetual", "quantity"],
            lines.map(({ asset, quantity }) => [asset, quantity]),
            { text: [0] },
          )}`,
        );
      }),
    );
}

/** `zkmargin clearing recover`: a lost store, from the chain. */
function recoverCommand(io: Io): Command {
  const command = new Command("recover").description(
    "Read the books of accounts from the chain again, by the owner's secret, and keep those that the store lacks.",
  );
  return withBooks(command)
    .argument("<account...>", "accounts", collect(accountArgument))
    .addHelpText(
      "after",
      `
Every book stands on the chain, sealed. The owner derives the key of each seal from its secret. What the chain does not have are the
notes of past trades: the store keeps those alone.

Example:
  $ zkmargin clearing recover 0x… --secret desk.secret --store clearing.books`,
    )
    .action((accounts: readonly string[], options) =>
      asMember(io, options, async ({ member }) => {
        const read: { account: string; books: number }[] = [];
        for (const account of accounts) read.push({ account, books: await member.recover(account) });
        if (options.json) return io.out(json(read));
        for (const { account, books } of read)
          io.out(`${called(io, account)}: ${books} books read from the chain.\n`);
      }),
    );
}

/** `zkmargin clearing status`: what everybody can see of accounts. */
function statusCommand(io: Io): Command {
  const command = new Command("status").description("Show what everybody can see of accounts in the house.");
  return withHouse(command)
    .argument("<account...>", "accounts", collect(accountArgument))
    .addHelpText("after", "\nExample:\n  $ zkmargin clearing status 0x…")
    .action((accounts: readonly string[], options) =>
      onHouse(io, options, async (opened) => {
        const { house, open } = opened;
        const token = await tokenInfo(open, await house.settlement());
        const shown = await Promise.all(accounts.map((account) => publicAccount(opened, account)));
        if (options.json) return io.out(json(shown));
        for (const { account, owner, stage, status, sequence, changes, current, cap, asked } of shown)
          io.out(
            `${called(io, account)}\n${pairs([
              ["owner", owner],
              ["stage", stage],
              ["status", `${status}${current ? "" : ", not current"}`],
              ["book", `${sequence}, after ${changes} changes`],
              ["cap", `${formatDecimal(cap, 2)} dollars`],
              [
                "asked for",
                asked.amount === 0n
                  ? "nothing"
                  : `${formatDecimal(asked.amount, token.decimals)} ${token.symbol}, from ${isoTime(asked.due)} on`,
              ],
            ])}`,
          );
      }),
    );
}

async function publicAccount(opened: OpenHouse, account: string) {
  const [state, { status, deadline }, cap, changes] = await Promise.all([
    clearedAccount(opened, account),
    accountStatus(opened.margin, account),
    opened.fund.capOf(account),
    bookChanges(opened, account),
  ]);
  const notes = changes.flatMap(({ words }) => readTransition(words).notes.filter((note) => note !== null));
  const { owner, stage, sequence, commitment, current, asked } = state;
  return {
    ...{ account, owner, stage, sequence, commitment, current, asked },
    status,
    deadline,
    cap: cap.cap,
    changes: changes.length,
    notes: notes.length,
  };
}
