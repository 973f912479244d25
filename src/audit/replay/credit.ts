import { plainTerms } from "../../chain/credit.js";
import type { CreditConstants } from "../../chain/eventLog/record.js";
import type { CreditLineEvents } from "../../chain/generated/CreditLine.js";
import type { CreditRegistryEvents } from "../../chain/generated/CreditRegistry.js";
import { centsOwed, FINE, owedAhead, owedOf, sharesOf, worthOf } from "../../protocol/credit.js";
import { statusAt } from "../../protocol/status.js";
import type { AccountContext, AccountState } from "./account.js";
import { countOf, type EventContext, type Handlers, type Report } from "./context.js";
import {
  type CreditState,
  countedOf,
  interestAt,
  isShort,
  type LineState,
  newLine,
  owedAt,
  requiredOf,
  totalOf,
  wrong,
} from "./creditLines.js";
import { claimHolds } from "./gate.js";
import type { ReplayedMarket } from "./ledger.js";

const NOBODY = `0x${"00".repeat(20)}`;

/** What events of credit lines change. */
interface CreditPart {
  readonly credit: CreditState;
  readonly accounts: Map<string, AccountState>;
}

/** What an event of a line is judged by. */
export interface CreditContext extends EventContext {
  readonly market: ReplayedMarket;
  readonly terms: CreditConstants;
}
type OpenCreditContext = CreditContext & AccountContext;
/** An event of a line, with its interest up to date. */
export interface LineContext extends CreditContext {
  readonly line: LineState;
}
type OpenLineContext = LineContext & AccountContext;

export const creditRegistryHandlers: Handlers<
  CreditRegistryEvents,
  CreditPart,
  CreditContext,
  OpenCreditContext
> = {
  LineOpened({ credit }, { account, line, terms }, { account: { attesters }, report }) {
    if (!attesters.includes(terms.attester))
      report("credit-steps", { account }, "a line whose attester is one of the account's", "another");
    credit.lines.set(line, newLine(line, account, plainTerms(terms)));
  },

  LineClosed({ credit }, { account, line }, { report }) {
    const closed = credit.lines.get(line);
    if (closed === undefined || !closed.open || closed.debt !== 0n)
      report("credit-steps", { account }, "an open line that is owed nothing", "another");
    else closed.open = false;
  },
};

export const creditLineHandlers: Handlers<CreditLineEvents, CreditPart, LineContext, OpenLineContext> = {
  InterestAccrued(_, event, { line, block, report }) {
    const expected = interestAt(line, block.time);
    const { interest, penaltySeconds, lateSeconds } = event;
    const passed = BigInt(block.time) !== line.accruedAt;
    if (passed && line.short !== isShort(line))
      wrong(
        line,
        report,
        isShort(line) ? "a line told to be short" : "a line told not to be short",
        "another",
      );
    if (
      interest !== expected.interest ||
      penaltySeconds !== expected.penaltySeconds ||
      lateSeconds !== expected.lateSeconds
    )
      wrong(line, report, "the interest of the time that has passed", "another");
    line.debt += interest;
    line.lateSeconds = lateSeconds;
    line.accruedAt = BigInt(block.time);
  },

  ReserveJudged(_, { short, cash, required }, { line, report }) {
    if (short !== isShort(line) || cash !== line.cash || required !== requiredOf(line))
      wrong(line, report, "the cash that is there and the cash that is required", "others");
    line.short = short;
  },

  Drawn({ credit, accounts }, { account, amount, debt }, context) {
    const { line, report } = context;
    const late =
      line.noticeAt !== 0n ||
      line.defaulted ||
      line.lateSeconds > line.terms.gracePeriod ||
      isShort(line) ||
      !line.open;
    if (late) report("credit-steps", { account }, "no drawdown from a line that is late or closed", "one");
    if (context.account.proposal !== null)
      report("credit-uncovered", { account }, "no drawdown while other attesters are proposed", "one");
    line.debt += amount * FINE;
    line.cash -= amount;
    if (owedOf(line) > line.terms.limit || line.cash < requiredOf(line))
      wrong(line, report, "a drawdown within the limit that leaves what is required", "a larger one");
    checkDebt(line, debt, report);
    if (!isCovered({ credit, accounts }, account, context))
      report(
        "credit-uncovered",
        { account },
        "a claim of the newest book that covers all that is owed",
        "none",
      );
  },

  DebtRepaid(_, { amount, debt }, { line, report }) {
    const owed = owedOf(line);
    if (amount > owed) wrong(line, report, "at most what is owed repaid", "more");
    line.debt = amount >= owed ? 0n : line.debt - amount * FINE;
    line.cash += amount;
    checkDebt(line, debt, report);
  },

  Transfer(_, { from, to, value }, { line, report }) {
    if (from === NOBODY) line.supply += value;
    else {
      const has = line.shares.get(from) ?? 0n;
      if (value > has) wrong(line, report, "a transfer of shares that are there", "of more");
      line.shares.set(from, has - value);
    }
    if (to === NOBODY) line.supply -= value;
    else line.shares.set(to, (line.shares.get(to) ?? 0n) + value);
  },

  Approval() {},

  Deposit(_, { assets, shares }, { line, report }) {
    if (line.calledAt !== 0n || line.defaulted)
      report("credit-steps", { account: line.account }, "no deposit once the debt is called", "one");
    if (shares > sharesOf(assets, totalOf(line), line.supply - shares))
      wrong(line, report, "no more shares than the deposit buys", "more");
    line.cash += assets;
  },

  Withdraw(_, __, { line, report }) {
    wrong(line, report, "no withdrawal but in batches", "one");
  },

  ExitRequested(_, { lender, batch, shares, closesAt }, { line, block, report }) {
    const time = BigInt(block.time);
    const newest = line.batches.length - 1;
    const joins = newest >= line.firstUnpaid && time < (line.batches[newest]?.closesAt ?? 0n);
    if (!joins)
      line.batches.push({ closesAt: time + line.terms.batchPeriod, shares: 0n, left: 0n, paid: 0n });
    const at = line.batches.length - 1;
    const entry = line.batches[at];
    if (entry === undefined || batch !== BigInt(at) || closesAt !== entry.closesAt)
      return wrong(line, report, "a request in the batch of its time", "in another");
    entry.shares += shares;
    entry.left += shares;
    line.waiting += shares;
    const key = `${at} ${lender}`;
    const request = line.requests.get(key) ?? { shares: 0n, claimed: 0n, returned: false };
    line.requests.set(key, { ...request, shares: request.shares + shares });
  },

  BatchPaid(_, { batch, assets, shares }, context) {
    const { line, report } = context;
    const entry = batchDue(batch, context);
    if (entry === undefined) return;
    const worth = worthOf(entry.left, totalOf(line), line.supply);
    const paid = worth < line.cash ? worth : line.cash;
    const some = sharesOf(paid, totalOf(line), line.supply, true);
    const burned = paid < worth && some < entry.left ? some : entry.left;
    if (assets === 0n || assets !== paid || shares !== burned)
      wrong(line, report, "what the cash and the price of shares give", "another payment");
    entry.left -= shares;
    entry.paid += assets;
    line.waiting -= shares;
    line.cash -= assets;
    line.reserved += assets;
    if (entry.left === 0n) line.firstUnpaid++;
  },

  BatchReturned(_, { batch, shares }, context) {
    const { line, report } = context;
    const entry = batchDue(batch, context);
    if (entry === undefined) return;
    if (line.cash === 0n || shares !== entry.left || worthOf(shares, totalOf(line), line.supply) !== 0n)
      wrong(line, report, "only what is worth less than a unit given back", "more");
    line.waiting -= entry.left;
    line.firstUnpaid++;
  },

  ExitClaimed(_, { lender, batch, assets, shares }, { line, report }) {
    const at = countOf(batch);
    const [entry, request] = [line.batches[at], line.requests.get(`${at} ${lender}`)];
    if (entry === undefined || request === undefined)
      return wrong(line, report, "a claim of who has requested", "of another");
    const due = (entry.paid * request.shares) / entry.shares - request.claimed;
    const back =
      at < line.firstUnpaid && !request.returned ? (entry.left * request.shares) / entry.shares : 0n;
    if (assets !== due || shares !== back)
      wrong(line, report, "the lender's part of the batch", "another amount");
    request.claimed += assets;
    if (shares !== 0n) request.returned = true;
    line.reserved -= assets;
  },

  NoticeGiven(state, { bySteward }, context) {
    const { line, block } = context;
    if (line.noticeAt !== 0n || line.debt === 0n || (!bySteward && !hasCause(state, context)))
      step(context, "a notice with a cause, while something is owed");
    Object.assign(line, { noticeAt: BigInt(block.time), bySteward });
  },

  NoticeWithdrawn(state, _, context) {
    const { line } = context;
    if (line.noticeAt === 0n || (line.debt !== 0n && (line.calledAt !== 0n || hasCause(state, context))))
      step(context, "a notice that ends once its cause has, or all is repaid");
    Object.assign(line, { noticeAt: 0n, calledAt: 0n, bySteward: false, impaired: false });
  },

  DebtCalled(state, { debt }, context) {
    const { line, market, block, report } = context;
    const restart = BigInt(Math.max(market.profile.resumedAt, market.ledger.liveSince));
    const from = (line.noticeAt > restart ? line.noticeAt : restart) + line.terms.noticePeriod;
    const due = line.noticeAt !== 0n && line.calledAt === 0n && BigInt(block.time) >= from;
    if (!due || !(line.bySteward || hasCause(state, context)))
      step(context, "a call after the notice, whose cause stands");
    line.calledAt = BigInt(block.time);
    checkDebt(line, debt, report);
  },

  DebtImpaired(_, { debt, counted }, context) {
    const { line, report } = context;
    sinceCall(context, line.terms.impairPeriod, line.impaired || line.defaulted);
    line.impaired = true;
    checkDebt(line, debt, report);
    if (counted !== countedOf(line)) wrong(line, report, "the part of the debt that still counts", "another");
  },

  LineDefaulted(_, { debt }, context) {
    const { line, report } = context;
    sinceCall(context, line.terms.curePeriod, line.defaulted);
    Object.assign(line, { defaulted: true, waiting: 0n, firstUnpaid: line.batches.length });
    checkDebt(line, debt, report);
  },
};

/** Events that come without the line having acted, and the one that tells of the interest itself. */
const WITHOUT_INTEREST: readonly string[] = ["Transfer", "Approval", "InterestAccrued"];

/** Brings a line's interest up to an event, which must have been told of. */
export function bringUp(line: LineState, name: string, { block, report }: CreditContext): void {
  if (WITHOUT_INTEREST.includes(name)) return;
  const { interest, lateSeconds } = interestAt(line, block.time);
  if (interest !== 0n || lateSeconds !== line.lateSeconds) {
    wrong(line, report, "the interest of the time that has passed", "no word of it");
    line.debt += interest;
    line.lateSeconds = lateSeconds;
  }
  line.accruedAt = BigInt(block.time);
}

/** Whether the covenant of an account holds, with all that its lines are owed now. As CreditRegistry.requireCovenant. */
export function isCovered(
  { credit, accounts }: CreditPart,
  account: string,
  { market, terms, block }: Pick<CreditContext, "market" | "terms" | "block">,
): boolean {
  const state = accounts.get(account);
  let owed = 0n;
  for (const line of credit.lines.values()) {
    if (line.account !== account || !line.open || line.debt === 0n) continue;
    owed += owedAhead(owedAt(line, block.time), line.terms, BigInt(terms.horizon));
    if (!state?.book.signers.includes(line.terms.attester)) return false;
  }
  if (owed === 0n) return true;
  if (state === undefined || statusAt(market, state, block.time).status !== "healthy") return false;
  const { taken } = state.supports;
  const high = market.ledger.quotes[terms.slot]?.high ?? 0n;
  if (taken === null || high === 0n) return false;
  const covered = -(taken.claim.support ?? 0n) >= centsOwed(owed, high, terms);
  return covered && claimHolds(market, state, taken, terms.covenantMargin, block.time);
}

function hasCause(state: CreditPart, context: LineContext): boolean {
  const { line, market, block } = context;
  if (line.lateSeconds > line.terms.gracePeriod) return true;
  const account = state.accounts.get(line.account);
  if (account === undefined || statusAt(market, account, block.time).status === "unknown") return false;
  return !isCovered(state, line.account, context);
}

/** The first batch that is not paid, if it is this one and has closed. As LineLenders._settle. */
function batchDue(batch: bigint, { line, block, report }: LineContext) {
  const at = countOf(batch);
  const entry = line.batches[at];
  if (entry !== undefined && at === line.firstUnpaid && BigInt(block.time) >= entry.closesAt) return entry;
  wrong(line, report, "the first batch that has closed", "another");
  return undefined;
}

function sinceCall(context: LineContext, period: bigint, before: boolean): void {
  const { line, block } = context;
  if (before || line.calledAt === 0n || BigInt(block.time) < line.calledAt + period)
    step(context, "a step so long after the call, once");
}

function step({ line, report }: LineContext, expected: string): void {
  report("credit-steps", { account: line.account }, expected, "another");
}

function checkDebt(line: LineState, debt: bigint, report: Report): void {
  if (owedOf(line) !== debt) wrong(line, report, "the debt that the events come to", "another");
}
