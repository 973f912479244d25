import { checksummed } from "../../encoding/address.js";
import { BATCH } from "../replay/callData.js";
import type { About, Report } from "../replay/context.js";
import { verifyPending } from "./clearedProofs.js";
import { FUND_AUDIT } from "./defaultFund.js";
import { endAtGates } from "./houseHealth.js";
import type { Account, Change, HouseState } from "./houseState.js";
import type { LoggedContext } from "./replay.js";
import { endSettlements } from "./settlements.js";

/** What the events of one transaction of a clearing house come to together: notes with two sides, deltas that something explains. */

/** An owner who owes the fund an assessment is paid nothing, and changes no book but by closing torn-up lines. */
export function checkOwed(state: HouseState, { owner }: Account, about: About, report: Report): void {
  const { members } = state.fund.fund;
  const owed = members.get(checksummed(owner) ?? owner)?.owed ?? 0n;
  if (owed !== 0n) report("clearing-owed", about, "nothing owed to the fund", `${owed} units`);
}

/** Adds what a payment explains to the change of its transaction. */
export function explain(
  state: HouseState,
  account: string,
  amount: bigint,
  { report }: LoggedContext,
): Change | undefined {
  const change = state.changes.findLast((one) => one.account === account);
  if (change === undefined)
    report("event-missing", { account }, "the change of the book that it pays", "none");
  else change.explained += amount;
  return change;
}

/** After a transaction: each note has two sides, and each delta is explained. */
export function endTransaction(state: HouseState, context: LoggedContext): void {
  endSettlements(state, context);
  endAtGates(state, context);
  endTogether(state, context);
  if (context.transaction.events.some(({ role }) => role === "fund"))
    FUND_AUDIT.endTransaction?.(state.fund, context);
  const uses = new Map<bigint, { readonly side: string; readonly change: Change }[]>();
  for (const change of state.changes) {
    const { read, about, report, explained, taken } = change;
    for (const note of read.notes)
      if (note !== null)
        uses.set(note.digest, [...(uses.get(note.digest) ?? []), { side: note.side, change }]);
    const moved = read.deltaPerp.some((delta, u) => delta !== (taken[u] ?? 0n));
    if (read.deltaBasis !== explained || moved)
      report(
        "clearing-delta",
        about,
        `a basis changed by ${explained} attodollars, and the perpetuals of a takeover`,
        `by ${read.deltaBasis}${moved ? ", and other perpetuals" : ""}`,
      );
  }
  for (const [digest, sides] of uses) {
    const [one, two, ...more] = sides;
    state.counts.notes++;
    if (sides.every(({ change: { account } }) => state.accounts.get(account)?.opening !== undefined))
      state.counts.matched++;
    const paired = two !== undefined && more.length === 0 && one?.side !== two.side;
    if (!paired || one?.change.account === two?.change.account)
      one?.change.report(
        "clearing-note",
        one.change.about,
        `two sides of the note ${digest}`,
        `${sides.length}`,
      );
  }
  [state.changes, state.renewed, state.settled, state.boxRounds] = [[], [], [], undefined];
  state.capped.clear();
  if (state.pending.length >= BATCH) verifyPending(state);
}

/** What the house, its defaults and its fund tell together. */
function endTogether(state: HouseState, { report }: LoggedContext): void {
  const { numberOf } = state.fund.fund;
  const missing = (account: string, what: string) => report("event-missing", { account }, what, "none");
  for (const account of state.starting) missing(account, "the start of a default that freezes a book");
  state.starting.clear();
  for (const account of state.estates.keys()) {
    const stage = state.accounts.get(account)?.stage;
    const open = stage === "frozen" || stage === "revealed";
    if (open && state.ended === undefined && !numberOf.has(account) && !state.settled.includes(account))
      missing(account, "a default that the fund has noted");
  }
  for (const account of state.settled)
    if (numberOf.has(account)) missing(account, "the end of a default in the fund");
  if (state.takeover !== undefined)
    missing(state.takeover.account, "the change of book that takes parts over");
  state.takeover = undefined;
  const kept = (account: string) => {
    const owner = state.accounts.get(account)?.owner ?? "";
    return (state.fund.fund.members.get(checksummed(owner) ?? owner)?.owed ?? 0n) !== 0n;
  };
  for (const account of [...state.changes.map((change) => change.account), ...state.renewed])
    if (!state.capped.has(account) && !kept(account)) missing(account, "the cap of a book that changes");
}
