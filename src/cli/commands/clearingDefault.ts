import { Command } from "commander";
import { FundMembership } from "../../chain/defaultFund.js";
import { tokenInfo } from "../../chain/vault.js";
import {
  type DefaultStep,
  defaultOf,
  ESTATE_PARTS,
  endClaim,
  type HouseDefault,
  houseTime,
  type MarketEnd,
  marketEnd,
  nextStep,
  openDefaults,
  type Startable,
  startable,
} from "../../clearing/account/defaults.js";
import { DefaultTransactions, type StepDone } from "../../clearing/account/defaultTransactions.js";
import type { OpenHouse } from "../../clearing/account/manifest.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { DefaultNotDueError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { isoTime, json, pairs, table } from "../format.js";
import { asMember, type ClearingOptions, onHouse, tellDone, withHouse, withProofs } from "../houses.js";
import { called, type Io } from "../io.js";
import {
  accountArgument,
  collect,
  KEY_HELP,
  keyOf,
  type SenderOptions,
  sender,
  withSender,
} from "../onChain.js";
import { unitsOf } from "./vaultAuction.js";

/** Decimals of an attodollar. */
const DOLLARS = 18;

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

/** Why an account's default may be started, or not. */
function startWords({ stage, status, cause, refusal, until }: Startable): string {
  if (cause === "capOverdue") return "one whose cap under stress has lapsed, with its grace";
  if (cause === "liquidatable") return "one that is liquidatable";
  if (refusal === "ended") return "the market ended";
  if (refusal === "started") return `one that is ${stage} already`;
  if (refusal === "empty") return "one whose book is empty";
  return `one that is ${status}${until === null ? "" : `, and is in time until ${isoTime(until)}`}`;
}

/** `zkmargin clearing default status`: open defaults, their auctions, and the end of the market. */
function statusCommand(io: Io): Command {
  const command = new Command("status").description(
    "Show open defaults: stage, auction, price now, and what is left; and whether accounts may be put into default.",
  );
  return withHouse(command)
    .argument("[account...]", "accounts; all open defaults without", collect(accountArgument))
    .addHelpText(
      "after",
      "\nExamples:\n  $ zkmargin clearing default status\n  $ zkmargin clearing default status 0x… --json",
    )
    .action((accounts: readonly string[] | undefined, options) =>
      onHouse(io, options, async (opened) => {
        const end = await marketEnd(opened);
        const found =
          accounts === undefined || accounts.length === 0
            ? (await openDefaults(opened)).map((of) => ({ account: of.account, of }))
            : await Promise.all(
                accounts.map(async (account) => ({ account, of: await defaultOf(opened, account) })),
              );
        const shown = await Promise.all(
          found.map(async ({ account, of }) => ({
            account,
            default: of,
            next: of === null ? null : nextStep(of, end),
            startable: of === null ? await startable(opened, account) : null,
            claim: end.endedAt === 0n ? null : await endClaim(opened, account),
          })),
        );
        if (options.json)
          return io.out(json({ market: end, time: await houseTime(opened), defaults: shown }));
        const { symbol, decimals } = await tokenInfo(opened.open, await opened.house.settlement());
        const units = (amount: bigint) => `${formatDecimal(amount, decimals)} ${symbol}`;
        io.out(
          pairs([
            ["market", marketWords(end)],
            ...(shown.length === 0 ? [["defaults", "none"] as const] : []),
          ]),
        );
        for (const one of shown) {
          io.out(`${called(io, one.account)}\n`);
          if (one.startable !== null)
            io.out(pairs([["default", `none: it is ${startWords(one.startable)}`]]));
          if (one.default !== null) io.out(defaultText(one.default, one.next, opened, units));
          if (one.claim !== null) io.out(pairs([["claim", claimWords(one.claim, units)]]));
        }
      }),
    );
}

function marketWords({ closedAt, endsFrom, endedAt, claimsUntil }: MarketEnd): string {
  if (endedAt !== 0n) return `ended at ${isoTime(endedAt)}; claims until ${isoTime(claimsUntil)}`;
  if (closedAt === 0n) return "open";
  return `closed at ${isoTime(closedAt)} for all but what reduces; it may be ended from ${isoTime(endsFrom)} on`;
}

function claimWords(
  { claim, paid }: Awaited<ReturnType<typeof endClaim>>,
  units: (amount: bigint) => string,
): string {
  if (paid !== null) return `${units(paid)} paid`;
  return claim === null ? "none is proven" : `${formatDecimal(claim, DOLLARS)} dollars, to be paid`;
}

function defaultText(
  of: HouseDefault,
  next: DefaultStep | null,
  { open }: OpenHouse,
  units: (amount: bigint) => string,
): string {
  const { stage, startedAt, revealUntil, auction, fund } = of;
  const rows: [string, string][] = [
    ["stage", `${stage}, in default since ${isoTime(startedAt)}`],
    ...(auction === null
      ? [["reveal", `until ${isoTime(revealUntil)}`] as [string, string]]
      : auctionRows(auction)),
    ["fund", fundWords(fund, units)],
    ["next", next === null ? "it is over" : stepWords(next)],
  ];
  const lines = open.listing.flatMap(({ symbol, decimals }, u) => {
    const quantity = auction?.lines[u] ?? 0n;
    return quantity === 0n ? [] : [[symbol, formatDecimal(quantity, decimals)]];
  });
  return `${pairs(rows)}${lines.length === 0 ? "" : table(["for sale", "quantity"], lines, { text: [0] })}`;
}

function auctionRows({ left, until, price }: NonNullable<HouseDefault["auction"]>): [string, string][] {
  const rows: [string, string][] = [
    ["auction", `${left} of ${ESTATE_PARTS} parts left, until ${isoTime(until)}`],
  ];
  if (price !== null) {
    const cash = formatDecimal(price < 0n ? -price : price, DOLLARS);
    const who = price < 0n ? "dollars are paid to the buyer of all of it" : "dollars for all of it";
    rows.push(["price now", `${cash} ${who}`]);
  }
  return rows;
}

function fundWords(
  { stage, owed, until, paid }: HouseDefault["fund"],
  units: (amount: bigint) => string,
): string {
  const has = paid === 0n ? "has paid nothing" : `has paid ${units(paid)}`;
  if (stage !== "absorbed" || owed === 0n) return has;
  return `${has}; members owe ${units(owed)} until ${isoTime(until)}`;
}

const STEPS = {
  closeMarket: "the market can be closed",
  endMarket: "the market can be ended",
  settle: "it can be settled",
} as const;

function stepWords({ step, from }: DefaultStep): string {
  return from === 0n ? `${STEPS[step]} now` : `${STEPS[step]} from ${isoTime(from)} on`;
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
      onHouse(io, options, async (opened) => {
        const { open, house, fund } = opened;
        const { number = 0n } = (await defaultOf(opened, account))?.fund ?? {};
        const transactions = await sender(io, open.connection, options, options.deployment);
        const owed = number === 0n ? 0n : await fund.owedOf(number, transactions.sender);
        if (owed === 0n)
          throw new DefaultNotDueError(
            `default of ${account}: expected an assessment that ${transactions.sender} owes, got none`,
            null,
          );
        const token = await tokenInfo(open, await house.settlement());
        const most = options.amount === undefined ? owed : unitsOf(options.amount, token);
        const amount = most < owed ? most : owed;
        const receipt = await new FundMembership(open, transactions, String(fund.target)).payAssessment(
          number,
          amount,
        );
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
