import { formatDecimal } from "../encoding/decimal.js";
import { BPS } from "../protocol/bounds.js";
import type { ClearingView, EstateView, FundMemberView } from "./apiTypes.js";
import type { ChainState, RoundState } from "./chainState.js";
import type { ClearingReading, EstateState } from "./clearingReader.js";

const ATTO = 18;
const CENTS = 2;
/** Parts that an estate is sold in. */
const ESTATE_PARTS = 100;

/** An estate's price for all that is left of it, attodollars: it falls in a straight line from the first to the last. */
export interface EstatePrices {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Between which prices the auction of an estate falls, at a round's prices. As `_priceOf` of Estates.sol.
 */
export function estatePrices(
  { estate, torn }: EstateState,
  { low, high, funding }: Pick<RoundState, "low" | "high" | "funding">,
  { premium, discount }: ClearingReading["terms"],
): EstatePrices {
  let [value, gross, cash] = [0n, 0n, estate.cash];
  for (const [u, perp] of estate.perp.entries()) {
    if (torn !== null && (torn.assets >> BigInt(u)) & 1n) {
      cash += perp * (torn.netPrice[u] ?? 0n);
      continue;
    }
    const price = ((low[u] ?? 0n) + (high[u] ?? 0n)) / 2n;
    value += perp * (price - (funding[u] ?? 0n));
    const line = perp * price;
    gross += line < 0n ? -line : line;
  }
  const first = value + (gross * premium) / BPS;
  const floor = value - (gross * discount) / BPS;
  // No buyer is paid more than the estate has and the fund can pay.
  const payable = -(cash + estate.funded);
  const last = floor < payable ? payable : floor;
  return { first: first > last ? first : last, last };
}

/** The price at a time. @param elapsed seconds since the reveal */
export function estatePrice({ first, last }: EstatePrices, elapsed: number, period: number): bigint {
  const passed = BigInt(Math.max(0, Math.min(elapsed, period)));
  return first - ((first - last) * passed) / BigInt(period);
}

/** A clearing house as it is at a time: its fund beside what the caps ask of it, its members, and its open defaults. */
export function clearingView(
  reading: ClearingReading,
  { rounds }: Pick<ChainState, "rounds">,
  time: number,
  names: ReadonlyMap<string, string> = new Map(),
): ClearingView {
  const { cover, settlement, caps, members, estates, closedAt, endedAt, terms } = reading;
  const dollars = (units: bigint) => formatDecimal(units, settlement.decimals);
  const cents = (amount: bigint) => formatDecimal(amount, CENTS);
  const nameOf = (address: string) => names.get(address.toLowerCase()) ?? null;
  const shown = [...members].flatMap(([member, { group, caps: own, contribution, owed, requested }]) =>
    group === 0n && contribution === 0n && owed === 0n
      ? []
      : [
          {
            ...{ member, name: nameOf(member), group: Number(group), caps: own },
            ...{ contribution: dollars(contribution), owed: dollars(owed), requested: dollars(requested) },
          },
        ],
  );
  const groups = new Map<number, bigint>();
  for (const { group, caps: own } of shown)
    if (group !== 0) groups.set(group, (groups.get(group) ?? 0n) + own);
  const lapsed = [...caps].filter(([, { lapsed: is }]) => is);
  return {
    ...{ house: reading.house, defaultFund: reading.fund, symbol: settlement.symbol },
    state: endedAt !== 0 ? "ended" : closedAt !== 0 ? "closed" : "open",
    fund: cents(cover.held),
    contributions: dollars(reading.contributions),
    capital: dollars(reading.capital),
    required: cents(cover.required),
    remembered: cents(cover.remembered),
    covered: cover.held >= cover.required,
    ratio: cover.required === 0n ? null : Number((cover.held * BPS) / cover.required),
    cover: [...groups]
      .filter(([, sum]) => sum > 0n)
      .sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0))
      .map(([group, sum]) => ({ group: `group ${group}`, cap: cents(sum) })),
    members: shown
      .sort((a, b) => (a.caps < b.caps ? 1 : a.caps > b.caps ? -1 : a.member < b.member ? -1 : 1))
      .map((member): FundMemberView => ({ ...member, caps: cents(member.caps) })),
    caps: caps.size,
    lapsed: lapsed.map(([account, { owner, cap, lapsedAt, overdue }]) => ({
      ...{ account, owner, cap: cents(cap), overdue },
      recordedAt: lapsedAt === 0 ? null : lapsedAt,
      overdueFrom: lapsedAt === 0 ? null : lapsedAt + terms.grace,
    })),
    defaults: [...estates].map(([account, state]) =>
      estateView(account, state, { reading, round: rounds.at(-1), time }),
    ),
  };
}

function estateView(
  account: string,
  state: EstateState,
  {
    reading,
    round,
    time,
  }: { readonly reading: ClearingReading; readonly round: RoundState | undefined; readonly time: number },
): EstateView {
  const { revealPeriod, auctionPeriod } = reading.terms;
  const { estate } = state;
  const [startedAt, revealedAt] = [Number(estate.startedAt), Number(estate.revealedAt)];
  // Nothing of a secret book is sold.
  const left = revealedAt === 0 ? ESTATE_PARTS : Number(estate.left);
  const until = revealedAt === 0 ? startedAt + revealPeriod : revealedAt + auctionPeriod;
  const selling = revealedAt !== 0 && left > 0 && !estate.absorbed && reading.endedAt === 0;
  const stage =
    revealedAt === 0
      ? "frozen"
      : estate.absorbed
        ? "assessments"
        : selling && time <= until
          ? "auction"
          : "settling";
  const shown = { account, stage, startedAt, left } as const;
  if (stage === "frozen") return { ...shown, until, auction: null };
  if (!selling || round === undefined) return { ...shown, until: null, auction: null };
  const prices = estatePrices(state, round, reading.terms);
  const dollars = (atto: bigint) => formatDecimal(atto, ATTO);
  return {
    ...shown,
    until: stage === "auction" ? until : null,
    auction: {
      ...{ from: revealedAt, period: auctionPeriod },
      ...{ first: dollars(prices.first), last: dollars(prices.last) },
      price: dollars(estatePrice(prices, time - revealedAt, auctionPeriod)),
    },
  };
}
