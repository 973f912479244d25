import { Command } from "commander";
import {
  defaultOf,
  endClaim,
  marketEnd,
  type Startable,
  startable,
} from "../../clearing/account/defaults.js";
import { DefaultTransactions, type StepDone } from "../../clearing/account/defaultTransactions.js";
import type { OpenHouse } from "../../clearing/account/manifest.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { DefaultNotDueError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { isoTime, json } from "../format.js";
import { asMember, type ClearingOptions, onHouse, withHouse, withProofs } from "../houses.js";
import { called, type Io } from "../io.js";
import {
  accountArgument,
  KEY_HELP,
  keyOf,
  type SenderOptions,
  sender,
  tellDone,
  withSender,
} from "../onChain.js";
import { DOLLARS, STEPS, startWords, statusCommand, stepWords } from "./clearingDefaultStatus.js";
import { onFund } from "./clearingFund.js";
import { unitsOf } from "./vaultAuction.js";

/** `zkmargin clearing default`: what becomes of an account whose owner is silent. */
export function defaultCommand(io: Io): Command {
  const command = new Command("default").description(
    "A member's default: start it, take over what is for sale, settle it, and claim where the market ends.",
  );
  for (const sub of [
    startCommand,
    statusCommand,
    revealCommand,
    bidCommand,
    settleCommand,
    assessCommand,
    claimCommand,
  ])
    command.addCommand(sub(io));
  return command.addHelpText(
    "after",
    `
An account whose claim of health lapses, and whose grace is over, is frozen by \`start\`. The liquidators then decrypt its book, and
\`zkmargin clearing reveal --submit\` makes it public. Members take parts of it by \`bid\`, each with a transition of its own. \`settle\` ends
the default. If nobody reveals the book in time, \`settle\` closes the market and later ends it, and each owner claims what its book is worth.

Examples:
  $ zkmargin clearing default start 0x… --keystore anybody.json
  $ zkmargin clearing default status
  $ zkmargin clearing default bid 0x… --account 0x… --parts 25 --secret desk.secret --keystore owner.json
  $ zkmargin clearing default settle 0x… --keystore anybody.json

Exit codes: 0 done, or done before; 2 and 3 wrong options or files, more parts than are left, or less cash than they cost; 4 the book
that a bid leaves is not healthy enough; 6 two things that do not belong together; 8 it is not due, the house refuses, or chain, key or node.`,
  );
}

function example(...texts: readonly string[]): string {
  const lines = texts.map((text) => `\n  $ zkmargin clearing default ${text}`).join("");
  return `${KEY_HELP}\nExample${texts.length > 1 ? "s" : ""}:${lines}`;
}

/** The sender that the options name, in the defaults of a house. */
async function defaultSender(
  io: Io,
  opened: OpenHouse,
  options: SenderOptions & Pick<ClearingOptions, "deployment">,
): Promise<DefaultTransactions> {
  const { connection } = opened.open;
  return new DefaultTransactions(opened, await sender(io, connection, options, options.deployment));
}

/** `zkmargin clearing default start`: freezes the account of a silent owner. */
function startCommand(io: Io): Command {
  const command = new Command("start").description(
    "Start the default of an account: freeze its book, for the liquidators to open. Anybody may.",
  );
  return withSender(withHouse(command))
    .argument("<account>", "account that is liquidatable, or whose cap is overdue", accountArgument)
    .addHelpText("after", example("start 0x… --keystore anybody.json"))
    .action((account: string, options) =>
      onHouse(io, options, async (opened) => {
        const transactions = await defaultSender(io, opened, options);
        const asked = await startable(opened, account);
        const { refusal, cause } = asked;
        // Started before: the sender's own is told as done.
        if (refusal !== null && refusal !== "started") throw notStartable(asked);
        const receipt = await transactions.start(account);
        const { revealUntil } = (await defaultOf(opened, account)) ?? {};
        const until =
          revealUntil === undefined ? "" : `; its book is to be revealed until ${isoTime(revealUntil)}`;
        const words = `Started the default of ${called(io, account)}${until}`;
        tellDone(io, options, words, { account, cause, revealUntil }, receipt);
      }),
    );
}

function notStartable(asked: Startable): DefaultNotDueError {
  const { account, until } = asked;
  return new DefaultNotDueError(
    `account ${account}: expected one that is liquidatable, or whose cap is overdue, got ${startWords(asked)}`,
    until === null ? null : until + 1n,
  );
}

/** `zkmargin clearing default reveal`: an owner's own book. */
function revealCommand(io: Io): Command {
  const command = new Command("reveal").description(
    "Make the book of your own frozen account public, where the liquidators do not. For its owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account in default", accountArgument)
    .addHelpText(
      "after",
      `
An owner whose book is revealed and sold gets what is left of it. A book that nobody reveals closes the market for everybody.
${example("reveal 0x… --secret desk.secret --keystore owner.json")}`,
    )
    .action((account: string, options) =>
      asMember(io, options, async ({ opened, member, reveal }) => {
        const transactions = await defaultSender(io, opened, options);
        const receipt = await transactions.reveal(await member.revealed(account, await reveal()));
        tellDone(io, options, `Revealed the book of ${called(io, account)}`, { account }, receipt);
      }),
    );
}

/** `zkmargin clearing default bid`: parts of an estate into a member's book. */
function bidCommand(io: Io): Command {
  const command = new Command("bid").description(
    "Take parts of a default's book into an account of your own, by proof, for cash. For that account's owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account in default", accountArgument)
    .requiredOption("--account <account>", "the account that takes them", accountArgument)
    .requiredOption(
      "--parts <n>",
      "hundredths of the book as it was revealed, at most what is left",
      wholeNumber,
    )
    .option(
      "--cash <dollars>",
      "what the account pays, negative if it is to be paid; the price now by default, and never below it",
    )
    .addHelpText(
      "after",
      `
A bid takes n hundredths of every line. Its cash leaves the account's basis, or enters it. A bid fills at its cash as soon as that is at
least the price, which falls until the auction ends: \`zkmargin clearing default status\` shows it.
${example(
  "bid 0x… --account 0x… --parts 25 --secret desk.secret --keystore owner.json",
  "bid 0x… --account 0x… --parts 100 --cash -1500 --secret desk.secret --keystore owner.json",
)}`,
    )
    .action((of: string, options) =>
      asMember(io, options, async ({ opened, member, deadline }) => {
        const cash =
          options.cash === undefined ? {} : { cash: parseDecimal(options.cash, DOLLARS, "--cash") };
        const transactions = await defaultSender(io, opened, options);
        const { account, parts } = options;
        const signer = await keyOf(io, options);
        const receipt = await member.bid(transactions, account, { of, parts, deadline, signer, ...cash });
        const left = (await defaultOf(opened, of))?.auction?.left ?? 0;
        const words = `Took ${parts} parts of ${called(io, of)}; ${left} are left`;
        tellDone(io, options, words, { default: of, account, parts, left }, receipt);
      }),
    );
}

/** `zkmargin clearing default settle`: every step that is due and that anybody may take. */
function settleCommand(io: Io): Command {
  const command = new Command("settle").description(
    "Bring a default forward as far as can be now: settle it, or close and end the market where nobody reveals. Anybody may.",
  );
  return withSender(withHouse(command))
    .argument("<account>", "account in default", accountArgument)
    .addHelpText(
      "after",
      `
Once the auction is over, the fund pays what is missing. Once members have paid their assessments, or had their time, what nobody bought
is torn up: each owner closes these lines by \`zkmargin clearing renew\`. Run it on a schedule: a step that is not due sends nothing (exit
code 8), and a default that is over is told as such (0).
${example("settle 0x… --keystore anybody.json")}`,
    )
    .action((account: string, options) =>
      onHouse(io, options, async (opened) => {
        const transactions = await defaultSender(io, opened, options);
        const { done, next, of } = await transactions.advance(account, ({ step }) =>
          io.err(`${STEPS[step]}: sending\n`),
        );
        if (of === null)
          throw new DefaultNotDueError(`account ${account}: expected one in default, got another`, null);
        if (done.length === 0 && next !== null)
          throw new DefaultNotDueError(
            `default of ${account}: expected a step that is due, got none; ${stepWords(next)}`,
            next.from,
          );
        const steps = done.map(({ step, receipt }) => ({ step, ...sentOf(receipt) }));
        if (options.json)
          return io.out(json({ outcome: outcomeOf(done), account, steps, next, over: next === null }));
        for (const { step, gas } of steps)
          io.out(`${DONE[step]}: ${gas === null ? "so already" : `${gas} gas`}.\n`);
        io.out(
          next === null ? `The default of ${called(io, account)} is over.\n` : `Next: ${stepWords(next)}.\n`,
        );
      }),
    );
}

const DONE = {
  closeMarket: "Closed the market for all but what reduces",
  endMarket: "Ended the market",
  settle: "Settled, as far as can be now",
} as const;

function sentOf(receipt: StepDone["receipt"]) {
  return { transaction: receipt?.hash ?? null, gas: receipt?.gasUsed ?? null };
}

function outcomeOf(done: readonly unknown[]): "done" | "already" {
  return done.length === 0 ? "already" : "done";
}

/** `zkmargin clearing default assess`: what a member of the fund owes for a default. */
function assessCommand(io: Io): Command {
  const command = new Command("assess").description(
    "Pay what you owe of a default's loss beyond the fund: without it the house takes no transition of yours. For a member of the fund.",
  );
  return withSender(withHouse(command))
    .argument("<account>", "account in default", accountArgument)
    .option("--amount <amount>", "at most so much of the settlement token; all of it by default")
    .addHelpText("after", example("assess 0x… --keystore member.json"))
    .action((account: string, options) =>
      onFund(io, options, async ({ opened, fund, membership, owner, token }) => {
        const { number = 0n } = (await defaultOf(opened, account))?.fund ?? {};
        const owed = number === 0n ? 0n : await fund.owedOf(number, owner);
        if (owed === 0n)
          throw new DefaultNotDueError(
            `default of ${account}: expected an assessment that ${owner} owes, got none`,
            null,
          );
        const most = options.amount === undefined ? owed : unitsOf(options.amount, token);
        const amount = most < owed ? most : owed;
        const receipt = await membership.payAssessment(number, amount);
        const words = `Paid ${formatDecimal(amount, token.decimals)} ${token.symbol} of an assessment`;
        tellDone(io, options, words, { account, number, amount, owed: owed - amount }, receipt);
      }),
    );
}

/** `zkmargin clearing default claim`: an owner's part of what the house holds, where the market has ended. */
function claimCommand(io: Io): Command {
  const command = new Command("claim").description(
    "Where the market has ended: prove what a book is worth; and, once the time for claims is over, have it paid. For its owner.",
  );
  return withSender(withProofs(command))
    .argument("<account>", "account of the house", accountArgument)
    .addHelpText(
      "after",
      `
Claims are proven within a window, at the prices that the market ended at. Run it once in the window and once after it: what the house
holds is divided among all proven claims. The claim makes the whole book public.
${example("claim 0x… --secret desk.secret --keystore owner.json")}`,
    )
    .action((account: string, options) =>
      asMember(io, options, async ({ opened, member, reveal, token, now }) => {
        const { endedAt, claimsUntil } = await marketEnd(opened);
        if (endedAt === 0n)
          throw new DefaultNotDueError("claim: expected a market that has ended, got one that has not", null);
        const transactions = await defaultSender(io, opened, options);
        const before = await endClaim(opened, account);
        if (now > claimsUntil) {
          const receipt = await transactions.payClaim(account);
          const { paid } = await endClaim(opened, account);
          const words = `Paid ${formatDecimal(paid ?? 0n, token.decimals)} ${token.symbol} to the owner of ${called(io, account)}`;
          return tellDone(io, options, words, { account, ...before, paid }, receipt);
        }
        const receipt =
          before.claim === null
            ? await transactions.claim(await member.revealed(account, await reveal()))
            : null;
        const { claim } = await endClaim(opened, account);
        const words = `Proved a claim of ${formatDecimal(claim ?? 0n, DOLLARS)} dollars, to be paid after ${isoTime(claimsUntil)}`;
        tellDone(io, options, words, { account, claim, paid: before.paid, claimsUntil }, receipt);
      }),
    );
}
