import { BPS } from "../../protocol/bounds.js";
import { epochSince } from "../../protocol/lapse.js";
import { isOutage, liveEpoch, STATUS_NAMES, statusAt } from "../../protocol/status.js";
import type { AccountState } from "../replay/account.js";
import { type About, countOf, type Report } from "../replay/context.js";
import { claimHolds, noClaimFollows } from "../replay/gate.js";
import type { Claiming, HouseGates } from "./houseGates.js";
import type { HouseState } from "./houseState.js";
import type { LoggedContext } from "./replay.js";

/**
 * What a clearing house asks of its gates: a health factor after each change of a book, a cap under stress, and that a default was due.
 * Each rule is that of the contract that is named beside it.
 */

/** A book is the newest of its account. Its claims of health have to follow within the transaction. */
export function changeAtGates(
  state: HouseState,
  {
    account,
    sequence,
    commitment,
  }: { readonly account: string; readonly sequence: bigint; readonly commitment: bigint },
  change: Pick<Claiming, "opens" | "about" | "report">,
  { transaction: { time } }: Pick<LoggedContext, "transaction">,
): void {
  const { gates } = state;
  const standing = gates.marginGate.accounts.get(account);
  if (standing === undefined) return;
  requireClaims(state, account, time);
  const liquidatable = isLiquidatable(gates, account, time);
  const life = Math.min(gates.profile.bookMaxAge, gates.longestBook);
  Object.assign(standing.account.book, {
    ...{ sequence: countOf(sequence), commitment, asOf: time, expiresAt: time + life, attestedAt: time },
    ...{ brokenAt: 0, sleeveVoidedAt: 0, sleeve: null, signers: [gates.house] },
  });
  gates.claiming.set(account, { ...change, liquidatable });
}

/** Whether anybody may start a default of an account by its gate. */
export function isLiquidatable({ marginGate }: HouseGates, account: string, time: number): boolean {
  const standing = marginGate.accounts.get(account);
  return (
    standing !== undefined && statusAt(marginGate.market, standing.account, time).status === "liquidatable"
  );
}

/** Whether an account is healthy at the house's gate, by a claim of at least so many basis points. As GateStatus.requireMargin. */
export function hasMargin({ marginGate }: HouseGates, account: string, theta: number, time: number): boolean {
  const standing = marginGate.accounts.get(account)?.account;
  if (standing === undefined || statusAt(marginGate.market, standing, time).status !== "healthy")
    return false;
  return (standing.health?.claim.theta ?? 0) >= theta;
}

/** Claims on record with which no more than a cap is added. */
function claimsWithin({ health, supports: { taken, added } }: AccountState, cap: bigint) {
  return [health, taken, (added?.claim.support ?? 0n) <= cap ? added : null];
}

/** Whether the stress gate has an account's cap proven; true without a cap. As FundCaps.isCapLapsed. */
export function capHolds(
  { gates: { stressGate }, fund }: HouseState,
  account: string,
  time: number,
): boolean {
  const cap = fund.fund.caps.get(account)?.cap;
  const standing = stressGate.accounts.get(account)?.account;
  if (cap === undefined || standing === undefined) return true;
  const { market } = stressGate;
  if (cap === 0n && statusAt(market, standing, time).status !== "healthy") return false;
  return claimsWithin(standing, cap).some((claim) => claimHolds(market, standing, claim, Number(BPS), time));
}

/** Whether a book is of no default, no older than a tear-up, and within its cap. As ClearingHouse.isCurrent. */
export function isCurrent(state: HouseState, account: string, time: number): boolean {
  const known = state.accounts.get(account);
  if (known?.stage !== "open" || known.tearUps !== state.tearUps.length) return false;
  // An account that has left has no cap.
  return known.emptyAt === known.sequence || capHolds(state, account, time);
}

/** The newest round at which the stress gate took that a cap holds; 0 if none. As FundCaps._provenAt. */
function provenAt({ stressGate }: HouseGates, account: string, cap: bigint): number {
  const standing = stressGate.accounts.get(account)?.account;
  if (standing === undefined) return 0;
  return Math.max(...claimsWithin(standing, cap).map((claim) => claim?.round ?? 0));
}

/** Whether the lapse of an account's cap was on record for longer than its grace. As FundCaps.isCapOverdue. */
export function isCapOverdue(state: HouseState, account: string, time: number): boolean {
  const { gates, fund } = state;
  const { profile, ledger, constants } = gates.stressGate.market;
  const lapse = gates.lapses.get(account);
  const cap = fund.fund.caps.get(account)?.cap;
  const { newest } = ledger;
  if (lapse === undefined || cap === undefined || newest === null) return false;
  if (newest.epoch !== liveEpoch(profile, time) || isOutage(newest, time, constants.ledger.maxRoundAge))
    return false;
  if (capHolds(state, account, time) || provenAt(gates, account, cap) > lapse.round) return false;
  const since = Math.max(lapse.at, profile.resumedAt, ledger.liveSince, epochSince(profile));
  return time > since + fund.rules.grace;
}

/** Takes in that a lapse of a cap, or its end, was recorded: it must be so. */
export function recordCapLapse(
  state: HouseState,
  account: string,
  lapsed: boolean,
  { report, transaction: { time } }: LoggedContext,
): void {
  const { gates, fund } = state;
  if (capHolds(state, account, time) === lapsed)
    report(
      "record-mismatch",
      { account },
      `a cap that ${lapsed ? "has lapsed" : "is proven"}`,
      "one that is not so",
    );
  const cap = fund.fund.caps.get(account)?.cap ?? 0n;
  if (lapsed) gates.lapses.set(account, { at: time, round: provenAt(gates, account, cap) });
  else gates.lapses.delete(account);
}

/** A cap is set, which needs no house where its owner lowers it: the stress gate has it proven. */
export function capSet(
  state: HouseState,
  account: string,
  isOpen: boolean,
  { report, transaction: { time } }: LoggedContext,
): void {
  state.gates.lapses.delete(account);
  if (isOpen && !state.gates.claiming.has(account)) requireCap(state, account, time, { account }, report);
}

function requireCap(state: HouseState, account: string, time: number, about: About, report: Report): void {
  if (capHolds(state, account, time)) return;
  const cap = state.fund.fund.caps.get(account)?.cap;
  report(
    "clearing-health",
    about,
    `a claim at the stress gate that ${cap} cents added suffice`,
    "none that holds",
  );
}

/** A changed book has the health that its change needs: at the house's gate, and at its cap under stress. */
function requireClaims(state: HouseState, account: string, time: number): void {
  const { gates, capped } = state;
  const change = gates.claiming.get(account);
  if (change === undefined) return;
  gates.claiming.delete(account);
  const { opens, liquidatable, about, report } = change;
  const theta = opens || liquidatable ? gates.initialMargin : Number(BPS);
  if (!hasMargin(gates, account, theta, time))
    report(
      "clearing-health",
      about,
      `a claim of ${theta} basis points at the house's gate`,
      "none that holds",
    );
  // Who owes an assessment closes torn-up lines and keeps its cap as it is.
  if (capped.has(account)) requireCap(state, account, time, about, report);
}

/** After a transaction: each changed book was proven healthy, and no gate told of a claim that did not follow. */
export function endAtGates(state: HouseState, { transaction, report }: LoggedContext): void {
  const { claiming, marginGate, stressGate } = state.gates;
  for (const account of [...claiming.keys()]) requireClaims(state, account, transaction.time);
  for (const { awaited } of [marginGate, stressGate]) noClaimFollows({ awaited, report });
}

/** What the gates answer of an account at a time, for the end of a log. */
export function gateAnswers(state: HouseState, account: string, time: number): Record<string, string> {
  return Object.fromEntries(
    (["marginGate", "stressGate"] as const).flatMap((role) => {
      const gate = state.gates[role];
      const standing = gate.accounts.get(account);
      if (standing === undefined) return [];
      const { status, deadline } = statusAt(gate.market, standing.account, time);
      return [[`${role}.statusOf(${account})`, `${STATUS_NAMES.indexOf(status)} ${deadline}`]];
    }),
  );
}
