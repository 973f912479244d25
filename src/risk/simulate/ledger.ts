import { BPS, OBSERVATIONS, ROUNDS } from "../../protocol/bounds.js";
import type { GatePlan, LedgerTiming } from "../../protocol/deploymentTerms.js";
import type { GateMarket, GateRound } from "../../protocol/gate.js";
import { type Average, moveOf, type QuotedPrices, quoteOf, takesRound } from "../../protocol/odometer.js";
import type { Market, RiskParameters } from "../../protocol/types.js";
import { FastHealth } from "./fastHealth.js";

const EPOCH = 1;

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
    private readonly timing: LedgerTiming,
    terms: GatePlan,
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
