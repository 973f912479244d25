import { BPS } from "../../protocol/bounds.js";
import type { GatePlan } from "../../protocol/deploymentTerms.js";
import {
  type AttestedBook,
  type GateRound,
  type ProvenHealth,
  type StatusMarks,
} from "../../protocol/gate.js";
import { allowanceOf } from "../../protocol/odometer.js";
import { type StatusName, statusAt } from "../../protocol/status.js";
import type { Holder } from "./holders.js";
import type { SimulatedLedger } from "./ledger.js";

/** An account at the gate, and what the vault knows of it. */
export interface SimulatedAccount extends Holder {
  readonly index: number;
  readonly book: AttestedBook;
  health: ProvenHealth | null;
  marks: StatusMarks;
  /** Unix seconds at which it became breached; 0 if it is not. */
  breachSince: number;
  /** Asleep until the odometer has run so far: until then a proof stands that nothing contradicts. */
  wakeAt: number;
  /** Asleep until then at most, unix seconds. */
  alarm: number;
  status: StatusName;
  /** Minute at which the owner answers, if the owner does, and the health factor that is restored. */
  readonly answer: { readonly after: number; readonly health: number } | null;
  /** Unix seconds since when it has not been healthy; 0 if it is. */
  troubledSince: number;
  answered: boolean;
}

/** The books of the simulation are attested all the time. */
const ATTESTED: AttestedBook = {
  sequence: 1,
  asOf: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
  attestedAt: 0,
  brokenAt: 0,
};
const NO_MARKS: StatusMarks = { breachRound: 0, callRound: 0, callSince: 0, lapsedAt: 0, graceSince: 0 };
const UNHEALTHY = { healthy: false, envelope: 0 } as const;

/** A new account that holds what is given. */
export function openAccount(
  index: number,
  { spot, perp, basis }: Holder,
  answer: SimulatedAccount["answer"],
): SimulatedAccount {
  return {
    index,
    spot,
    perp,
    basis,
    book: ATTESTED,
    health: null,
    marks: NO_MARKS,
    breachSince: 0,
    wakeAt: -1,
    alarm: 0,
    status: "unknown",
    answer,
    troubledSince: 0,
    answered: false,
  };
}

/**
 * What an account's keeper and its attesters prove in the newest round, and what its status is then. The keeper proves health
 * whenever it can, in the widest envelope of the grid. An attester, where there is one that acts, proves a call or a breach as soon
 * as it can. Between two reviews the account sleeps behind its proof, which the odometer's rule says to stand.
 * @param proven whether attesters prove breaches and calls, or accounts lapse only
 */
export function review(
  account: SimulatedAccount,
  { gate, fast }: SimulatedLedger,
  time: number,
  proven: boolean,
): StatusName {
  const round = gate.ledger.newest;
  if (round === null) return account.status;
  if (isEmpty(account)) {
    rest(account);
    return account.status;
  }
  const { callMargin } = gate.constants.gate as GatePlan;
  const prove = (envelope: number) => {
    account.health = { ...round, round: round.number, sequence: 1, claim: { envelope } };
    account.wakeAt = Number(round.odometer + allowanceOf(envelope));
    account.alarm = round.time + gate.constants.gate.maxProofAge + 1;
  };
  fast.of(account);
  const above = proven ? fast.widest(callMargin) : null;
  const healthy = above ?? fast.widest(Number(BPS));
  if (healthy !== null) {
    prove(healthy);
    // A breach is lifted by a proof of a later round, or of a book that is newer than the breach.
    account.marks = { ...account.marks, breachRound: 0, lapsedAt: 0 };
    account.breachSince = 0;
  }
  if (above !== null) account.marks = { ...account.marks, callRound: 0, callSince: 0 };
  else {
    const isAbove = (theta: number) => fast.exceeds(theta, UNHEALTHY);
    if (proven && account.marks.callRound === 0) {
      if (!isAbove(callMargin))
        account.marks = { ...account.marks, callRound: round.number, callSince: time };
      // Neither is provable within the spread of low and high: look again in the next round.
      else account.wakeAt = Number(round.odometer);
    }
    if (healthy === null) {
      account.wakeAt = Number(round.odometer);
      if (proven && account.marks.breachRound === 0 && !isAbove(Number(BPS))) breach(account, round, time);
    }
  }
  const { status, deadline } = statusAt(gate, account, time);
  account.status = status;
  if (status === "liquidatable" && account.breachSince === 0) breach(account, round, time);
  if (status === "healthy") account.troubledSince = 0;
  else if (account.troubledSince === 0) account.troubledSince = time;
  // Until the next round nothing changes but clocks.
  if (healthy === null) account.alarm = Number.MAX_SAFE_INTEGER;
  const clocks = [deadline + 1];
  if (account.answer !== null && !account.answered && account.troubledSince !== 0)
    clocks.push(account.troubledSince + account.answer.after * 60);
  for (const clock of clocks) if (clock > time) account.alarm = Math.min(account.alarm, clock);
  return status;
}

function isEmpty({ spot, perp, basis }: Holder): boolean {
  return basis === 0n && !spot.some((quanta) => quanta !== 0n) && !perp.some((quanta) => quanta !== 0n);
}

/** Nobody looks at an account any more: nothing is left of it, or others have taken it over. */
export function rest(account: SimulatedAccount): void {
  account.status = "healthy";
  account.alarm = Number.MAX_SAFE_INTEGER;
  account.wakeAt = Number.MAX_SAFE_INTEGER;
}

/** As MarginGate._breach: proven, or recorded by `recordLapse` before an auction. */
function breach(account: SimulatedAccount, round: GateRound, time: number): void {
  account.marks = { ...account.marks, breachRound: round.number };
  account.breachSince = time;
}
