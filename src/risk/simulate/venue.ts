import { BPS, OBSERVATIONS, ROUNDS, USD_DECIMALS } from "../../protocol/bounds.js";
import {
  type Average,
  allowanceOf,
  moveOf,
  type QuotedPrices,
  quoteOf,
  takesRound,
} from "../../protocol/odometer.js";
import {
  type AttestedBook,
  type GateMarket,
  type GateRound,
  type ProvenHealth,
  type StatusMarks,
  type StatusName,
  statusAt,
} from "../../protocol/status.js";
import type { Market, RiskParameters } from "../../protocol/types.js";
import { FastHealth } from "./fastHealth.js";
import type { SimulatedGate, SimulatedTiming } from "./scenario.js";

/** What somebody has: whole quanta by asset, perpetuals, and attodollars of profit that is not paid out. It may be changed. */
export interface Holder {
  readonly spot: bigint[];
  readonly perp: bigint[];
  basis: bigint;
}

/** A holder of nothing. */
export function nobody(assets: number): Holder {
  return { spot: Array(assets).fill(0n), perp: Array(assets).fill(0n), basis: 0n };
}

/** Moves quanta from one holder to another: the only way in which anything is paid. */
export function pay(from: Holder, to: Holder, asset: number, quanta: bigint): void {
  from.spot[asset] = (from.spot[asset] ?? 0n) - quanta;
  to.spot[asset] = (to.spot[asset] ?? 0n) + quanta;
}

/** Trades a perpetual: `buyer` gets so many quanta from `seller` at a price, attodollars per quantum. */
export function trade(seller: Holder, buyer: Holder, asset: number, quanta: bigint, price: bigint): void {
  seller.perp[asset] = (seller.perp[asset] ?? 0n) - quanta;
  buyer.perp[asset] = (buyer.perp[asset] ?? 0n) + quanta;
  seller.basis += quanta * price;
  buyer.basis -= quanta * price;
}

/** What a holder has at prices, attodollars per quantum; exact. */
export function worthOf({ spot, perp, basis }: Holder, prices: readonly bigint[]): bigint {
  return prices.reduce((sum, price, u) => sum + ((spot[u] ?? 0n) + (perp[u] ?? 0n)) * price, basis);
}

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
const EPOCH = 1;
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

/** A quote with the spot price behind it. */
interface Spot extends QuotedPrices {
  readonly spot: bigint;
}

/** The market ledger: rounds by the rules of MarketLedger.sol, poked as often as it takes one. */
export class SimulatedLedger {
  /** What the gate sees; its ledger changes with each round. */
  readonly gate: GateMarket & {
    readonly ledger: { newest: GateRound | null; readonly ring: (GateRound | null)[]; liveSince: number };
  };
  /** Low and high of the newest round, with the risk parameters. */
  market: Market;
  /** The same for many books. */
  fast: FastHealth;
  quotes: readonly QuotedPrices[] = [];
  #spots: readonly Spot[] = [];
  readonly #sums: (readonly bigint[])[] = [];
  #anchor = 1;

  constructor(
    risk: RiskParameters,
    private readonly timing: SimulatedTiming,
    terms: SimulatedGate,
    /** Basis points of the price. */
    private readonly confidence: number,
  ) {
    const zero = risk.collateralFactor.map(() => 0n);
    this.market = { ...risk, low: zero, high: zero, funding: zero };
    this.fast = new FastHealth(this.market);
    this.gate = {
      constants: { gate: terms, ledger: { maxRoundAge: timing.maxRoundAge } },
      profile: {
        bookMaxAge: Number.MAX_SAFE_INTEGER,
        epoch: EPOCH,
        epochStarts: [0],
        expiresAt: 0,
        paused: false,
        resumedAt: 0,
      },
      ledger: { newest: null, ring: Array(ROUNDS).fill(null), liveSince: 0 },
    };
  }

  /** Commits a round if the ledger takes one. @param spots attodollars per quantum */
  poke(time: number, spots: readonly bigint[]): boolean {
    const { ledger } = this.gate;
    const last = ledger.newest;
    const number = (last?.number ?? 0) + 1;
    const elapsed = time - (last?.time ?? time);
    if (last !== null && elapsed < this.timing.minInterval) return false;
    const anchor = this.#nextAnchor(number, time);
    const before = this.#sums[(number - 1) % OBSERVATIONS] ?? [];
    const sums = spots.map((_, u) => (before[u] ?? 0n) + (this.#spots[u]?.spot ?? 0n) * BigInt(elapsed));
    const old = this.#sums[anchor % OBSERVATIONS] ?? [];
    const span = last === null ? 0n : BigInt(time - (ledger.ring[anchor % ROUNDS]?.time ?? time));
    const next = spots.map((spot, u): Spot => {
      const confidence = (spot * BigInt(this.confidence)) / BPS;
      const average = averageOf((sums[u] ?? 0n) - (old[u] ?? 0n), span);
      const [low, high] = quoteOf({ spot, confidence }, average);
      return { spot, low, high, funding: 0n };
    });
    const moved = next.reduce((most, quote, u) => {
      const move = moveOf(this.#spots[u], quote);
      return move > most ? move : most;
    }, 0n);
    if (last !== null && !takesRound(elapsed, moved, this.timing)) return false;
    this.#anchor = anchor;
    this.#sums[number % OBSERVATIONS] = sums;
    this.#spots = next;
    this.quotes = next;
    this.market = { ...this.market, low: next.map(({ low }) => low), high: next.map(({ high }) => high) };
    this.fast = new FastHealth(this.market);
    const round = { number, time, epoch: EPOCH, odometer: (last?.odometer ?? 0n) + moved };
    ledger.newest = round;
    ledger.ring[number % ROUNDS] = round;
    return true;
  }

  /** As MarketLedger._advanceAnchor. */
  #nextAnchor(number: number, time: number): number {
    let anchor = this.#anchor;
    if (anchor + OBSERVATIONS <= number) anchor = number - OBSERVATIONS + 1;
    const { ring } = this.gate.ledger;
    while (
      anchor + 1 < number &&
      (ring[(anchor + 1) % ROUNDS]?.time ?? time) + this.timing.twapWindow <= time
    )
      anchor++;
    return anchor;
  }
}

function averageOf(area: bigint, span: bigint): Average | null {
  if (span === 0n) return null;
  return { floor: area / span, ceiling: (area + span - 1n) / span };
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
  const { callMargin } = gate.constants.gate as SimulatedGate;
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

/** A price in dollars a unit as attodollars per quantum, at least 1. */
export function attodollars(dollars: number, decimals: number): bigint {
  const price = BigInt(Math.round(dollars * Number(10n ** BigInt(USD_DECIMALS - decimals))));
  return price > 0n ? price : 1n;
}
