import { Command, InvalidArgumentError } from "commander";
import {
  Credit,
  creditLines,
  LINE_STEPS,
  type LineStatus,
  type LineStep,
  lineStatus,
  parseLineTerms,
} from "../../chain/credit.js";
import { type OpenDeployment, openCredit } from "../../chain/deployment.js";
import { calling } from "../../chain/transactions/revert.js";
import { tokenInfo } from "../../chain/vault.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { SHARE_DECIMALS } from "../../protocol/credit.js";
import { wholeNumber } from "../arguments.js";
import { isoTime, json, pairs, table } from "../format.js";
import { called, type Io, readInput } from "../io.js";
import {
  type Act,
  type ActOptions,
  accountArgument,
  act,
  actCommand,
  addressArgument,
  onChain,
  withDeployment,
} from "../onChain.js";
import { amountText, unitsOf } from "./vaultAuction.js";

/** `zkmargin credit`: credit lines without security, and the covenant over them. */
export function creditCommand(io: Io): Command {
  const command = new Command("credit").description(
    "Credit lines without security: open, lend, draw under the covenant, repay, withdraw.",
  );
  const parts = [openCommand(io), closeCommand(io), linesCommand(io), statusCommand(io)];
  for (const part of [...parts, ...borrowerCommands(io), ...lenderCommands(io), stepCommand(io)])
    command.addCommand(part);
  return command.addHelpText(
    "after",
    `
Amounts are decimals of the settlement token, such as 2.5. An account draws while a claim of its newest book holds that takes
as many dollars as all its lines are owed, with the interest ahead (zkmargin prove --support=-<dollars>). See docs/CREDIT.md.

Examples:
  $ zkmargin credit open 0x… --terms terms.json --keystore owner.json
  $ zkmargin credit lend 0x… 50000 --keystore lender.json
  $ zkmargin credit draw 0x… 10000 --keystore owner.json
  $ zkmargin credit status 0x…

Exit codes: 0 done, or done before; 2 and 3 wrong options or files; 8 a line refuses, or chain, key or node.`,
  );
}

function creditAction(name: string, description: string, ...examples: readonly string[]): Command {
  return actCommand("credit", name, description, examples);
}

function onCredit(
  io: Io,
  options: ActOptions,
  work: (open: OpenDeployment, credit: Credit) => Promise<Act>,
): Promise<void> {
  return act(io, options, (open, transactions) => work(open, new Credit(open, transactions)));
}

async function settlementOf(open: OpenDeployment) {
  return tokenInfo(open, await calling("credit settlement", () => openCredit(open).settlement()));
}

function openCommand(io: Io): Command {
  return creditAction(
    "open",
    "Open a line for an account. For the account's owner.",
    "open 0x… --terms terms.json --keystore owner.json",
  )
    .argument("<account>", "account that may draw", accountArgument)
    .requiredOption("--terms <file>", "terms of the line: zkmargin/credit-terms@1")
    .action((account: string, options) =>
      onCredit(io, options, async (open, credit) => {
        const text = await readInput(io, options.terms, "creditTerms");
        const terms = parseLineTerms(text, (await settlementOf(open)).decimals, options.terms);
        const { line, receipt } = await credit.openLine(account, terms);
        return { words: `Opened the line ${line ?? "before"}`, fields: { account, line }, receipt };
      }),
    );
}

function closeCommand(io: Io): Command {
  return creditAction(
    "close",
    "Close a line that is owed nothing. Lenders can still withdraw. For the account's owner.",
    "close 0x… --keystore owner.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .action((line: string, options) =>
      onCredit(io, options, async (_, credit) => {
        const receipt = await credit.closeLine(line);
        return { words: "Closed the line", fields: { line }, receipt };
      }),
    );
}

function linesCommand(io: Io): Command {
  const command = new Command("lines").description(
    "List the open lines of an account, or all lines that were ever opened.",
  );
  return withDeployment(command)
    .argument("[account]", "account; all by default", accountArgument)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin credit lines 0x…")
    .action((account: string | undefined, options) =>
      onChain(io, options, async (open) => {
        const lines = await creditLines(open, account);
        if (options.json) return io.out(json({ lines }));
        io.out(lines.length === 0 ? "No credit line.\n" : `${lines.join("\n")}\n`);
      }),
    );
}

function statusCommand(io: Io): Command {
  const command = new Command("status").description(
    "Show a line: debt, cash, rate, what is late, and the covenant of its account.",
  );
  return withDeployment(command)
    .argument("<line>", "address of the line", addressArgument)
    .option("--lender <address>", "show the shares and requests of this lender as well", addressArgument)
    .option("--json", "print JSON; amounts in units of the token, shares in theirs")
    .addHelpText("after", "\nExample:\n  $ zkmargin credit status 0x… --lender 0x…")
    .action((line: string, options) =>
      onChain(io, options, async (open) => {
        const found = await lineStatus(open, line, options.lender);
        io.out(options.json ? json(found) : describe(found, called(io, found.account)));
      }),
    );
}

function describe(line: LineStatus, account: string): string {
  const { settlement, terms, lender } = line;
  const tokens = (units: bigint) => amountText(units, settlement);
  const percent = (bps: bigint) => `${formatDecimal(bps, 2)} %`;
  const covenant = line.covenantHolds ? "holds" : "BROKEN";
  const facts: [string, string][] = [
    ["account", account],
    ["debt", `${tokens(line.debt)} of at most ${tokens(terms.limit)}`],
    ["cash", `${tokens(line.cash)}, required ${tokens(line.required)}`],
    ["drawable", tokens(line.drawable)],
    ["rate", `${percent(line.rate)} a year, penalty ${percent(terms.penaltyRate)}`],
    ["covenant", `${covenant}: a claim must take ${formatDecimal(line.owedCents, 2)} dollars`],
    ["stage", stageOf(line)],
    ["lenders have", tokens(line.totalAssets)],
  ];
  if (line.reserved !== 0n) facts.push(["to be claimed", tokens(line.reserved)]);
  if (lender === undefined) return `${line.line}\n${pairs(facts)}`;
  facts.push(["shares", `${shareText(lender.shares, line)}, worth ${tokens(lender.worth)}`]);
  const rows = lender.batches.map(({ batch, closesAt, left, paid, mine, claimed }) => [
    String(batch),
    isoTime(closesAt),
    shareText(mine, line),
    formatDecimal(paid, settlement.decimals),
    shareText(left, line),
    formatDecimal(claimed, settlement.decimals),
  ]);
  const titles = ["batch", "closes", "your shares", "paid to all", "left of all", "you claimed"];
  return `${line.line}\n${pairs(facts)}${rows.length === 0 ? "" : `\n${table(titles, rows, { text: [1] })}`}`;
}

function shareText(shares: bigint, { settlement }: LineStatus): string {
  return formatDecimal(shares, settlement.decimals + SHARE_DECIMALS);
}

function stageOf(line: LineStatus): string {
  const { terms, noticeAt, calledAt, lateSeconds } = line;
  if (line.defaulted) return "in default";
  if (line.impaired) return `impaired, default from ${isoTime(calledAt + terms.curePeriod)}`;
  if (calledAt !== 0n) return `called, default from ${isoTime(calledAt + terms.curePeriod)}`;
  if (noticeAt !== 0n) return `under notice, call from ${isoTime(noticeAt + terms.noticePeriod)}`;
  if (lateSeconds > terms.gracePeriod) return "late: the penalty runs";
  if (line.short) return "late: the reserve is short";
  return line.open ? "in order" : "closed";
}

function borrowerCommands(io: Io): Command[] {
  const draw = creditAction(
    "draw",
    "Draw from a line, while the covenant holds after it. For the account's owner.",
    "draw 0x… 10000 --keystore owner.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .argument("<amount>", "amount of the settlement token")
    .option("--to <address>", "receiver; the sender by default", addressArgument)
    .action((line: string, amount: string, options) =>
      onCredit(io, options, async (open, credit) => {
        const token = await settlementOf(open);
        const units = unitsOf(amount, token);
        const receipt = await credit.draw(line, units, options.to);
        return { words: `Drew ${amountText(units, token)}`, fields: { line, amount }, receipt };
      }),
    );
  const repay = creditAction(
    "repay",
    "Repay a line: all that is owed, or at most an amount. Anybody may.",
    "repay 0x… --keystore owner.json",
    "repay 0x… 2500 --keystore owner.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .argument("[amount]", "most to repay; all that is owed by default")
    .action((line: string, amount: string | undefined, options) =>
      onCredit(io, options, async (open, credit) => {
        const token = await settlementOf(open);
        const units = amount === undefined ? undefined : unitsOf(amount, token);
        const receipt = await credit.repay(line, units);
        const words =
          units === undefined ? "Repaid all that is owed" : `Repaid at most ${amountText(units, token)}`;
        return { words, fields: { line, amount: amount ?? null }, receipt };
      }),
    );
  return [draw, repay];
}

function lenderCommands(io: Io): Command[] {
  const lend = creditAction(
    "lend",
    "Lend to a line, for shares of it. Anybody may.",
    "lend 0x… 50000 --keystore lender.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .argument("<amount>", "amount of the settlement token")
    .action((line: string, amount: string, options) =>
      onCredit(io, options, async (open, credit) => {
        const token = await settlementOf(open);
        const units = unitsOf(amount, token);
        const receipt = await credit.lend(line, units);
        return { words: `Lent ${amountText(units, token)}`, fields: { line, amount }, receipt };
      }),
    );
  const withdraw = creditAction(
    "withdraw",
    "Request a withdrawal of the sender's shares, which joins the open batch. For a lender.",
    "withdraw 0x… --keystore lender.json",
    "withdraw 0x… --shares 2500 --keystore lender.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .option("--shares <amount>", "how many shares, a decimal; all by default")
    .action((line: string, options) =>
      onCredit(io, options, async (open, credit) => {
        const decimals = (await settlementOf(open)).decimals + SHARE_DECIMALS;
        const shares =
          options.shares === undefined ? undefined : unitsOf(options.shares, { decimals }, "--shares");
        const receipt = await credit.requestWithdrawal(line, shares);
        return {
          words: "Requested the withdrawal; claim it once its batch is paid",
          fields: { line },
          receipt,
        };
      }),
    );
  const claim = creditAction(
    "claim",
    "Pay out a lender's part of a batch, and give back shares after a default. Anybody may.",
    "claim 0x… 0 --keystore lender.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .argument("<batch>", "number of the batch", wholeNumber)
    .option("--lender <address>", "whose part; the sender's by default", addressArgument)
    .action((line: string, batch: number, options) =>
      onCredit(io, options, async (_, credit) => {
        const receipt = await credit.claim(line, batch, options.lender);
        return { words: `Claimed from batch ${batch}`, fields: { line, batch }, receipt };
      }),
    );
  return [lend, withdraw, claim];
}

function stepCommand(io: Io): Command {
  return creditAction(
    "step",
    "Take a step that is due: touch, notice, withdraw-notice, call, impair or default. Anybody may.",
    "step 0x… notice --keystore lender.json",
    "step 0x… call --keystore lender.json",
  )
    .argument("<line>", "address of the line", addressArgument)
    .argument("<what>", `one of ${Object.keys(LINE_STEPS).join(", ")}`, stepArgument)
    .action((line: string, step: LineStep, options) =>
      onCredit(io, options, async (_, credit) => {
        const receipt = await credit.step(line, step);
        return { words: `Took the step ${step}`, fields: { line, step }, receipt };
      }),
    );
}

function stepArgument(text: string): LineStep {
  if (!Object.keys(LINE_STEPS).includes(text))
    throw new InvalidArgumentError(`expected one of ${Object.keys(LINE_STEPS).join(", ")}.`);
  return text as LineStep;
}
