import type { LineTerms } from "../../chain/credit.js";
import type { LineCounts } from "../../chain/eventLog/record.js";
import { BPS } from "../../protocol/bounds.js";
import { creditInterest, FINE, owedOf, worthOf } from "../../protocol/credit.js";
import type { Report } from "./context.js";

/** Requests of withdrawals that are paid together; shares and smallest units. */
interface BatchState {
  readonly closesAt: bigint;
  shares: bigint;
  left: bigint;
  paid: bigint;
}

/** A line as its events leave it. */
export interface LineState {
  readonly line: string;
  readonly account: string;
  readonly terms: LineTerms;
  open: boolean;
  debt: bigint;
  cash: bigint;
  reserved: bigint;
  waiting: bigint;
  accruedAt: bigint;
  lateSeconds: bigint;
  noticeAt: bigint;
  calledAt: bigint;
  short: boolean;
  bySteward: boolean;
  impaired: boolean;
  defaulted: boolean;
  supply: bigint;
  readonly shares: Map<string, bigint>;
  readonly batches: BatchState[];
  /** By batch and lender. */
  readonly requests: Map<string, { shares: bigint; claimed: bigint; returned: boolean }>;
  firstUnpaid: number;
}

/** The credit lines of a deployment, by address. */
export interface CreditState {
  readonly lines: Map<string, LineState>;
}

/** A line that was opened just now. */
export function newLine(line: string, account: string, terms: LineTerms): LineState {
  return {
    ...{ line, account, terms, open: true },
    ...{ debt: 0n, cash: 0n, reserved: 0n, waiting: 0n, accruedAt: 0n, lateSeconds: 0n },
    ...{ noticeAt: 0n, calledAt: 0n, short: false, bySteward: false, impaired: false, defaulted: false },
    ...{ supply: 0n, shares: new Map(), batches: [], requests: new Map(), firstUnpaid: 0 },
  };
}

/** What time has added to a line since it last had its interest. */
export function interestAt(line: LineState, time: number) {
  return creditInterest(line.terms, { ...line, called: line.calledAt !== 0n }, BigInt(time));
}

/** What a line is owed at a time, with its interest. As LineAccounts._owed. */
export function owedAt(line: LineState, time: number): bigint {
  return owedOf({ debt: line.debt + interestAt(line, time).interest });
}

/** What of the debt counts in the price of shares. As LineAccounts._counted. */
export function countedOf({ debt, impaired, defaulted, terms }: LineState): bigint {
  if (defaulted) return 0n;
  return impaired ? ((debt / FINE) * (BPS - terms.impairment)) / BPS : debt / FINE;
}

/** What lenders have together. As LineAccounts.totalAssets. */
export function totalOf(line: LineState): bigint {
  return line.cash + countedOf(line);
}

/** Cash that must stay. As LineAccounts._required. */
export function requiredOf(line: LineState): bigint {
  const total = totalOf(line);
  const worth = worthOf(line.waiting, total, line.supply);
  const waits = worth < total ? worth : total;
  return waits + ((total - waits) * line.terms.reserveRatio + BPS - 1n) / BPS;
}

/** Whether the cash is below what is required. */
export function isShort(line: LineState): boolean {
  return line.debt !== 0n && line.cash < requiredOf(line);
}

/** A line's amounts are not what its events come to. */
export function wrong({ account }: LineState, report: Report, expected: string, got: string): void {
  report("credit-accounts", { account }, expected, got);
}

/** Holds the lines to what the chain counts of them: events that are not in the log leave other amounts. The token's balance holds all. */
export function compareLines(
  { lines }: CreditState,
  counts: readonly LineCounts[],
  time: number,
  report: Report,
): void {
  for (const { line: address, ...chain } of counts) {
    const line = lines.get(address);
    if (line === undefined) {
      report("log-incomplete", {}, `the opening of the credit line ${address}`, "none");
      continue;
    }
    const owed = owedAt(line, time);
    const { cash, reserved, supply } = line;
    if (
      [owed, cash, reserved, supply].join() !== [chain.debt, chain.cash, chain.reserved, chain.shares].join()
    )
      report("log-incomplete", { account: line.account }, "the amounts of a credit line", "others");
    if (BigInt(chain.balance) < BigInt(chain.cash) + BigInt(chain.reserved))
      wrong(line, report, "tokens for all cash and all that is to be claimed", "fewer");
  }
}
