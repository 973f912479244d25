import type { AccountView, ClearingView } from "./apiTypes.js";
import { type ChainState } from "./chainState.js";
import { chainTime, stateOfMarket, type Watched } from "./watched.js";

/** How much an alert matters: act soon, act now. */
export const SEVERITIES = ["warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** When the rules warn. */
export interface Thresholds {
  /** Least share of an envelope, of a proof's age and of a sleeve's band that is left, basis points. */
  readonly envelopeLeft: number;
  readonly ageLeft: number;
  readonly bandLeft: number;
  /** Seconds before an account is liquidatable, and before its book or sleeve ends. */
  readonly deadline: number;
  readonly bookEnds: number;
  /** Seconds without an answer of the node. */
  readonly nodeAway: number;
  /** Seconds by which this machine's clock and the chain's may differ. */
  readonly clock: number;
  /** Submissions that a sender's balance pays for. */
  readonly submissions: number;
  /** Seconds that a job waits in the queue. */
  readonly jobWaits: number;
}

/** Thresholds where the alerts file names no other. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  ...{ envelopeLeft: 2_000, ageLeft: 1_000, bandLeft: 2_000 },
  ...{ deadline: 3_600, bookEnds: 7_200, nodeAway: 60, clock: 60, submissions: 20, jobWaits: 600 },
};

/** Every rule: how much it matters, what it says, and what to do. docs/WATCHING.md shows this table. */
export const RULES = {
  "account-liquidatable": {
    severity: "critical",
    says: "the account is liquidatable",
    todo: "prove it healthy at a newer round, or expect an auction",
  },
  "account-margin-call": {
    severity: "critical",
    says: "a proof of ill health stands against the account",
    todo: "reduce risk or add collateral, have the book attested, and prove it above the health factor of the call",
  },
  "account-deadline": {
    severity: "critical",
    says: "the account becomes liquidatable soon",
    todo: "prove it now: zkmargin prove, zkmargin submit",
  },
  "account-grace": {
    severity: "warning",
    says: "the account's proof has lapsed",
    todo: "see that its keeper runs and can prove it",
  },
  "envelope-low": {
    severity: "warning",
    says: "the market has used up most of the envelope",
    todo: "see that its keeper runs; a new proof has a new envelope",
  },
  "proof-old": {
    severity: "warning",
    says: "the proof is near its greatest age",
    todo: "see that its keeper runs",
  },
  "book-ending": {
    severity: "warning",
    says: "the attested book ends soon",
    todo: "have the next book attested: zkmargin attest",
  },
  "sleeve-ending": {
    severity: "warning",
    says: "the sleeve of the book ends soon, by time or by its band",
    todo: "price the sleeve again, and have the book attested",
  },
  "market-outage": {
    severity: "critical",
    says: "the newest round is so old that the gate calls every account unknown",
    todo: "poke: zkmargin poke; see which sources refuse",
  },
  "market-unusable": {
    severity: "warning",
    says: "no proof can be made at the newest round",
    todo: "poke, or wait until the profile is live again",
  },
  "source-refuses": {
    severity: "warning",
    says: "a source of the ledger refuses to answer",
    todo: "zkmargin feeds check; a poke needs all sources",
  },
  "node-away": {
    severity: "critical",
    says: "no node answers",
    todo: "see to the node, or give another --rpc; what is shown is the last known",
  },
  "chain-reorganised": {
    severity: "warning",
    says: "the chain was re-organised in the last ten minutes; what it lost was read again",
    todo: "nothing; wait for more confirmations where it repeats",
  },
  "clock-wrong": {
    severity: "warning",
    says: "this machine's clock and the chain's differ",
    todo: "set this machine's clock (NTP), or ask a node that is not behind",
  },
  "fund-uncovered": {
    severity: "critical",
    says: "the default fund holds less than its caps ask for",
    todo: "have members contribute, or lower their caps; until then nobody adds risk",
  },
  "cap-lapsed": {
    severity: "warning",
    says: "the cap of an account that clears is no longer proven",
    todo: "have its owner renew the book: zkmargin clearing renew",
  },
  "cap-overdue": {
    severity: "critical",
    says: "a cap that lapsed is past its grace, and anybody may start the account's default",
    todo: "have its owner renew the book now, or expect a default",
  },
  "default-open": {
    severity: "critical",
    says: "a default of the clearing house is open",
    todo: "see its stage on the board; liquidators open the book, members bid",
  },
  "assessment-owed": {
    severity: "critical",
    says: "a member of the default fund owes an assessment",
    todo: "have it paid: zkmargin clearing default assess; until then the house refuses the member's transitions",
  },
  "clearing-closed": {
    severity: "critical",
    says: "the market of the clearing house is closed to new risk",
    todo: "reduce positions before it ends; then prove the claims",
  },
  "balance-low": {
    severity: "warning",
    says: "a sender's balance pays for few submissions",
    todo: "fund the sender",
  },
  "balance-empty": {
    severity: "critical",
    says: "a sender's balance pays for no submission",
    todo: "fund the sender",
  },
  "queue-away": {
    severity: "warning",
    says: "the queue's database does not answer",
    todo: "see to the database; keepers and workers wait for it",
  },
  "queue-unattended": {
    severity: "critical",
    says: "no keeper has the queue",
    todo: "start the keeper: zkmargin keep --queue",
  },
  "queue-failed": {
    severity: "warning",
    says: "jobs of the queue have failed for good",
    todo: "see the workers' lines, then zkmargin queue retry",
  },
  "queue-slow": {
    severity: "warning",
    says: "a job has waited long",
    todo: "start more workers",
  },
  "keeper-stopped": {
    severity: "critical",
    says: "a keeper's log ends with its end",
    todo: "start the keeper again",
  },
  "keeper-trouble": {
    severity: "warning",
    says: "a keeper is in trouble",
    todo: "see the keeper's log",
  },
} as const satisfies Record<
  string,
  { readonly severity: Severity; readonly says: string; readonly todo: string }
>;
export type RuleName = keyof typeof RULES;

/** A rule that is true now, and of what: an account, a source, a sender, a file. */
export interface Alert {
  readonly rule: RuleName;
  readonly subject: string;
  /** Figures, where there are any: public ones. */
  readonly detail: string | null;
}

/**
 * Which rules are true. Pure. No alert holds a position, a secret or a health factor: all of it is of the chain, the queue and the
 * keepers' public lines.
 * @param accounts those that are watched; all by default
 */
export function alertsOf(watched: Watched, limits: Thresholds, accounts?: ReadonlySet<string>): Alert[] {
  const alerts: Alert[] = [];
  const say = (rule: RuleName, subject: string, detail: string | null = null) =>
    alerts.push({ rule, subject, detail });
  const { chain, lookedAt, now, startedAt } = watched;
  const silent = Math.floor((now - (lookedAt ?? startedAt)) / 1_000);
  if (silent >= limits.nodeAway) say("node-away", "node", `for ${silent} s`);
  if (watched.clockAhead !== null && Math.abs(watched.clockAhead) > limits.clock)
    say(
      "clock-wrong",
      "clock",
      `${Math.abs(watched.clockAhead)} s ${watched.clockAhead > 0 ? "ahead" : "behind"}`,
    );
  if (chain !== undefined) {
    const time = chainTime(watched);
    ofMarket(chain, time, say);
    for (const account of watched.accounts)
      if (accounts === undefined || accounts.has(account.account)) ofAccount(account, time, limits, say);
  }
  if (watched.clearing !== null) ofClearing(watched.clearing, say);
  ofService(watched, limits, say);
  return alerts;
}

type Say = (rule: RuleName, subject: string, detail?: string | null) => void;

/** Seconds for which a re-organisation is told. */
const REORGANISED_FOR = 600;

function ofMarket(chain: ChainState, time: number, say: Say): void {
  const state = stateOfMarket(chain, time);
  if (state === "outage") say("market-outage", "market", null);
  else if (state !== "usable") say("market-unusable", "market", state);
  for (const { source, fault } of chain.sources) if (fault !== null) say("source-refuses", source, fault);
  const { times, at } = chain.reorganised;
  if (times > 0 && time - at < REORGANISED_FOR) say("chain-reorganised", "chain", null);
}

function ofAccount(
  { account, status, deadline, claim, book, lapse }: AccountView,
  time: number,
  limits: Thresholds,
  say: Say,
): void {
  if (status === "liquidatable") return say("account-liquidatable", account);
  if (status === "marginCall") say("account-margin-call", account);
  if (status === "grace") say("account-grace", account, lapse?.cause ?? null);
  if (deadline !== null && deadline - time <= limits.deadline)
    say("account-deadline", account, `in ${Math.max(0, deadline - time)} s`);
  if (book !== null && book.endsAt > time && book.endsAt - time <= limits.bookEnds)
    say("book-ending", account, `in ${book.endsAt - time} s`);
  if (status !== "healthy" || claim === null) return;
  if (claim.envelopeLeft < limits.envelopeLeft)
    say("envelope-low", account, `${claim.envelopeLeft} bps left`);
  if (claim.ageLeft < limits.ageLeft) say("proof-old", account, `${claim.ageLeft} bps left`);
  const { sleeve } = claim;
  if (sleeve !== null && (sleeve.bandLeft < limits.bandLeft || sleeve.until - time <= limits.bookEnds))
    say(
      "sleeve-ending",
      account,
      `${sleeve.bandLeft} bps of its band left, ${Math.max(0, sleeve.until - time)} s`,
    );
}

/** Of a clearing house all is told, whichever accounts the alerts are about: a default concerns each member. */
function ofClearing(
  { fund, required, covered, lapsed, defaults, members, state, house }: ClearingView,
  say: Say,
): void {
  if (!covered) say("fund-uncovered", "fund", `${fund} of ${required} dollars`);
  for (const { account, overdue } of lapsed) say(overdue ? "cap-overdue" : "cap-lapsed", account);
  for (const { account, stage, left } of defaults) say("default-open", account, `${stage}, ${left} % left`);
  for (const { member, owed } of members) if (owed !== "0") say("assessment-owed", member, `${owed} dollars`);
  if (state !== "open") say("clearing-closed", house, state);
}

function ofService({ senders, queue, keepers }: Watched, limits: Thresholds, say: Say): void {
  for (const { address, submissions } of senders) {
    if (submissions === null) continue;
    if (submissions === 0n) say("balance-empty", address);
    else if (submissions < BigInt(limits.submissions))
      say("balance-low", address, `enough for ${submissions} submissions`);
  }
  if (queue !== null && "failure" in queue) say("queue-away", "queue", queue.failure);
  else if (queue !== null) {
    if (queue.keeper === null) say("queue-unattended", "queue");
    if (queue.failed > 0) say("queue-failed", "queue", `${queue.failed} jobs`);
    if (queue.oldest !== null && queue.oldest > limits.jobWaits)
      say("queue-slow", "queue", `for ${queue.oldest} s`);
  }
  for (const { name, stopped, troubles } of keepers.logs) {
    if (stopped) say("keeper-stopped", name);
    for (const trouble of troubles) say("keeper-trouble", `${name}: ${trouble}`);
  }
}
