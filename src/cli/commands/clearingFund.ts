import { Command } from "commander";
import { FUND_AUDIT, type FundReplay } from "../../audit/contracts/defaultFund.js";
import type { ContractAudit } from "../../audit/contracts/replay.js";
import { FundGroups, FundMembership, fundLogRequest } from "../../chain/defaultFund.js";
import type { DefaultFund } from "../../chain/generated/DefaultFund.js";
import { type TokenInfo, tokenInfo } from "../../chain/vault.js";
import { waterfall } from "../../charts/fanChart.js";
import { houseTime } from "../../clearing/account/defaults.js";
import type { OpenHouse } from "../../clearing/account/manifest.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { DefaultNotDueError, UsageError } from "../../errors.js";
import { contributionOf, coverOf } from "../../protocol/defaultFund.js";
import { WATERFALL_STEPS } from "../../protocol/fundDefaults.js";
import { wholeNumber } from "../arguments.js";
import { auditContracts, withContractAudit } from "../contractAudits.js";
import { checkExport, type ResultFiles, writeExport } from "../export.js";
import { isoTime, pairs, table } from "../format.js";
import { type ClearingOptions, onHouse, withHouse } from "../houses.js";
import type { Io } from "../io.js";
import {
  addressArgument,
  connectTo,
  KEY_HELP,
  type SenderOptions,
  sender,
  tellDone,
  withRpc,
  withSender,
} from "../onChain.js";
import { unitsOf } from "./vaultAuction.js";

/** `zkmargin clearing fund`: who owes what, whether the fund covers the caps, and what became of it. */
export function fundCommand(io: Io): Command {
  const command = new Command("fund")
    .description("Show a default fund by its events: members, cover, losses, and whether each event follows.")
    .argument("[fund]", "address of the fund; not with --log", addressArgument)
    .option("--from-block <block>", "block that the fund was created in, or an earlier one", wholeNumber, 0)
    .option("--csv <file>", "write its history as CSV too")
    .option(
      "--html <file>",
      "write a page too, with the waterfall of each loss, which loads nothing and prints",
    );
  return withContractAudit(withRpc(command), "clearing fund 0x… --html fund.html").action(
    async (address: string | undefined, options) => {
      if ((address === undefined) === (options.log === undefined))
        throw new UsageError("expected an address of a fund, or --log; give one of the two");
      await checkExport(options);
      const kept: { state?: FundReplay; symbol: string } = { symbol: "" };
      const audit: ContractAudit<FundReplay> = {
        ...FUND_AUDIT,
        begin(head, report) {
          kept.symbol = head.facts["fund.symbol"] ?? "";
          kept.state = FUND_AUDIT.begin(head, report);
          return kept.state;
        },
        // What the command shows comes before what it found.
        end(state, answers, report) {
          FUND_AUDIT.end(state, answers, report);
          if (!options.json) io.out(`${fundText(state, kept.symbol)}\n`);
        },
      };
      const told = auditContracts(io, options, audit, async (work) => {
        const connection = await connectTo(io, options);
        return work(connection, await fundLogRequest(connection, address ?? "", options.fromBlock));
      });
      try {
        await told;
      } finally {
        // A page of a fund with findings is what an auditor wants to see.
        if (kept.state !== undefined) await writeExport(io, options, fundExport(kept.state, kept.symbol));
      }
    },
  );
}

/** `zkmargin clearing contribute`: a member's own money in the default fund. */
export function contributeCommand(io: Io): Command {
  const command = new Command("contribute").description(
    "Add to your contribution in the default fund, which caps above 0 need. For a member of the fund.",
  );
  return withSender(withHouse(command))
    .argument("<amount>", "amount of the settlement token")
    .addHelpText(
      "after",
      `${KEY_HELP}\nExample:\n  $ zkmargin clearing contribute 50000 --keystore owner.json`,
    )
    .action((amount: string, options) =>
      onFund(io, options, async ({ fund, membership, owner, token }) => {
        const units = unitsOf(amount, token);
        const receipt = await membership.contribute(units);
        const { contribution } = await fund.memberOf(owner);
        const words = `Contributed ${amount} ${token.symbol}: ${formatDecimal(contribution, token.decimals)} in all`;
        tellDone(io, options, words, { amount: units, contribution }, receipt);
      }),
    );
}

/** `zkmargin clearing reclaim`: a part of that money back. */
export function reclaimCommand(io: Io): Command {
  const command = new Command("reclaim").description(
    "Ask for a part of your contribution in the default fund, and have it paid once its notice is over. For a member of the fund.",
  );
  return withSender(withHouse(command))
    .argument("[amount]", "what to ask for, in place of an earlier request; 0 takes that one back")
    .option("--to <address>", "who receives what is due; the sender by default", addressArgument)
    .addHelpText(
      "after",
      `
With an amount the command asks. Without one it has paid what was asked for, within the fund's window. Until then the money stays liable.
The fund pays nothing while a default is open, nor what it or your own caps need.
${KEY_HELP}
Examples:
  $ zkmargin clearing reclaim 20000 --keystore owner.json
  $ zkmargin clearing reclaim --keystore owner.json`,
    )
    .action((amount: string | undefined, options) =>
      onFund(io, options, async ({ fund, membership, owner, token }) => {
        if (amount === undefined) {
          const { contribution: before } = await fund.memberOf(owner);
          const receipt = await membership.withdraw(options.to);
          const { contribution } = await fund.memberOf(owner);
          const paid = before - contribution;
          const words = `Reclaimed ${formatDecimal(paid, token.decimals)} ${token.symbol}: ${formatDecimal(contribution, token.decimals)} are left`;
          return tellDone(io, options, words, { paid, contribution }, receipt);
        }
        if (options.to !== undefined)
          throw new UsageError("--to: expected no amount beside it; a request names no receiver");
        const asked = amount === "0" ? 0n : unitsOf(amount, token);
        const receipt = await membership.request(asked);
        const { requestedAt } = await fund.memberOf(owner);
        const { horizon, window } = await fund.terms();
        const from = requestedAt + horizon;
        const words =
          asked === 0n
            ? "Took the request back"
            : `Asked for ${amount} ${token.symbol}, to be paid from ${isoTime(from)} until ${isoTime(from + window)}`;
        tellDone(io, options, words, { amount: asked, from, until: from + window }, receipt);
      }),
    );
}

/** `zkmargin clearing group`: who is covered together. */
export function groupCommand(io: Io): Command {
  const command = new Command("group").description(
    "Put an owner into a group of the default fund, or out of it, after the role's delay. For an administrator of the deployment.",
  );
  return withSender(withHouse(command))
    .argument("<owner>", "address that owns accounts of the house", addressArgument)
    .argument("<group>", "1 to 128: owners of one firm share a group; 0 takes the owner out", wholeNumber)
    .addHelpText(
      "after",
      `
The first run schedules the change. A run after the delay makes it; before, it ends with exit code 8 and the time.
${KEY_HELP}
Example:
  $ zkmargin clearing group 0x… 1 --keystore governor.json`,
    )
    .action((owner: string, group: number, options) =>
      onFund(io, options, async ({ opened, fund, groups }) => {
        const fields = { owner, group };
        const { group: standing } = await fund.memberOf(owner);
        if (Number(standing) === group)
          return tellDone(io, options, `${owner} is in group ${group}`, fields, null);
        const due = await groups.due(owner, group);
        if (due === 0n) {
          const receipt = await groups.schedule(owner, group);
          const from = await groups.due(owner, group);
          const words = `Scheduled group ${group} for ${owner}, from ${isoTime(from)} on`;
          return tellDone(io, options, words, { ...fields, from }, receipt);
        }
        const now = await houseTime(opened);
        if (now < due)
          throw new DefaultNotDueError(
            `group of ${owner}: expected the delay over, got one until ${isoTime(due)}`,
            due,
          );
        tellDone(io, options, `${owner} is in group ${group} now`, fields, await groups.set(owner, group));
      }),
    );
}

/** Who deals with a house's fund, and with what. */
interface FundDesk {
  readonly opened: OpenHouse;
  readonly fund: DefaultFund;
  readonly membership: FundMembership;
  readonly groups: FundGroups;
  /** Address of the sender. */
  readonly owner: string;
  readonly token: TokenInfo;
}

/** Does something with a house's fund, as the sender that the options name. */
export function onFund(
  io: Io,
  options: SenderOptions & Pick<ClearingOptions, "deployment" | "clearing">,
  work: (desk: FundDesk) => Promise<void>,
): Promise<void> {
  return onHouse(io, options, async (opened) => {
    const { open, house, fund } = opened;
    const token = await tokenInfo(open, await house.settlement());
    const transactions = await sender(io, open.connection, options, options.deployment);
    const at = [open, transactions, String(fund.target)] as const;
    const [membership, groups] = [new FundMembership(...at), new FundGroups(...at)];
    await work({ opened, fund, membership, groups, owner: transactions.sender, token });
  });
}

/** Cents as dollars. */
const cents = (amount: bigint) => formatDecimal(amount, 2);
/** Basis points of a percentage, or none needed. */
const ratio = (held: bigint, required: bigint) =>
  required === 0n ? "nothing required" : `${formatDecimal((held * 10_000n) / required, 2)} %`;

function summary({ fund, rules, decimals, time }: FundReplay, symbol: string): [string, string][] {
  const { all, first, second, required, remembered, held } = coverOf(fund, rules, time);
  const units = (amount: bigint) => `${formatDecimal(amount, decimals)} ${symbol}`;
  const inCents = held / 10n ** BigInt(decimals - 2);
  return [
    ["as of", isoTime(BigInt(time))],
    ["held", `${units(held)}, of it capital ${units(fund.capital)}`],
    ["required", `${cents(required)}: groups ${cents(first)} + ${cents(second)}, all caps ${cents(all)}`],
    ["cover", `${ratio(inCents, required)}, ${inCents >= required ? "covered" : "not covered"}`],
    ["must be left after a withdrawal", cents(remembered)],
    ["defaults", `${fund.open} open, ${fund.noted} ever`],
  ];
}

const MEMBER_COLUMNS = ["member", "group", "caps", "contribution", "owes", "asked back", "open defaults"];

function memberRows({ fund, decimals }: FundReplay): string[][] {
  return fund.list.flatMap((name) => {
    const member = fund.members.get(name);
    if (member === undefined) return [];
    const units = (amount: bigint) => formatDecimal(amount, decimals);
    return [
      [
        name,
        String(member.group),
        cents(member.caps),
        units(contributionOf(member)),
        units(member.owed),
        units(member.request?.amount ?? 0n),
        String(member.defaults),
      ],
    ];
  });
}

const STEP_NAMES: Readonly<Record<(typeof WATERFALL_STEPS)[number], string>> = {
  defaulter: "the defaulter's contribution",
  affiliates: "its group's contributions",
  capital: "the house's capital",
  members: "everybody else, pro rata",
};

/** A loss by whose money it took. */
function stepsOf({ parts, assessed, deficit }: FundReplay["losses"][number]): [string, bigint][] {
  const of = (step: string) =>
    parts.filter((part) => part.step === step).reduce((sum, { amount }) => sum + amount, 0n);
  const paid = parts.reduce((sum, { amount }) => sum + amount, 0n);
  return [
    ...WATERFALL_STEPS.map((step): [string, bigint] => [STEP_NAMES[step], of(step)]),
    ["assessments called", assessed],
    ["beyond the fund", deficit - paid - assessed],
  ];
}

function fundText(state: FundReplay, symbol: string): string {
  const { decimals, losses } = state;
  const units = (amount: bigint) => formatDecimal(amount, decimals);
  const parts = [
    pairs(summary(state, symbol)),
    table(MEMBER_COLUMNS, memberRows(state), { text: [0] }),
    ...losses.map(
      (loss) =>
        `  loss of ${units(loss.deficit)} ${symbol}, ${isoTime(BigInt(loss.time))}, account ${loss.account}\n${pairs(
          stepsOf(loss).map(([name, amount]): [string, string] => [name, units(amount)]),
        )}`,
    ),
  ];
  return parts.join("\n");
}

function fundExport(state: FundReplay, symbol: string): ResultFiles {
  const { decimals, losses, history } = state;
  const units = (amount: bigint) => formatDecimal(amount, decimals);
  const header = ["time", "block", "event", "held", "required", "cover"];
  const rows = history.map(({ time, block, what, held, required }) => [
    isoTime(BigInt(time)),
    String(block),
    what,
    cents(held),
    cents(required),
    ratio(held, required),
  ]);
  const drawn = losses.map((loss) => ({
    name: `${isoTime(BigInt(loss.time)).slice(0, 10)}, ${loss.account.slice(0, 10)}…`,
    // A chart shows a picture; the tables have every unit.
    steps: stepsOf(loss).map(([name, amount]) => ({ name, amount: Number(amount) / 10 ** decimals })),
  }));
  return {
    csv: { header, rows },
    title: "Default fund",
    facts: summary(state, symbol),
    sheets: [
      { title: "Members", header: MEMBER_COLUMNS, rows: memberRows(state) },
      ...losses.map((loss) => ({
        title: `Loss of ${units(loss.deficit)} ${symbol}, account ${loss.account}`,
        header: ["whose money", symbol],
        rows: stepsOf(loss).map(([name, amount]) => [name, units(amount)]),
      })),
      { title: "History", header, rows, text: [2] },
    ],
    footer: "Made of public events alone.",
    ...(drawn.length > 0 && {
      drawings: [
        waterfall({
          title: "Who paid each loss",
          description: "The steps of each loss, one after the other",
          axis: symbol,
          groups: drawn,
        }),
      ],
    }),
  };
}
