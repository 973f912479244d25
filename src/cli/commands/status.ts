import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { STATUS_WORDS } from "../../audit/report/format.js";
import {
  type AccountStatus,
  accountStatus,
  type HealthClaim,
  type MarketStatus,
  marketStatus,
  type SleeveStatus,
  type SupportClaim,
} from "../../chain/status.js";
import { AccountStatusError, UsageError } from "../../errors.js";
import { BPS, CENT } from "../../protocol/bounds.js";
import { endOfProof } from "../../protocol/lapse.js";
import { allowanceOf } from "../../protocol/odometer.js";
import { SCALE } from "../../protocol/statement.js";
import { worstStatus } from "../../protocol/status.js";
import { wholeNumber } from "../arguments.js";
import { dollars, factor, isoTime, json, type Paint, paint, pairs, percent } from "../format.js";
import { called, type Io, untilInterrupt } from "../io.js";
import { accountArgument, collect, onMarket, withMarket } from "../onChain.js";

/** `zkmargin status`: what the gate says, and for how long. */
export function statusCommand(io: Io): Command {
  const command = new Command("status").description(
    "Show the newest round, and the status that the gate gives each account.",
  );
  return withMarket(command)
    .argument("[accounts...]", "accounts to show", collect(accountArgument))
    .option("--check", "exit with the code of the worst status", false)
    .option(
      "--watch",
      "show it again whenever something changes, until an interrupt; with --check until one is not healthy",
      false,
    )
    .option("--interval <seconds>", "with --watch: time between two looks", wholeNumber, 5)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin status --deployment deployment.json
  $ zkmargin status 0x… --json
  $ zkmargin status desk-1/cross --names names.json --watch
  $ zkmargin status 0x… --watch --check ; alert      # waits until it is not healthy any more
  $ zkmargin status 0x… 0x… --check || mail -s "margin" desk@example.com

With --watch and --json each change is one line of JSON.

Exit codes: 0 shown, or with --check all accounts are healthy; 2 and 3 wrong options or files. With 8, the chain
is not what the manifest says, or the node fails. With --check, by the worst status: 10 grace, 11 margin call, 12 liquidatable, 13 unknown.`,
    )
    .action((ids: string[], options) =>
      onMarket(io, options, async (open) => {
        if (options.check && ids.length === 0)
          throw new UsageError("--check: expected at least one account, got none");
        await untilInterrupt(async (signal) => {
          let shown = "";
          for (;;) {
            const market = await marketStatus(open);
            const accounts: AccountStatus[] = [];
            for (const id of ids) accounts.push(await accountStatus(open, id, market.block));
            // Time and block pass without anything having changed.
            const seen = json({ ...market, block: 0, time: 0, accounts });
            if (seen !== shown) {
              if (!options.json) io.out(`${shown === "" ? "" : "\n"}${describe(io, market, accounts)}`);
              else if (options.watch) io.out(`${JSON.stringify(JSON.parse(json({ market, accounts })))}\n`);
              else io.out(json({ market, accounts }));
              shown = seen;
            }
            const statuses = accounts.map(({ status }) => status);
            const worst = worstStatus(statuses);
            if (options.check && worst !== "healthy") throw new AccountStatusError(worst, statuses);
            if (!options.watch || signal.aborted) return;
            await sleep(options.interval * 1_000, undefined, { signal }).catch(() => undefined);
            if (signal.aborted) return;
          }
        });
      }),
    );
}

/** The market and the accounts for people. */
function describe(io: Io, market: MarketStatus, accounts: readonly AccountStatus[]): string {
  const texts = accounts.map((account) => describeAccount(account, market, called(io, account.account)));
  return [describeMarket(market), ...texts].join("\n");
}

function describeMarket({ block, round, usable, epoch, paused, time }: MarketStatus): string {
  const newest =
    round === null
      ? "none yet: poke"
      : `${round.number}, ${time - round.time} s old, ${usable ? "can be proven against" : "cannot be proven against"}`;
  return pairs([
    ["block", String(block)],
    ["round", newest],
    ["epoch", `${epoch}${paused ? ", PAUSED" : ""}`],
  ]);
}

/** What a claim with dollars taken or added says, and until when. */
function supportRow(
  { support, holds, theta, envelope, round, time }: SupportClaim,
  { maxProofAge }: MarketStatus,
): [string, string] {
  const size = dollars((support < 0n ? -support : support) * CENT * SCALE);
  const until = holds ? `until ${isoTime(endOfProof(time, maxProofAge))} at most` : "lapsed";
  return [
    support < 0n ? "with more owed" : "with more added",
    `${size}: above ${factor(theta)} at round ${round}, within ${percent(envelope)}; ${until}`,
  ];
}

/** What the book's sleeve holds for, and how much of its band the proof on record has left. */
function sleeveRows(
  { pricedAt, band, until, voidedAt }: SleeveStatus,
  claim: HealthClaim | null,
  { round }: MarketStatus,
): [string, string][] {
  const ended = voidedAt === 0n ? `until ${isoTime(until)}` : `voided at ${isoTime(voidedAt)}`;
  const rows: [string, string][] = [
    ["sleeve", `within ${percent(band)} of the prices of round ${pricedAt}, ${ended}`],
  ];
  if (claim?.sleeve != null && round !== null) {
    const most = allowanceOf(band);
    const left = claim.sleeve.limit - round.sleeveOdometer;
    rows.push(["band used", left < 0n ? "all" : percent(((most - left) * BPS) / most)]);
  }
  return rows;
}

/** A status in the colour of what it means. */
function statusText(status: AccountStatus["status"]): string {
  return paint(PAINTS[status], STATUS_WORDS[status]);
}

const PAINTS: Readonly<Record<AccountStatus["status"], Paint>> = {
  healthy: "good",
  grace: "caution",
  marginCall: "caution",
  liquidatable: "bad",
  unknown: "faint",
};

function describeAccount(
  { owner, status, deadline, book, claim, supports, breachRound, callRound, callTheta }: AccountStatus,
  market: MarketStatus,
  named: string,
): string {
  const rows: [string, string][] = [
    [
      "status",
      deadline === 0n || status === "liquidatable"
        ? statusText(status)
        : `${statusText(status)}, until ${isoTime(deadline)}`,
    ],
  ];
  rows.push([
    "book",
    owner === null
      ? "no such account in this deployment"
      : book.sequence === 0n
        ? "none attested"
        : `${book.sequence}, ${book.live ? `until ${isoTime(book.expiresAt)}` : "not live"}`,
  ]);
  if (breachRound !== 0n)
    rows.push(["breach", `not above ${factor(BPS)}, or in default, at round ${breachRound}`]);
  if (callRound !== 0n) rows.push(["margin call", `not above ${factor(callTheta)} at round ${callRound}`]);
  if (claim === null) rows.push(["proof", "none accepted"]);
  else {
    rows.push([
      "proof",
      `above ${factor(claim.theta)} at round ${claim.round}, within ${percent(claim.envelope)}${claim.sequence === book.sequence ? "" : `; of book ${claim.sequence}, which a newer one has replaced`}`,
    ]);
    const most = allowanceOf(claim.envelope);
    const moved = (market.round?.odometer ?? claim.odometer) - claim.odometer;
    rows.push([
      "envelope used",
      most === 0n ? (moved === 0n ? "none" : "all") : percent((moved * BPS) / most),
    ]);
    rows.push(["lapses by age", isoTime(endOfProof(claim.time, market.maxProofAge))]);
  }
  if (book.sleeve !== null) rows.push(...sleeveRows(book.sleeve, claim, market));
  for (const support of [supports.taken, supports.added])
    if (support !== null) rows.push(supportRow(support, market));
  return `${named}\n${pairs(rows)}`;
}
