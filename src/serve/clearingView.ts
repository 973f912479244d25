import { formatDecimal } from "../encoding/decimal.js";
import { BPS } from "../protocol/bounds.js";
import {
  ESTATE_PARTS,
  type EstatePrices,
  estatePriceAt,
  estatePrices,
  middlePrices,
} from "../protocol/estateAuction.js";
import { readTearUp } from "../protocol/tearUp.js";
import type { ClearingView, EstateView, FundMemberView } from "./apiTypes.js";
import type { ChainState, RoundState } from "./chainState.js";
import type { ClearingReading, EstateState } from "./clearingReader.js";

const ATTO = 18;
const CENTS = 2;

/** Between which prices the auction of an estate falls, at a round's prices. */
function pricesNow(
  { estate, torn }: EstateState,
  { low, high, funding }: RoundState,
  terms: ClearingReading["terms"],
): EstatePrices {
  const tornAt = torn === null ? [] : readTearUp(torn);
  const perp = estate.perp.map((quantity, u) => (tornAt[u] === undefined ? quantity : 0n));
  const cash = estate.perp.reduce((sum, quantity, u) => sum + quantity * (tornAt[u] ?? 0n), estate.cash);
  const { funded } = estate;
  return estatePrices({ perp, cash, funded }, { price: middlePrices(low, high), funding }, terms);
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
    ...(endedAt !== 0
      ? ({ state: "ended", until: endedAt + terms.claimPeriod } as const)
      : closedAt !== 0
        ? ({ state: "closed", until: closedAt + terms.closePeriod } as const)
        : ({ state: "open", until: null } as const)),
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
  const { estate, noted } = state;
  const [startedAt, revealedAt] = [Number(estate.startedAt), Number(estate.revealedAt)];
  // Nothing of a secret book is sold.
  const left = revealedAt === 0 ? ESTATE_PARTS : Number(estate.left);
  const until = revealedAt === 0 ? startedAt + revealPeriod : revealedAt + auctionPeriod;
  const selling = revealedAt !== 0 && left > 0 && !estate.absorbed && reading.endedAt === 0;
  // The default goes on once all is paid, or once the time is over.
  const waits = estate.absorbed && noted.owed !== 0n && time <= Number(noted.until);
  const stage = waits
    ? "assessments"
    : revealedAt === 0 && reading.endedAt === 0
      ? "frozen"
      : selling && time <= until
        ? "auction"
        : "settling";
  const owed = formatDecimal(noted.owed, reading.settlement.decimals);
  const shown = { account, stage, startedAt, left, owed } as const;
  if (stage === "assessments") return { ...shown, until: Number(noted.until), auction: null };
  if (stage === "frozen") return { ...shown, until, auction: null };
  if (!selling || round === undefined) return { ...shown, until: null, auction: null };
  const prices = pricesNow(state, round, reading.terms);
  const dollars = (atto: bigint) => formatDecimal(atto, ATTO);
  return {
    ...shown,
    until: stage === "auction" ? until : null,
    auction: {
      ...{ from: revealedAt, period: auctionPeriod },
      ...{ first: dollars(prices.first), last: dollars(prices.last) },
      price: dollars(estatePriceAt(prices, time - revealedAt, auctionPeriod)),
    },
  };
}
