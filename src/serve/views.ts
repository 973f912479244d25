import type { AccountReading } from "../chain/accountReading.js";
import { NO_ADDRESS } from "../encoding/address.js";
import { formatDecimal } from "../encoding/decimal.js";
import { auctionFactor, auctionPrice } from "../protocol/auction.js";
import { BPS } from "../protocol/bounds.js";
import type { GateMarket } from "../protocol/gate.js";
import { bookTerms, endOfBook, endOfProof } from "../protocol/lapse.js";
import { allowanceOf } from "../protocol/odometer.js";
import { STATUS_NAMES, type StatusName, statusAt } from "../protocol/status.js";
import type { AccountView, AuctionView, ClaimView, RoundView, StatusCounts } from "./apiTypes.js";
import type { AuctionState, ChainState, RoundState } from "./chainState.js";

/** A share of a whole, in basis points, rounded down and never negative. */
function shareLeft(left: bigint, whole: bigint): number {
  if (left <= 0n) return 0;
  return whole === 0n ? Number(BPS) : Number((left * BPS) / whole);
}

/** An account at a time, as its gate would answer then: of an account that a house clears, the house's own. */
export function accountView(
  reading: AccountReading,
  chain: ChainState,
  time: number,
  name: string | null = null,
): AccountView {
  const { status: known, gate } = reading;
  const { account, callTheta, supports } = known;
  const { clearing } = chain;
  const member = clearing.owners.get(account);
  const owner = member ?? known.owner;
  const market = marketFor(chain, member !== undefined);
  const cleared = clearing.reading?.cleared.get(account) ?? null;
  const { isolated, commitment, sleeve } = known.book;
  const { book, marks } = gate;
  const found = market === null ? null : statusAt(market, gate, time);
  return {
    ...{ account, owner: owner ?? NO_ADDRESS, name, isolated, cleared },
    status: found?.status ?? "unknown",
    deadline: orNull(found?.deadline ?? 0),
    lapse: found === null || found.lapsedAt === 0 ? null : { at: found.lapsedAt, cause: found.cause },
    book:
      book.sequence === 0
        ? null
        : {
            sequence: book.sequence,
            commitment: commitment.toString(),
            asOf: book.asOf,
            endsAt: market === null ? book.expiresAt : endOfBook(book, bookTerms(market.profile)),
            brokenAt: orNull(book.brokenAt),
            sleeve:
              sleeve === null
                ? null
                : {
                    ...{ band: sleeve.band, until: Number(sleeve.until) },
                    voidedAt: orNull(Number(sleeve.voidedAt)),
                  },
          },
    claim: market === null ? null : claimView(reading, market, time),
    breachRound: orNull(marks.breachRound),
    callRound: orNull(marks.callRound),
    callTheta: marks.callRound === 0 ? null : callTheta,
    supports: [supports.taken, supports.added].flatMap((claim) =>
      claim === null
        ? []
        : [{ support: claim.support.toString(), theta: claim.theta, round: Number(claim.round) }],
    ),
  };
}

/** The market that an account is judged in. A house's gate has the deployment's market, and periods of its own. */
function marketFor({ market, clearing }: ChainState, isCleared: boolean): GateMarket | null {
  const gate = isCleared ? clearing.reading?.gate : undefined;
  return market === null || gate === undefined
    ? market
    : { ...market, constants: { ...market.constants, gate } };
}

function claimView(
  { gate: { health }, status: { claim: proven, book } }: AccountReading,
  market: GateMarket,
  time: number,
): ClaimView | null {
  if (health === null || proven === null) return null;
  const { round, sequence, epoch, claim, odometer, sleeve } = health;
  const { maxProofAge } = market.constants.gate;
  const { newest } = market.ledger;
  const moved = (newest?.odometer ?? odometer) - odometer;
  const allowance = allowanceOf(claim.envelope);
  const endsAt = endOfProof(health.time, maxProofAge);
  const band = allowanceOf(book.sleeve?.band ?? 0);
  return {
    ...{ round, time: health.time, sequence, epoch, theta: proven.theta, envelope: claim.envelope, endsAt },
    envelopeLeft: moved <= 0n ? Number(BPS) : shareLeft(allowance - moved, allowance),
    ageLeft: shareLeft(BigInt(endsAt - time), BigInt(maxProofAge)),
    sleeve: sleeve
      ? { bandLeft: shareLeft(sleeve.limit - (newest?.sleeveOdometer ?? 0n), band), until: sleeve.until }
      : null,
  };
}

const ATTO = 18;

/** A round with its averages. @param at its place among the rounds, which are oldest first */
export function roundView({ listing, rounds, market }: ChainState, at: number): RoundView | undefined {
  const round = rounds[at];
  if (round === undefined) return undefined;
  const { number, epoch, time, odometer, sleeveOdometer } = round;
  const before = rounds[at - 1];
  const window = market?.constants.twapWindow ?? 0;
  return {
    ...{ number, epoch, time },
    odometer: odometer.toString(),
    sleeveOdometer: sleeveOdometer.toString(),
    moved: before === undefined ? null : (odometer - before.odometer).toString(),
    prices: listing.map(({ symbol, decimals }, u) => {
      const dollars = (price: bigint) => formatDecimal(price * 10n ** BigInt(decimals), ATTO);
      return {
        asset: symbol,
        low: dollars(round.low[u] ?? 0n),
        high: dollars(round.high[u] ?? 0n),
        average: dollars(averageOf(rounds, at, u, window)),
        funding: dollars(round.funding[u] ?? 0n),
      };
    }),
  };
}

/**
 * The time-weighted average of the midpoints of low and high, over the window that ends with a round. Each counts from its round to
 * the next. The ledger's own average is of spot prices, which it does not publish; it lies between low and high as well.
 * @param window seconds
 * @returns attodollars per quantum, rounded down
 */
export function averageOf(rounds: readonly RoundState[], at: number, slot: number, window: number): bigint {
  const last = rounds[at];
  if (last === undefined) return 0n;
  const middle = ({ low, high }: RoundState) => ((low[slot] ?? 0n) + (high[slot] ?? 0n)) / 2n;
  const from = last.time - window;
  let [area, seconds] = [0n, 0n];
  for (let i = at - 1; i >= 0; i--) {
    const [round, next] = [rounds[i], rounds[i + 1]];
    if (round === undefined || next === undefined || next.time <= from) break;
    const span = BigInt(next.time - Math.max(round.time, from));
    area += middle(round) * span;
    seconds += span;
  }
  return seconds === 0n ? middle(last) : area / seconds;
}

/** An auction and its price at a time and a block. */
export function auctionView(
  auction: AuctionState,
  { vault, block }: ChainState,
  time: number,
): AuctionView[] {
  if (vault === null) return [];
  const { account, token, keeper, startedAt, startBlock } = auction;
  const { symbol = token, decimals = 0 } = vault.tokens.get(token) ?? {};
  const paid = (amount: bigint) => formatDecimal(amount, vault.settlement.decimals);
  const now = { time, block: block.number };
  const elapsed = Math.min(time - startedAt, (block.number - startBlock) * vault.terms.blockTime);
  return [
    {
      ...{ account, token, symbol, settlement: vault.settlement.symbol, keeper, startedAt, startBlock },
      offered: formatDecimal(auction.offered, decimals),
      left: formatDecimal(auction.left, decimals),
      startCost: paid(auction.startCost),
      price: paid(auctionPrice(auction, auction.left, now, vault.terms)),
      factor: Number(auctionFactor(Math.max(0, elapsed), vault.terms)),
      due: paid(auction.due),
      terms: vault.terms,
    },
  ];
}

/** Counts statuses; each has a number. */
export function countStatuses(statuses: Iterable<StatusName>): StatusCounts {
  const counts = Object.fromEntries(STATUS_NAMES.map((name) => [name, 0])) as Record<StatusName, number>;
  for (const status of statuses) counts[status]++;
  return counts;
}

function orNull(value: number): number | null {
  return value === 0 ? null : value;
}

/** A view without what passes by itself, so that time alone is no change. */
export function untimed(view: AccountView): AccountView {
  return view.claim === null ? view : { ...view, claim: { ...view.claim, ageLeft: 0 } };
}
